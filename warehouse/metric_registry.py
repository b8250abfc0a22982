"""Every metric there is, once: pages, command line and docs/metrics.md are made from this tuple.

Values are SQL over one row of a fact, in the portable SQL of `warehouse/portable.py`. There is no
dimension for an author, reviewer or respondent, in any fact: Ruleloop measures agents, not people.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from warehouse.errors import UnknownName

Estimator = Literal["proportion", "median", "mean", "sum", "ratio", "count"]
Better = Literal["higher", "lower", "neither"]
Audience = Literal["everyone", "engineer", "manager", "finance"]

CURRENCY = "currency"
"""The unit of money: a cell names its currency instead, and has no value when it mixes several."""

OUTCOME = "pull_request_outcome"
COST = "cost_by_agent_month"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric and how it is estimated."""

    id: str
    title: str
    meaning: str
    estimator: Estimator
    value: str
    """SQL: what is true of a row that counts (proportion, count), or a number of it."""
    unit: str
    better: Better
    audience: Audience
    source: str
    fact: str = OUTCOME
    where: str = ""
    """SQL: the rows the metric is about at all; empty is all of them."""
    denominator: str = "TRUE"
    """SQL: of a proportion, which rows are asked; of a ratio, the number divided by."""


DIMENSIONS: Mapping[str, Mapping[str, str]] = {
    OUTCOME: {
        "agent": "agent",
        "repo": "repo",
        "week": "CAST(opened_week AS DATE)",
        "task_type": "task_type",
        "size_band": "size_band",
        "model": "model",
        "state": "state",
    },
    COST: {
        "agent": "agent",
        "month": "CAST(month AS DATE)",
        "currency": "currency",
        "basis": "basis",
    },
}
"""By fact: the name of a dimension and the SQL of its value."""

WINDOW: Mapping[str, str] = {OUTCOME: "created_at", COST: "month"}
"""By fact: the time that a cell's window spans."""

CURRENCY_OF: Mapping[str, str] = {OUTCOME: "cost_currency", COST: "currency"}
"""By fact: the column that says in what currency money is."""

CLUSTER: Mapping[str, str] = {OUTCOME: "repo"}
"""By fact: what is drawn again, whole, by the bootstrap."""

_SHARE = "share"
_PULLS = "pull requests"
_SEEN_WHOLE = "NOT merges_only"
# Merged at least 14 days before as_of: exactly where the fact can tell whether it survived.
_MATURE_MERGE = "survived_14d IS NOT NULL"

