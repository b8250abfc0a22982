"""What readers ask the published snapshot: failure modes, rules, experiments, the return.

Decisions made since the snapshot was published are laid over it, so a person sees their own click.
"""

import json
from collections.abc import Mapping
from typing import Any

from ruleloop.settings import Settings
from warehouse.errors import NotFound, UnknownName
from warehouse.home import Home
from warehouse.journal import Journal
from warehouse.snapshot import Snapshot

Row = dict[str, Any]


def open_snapshot(home: Home) -> Snapshot:
    """The published snapshot of a home.

    Raises:
        NotFound: there is no home, or nothing was published; names the command that is next.
    """
    if not home.raw.is_dir():
        raise NotFound(f"there is no Ruleloop home at {home.root}; run: ruleloop init --yes")
    return Snapshot.open(home)


def modes(home: Home) -> list[Row]:
    """Every failure mode, the most frequent first."""
    with open_snapshot(home) as snapshot:
        return snapshot.rows(
            "SELECT failure_mode_id, repo, title, signature_type, signature, failures, "
            "pull_requests, pull_requests_supported, people, ci_pull_requests, agents, stage, "
            "drop_reason, first_at, last_at FROM failure_mode "
            "ORDER BY pull_requests DESC, failures DESC, failure_mode_id"
        )


def mode(home: Home, mode_id: str) -> list[Row]:
    """The members of one failure mode: which pull request, who says so, and where.

    Raises:
        UnknownName: there is no such mode.
    """
    _known_mode(home, mode_id)
    with open_snapshot(home) as snapshot:
        return snapshot.rows(
            "SELECT m.failure_mode_id, m.pull_request_id, f.kind, f.maker, f.agent, f.path, "
            "f.happened_at, f.failure_id FROM failure_mode_member AS m "
            "JOIN failure AS f ON f.failure_id = m.failure_id WHERE m.failure_mode_id = ? "
            "ORDER BY f.happened_us, m.pull_request_id, f.failure_id",
            [mode_id],
        )


def funnel(home: Home) -> list[Row]:
    """How far failures came on the way to a rule, with the reason for each drop."""
    from rules_out.funnel import funnel as count

    with open_snapshot(home) as snapshot:
        failures = snapshot.rows(
            "SELECT failure_id, pull_request_id, repo, maker, signature_type, untyped_reason "
            "FROM failure ORDER BY failure_id"
        )
        found = snapshot.rows("SELECT * FROM failure_mode ORDER BY failure_mode_id")
        members = snapshot.rows("SELECT * FROM failure_mode_member ORDER BY failure_id")
    return count(failures, found, members)


def why_not(home: Home, mode_id: str) -> list[Row]:
    """Why a failure mode carries no rule."""
    row = _known_mode(home, mode_id)
    return [
        {
            "failure_mode_id": row["failure_mode_id"],
            "title": row["title"],
            "stage": row["stage"],
            "pull_requests": row["pull_requests"],
            "pull_requests_supported": row["pull_requests_supported"],
            "reason": row["drop_reason"] or "it carries a proposal; see: ruleloop rules",
        }
    ]


def _known_mode(home: Home, mode_id: str) -> Row:
    found = {row["failure_mode_id"]: row for row in modes(home)}
    if mode_id not in found:
        raise UnknownName("failure mode", mode_id, found)
    return found[mode_id]


def rules(home: Home) -> list[Row]:
    """Every rule in its newest wording, with decisions made since the snapshot laid over it."""
    from rules_out.decide import overlay

    with open_snapshot(home) as snapshot:
        rows = snapshot.rows(
            "SELECT r.rule_id, r.failure_mode_id, r.repo, r.kind, r.state, r.title, r.version, "
            "r.target, v.text, v.text_sha256, v.tokens, p.support_pull_requests, "
            "p.support_people, p.support_ci, p.agent_pull_requests, p.attested, p.verify_command, "
            "p.evidence, p.attestation, p.first_at, p.last_at "
            "FROM rule AS r "
            "JOIN rule_version AS v ON v.rule_id = r.rule_id AND v.version = r.version "
            "JOIN proposal AS p ON p.rule_id = r.rule_id "
            "ORDER BY p.support_pull_requests DESC, r.rule_id"
        )
        [context] = snapshot.rows("SELECT journal_seq FROM run_context")
    later = [e for e in Journal(home.journal).events() if e.seq > context["journal_seq"]]
    return overlay(rows, later)


