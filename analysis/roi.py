"""What the feedback loop is worth in money: a ledger of inputs, and a range computed from it.

Other calculators turn asserted hours saved into a single sum; 94 % of the benefit in the best-known
one is hours times salary. Here every input says whether it was measured, an input nobody measured
is not filled in, saved hours count only in the share that is realised, and the answer may be no.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Literal, cast
from zlib import crc32

import numpy as np
import numpy.typing as npt

from analysis.ledger import (
    DEFAULTS,
    Basis,
    Input,
    Measured,
    from_metric,
    from_verdict,
    ledger,
    per_year,
)

__all__ = [
    "DEFAULTS",
    "DoraReturn",
    "Input",
    "Measured",
    "Scenario",
    "dora_return",
    "from_metric",
    "from_verdict",
    "ledger",
    "per_year",
    "scenario",
]

Floats = npt.NDArray[np.float64]
Answer = Literal["yes", "no", "not clear", "not computed"]

YEARS = 3
DISCOUNT = 0.10
"""By custom of total-economic-impact studies."""
RAMP = (0.5, 1.0, 1.0)
"""Share of a year's effect that arrives in it: rules are found and accepted during the first."""

_OPTIONAL = {"incidents_per_1000": "verification and the incidents it prevents"}
"""Without these a line is left out, benefit and cost together, and named."""
_EFFECTS = ("rule_effect", "prevented_share")


@dataclass(frozen=True, slots=True)
class Year:
    """Money in minus money out of one year, undiscounted; year 0 is the set-up."""

    year: int
    p10: float
    p50: float
    p90: float


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the balance over all years."""

    title: str
    kind: Literal["saved hours", "avoided damage", "cost"]
    """Saved hours are capacity, not cash."""
    p50: float
    """Median present value; costs are negative."""


@dataclass(frozen=True, slots=True)
class Swing:
    """What one input alone does to the net present value, the others at their modes."""

    input_id: str
    basis: Basis
    at_low: float
    at_high: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """Three years of the loop, as a range."""

    title: str
    """Contains "scenario" while any effect in it was not measured here."""
    answer: Answer
    sentence: str
    npv_p10: float | None
    npv_p50: float | None
    npv_p90: float | None
    """Net present value in USD; None when an input that nobody may invent is missing."""
    probability_positive: float | None
    payback_months: int | None
    """Of the median draw; None is never, within three years."""
    break_even_pull_requests: float | None
    """Agents' pull requests per year at which the median is zero; None when no volume would do."""
    years: tuple[Year, ...]
    lines: tuple[Line, ...]
    swings: tuple[Swing, ...]
    missing: tuple[str, ...]
    """Input ids without which nothing is computed."""
    left_out: tuple[str, ...]
    """Lines left out, benefit and cost together, because their input is not measured."""
    draws: int
    seed: int


def scenario(
    inputs: Iterable[Mapping[str, object]], *, draws: int = 20_000, seed: int = 1
) -> Scenario:
    """The three-year net present value of running the loop, from the ledger's rows.

    Args:
        inputs: rows of `roi_input`.
        seed: the same rows and seed give the same bits; each input draws from a stream of its own,
            so changing one leaves the others' draws alone.
    """
    known = {name: each for name, each in _read(inputs).items() if each.mode is not None}
    wanted = [each.input_id for each in DEFAULTS]
    missing = tuple(name for name in wanted if name not in known and name not in _OPTIONAL)
    left_out = tuple(line for name, line in _OPTIONAL.items() if name not in known)
    used = [name for name in _EFFECTS if name != "prevented_share" or not left_out]
    assumed = [name for name in used if name not in known or known[name].basis != "measured"]
    title = "Three-year return" + (": a scenario, its effect is assumed" if assumed else "")
    if missing:
        sentence = f"Not computed: {', '.join(missing)} not measured, and no default is honest."
        return Scenario(
            title, "not computed", sentence, None, None, None, None, None, None,
            (), (), (), missing, left_out, draws, seed,
        )  # fmt: skip
    drawn = {name: _pert(each, draws, seed) for name, each in known.items()}
    lines = _lines(drawn)
    flows = _flows(lines)
    npv = _present(flows)
    p10, p50, p90 = (float(each) for each in np.percentile(npv, [10, 50, 90]))
    positive = float((npv > 0).mean())
    needed = _break_even(drawn, npv)
    answer = _answer(p10, p90)
    return Scenario(
        title,
        answer,
        _sentence(answer, positive, needed, known["agent_pull_requests_per_year"]),
        p10,
        p50,
        p90,
        positive,
        _payback(flows),
        needed,
        tuple(
            Year(at, *(float(each) for each in np.percentile(flow, [10, 50, 90])))
            for at, flow in enumerate(flows)
        ),
        tuple(
            Line(name, kind, float(np.median(_present(flow))))
            for (name, kind), flow in lines.items()
        ),
        _swings(known),
        missing,
        left_out,
        draws,
        seed,
    )


