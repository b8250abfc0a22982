"""A person's decisions on rules: checked here, appended to the journal, folded in by `propose`.

An accepted wording is known by its hash, and only such wordings are ever published. The event holds
what the person saw (wording, evidence, attestation), so the decision can be audited, and the rule
made again, when the failures it came from are no longer in the warehouse.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from rules_out import gate
from rules_out.formats import FORMATS
from rules_out.standing import (
    ACTIONS,
    DECIDED,
    PUBLISHED,
    Standing,
    Version,
    of_rule,
    stand,
    text_sha256,
)
from rules_out.templates import MAX_LINE
from rules_out.tokens import estimate
from warehouse import records
from warehouse.errors import DriftedBlock, NotAttested, Refused, UnknownName
from warehouse.journal import Event, Journal
from warehouse.redact import redact_payload

RuleRow = Mapping[str, Any]
"""rule, its newest rule_version and its proposal in one mapping, as `ruleloop rules` lists it."""

BASIS = (
    "failure_mode_id",
    "repo",
    "kind",
    "title",
    "target",
    "support_pull_requests",
    "support_people",
    "support_ci",
    "agent_pull_requests",
    "evidence",
    "attested",
    "attestation",
    "verify_command",
    "first_us",
    "last_us",
)
"""What the person saw beside the wording; kept in the event."""

MAX_REASON = 500


def decide(
    journal: Journal,
    rule: RuleRow,
    action: str,
    *,
    actor: str,
    at_us: int,
    text: str | None = None,
    reason: str | None = None,
    to: str | None = None,
    until_us: int | None = None,
) -> Event | None:
    """Check a decision and append it; None when it would change nothing.

    Args:
        rule: its row, with every earlier decision folded in.
        text: the new wording, for `edit` only.
        to: `publish` or `trial`, for `accept` only.
        until_us: when a snooze ends; it lasts until the next decision when not given.

    Raises:
        NotAttested: a slot of the rule does not stand in the repository.
        Refused: the rule's state, or the rules of the house, forbid it.
    """
    if action not in ACTIONS:
        raise UnknownName("decision", action, ACTIONS)
    changes: dict[str, object] = {}
    if reason:
        changes["reason"] = " ".join(reason.split())[:MAX_REASON]
    if to is not None:
        if action != "accept" or to not in ("publish", "trial"):
            raise Refused(f"a rule is accepted to publish or to trial, not {action} to {to!a}")
        changes["to"] = to
    if until_us is not None:
        changes["until_us"] = until_us
    if not _CHECKS[action](rule, text, changes):
        return None
    wording = reworded(rule, text) if action == "edit" and text is not None else str(rule["text"])
    payload = redact_payload(
        {
            "rule_id": rule["rule_id"],
            "action": action,
            "text": wording,
            "text_sha256": text_sha256(wording),
            **({"before": rule["text"]} if action == "edit" else {}),
            **changes,
            "basis": _basis(rule),
        }
    )
    if json.loads(payload.text).get("text") != wording:
        raise Refused(f"the wording of {rule['rule_id']} holds a secret; word it without one")
    return journal.append(DECIDED, payload, actor=actor, at_us=at_us)


_TAIL = re.compile(r"\s*\(rl-[0-9a-f]{8}[^()]*\)\s*$")
_SPAN = re.compile(r"`([^`]*)`")


def reworded(rule: RuleRow, text: str) -> str:
    """A person's sentence as a rule: Ruleloop itself adds the dash, the id and the counts.

    The counts are evidence, so nobody types them; a dash or a tail that was typed is replaced.
    """
    tail = _TAIL.search(str(rule["text"]))
    sentence = _TAIL.sub("", text.strip().removeprefix("- ")).strip()
    return f"- {sentence} {tail.group().strip() if tail else '(' + str(rule['rule_id']) + ')'}"


def _unattested_names(rule: RuleRow, text: str) -> list[str]:
    """Code spans of a wording that neither the rule nor its attestation holds."""
    known = {each["slot"] for each in json.loads(rule["attestation"] or "[]") if each["found"]}
    known |= {str(rule["verify_command"])} if rule.get("verify_command") else set()
    known |= set(_SPAN.findall(str(rule["text"])))
    return [name for name in _SPAN.findall(text) if name not in known]


def refusal(text: str, rule_id: str, target: str) -> str | None:
    """Why a wording may not become a rule; None when it may."""
    if target == "skill":
        return _skill_refusal(text, rule_id)
    if "\n" in text or "\r" in text or not text.startswith("- "):
        return "a rule is one line that begins with '- '"
    if len(text) > MAX_LINE:
        return f"a rule has at most {MAX_LINE} characters, not {len(text)}"
    if f"({rule_id}" not in text:
        return f"a rule keeps its id: end the line with ({rule_id}, ...)"
    if text.count("`") % 2:
        return "a code span is not closed: the number of backticks is odd"
    return _finding(text)


def _skill_refusal(text: str, rule_id: str) -> str | None:
    try:
        block = FORMATS["skill"].read(text.encode())
    except DriftedBlock as drift:
        return str(drift)
    if block is None or not text.startswith(f"---\nname: checks-{rule_id}\n"):
        return "a procedure is a whole SKILL.md as Ruleloop made it"
    head = text[: text.index("<!-- ruleloop:begin")]
    return _finding("\n".join([head, *block.lines]))


def _finding(text: str) -> str | None:
    found = gate.inspect(text)
    if not found:
        return None
    first = found[0]
    return f"the wording {first.message} (at character {first.start + 1})"


# --- what each decision needs; False when it would change nothing ---------------------------------

_Check = Callable[[RuleRow, str | None, dict[str, object]], bool]


def _may_accept(rule: RuleRow, text: str | None, _: dict[str, object]) -> bool:
    rule_id, state = rule["rule_id"], rule["state"]
    if text is not None:
        raise Refused(f"edit {rule_id} first; it is accepted in the wording it then has")
    if state in ("accepted", "published"):
        return False
    _not_final(rule, "accepted")
    if not rule["attested"] or state == "unattested":
        raise NotAttested(f"{rule_id} cannot be accepted: {_what_is_missing(rule)}")
    if why := refusal(str(rule["text"]), str(rule_id), str(rule["target"])):
        raise Refused(f"{rule_id} cannot be accepted: {why}")
    return True


def _may_edit(rule: RuleRow, text: str | None, _: dict[str, object]) -> bool:
    if text is None:
        raise Refused("an edit needs the new wording")
    _not_final(rule, "edited")
    if rule["target"] == "skill":
        raise Refused(f"{rule['rule_id']} is a procedure; reject it, or edit the file it becomes")
    wording = reworded(rule, text)
    if why := refusal(wording, str(rule["rule_id"]), str(rule["target"])):
        raise Refused(f"{rule['rule_id']} cannot be edited so: {why}")
    if names := _unattested_names(rule, wording):
        raise NotAttested(
            f"`{gate.visible(names[0])}` was not attested in {rule['repo']} for {rule['rule_id']}; "
            "name in backticks only what the proposal names"
        )
    return wording != str(rule["text"])


def _may_reject(rule: RuleRow, _: str | None, changes: dict[str, object]) -> bool:
    if rule["state"] == "rejected":
        return False
    if rule["state"] in ("published", "retired"):
        raise Refused(f"{rule['rule_id']} is {rule['state']}; a published rule is retired instead")
    if not changes.get("reason"):
        raise Refused(
            f"rejecting {rule['rule_id']} needs a reason: it keeps the rule from coming back"
        )
    return True


def _may_snooze(rule: RuleRow, _: str | None, changes: dict[str, object]) -> bool:
    if rule["state"] == "snoozed":
        return "until_us" in changes
    if rule["state"] not in ("proposed", "unattested"):
        raise Refused(
            f"{rule['rule_id']} is {rule['state']}; only an undecided rule can be snoozed"
        )
    return True


def _may_retire(rule: RuleRow, _: str | None, __: dict[str, object]) -> bool:
    if rule["state"] == "retired":
        return False
    if rule["state"] not in ("accepted", "published"):
        raise Refused(f"{rule['rule_id']} is {rule['state']}; only an accepted rule can be retired")
    return True


_CHECKS: Mapping[str, _Check] = {
    "accept": _may_accept,
    "edit": _may_edit,
    "reject": _may_reject,
    "snooze": _may_snooze,
    "retire": _may_retire,
}


def _not_final(rule: RuleRow, done: str) -> None:
    if rule["state"] in ("rejected", "retired"):
        raise Refused(f"{rule['rule_id']} is {rule['state']} and cannot be {done}")


def _what_is_missing(rule: RuleRow) -> str:
    for each in json.loads(rule["attestation"] or "[]"):
        if not each["found"]:
            slot = f"its {each['kind']} {each['slot']!a}" if each["slot"] else "a check to run"
            return f"{slot} is not attested ({each['where']})"
    return f"nothing in it is attested; run: ruleloop git PATH with a clone of {rule['repo']}"


def _basis(rule: RuleRow) -> dict[str, object]:
    given = {name: rule.get(name) for name in BASIS}
    for name in ("first", "last"):
        moment = rule.get(f"{name}_at")
        if given[f"{name}_us"] is None and isinstance(moment, datetime):
            utc = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            given[f"{name}_us"] = round(utc.timestamp() * 1_000_000)
    return {name: value for name, value in given.items() if value is not None}


# --- decisions read back --------------------------------------------------------------------------


def overlay(rows: Iterable[RuleRow], later: Sequence[Event]) -> list[dict[str, Any]]:
    """Rule rows with decisions laid over them that were made since they were published."""
    return [_overlaid(row, of_rule(later, str(row["rule_id"]))) for row in rows]


def _overlaid(row: RuleRow, events: Sequence[Event]) -> dict[str, Any]:
    if not events:
        return dict(row)
    undecided = "proposed" if row["attested"] else "unattested"
    now = stand(Standing(str(row["state"]), (Version(str(row["text"])),), undecided), events)
    return dict(row) | {
        "state": now.state,
        "version": row["version"] + len(now.versions) - 1,
        "text": now.current.text,
        "text_sha256": now.current.sha256,
        "tokens": estimate(now.current.text),
    }


def decisions(events: Iterable[Event]) -> pa.Table:
    """Every decision as a row of `decision`."""
    rows = [
        {
            "seq": event.seq,
            "rule_id": event.data["rule_id"],
            "action": event.data["action"],
            "actor": event.actor,
            "reason": event.data.get("reason"),
            "text_sha256": event.data.get("text_sha256"),
            "decided_us": event.at_us,
        }
        for event in events
        if event.type == DECIDED and {"rule_id", "action"} <= event.data.keys()
    ]
    return pa.Table.from_batches([records.batch("decision", rows)])


def publications(events: Iterable[Event]) -> pa.Table:
    """Every publication as a row of `publication`."""
    names = ("rule_id", "repo", "path", "how", "text_sha256")
    rows = [
        {name: event.data[name] for name in names} | {"seq": event.seq, "published_us": event.at_us}
        for event in events
        if event.type == PUBLISHED and set(names) <= event.data.keys()
    ]
    return pa.Table.from_batches([records.batch("publication", rows)])
