"""What a randomised experiment says now about a rule: helps, hurts, not clear, or too few.

Random rules have helped as much as curated ones (arXiv 2604.11088), so nothing here believes in a
rule: every pull request counts in the arm it was assigned to, whether or not the rule was read, an
assignment that leans is not read at all, and the interval stays true at every look.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import pyarrow as pa

from analysis.arms import Arm, Estimate, difference
from analysis.randomisation import randomisation_test
from analysis.sequential import (
    Look,
    SequentialResult,
    always_valid,
    boundaries,
    group_sequential,
)
from warehouse.errors import BadInput

__all__ = [
    "Arm",
    "Estimate",
    "Look",
    "SequentialResult",
    "always_valid",
    "boundaries",
    "difference",
    "group_sequential",
    "randomisation_test",
    "read_out",
]

BURN_IN = 50
"""Outcomes per arm before anything is concluded; costs and times are skewed, so 10 would not do."""

LEANING = 0.001
"""An assignment less likely than this under a fair coin is broken, not unlucky."""

ARMS = ("control", "treatment")
_SEED = 20_240_601
"""Of the redrawn assignments; fixed, so that the same data always give the same p-value."""


@dataclass(frozen=True, slots=True)
class _Assigned:
    arm: str
    cluster: object
    stratum: object
    value: float | None


def read_out(
    experiment: Mapping[str, object],
    assignment: pa.Table,
    outcome: pa.Table,
    *,
    higher_is_better: bool = True,
) -> list[dict[str, object]]:
    """The `verdict` rows of one experiment, by intention to treat.

    Args:
        experiment: a row of `experiment`: experiment_id, planned, alpha.
        assignment: pull_request_id, arm, and when it names several experiments experiment_id. With
            a column `cluster` (what shared one arm: author, repository, week) that repeats, only
            the randomisation test is used, within `stratum` when there is one, and only once the
            plan is full: it may not be looked at daily.
        outcome: pull_request_id, value. A pull request assigned but absent here, or with a null
            value, has no outcome yet: it is counted and reported, never taken for a failure.
        higher_is_better: false for costs, reverts and times.

    Raises:
        BadInput: an arm has another name, a pull request is assigned or valued twice.
    """
    rows = _join(experiment, assignment, outcome)
    planned, alpha = cast(int, experiment["planned"]), cast(float, experiment["alpha"])
    control, treatment = (_arm(rows, name) for name in ARMS)
    clustered = _clustered(rows)
    leaning = _why_unreadable(rows, clustered)
    if leaning:
        estimate, word, reason = None, "not clear", leaning
    elif clustered:
        estimate, word, reason = _by_cluster(rows, planned, alpha, higher_is_better)
    else:
        estimate = always_valid(control, treatment, planned=planned, alpha=alpha)
        word, reason = _conclude(estimate, (control.n, treatment.n), planned, higher_is_better)
    known = estimate is not None and math.isfinite(estimate.low)
    return [
        {
            "experiment_id": experiment["experiment_id"],
            "method": "randomisation" if clustered else "always_valid",
            "n_control": control.n,
            "n_treatment": treatment.n,
            "control_value": control.mean,
            "treatment_value": treatment.mean,
            "effect": estimate.effect if estimate else None,
            "low": estimate.low if estimate and known else None,
            "high": estimate.high if estimate and known else None,
            "p_value": estimate.p_value if estimate and known else None,
            "verdict": word,
            "reason": f"{reason} {_missing(rows)}",
        }
    ]


def _join(
    experiment: Mapping[str, object], assignment: pa.Table, outcome: pa.Table
) -> list[_Assigned]:
    values: dict[str, float | None] = {}
    for row in outcome.to_pylist():
        if row["pull_request_id"] in values:
            raise BadInput(f"{row['pull_request_id']} has two outcomes; give one per pull request")
        values[row["pull_request_id"]] = None if row["value"] is None else float(row["value"])
    name = experiment["experiment_id"]
    found: dict[str, _Assigned] = {}
    for row in assignment.to_pylist():
        if row.get("experiment_id", name) != name:
            continue
        identity, arm = row["pull_request_id"], row["arm"]
        if arm not in ARMS:
            raise BadInput(f"{identity} is in arm {arm!r} of {name}; arms are {' and '.join(ARMS)}")
        if identity in found:
            raise BadInput(f"{identity} is assigned twice in {name}; an assignment is made once")
        cluster = row.get("cluster")
        found[identity] = _Assigned(
            arm,
            identity if cluster is None else cluster,
            row.get("stratum"),
            values.get(identity),
        )
    return [found[identity] for identity in sorted(found)]


def _arm(rows: Sequence[_Assigned], name: str) -> Arm:
    return Arm.of(row.value for row in rows if row.arm == name and row.value is not None)


def _clustered(rows: Sequence[_Assigned]) -> bool:
    return len({row.cluster for row in rows}) < len(rows)


def _missing(rows: Sequence[_Assigned]) -> str:
    counts = [sum(row.arm == arm and row.value is None for row in rows) for arm in ARMS]
    if not any(counts):
        return "Every assigned pull request has an outcome."
    return (
        f"{sum(counts):,} of {len(rows):,} assigned pull requests have no outcome yet "
        f"({counts[0]:,} control, {counts[1]:,} treatment) and are not in these figures."
    )


def _why_unreadable(rows: Sequence[_Assigned], clustered: bool) -> str | None:
    """A sentence when the arms are not the random halves they were planned to be."""
    drawn = {(row.cluster, row.stratum, row.arm) for row in rows} if clustered else rows
    arms = [each[2] if isinstance(each, tuple) else each.arm for each in drawn]
    sizes = [arms.count(arm) for arm in ARMS]
    p_value = chi_square_p([sizes])
    if p_value < LEANING:
        return (
            f"Not read: {sizes[0]:,} were assigned to control and {sizes[1]:,} to treatment where "
            f"equal numbers were planned (p = {p_value:.1g}); find out why the assignment leans."
        )
    table = [
        [sum(row.arm == arm and (row.value is None) == gone for row in rows) for arm in ARMS]
        for gone in (True, False)
    ]
    p_value = 1.0 if clustered else chi_square_p(table)
    if p_value < LEANING:
        return (
            f"Not read: outcomes are missing for {table[0][0]:,} of {sum(c[0] for c in table):,} "
            f"in control and {table[0][1]:,} of {sum(c[1] for c in table):,} in treatment "
            f"(p = {p_value:.1g}); what is left cannot be compared."
        )
    return None


def chi_square_p(table: Sequence[Sequence[int]]) -> float:
    """P-value of Pearson's test with one degree of freedom.

    One row of two counts is tested against equal halves, two rows against independence.
    """
    if len(table) == 1:
        (left, right) = table[0]
        statistic = (left - right) ** 2 / (left + right) if left + right else 0.0
    else:
        (a, b), (c, d) = table
        margins = (a + b) * (c + d) * (a + c) * (b + d)
        statistic = (a + b + c + d) * (a * d - b * c) ** 2 / margins if margins else 0.0
    return math.erfc(math.sqrt(statistic / 2))


def _conclude(
    estimate: Estimate, n: tuple[int, int], planned: int, higher_is_better: bool
) -> tuple[str, str]:
    seen = f"{n[0]:,} control and {n[1]:,} treatment outcomes of {planned:,} planned per arm"
    if min(n) < BURN_IN:
        return "too few", f"{seen}; nothing is concluded below {BURN_IN} in each."
    if not math.isfinite(estimate.low):
        return "too few", f"{seen}, but they are all alike and say nothing about chance."
    interval = f"between {estimate.low:+.3f} and {estimate.high:+.3f}"
    if estimate.low <= 0 <= estimate.high:
        full = "The plan is used up: " if min(n) >= planned else ""
        return "not clear", f"{full}{seen} leave the effect {interval}, zero among it."
    helps = (estimate.low > 0) == higher_is_better
    word = "helps" if helps else "hurts"
    return word, f"{seen} put the effect {interval}; zero is ruled out, however often one looked."


def _by_cluster(
    rows: Sequence[_Assigned], planned: int, alpha: float, higher_is_better: bool
) -> tuple[Estimate | None, str, str]:
    known = [row for row in rows if row.value is not None]
    n = [sum(row.arm == arm for row in known) for arm in ARMS]
    seen = f"{n[0]:,} control and {n[1]:,} treatment outcomes of {planned:,} planned per arm"
    if min(n) < planned:
        return (
            None,
            "too few",
            f"{seen}; whole clusters share an arm, so it is read once, when the plan is full.",
        )
    estimate = randomisation_test(
        [cast(float, row.value) for row in known],
        [row.arm for row in known],
        [str(row.cluster) for row in known],
        [str(row.stratum) for row in known],
        seed=_SEED,
        alpha=alpha,
    )
    interval = f"between {estimate.low:+.3f} and {estimate.high:+.3f}"
    if estimate.p_value > alpha:
        return estimate, "not clear", f"{seen}, redrawn by cluster, leave the effect {interval}."
    helps = ((estimate.effect or 0.0) > 0) == higher_is_better
    word = "helps" if helps else "hurts"
    return estimate, word, f"{seen}, redrawn by cluster, put the effect {interval}."
