"""Numbers worked by hand, intervals against independent formulas, and whom they never name."""

import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.build import (
    DAY,
    HOUR,
    MONDAY,
    Row,
    a_closed_pull,
    a_cost,
    a_failure,
    a_pull,
    a_review,
    a_warehouse,
    an_authorship,
    an_open_pull,
)
from warehouse import intervals
from warehouse.errors import BadInput, UnknownName
from warehouse.facts import fact
from warehouse.metrics import DIMENSIONS, METRICS, compile_metric, evaluate, metric, wilson

KEYS = [
    "value", "numerator", "denominator", "n", "low", "high", "interval", "unit", "window_from",
    "window_to", "as_of", "query_sha256",
]  # fmt: skip


def one(metric_id: str, **content: list[Row]) -> dict[str, Any]:
    """The metric over everything."""
    with a_warehouse(**content) as engine:
        [row] = evaluate(engine, [metric_id])
    return row


def value(metric_id: str, **content: list[Row]) -> tuple[Any, int]:
    row = one(metric_id, **content)
    return row["value"], row["n"]


# --- definitions ----------------------------------------------------------------------------------


def test_pass_rate_ignores_unreviewed_pull_requests() -> None:
    content: dict[str, list[Row]] = {
        "pull_request": [a_pull(1), a_pull(2), a_pull(3), an_open_pull(4)],
        "review": [a_review(1, "a"), a_review(2, "b", state="CHANGES_REQUESTED")],
    }

    row = one("pass_rate", **content)

    assert (row["value"], row["numerator"], row["denominator"], row["n"]) == (0.5, 1, 2, 2)
    assert value("reviewed_share", **content) == (0.5, 4)
    assert value("merged_unreviewed_share", **content) == (1 / 3, 3)


def test_merged_share_is_over_all_pull_requests_and_leaves_out_merge_only_sources() -> None:
    pulls = [
        a_pull(1), a_closed_pull(2), an_open_pull(3), an_open_pull(4),
        a_pull(5, merges_only=True),
    ]  # fmt: skip

    assert value("merged_share", pull_request=pulls) == (0.25, 4)
    assert value("merged_count", pull_request=pulls) == (2, 2)
    assert value("open_count", pull_request=pulls) == (2, 2)
    assert value("closed_unmerged_count", pull_request=pulls) == (1, 1)
    assert value("pull_request_count", pull_request=pulls) == (5, 5)


def test_accepted_in_14_days_asks_only_those_that_had_14_days() -> None:
    pulls = [
        a_pull(1),
        a_pull(2, merged_us=MONDAY + 14 * DAY),
        a_pull(3, merged_us=MONDAY + 14 * DAY + 1),
        an_open_pull(4),
        a_pull(5, created_us=MONDAY + 50 * DAY, merged_us=MONDAY + 51 * DAY),  # 10 days old
        a_pull(6, merged_us=None),  # merged, but when is not known
    ]

    assert value("acceptance_14d", pull_request=pulls) == (0.5, 4)


def test_what_became_of_merged_ones() -> None:
    pulls = [
        a_pull(1),
        a_pull(2),
        a_pull(3, title="Revert", body="Reverts acme/shop#1", merged_us=MONDAY + DAY),
        a_pull(4, merged_us=MONDAY + 59 * DAY),  # too young to say
    ]
    incidents: list[Row] = [{"incident_id": "i"}]
    links: list[Row] = [
        {
            "incident_id": "i",
            "pull_request_id": "acme/shop#2",
            "method": "stated",
            "confidence": 1.0,
        }
    ]
    content = {"pull_request": pulls, "incident": incidents, "incident_link": links}

    assert value("revert_rate_14d", **content) == (1 / 3, 3)
    assert value("survived_share_14d", **content) == (1 / 3, 3)
    assert value("escaped_rate", **content) == (0.25, 4)
    assert value("escaped_rate", pull_request=pulls) == (None, 0)


def test_medians_of_hours_leave_out_what_has_none() -> None:
    pulls = [a_pull(n, merged_us=MONDAY + n * HOUR) for n in (1, 2, 9)]
    pulls += [a_pull(4, merged_us=MONDAY - 1), an_open_pull(5), a_closed_pull(6)]

    merge, reject = (
        one("hours_to_merge", pull_request=pulls),
        one("hours_to_reject", pull_request=pulls),
    )

    assert (merge["value"], merge["n"], merge["low"], merge["high"]) == (2.0, 3, None, None)
    assert (merge["interval"], merge["unit"]) == ("order statistics", "hours")
    assert (reject["value"], reject["n"]) == (1.0, 1)


def test_the_cost_of_failed_pull_requests_is_carried_by_those_that_survived() -> None:
    pulls = [a_pull(1), a_closed_pull(2), a_pull(3, merged_us=MONDAY + 59 * DAY), a_pull(4)]
    costs = [a_cost(str(n), n) for n in (1, 2, 3)]  # 3 is too young; nothing is known of 4

    row = one("cost_per_surviving_pull_request", pull_request=pulls, usage_cost=costs)

    assert (row["value"], row["numerator"], row["denominator"]) == (Decimal(20), Decimal(20), 1)
    assert (row["n"], row["unit"]) == (2, "USD")
    assert (row["low"], row["high"], row["interval"]) == (None, None, "none")
    assert value("pull_request_cost", pull_request=pulls, usage_cost=costs) == (Decimal(30), 3)