def _read(inputs: Iterable[Mapping[str, object]]) -> dict[str, Input]:
    names = [field.name for field in fields(Input)]
    rows = [Input(*(row[name] for name in names)) for row in inputs]  # type: ignore[arg-type]  # typed by the table
    return {each.input_id: each for each in rows}


def _pert(each: Input, draws: int, seed: int) -> Floats:
    """Draws between low and high with most of the weight near the mode (a beta distribution)."""
    low, mode, high = cast(float, each.low), cast(float, each.mode), cast(float, each.high)
    if low == high:
        return np.full(draws, mode, dtype=np.float64)
    rng = np.random.default_rng([seed, crc32(each.input_id.encode())])
    left, right = 1 + 4 * (mode - low) / (high - low), 1 + 4 * (high - mode) / (high - low)
    return low + (high - low) * rng.beta(left, right, draws)


_Key = tuple[str, Literal["saved hours", "avoided damage", "cost"]]


def _lines(x: Mapping[str, Floats]) -> dict[_Key, list[Floats]]:
    """Each line's flow in years 0 to 3.

    A pull request whose failed round is saved is taken out of those that can cause an incident, so
    that no pull request is counted in two benefits.
    """
    volume, price = x["agent_pull_requests_per_year"], x["agent_cost"]
    none = np.zeros_like(volume)
    setup = -x["setup_hours"] * x["hour_cost"]
    upkeep = -(x["running_cost"] + x["upkeep_share"] * x["person_cost"])
    hours = x["review_hours"] + x["rework_hours"]
    found: dict[_Key, list[Floats]] = {
        ("Failed rounds avoided", "saved hours"): [none],
        ("Agents' cost of reading rules", "cost"): [none],
        ("Upkeep and machines", "cost"): [none],
        ("Set-up", "cost"): [setup, none, none, none],
    }
    traced = "incidents_per_1000" in x
    if traced:
        found["Incidents prevented", "avoided damage"] = [none]
        found["Verification", "cost"] = [none]
    for at, ramp in enumerate(RAMP):
        kept = ramp * (1 - x["rule_decay"]) ** at
        freed = volume * x["rule_effect"] * kept
        # A pull request that fails its first review fails 1/p rounds in all before one passes.
        saved = freed / np.maximum(x["pass_rate"], 0.05)
        found["Failed rounds avoided", "saved hours"].append(
            saved * hours * x["hour_cost"] * x["realisation"]
        )
        found["Agents' cost of reading rules", "cost"].append(
            -volume * price * x["rule_overhead"] * ramp
        )
        found["Upkeep and machines", "cost"].append(upkeep)
        if traced:
            rest = np.maximum(volume - np.maximum(freed, 0), 0)
            incidents = rest / 1_000 * x["incidents_per_1000"] * x["prevented_share"] * kept
            found["Incidents prevented", "avoided damage"].append(incidents * x["incident_cost"])
            making = price + x["attention_hours"] * x["hour_cost"]
            found["Verification", "cost"].append(-volume * making * x["verification_share"] * ramp)
    return found


def _flows(lines: Mapping[_Key, Sequence[Floats]]) -> list[Floats]:
    return [
        np.sum([flow[at] for flow in lines.values()], axis=0, dtype=np.float64)
        for at in range(YEARS + 1)
    ]


def _present(flows: Sequence[Floats]) -> Floats:
    total = np.zeros_like(flows[0])
    for at, flow in enumerate(flows):
        total = total + flow / (1 + DISCOUNT) ** at
    return total


