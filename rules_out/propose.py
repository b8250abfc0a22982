"""Failure modes to proposed rules: support, template, attestation, and every decision so far.

Pure in its inputs: the same failures, clones and events give the same tables. A mode that gives no
rule says why, because few proposals or none is a right answer only when one can see the reason.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import pyarrow as pa

from rules_out.checkout import Checkout, Repository, read_checkout
from rules_out.decide import BASIS, decisions, publications, refusal
from rules_out.grammar import NotASlot, Slot
from rules_out.slots import Attestation, attest, not_attested
from rules_out.standing import DECIDED, Standing, Version, of_rule, stand
from rules_out.support import Row, Support, count
from rules_out.templates import Draft, draft, fit, line, skill
from rules_out.tokens import estimate
from warehouse import records
from warehouse.errors import BadInput, GitError
from warehouse.journal import Event

Clone = Callable[[str], Repository | None]


@dataclass(frozen=True, slots=True)
class Proposals:
    """The tables this step concludes."""

    rule: pa.Table
    rule_version: pa.Table
    proposal: pa.Table
    decision: pa.Table
    publication: pa.Table
    failure_mode: pa.Table
    """As given, with stage, drop_reason and supported counts completed."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """One rule as generated from a failure mode, before any decision."""

    rule_id: str
    mode: Row
    made: Draft
    text: str
    support: Support
    of: int | None
    attestations: tuple[Attestation, ...]
    lack: str | None = None
    """Why the mode would not be proposed today; a rule once decided on stays all the same."""

    @property
    def attested(self) -> bool:
        return bool(self.attestations) and all(each.found for each in self.attestations)


def propose(
    modes: pa.Table,
    members: pa.Table,
    failures: pa.Table,
    *,
    events: Sequence[Event],
    clone: Clone,
    agent_pull_requests: Mapping[str, int],
    reference_us: int | Mapping[str, int],
) -> Proposals:
    """Rules for the failure modes that carry one.

    Args:
        modes: rows of `failure_mode`.
        members: rows of `failure_mode_member`.
        failures: rows of `failure`.
        events: the journal, in order.
        clone: the repository's clone, or None when there is none.
        agent_pull_requests: the repository's pull requests by agents; the n of "k of n PRs".
        reference_us: what "in the last 90 days" counts back from: one time, or the newest
            observation of each repository, so that a source that ended earlier is not held old
            against one that goes on. Snoozes end by the newest of them.
    """
    by_id = {row["failure_id"]: row for row in failures.to_pylist()}
    by_mode: dict[str, list[Row]] = defaultdict(list)
    for member in members.to_pylist():
        if member["failure_id"] in by_id:
            by_mode[member["failure_mode_id"]].append(by_id[member["failure_id"]])
    clones = _Clones(clone)
    judged: list[Row] = []
    rules: dict[str, _Rule] = {}
    ordered = sorted(modes.to_pylist(), key=lambda m: m["failure_mode_id"])
    opposed = _opposed(ordered)
    decided = {e.data.get("rule_id") for e in events if e.type == DECIDED}
    for mode in ordered:
        support = count(by_mode[mode["failure_mode_id"]])
        of = agent_pull_requests.get(mode["repo"])
        newest = _reference(reference_us, mode["repo"])
        stage, reason, rule = _judge(mode, support, of, clones, opposed, newest, decided)
        judged.append(_completed(mode, support, stage, reason))
        if rule is not None:
            rules[rule.rule_id] = rule
    return _tables(judged, rules, events, _reference(reference_us, None))


def _reference(reference_us: int | Mapping[str, int], repo: str | None) -> int:
    if isinstance(reference_us, int):
        return reference_us
    newest = max(reference_us.values(), default=0)
    return newest if repo is None else reference_us.get(repo, newest)


def rule_id(failure_mode_id: str, kind: str) -> str:
    """The id of the rule of that kind for that mode; the same on every machine."""
    digest = sha256("\n".join((failure_mode_id, kind)).encode())
    return f"rl-{digest.hexdigest()[:8]}"


def why_not(mode: Row) -> str:
    """Why a failure mode carries no rule, as one sentence."""
    reason = mode["drop_reason"]
    return str(reason) if reason else "it carries a proposal"


class _Clones:
    """Each repository's checkout, read once; a clone git cannot read is no clone."""

    def __init__(self, clone: Clone) -> None:
        self._clone = clone
        self._read: dict[str, Checkout | None] = {}

    def __call__(self, repo: str) -> Checkout | None:
        if repo not in self._read:
            repository = self._clone(repo)
            try:
                self._read[repo] = read_checkout(repository) if repository is not None else None
            except (GitError, BadInput):
                self._read[repo] = None
        return self._read[repo]


