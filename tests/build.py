"""Builders of rows and small warehouses, so that a test names only what it is about.

`a_pull(merged_us=...)` gives a whole row; `a_warehouse(pull_request=[a_pull()])` gives a DuckDB in
memory with every table, those rows and every fact computed from them.
"""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from warehouse import records
from warehouse.engine import DuckEngine
from warehouse.facts import FACTS, fact
from warehouse.tables import tables

Row = dict[str, object]

HOUR = 3_600_000_000
DAY = 24 * HOUR
MONDAY = 1_735_689_600_000_000 + 5 * DAY
"""2025-01-06 00:00 UTC, a Monday: times in tests count from here."""
AS_OF = MONDAY + 60 * DAY


def a_pull(number: int = 1, repo: str = "acme/shop", **changes: object) -> Row:
    """A merged pull request of a person, 10 lines, created on `MONDAY` and merged an hour later."""
    row: Row = {
        "pull_request_id": f"{repo}#{number}",
        "repo": repo,
        "number": number,
        "title": "feat: add a basket",
        "state": "merged",
        "author_login": "alice",
        "author_type": "User",
        "created_us": MONDAY,
        "closed_us": MONDAY + HOUR,
        "merged_us": MONDAY + HOUR,
        "additions": 8,
        "deletions": 2,
    }
    return row | changes


def an_open_pull(number: int = 1, repo: str = "acme/shop", **changes: object) -> Row:
    """A pull request that nobody has closed."""
    return a_pull(number, repo) | {"state": "open", "closed_us": None, "merged_us": None} | changes


def a_closed_pull(number: int = 1, repo: str = "acme/shop", **changes: object) -> Row:
    """A pull request closed unmerged an hour after it was created."""
    return a_pull(number, repo) | {"state": "closed", "merged_us": None} | changes


def an_authorship(number: int = 1, agent: str = "codex", **changes: object) -> Row:
    """A reason to believe that an agent wrote a pull request."""
    row: Row = {
        "pull_request_id": f"acme/shop#{number}",
        "agent": agent,
        "role": "author",
        "method": "label",
        "evidence": f"label {agent}",
        "confidence": 0.9,
        "rung": 2,
    }
    return row | changes


def a_review(number: int = 1, review_id: str = "r1", **changes: object) -> Row:
    """An approval by bob, half an hour after the pull request was created."""
    row: Row = {
        "review_id": review_id,
        "pull_request_id": f"acme/shop#{number}",
        "author_login": "bob",
        "author_type": "User",
        "state": "APPROVED",
        "submitted_us": MONDAY + HOUR // 2,
    }
    return row | changes


def a_commit_of(number: int = 1, sha: str = "c1", **changes: object) -> Row:
    """A commit by alice on a pull request, made when it was created."""
    row: Row = {
        "pull_request_id": f"acme/shop#{number}",
        "sha": sha,
        "repo": "acme/shop",
        "author_login": "alice",
        "message": "add a basket",
        "committed_us": MONDAY,
    }
    return row | changes


def a_check(number: int = 1, check_run_id: str = "1", **changes: object) -> Row:
    """A first, successful attempt of the check `test`."""
    row: Row = {
        "check_run_id": check_run_id,
        "repo": "acme/shop",
        "pull_request_id": f"acme/shop#{number}",
        "name": "test",
        "attempt": 1,
        "conclusion": "success",
        "started_us": MONDAY,
    }
    return row | changes


def a_cost(cost_id: str = "1", number: int = 1, **changes: object) -> Row:
    """Ten dollars billed for a pull request; give `amount` as a Decimal."""
    from decimal import Decimal

    row: Row = {
        "cost_id": cost_id,
        "agent": "codex",
        "pull_request_id": f"acme/shop#{number}",
        "amount": Decimal(10),
        "currency": "USD",
        "basis": "billed",
        "period_start_us": MONDAY,
    }
    return row | changes


def a_failure(failure_id: str = "f1", number: int = 1, **changes: object) -> Row:
    """A failed check on a pull request of codex."""
    row: Row = {
        "failure_id": failure_id,
        "pull_request_id": f"acme/shop#{number}",
        "repo": "acme/shop",
        "kind": "check_failed",
        "agent": "codex",
        "maker": "ci",
        "source_table": "check_run",
        "source_id": "1",
        "happened_us": MONDAY,
    }
    return row | changes


def a_context(as_of_us: int = AS_OF, **changes: object) -> Row:
    """The warehouse computed as of 60 days after `MONDAY`."""
    row: Row = {
        "as_of_us": as_of_us,
        "as_of": as_of_us,
        "is_sample": False,
        "version": "test",
        "journal_seq": 0,
    }
    return row | changes


def rows_of(name: str, rows: Sequence[Mapping[str, object]]) -> pa.RecordBatch:
    """Rows as one batch of a table, with the provenance of an unnamed load."""
    return records.batch(name, rows)


def a_warehouse(**content: Sequence[Mapping[str, object]]) -> DuckEngine:
    """A DuckDB in memory with every table, the rows given, one `run_context` and every fact."""
    engine = DuckEngine()
    given = {"run_context": [a_context()]} | content
    for name, spec in tables().items():
        engine.execute(spec.ddl)
        if given.get(name):
            engine.register("given", pa.Table.from_batches([rows_of(name, given[name])]))
            engine.execute(f'INSERT INTO "{name}" SELECT * FROM given')
            engine.unregister("given")
    for name in FACTS:
        engine.materialise(name, fact(name).sql)
    return engine
