"""Attested slots: the only way a word from the world reaches an emitted line.

A value passes the grammar of its kind (rules_out/grammar.py) and must then be found in the
repository at its base commit. The grammar keeps sentences out; attestation keeps out the single
invented token (a package name, a path) that a grammar lets through.
"""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from rules_out.checkout import Checkout, Repository, read_checkout, runs
from rules_out.grammar import NotASlot, Slot, clean
from rules_out.toolbox import ENTRY_NAMES, Tool, tool

__all__ = [
    "Attestation",
    "Checkout",
    "NotASlot",
    "Repository",
    "Slot",
    "attest",
    "clean",
    "command_for",
    "entries_for",
    "not_attested",
    "read_checkout",
]

_INSTRUCTION_NAMES = re.compile(
    r"(?:agents(?:\.override)?|claude(?:\.local)?|gemini|skill|replit|copilot-instructions)\.md"
    r"|\.(?:cursorrules|windsurfrules|clinerules|goosehints)",
    re.IGNORECASE,
)
_INSTRUCTION_FOLDERS = frozenset(
    {".cursor", ".claude", ".agents", ".windsurf", ".devin", ".clinerules", ".kiro", ".codex"}
    | {".gemini", ".ruleloop", ".github"}
)
_PROSE = frozenset({".md", ".mdx", ".mdc", ".rst", ".txt", ".adoc"})

_HOOKS = ".pre-commit-config.yaml"
_FILES_LOOKED_AT = 50
"""In how many files a symbol is looked for as a whole word; the first is enough."""


@dataclass(frozen=True, slots=True)
class Attestation:
    """Whether a slot stands in the repository."""

    slot: str
    kind: str
    found: bool
    where: str
    """The file that holds it; when it was not found, what was looked for."""
    commit: str
    """The base commit; empty without a clone."""


def attest(slot: Slot, repository: Repository | Checkout) -> Attestation:
    """Look for the slot in the repository at its base commit."""
    checkout = repository if isinstance(repository, Checkout) else read_checkout(repository)
    where = _SEARCH[slot.kind](slot, checkout)
    missing = f"not found at {checkout.commit[:12]}: {_LOOKED_IN[slot.kind]}"
    return Attestation(slot.value, slot.kind, where is not None, where or missing, checkout.commit)


def not_attested(slot: Slot, repo: str) -> Attestation:
    """What is said about a slot while there is no clone to look in."""
    advice = f"no clone of {repo}; run: ruleloop git PATH"
    return Attestation(slot.value, slot.kind, False, advice, "")


def command_for(known: Tool, checkout: Checkout) -> Slot | None:
    """The repository's own command that runs a tool, when one passes the grammar."""
    beginnings = list(known.beginnings)
    if where_used(known, checkout) == _HOOKS:
        beginnings.append(("pre-commit", "run"))
    for beginning in beginnings:
        for command in runs(checkout, beginning):
            try:
                return clean("command", command.text)
            except NotASlot:
                continue
    return None


def entries_for(category: str, checkout: Checkout) -> list[Slot]:
    """The repository's own commands for a whole category: `make lint`, `pnpm run lint`.

    At most one per kind of entry point; two mean that the repository has two halves.
    """
    found: dict[str, Slot] = {}
    for name in ENTRY_NAMES.get(category, ()):
        for command in checkout.commands:
            if command.words in (("make", name), (command.words[0], "run", name)):
                found.setdefault(command.where, clean("command", command.text))
    return [slot for where, slot in found.items() if not where.startswith(".github/")]


# --- attestation: where it stands, or None -------------------------------------------------------


def _find_path(slot: Slot, checkout: Checkout) -> str | None:
    return slot.value if checkout.holds(slot.value) else None


def _find_glob(slot: Slot, checkout: Checkout) -> str | None:
    expression = glob_expression(slot.value)
    return next((f for f in sorted(checkout.files) if expression.fullmatch(f)), None)


def _find_command(slot: Slot, checkout: Checkout) -> str | None:
    wanted = tuple(slot.value.split())
    for command in checkout.commands:
        if wanted in (command.words[: len(wanted)], command.bare[: len(wanted)]):
            return command.where
    return None