def _payback(flows: Sequence[Floats]) -> int | None:
    """Month in which the median draw has its money back, undiscounted, evenly within a year."""
    monthly = np.repeat(np.array(flows[1:]) / 12, 12, axis=0)
    balance = flows[0] + np.cumsum(monthly, axis=0)
    back = balance >= 0
    month = np.where(back.any(axis=0), back.argmax(axis=0) + 1.0, np.inf)
    middle = float(np.sort(month)[len(month) // 2])
    return int(middle) if math.isfinite(middle) else None


def _break_even(drawn: Mapping[str, Floats], npv: Floats) -> float | None:
    """Every line is linear in the volume, so two evaluations give all volumes."""
    volume = drawn["agent_pull_requests_per_year"]
    still = _present(_flows(_lines({**drawn, "agent_pull_requests_per_year": 0 * volume})))
    low, high = 0.0, 1_000.0
    if float(np.median(still + high * (npv - still))) <= 0:
        return None
    for _ in range(40):
        middle = (low + high) / 2
        if float(np.median(still + middle * (npv - still))) > 0:
            high = middle
        else:
            low = middle
    return high * float(np.median(volume))


def _swings(known: Mapping[str, Input]) -> tuple[Swing, ...]:
    modes = {name: np.array([each.mode], dtype=np.float64) for name, each in known.items()}
    found = []
    for name, each in known.items():
        ends = [
            float(_present(_flows(_lines({**modes, name: np.array([end], dtype=np.float64)})))[0])
            for end in (each.low, each.high)
        ]
        found.append(Swing(name, each.basis, ends[0], ends[1]))
    moving = [swing for swing in found if swing.at_low != swing.at_high]
    return tuple(sorted(moving, key=lambda s: (-abs(s.at_high - s.at_low), s.input_id)))


def _answer(p10: float, p90: float) -> Answer:
    if p10 > 0:
        return "yes"
    return "no" if p90 < 0 else "not clear"


def _sentence(answer: Answer, positive: float, needed: float | None, volume: Input) -> str:
    chance = f"{positive:.0%} of draws end above zero"
    at = f"at {volume.mode:,.0f} pull requests by agents per year"
    if answer == "yes":
        return f"Yes on these inputs, {at} it pays: {chance}."
    lead = f"No, {at} it does not pay" if answer == "no" else f"Not clear, {at}"
    if needed is None:
        return f"{lead}: {chance}, and no volume would change that with these inputs."
    return f"{lead}: {chance}; the middle draw breaks even at {needed:,.0f}."


@dataclass(frozen=True, slots=True)
class DoraReturn:
    """What the DORA return calculator says; kept to show what the same inputs do there."""

    investment: float
    value: float
    percent: float
    payback_years: float


def dora_return(
    *,
    staff: float = 500,
    salary: float = 176_000,
    revenue: float = 100_000_000,
    downtime_hour: float = 100_000,
    deployments: float = 50,
    deployments_after: float = 56,
    features: float = 50,
    features_after: float = 56,
    idea_success: float = 0.33,
    idea_impact: float = 0.005,
    fail_rate: float = 0.05,
    fail_rate_after: float = 0.06,
    recovery_hours: float = 4,
    time_saved: float = 0.125,
    license_cost: float = 250,
    additional_cost: float = 80,
    training_cost: float = 9_600,
    infrastructure: float = 100_000,
    dip: float = 0.15,
    dip_months: float = 3,
) -> DoraReturn:
    """The DORA return calculator (dora.dev, calculations.js at fcaf07b), with its defaults.

    One year, no uncertainty, no realised share: a peer to compare with, not our answer.
    """
    tools = (license_cost + additional_cost + training_cost) * staff + infrastructure
    investment = tools + staff * salary * dip * dip_months / 12
    shipped = (features_after - features) * idea_success * idea_impact * revenue
    hour = recovery_hours * downtime_hour
    downtime = (deployments * fail_rate - deployments_after * fail_rate_after) * hour
    value = staff * salary * time_saved + shipped + downtime
    return DoraReturn(
        investment, value, (value - investment) / investment * 100, investment / value
    )
