"""A small home, published, whose numbers can be worked out by hand: what the page tests read.

Six mature weeks from `MONDAY` on, in each of them twelve reviewed pull requests: codex opens six,
of which four pass their first review, claude-code six, of which three pass. So the pass rate is
42 of 72. Rows go through the real raw store, writer and publisher; only the parser is our own.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from analysis.ledger import Measured, ledger
from tests.build import (
    DAY,
    HOUR,
    MONDAY,
    Row,
    a_check,
    a_closed_pull,
    a_cost,
    a_failure,
    a_pull,
    a_review,
    an_authorship,
)
from warehouse import records
from warehouse.home import Home
from warehouse.journal import Journal
from warehouse.people import load_or_create_key, pseudonym
from warehouse.raw import Payload, RawStore
from warehouse.redact import bind_key, redact_payload
from warehouse.snapshot import publish
from warehouse.store import Store
from warehouse.tables import table

AS_OF = MONDAY + 60 * DAY
WEEKS = 6
PASSED = {"claude-code": 3, "codex": 4}
OPENED = 6
RULE = "rl-abc12345"
LINE = f"- Run `make lint` before you push. ({RULE}, 6 of 72)"

Content = dict[str, list[Row]]


def a_normal_organisation(title: str = "feat: add a basket", weeks: int = WEEKS) -> Content:
    """72 reviewed pull requests of two agents, one unknown, two failure modes, two rules."""
    content: Content = {
        "repository": [{"repo": "acme/shop", "source_host": "github.com"}],
        "pull_request": [],
        "review": [],
        "authorship": [],
        "usage_cost": [],
        "check_run": [a_check(1, conclusion="failure")],
    }
    number = 0
    for week in range(weeks):
        for agent, passed in PASSED.items():
            for at in range(OPENED):
                number += 1
                born = MONDAY + week * 7 * DAY + at * HOUR
                _one(content, number, agent, born, title, approved=at < passed)
    content["pull_request"].append(a_pull(number + 1, title=title))
    content |= _failures(title) | _rules(title) | _experiment(title) | _ledger()
    return content


def _one(
    content: Content, number: int, agent: str, born: int, title: str, *, approved: bool
) -> None:
    """One reviewed pull request; one that was not approved is closed unmerged."""
    make = a_pull if approved else a_closed_pull
    row = make(number, created_us=born, closed_us=born + HOUR, title=title)
    content["pull_request"].append(row | {"merged_us": born + HOUR if approved else None})
    verdict = "APPROVED" if approved else "CHANGES_REQUESTED"
    content["review"].append(
        a_review(number, f"r{number}", state=verdict, submitted_us=born + HOUR // 2)
    )
    content["authorship"].append(an_authorship(number, agent))
    content["usage_cost"].append(a_cost(f"c{number}", number, agent=agent, amount=Decimal(7)))


def _failures(words: str) -> Content:
    failures = [
        a_failure(
            f"f{n}",
            n,
            agent="claude-code" if n % 2 else "codex",
            path="src/basket.py",
            excerpt=f"{words}\nE501 line too long",
            signature_type="lint",
            signature="ruff E501",
            slots='{"code": "E501"}',
            happened_us=MONDAY + n * 7 * DAY,
        )
        for n in range(1, 7)
    ]
    mode: Row = {
        "failure_mode_id": "fm-1",
        "repo": "acme/shop",
        "signature_type": "lint",
        "signature": "ruff E501",
        "title": f"Line too long: {words}",
        "slots": '{"code": "E501"}',
        "failures": 6,
        "pull_requests": 6,
        "pull_requests_supported": 6,
        "people": 0,
        "ci_pull_requests": 6,
        "agents": '["claude-code", "codex"]',
        "stage": "proposed",
        "first_us": MONDAY + 7 * DAY,
        "last_us": MONDAY + 42 * DAY,
    }
    lonely = mode | {
        "failure_mode_id": "fm-2",
        "title": f"Unused import: {words}",
        "signature": "ruff F401",
        "failures": 1,
        "pull_requests": 1,
        "pull_requests_supported": 1,
        "ci_pull_requests": 1,
        "stage": "supported",
        "drop_reason": "seen on 1 pull request, and 3 are needed",
    }
    return {
        "failure": [*failures, a_failure("f7", 9, signature_type="lint", signature="ruff F401")],
        "failure_mode": [mode, lonely],
        "failure_mode_member": [
            *(_member("fm-1", f"f{n}", n) for n in range(1, 7)),
            _member("fm-2", "f7", 9),
        ],
    }


def _member(mode_id: str, failure_id: str, number: int) -> Row:
    return {
        "failure_mode_id": mode_id,
        "failure_id": failure_id,
        "pull_request_id": f"acme/shop#{number}",
    }


def _rules(words: str) -> Content:
    from rules_out.standing import text_sha256

    other = RULE.replace("abc", "def")
    unattested = LINE.replace(RULE, other).replace("make lint", "make lnit")

    def rule(rule_id: str, mode_id: str, state: str, title: str) -> Row:
        return {
            "rule_id": rule_id,
            "failure_mode_id": mode_id,
            "repo": "acme/shop",
            "kind": "run-before",
            "state": state,
            "title": f"{title}: {words}",
            "version": 1,
            "target": "agents_md",
        }

    def version(rule_id: str, text: str) -> Row:
        return {
            "rule_id": rule_id,
            "version": 1,
            "text": text,
            "text_sha256": text_sha256(text),
            "template": "run-before",
            "slots": "{}",
            "tokens": 14,
        }

    def proposal(rule_id: str, slot: str, *, found: bool) -> Row:
        where = "Makefile" if found else "not found at 0123456789ab: in the build files"
        attestation = [
            {"slot": slot, "kind": "command", "found": found, "where": where, "commit": "0" * 40}
        ]
        return {
            "rule_id": rule_id,
            "support_pull_requests": 6,
            "support_people": 0,
            "support_ci": 6,
            "agent_pull_requests": 72,
            "evidence": json.dumps([f"acme/shop#{n}" for n in range(1, 7)]),
            "attested": found,
            "attestation": json.dumps(attestation),
            "verify_command": words,
            "first_us": MONDAY + 7 * DAY,
            "last_us": MONDAY + 42 * DAY,
        }

    return {
        "rule": [
            rule(RULE, "fm-1", "proposed", "Run make lint before pushing"),
            rule(other, "fm-2", "unattested", "Run make lnit before pushing"),
        ],
        "rule_version": [version(RULE, LINE), version(other, unattested)],
        "proposal": [
            proposal(RULE, "make lint", found=True),
            proposal(other, "make lnit", found=False),
        ],
    }


def _experiment(words: str) -> Content:
    arms = [("control", 60), ("treatment", 60)]
    return {
        "experiment": [
            {
                "experiment_id": "x-1",
                "rule_id": RULE,
                "title": f"Does it help? {words}",
                "metric": "pass_rate",
                "planned": 400,
                "alpha": 0.05,
                "registered_seq": 1,
                "registered_us": MONDAY,
            }
        ],
        "assignment": [
            {"experiment_id": "x-1", "pull_request_id": f"acme/shop#{arm}{n}", "arm": arm}
            for arm, size in arms
            for n in range(size)
        ],
        "verdict": [a_verdict(reason=f"60 and 60 outcomes. {words}")],
    }


def a_verdict(**changes: object) -> Row:
    """40 of 60 with the rule against 30 of 60 without: +16.7 points, and not clear."""
    row: Row = {
        "experiment_id": "x-1",
        "method": "always_valid",
        "n_control": 60,
        "n_treatment": 60,
        "control_value": 0.5,
        "treatment_value": 2 / 3,
        "effect": 1 / 6,
        "low": -0.08,
        "high": 0.41,
        "p_value": 0.3,
        "verdict": "not clear",
        "reason": "60 and 60 outcomes.",
    }
    return row | changes


def _ledger() -> Content:
    measured = {
        "pass_rate": Measured(0.47, 0.58, 0.69, 72, "metric pass_rate"),
        "agent_cost": Measured(7.0, 7.0, 7.0, 72, "mean priced cost"),
        "agent_pull_requests_per_year": Measured(500, 626, 752, 72, "count"),
    }
    return {"roi_input": ledger(measured)}


def a_tiny_organisation() -> Content:
    """Two reviewed pull requests: too few for any rate."""
    return {
        "pull_request": [a_pull(1), a_closed_pull(2)],
        "review": [a_review(1, "r1"), a_review(2, "r2", state="CHANGES_REQUESTED")],
        "authorship": [an_authorship(1), an_authorship(2)],
    }


def a_home(
    root: Path,
    content: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    is_sample: bool = False,
    as_of_us: int = AS_OF,
    notes: Sequence[str] = ("review threads were not asked for",),
) -> Home:
    """A home with this content, published."""
    home = Home(root)
    home.create()
    key = load_or_create_key(home.key)
    bind_key(key)
    raw = RawStore(home.raw)
    observed = {n: rows for n, rows in content.items() if table(n).layer == "observed"}
    payloads = [
        Payload(name, f"{at}", 0, redact_payload({k: _plain(v) for k, v in row.items()}))
        for name, rows in observed.items()
        for at, row in enumerate(rows)
    ]
    if payloads:
        raw.append_all("test", payloads, fetched_us=as_of_us, notes=notes)
    events = Journal(home.journal).events()
    with Store.open(home) as store:
        store.apply(raw, lambda _: _parse)
        store.set_context(as_of_us, is_sample=is_sample, version="test", journal_seq=len(events))
        for name, rows in content.items():
            if table(name).layer == "concluded":
                store.replace(name, pa.Table.from_batches([records.batch(name, rows)]))
        store.refresh_facts()
        publish(store, home, lambda login: pseudonym(login, key))
    return home


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Decimal) else value


def _parse(payloads: pa.RecordBatch) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Payloads that are rows already: the kind is the table."""
    found: dict[str, list[Row]] = {}
    for payload in payloads.to_pylist():
        row = json.loads(payload["payload"])
        if payload["kind"] == "usage_cost":
            row["amount"] = Decimal(row["amount"])
        found.setdefault(payload["kind"], []).append(row)
    for name, rows in found.items():
        yield name, records.batch(name, rows, updated_us=[0] * len(rows))
