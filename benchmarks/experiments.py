"""How often experiments are wrong when nothing is there, and how often they see what is.

All on simulated pull requests, 17 per arm and day, 60 % passing: the only place where the truth is
known. The oracle is the ordinary test with one look at the planned end, which nobody keeps to.
"""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from analysis.experiments import boundaries, randomisation_test
from analysis.sequential import half_width, log_e_value
from benchmarks.registry import Result

FIGURES = (
    "aa_always_valid",
    "aa_group_sequential",
    "power_share_of_oracle",
    "always_valid_power_share",
    "aa_clustered",
    "fdr",
    "false_improved_worst_mode",
    "false_improved_trend",
    "coverage",
)
TARGETS = {
    "aa_always_valid": {"at_most": 0.05},
    "aa_group_sequential": {"at_most": 0.055},
    "power_share_of_oracle": {"at_least": 0.95},
    "always_valid_power_share": {"at_least": 0.60},
    "aa_clustered": {"at_most": 0.06},
    "coverage": {"at_least": 0.95},
}

Floats = npt.NDArray[np.float64]
Shares = list[npt.NDArray[np.bool_]]

_ALPHA = 0.05
_BASE, _EFFECT = 0.60, 0.06
_PER_DAY, _DAYS = 17, 60
_PLANNED = _PER_DAY * _DAYS  # what a single look needs for 80 % power
_LONG = 6  # times the plan: an always-valid chart is watched on and on
_SIMS, _CHUNK = 10_000, 1_000
_CLUSTERED_SIMS, _AUTHORS, _PULLS, _DRAWS = 2_000, 20, 2_040, 199
_WITHIN_AUTHOR = 0.1  # intra-class correlation


def run(data: Path | None, seed: int) -> Result:  # noqa: ARG001  # simulated: needs no data
    """10,000 experiments without and with an effect, looked at every day; 2,000 clustered ones."""
    rng = np.random.default_rng(seed)
    limits = np.asarray(boundaries(tuple(day / _DAYS for day in range(1, _DAYS + 1)), _ALPHA))
    ordinary = np.asarray(boundaries((1.0,), _ALPHA))
    aa_always = [_excluded(z, n) for z, n, _, _ in _experiments(rng, 0.0, _DAYS * _LONG)]
    aa_group: Shares = []
    naive: Shares = []
    for z, _, _, _ in _experiments(rng, 0.0, _DAYS):
        aa_group.append(_crossed(z, limits))
        naive.append(_crossed(z, ordinary))
    oracle: Shares = []
    group: Shares = []
    always: Shares = []
    covered: Shares = []
    for z, n, effect, error in _experiments(rng, _EFFECT, _DAYS):
        oracle.append(_crossed(z[:, -1:], ordinary))
        group.append(_crossed(z, limits))
        always.append(_excluded(z, n))
        width = half_width(error, n, planned=_PLANNED, alpha=_ALPHA)
        covered.append(np.asarray((np.abs(effect - _EFFECT) <= width).all(axis=1)))
    best = _share(oracle)
    figures = {
        "aa_always_valid": _share(aa_always),
        "aa_group_sequential": _share(aa_group),
        "power_share_of_oracle": _share(group) / best,
        "always_valid_power_share": _share(always) / best,
        "aa_clustered": _clustered(rng),
        "coverage": _share(covered),
    }
    return Result(
        figures, n=_SIMS, peers={"aa_ordinary_test_daily": _share(naive), "one_look_power": best}
    )


def _experiments(
    rng: np.random.Generator, effect: float, days: int
) -> Iterator[tuple[Floats, Floats, Floats, Floats]]:
    """z, n of both arms, effect and standard error: a row per experiment, a column per day."""
    n = _PER_DAY * np.arange(1.0, days + 1)[None, :]
    for _ in range(_SIMS // _CHUNK):
        a = rng.binomial(_PER_DAY, _BASE, (_CHUNK, days)).cumsum(axis=1) / n
        b = rng.binomial(_PER_DAY, _BASE + effect, (_CHUNK, days)).cumsum(axis=1) / n
        error = np.sqrt((a * (1 - a) + b * (1 - b)) / (n - 1))
        # As `Arm.variance`: outcomes that all agree are given one of each kind.
        error = np.where(error == 0, np.sqrt(2 * (n + 1) / (n + 2) ** 2 / n), error)
        yield (b - a) / error, 2 * n, b - a, error


def _excluded(z: Floats, n: Floats) -> npt.NDArray[np.bool_]:
    evidence = log_e_value(z, n, planned=_PLANNED, alpha=_ALPHA)
    return np.asarray((evidence > -math.log(_ALPHA)).any(axis=1))


def _crossed(z: Floats, limits: Floats) -> npt.NDArray[np.bool_]:
    return np.asarray((np.abs(z) >= limits).any(axis=1))


def _share(parts: Shares) -> float:
    return float(np.concatenate(parts).mean())


def _clustered(rng: np.random.Generator) -> float:
    """How often p <= .05 for equal arms of 10 authors, who differ and of whom few write most."""
    spread = 1 / _WITHIN_AUTHOR - 1
    wrong = 0
    for sim in range(_CLUSTERED_SIMS):
        weight = rng.pareto(1.5, _AUTHORS) + 0.3
        author = rng.choice(_AUTHORS, _PULLS, p=weight / weight.sum())
        quality = rng.beta(_BASE * spread, (1 - _BASE) * spread, _AUTHORS)
        outcome = (rng.random(_PULLS) < quality[author]).astype(float)
        arm = rng.permutation(np.arange(_AUTHORS) % 2)[author]
        found = randomisation_test(
            outcome.tolist(), arm.tolist(), author.tolist(), draws=_DRAWS, seed=sim
        )
        wrong += found.p_value <= _ALPHA
    return wrong / _CLUSTERED_SIMS
