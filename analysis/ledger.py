"""The ledger of the return model: each input, its range, and whether anybody measured it.

An input nobody may invent (how many pull requests, how many pass, what they cost) has no default;
the rest have wide ones marked as assumptions, for their owner to replace.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Literal, cast, get_args

from warehouse.errors import BadInput, UnknownName

Basis = Literal["measured", "sourced", "assumed"]

_US_PER_YEAR = 365.25 * 86_400 * 1_000_000
_SHORTEST_WINDOW = 28 / 365.25
_OWN = "assumption: no study gives it for your organisation; replace it with your own figure"


@dataclass(frozen=True, slots=True)
class Input:
    """One input of the model: a range, and where it comes from."""

    input_id: str
    title: str
    unit: str
    low: float | None
    """None while nobody measured it; then mode and high are None too."""
    mode: float | None
    high: float | None
    n: int | None
    """Observations behind it; None when assumed."""
    basis: Basis
    source: str

    def __post_init__(self) -> None:
        if self.basis not in get_args(Basis):
            raise BadInput(f"input {self.input_id} has basis {self.basis!r}; use {get_args(Basis)}")
        values = (self.low, self.mode, self.high)
        if all(each is None for each in values):
            return
        low, mode, high = (math.nan if each is None else each for each in values)
        if not low <= mode <= high or not math.isfinite(low) or not math.isfinite(high):
            raise BadInput(
                f"input {self.input_id} runs {self.low}, {self.mode}, {self.high}; "
                "low, mode and high must be finite and in that order"
            )


@dataclass(frozen=True, slots=True)
class Measured:
    """What a query or an experiment found for one input."""

    low: float
    mode: float
    high: float
    n: int
    source: str
    """Which metric or experiment, and how to find it again."""


def _needed(input_id: str, title: str, unit: str, remedy: str) -> Input:
    # Of the three bases "assumed" is the one that never counts as proof; no value is assumed.
    source = f"not measured yet, and left empty: {remedy}"
    return Input(input_id, title, unit, None, None, None, None, "assumed", source)


def _assumed(
    input_id: str, title: str, unit: str, value: tuple[float, float, float], source: str = _OWN
) -> Input:
    return Input(input_id, title, unit, *value, None, "assumed", source)


DEFAULTS: tuple[Input, ...] = (
    _needed(
        "agent_pull_requests_per_year",
        "Pull requests by agents",
        "per year",
        "sync or import at least 28 days of pull requests",
    ),
    _needed("pass_rate", "Pass rate at first review", "share", "import reviews by people"),
    _needed("agent_cost", "Cost of the agent", "USD per pull request", "import what agents cost"),
    _needed(
        "incidents_per_1000",
        "Incidents traced to agents' pull requests",
        "per 1,000 pull requests",
        "import incidents that link to pull requests",
    ),
    _assumed(
        "rule_effect",
        "Effect of accepted rules on the pass rate",
        "share",
        (-0.03, 0.0, 0.045),
        "assumption: no experiment has been read out; published effects run from -3 points "
        "(machine-written files, arXiv 2602.11988) to +4.5 (curated, arXiv 2602.12670)",
    ),
    _assumed("rule_decay", "Effect lost per year", "share", (0.10, 0.25, 0.50)),
    _assumed(
        "rule_overhead",
        "Change of the agent's cost when it reads rules",
        "share",
        (-0.17, 0.05, 0.20),
        "assumption: published results have either sign, +20 % in arXiv 2602.11988, -17 % output "
        "tokens in arXiv 2601.20404",
    ),
    _assumed("review_hours", "Review of a failed round", "hours", (0.4, 0.7, 1.2)),
    _assumed("rework_hours", "Rework after a failed round", "hours", (0.5, 1.2, 2.5)),
    _assumed("hour_cost", "Cost of an engineer's hour", "USD", (75, 95, 120)),
    _assumed(
        "realisation",
        "Share of saved hours turned into other work",
        "share",
        (0.25, 0.50, 0.80),
        "assumption: total-economic-impact studies take such a share (productivity capture)",
    ),
    _assumed("attention_hours", "People's time per agent's pull request", "hours", (0.3, 0.6, 1.2)),
    _assumed(
        "verification_share",
        "Cost of verification, as a share of making the pull request",
        "share",
        (0.10, 0.15, 0.20),
    ),
    _assumed(
        "prevented_share",
        "Incidents that verification prevents",
        "share",
        (0.30, 0.50, 0.85),
        "assumption: no study found; measure it with a hold-out",
    ),
    _assumed("incident_cost", "Cost of one incident", "USD", (2_000, 6_000, 20_000)),
    _assumed("running_cost", "Machines and storage", "USD per year", (1_200, 3_000, 10_000)),
    _assumed("upkeep_share", "Upkeep and deciding on rules", "of one person", (0.05, 0.15, 0.40)),
    _assumed(
        "person_cost",
        "Cost of an engineer's year",
        "USD",
        (150_000, 176_000, 220_000),
        "assumption around the DORA calculator's default salary, 176,000",
    ),
    _assumed("setup_hours", "Setting it up", "hours", (40, 120, 400)),
)


def ledger(measured: Mapping[str, Measured], own: Iterable[Input] = ()) -> list[dict[str, object]]:
    """The `roi_input` rows: what was measured, else what its owner states, else the default.

    Args:
        measured: by input_id; `from_metric`, `from_verdict` and `per_year` make them.
        own: an organisation's own figures. They replace defaults and never what was measured.

    Raises:
        UnknownName: there is no such input.
        BadInput: a figure of one's own claims to be measured.
    """
    known = {each.input_id: each for each in DEFAULTS}
    stated = {each.input_id: each for each in own}
    for name in [*measured, *stated]:
        if name not in known:
            raise UnknownName("input", name, known)
    for each in stated.values():
        if each.basis == "measured":
            raise BadInput(f"{each.input_id} is stated, so its basis is 'sourced' or 'assumed'")
    rows = []
    for name, default in known.items():
        chosen = stated.get(name, default)
        if name in measured:
            m = measured[name]
            chosen = Input(
                name, default.title, default.unit, m.low, m.mode, m.high, m.n, "measured", m.source
            )
        rows.append({field.name: getattr(chosen, field.name) for field in fields(Input)})
    return rows


def from_metric(row: Mapping[str, object], *, times: float = 1.0) -> Measured | None:
    """A row of `metrics.evaluate` as an input; None when it has no value or no interval."""
    values = [row["low"], row["value"], row["high"]]
    if any(each is None for each in values):
        return None
    low, mode, high = (float(cast(float, each)) * times for each in values)
    source = f"metric {row['metric']}, query {str(row['query_sha256'])[:12]}"
    return Measured(min(low, mode), mode, max(high, mode), cast(int, row["n"]), source)


def from_verdict(row: Mapping[str, object]) -> Measured | None:
    """A row of `verdict` as the rule effect; None unless the experiment could be read."""
    values = [row["low"], row["effect"], row["high"]]
    if row["verdict"] == "too few" or any(each is None for each in values):
        return None
    low, mode, high = (float(cast(float, each)) for each in values)
    n = cast(int, row["n_control"]) + cast(int, row["n_treatment"])
    return Measured(low, mode, high, n, f"experiment {row['experiment_id']}, {row['method']}")


def per_year(count: int, from_us: int, to_us: int, source: str) -> Measured | None:
    """A count over a window as a yearly rate, give or take two Poisson errors.

    None when the window is shorter than 28 days: a fortnight says little about a year.
    """
    years = (to_us - from_us) / _US_PER_YEAR
    if years < _SHORTEST_WINDOW or not count:
        return None
    error = 2 * math.sqrt(count)
    low, mode, high = (each / years for each in (max(count - error, 0), count, count + error))
    return Measured(low, mode, high, count, source)
