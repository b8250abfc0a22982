"""Runs of coding agents as flat records: when, with which model, for which pull request and arm."""

from collections.abc import Iterator

import pyarrow as pa

from ingest.payloads import Json, Row, Rows, parse_each, text
from warehouse.records import Records

_ARMS = (None, "control", "treatment")


def _run(body: Json, rows: Rows) -> None:
    if body.get("arm") not in _ARMS:
        raise ValueError(f"arm is {body['arm']!r}; it is control or treatment")
    if body.get("arm") and not body.get("experiment_id"):
        raise ValueError(f"arm is {body['arm']!r} without an experiment_id, so of no experiment")
    plain = ("agent_run_id", "agent", "model", "repo", "pull_request_id", "outcome", "arm")
    row: Row = {
        **{name: text(body.get(name)) for name in plain},
        "experiment_id": text(body.get("experiment_id")),
        "started_us": rows.time(body, "started_at"),
        "ended_us": rows.time(body, "ended_at"),
    }
    rows.ordered(row, "started_us", "ended_us")
    rows.add("agent_run", row)


class AgentRuns:
    """The source `agent_runs`."""

    name = "agent_runs"

    def parse(self, payloads: pa.RecordBatch) -> Iterator[Records]:
        """Payloads into `agent_run`."""
        return parse_each(payloads, {"agent_run": _run})


SOURCE = AgentRuns()
