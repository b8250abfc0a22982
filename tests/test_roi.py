"""The return: a ledger that says what was measured, a range, and the courage to say no."""

from dataclasses import replace

import pyarrow as pa
import pytest

from analysis.roi import (
    DEFAULTS,
    Input,
    Measured,
    dora_return,
    from_metric,
    from_verdict,
    ledger,
    per_year,
    scenario,
)
from warehouse.errors import BadInput, UnknownName
from warehouse.tables import table

VOLUME = "agent_pull_requests_per_year"
DAY = 86_400_000_000


def exactly(value: float) -> Measured:
    return Measured(value, value, value, 500, "worked by hand")


def certain(**changes: float) -> list[dict[str, object]]:
    """A ledger without any uncertainty, so that the result can be worked by hand."""
    values = {
        VOLUME: 10_000.0,
        "pass_rate": 0.5,
        "agent_cost": 2.0,
        "rule_effect": 0.05,
        "rule_decay": 0.2,
        "rule_overhead": 0.1,
        "review_hours": 1.0,
        "rework_hours": 1.0,
        "hour_cost": 100.0,
        "realisation": 0.5,
        "running_cost": 1_000.0,
        "upkeep_share": 0.1,
        "person_cost": 100_000.0,
        "setup_hours": 100.0,
    }
    return ledger({name: exactly(value) for name, value in (values | changes).items()})


def test_every_row_fits_the_table_and_says_where_it_comes_from() -> None:
    rows = ledger({"pass_rate": Measured(0.58, 0.60, 0.62, 800, "metric pass_rate")})

    written = pa.Table.from_pylist(rows, schema=table("roi_input").schema)

    assert len(written) == len(DEFAULTS)
    by_id = {row["input_id"]: row for row in rows}
    assert (by_id["pass_rate"]["basis"], by_id["pass_rate"]["n"]) == ("measured", 800)
    assert (by_id["hour_cost"]["basis"], by_id["hour_cost"]["n"]) == ("assumed", None)
    assert all(row["source"] for row in rows)


def test_what_nobody_measured_is_not_made_up() -> None:
    rows = {row["input_id"]: row for row in ledger({})}

    run = scenario(ledger({}))

    assert rows[VOLUME]["mode"] is None
    assert not any(row["basis"] == "measured" for row in rows.values())
    assert (run.answer, run.npv_p50, run.payback_months) == ("not computed", None, None)
    assert run.missing == (VOLUME, "pass_rate", "agent_cost")


def test_the_present_value_is_the_one_worked_by_hand() -> None:
    # a full year: 10,000 x .05 = 500 failures avoided, each 1/.5 = 2 failed rounds, 1,000 x 2 h
    # x 100 x .5 = 100,000; reading rules 10,000 x 2 x .1 = 2,000; upkeep 1,000 + 10,000 = 11,000
    # year 0: -10,000;  1: .5 x 100,000 - .5 x 2,000 - 11,000 = 38,000
    # 2: .8 x 100,000 - 2,000 - 11,000 = 67,000;  3: .64 x 100,000 - 13,000 = 51,000
    # -10,000 + 38,000/1.1 + 67,000/1.21 + 51,000/1.331 = 118,234.4102...
    by_hand = -10_000 + 38_000 / 1.1 + 67_000 / 1.21 + 51_000 / 1.331

    run = scenario(certain(), draws=10)

    assert [year.p50 for year in run.years] == pytest.approx([-10_000, 38_000, 67_000, 51_000])
    assert (run.npv_p10, run.npv_p50, run.npv_p90) == pytest.approx((by_hand,) * 3)
    assert by_hand == pytest.approx(118_234.41, abs=0.01)
    assert run.payback_months == 4  # 3 x 38,000/12 = 9,500 < 10,000 <= 4 x 38,000/12
    assert run.answer == "yes"
    assert sum(line.p50 for line in run.lines) == pytest.approx(by_hand)


def test_incidents_come_in_with_the_cost_of_verification_or_not_at_all() -> None:
    # year 2 adds: 10,000 less 400 saved = 9,600 pull requests, x 10/1,000 x .5 x .8 = 38.4
    # incidents x 5,000 = 192,000; verification 10,000 x (2 + .5 x 100) x .15 = 78,000
    without = scenario(certain(), draws=10)
    with_them = scenario(
        certain(
            incidents_per_1000=10,
            prevented_share=0.5,
            incident_cost=5_000,
            attention_hours=0.5,
            verification_share=0.15,
        ),
        draws=10,
    )

    assert without.left_out == ("verification and the incidents it prevents",)
    assert with_them.left_out == ()
    gained = with_them.years[2].p50 - without.years[2].p50
    assert gained == pytest.approx(192_000 - 78_000)


def test_it_says_no_when_the_volume_is_too_small_and_names_the_volume_that_would_do() -> None:
    # at volume v: benefit and overhead scale; break-even where the present value is zero
    per_pull = 4.9 / 1.1 + 7.8 / 1.21 + 6.2 / 1.331
    fixed = 10_000 + 11_000 * (1 / 1.1 + 1 / 1.21 + 1 / 1.331)

    run = scenario(certain(agent_pull_requests_per_year=1_000), draws=10)

    assert run.answer == "no"
    assert run.payback_months is None
    assert run.probability_positive == 0
    assert run.break_even_pull_requests == pytest.approx(fixed / per_pull, rel=1e-6)
    assert run.sentence.startswith("No, at 1,000 pull requests")


