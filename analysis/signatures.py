"""Typed signatures: what exactly went wrong, in parts a rule can be made of.

A signature is exact and explainable: a lint code, a failing test file, a command, "use this instead
of that". Text that carries none stays untyped and says why; similarity of wording is not a reason to
write a rule (matched comments of one repository were the same lesson in 18 % of cases).
"""

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.log_patterns import (
    ERROR_LINE,
    FRAME,
    LINE_PATTERNS,
    LOCKFILES,
    NOT_OURS,
    RAISED,
    RUN_LINE,
    USED_ACTION,
    LinePattern,
    clean_line,
)

MAX_TEXT = 64 << 10
MAX_PER_LOG = 5
"""One job may report hundreds of findings; its first few different ones say what kind it is."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One typed reason."""

    type: str
    key: str
    """Equal keys of one type in one repository are one failure mode."""
    slots: str
    """Its parts as a JSON object with sorted keys."""
    path: str | None = None


def _signature(type_: str, key: str, path: str | None = None, **slots: Any) -> Signature:
    kept = {name: value for name, value in slots.items() if value}
    return Signature(type_, key[:200], json.dumps(kept, sort_keys=True, ensure_ascii=False), path)


# --- logs ----------------------------------------------------------------------------------------


def sign_log(lines: Iterable[str]) -> list[Signature]:
    """The different signatures of a failed job's log, most telling first; at most five.

    Findings of named tools come before a bare exception, and the failing command alone comes last.
    """
    found: dict[tuple[str, str], Signature] = {}
    command = exception = frame = None
    failed_command = None
    for raw in lines:
        line = clean_line(raw)[:2_000]
        if not line:
            continue
        if run := RUN_LINE.match(line):
            command = _command_of(run["command"])
            continue
        if line.startswith(ERROR_LINE) and failed_command is None:
            failed_command = command
        for each in _tool_findings(line.removeprefix(ERROR_LINE)):
            found.setdefault((each.type, each.key), each)
        if in_file := FRAME.match(line):
            # Outside the runner's checkout a whole path is somebody's own machine.
            at = in_file["path"]
            if not at.startswith("/") and not any(part in at for part in NOT_OURS):
                frame = at
        elif frame and (raised := RAISED.match(line)):
            exception = _exception(raised["type"], frame)
            frame = None
    ranked = list(found.values())[:MAX_PER_LOG]
    if not ranked and exception:
        ranked = [exception]
    if not ranked and failed_command:
        ranked = [_signature("failing_command", failed_command, command=failed_command)]
    return ranked


def _command_of(step: str) -> str | None:
    return None if USED_ACTION.fullmatch(step.strip()) else step.strip()


def _tool_findings(line: str) -> Iterator[Signature]:
    for text, manifest, lock in LOCKFILES:
        if text in line:
            yield _together(manifest, lock)
            return
    for each in LINE_PATTERNS:
        if each.needs in line and (match := each.pattern.search(line)):
            yield _finding(each, match)
            return


def _finding(each: LinePattern, match: re.Match[str]) -> Signature:
    parts = match.groupdict()
    path = parts.get("path")
    if each.type == "lint_code":
        code = parts["code"]
        if each.tool == "clippy":  # spelled with hyphens in a flag, with underscores elsewhere
            code = f"clippy::{code.replace('-', '_')}"
        return _signature("lint_code", f"{each.tool} {code}", path, tool=each.tool, code=code)
    test = parts.get("test")
    where = path or test or ""
    named = f"{path}::{test}" if path and test and each.tool == "pytest" else (path or test)
    # The file that failed is the test; which change broke it the log does not say.
    return _signature(
        "test_failure", f"{each.tool} {where}", runner=each.tool, file=path, test=named
    )


def _exception(type_: str, path: str) -> Signature:
    return _signature("exception", f"{type_} {path}", path, type=type_, file=path)


# --- people's words ----------------------------------------------------------------------------

