"""The sentences a rule may be made of: ours, fixed, with typed slots for everything from outside.

One line says when, what not to do, what to do instead and how to verify, in at most 240 characters:
a prohibition with a replacement is what helped in studies of thousands of agent runs, and a line
without a scope or a check is advice. A procedure of three steps or more is a SKILL.md instead.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import PurePosixPath
from typing import Literal

from rules_out.formats import FORMATS, Target
from rules_out.grammar import NotASlot, Slot, clean
from rules_out.slots import Checkout, attest, command_for, entries_for
from rules_out.toolbox import CATEGORIES, Tool, of_category, tool

Kind = Literal["do-not-use", "use-instead", "run-before", "change-together", "gotcha", "procedure"]

MAX_LINE = 240
MIN_STEPS = 3
OUR_CHECK = "git diff --name-only"
"""The one command of our own: it only lists what a pull request touches."""

_NEGATIVE = frozenset(
    {"avoid", "never", "don't", "dont", "do not", "do-not-use", "remove", "drop", "stop", "no"}
)
_POSITIVE = frozenset({"use", "prefer", "add", "always", "must", "require", "call", "need"})
_CATEGORY_WORDS = {
    "lint": "lint findings",
    "format": "unformatted files",
    "type": "type errors",
    "test": "failing tests",
    "build": "a broken build",
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule before it has an id, a scope and counts."""

    kind: Kind
    template: str
    """Name and version of the sentence; a changed sentence gets a new version."""
    body: str
    """Its clause with slots filled in."""
    slots: tuple[tuple[str, Slot], ...]
    opening: str | None = None
    """Says when, if the template knows better than the failures' paths."""
    verify: Slot | None = None
    ours: str | None = None
    """A check of our own, shown when the repository's is not needed."""
    wants: tuple[Tool, ...] = ()
    """Tools whose command in the repository would verify it."""
    must_verify: bool = False
    """A rule that says `run this` is nothing without a command."""
    scope: Slot | None = None
    steps: tuple[Slot, ...] = ()
    unsure: tuple[str, ...] = ()
    """Commands of the repository, of which the failures do not say which is meant."""

    @property
    def target(self) -> str:
        """The format it is written in."""
        return "skill" if self.kind == "procedure" else "agents_md"

    @property
    def title(self) -> str:
        """Its first clause, for lists."""
        clause = self.body.partition(";")[0].replace("`", "")
        return clause[:1].upper() + clause[1:]

    def all_slots(self) -> list[tuple[str, Slot]]:
        """Every slot that stands in the text, by name."""
        found = [*self.slots]
        found += [("scope", self.scope)] if self.scope else []
        found += [("verify", self.verify)] if self.verify else []
        return found + [(f"step {n}", step) for n, step in enumerate(self.steps, 1)]


Parts = Mapping[str, object]
_Maker = Callable[[Parts], Draft]


def draft(signature_type: str, parts: Parts) -> Draft:
    """The rule a failure mode of this type asks for.

    Raises:
        NotASlot: the type is unknown or a slot is missing or malformed; the message says which.
    """
    maker = _MAKERS.get(signature_type)
    if maker is None:
        raise NotASlot(f"no template for failures of type {signature_type!a}")
    return maker(parts)


def fit(made: Draft, paths: Iterable[str], checkout: Checkout | None) -> Draft:
    """The draft with its scope and the repository's own command to verify it."""
    scope = None
    if made.opening is None:
        scope = next(_scopes([p for p in paths if p], checkout), None)
    if made.verify is not None or checkout is None:
        return replace(made, scope=scope)
    commands = _checks(made, checkout)
    if len(commands) > 1:
        return replace(made, scope=scope, unsure=tuple(c.value for c in commands))
    return replace(made, scope=scope, verify=commands[0] if commands else None)


def _checks(made: Draft, checkout: Checkout) -> list[Slot]:
    """Commands that would verify it; more than one when the failures do not say which is meant."""
    if len(made.wants) > 1 and (own := entries_for(made.wants[0].category, checkout)):
        return own  # several tools are wanted only when any of their category will do
    found = (command_for(known, checkout) for known in made.wants)
    return list(dict.fromkeys(command for command in found if command is not None))


