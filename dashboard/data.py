"""What pages ask: the published snapshot, cached until it is republished, under pending decisions.

Everything is keyed on the snapshot's identity and never on a time-out, so a page shows either the
old snapshot or the new one. Decisions made since it was published are read from the journal each
time and laid over it, so that a person sees their own click.
"""

import getpass
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from analysis.roi import Scenario, scenario
from rules_out.decide import decide as append_decision
from rules_out.decide import overlay
from rules_out.funnel import funnel
from warehouse import snapshot
from warehouse.errors import NotFound
from warehouse.home import Home
from warehouse.journal import Event, Journal
from warehouse.metrics import evaluate
from warehouse.people import load_or_create_key, pseudonym
from warehouse.redact import bind_key
from warehouse.snapshot import Snapshot

Row = dict[str, Any]

NOBODY = ("unknown", "human")
"""Lead agents that are none."""

_ENTRIES = 300
"""Cached results kept; a page asks about ten questions."""


@dataclass(frozen=True, slots=True)
class Source:
    """One published snapshot of one home."""

    root: str
    identity: str
    as_of_us: int
    is_sample: bool
    version: str
    journal_seq: int

    @property
    def home(self) -> Home:
        """The home it was published from."""
        return Home(Path(self.root))


def home() -> Home:
    """The home the command line named."""
    return Home(Path(os.environ.get("RULELOOP_HOME") or ".ruleloop").absolute())


def source() -> Source:
    """The newest published snapshot.

    Raises:
        NotFound: nothing has been published; the message has the command that would.
        Damaged: what was published cannot be read.
    """
    where = home()
    published = snapshot.identity(where)
    if published is None:
        raise NotFound(f"nothing has been published in {where.root} yet; run: ruleloop learn")
    return _source(str(where.root), published)


@st.cache_data(max_entries=4, show_spinner=False)
def _source(root: str, identity: str) -> Source:
    context = _opened(root, identity).rows("SELECT * FROM run_context")
    if not context:
        raise NotFound(f"{root} was published before anything was learnt; run: ruleloop learn")
    [row] = context
    return Source(
        root,
        identity,
        int(row["as_of_us"]),
        bool(row["is_sample"]),
        str(row["version"]),
        int(row["journal_seq"]),
    )


@st.cache_resource(max_entries=4, show_spinner=False)
def _opened(root: str, identity: str) -> Snapshot:
    """One reader for all sessions; a generation that was replaced stays open for its pages."""
    del identity  # part of the key only
    return Snapshot.open(Home(Path(root)))


def ask(at: Source, sql: str, *params: object) -> list[Row]:
    """The rows of one SELECT over the snapshot."""
    return _ask(at.root, at.identity, sql, params)


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def _ask(root: str, identity: str, sql: str, params: tuple[object, ...]) -> list[Row]:
    return _opened(root, identity).rows(sql, list(params))


def measure(at: Source, *ids: str, by: Sequence[str] = ()) -> list[Row]:
    """Metrics of the registry over the snapshot."""
    return _measure(at.root, at.identity, ids, tuple(by))


@st.cache_data(max_entries=_ENTRIES, show_spinner=False)
def _measure(root: str, identity: str, ids: tuple[str, ...], by: tuple[str, ...]) -> list[Row]:
    return evaluate(_opened(root, identity), ids, by)


@st.cache_data(max_entries=8, show_spinner=False)
def _funnel(root: str, identity: str) -> list[Row]:
    here = _opened(root, identity)
    failures = here.rows(
        "SELECT failure_id, pull_request_id, repo, maker, signature_type, untyped_reason "
        "FROM failure ORDER BY failure_id"
    )
    found = here.rows("SELECT * FROM failure_mode ORDER BY failure_mode_id")
    return funnel(
        failures, found, here.rows("SELECT * FROM failure_mode_member ORDER BY failure_id")
    )


def stages(at: Source) -> list[Row]:
    """How far failures came on their way to a rule, and why the others stopped."""
    return _funnel(at.root, at.identity)


@st.cache_data(max_entries=8, show_spinner=False)
def _return(root: str, identity: str) -> Scenario:
    inputs = _opened(root, identity).rows("SELECT * FROM roi_input ORDER BY input_id")
    return scenario(inputs)


def three_years(at: Source) -> Scenario:
    """The return of the loop, from the ledger's rows."""
    return _return(at.root, at.identity)


# --- rules and decisions --------------------------------------------------------------------------

_RULES = (
    "SELECT r.rule_id, r.failure_mode_id, r.repo, r.kind, r.state, r.title, r.version, r.target, "
    "v.text, v.text_sha256, v.tokens, v.slots, p.support_pull_requests, p.support_people, "
    "p.support_ci, p.agent_pull_requests, p.attested, p.attestation, p.verify_command, p.evidence, "
    "p.first_at, p.last_at "
    "FROM rule AS r "
    "JOIN rule_version AS v ON v.rule_id = r.rule_id AND v.version = r.version "
    "JOIN proposal AS p ON p.rule_id = r.rule_id "
    "ORDER BY p.support_pull_requests DESC, r.rule_id"
)


def rules(at: Source) -> list[Row]:
    """Every rule in its newest wording, best supported first, under decisions not yet published."""
    events = [event for event in Journal(at.home.journal).events() if event.seq > at.journal_seq]
    return [dict(row) for row in overlay(ask(at, _RULES), events)]


def is_frozen(at: Source) -> bool:
    """Whether `ruleloop freeze` is in force."""
    switches = [
        e.type for e in Journal(at.home.journal).events() if e.type in ("frozen", "unfrozen")
    ]
    return bool(switches) and switches[-1] == "frozen"


def decide(
    at: Source, rule: Row, action: str, *, text: str = "", reason: str = "", to: str = ""
) -> Event | None:
    """Write a decision into the home's journal; None when it changes nothing.

    Raises:
        Refused: the rules of the house forbid it, for example because the rule is not attested.
        BadInput: the wording or the reason cannot be used.
    """
    key = load_or_create_key(at.home.key)
    bind_key(key)
    return append_decision(
        Journal(at.home.journal),
        rule,
        action,
        actor=pseudonym(_person(), key),
        at_us=time.time_ns() // 1000,
        text=text or None,
        reason=reason or None,
        to=to or None,
    )


def _person() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def parsed(text: str | None) -> list[Any]:
    """A column that holds a JSON array; nothing when it holds none."""
    try:
        value = json.loads(text or "[]")
    except ValueError:
        return []
    return value if isinstance(value, list) else []