def rule_row(home: Home, rule_id: str) -> Row:
    """One rule as `rules` lists it.

    Raises:
        UnknownName: there is no such rule.
    """
    found = {row["rule_id"]: row for row in rules(home)}
    if rule_id not in found:
        raise UnknownName("rule", rule_id, found)
    return found[rule_id]


def rule(home: Home, rule_id: str) -> list[Row]:
    """One rule as (what, value) rows: its wording, evidence, attestation."""
    row = rule_row(home, rule_id)
    return [
        {"rule_id": rule_id, "what": name, "value": _readable(value)}
        for name, value in row.items()
        if name != "rule_id"
    ]


def _readable(value: object) -> object:
    if isinstance(value, str) and value[:1] in "[{":
        try:
            parsed = json.loads(value)
        except ValueError:
            return value
        return "\n".join(_line(each) for each in parsed) if isinstance(parsed, list) else value
    return value


def _line(each: object) -> str:
    if isinstance(each, Mapping):
        return ", ".join(f"{name}: {part}" for name, part in each.items())
    return str(each)


def experiments(home: Home, experiment_id: str | None = None) -> list[Row]:
    """Registered experiments and what they say now.

    Raises:
        UnknownName: there is no such experiment.
    """
    with open_snapshot(home) as snapshot:
        rows = snapshot.rows(
            "SELECT e.experiment_id, e.title, e.metric, e.rule_id, e.planned, e.alpha, "
            "e.registered_at, v.method, v.n_control, v.n_treatment, v.control_value, "
            "v.treatment_value, v.effect, v.low, v.high, v.p_value, v.verdict, v.reason "
            "FROM experiment AS e LEFT JOIN verdict AS v ON v.experiment_id = e.experiment_id "
            "ORDER BY e.experiment_id, v.method"
        )
    if experiment_id is None:
        return rows
    chosen = [row for row in rows if row["experiment_id"] == experiment_id]
    if not chosen:
        raise UnknownName("experiment", experiment_id, {str(r["experiment_id"]) for r in rows})
    return chosen


def return_report(settings: Settings) -> list[Row]:
    """The headline cost, the three-year scenario as a range, and every input with its basis."""
    from analysis.roi import scenario
    from warehouse.metrics import evaluate

    with open_snapshot(settings.home) as snapshot:
        [cost] = evaluate(snapshot, ["cost_per_surviving_pull_request"])
        inputs = snapshot.rows("SELECT * FROM roi_input ORDER BY input_id")
    run = scenario(inputs)
    rows: list[Row] = [
        _line_of(
            "headline",
            "Cost per pull request that survived",
            cost["unit"],
            cost["low"],
            cost["value"],
            cost["high"],
            cost["n"],
            "measured",
        ),
        _line_of(
            "scenario",
            run.title,
            "USD net present value, 10th to 90th percentile",
            run.npv_p10,
            run.npv_p50,
            run.npv_p90,
            None,
            run.sentence,
        ),
    ]
    rows += [
        _line_of(
            "input",
            each["title"],
            each["unit"],
            each["low"],
            each["mode"],
            each["high"],
            each["n"],
            _basis(each),
        )
        for each in inputs
    ]
    return rows


def _line_of(
    what: str,
    title: str,
    unit: str,
    low: object,
    middle: object,
    high: object,
    n: object,
    basis: str,
) -> Row:
    return {
        "what": what,
        "title": title,
        "unit": unit,
        "low": low,
        "middle": middle,
        "high": high,
        "n": n,
        "basis": basis,
    }


def _basis(each: Row) -> str:
    """`measured: ...`; a source that says itself what it is needs no second word."""
    basis, source = str(each["basis"]), str(each["source"])
    return source if source.startswith(("assumption", "not measured")) else f"{basis}: {source}"