def line(made: Draft, rule_id: str, support: int, of: int | None) -> str:
    """The rule as one line of AGENTS.md.

    Raises:
        NotASlot: it does not fit into 240 characters even without its scope.
    """
    counts = f"{support} of {of} PRs" if of is not None else f"{support} PRs"
    scoped = f"When you change `{made.scope.value}`, " if made.scope else "Before you push, "
    check = made.verify.value if made.verify else made.ours
    verify = f" Verify: `{check}`." if check else ""
    openings = [made.opening] if made.opening else [scoped, "Before you push, "]
    for opening in openings:
        text = f"- {opening}{made.body}.{verify} ({rule_id}, {counts})"
        if len(text) <= MAX_LINE:
            return text
    raise NotASlot(f"the line would be longer than {MAX_LINE} characters")


def skill(made: Draft, rule_id: str, support: int, of: int | None) -> str:
    """The rule as a whole SKILL.md."""
    counts = f"{support} of {of} PRs" if of is not None else f"{support} PRs"
    steps = [f"{n}. Run `{step.value}`." for n, step in enumerate(made.steps, 1)]
    last = "Stop at the first step that fails, fix its cause and run the step again."
    lines = [*steps, "", f"{last} ({rule_id}, {counts})"]
    description = (
        f"The {len(made.steps)} commands this repository runs before a pull request, in order. "
        "Use when you are about to push or open a pull request."
    )
    target = Target(skill_path(rule_id), description=description)
    return FORMATS["skill"].insert(b"", lines, target).decode()


def skill_path(rule_id: str) -> str:
    """Where the skill of a rule is kept."""
    return f".agents/skills/checks-{rule_id}/SKILL.md"


# --- one function per signature type ------------------------------------------------------------


def _lint_code(parts: Parts) -> Draft:
    known = _known_tool(parts)
    code = clean("lint_code", parts.get("code"), of_tool=known.name)
    return Draft(
        "run-before",
        "lint-code/1",
        f"do not leave {known.name} `{code.value}` findings; fix each one",
        (("tool", clean("tool", known.name)), ("code", code)),
        wants=(known,),
        must_verify=True,
    )


def _test_failure(parts: Parts) -> Draft:
    test = clean("test", _first(parts, "file", "test"))
    runner = tool(str(parts.get("runner") or ""))
    named: list[tuple[str, Slot]] = [("test", test)]
    if runner:
        named.append(("tool", clean("tool", runner.name)))
    return Draft(
        "run-before",
        "test-failure/1",
        f"do not break `{test.value}`; run it and fix the cause, not the test",
        tuple(named),
        wants=(runner,) if runner else of_category("test"),
        must_verify=True,
    )


def _exception(parts: Parts) -> Draft:
    raised = clean("symbol", parts.get("type"))
    file = clean("path", parts.get("file"))
    return Draft(
        "gotcha",
        "exception/1",
        f"do not let it raise `{raised.value}`; handle the case and test it",
        (("type", raised), ("file", file)),
        opening=f"When you change `{file.value}`, ",
        wants=of_category("test"),
    )


def _failing_command(parts: Parts) -> Draft:
    command = clean("command", parts.get("command"))
    return Draft(
        "run-before",
        "failing-command/1",
        "do not push while its check fails; run it and fix what it reports",
        (("command", command),),
        verify=command,
        must_verify=True,
    )


def _changed_together(parts: Parts) -> Draft:
    missing = _place(parts.get("missing"))
    if not parts.get("changed"):
        return Draft(
            "change-together",
            "left-out/1",
            f"do not leave out `{missing.value}`; update it in the same pull request",
            (("missing", missing),),
            ours=OUR_CHECK,
        )
    changed = _place(parts.get("changed"))
    if changed.value == missing.value:
        raise NotASlot("a file cannot be left out of a change to itself")
    return Draft(
        "change-together",
        "changed-together/1",
        f"do not leave `{missing.value}` as it was; update both in one pull request",
        (("changed", changed), ("missing", missing)),
        opening=f"When you change `{changed.value}`, ",
        ours=OUR_CHECK,
    )