_SPAN = r"`([^`\n]{1,120})`"
_USE_INSTEAD = (
    (re.compile(rf"{_SPAN} ?(?:instead of|rather than|and not|, not|not) (?:the |a )?{_SPAN}", re.I), (1, 2)),
    (re.compile(rf"\b(?:prefer|favou?r|choose) (?:using )?(?:the |a )?{_SPAN} (?:over|to) (?:the |a )?{_SPAN}", re.I), (1, 2)),
    (re.compile(rf"\b(?:replace|swap|change|rename) (?:the |this |that )?{_SPAN} (?:with|by|for|to) (?:the |a )?{_SPAN}", re.I), (2, 1)),
    (re.compile(rf"(?:instead of|rather than) (?:using |calling |the )?{_SPAN},? (?:please )?(?:use|call|prefer|do) (?:the )?{_SPAN}", re.I), (2, 1)),
    (re.compile(rf"{_SPAN} should be {_SPAN}", re.I), (2, 1)),
    (re.compile(rf"(?:don't|do not|never|avoid) (?:use |using |call |calling )?{_SPAN}(?:(?!\bnever\b|\bnot\b|n't\b)[^`\n]){{1,40}}\buse {_SPAN}", re.I), (2, 1)),
)  # fmt: skip
_NEGATIVE = re.compile(
    rf"\b(?:don't|do not|dont|never|avoid|stop|remove|drop|no need for|get rid of) "
    rf"(?:(?:use|using|import|importing|call|calling|add|adding|commit|committing|edit|editing|the|this|that|any) ){{0,3}}{_SPAN}",
    re.I,
)
_POSITIVE = re.compile(
    rf"\b(?:always use|please use|should use|must use|use the existing|use our|we use|needs? to use|prefer)"
    rf" (?:the )?{_SPAN}",
    re.I,
)
_CLAUSE_END = re.compile(r"[.!?;:,](?=\s)|[\n(]")
_NEGATED = re.compile(
    r"\b(?:why(?! not)|whether|don't|dont|doesn't|didn't|isn't|shouldn't|can't|cannot|never|(?<!why )not|no need|without|did you)\b",
    re.I,
)
"""Before a request in the same clause these turn it round, or make a question of it."""
_DESCRIBED = re.compile(
    r"\b(?:uses|used|calls|called)\b|\b(?:is|are|was|were|you're|it's|we're|still|currently|here) (?:using|calling)\b",
    re.I,
)
"""'This uses `a` instead of `b`' says what is, and mostly that it is wrong."""
_CONDITIONAL = re.compile(
    r"\b(?:if|when|unless|because|do|does|did|should|could|can|where|how) (?:we |you |i )?$", re.I
)
_PURPOSE = re.compile(r"(?<!try )(?<!want )(?<!need )(?<!better )(?<!best )\bto $", re.I)
_COMPARED = re.compile(r" (?:instead of|rather than|over)\b", re.I)
_NOT_THIS = re.compile(r"\b(?:instead of|rather than) $", re.I)
_UNWANTED = re.compile(
    r"\b(?:don't|do not|dont|doesn't|shouldn't|should not|never|not needed|no need|not necessary|unnecessary|unrelated"
    r"|revert|undo|remove|drop|exclude|ignore|why|no|looks good)\b",
    re.I,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s|\n")
_COMPANION_FILE = re.compile(
    r"schema|snap|lock|generated|migration|openapi|swagger|docs?\b|readme|fixture", re.I
)
_RUN = re.compile(rf"\b(?:run|ran|running|execute) (?:the )?{_SPAN}", re.I)
_STEP = re.compile(rf"^\s{{0,3}}\d{{1,2}}[.)] [^`\n]{{0,80}}{_SPAN}", re.M)
_COMMAND = re.compile(r"(?:\./)?[a-z][a-z0-9_.:/-]{0,30}(?: [A-Za-z0-9_.:/=@+-]{1,60}){1,8}")
_CODE = re.compile(r"@?[A-Za-z_$][\w$]*(?:(?:\.|::|->|#|-)[A-Za-z_$][\w$]*)*(?:\(\))?")
_FILE = re.compile(r"[\w.@-]+(?:/[\w.@-]+)*\.[A-Za-z]{1,8}|[\w.@-]+(?:/[\w.@-]+)+/?")
_SUGGESTION = re.compile(r"```suggestion[^\n]{0,40}\n(.*?)\n?```", re.S)
_FENCE = re.compile(r"```.*?```", re.S)
_QUOTED = re.compile(r"^[ \t]{0,8}>.*$", re.M)
_WANTS = re.compile(
    r"\b(?:missing|miss|forgot|forget|add|update|regenerate|refresh|bump|needs?|requires?|include|commit|without|lacks?)\b",
    re.I,
)
_CHANGELOG = re.compile(r"\b(?:changelog|change log|release notes?|changeset)\b", re.I)
_LOCK = re.compile(
    r"\b(package-lock\.json|pnpm-lock\.yaml|yarn\.lock|Cargo\.lock|poetry\.lock|uv\.lock|go\.sum|Gemfile\.lock)\b"
)
_COMPANION = re.compile(
    r"\b(?:schema|snapshots?|lock ?file|generated|migrations?|openapi|docs?|fixtures?)\b", re.I
)

DIRECTIVE = re.compile(
    r"\b(?:should|shouldn't|must|need to|needs|please|don't|do not|avoid|never|instead|use|remove|"
    r"add|missing|rename|replace|fix|revert|why|wrong|broken|fails?|failing|nit)\b",
    re.I,
)
"""What a remark about a change has and small talk has not; a first sieve, not a class."""


def sign_comment(
    text: str, *, hunk: str | None = None, path: str | None = None
) -> Signature | None:
    """The signature of a remark by a person or a bot; None when it carries no typed part.

    Args:
        text: the comment; quoted lines are somebody else's words and are not read.
        hunk: the diff the remark stands on, the "before" of a suggested change.
    """
    text = _QUOTED.sub("", text[:MAX_TEXT].replace("\u2019", "'"))
    suggested = _SUGGESTION.search(text)
    if suggested and hunk and (replaced := _replaced_token(hunk, suggested.group(1))):
        return _instead(*replaced, path)
    prose = _FENCE.sub("", text)
    return (
        _procedure(prose, path)
        or _instead_in(prose, path)
        or _changed_together(prose, path)
        or _command_in(prose, path)
        or _directive(prose, path)
    )


def _instead(before: str, after: str, path: str | None) -> Signature:
    return _signature("use_instead", f"{before} -> {after}", path, before=before, after=after)


def _clause_before(text: str, at: int) -> str:
    return _CLAUSE_END.split(text[max(0, at - 80) : at])[-1]


def _instead_in(text: str, path: str | None) -> Signature | None:
    for pattern, (after_at, before_at) in _USE_INSTEAD:
        for match in pattern.finditer(text):
            said_before = _clause_before(text, match.start())
            if _NEGATED.search(said_before) or _DESCRIBED.search(said_before):
                continue
            before, after = match.group(before_at).strip(), match.group(after_at).strip()
            if before != after and _CODE.fullmatch(before) and _CODE.fullmatch(after):
                return _instead(before, after, path)
    return None


_WORD = re.compile(r"[A-Za-z_$@][\w$.-]*|\d+|\S")


def _replaced_token(hunk: str, suggestion: str) -> tuple[str, str] | None:
    """The one identifier a suggestion replaces by another; None when it changes more."""
    last = next((line for line in reversed(hunk.splitlines()) if line[:1] in ("+", " ")), "")
    before, after = _WORD.findall(last[1:500]), _WORD.findall(suggestion[:500])
    changes = [
        (old, new)
        for tag, i, j, k, m in difflib.SequenceMatcher(
            None, before, after, autojunk=False
        ).get_opcodes()
        if tag != "equal"
        for old, new in [(before[i:j], after[k:m])]
    ]
    if len(changes) != 1 or any(len(side) != 1 for side in changes[0]):
        return None
    [old], [new] = changes[0]
    return (old, new) if _CODE.fullmatch(old) and _CODE.fullmatch(new) else None


def _changed_together(text: str, path: str | None) -> Signature | None:
    """A file that should have changed too: named in the text, or the changelog by its name."""
    for sentence in _SENTENCE_END.split(text):
        if not _WANTS.search(sentence) or _UNWANTED.search(sentence):
            continue
        if lock := _LOCK.search(sentence):
            return _together(None, lock.group(1), path)
        files = [each for each in re.findall(_SPAN, sentence) if _FILE.fullmatch(each)]
        if _wants_changelog(sentence):
            named = next((f for f in files if "change" in f.lower()), "CHANGELOG.md")
            return _together(None, named, path)
        companions = [each for each in files if _COMPANION_FILE.search(each)]
        if companions and _COMPANION.search(sentence):
            return _together(None, companions[-1], path)
    return None


def _wants_changelog(sentence: str) -> bool:
    return any(
        _CHANGELOG.search(clause) and _WANTS.search(clause)
        for clause in re.split(r"[;,] ", sentence)
    )


def _together(changed: str | None, missing: str, path: str | None = None) -> Signature:
    key = f"{changed} with {missing}" if changed else missing
    return _signature("changed_together", key, path, changed=changed, missing=missing)


def _command_in(text: str, path: str | None) -> Signature | None:
    for match in _RUN.finditer(text):
        command = match.group(1).strip()
        said_before = _clause_before(text, match.start())
        if _NEGATED.search(said_before) or _NOT_THIS.search(said_before):
            continue
        # What to do with git once is about this change, not about the next.
        if _COMMAND.fullmatch(command) and not command.startswith("git "):
            return _signature("failing_command", command, path, command=command)
    return None


def _directive(text: str, path: str | None) -> Signature | None:
    for pattern, verb in ((_NEGATIVE, "avoid"), (_POSITIVE, "use")):
        for match in pattern.finditer(text):
            symbol = match.group(1).strip()
            said_before = _clause_before(text, match.start())
            if (
                _NEGATED.search(said_before)
                or _COMPARED.match(text, match.end())
                or _CONDITIONAL.search(said_before)
                or (verb == "avoid" and _PURPOSE.search(said_before))
            ):
                continue
            if _CODE.fullmatch(symbol) and len(symbol) > 2:  # `x` is nobody's rule
                return _signature("directive", f"{verb} {symbol}", path, verb=verb, symbol=symbol)
    return None


def _procedure(text: str, path: str | None) -> Signature | None:
    steps = [each.strip() for each in _STEP.findall(text)]
    if len(steps) < 3 or not all(map(_COMMAND.fullmatch, steps)):  # as a skill has
        return None
    return _signature("procedure", " ; ".join(steps), path, steps=steps)


# --- fix-up commits ----------------------------------------------------------------------------

_FIXING = re.compile(
    r"\b(?:fix|fixes|fixed|fixing|fixup|repair|run|ran|apply|appl(?:y|ied)|address|resolve|satisfy|appease|make|please|correct)\b"
    r"|^(?:style|lint|format|fmt|chore\((?:lint|format|fmt|style)\))\b"
    r"|^`?(?!add )[a-z -]{0,20}(?:prettier|fmt|format|lint)`?$",
    re.I,
)
_CATEGORIES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("lint", re.compile(r"\b(?:lint|linter|linters|linting|lints|eslint|ruff(?![ -]format)|flake8|pylint|clippy|rubocop|golangci-lint|shellcheck)\b", re.I)),
    ("format", re.compile(
        r"\b(?:prettier|gofmt|rustfmt|fmt|isort|spotless|clang-format|ruff[ -]format|(?:run|ran|apply|applied|with|by|satisfy|appease) black|black format(?:ting)?|format(?:ter)? check)\b"
        r"|\b(?:fix|fixes|fixed|fixing|apply|applied|run|ran|address|correct) (?:(?:the|some|code|source|file|auto|all|ci|remaining) ){0,3}(?:auto-?)?format(?:ting|ter)?(?! (?:of|in|for|string|specifier))\b"
        r"|^style(?:\([^)]{1,40}\))?!?: (?:.{0,80}\b)?(?:format|formatting|formatted|reformat|whitespace|indentation|pre-commit)\b"
        r"|^(?:auto-?)?(?:format|fmt|formatting)(?: (?:the )?(?:code|files?|all|everything|fix(?:es)?))?$|\bformatting (?:issues?|errors?|violations?|problems?)\b", re.I)),
    ("type", re.compile(
        r"\b(?:type[ -]?check(?:s|er|ing)?|type errors?|typing (?:errors?|issues?)|type (?:issues?|annotations?|hints?)|mypy|pyright|tsc|(?:typescript|ts) (?:errors?|issues?))\b"
        r"|\bfix(?:e[sd]|ing)? (?:the |some )?(?:types|typings?)$", re.I)),
    ("test", re.compile(
        r"\b(?:failing|failed|broken|flaky) (?:(?!and |add )[\w-]+ ){0,2}(?:tests?|specs?|snapshots?)\b"
        r"|\b(?:fix|fixes|fixed|fixing|repair|correct|address) (?:(?!and |add |with |by |in |for |to |of |when |from )[\w-]+ ){0,3}(?:tests?|specs?|snapshots?)\b"
        r"|\bmake (?:[\w-]+ ){0,2}tests? (?:pass|green)\b|^(?:fix\(tests?\)|tests?(?:\([\w-]{1,30}\))?: fix\b)", re.I)),
    ("build", re.compile(
        r"\b(?:fix|fixes|fixed|fixing|repair) (?:the |broken ){0,2}(?:ci|build)\b|\bmake (?:the )?ci (?:pass|green|happy)\b"
        r"|\b(?:fix|fixes|fixed|fixing|resolve|address|correct) (?:(?!and |add )[\w-]+ ){0,3}(?:build|compile|compilation|compiler) (?:errors?|failures?|issues?)\b", re.I)),
)  # fmt: skip
_NAMED_TOOLS = re.compile(
    r"\b(eslint|ruff|flake8|pylint|clippy|rubocop|golangci-lint|shellcheck|prettier|black|gofmt|rustfmt|isort|spotless|clang-format|mypy|pyright|tsc|pytest|jest|vitest|rspec|phpunit)\b",
    re.I,
)