def test_money_of_two_currencies_is_never_added() -> None:
    costs = [a_cost("1", 1), a_cost("2", 2, currency="EUR")]
    content: dict[str, list[Row]] = {"pull_request": [a_pull(1), a_pull(2)], "usage_cost": costs}

    for each in ("cost_total", "pull_request_cost", "cost_per_surviving_pull_request"):
        row = one(each, **content)
        assert (row["value"], row["unit"]) == (None, "several currencies"), each
    with a_warehouse(**content) as engine:
        split = evaluate(engine, ["cost_total"], by=["currency"])
    assert [(row["currency"], row["value"]) for row in split] == [
        ("EUR", Decimal(10)),
        ("USD", Decimal(10)),
    ]


def test_failures_are_averaged_over_all_pull_requests() -> None:
    row = one(
        "failures_per_pull_request",
        pull_request=[a_pull(1), a_pull(2)],
        failure=[a_failure("a", 1), a_failure("b", 1)],
    )

    # t of one degree of freedom at 97.5 % is 12.7062; deviation sqrt(2), n = 2.
    assert (row["value"], row["n"], row["interval"]) == (1.0, 2, "t")
    assert row["high"] == pytest.approx(1 + 12.7062, abs=1e-4)


# --- cells ----------------------------------------------------------------------------------------


def test_a_cell_has_every_key_and_says_when_and_of_what() -> None:
    with a_warehouse(
        pull_request=[a_pull(1), a_pull(2, created_us=MONDAY + DAY, merged_us=MONDAY + 2 * DAY)]
    ) as engine:
        [row] = evaluate(engine, ["merged_share"], by=["week", "agent"])

    assert list(row) == ["metric", "week", "agent", *KEYS]
    assert (row["metric"], row["week"], row["agent"]) == ("merged_share", "2025-01-06", "unknown")
    assert row["window_from"] == "2025-01-06T00:00:00Z"
    assert row["window_to"] == "2025-01-07T00:00:00Z"
    assert row["as_of"] == "2025-03-07T00:00:00Z"
    assert len(row["query_sha256"]) == 64


@pytest.mark.parametrize("each", [m.id for m in METRICS])
def test_every_metric_answers_on_nothing_at_all_without_inventing_a_number(each: str) -> None:
    row = one(each)

    assert list(row) == ["metric", *KEYS]
    assert (row["n"], row["window_from"], row["low"], row["high"]) == (0, None, None, None)
    assert row["value"] == (0 if metric(each).estimator == "count" else None)
    assert row["as_of"] == "2025-03-07T00:00:00Z"


def test_cells_come_sorted_with_the_unnamed_last_and_add_up() -> None:
    pulls = [a_pull(n, title=t) for n, t in enumerate(["fix: a", None, "feat: b", "fix: c"], 1)]

    with a_warehouse(pull_request=pulls) as engine:
        rows = evaluate(engine, ["pull_request_count"], by=["task_type"])

    assert [(row["task_type"], row["value"]) for row in rows] == [
        ("feat", 1),
        ("fix", 2),
        (None, 1),
    ]


def test_a_condition_is_a_value_and_never_sql() -> None:
    content: dict[str, list[Row]] = {
        "pull_request": [a_pull(1), a_pull(2)],
        "authorship": [an_authorship(1, "codex")],
    }
    with a_warehouse(**content) as engine:

        def count(**where: str) -> Any:
            return evaluate(engine, ["pull_request_count"], where=where)[0]["value"]

        assert count(agent="codex") == 1
        assert count(agent="codex", week="2025-01-06") == 1
        assert count(week="2025-01-13") == 0
        assert count(agent="x' OR '1' = '1") == 0


def test_an_unknown_metric_or_dimension_is_named_with_a_near_one() -> None:
    with a_warehouse() as engine:
        with pytest.raises(
            UnknownName, match="no metric is called 'pas_rate'; did you mean 'pass_rate'"
        ):
            evaluate(engine, ["pas_rate"])
        with pytest.raises(UnknownName, match="no dimension of pass_rate is called 'agents'"):
            evaluate(engine, ["pass_rate"], by=["agents"])
        with pytest.raises(UnknownName, match="no dimension of pass_rate is called '1=1'"):
            evaluate(engine, ["pass_rate"], where={"1=1": ""})
        with pytest.raises(BadInput, match="asked for once"):
            evaluate(engine, ["pass_rate"], by=["agent", "agent"])


def test_the_same_question_is_the_same_query_and_another_is_not() -> None:
    with a_warehouse(pull_request=[a_pull()]) as engine:
        hashes = [
            evaluate(engine, ["merged_share"], where={"agent": agent})[0]["query_sha256"]
            for agent in ("codex", "devin")
        ]
        other = evaluate(engine, ["merged_share"])[0]["query_sha256"]

    assert hashes[0] == hashes[1] != other


