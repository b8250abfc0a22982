"""A person's decisions, appended to the journal as events; nothing else changes until `learn`."""

import getpass
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruleloop.loop import now_us, prepare, require
from warehouse.errors import BadInput, Frozen, Refused, UnknownName
from warehouse.home import Home
from warehouse.journal import Event, Journal
from warehouse.people import pseudonym
from warehouse.redact import redact_payload

if TYPE_CHECKING:
    from rules_out.publish import Publication

MAX_TITLE = 120
# owner/name of an origin at a forge (https, ssh); a clone of a clone on this machine has none.
_OF_FORGE = re.compile(
    r"(?:https?://[^/]+/|ssh://[^/]+/|^[^/@]+@[^:/]+:)([^/]+/[^/]+?)(?:\.git)?/?$"
)


def actor(key: bytes) -> str:
    """Who is at the keyboard, as the keyed pseudonym the journal keeps."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "unknown"
    return pseudonym(name, key)


def decide(
    home: Home, rule_id: str, action: str, *, text: str = "", reason: str = "", to: str = ""
) -> str:
    """Decide on a rule; return the sentence to show."""
    from ruleloop.findings import rule_row
    from rules_out.decide import decide as append

    key = prepare(require(home))
    journal = Journal(home.journal)
    row = rule_row(home, rule_id)
    event = append(
        journal,
        row,
        action,
        actor=actor(key),
        at_us=now_us(),
        text=text or None,
        reason=reason or None,
        to=to or None,
    )
    if event is None:
        return f"{row['rule_id']} is {row['state']} already; nothing changed"
    done = {"accept": "accepted", "edit": "reworded", "reject": "rejected"}.get(
        action, f"{action}d"
    )
    return f"{row['rule_id']} {done} (event {event.seq}){_next(action, row, event)}"


def _next(action: str, row: dict[str, Any], event: Event) -> str:
    """What a person would do after a decision."""
    if action == "accept":
        return f"; next: ruleloop publish {row['rule_id']} --into PATH"
    if action == "edit":
        return f":\n{event.data['text']}\nnext: ruleloop accept {row['rule_id']}"
    if action == "retire":
        return "; where its line stands it leaves with the next: ruleloop publish --into PATH"
    return ""


def publish(home: Home, rule_ids: Sequence[str], into: Path) -> "Publication":
    """Write accepted rules into a working tree and record what was written.

    Raises:
        Frozen: `ruleloop freeze` is in force.
    """
    from ruleloop.findings import rule_row
    from ruleloop.findings import rules as all_rules
    from rules_out.publish import accepted, accepted_hashes
    from rules_out.publish import into as write_into

    key = prepare(require(home))
    journal = Journal(home.journal)
    events = journal.events()
    if is_frozen(home):
        raise Frozen("publication is frozen; allow it again with: ruleloop unfreeze")
    rows = [rule_row(home, rule_id) for rule_id in rule_ids]
    _same_repository(into, rows)
    rules = [accepted(row, events) for row in rows]
    retired = frozenset(r["rule_id"] for r in all_rules(home) if r["state"] == "retired")
    publication = write_into(into, rules, retired=retired, known=accepted_hashes(events))
    told = [e.data for e in events if e.type == "rule_published"]
    for written in publication.written:
        if any(written.items() <= data.items() for data in told):
            continue
        journal.append(
            "rule_published",
            redact_payload({**written, "how": "into"}),
            actor=actor(key),
            at_us=now_us(),
        )
    return publication


def _same_repository(into: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Refuse to write a rule where it was not attested.

    Raises:
        BadInput: `into` is no git working tree.
        Refused: its origin is another repository than the rule's.
    """
    from warehouse.git import GitRepository

    if not (into / ".git").exists():
        raise BadInput(f"{into} is not a git working tree; give the folder that holds .git")
    url = _OF_FORGE.search(GitRepository(into).origin() or "")
    origin = url[1] if url else None
    for row in rows:
        if origin and origin.lower() != row["repo"].lower():
            raise Refused(
                f"{row['rule_id']} is a rule of {row['repo']}, and {into} is a clone of {origin}; "
                "its commands and paths were attested only in its own repository"
            )


def is_frozen(home: Home) -> bool:
    """Whether the newest switch event is `frozen`."""
    switches = [e.type for e in Journal(home.journal).events() if e.type in ("frozen", "unfrozen")]
    return bool(switches) and switches[-1] == "frozen"


def switch(home: Home, event: str) -> None:
    """Append `frozen` or `unfrozen`."""
    key = prepare(require(home))
    Journal(home.journal).append(event, redact_payload({}), actor=actor(key), at_us=now_us())


def merge_modes(home: Home, from_: Sequence[str], into: str) -> None:
    """Say that failure modes are one.

    Raises:
        UnknownName: one of them does not exist.
    """
    known = _modes(home)
    for each in (into, *from_):
        if each not in known:
            raise UnknownName("failure mode", each, known)
        if known[each] != known[into]:
            raise BadInput(
                f"{each} is of {known[each]} and {into} of {known[into]}; "
                "a rule is one repository's, so only modes of one repository can be merged"
            )
    if into in from_:
        raise BadInput(f"{into} cannot be merged into itself")
    _correct(home, "modes_merged", {"from": list(from_), "into": into})


def rename_mode(home: Home, mode_id: str, title: str) -> None:
    """Name a failure mode.

    Raises:
        UnknownName: there is no such mode.
    """
    known = _modes(home)
    if mode_id not in known:
        raise UnknownName("failure mode", mode_id, known)
    title = " ".join(title.split())
    if not 0 < len(title) <= MAX_TITLE:
        raise BadInput(f"a title has 1 to {MAX_TITLE} characters, not {len(title)}")
    _correct(home, "mode_renamed", {"failure_mode_id": mode_id, "title": title})


def _modes(home: Home) -> dict[str, str]:
    """Every failure mode and its repository."""
    from ruleloop import findings

    return {str(row["failure_mode_id"]): str(row["repo"]) for row in findings.modes(home)}


def _correct(home: Home, event: str, data: dict[str, object]) -> None:
    key = prepare(require(home))
    Journal(home.journal).append(event, redact_payload(data), actor=actor(key), at_us=now_us())
