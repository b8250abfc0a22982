"""What a repository itself says at its base commit: its files, and the commands its own CI runs.

A rule may only repeat what already stands here, so this is the list an attacker would have to get
a maintainer to merge first. Workflows are read as YAML and only their `run` steps count: a command
in a comment, a step's name or an action's input is not something CI runs.
"""

import json
import re
import shlex
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

import yaml

MAX_FILE = 512 * 1024
"""A larger workflow or manifest is not read: no person wrote it, and parsing it costs minutes."""

_WORKFLOW = re.compile(r"\.github/workflows/[^/]+\.ya?ml")
_MAKEFILES = frozenset({"Makefile", "makefile", "GNUmakefile"})
_TARGET = re.compile(r"([A-Za-z0-9][\w./-]*)\s*:(?!=)")
_SEPARATOR = re.compile(r"&&|\|\||[;|\n]")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=\S*")
# Words in front of a command that change where it runs, not what it does.
_WRAPPERS = (
    ("uv", "run"),
    ("poetry", "run"),
    ("pdm", "run"),
    ("hatch", "run"),
    ("pipenv", "run"),
    ("python", "-m"),
    ("python3", "-m"),
    ("bundle", "exec"),
    ("pnpm", "exec"),
    ("npm", "exec"),
    ("npx",),
    ("bunx",),
    ("yarn",),
    ("pnpm",),
    ("time",),
)
_LOCKFILES = (
    ("pnpm-lock.yaml", "pnpm"),
    ("yarn.lock", "yarn"),
    ("bun.lockb", "bun"),
    ("bun.lock", "bun"),
)


class Repository(Protocol):
    """The part of `warehouse.git.GitRepository` that attestation needs."""

    def head(self) -> str:
        """The commit the default branch stands at."""
        ...

    def ls_tree(self, rev: str) -> list[str]:
        """Every tracked path."""
        ...

    def show_file(self, rev: str, path: str) -> bytes | None:
        """A file's bytes, or None."""
        ...

    def grep(self, rev: str, literal: str, pathspec: str | None = None) -> list[str]:
        """`path:line` of each line that holds the literal."""
        ...


@dataclass(frozen=True, slots=True)
class Command:
    """One command line the repository runs itself."""

    text: str
    words: tuple[str, ...]
    where: str

    @property
    def bare(self) -> tuple[str, ...]:
        """Its words without a wrapper such as `uv run` in front."""
        for wrapper in _WRAPPERS:
            if self.words[: len(wrapper)] == wrapper and len(self.words) > len(wrapper):
                return self.words[len(wrapper) :]
        return self.words


@dataclass(frozen=True, slots=True)
class Checkout:
    """A repository at one commit, read once."""

    repository: Repository
    commit: str
    files: frozenset[str]
    commands: tuple[Command, ...]
    pyproject_tools: frozenset[str]
    packages: Mapping[str, str]
    """Package name to the manifest that names it."""

    def read(self, path: str) -> str | None:
        """A file's text, or None when it is absent or too large to be one a person wrote."""
        if path not in self.files:
            return None
        content = self.repository.show_file(self.commit, path)
        if content is None or len(content) > MAX_FILE:
            return None
        return content.decode("utf-8", "replace")

    def holds(self, path: str) -> bool:
        """Whether the path is a tracked file or a directory of tracked files."""
        return path in self.files or any(f.startswith(f"{path.rstrip('/')}/") for f in self.files)


def read_checkout(repository: Repository) -> Checkout:
    """Read what attestation needs from the base commit."""
    commit = repository.head()
    files = frozenset(repository.ls_tree(commit))
    bare = Checkout(repository, commit, files, (), frozenset(), {})
    pyproject = _pyproject(bare)
    tools = pyproject.get("tool")
    commands = dict.fromkeys([*_workflow_commands(bare), *_make(bare), *_scripts(bare, pyproject)])
    return Checkout(
        repository,
        commit,
        files,
        tuple(commands),
        frozenset(tools) if isinstance(tools, dict) else frozenset(),
        _packages(bare, pyproject),
    )


def simple_commands(script: str) -> Iterator[tuple[str, ...]]:
    """The words of each simple command of a shell script; what cannot be split is left out."""
    joined = re.sub(r"\\\r?\n\s*", " ", script)
    for piece in _SEPARATOR.split(joined):
        try:
            words = shlex.split(piece, comments=True)
        except ValueError:
            continue
        while words and _ASSIGNMENT.fullmatch(words[0]):
            words = words[1:]
        if words:
            yield tuple(words)


def _commands(script: str, where: str) -> Iterator[Command]:
    for words in simple_commands(script):
        yield Command(" ".join(words), words, where)


def _workflow_commands(checkout: Checkout) -> Iterator[Command]:
    for path in sorted(filter(_WORKFLOW.fullmatch, checkout.files)):
        try:
            document = yaml.safe_load(checkout.read(path) or "")
        except (yaml.YAMLError, RecursionError, ValueError):
            continue
        for job in _values(document, "jobs"):
            steps = job.get("steps") if isinstance(job, dict) else None
            for step in steps if isinstance(steps, list) else ():
                if isinstance(step, dict) and isinstance(step.get("run"), str):
                    yield from _commands(step["run"], path)


