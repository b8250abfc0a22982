"""What a typed slot may look like, kind by kind: the grammar that keeps sentences out.

Values are compared after NFKC and only ASCII passes, so a look-alike cannot pass for what it
imitates. A value that fits is not yet proven: rules_out/slots.py looks for it in the repository.
"""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal, get_args

from rules_out import gate
from rules_out.toolbox import tool

Kind = Literal["path", "glob", "command", "symbol", "lint_code", "package", "test", "tool"]

_PATH = re.compile(r"[A-Za-z0-9_.@+()\[\]$~-]+(?:/[A-Za-z0-9_.@+()\[\]$~-]+)*")
_GLOB = re.compile(r"[A-Za-z0-9_.@+*?{},-]+(?:/[A-Za-z0-9_.@+*?{},-]+)*")
_WORD_OF_A_COMMAND = re.compile(r"[A-Za-z0-9_./:=@%+,-]+")
_NAME = r"[A-Za-z_$][A-Za-z0-9_$]*"
_SYMBOL = re.compile(rf"@?{_NAME}(?:-{_NAME})*(?:(?:\.|::|->|#){_NAME})*(?:\(\))?!?")
_PACKAGE = re.compile(r"(?:@[a-z0-9][a-z0-9._-]*/)?[A-Za-z0-9][A-Za-z0-9._-]*")
_TEST_NAME = re.compile(rf"{_NAME}(?:::{_NAME})*")

_LONGEST: dict[str, int] = {
    "path": 120,
    "glob": 80,
    "command": 80,
    "symbol": 60,
    "lint_code": 60,
    "package": 60,
    "test": 140,
    "tool": 20,
}
_MOST_WORDS = 12


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A command an agent is told to run must only look. Programs that fetch, delete, publish or take
# a program as an argument are refused even where the repository's own CI runs them.
_NEVER_RUN = _words(
    "curl wget ssh scp sftp nc ncat telnet ftp rsync sudo su doas rm rmdir dd mkfs chmod chown "
    "kill eval exec source sh bash zsh fish pwsh powershell cmd git gh hub aws gcloud az kubectl "
    "helm terraform ansible docker podman twine printenv env export set echo cat cp mv ln tee "
    "base64 openssl gpg ssh-keygen apt apt-get yum dnf brew crontab osascript nohup xargs sleep"
)
_NEVER_A_WORD = _words(
    "publish deploy release login logout push upload unpublish adduser token -c -e --eval -y "
    "--yes clean reset destroy delete remove rm uninstall"
)
# Alone they say nothing about what they would run.
_LAUNCHERS = _words(
    "python python3 node npm npx pnpm yarn bun go cargo make just uv poetry pdm hatch bundle mvn "
    "gradle ./gradlew dotnet deno ruby rake php composer tox nox pre-commit"
)


class NotASlot(ValueError):  # noqa: N818  # named as warehouse/errors.py names its own
    """The value does not fit the grammar of its kind; the message is a drop reason."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A value that passed the grammar of its kind; only `clean` makes one."""

    kind: Kind
    value: str
    tool: str | None = None
    """For a lint code: the tool it belongs to."""


def clean(kind: str, raw: object, *, of_tool: str | None = None) -> Slot:
    """The value as a slot.

    Raises:
        NotASlot: it does not fit; the message never repeats the value.
    """
    if kind not in get_args(Kind):
        raise NotASlot(f"there is no slot of kind {kind!a}")
    if not isinstance(raw, str) or not raw.strip():
        raise NotASlot(f"the {kind} slot is empty")
    value = unicodedata.normalize("NFKC", raw).strip()
    if len(value) > _LONGEST[kind]:
        raise NotASlot(f"the {kind} slot is longer than {_LONGEST[kind]} characters")
    if not value.isascii() or not value.isprintable():
        raise NotASlot(f"the {kind} slot holds characters other than printable ASCII")
    if findings := [*gate.inspect(raw), *gate.inspect(value)]:
        raise NotASlot(f"the {kind} slot {findings[0].message}")
    value, belongs_to = _GRAMMAR[kind](value, of_tool)
    return Slot(kind, value, belongs_to)  # type: ignore[arg-type]  # checked against Kind above


_Cleaned = tuple[str, str | None]


def _path(value: str, _: str | None) -> _Cleaned:
    value = value.removeprefix("./").removesuffix("/")
    parts = value.split("/")
    if not _PATH.fullmatch(value) or any(p in {".", "..", ".git"} for p in parts):
        raise NotASlot("the path slot is not a relative path inside the repository")
    return value, None


def _glob(value: str, _: str | None) -> _Cleaned:
    parts = value.split("/")
    if not _GLOB.fullmatch(value) or any(p in {".", "..", ".git"} for p in parts):
        raise NotASlot("the glob slot is not a pattern of relative paths")
    return value, None


def _command(value: str, _: str | None) -> _Cleaned:
    words = value.split()
    if len(words) > _MOST_WORDS or not all(map(_WORD_OF_A_COMMAND.fullmatch, words)):
        raise NotASlot("the command slot is not a plain command line of at most 12 words")
    if PurePosixPath(words[0]).name in _NEVER_RUN or _NEVER_A_WORD & set(words):
        raise NotASlot("the command slot may change or send something, so no rule says to run it")
    if len(words) == 1 and words[0] in _LAUNCHERS:
        raise NotASlot("the command slot does not say what to run")
    return " ".join(words), None


def _symbol(value: str, _: str | None) -> _Cleaned:
    if not _SYMBOL.fullmatch(value):
        raise NotASlot("the symbol slot is not one identifier")
    return value, None


def _lint_code(value: str, of_tool: str | None) -> _Cleaned:
    known = tool(of_tool or "")
    if known is None:
        raise NotASlot("the lint code belongs to a tool Ruleloop does not know")
    if not known.has_code(value):
        raise NotASlot(f"the lint code is not spelled as {known.name} spells its codes")
    return value, known.name


def _package(value: str, _: str | None) -> _Cleaned:
    if not _PACKAGE.fullmatch(value):
        raise NotASlot("the package slot is not a package name")
    return value, None


def _test(value: str, _: str | None) -> _Cleaned:
    path, _, name = value.partition("::")
    if "/" not in path and "." not in path:
        if not _TEST_NAME.fullmatch(value):
            raise NotASlot("the test slot is neither a test file nor the name of a test")
        return value, None
    if name and not _TEST_NAME.fullmatch(name):
        name = ""  # parameters of a test are free text: its file says enough
    return "::".join(filter(None, [_path(path, None)[0], name])), None


def _tool(value: str, _: str | None) -> _Cleaned:
    known = tool(value)
    if known is None:
        raise NotASlot("the tool is not one Ruleloop knows")
    return known.name, None


_GRAMMAR = {
    "path": _path,
    "glob": _glob,
    "command": _command,
    "symbol": _symbol,
    "lint_code": _lint_code,
    "package": _package,
    "test": _test,
    "tool": _tool,
}