def _judge(
    mode: Row,
    support: Support,
    of: int | None,
    clones: _Clones,
    opposed: Mapping[str, str],
    reference_us: int,
    decided: set[Any],
) -> tuple[str, str | None, _Rule | None]:
    """How far a mode comes, why no further, and its rule if there is one to show."""
    stage, lack = support.stage(), support.lack(reference_us)
    try:
        made = draft(mode["signature_type"], _parts(mode["slots"]))
        if lack and rule_id(mode["failure_mode_id"], made.kind) not in decided:
            return stage, lack, None
        rule = replace(_made(mode, made, support, of, clones(mode["repo"])), lack=lack)
    except NotASlot as no:
        return stage, lack or str(no), None
    if other := opposed.get(mode["failure_mode_id"]):
        return stage, lack or f"{other} says the opposite", None
    if not rule.attested:
        missing = next(each for each in rule.attestations if not each.found)
        return stage, lack or f"{missing.kind} not attested: {missing.where}", rule
    if why := refusal(rule.text, rule.rule_id, made.target):
        return "attested", lack or why, None
    if lack:
        return stage, lack, rule
    return "proposed", None, rule


def _made(
    mode: Row, made: Draft, support: Support, of: int | None, checkout: Checkout | None
) -> _Rule:
    made = fit(made, support.paths, checkout)
    new_id = rule_id(mode["failure_mode_id"], made.kind)
    seen = len(support.pull_requests)
    # Agents' pull requests are counted elsewhere; a smaller total would be a contradiction.
    of = of if of is not None and of >= seen else None
    write = skill if made.target == "skill" else line
    text = write(made, new_id, seen, of)
    if made.scope and f"`{made.scope.value}`" not in text:
        made = replace(made, scope=None)
    found = [
        _attested(slot, checkout) if checkout is not None else not_attested(slot, mode["repo"])
        for slot in dict.fromkeys(slot for _, slot in made.all_slots())
    ]
    if made.must_verify and made.verify is None:
        found.append(_no_command(made, mode["repo"], checkout))
    return _Rule(new_id, mode, made, text, support, of, tuple(found))


def _no_command(made: Draft, repo: str, checkout: Checkout | None) -> Attestation:
    """Why a rule that says to run a check has none to run."""
    if checkout is None:
        return Attestation("", "command", False, f"no clone of {repo}; run: ruleloop git PATH", "")
    if made.unsure:
        names = " and ".join(made.unsure[:3])
        where = f"the repository runs {names}, and the failures do not say which"
    else:
        names = made.wants[0].name if len(made.wants) == 1 else f"a {made.wants[0].category} check"
        where = f"no workflow, Makefile, package.json script or pyproject runs {names}"
    return Attestation("", "command", False, where, checkout.commit)


def _attested(slot: Slot, checkout: Checkout) -> Attestation:
    try:
        return attest(slot, checkout)
    except GitError as error:  # a partial clone lacks the file's content
        return Attestation(slot.value, slot.kind, False, str(error), checkout.commit)


def _parts(slots: object) -> dict[str, object]:
    try:
        parts = json.loads(slots) if isinstance(slots, str) else None
    except ValueError:
        parts = None
    if not isinstance(parts, dict):
        raise NotASlot("its slots are not a JSON object")
    return parts


def _opposed(modes: Iterable[Row]) -> dict[str, str]:
    """Modes of one repository that ask for opposite things: neither becomes a rule."""
    pairs: dict[tuple[str, str, str], str] = {}
    for mode in modes:
        if mode["signature_type"] != "use_instead":
            continue
        try:
            parts = _parts(mode["slots"])
        except NotASlot:
            continue
        key = (mode["repo"], str(parts.get("before")), str(parts.get("after")))
        pairs[key] = mode["failure_mode_id"]
    return {
        mode_id: pairs[(repo, after, before)]
        for (repo, before, after), mode_id in pairs.items()
        if (repo, after, before) in pairs
    }


def _completed(mode: Row, support: Support, stage: str, reason: str | None) -> Row:
    return dict(mode) | {
        "pull_requests_supported": len(support.pull_requests),
        "people": support.people,
        "ci_pull_requests": support.ci_pull_requests,
        "stage": stage,
        "drop_reason": reason,
    }