def _make(checkout: Checkout) -> Iterator[Command]:
    """`make TARGET` and the recipe lines of each target of the root Makefile."""
    for path in sorted(_MAKEFILES & checkout.files):
        target = ""
        for line in (checkout.read(path) or "").splitlines():
            if line.startswith("\t"):
                for command in _commands(line.strip().lstrip("@-+"), path):
                    yield command
                    if target:
                        yield Command(f"make {target}", ("make", target), path)
            elif (match := _TARGET.match(line)) and not match[1].startswith("."):
                target = match[1]
                yield Command(f"make {target}", ("make", target), path)


def _scripts(checkout: Checkout, pyproject: Mapping[str, object]) -> Iterator[Command]:
    manager = next((name for lock, name in _LOCKFILES if lock in checkout.files), "npm")
    for name, body in _package_scripts(checkout).items():
        words = (manager, "run", name)
        yield Command(" ".join(words), words, "package.json")
        yield from _commands(body, "package.json")
    for text in _task_strings(pyproject.get("tool"), inside=False, depth=8):
        yield from _commands(text, "pyproject.toml")


def runs(checkout: Checkout, beginning: Iterable[str]) -> list[Command]:
    """Commands that begin with these words; `npm run lint` stands for the body of its script.

    The repository's own short name for a command comes after the command as CI spells it.
    """
    wanted = tuple(beginning)
    direct = [c for c in checkout.commands if _begins(c, wanted)]
    scripts = [
        command
        for name, body in _package_scripts(checkout).items()
        if any(_begins(c, wanted) for c in _commands(body, ""))
        for command in checkout.commands
        if command.words[1:] == ("run", name)
    ]
    # A script's body is spelled for node_modules/.bin; a person runs it by the script's name.
    direct = [c for c in direct if c.where != "package.json"]
    return [*direct, *scripts]


def _begins(command: Command, wanted: tuple[str, ...]) -> bool:
    size = len(wanted)
    return command.words[:size] == wanted or command.bare[:size] == wanted


def _package_scripts(checkout: Checkout) -> dict[str, str]:
    scripts = _json(checkout, "package.json").get("scripts")
    if not isinstance(scripts, dict):
        return {}
    return {k: v for k, v in scripts.items() if isinstance(k, str) and isinstance(v, str)}


def _task_strings(node: object, *, inside: bool, depth: int) -> Iterator[str]:
    """Strings under tables that hold command lines: poe tasks, hatch and pdm scripts, tox."""
    if depth == 0:
        return
    if isinstance(node, str) and inside:
        yield node
    elif isinstance(node, list) and inside:
        for each in node:
            yield from _task_strings(each, inside=True, depth=depth - 1)
    elif isinstance(node, dict):
        for key, value in node.items():
            task = inside or key in {"scripts", "tasks", "commands", "cmd", "legacy_tox_ini"}
            yield from _task_strings(value, inside=task, depth=depth - 1)


def _packages(checkout: Checkout, pyproject: Mapping[str, object]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted(f for f in checkout.files if PurePosixPath(f).name == "package.json"):
        manifest = _json(checkout, path)
        for table in ("dependencies", "devDependencies", "peerDependencies"):
            names = manifest.get(table)
            for name in names if isinstance(names, dict) else ():
                found.setdefault(str(name), path)
    requirements = [
        line
        for path in sorted(f for f in checkout.files if re.fullmatch(r"requirements[\w-]*\.txt", f))
        for line in (checkout.read(path) or "").splitlines()
    ]
    for line in [*_pyproject_requirements(pyproject), *requirements]:
        if match := re.match(r"[A-Za-z0-9][\w.-]*", line):
            found.setdefault(re.sub(r"[-_.]+", "-", match.group().lower()), "pyproject.toml")
    return found


def _pyproject_requirements(pyproject: Mapping[str, object]) -> Iterator[str]:
    project = pyproject.get("project")
    tables: list[object] = [pyproject.get("dependency-groups")]
    if isinstance(project, dict):
        tables += [{"": project.get("dependencies")}, project.get("optional-dependencies")]
    for table in tables:
        for names in table.values() if isinstance(table, dict) else ():
            yield from (n for n in names if isinstance(n, str)) if isinstance(names, list) else ()


def _pyproject(checkout: Checkout) -> dict[str, object]:
    try:
        return tomllib.loads(checkout.read("pyproject.toml") or "")
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _json(checkout: Checkout, path: str) -> dict[str, object]:
    try:
        document = json.loads(checkout.read(path) or "{}")
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _values(document: object, key: str) -> list[object]:
    table = document.get(key) if isinstance(document, dict) else None
    return list(table.values()) if isinstance(table, dict) else []
