"""Experiments: intervals that survive peeking, boundaries, redrawn assignments, verdicts."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import sequential
from analysis.experiments import (
    Arm,
    Look,
    always_valid,
    boundaries,
    group_sequential,
    randomisation_test,
    read_out,
)
from warehouse.errors import BadInput
from warehouse.tables import table


def yes(k: int, n: int) -> Arm:
    return Arm(n, k, k)


PLAN = {"experiment_id": "e1", "planned": 1_000, "alpha": 0.05}


def a_trial(
    control: tuple[int, int, int], treatment: tuple[int, int, int]
) -> tuple[pa.Table, pa.Table]:
    """Assignment and outcome of arms given as (passed, failed, without outcome)."""
    assigned: list[dict[str, object]] = []
    outcomes: list[dict[str, object]] = []
    for arm, counts in (("control", control), ("treatment", treatment)):
        for value, count in zip((1.0, 0.0, None), counts, strict=True):
            for _ in range(count):
                name = f"acme/shop#{len(assigned)}"
                assigned.append({"experiment_id": "e1", "pull_request_id": name, "arm": arm})
                if value is not None or len(assigned) % 2:  # a null and an absent row are the same
                    outcomes.append({"pull_request_id": name, "value": value})
    types: dict[str, pa.DataType] = {"pull_request_id": pa.string(), "value": pa.float64()}
    schema = pa.schema(types)
    return pa.Table.from_pylist(assigned), pa.Table.from_pylist(outcomes, schema=schema)


# --- the always-valid interval


def test_the_interval_equals_the_published_formula_worked_to_50_digits() -> None:
    # 600 and 660 of 1,000, N* = 1,000, equation 9 of arXiv 2103.06476 in 50-digit decimals:
    # half width 0.066007668575843312, 1/e 0.107554005552866878
    found = always_valid(yes(600, 1_000), yes(660, 1_000), planned=1_000)

    assert found.effect == pytest.approx(0.06, abs=1e-12)
    assert found.low == pytest.approx(0.06 - 0.066007668575843312, abs=1e-12)
    assert found.high == pytest.approx(0.06 + 0.066007668575843312, abs=1e-12)
    assert found.p_value == pytest.approx(0.107554005552866878, abs=1e-12)


def test_the_half_width_equals_growthbooks_own_fixtures() -> None:
    # its tests: standard error .33341, 6,461 users, tuning 1,000 -> [-.55844, 1.56516];
    # .03386, 6,461, default tuning 5,000 -> [.40098, .60675]
    n = np.asarray(6_461.0)

    wide = float(sequential.half_width(np.asarray(0.33341), n, planned=1_000, alpha=0.05))
    narrow = float(sequential.half_width(np.asarray(0.03386), n, planned=5_000, alpha=0.05))

    assert wide == pytest.approx((1.56516 + 0.55844) / 2, abs=2e-5)
    assert narrow == pytest.approx((0.60675 - 0.40098) / 2, abs=2e-5)


@given(
    st.integers(0, 400),
    st.integers(0, 400),
    st.integers(0, 400),
    st.integers(0, 400),
    st.integers(1, 5_000),
)
def test_the_p_value_is_below_alpha_exactly_when_zero_is_left_out(
    pass_a: int, fail_a: int, pass_b: int, fail_b: int, planned: int
) -> None:
    a, b = yes(pass_a, pass_a + fail_a), yes(pass_b, pass_b + fail_b)

    found = always_valid(a, b, planned=planned)

    excluded = found.low > 0 or found.high < 0
    assert excluded == (found.p_value < 0.05)
    assert found.low <= found.high
    mirrored = always_valid(b, a, planned=planned)
    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low))


@pytest.mark.parametrize(
    ("a", "b", "effect"),
    [
        (Arm(0, 0, 0), Arm(0, 0, 0), None),
        (Arm(0, 0, 0), yes(5, 9), None),
        (yes(1, 1), yes(0, 1), -1.0),
        (yes(3, 9), yes(6, 9), 1 / 3),
        (Arm(50, 350, 2_450), Arm(50, 350, 2_450), 0.0),  # fifty sevens in each
    ],
)
def test_nothing_is_ruled_out_where_nothing_is_known(a: Arm, b: Arm, effect: float | None) -> None:
    found = always_valid(a, b, planned=100)

    assert found.effect == (None if effect is None else pytest.approx(effect))
    assert (found.low, found.high, found.p_value) == (-math.inf, math.inf, 1.0)


def test_sixty_passes_of_sixty_in_both_arms_do_not_prove_there_is_no_effect() -> None:
    # plus four: variance 61/62^2 in each arm, standard error sqrt(2 * 61/62^2 / 60) = 0.0230
    found = always_valid(yes(60, 60), yes(60, 60), planned=60)

    assert found.effect == 0
    assert found.high > 2 * 0.0230
    assert found.low == -found.high


@pytest.mark.parametrize(
    "sums", [(-1, 0.0, 0.0), (2, 3.0, 1.0), (0, 1.0, 1.0), (3, math.nan, 1.0), (3, 1.0, math.inf)]
)
def test_an_arm_that_no_outcomes_could_make_is_refused(sums: tuple[int, float, float]) -> None:
    with pytest.raises(BadInput, match=r"arm|outcomes"):
        Arm(*sums)


def test_a_plan_must_be_possible() -> None:
    with pytest.raises(BadInput, match="planned=0"):
        always_valid(yes(1, 2), yes(1, 2), planned=0)


def a_and_b(effect: float, sims: int, days: int, per_day: int = 17) -> tuple[np.ndarray, ...]:
    """Cumulative z and n of simulated experiments: 60 % pass, `per_day` outcomes in each arm."""
    rng = np.random.default_rng(20)
    n = per_day * np.arange(1.0, days + 1)[None, :]
    a = rng.binomial(per_day, 0.6, (sims, days)).cumsum(1) / n
    b = rng.binomial(per_day, 0.6 + effect, (sims, days)).cumsum(1) / n
    error = np.sqrt((a * (1 - a) + b * (1 - b)) / (n - 1))
    return (b - a) / error, np.broadcast_to(2 * n, a.shape), b - a, error


def test_sixty_daily_looks_call_at_most_one_in_twenty_equal_arms_different() -> None:
    z, n, _, _ = a_and_b(0.0, sims=4_000, days=60)

    evidence = sequential.log_e_value(z, n, planned=1_020, alpha=0.05)

    wrong = float((evidence > math.log(20)).any(axis=1).mean())
    naive = float((np.abs(z) > 1.96).any(axis=1).mean())
    assert wrong <= 0.05
    assert naive > 0.25  # what peeking at an ordinary p-value does with the same data


def test_the_interval_holds_the_effect_at_every_look_in_19_of_20_experiments() -> None:
    _, n, effect, error = a_and_b(0.06, sims=4_000, days=60)

    width = sequential.half_width(error, n, planned=1_020, alpha=0.05)

    assert float((np.abs(effect - 0.06) <= width).all(axis=1).mean()) >= 0.95


def test_power_is_ordered_as_theory_says_one_look_then_planned_looks_then_any_looks() -> None:
    z, n, _, _ = a_and_b(0.06, sims=4_000, days=60)

    one_look = float((np.abs(z[:, -1]) > 1.96).mean())
    limits = np.asarray(boundaries(tuple(day / 60 for day in range(1, 61)), 0.05))
    planned_looks = float((np.abs(z) >= limits).any(axis=1).mean())
    evidence = sequential.log_e_value(z, n, planned=1_020, alpha=0.05)
    any_looks = float((evidence > math.log(20)).any(axis=1).mean())

    assert one_look >= planned_looks >= any_looks
    assert planned_looks >= 0.95 * one_look
    assert any_looks >= 0.60 * one_look


# --- the group-sequential plan


def test_five_equal_looks_have_the_published_boundaries() -> None:
    # Lan-DeMets O'Brien-Fleming, two-sided 5 %: the table printed by ldbounds and by Jennison
    # and Turnbull
    found = boundaries((0.2, 0.4, 0.6, 0.8, 1.0), 0.05)

    assert found == pytest.approx((4.877, 3.357, 2.680, 2.290, 2.031), abs=1e-3)


def test_a_look_that_adds_next_to_nothing_changes_next_to_nothing() -> None:
    twice = boundaries((0.5, 0.500001, 1.0), 0.05)

    assert twice[2] == pytest.approx(boundaries((0.5, 1.0), 0.05)[1], abs=1e-3)
    assert twice[1] >= twice[0]


def test_a_single_look_at_the_end_is_the_ordinary_test() -> None:
    assert boundaries((1.0,), 0.05) == pytest.approx((1.959964,), abs=1e-6)


def test_equal_arms_cross_the_daily_boundaries_in_about_5_percent() -> None:
    z, _, _, _ = a_and_b(0.0, sims=10_000, days=60)
    limits = np.asarray(boundaries(tuple(day / 60 for day in range(1, 61)), 0.05))

    crossed = float((np.abs(z) >= limits).any(axis=1).mean())

    assert crossed == pytest.approx(0.05, abs=0.0075)


def test_the_first_look_that_reaches_its_boundary_decides() -> None:
    # 30 -> 50 of 100 : difference .2, se sqrt((.21 + .25)/99) = .06817, z = 2.934 < 4.877
    # 60 -> 100 of 200: difference .2, se sqrt((.21 + .25)/199) = .04808, z = 4.160 > 3.357
    looks = [Look(yes(30, 100), yes(50, 100)), Look(yes(60, 200), yes(100, 200))]
    later = Look(yes(150, 300), yes(150, 300))

    first = group_sequential(looks[:1], planned=500)
    found = group_sequential([*looks, later], planned=500)

    assert (first.look, first.verdict) == (1, "continue")
    assert first.boundary == pytest.approx(4.877, abs=1e-3)
    assert (found.look, found.verdict) == (2, "better")
    assert found.z == pytest.approx(4.160, abs=1e-3)
    # repeated interval: .2 -+ 3.357 * .04808
    assert found.estimate.low == pytest.approx(0.2 - 3.357 * 0.04808, abs=1e-4)
    assert found.estimate.p_value < 0.05


def test_a_harmful_rule_is_worse_and_a_useless_one_makes_no_difference_at_the_end() -> None:
    worse = group_sequential([Look(yes(400, 500), yes(300, 500))], planned=1_000)
    same = group_sequential([Look(yes(600, 1_000), yes(601, 1_000))], planned=1_000)

    assert worse.verdict == "worse"
    assert same.verdict == "no_difference"
    assert same.boundary == pytest.approx(1.959964, abs=1e-6)
    assert same.estimate.p_value > 0.9


def test_looks_without_new_outcomes_cost_nothing_and_shrinking_ones_are_refused() -> None:
    look = Look(yes(30, 100), yes(40, 100))

    twice = group_sequential([look, look], planned=200)
    none = group_sequential([], planned=200)
    empty = group_sequential([Look(yes(0, 0), yes(0, 0))], planned=200)

    assert twice == group_sequential([look], planned=200)
    assert (none.look, none.verdict, none.z) == (0, "continue", None)
    assert (empty.verdict, empty.boundary, empty.estimate.effect) == ("continue", math.inf, None)
    with pytest.raises(BadInput, match="look 2 holds 50 and 50"):
        group_sequential([look, Look(yes(20, 50), yes(20, 50))], planned=200)


# --- the randomisation test


def test_six_pull_requests_are_redealt_in_all_twenty_ways() -> None:
    # of C(6,3) = 20 assignments only the one made and its mirror image differ by 1: p = 2/20
    found = randomisation_test([0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 1], seed=1)

    assert found.effect == 1
    assert found.p_value == pytest.approx(0.1)
    assert (found.low, found.high) == (-math.inf, math.inf)  # no p-value can fall below 0.05


def test_strata_restrict_how_arms_can_be_redealt() -> None:
    # two strata with one pull request in each arm: 2 * 2 = 4 assignments; the observed +1, the
    # mirrored -1, two of 0: p = 2/4
    found = randomisation_test(
        [0, 1, 5, 6], ["control", "treatment"] * 2, [1, 2, 3, 4], ["x", "x", "y", "y"], seed=1
    )

    assert found.effect == 1
    assert found.p_value == pytest.approx(0.5)


def test_clusters_move_together() -> None:
    # four authors of 10 pull requests, two in each arm: C(4,2) = 6 assignments and not C(40,20)
    author = [at // 10 for at in range(40)]
    arm = [at // 20 for at in range(40)]
    outcome = [float(at >= 20) for at in range(40)]

    found = randomisation_test(outcome, arm, author, [0] * 40, seed=1)

    assert found.effect == 1
    assert found.p_value == pytest.approx(2 / 6)


def test_the_interval_is_every_constant_effect_that_is_not_rejected() -> None:
    # outcomes 1..5 and 11..15: an effect t is not rejected while the redealt differences of the
    # outcomes less t reach |10 - t| in more than 5 % of the 252 assignments
    control, treated = [1.0, 2, 3, 4, 5], [11.0, 12, 13, 14, 15]
    arm = [0] * 5 + [1] * 5

    found = randomisation_test(control + treated, arm, seed=1)

    for shift, rejected in (
        (found.low - 0.01, True),
        (found.low + 0.01, False),
        (found.high - 0.01, False),
        (found.high + 0.01, True),
    ):
        moved = randomisation_test(control + [v - shift for v in treated], arm, seed=1)
        assert (moved.p_value <= 0.05) == rejected


def test_a_switchback_is_redealt_per_author_and_week_and_a_mixed_cluster_is_refused() -> None:
    author = ["ann", "ann", "bob", "bob"]
    week = [1, 2, 1, 2]

    found = randomisation_test([0.0, 1, 1, 0], [0, 1, 1, 0], author, week, seed=1)

    assert found.effect == 1
    assert found.p_value == pytest.approx(0.5)  # 2 * 2 assignments, two of them as extreme
    with pytest.raises(BadInput, match="holds both arms"):
        randomisation_test([0.0, 1, 1, 0], [0, 1, 1, 0], author, [1, 1, 1, 1], seed=1)


def test_drawn_assignments_depend_on_the_seed_alone() -> None:
    rng = np.random.default_rng(5)
    outcome, arm = rng.random(200).tolist(), rng.integers(0, 2, 200).tolist()

    first = randomisation_test(outcome, arm, draws=500, seed=3)
    again = randomisation_test(outcome, arm, draws=500, seed=3)
    other = randomisation_test(outcome, arm, draws=500, seed=4)

    assert first == again
    assert first.p_value != other.p_value


def test_one_arm_alone_or_nothing_at_all_says_nothing() -> None:
    for outcome, arm in (([1.0, 0.0], [0, 0]), ([], [])):
        found = randomisation_test(outcome, arm, seed=1)

        assert (found.effect, found.low, found.high, found.p_value) == (
            None,
            -math.inf,
            math.inf,
            1.0,
        )


# --- the verdict


def test_a_verdict_is_a_row_of_its_table() -> None:
    rows = read_out(PLAN, *a_trial((60, 40, 0), (80, 20, 3)))

    written = pa.Table.from_pylist(rows, schema=table("verdict").schema)

    assert written.column("n_treatment").to_pylist() == [100]
    assert written.column("control_value").to_pylist() == [0.6]


@pytest.mark.parametrize(
    ("control", "treatment", "word"),
    [
        ((20, 20, 0), (40, 2, 0), "too few"),
        ((60, 40, 0), (66, 34, 0), "not clear"),
        ((300, 200, 0), (400, 100, 0), "helps"),
        ((400, 100, 0), (300, 200, 0), "hurts"),
        ((0, 0, 0), (0, 0, 0), "too few"),
    ],
)
def test_the_word_follows_the_interval(
    control: tuple[int, int, int], treatment: tuple[int, int, int], word: str
) -> None:
    [row] = read_out(PLAN, *a_trial(control, treatment))

    assert row["verdict"] == word


def test_lower_is_better_turns_helps_and_hurts_round() -> None:
    [row] = read_out(PLAN, *a_trial((300, 200, 0), (400, 100, 0)), higher_is_better=False)

    assert row["verdict"] == "hurts"


def test_pull_requests_without_an_outcome_are_counted_and_not_failed() -> None:
    [row] = read_out(PLAN, *a_trial((60, 40, 7), (80, 20, 5)))

    assert (row["n_control"], row["n_treatment"]) == (100, 100)
    assert row["control_value"] == 0.6
    assert "12 of 212 assigned pull requests have no outcome yet (7 control, 5 treatment)" in str(
        row["reason"]
    )


def test_an_assignment_that_leans_is_not_read() -> None:
    # 400 against 520: chi-square 120^2/920 = 15.65, p = 7.6e-5 < 0.001
    [row] = read_out(PLAN, *a_trial((200, 200, 0), (500, 20, 0)))

    assert row["verdict"] == "not clear"
    assert (row["effect"], row["low"], row["p_value"]) == (None, None, None)
    assert "400 were assigned to control and 520 to treatment" in str(row["reason"])


def test_outcomes_missing_mostly_in_one_arm_block_the_reading() -> None:
    # 0 of 300 against 60 of 300 without an outcome: chi-square 66.7
    [row] = read_out(PLAN, *a_trial((150, 150, 0), (200, 40, 60)))

    assert (row["verdict"], row["effect"]) == ("not clear", None)
    assert "60 of 300 in treatment" in str(row["reason"])


def test_other_experiments_and_unassigned_outcomes_are_left_alone() -> None:
    assignment, outcome = a_trial((60, 40, 0), (80, 20, 0))
    other = assignment.set_column(0, "experiment_id", pa.array(["e2"] * len(assignment)))
    stray = pa.Table.from_pylist(
        [{"pull_request_id": "acme/shop#999", "value": 1.0}], schema=outcome.schema
    )

    [row] = read_out(
        PLAN, pa.concat_tables([assignment, other]), pa.concat_tables([outcome, stray])
    )

    assert (row["n_control"], row["n_treatment"]) == (100, 100)


def test_shared_arms_are_read_once_and_by_redrawing() -> None:
    assignment, outcome = a_trial((60, 40, 0), (80, 20, 0))
    # ten authors, five in each arm, twenty pull requests each
    shared = assignment.append_column("cluster", pa.array([at // 20 for at in range(200)]))

    [early] = read_out({**PLAN, "planned": 500}, shared, outcome)
    [full] = read_out({**PLAN, "planned": 100}, shared, outcome)

    assert (early["method"], early["verdict"], early["effect"]) == (
        "randomisation",
        "too few",
        None,
    )
    assert full["effect"] == pytest.approx(0.2)
    assert full["verdict"] == "not clear"  # an ordinary z of 3.1 would have called it sure


def test_what_cannot_be_an_assignment_is_refused() -> None:
    assignment, outcome = a_trial((1, 0, 0), (1, 0, 0))
    renamed = assignment.set_column(2, "arm", pa.array(["control", "blue"]))

    with pytest.raises(BadInput, match="arm 'blue'"):
        read_out(PLAN, renamed, outcome)
    with pytest.raises(BadInput, match="assigned twice"):
        read_out(PLAN, pa.concat_tables([assignment, assignment]), outcome)
    with pytest.raises(BadInput, match="two outcomes"):
        read_out(PLAN, assignment, pa.concat_tables([outcome, outcome]))
