"""Writes a bare git repository from commits held in memory: for the sample, tests and benchmarks.

`git fast-import` is git's own way in: one process for any number of commits, and the same bytes give
the same ids on any machine, whatever its git is set to. What git would bend to fit is refused here.
"""

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from warehouse.errors import BadInput, GitError


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit on the default branch, after the one before it."""

    message: str
    author: str
    """A login; the address is `<login>@acme.example` unless `email` says otherwise."""
    at_us: int
    files: Mapping[str, str] = field(default_factory=dict)
    """Path -> new content; files not named stay as they are."""
    email: str = ""


def fast_import(path: Path, commits: Iterable[Commit]) -> list[str]:
    """Create a bare repository at `path` whose branch `main` holds the commits in order.

    Returns:
        Their ids.

    Raises:
        BadInput: a commit cannot be written as it is, or something lies at `path`; nothing was made.
        GitError: git is missing or refused; the message is its last line.
    """
    given = stream(commits)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise BadInput(f"{path} is not empty; give a new path for the repository")
    fresh = ["init", "--quiet", "--bare", "--template=", "--object-format=sha1"]
    _git(*fresh, "--initial-branch=main", "--", str(path))
    ids = _git("-C", str(path), "fast-import", "--quiet", "--date-format=raw", given=given)
    return ids.decode().split()


def stream(commits: Iterable[Commit]) -> bytes:
    """The commits in the format of git-fast-import(1), each asking for the id it was given.

    Raises:
        BadInput: one cannot be written as it is.
    """
    parts: list[bytes] = []
    for number, each in enumerate(commits, 1):
        where = f"commit {number}"
        email = each.email or f"{each.author}@acme.example"
        who = f"{_name(each.author, where)} <{_name(email, where)}>"
        if each.at_us < 0:
            raise BadInput(f"{where} has the time {each.at_us}; git knows none before 1970")
        when = f"{each.at_us // 1_000_000} +0000"
        parts.append(f"commit refs/heads/main\nmark :{number}\n".encode())
        parts.append(_bytes(f"author {who} {when}\ncommitter {who} {when}\n", where))
        parts.append(_data(_text(each.message, where), where))
        if number > 1:
            parts.append(f"from :{number - 1}\n".encode())
        for name, content in sorted(each.files.items()):
            _check(name, each.files, where)
            parts.append(_bytes(f"M 100644 inline {_quoted(name)}\n", where))
            parts.append(_data(content, where))
        parts.append(f"\nget-mark :{number}\n".encode())
    return b"".join(parts)


def _name(text: str, where: str) -> str:
    """git drops these from names, and the stream would read some as commands."""
    if not text.strip() or any(sign in text for sign in "<>\n\x00"):
        raise BadInput(f"{where} has the author {text!r}; it must be text without <, > or newline")
    return text


def _text(message: str, where: str) -> str:
    if "\x00" in message:
        raise BadInput(f"the message of {where} holds a NUL, where git would cut it off")
    return message


def _check(name: str, names: Mapping[str, str], where: str) -> None:
    parts = name.split("/")
    if "\x00" in name or any(part in ("", ".", "..") or part.lower() == ".git" for part in parts):
        raise BadInput(f"{where} has the file {name!r}; it must be a plain path such as src/a.py")
    for parent in PurePosixPath(name).parents:
        if str(parent) in names:
            raise BadInput(f"{where} has {str(parent)!r} both as a file and as a folder")


def _quoted(path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _data(text: str, where: str) -> bytes:
    content = _bytes(text, where)
    return b"data %d\n%s\n" % (len(content), content)


def _bytes(text: str, where: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise BadInput(f"{where} holds text that is not Unicode: {ascii(text)[:80]}") from None


def _git(*words: str, given: bytes = b"") -> bytes:
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    git = shutil.which("git")
    if git is None:
        raise GitError("git is not installed, or not on PATH")
    done = subprocess.run(
        [git, *words], env=environment, input=given, capture_output=True, check=False
    )
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        verb = next(word for word in words if word in ("init", "fast-import"))
        raise GitError(f"git {verb} failed: {said[-1] if said else 'no reason given'}")
    return done.stdout