# --- rows -----------------------------------------------------------------------------------------


def _tables(
    judged: Sequence[Row],
    rules: Mapping[str, _Rule],
    events: Sequence[Event],
    reference_us: int,
) -> Proposals:
    rule_rows, version_rows, proposal_rows = [], [], []
    ids = set(rules) | {str(e.data["rule_id"]) for e in events if e.type == DECIDED}
    for each in sorted(ids):
        about = of_rule(events, each)
        fresh = rules.get(each)
        basis = _fresh_basis(fresh) if fresh else _basis_of(about)
        start = _start(fresh, basis, about)
        if basis is None or start is None:
            continue
        now = stand(start, about, reference_us)
        if now.state == now.undecided and (fresh is None or fresh.lack):
            continue
        rule_rows.append(_rule_row(each, basis, now))
        version_rows += _version_rows(each, fresh, now)
        proposal_rows.append({"rule_id": each} | {c: basis.get(c) for c in _PROPOSAL_COLUMNS})
    return Proposals(
        rule=_table("rule", rule_rows),
        rule_version=_table("rule_version", version_rows),
        proposal=_table("proposal", proposal_rows),
        decision=decisions(events),
        publication=publications(events),
        failure_mode=_table("failure_mode", judged),
    )


_PROPOSAL_COLUMNS = [
    c for c in BASIS if c not in ("failure_mode_id", "repo", "kind", "title", "target")
]


def _fresh_basis(rule: _Rule) -> dict[str, object]:
    return {
        "failure_mode_id": rule.mode["failure_mode_id"],
        "repo": rule.mode["repo"],
        "kind": rule.made.kind,
        "title": rule.made.title,
        "target": rule.made.target,
        "support_pull_requests": len(rule.support.pull_requests),
        "support_people": rule.support.people,
        "support_ci": rule.support.ci_pull_requests,
        "agent_pull_requests": rule.of if rule.of is not None else len(rule.support.pull_requests),
        "evidence": json.dumps(rule.support.pull_requests),
        "attested": rule.attested,
        "attestation": json.dumps([_attestation(each) for each in rule.attestations]),
        "verify_command": rule.made.verify.value if rule.made.verify else rule.made.ours,
        "first_us": rule.support.first_us,
        "last_us": rule.support.last_us,
    }


def _attestation(each: Attestation) -> dict[str, object]:
    return {
        "slot": each.slot,
        "kind": each.kind,
        "found": each.found,
        "where": each.where,
        "commit": each.commit,
    }


def _basis_of(about: Sequence[Event]) -> dict[str, object] | None:
    """What the newest decision says the person saw; for rules whose mode is gone."""
    for event in reversed(about):
        basis = event.data.get("basis")
        if isinstance(basis, dict) and {"repo", "kind", "target", "evidence"} <= basis.keys():
            return dict(basis)
    return None


def _start(
    fresh: _Rule | None, basis: Mapping[str, object] | None, about: Sequence[Event]
) -> Standing | None:
    attested = bool(fresh.attested if fresh else basis and basis.get("attested"))
    text = fresh.text if fresh else _first_text(about)
    if text is None:
        return None
    undecided = "proposed" if attested else "unattested"
    return Standing(undecided, (Version(text),), undecided)


def _first_text(about: Sequence[Event]) -> str | None:
    for event in about:
        text = event.data.get("before") or event.data.get("text")
        if isinstance(text, str):
            return text
    return None


def _rule_row(each: str, basis: Mapping[str, object], now: Standing) -> Row:
    names = ("failure_mode_id", "repo", "kind", "title", "target")
    return {
        "rule_id": each,
        "state": now.state,
        "version": len(now.versions),
        **{name: basis.get(name) for name in names},
    }


def _version_rows(each: str, fresh: _Rule | None, now: Standing) -> list[Row]:
    slots = {name: slot.value for name, slot in fresh.made.all_slots()} if fresh else {}
    return [
        {
            "rule_id": each,
            "version": number,
            "text": version.text,
            "text_sha256": version.sha256,
            "template": "edited" if version.editor else fresh.made.template if fresh else "gone",
            "slots": json.dumps(slots, sort_keys=True),
            "tokens": estimate(version.text),
            "editor": version.editor,
        }
        for number, version in enumerate(now.versions, 1)
    ]


def _table(name: str, rows: Sequence[Row]) -> pa.Table:
    return pa.Table.from_batches([records.batch(name, rows)])