def _use_instead(parts: Parts) -> Draft:
    before, after = clean("symbol", parts.get("before")), clean("symbol", parts.get("after"))
    if before.value == after.value:
        raise NotASlot("what to use is the same as what not to use")
    return Draft(
        "use-instead",
        "use-instead/1",
        f"do not use `{before.value}`; use `{after.value}`",
        (("before", before), ("after", after)),
    )


def _directive(parts: Parts) -> Draft:
    symbol = clean("symbol", parts.get("symbol"))
    verb = str(parts.get("verb") or "").strip().lower()
    if verb in _NEGATIVE:
        body = f"do not use `{symbol.value}`; take it out where you added it"
        return Draft("do-not-use", "do-not-use/1", body, (("symbol", symbol),))
    if verb in _POSITIVE:
        body = f"do not leave out `{symbol.value}`; use it where this repository does"
        return Draft("gotcha", "use/1", body, (("symbol", symbol),))
    raise NotASlot("the comment does not say whether to use it or not")


def _fix_up(parts: Parts) -> Draft:
    category = str(parts.get("category") or "").strip().lower()
    if category not in CATEGORIES:
        raise NotASlot("the fix-up's category is none of lint, format, type, test, build")
    known = tool(str(parts.get("tool") or ""))
    slots = (("tool", clean("tool", known.name)),) if known else ()
    return Draft(
        "run-before",
        "fix-up/1",
        f"do not leave {_CATEGORY_WORDS[category]} for others to fix; run the check first",
        slots,
        wants=(known,) if known else of_category(category),
        must_verify=True,
    )


def _procedure(parts: Parts) -> Draft:
    steps = parts.get("steps")
    if not isinstance(steps, list) or len(steps) < MIN_STEPS:
        raise NotASlot(f"a procedure has at least {MIN_STEPS} steps")
    commands = tuple(clean("command", _step(each)) for each in steps)
    return Draft(
        "procedure",
        "procedure/1",
        f"run the {len(commands)} checks in order",
        (),
        steps=commands,
        opening="",
    )


_MAKERS: Mapping[str, _Maker] = {
    "lint_code": _lint_code,
    "test_failure": _test_failure,
    "exception": _exception,
    "failing_command": _failing_command,
    "changed_together": _changed_together,
    "use_instead": _use_instead,
    "directive": _directive,
    "fix_up": _fix_up,
    "procedure": _procedure,
}


def _known_tool(parts: Parts) -> Tool:
    known = tool(str(parts.get("tool") or ""))
    if known is None:
        raise NotASlot("the tool is not one Ruleloop knows")
    return known


def _first(parts: Parts, *names: str) -> object:
    return next((parts[n] for n in names if parts.get(n)), None)


def _step(each: object) -> object:
    return _first(each, "command", "value") if isinstance(each, Mapping) else each


def _place(raw: object) -> Slot:
    """A path, or a glob when it holds a wildcard."""
    return clean("glob" if isinstance(raw, str) and re.search(r"[*?{]", raw) else "path", raw)


# --- scope --------------------------------------------------------------------------------------


def _scopes(paths: Sequence[str], checkout: Checkout | None) -> Iterator[Slot]:
    """Where the failures happened, the narrowest pattern first; attested when there is a clone."""
    for kind, value in _patterns(sorted(set(paths))):
        try:
            slot = clean(kind, value)
        except NotASlot:
            continue
        if checkout is None or attest(slot, checkout).found:
            yield slot


def _patterns(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    if not paths:
        return
    if len(paths) == 1:
        yield "path", paths[0]
    folders = [PurePosixPath(p).parent.parts for p in paths]
    endings = {PurePosixPath(p).suffix for p in paths}
    ending = f"*{endings.pop()}" if len(endings) == 1 else "*"
    shared = "/".join(_shared(folders))
    if len(set(folders)) == 1 and shared:
        yield "glob", f"{shared}/{ending}"
    if shared:
        yield "glob", f"{shared}/**/{ending}"
    if ending != "*" and ending != "*.":
        yield "glob", f"**/{ending}"


def _shared(folders: Sequence[tuple[str, ...]]) -> list[str]:
    """The folders at the start of every path."""
    levels = zip(*folders, strict=False)
    return [level[0] for level in takewhile(lambda each: len(set(each)) == 1, levels)]