METRICS: tuple[Metric, ...] = (
    Metric(
        "pass_rate",
        "Pass rate",
        "First-pass review acceptance: of the pull requests that a person reviewed, those whose "
        "first decision was an approval, with changes never requested and nothing pushed after "
        "the first review. Pull requests merged without review do not count at all.",
        "proportion",
        "passed_first_review",
        _SHARE,
        "higher",
        "everyone",
        "own definition",
        denominator="human_reviewed",
    ),
    Metric(
        "merged_share",
        "Merged share",
        "Merged pull requests over all pull requests, open ones included: the published "
        "definition. It rises by itself as open ones are decided; acceptance_14d does not.",
        "proportion",
        "merged",
        _SHARE,
        "higher",
        "everyone",
        "AIDev, arXiv:2507.15003",
        denominator=_SEEN_WHOLE,
    ),
    Metric(
        "acceptance_14d",
        "Accepted in 14 days",
        "Pull requests merged within 14 days of creation, over those created at least 14 days "
        "ago, so that every one had the same time.",
        "proportion",
        "merged AND hours_to_merge <= 336",
        _SHARE,
        "higher",
        "manager",
        "mature-cohort share",
        denominator=f"{_SEEN_WHOLE} AND is_mature AND NOT (merged AND hours_to_merge IS NULL)",
    ),
    Metric(
        "reviewed_share",
        "Reviewed by a person",
        "Pull requests that a person other than the author reviewed, comments included. Read it "
        "beside the pass rate, which knows only these.",
        "proportion",
        "human_reviewed",
        _SHARE,
        "higher",
        "everyone",
        "own definition",
        denominator=_SEEN_WHOLE,
    ),
    Metric(
        "merged_unreviewed_share",
        "Merged without review",
        "Merged pull requests that no person reviewed, over merged ones.",
        "proportion",
        "NOT human_reviewed",
        _SHARE,
        "lower",
        "manager",
        "own definition",
        denominator=f"merged AND {_SEEN_WHOLE}",
    ),
    Metric(
        "untouched_share",
        "Merged untouched",
        "Merged pull requests to which nobody but the author and bots committed, over merged "
        "ones whose commits' accounts are known.",
        "proportion",
        "NOT rescued",
        _SHARE,
        "higher",
        "engineer",
        "own definition",
        denominator=f"merged AND {_SEEN_WHOLE} AND rescued IS NOT NULL",
    ),
    Metric(
        "ci_first_pass_rate",
        "CI passed first time",
        "Pull requests where the first attempt of no check failed and of at least one succeeded, "
        "over those with a check that did either.",
        "proportion",
        "first_ci_verdict = 'success'",
        _SHARE,
        "higher",
        "engineer",
        "own definition",
        denominator="first_ci_verdict IS NOT NULL",
    ),
    Metric(
        "revert_rate_14d",
        "Reverted in 14 days",
        "Pull requests merged at least 14 days ago that a later commit or pull request says it "
        "reverts, within 14 days. A lower bound: partial reverts and fixes forward are not seen.",
        "proportion",
        "reverted AND COALESCE(revert_us - merged_us <= 1209600000000, TRUE)",
        _SHARE,
        "lower",
        "manager",
        "own definition",
        denominator=_MATURE_MERGE,
    ),
    Metric(
        "escaped_rate",
        "Escaped to production",
        "Merged pull requests linked with confidence 0.5 or more to an incident or a complaint, "
        "over merged ones. No value while no incident or complaint is known at all.",
        "proportion",
        "escaped",
        _SHARE,
        "lower",
        "manager",
        "own definition",
        denominator="merged AND escaped IS NOT NULL",
    ),
    Metric(
        "survived_share_14d",
        "Survived 14 days",
        "Pull requests merged at least 14 days ago that were neither reverted within 14 days nor "
        "linked to an incident or complaint.",
        "proportion",
        "survived_14d",
        _SHARE,
        "higher",
        "manager",
        "own definition",
        denominator=_MATURE_MERGE,
    ),
    Metric(
        "unknown_agent_share",
        "Agent unknown",
        "Pull requests without evidence of who or what wrote them. Unknown does not mean human.",
        "proportion",
        "agent = 'unknown'",
        _SHARE,
        "lower",
        "everyone",
        "own definition",
    ),
    Metric(
        "pull_request_count",
        "Pull requests",
        "All pull requests.",
        "count",
        "TRUE",
        _PULLS,
        "neither",
        "everyone",
        "own definition",
    ),
    Metric(
        "open_count",
        "Open",
        "Pull requests neither merged nor closed.",
        "count",
        "state = 'open'",
        _PULLS,
        "neither",
        "everyone",
        "AIDev, arXiv:2507.15003",
    ),
    Metric(
        "merged_count",
        "Merged",
        "Merged pull requests.",
        "count",
        "merged",
        _PULLS,
        "neither",
        "everyone",
        "AIDev, arXiv:2507.15003",
    ),
    Metric(
        "closed_unmerged_count",
        "Closed unmerged",
        "Pull requests closed without being merged. About a third of agents' are closed for "
        "reasons of workflow, not failure (arXiv:2605.22534).",
        "count",
        "state = 'closed'",
        _PULLS,
        "neither",
        "everyone",
        "AIDev, arXiv:2507.15003",
    ),
    Metric(
        "hours_to_merge",
        "Hours to merge",
        "Median hours from creation to merge, of merged pull requests.",
        "median",
        "hours_to_merge",
        "hours",
        "lower",
        "everyone",
        "AIDev, arXiv:2507.15003",
    ),
    Metric(
        "hours_to_reject",
        "Hours to rejection",
        "Median hours from creation to closing, of pull requests closed unmerged.",
        "median",
        "hours_to_reject",
        "hours",
        "neither",
        "everyone",
        "AIDev, arXiv:2507.15003",
    ),
    Metric(
        "failures_per_pull_request",
        "Failures per pull request",
        "Mean number of failures found on a pull request: requested changes, failed checks, "
        "fix-ups, reverts.",
        "mean",
        "failures",
        "failures per pull request",
        "lower",
        "engineer",
        "own definition",
    ),
    Metric(
        "cost_per_surviving_pull_request",
        "Cost per pull request that survived",
        "What all priced pull requests created at least 14 days ago cost, failed ones included, "
        "over those of them that were merged and survived 14 days. Dividing only the cost of "
        "successful ones flatters.",
        "ratio",
        "cost",
        CURRENCY,
        "lower",
        "finance",
        "own definition",
        where="cost IS NOT NULL AND is_mature AND (NOT merged OR survived_14d IS NOT NULL)",
        denominator="CASE WHEN survived_14d THEN 1 ELSE 0 END",
    ),
    Metric(
        "pull_request_cost",
        "Cost of pull requests",
        "Sum of the priced costs that name a pull request.",
        "sum",
        "cost",
        CURRENCY,
        "lower",
        "finance",
        "own definition",
        where="cost IS NOT NULL",
    ),
    Metric(
        "cost_total",
        "Cost of agents",
        "Sum of all priced costs, seats and runs of no pull request included.",
        "sum",
        "amount",
        CURRENCY,
        "lower",
        "finance",
        "own definition",
        fact=COST,
        where="amount IS NOT NULL",
    ),
)
"""Every metric; "pass rate" means the first and nothing else."""

_BY_ID = {each.id: each for each in METRICS}


def metric(metric_id: str) -> Metric:
    """One metric.

    Raises:
        UnknownName: no metric has that id; the message names a near one.
    """
    try:
        return _BY_ID[metric_id]
    except KeyError:
        raise UnknownName("metric", metric_id, _BY_ID) from None


def dimension(of: Metric, name: str) -> str:
    """The SQL of one dimension of a metric's fact.

    Raises:
        UnknownName: the fact has no such dimension.
    """
    known = DIMENSIONS[of.fact]
    if name not in known:
        raise UnknownName(f"dimension of {of.id}", name, known)
    return known[name]
