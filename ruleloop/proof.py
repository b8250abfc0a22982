"""What is measured for the proof: registered experiments with their verdicts, and return inputs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa

from ruleloop.settings import Settings
from warehouse.journal import Event
from warehouse.metrics import metric, wilson
from warehouse.records import batch
from warehouse.store import Store
from warehouse.tables import table

if TYPE_CHECKING:
    from analysis.ledger import Input, Measured

# The outcome of one pull request for an experiment on that metric; null while it is undecided.
_OUTCOMES = {
    "pass_rate": "passed_first_review",
    "merged_share": "CASE WHEN state <> 'open' THEN merged END",
    "survived_share_14d": "survived_14d",
}


def experiments(store: Store, events: Sequence[Event]) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Tables experiment, assignment and verdict, from the journal's registrations.

    Only what was registered is read out, and only runs that began after it: a plan made once the
    outcomes are known proves nothing.
    """
    from analysis.experiments import read_out

    registered: list[dict[str, Any]] = []
    assigned: list[dict[str, Any]] = []
    verdicts: list[dict[str, Any]] = []
    for event in events:
        if event.type != "experiment_planned":
            continue
        plan: dict[str, Any] = {
            **{name: event.data.get(name) for name in ("experiment_id", "rule_id", "title")},
            "metric": event.data["metric"],
            "planned": event.data["planned"],
            "alpha": event.data["alpha"],
            "registered_seq": event.seq,
            "registered_us": event.at_us,
        }
        registered.append(plan)
        arms = _assignments(store, cast(str, plan["experiment_id"]), event.at_us)
        assigned += arms
        column = _OUTCOMES[cast(str, plan["metric"])]
        outcome = store.arrow(
            f"SELECT pull_request_id, CASE WHEN ({column}) THEN 1.0 WHEN NOT ({column}) THEN 0.0 END "  # noqa: S608  # an expression of a closed set
            "AS value FROM pull_request_outcome ORDER BY pull_request_id"
        )
        better = metric(cast(str, plan["metric"])).better == "higher"
        verdicts += read_out(plan, _rows("assignment", arms), outcome, higher_is_better=better)
    return (
        _rows("experiment", registered),
        _rows("assignment", assigned),
        _rows("verdict", verdicts),
    )


def _assignments(store: Store, experiment_id: str, after_us: int) -> list[dict[str, Any]]:
    """The first run of each pull request decides its arm: intention to treat."""
    rows = store.rows(
        "SELECT pull_request_id, arm, started_us FROM agent_run "
        "WHERE experiment_id = ? AND pull_request_id IS NOT NULL AND arm IS NOT NULL "
        "AND started_us >= ? ORDER BY pull_request_id, started_us, agent_run_id",
        [experiment_id, after_us],
    )
    first: dict[str, dict[str, Any]] = {}
    for row in rows:
        first.setdefault(
            row["pull_request_id"],
            {
                "experiment_id": experiment_id,
                "pull_request_id": row["pull_request_id"],
                "arm": row["arm"],
                "assigned_us": row["started_us"],
            },
        )
    return list(first.values())


def _rows(name: str, rows: Sequence[dict[str, Any]]) -> pa.Table:
    ordered = sorted(rows, key=lambda r: tuple(str(r[k]) for k in table(name).key))
    return pa.Table.from_batches([batch(name, ordered)])


def _share(k: int, n: int) -> tuple[float, float]:
    low, high = wilson(k, n)
    return (low or 0.0, high or 0.0)


def measured_inputs(
    store: Store, verdicts: pa.Table, events: Sequence[Event]
) -> dict[str, "Measured"]:
    """The inputs of the return model that this warehouse can measure, over agents' pull requests."""
    from analysis.ledger import Measured, from_verdict, per_year

    found: dict[str, Measured | None] = {}
    [window] = store.rows(
        "SELECT COUNT(*) AS n, MIN(created_us) AS first_us, MAX(created_us) AS last_us "
        "FROM pull_request_outcome WHERE agent NOT IN ('unknown', 'human') AND created_us IS NOT NULL"
    )
    if window["n"]:
        found["agent_pull_requests_per_year"] = per_year(
            window["n"], window["first_us"], window["last_us"], "count of pull_request_outcome"
        )
    [reviews] = store.rows(
        "SELECT COUNT(*) AS n, SUM(CASE WHEN passed_first_review THEN 1 ELSE 0 END) AS k "
        "FROM pull_request_outcome WHERE human_reviewed AND agent NOT IN ('unknown', 'human')"
    )
    if reviews["n"]:
        low, high = _share(reviews["k"], reviews["n"])
        found["pass_rate"] = Measured(
            low,
            reviews["k"] / reviews["n"],
            high,
            reviews["n"],
            "metric pass_rate over the pull requests of known agents",
        )
    [incidents] = store.rows(
        "SELECT COUNT(*) AS n, SUM(CASE WHEN escaped THEN 1 ELSE 0 END) AS k "
        "FROM pull_request_outcome WHERE merged AND agent NOT IN ('unknown', 'human')"
    )
    [linked] = store.rows("SELECT COUNT(*) AS n FROM incident_link")
    if linked["n"] and incidents["n"]:
        low, high = _share(incidents["k"], incidents["n"])
        found["incidents_per_1000"] = Measured(
            1000 * low,
            1000 * incidents["k"] / incidents["n"],
            1000 * high,
            incidents["n"],
            "pull requests with an incident or complaint linked, per 1,000 merged",
        )
    [cost] = store.rows(
        "SELECT SUM(cost) AS cost, COUNT(cost) AS n FROM pull_request_outcome "
        "WHERE agent NOT IN ('unknown', 'human')"
    )
    if cost["n"]:
        mean = float(cost["cost"]) / cost["n"]
        found["agent_cost"] = Measured(
            mean, mean, mean, cost["n"], "mean priced cost of a pull request"
        )
    # Only an effect on the pass rate is an effect the model can use; the newest registered one holds.
    on_pass_rate = {
        event.data["experiment_id"]
        for event in events
        if event.type == "experiment_planned" and event.data["metric"] == "pass_rate"
    }
    for row in verdicts.to_pylist():
        if row["experiment_id"] in on_pass_rate:
            found["rule_effect"] = from_verdict(row) or found.get("rule_effect")
    return {name: each for name, each in found.items() if each is not None}


def own_inputs(settings: Settings) -> list["Input"]:
    """What the organisation states in ruleloop.yaml: its own assumptions."""
    from analysis.ledger import DEFAULTS, Input
    from warehouse.errors import UnknownName

    known = {each.input_id: each for each in DEFAULTS}
    stated = []
    for name, (low, mode, high) in sorted(settings.return_assumptions.items()):
        if name not in known:
            raise UnknownName("return input", name, known)
        default = known[name]
        stated.append(
            Input(
                name,
                default.title,
                default.unit,
                low,
                mode,
                high,
                None,
                "assumed",
                f"stated in {settings.file}",
            )
        )
    return stated
