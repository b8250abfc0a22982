"""Where a rule stands after every decision so far: the events of the journal, folded in order.

A generated line changes as failures come in (its counts do), a decided one never does: from the
first decision on, the wording is the one the person saw, taken from the event itself. So a rule
survives even when the failure mode it came from is gone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from warehouse.journal import Event

DECIDED, PUBLISHED = "rule_decided", "rule_published"
ACTIONS = ("accept", "edit", "reject", "snooze", "retire")


@dataclass(frozen=True, slots=True)
class Version:
    """One wording."""

    text: str
    editor: str | None = None
    """Pseudonymous actor id; None when generated."""

    @property
    def sha256(self) -> str:
        """What identifies an accepted wording."""
        return text_sha256(self.text)


@dataclass(frozen=True, slots=True)
class Standing:
    """State and wordings of one rule."""

    state: str
    versions: tuple[Version, ...]
    undecided: str
    """The state to which the end of a snooze returns: proposed or unattested."""

    @property
    def current(self) -> Version:
        """The newest wording."""
        return self.versions[-1]


def text_sha256(text: str) -> str:
    """Hash of a wording, as decisions and publications state it."""
    return sha256(text.encode()).hexdigest()


def of_rule(events: Iterable[Event], rule_id: str) -> list[Event]:
    """The decisions on, and publications of, one rule, in order."""
    return [
        e for e in events if e.type in (DECIDED, PUBLISHED) and e.data.get("rule_id") == rule_id
    ]


def stand(start: Standing, events: Sequence[Event], as_of_us: int | None = None) -> Standing:
    """Where a rule stands after its events; a snooze that is over by `as_of_us` does not count."""
    for event in events:
        start = _after(start, event, as_of_us)
    return start


def _after(now: Standing, event: Event, as_of_us: int | None) -> Standing:
    if event.type == PUBLISHED:
        return replace(now, state="published") if now.state == "accepted" else now
    action = event.data.get("action")
    # Rejected and retired are final: a replayed or racing decision does not bring a rule back.
    if now.state in ("rejected", "retired"):
        return now
    if action == "edit":
        return _edited(now, event)
    if action == "snooze":
        until = event.data.get("until_us")
        over = isinstance(until, int) and as_of_us is not None and until <= as_of_us
        return replace(now, state=now.undecided if over else "snoozed")
    state = {"accept": "accepted", "reject": "rejected", "retire": "retired"}.get(str(action))
    if state is None:
        return now
    if state == "accepted" and now.state == "published":
        return now
    return replace(_pinned(now, event.data.get("text")), state=state)


def _edited(now: Standing, event: Event) -> Standing:
    text = event.data.get("text")
    if not isinstance(text, str) or text == now.current.text:
        return now
    now = _pinned(now, event.data.get("before"))
    return replace(now, state=now.undecided, versions=(*now.versions, Version(text, event.actor)))


def _pinned(now: Standing, text: object) -> Standing:
    """The newest wording as the person saw it, which may be older than what is generated today."""
    if not isinstance(text, str) or text == now.current.text:
        return now
    pinned = replace(now.current, text=text)
    return replace(now, versions=(*now.versions[:-1], pinned))