# --- nobody is measured ---------------------------------------------------------------------------


def test_no_metric_can_be_split_or_filtered_by_a_person() -> None:
    """Every metric, by every column of every fact and every name a person could go by."""
    people = [
        "author", "author_login", "reviewer", "reviewer_login", "login", "person", "respondent",
        "actor", "committer", "author_name", "email", "maker", "maker_id", "merged_by", "any_agent",
    ]  # fmt: skip
    for each in METRICS:
        columns = [column for column, _ in fact(each.fact).columns]
        for name in {*people, *columns} - DIMENSIONS[each.fact].keys():
            with pytest.raises(UnknownName):
                compile_metric(each, by=[name])
            with pytest.raises(UnknownName):
                compile_metric(each, where=[name])


def test_no_fact_that_metrics_read_knows_a_person() -> None:
    personal = ("author", "reviewer", "login", "person", "respondent", "actor", "email", "maker")
    for name in DIMENSIONS:
        columns = [column for column, _ in fact(name).columns]
        assert [c for c in columns if any(word in c for word in personal)] == []


# --- intervals ------------------------------------------------------------------------------------


def test_wilson_gives_the_published_values() -> None:
    # Newcombe 1998, table I, 15 of 148: 0.0624 to 0.1605.
    low, high = wilson(15, 148)

    assert (round(low, 4), round(high, 4)) == (0.0624, 0.1605)
    assert wilson(0, 5)[0] == 0.0
    assert wilson(5, 5)[1] == 1.0
    with pytest.raises(ValueError, match="0 of 0"):
        wilson(0, 0)


@given(st.integers(1, 10_000), st.data())
def test_wilson_solves_the_score_equation_and_holds_the_estimate(
    n: int, data: st.DataObject
) -> None:
    k = data.draw(st.integers(0, n))

    low, high = wilson(k, n)

    assert 0 <= low <= k / n <= high <= 1
    for bound in (low, high):
        if 0 < bound < 1:
            score = abs(k / n - bound) / math.sqrt(bound * (1 - bound) / n)
            assert score == pytest.approx(1.959963984540054, rel=1e-6)


@given(st.integers(0, 400))
def test_the_rank_of_a_median_is_the_greatest_that_covers_95_percent(n: int) -> None:
    def covered(rank: int) -> float:
        """P(the median lies between the rank-th smallest and greatest), exactly."""
        return float(sum(math.comb(n, i) for i in range(rank, n - rank + 1)) / 2**n)

    rank = intervals.median_rank(n)

    if rank:
        assert covered(rank) >= 0.95
    assert rank + 1 > (n + 1) // 2 or covered(rank + 1) < 0.95


@pytest.mark.parametrize(
    ("n", "low", "high"),
    # Ranks from the binomial table: 6 -> 1, 10 -> 2, 17 -> 5, 44 -> 16.
    [(5, None, None), (6, 1.0, 6.0), (10, 2.0, 9.0), (17, 5.0, 13.0), (44, 16.0, 29.0)],
)
def test_the_median_is_bounded_by_its_order_statistics(
    n: int, low: float | None, high: float | None
) -> None:
    row = one(
        "hours_to_merge",
        pull_request=[a_pull(i, merged_us=MONDAY + i * HOUR) for i in range(1, n + 1)],
    )

    assert (row["value"], row["low"], row["high"]) == ((n + 1) / 2, low, high)


def test_a_ratio_is_bounded_by_drawing_repositories_from_five_of_them_on() -> None:
    def cost(repositories: int) -> dict[str, Any]:
        pulls, costs = [], []
        for r in range(repositories):
            for number in (1, 2):
                make = a_pull if number == 1 else a_closed_pull
                pulls.append(make(number, f"acme/r{r}"))
                costs.append(
                    a_cost(
                        f"{r}-{number}",
                        pull_request_id=f"acme/r{r}#{number}",
                        amount=Decimal(r + 1),
                    )
                )
        return one("cost_per_surviving_pull_request", pull_request=pulls, usage_cost=costs)

    four, five = cost(4), cost(5)

    assert (four["value"], four["interval"], four["low"]) == (Decimal(5), "none", None)
    assert (five["value"], five["interval"]) == (Decimal(6), "bootstrap")
    # Costs per repository are 2, 4 .. 10: a mean of five draws lies between, and around 6.
    assert Decimal(2) < five["low"] < Decimal(5)
    assert Decimal(7) < five["high"] < Decimal(10)
    assert cost(5) == five


def test_a_ratio_whose_denominator_is_often_zero_has_no_bounds() -> None:
    assert intervals.ratio_interval([1.0] * 5, [1.0, 0, 0, 0, 0]) == (None, None)


def test_pass_rate_is_one_definition_and_titles_do_not_repeat() -> None:
    assert [each.id for each in METRICS if "pass rate" in each.title.lower()] == ["pass_rate"]
    assert (
        len({each.id for each in METRICS}) == len({each.title for each in METRICS}) == len(METRICS)
    )