def test_a_rule_that_hurts_pays_at_no_volume() -> None:
    run = scenario(certain(rule_effect=-0.02), draws=10)

    assert (run.answer, run.break_even_pull_requests) == ("no", None)
    assert "no volume would change that" in run.sentence


def test_without_an_experiment_it_is_called_a_scenario() -> None:
    measured = {VOLUME: exactly(5_000), "pass_rate": exactly(0.6), "agent_cost": exactly(2)}
    proven = measured | {"rule_effect": Measured(0.02, 0.05, 0.08, 2_000, "experiment e1")}

    assumed = scenario(ledger(measured), draws=100)
    tried = scenario(ledger(proven), draws=100)
    prevented = scenario(ledger(proven | {"incidents_per_1000": exactly(10)}), draws=100)

    assert "scenario" in assumed.title
    assert "scenario" not in tried.title
    assert "scenario" in prevented.title  # the prevented share is an effect too, and assumed


def test_the_default_effect_reaches_below_zero_and_the_default_answer_is_no() -> None:
    measured = {VOLUME: exactly(2_000), "pass_rate": exactly(0.6), "agent_cost": exactly(2)}

    run = scenario(ledger(measured))

    effect = {each.input_id: each for each in DEFAULTS}["rule_effect"]
    assert effect.low is not None
    assert effect.low < 0
    assert effect.mode == 0
    assert run.answer == "no"


def test_the_same_ledger_and_seed_give_the_same_bits() -> None:
    measured = {VOLUME: exactly(5_000), "pass_rate": exactly(0.6), "agent_cost": exactly(2)}

    first = scenario(ledger(measured), seed=7)
    again = scenario(ledger(measured), seed=7)
    other = scenario(ledger(measured), seed=8)

    assert first == again
    assert first.npv_p50 != other.npv_p50
    assert first.npv_p10 is not None
    assert first.npv_p50 is not None
    assert first.npv_p90 is not None
    assert first.npv_p10 < first.npv_p50 < first.npv_p90


def test_a_figure_of_ones_own_replaces_an_assumption_and_never_a_measurement() -> None:
    default = {each.input_id: each for each in DEFAULTS}
    rate = replace(default["hour_cost"], low=50, mode=60, high=70, source="payroll 2026")
    passed = replace(default["pass_rate"], low=0.9, mode=0.9, high=0.9, basis="assumed")

    rows = ledger({"pass_rate": exactly(0.6)}, [rate, passed])

    by_id = {row["input_id"]: row for row in rows}
    assert (by_id["hour_cost"]["mode"], by_id["hour_cost"]["source"]) == (60, "payroll 2026")
    assert (by_id["pass_rate"]["mode"], by_id["pass_rate"]["basis"]) == (0.6, "measured")
    with pytest.raises(BadInput, match="hour_cost is stated"):
        ledger({}, [replace(rate, basis="measured")])
    with pytest.raises(UnknownName, match="hour_cost"):
        ledger({"hour_costs": exactly(1)})


@pytest.mark.parametrize("values", [(3, 2, 4), (1, 2, float("inf")), (None, 2, 3)])
def test_a_range_must_run_from_low_to_high(values: tuple[float, float, float]) -> None:
    with pytest.raises(BadInput, match="must be finite and in that order"):
        Input("x", "X", "USD", *values, None, "assumed", "test")


def test_metrics_and_verdicts_become_inputs_only_when_they_know_something() -> None:
    metric = {"metric": "pass_rate", "value": 0.6, "low": 0.55, "high": 0.65, "n": 400}
    metric |= {"query_sha256": "ab" * 32}
    verdict: dict[str, object] = {"experiment_id": "e1", "method": "always_valid"}
    verdict |= {"n_control": 500, "n_treatment": 510, "effect": 0.05, "low": -0.01, "high": 0.11}

    assert from_metric(metric, times=1_000) == Measured(
        550, 600, 650, 400, "metric pass_rate, query abababababab"
    )
    assert from_metric(metric | {"low": None}) is None
    assert from_verdict(verdict | {"verdict": "not clear"}) == Measured(
        -0.01, 0.05, 0.11, 1_010, "experiment e1, always_valid"
    )
    assert from_verdict(verdict | {"verdict": "too few"}) is None
    assert from_verdict(verdict | {"verdict": "not clear", "low": None}) is None


def test_a_yearly_rate_needs_four_weeks() -> None:
    # 400 in 73.05 days, a fifth of a year: 2,000 a year, give or take 2 x 20 x 5 = 200
    found = per_year(400, 0, round(73.05 * DAY), "count")

    assert found is not None
    assert (found.low, found.mode, found.high) == pytest.approx((1_800, 2_000, 2_200))
    assert per_year(400, 0, 27 * DAY, "count") is None


def test_the_dora_calculator_gives_its_published_defaults() -> None:
    # investment (250 + 80 + 9,600) x 500 + 100,000 + 500 x 176,000 x .15 x 3/12 = 8,365,000
    # value 500 x 176,000 x .125 + 6 x .33 x .005 x 1e8 + (2.5 - 3.36) x 400,000 = 11,646,000
    found = dora_return()

    assert (found.investment, found.value) == pytest.approx((8_365_000, 11_646_000))
    assert round(found.percent, 1) == 39.2
    assert round(found.payback_years, 3) == 0.718
