"""Write accepted rules into a working tree, and nothing else anywhere.

Only two files can be written, AGENTS.md and .agents/skills/<name>/SKILL.md, and only wordings whose
hash stands in an accepted decision. Every folder on the way is opened without following links, and
the file is replaced whole through that same handle, so a link swapped in meanwhile leads nowhere.
"""

import os
import re
import secrets
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path, PurePosixPath

from rules_out.decide import RuleRow, refusal
from rules_out.formats import FORMATS
from rules_out.standing import DECIDED, text_sha256
from rules_out.templates import skill_path
from warehouse.errors import BadInput, DriftedBlock, Refused
from warehouse.journal import Event

AGENTS = "AGENTS.md"

_SKILL = re.compile(r"\.agents/skills/[a-z0-9]+(?:-[a-z0-9]+)*/SKILL\.md")
_RULE_ID = re.compile(r"rl-[0-9a-f]{8}")
_IN_LINE = re.compile(r"\((rl-[0-9a-f]{8})\b")


@dataclass(frozen=True, slots=True)
class AcceptedRule:
    """A rule a person accepted, in the wording they accepted; `accepted` makes one."""

    rule_id: str
    repo: str
    target: str
    text: str
    text_sha256: str
    known: frozenset[str]
    """Hashes of every wording ever accepted: lines that may stay in the block."""
    support: int = 0
    """Pull requests behind it; the best supported rule stands first."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What was written."""

    diff: str
    """Unified; empty when everything stood there already."""
    changed: tuple[Path, ...]
    written: tuple[Mapping[str, str], ...]
    """rule_id, repo, path and text_sha256 of each rule that stands in its file now. A rule whose file
    was written by a run that was killed before it told the journal is told by the next one."""


def accepted(rule: RuleRow, events: Sequence[Event]) -> AcceptedRule:
    """The rule, if its wording stands in an accepted decision.

    Raises:
        Refused: it does not.
    """
    known = accepted_hashes(events)
    text, rule_id = str(rule["text"]), str(rule["rule_id"])
    digest = text_sha256(text)
    if rule["state"] not in ("accepted", "published") or digest not in known:
        raise Refused(
            f"{rule_id} is {rule['state']} and was not accepted in this wording; "
            f"run: ruleloop accept {rule_id}"
        )
    support = int(rule.get("support_pull_requests") or 0)
    return AcceptedRule(
        rule_id, str(rule["repo"]), str(rule["target"]), text, digest, known, support
    )


def accepted_hashes(events: Sequence[Event]) -> frozenset[str]:
    """Hashes of every wording that was ever accepted."""
    return frozenset(
        str(e.data["text_sha256"])
        for e in events
        if e.type == DECIDED and e.data.get("action") == "accept" and e.data.get("text_sha256")
    )


def into(
    path: Path,
    rules: Sequence[AcceptedRule],
    *,
    retired: frozenset[str] = frozenset(),
    known: frozenset[str] = frozenset(),
) -> Publication:
    """Write the rules into the working tree at `path`; the second time changes nothing.

    Args:
        retired: ids of rules whose lines are taken out on the way.
        known: hashes of every wording ever accepted; those of the rules when there are any.

    Raises:
        BadInput: `path` is not a working tree.
        Refused: a file that would be written is a link or not a plain file, or a wording is not
            the accepted one.
        DriftedBlock: the managed block was edited, forged, or holds a line never accepted here.
    """
    root = _working_tree(path)
    for rule in rules:
        _check(rule)
    diffs, changed, written = [], [], []
    with ExitStack() as stack:
        # Everything is read and checked before anything is written.
        planned = []
        for relative, chosen in _by_file(rules, bool(retired)).items():
            folder = stack.enter_context(_opened(root, relative))
            original = _read(folder, relative)
            if not chosen and not original:
                continue
            known = chosen[0].known if chosen else known
            content = _content(relative, original or b"", chosen, known, retired)
            written += [_record(rule, relative) for rule in chosen]
            if content != original:
                planned.append((relative, folder, original, content))
        for relative, folder, original, content in planned:
            _write(folder, relative, content, original is None)
            diffs.append(_diff(relative, original, content))
            changed.append(root / relative)
    return Publication("".join(diffs), tuple(changed), tuple(written))


def allowed(relative: str) -> bool:
    """Whether Ruleloop may write this file at all."""
    return relative == AGENTS or bool(_SKILL.fullmatch(relative))


def _check(rule: AcceptedRule) -> None:
    if text_sha256(rule.text) != rule.text_sha256 or rule.text_sha256 not in rule.known:
        raise Refused(f"{rule.rule_id} is not worded as it was accepted")
    if not _RULE_ID.fullmatch(rule.rule_id):
        raise Refused(f"{rule.rule_id!a} is not the id of a rule")
    if why := refusal(rule.text, rule.rule_id, rule.target):
        raise Refused(f"{rule.rule_id} cannot be published: {why}")