def sign_fix_up(message: str) -> Signature | None:
    """The signature of a commit that repairs lint, format, types, tests or the build; else None."""
    subject = message.partition("\n")[0].strip()[:200]
    if not subject or subject.startswith(("Merge ", "Revert ")) or not _FIXING.search(subject):
        return None
    for category, pattern in _CATEGORIES:
        if pattern.search(subject):
            named = _NAMED_TOOLS.search(subject)
            tool = named.group(1).lower() if named else None
            key = f"{category} {tool}" if tool else category
            return _signature("fix_up", key, category=category, tool=tool)
    return None


def describe(type_: str, slots: str) -> str:
    """A title for people, made of the slots only."""
    parts = json.loads(slots)
    if type_ == "procedure":
        return f"{len(parts.get('steps', ()))} steps not run: {parts['steps'][0]} ..."
    titles = {
        "lint_code": "{tool} {code}",
        "test_failure": "{runner} fails: {test}",
        "exception": "{type} in {file}",
        "failing_command": "`{command}` not run or failing",
        "changed_together": "{missing} left out",
        "use_instead": "{before} used instead of {after}",
        "directive": "{verb} {symbol}",
        "fix_up": "{category} repaired by a later commit",
    }
    title = titles[type_].format_map({**dict.fromkeys(_PARTS, "?"), **parts})
    if type_ == "changed_together" and parts.get("changed"):
        title += f" when {parts['changed']} changes"
    return f"{title} ({parts['tool']})" if type_ == "fix_up" and parts.get("tool") else title


_PARTS: Sequence[str] = (
    "tool", "code", "runner", "test", "file", "type", "command", "missing", "before", "after",
    "verb", "symbol", "category",
)  # fmt: skip