def _find_symbol(slot: Slot, checkout: Checkout) -> str | None:
    literal = slot.value.removesuffix("()")
    word = re.compile(rf"(?<![\w$]){re.escape(literal)}(?![\w$])")
    looked: set[str] = set()
    for hit in checkout.repository.grep(checkout.commit, literal):
        path = hit.rpartition(":")[0]
        if path in looked or not is_code(path):
            continue
        if len(looked) == _FILES_LOOKED_AT:
            break
        looked.add(path)
        if word.search(checkout.read(path) or ""):
            return hit
    return None


def _find_lint_code(slot: Slot, checkout: Checkout) -> str | None:
    known = tool(slot.tool or "")
    return where_used(known, checkout) if known else None


def _find_tool(slot: Slot, checkout: Checkout) -> str | None:
    known = tool(slot.value)
    return where_used(known, checkout) if known else None


def _find_package(slot: Slot, checkout: Checkout) -> str | None:
    folded = re.sub(r"[-_.]+", "-", slot.value.lower())
    return checkout.packages.get(slot.value) or checkout.packages.get(folded)


def _find_test(slot: Slot, checkout: Checkout) -> str | None:
    path, _, name = slot.value.partition("::")
    if "/" not in path and "." not in path:
        return _find_symbol(Slot("symbol", path), checkout)
    if path not in checkout.files:
        return None
    last = name.rpartition("::")[2]
    if last and not re.search(rf"\b{re.escape(last)}\b", checkout.read(path) or ""):
        return None
    return path


_SEARCH = {
    "path": _find_path,
    "glob": _find_glob,
    "command": _find_command,
    "symbol": _find_symbol,
    "lint_code": _find_lint_code,
    "package": _find_package,
    "test": _find_test,
    "tool": _find_tool,
}
_LOOKED_IN = {
    "path": "no tracked file or folder has that path",
    "glob": "no tracked file matches",
    "command": "no workflow, Makefile, package.json script or pyproject runs it",
    "symbol": "no file other than instructions and prose holds it",
    "lint_code": "nothing configures or runs the tool it belongs to",
    "package": "no package.json, pyproject or requirements file names it",
    "test": "no test of that path and name exists",
    "tool": "nothing configures or runs it",
}


def where_used(known: Tool, checkout: Checkout) -> str | None:
    """What shows that the repository uses a tool: its configuration, or a command that runs it."""
    if known.name in checkout.pyproject_tools:
        return "pyproject.toml"
    for pattern in known.configs:
        expression = glob_expression(f"**/{pattern}")
        if found := next((f for f in sorted(checkout.files) if expression.fullmatch(f)), None):
            return found
    hooks = checkout.read(_HOOKS) or ""
    if re.search(rf"^\s*- id:\s*{re.escape(known.name)}\s*$", hooks, re.MULTILINE):
        return _HOOKS
    for beginning in known.beginnings:
        for command in runs(checkout, beginning):
            return command.where
    return checkout.packages.get(known.name)


def is_code(path: str) -> bool:
    """Whether a file can attest a symbol: not an instruction to agents, not prose, not CI."""
    pure = PurePosixPath(path)
    instructs = _INSTRUCTION_NAMES.fullmatch(pure.name) or _INSTRUCTION_FOLDERS & set(pure.parts)
    return not instructs and pure.suffix.lower() not in _PROSE


def glob_expression(pattern: str) -> re.Pattern[str]:
    """A glob as a regular expression: `**/` any folders, `*` within a name, `{a,b}` either."""
    out, place, depth = "", 0, 0
    while place < len(pattern):
        if pattern.startswith("**/", place):
            out, place = f"{out}(?:[^/]+/)*", place + 3
            continue
        if pattern.startswith("**", place):
            out, place = f"{out}.*", place + 2
            continue
        sign = pattern[place]
        depth += (sign == "{") - (sign == "}")
        simple = {"*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")", ",": "|" if depth else ","}
        out, place = out + simple.get(sign, re.escape(sign)), place + 1
    try:
        return re.compile(out)
    except re.error:
        return re.compile(re.escape(pattern))