def _by_file(rules: Sequence[AcceptedRule], with_agents: bool) -> dict[str, list[AcceptedRule]]:
    files: dict[str, list[AcceptedRule]] = {AGENTS: []} if with_agents else {}
    for rule in sorted(rules, key=lambda r: (r.target, -r.support, r.rule_id)):
        relative = AGENTS if rule.target == "agents_md" else skill_path(rule.rule_id)
        if not allowed(relative):
            raise Refused(f"Ruleloop never writes {relative!a}")
        files.setdefault(relative, []).append(rule)
    return files


def _content(
    relative: str,
    original: bytes,
    rules: Sequence[AcceptedRule],
    known: frozenset[str],
    retired: frozenset[str],
) -> bytes:
    if relative != AGENTS:
        [rule] = rules
        if original and text_sha256(original.decode("utf-8", "replace")) not in known:
            raise DriftedBlock(
                f"{relative} is not as it was accepted; move it away to publish again"
            )
        return rule.text.encode()
    agents = FORMATS["agents_md"]
    block = agents.read(original)
    standing = list(block.lines) if block else []
    for line in standing:
        if text_sha256(line) not in known:
            named = _IN_LINE.search(line)
            raise DriftedBlock(
                f"the block in {relative} holds {named[1] if named else 'a line'} in a wording "
                "that was never accepted here; take that line out first"
            )
    replaced = {rule.rule_id: rule.text for rule in rules}
    lines = []
    for line in standing:
        named = _IN_LINE.search(line)
        if named is None or named[1] not in retired:
            lines.append(replaced.pop(named[1], line) if named else line)
    wanted = [*lines, *replaced.values()]
    return agents.insert(original, wanted) if wanted else agents.remove(original)


def _record(rule: AcceptedRule, relative: str) -> dict[str, str]:
    return {
        "rule_id": rule.rule_id,
        "repo": rule.repo,
        "path": relative,
        "text_sha256": rule.text_sha256,
    }


# --- files, without following a link --------------------------------------------------------------


def _working_tree(path: Path) -> Path:
    root = path.expanduser().resolve()
    if not root.is_dir():
        raise BadInput(f"{path} is not a folder; give a repository's working tree")
    bare = (root / "objects").is_dir() and (root / "refs").is_dir() and (root / "HEAD").is_file()
    if bare or ".git" in root.parts:
        raise BadInput(f"{path} is git's own storage; give a repository's working tree")
    return root


@contextmanager
def _opened(root: Path, relative: str) -> Iterator[int]:
    """A handle of the folder that holds the file; folders that are missing are made."""
    with ExitStack() as stack:
        handle = _folder(stack, os.open(root, os.O_RDONLY | os.O_DIRECTORY))
        for part in PurePosixPath(relative).parent.parts:
            with suppress(FileExistsError):
                os.mkdir(part, dir_fd=handle)
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
            try:
                handle = _folder(stack, os.open(part, flags, dir_fd=handle))
            except OSError as error:
                raise Refused(
                    f"{part} on the way to {relative} is a link or not a folder"
                ) from error
        yield handle


def _folder(stack: ExitStack, handle: int) -> int:
    stack.callback(os.close, handle)
    return handle


def _read(folder: int, relative: str) -> bytes | None:
    try:
        handle = os.open(
            PurePosixPath(relative).name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder
        )
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Refused(f"{relative} is a link or cannot be read; it is left alone") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise Refused(f"{relative} is not a plain file; it is left alone")
    with os.fdopen(handle, "rb") as file:
        return file.read()


def _write(folder: int, relative: str, content: bytes, new: bool) -> None:
    name = PurePosixPath(relative).name
    mode = (
        0o644 if new else stat.S_IMODE(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    )
    temporary = f".{name}.{secrets.token_hex(4)}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    handle = os.open(temporary, flags, mode, dir_fd=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(handle, mode)
            os.fsync(handle)
        os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        os.unlink(temporary, dir_fd=folder)
        raise
    os.fsync(folder)


def _diff(relative: str, original: bytes | None, content: bytes) -> str:
    lines = unified_diff(
        _lines(original or b""),
        _lines(content),
        f"a/{relative}" if original is not None else "/dev/null",
        f"b/{relative}",
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _lines(content: bytes) -> list[str]:
    """Split at line feeds only: the text of others may hold stranger separators."""
    text = content.decode("utf-8", "backslashreplace")
    return [line for line in re.split(r"(?<=\n)", text) if line]
