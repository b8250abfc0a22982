"""Intervals and boundaries that stay true however often one looks.

An ordinary p-value looked at daily for 60 days calls 30 % of useless rules significant
(10,000 simulations). Two answers, for two needs: a confidence sequence that may be looked at for
ever, and a group-sequential plan that decides by a declared maximum with nearly the power of a
single look.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Literal

import numpy as np
import numpy.typing as npt

from analysis.arms import Arm, Difference, Estimate, difference
from warehouse.errors import BadInput

Floats = npt.NDArray[np.float64]
Decision = Literal["continue", "better", "worse", "no_difference"]

FEWEST = 10
"""Outcomes per arm below which nothing is claimed: the sequence is asymptotic, and with normal
outcomes looked at from n=2 on it rejected 9.8 % of equal arms (from 10 on 2.6 %)."""

_NORMAL = NormalDist()
_ALWAYS = "always-valid confidence sequence"
_GROUP = "group-sequential, Lan-DeMets O'Brien-Fleming"
_FARTHEST = 8.0
"""Standard deviations beyond which no boundary is looked for."""
_FINEST = 0.005
"""Shortest step the grid resolves; a look that adds less is taken for it: the safe side."""


@dataclass(frozen=True, slots=True)
class Look:
    """All outcomes so far, at one look."""

    a: Arm
    b: Arm


@dataclass(frozen=True, slots=True)
class SequentialResult:
    """Where a group-sequential experiment stands."""

    look: int
    """1-based: the look that decided, or the last one; 0 when there was none."""
    boundary: float
    """What |z| had to reach at that look; inf when that look could decide nothing."""
    z: float | None
    verdict: Decision
    estimate: Estimate


def log_e_value(z: Floats, n: Floats, *, planned: int, alpha: float) -> Floats:
    """Log evidence against "no difference" after `n` outcomes in both arms together.

    Equation 9 of Waudby-Smith and others, arXiv 2103.06476, turned round: the interval leaves
    zero out exactly when this exceeds log(1/alpha).
    """
    information = n * _rho_squared(planned, alpha)
    return np.asarray(
        information * z * z / (2 * (information + 1)) - np.log(information + 1) / 2,
        dtype=np.float64,
    )


def half_width(standard_error: Floats, n: Floats, *, planned: int, alpha: float) -> Floats:
    """Half the confidence sequence's width after `n` outcomes in both arms together."""
    information = n * _rho_squared(planned, alpha)
    factor = 2 * (information + 1) / information * np.log(np.sqrt(information + 1) / alpha)
    return np.asarray(standard_error * np.sqrt(factor), dtype=np.float64)


def _rho_squared(planned: int, alpha: float) -> float:
    # The sequence is narrowest near N* outcomes. Half of the planned total, which is the planned
    # number per arm, had the best power of the choices simulated (.52 against .47 for 5,000).
    log_alpha = -2 * math.log(alpha)
    return (log_alpha + math.log(log_alpha + 1)) / planned


def always_valid(a: Arm, b: Arm, *, planned: int, alpha: float = 0.05) -> Estimate:
    """The effect of b against a, valid at every look, with no maximum.

    Args:
        planned: the number of outcomes per arm for which the interval is made narrowest. It costs
            width to choose it wrong, never validity; choose it before looking.
        alpha: the chance, over all looks together, that the interval ever misses the effect.

    Returns:
        An unbounded interval with p 1 while either arm has fewer than `FEWEST` outcomes, or
        constant outcomes that are not yes or no.
    """
    _check(planned, alpha)
    seen = difference(a, b)
    if seen.effect is None or seen.standard_error is None or min(a.n, b.n) < FEWEST:
        return _unbounded(seen, _ALWAYS)
    n, error = np.float64(a.n + b.n), np.float64(seen.standard_error)
    width = float(half_width(np.asarray(error), np.asarray(n), planned=planned, alpha=alpha))
    evidence = log_e_value(
        np.asarray(seen.effect / error), np.asarray(n), planned=planned, alpha=alpha
    )
    p_value = math.exp(min(0.0, -float(evidence)))
    return Estimate(seen.effect, seen.effect - width, seen.effect + width, p_value, _ALWAYS)


def _unbounded(seen: Difference, method: str) -> Estimate:
    return Estimate(seen.effect, -math.inf, math.inf, 1.0, method)


def _check(planned: int, alpha: float) -> None:
    if planned < 1 or not 0 < alpha < 1:
        raise BadInput(
            f"planned={planned} and alpha={alpha}; planned is the maximum per arm, 1 or more, "
            "and alpha lies between 0 and 1"
        )


def group_sequential(
    looks: Sequence[Look], *, planned: int, alpha: float = 0.05
) -> SequentialResult:
    """Decide at the first look whose |z| reaches its boundary, or at the planned maximum.

    The estimate is the repeated confidence interval (Jennison and Turnbull 1989) of that look, and
    its p-value the smallest alpha with which that look would have decided: both are wider than a
    single look's, and true whatever made the looking stop.

    Args:
        looks: cumulative, oldest first; all that were taken, also those that decided nothing.
        planned: the maximum per arm. Looks past it are read with all of alpha spent; the first one
            that reaches it ends the experiment.

    Raises:
        BadInput: the looks do not grow, or the plan is impossible.
    """
    _check(planned, alpha)
    times = _information_times(looks, planned)
    taken = [(at, time) for at, time in enumerate(times, start=1) if time > 0]
    if not taken:
        seen = difference(looks[-1].a, looks[-1].b) if looks else Difference(None, None)
        return SequentialResult(len(looks), math.inf, None, "continue", _unbounded(seen, _GROUP))
    used = tuple(time for _, time in taken)
    limits = boundaries(used, alpha)
    for index, (at, time) in enumerate(taken):
        seen = difference(looks[at - 1].a, looks[at - 1].b)
        z = _z(seen)
        if z is not None and abs(z) >= limits[index]:
            verdict: Decision = "better" if z > 0 else "worse"
        elif time >= 1:
            verdict = "no_difference"
        else:
            verdict = "continue"
        if verdict != "continue" or index == len(taken) - 1:
            estimate = _repeated(seen, used[: index + 1], limits[index])
            return SequentialResult(at, limits[index], z, verdict, estimate)
    raise AssertionError("the last look always returns")


def _information_times(looks: Sequence[Look], planned: int) -> list[float]:
    """Each look's share of the planned information; 0 for a look that adds none."""
    times: list[float] = []
    latest = 0.0
    for at, look in enumerate(looks, start=1):
        a, b = look.a, look.b
        enough = min(a.n, b.n) >= 2
        time = 2 * a.n * b.n / (a.n + b.n) / planned if enough else 0.0
        if enough and time < latest:
            raise BadInput(
                f"look {at} holds {a.n} and {b.n} outcomes, fewer than a look before it; "
                "looks are cumulative, oldest first"
            )
        times.append(time if time > latest else 0.0)
        latest = max(latest, time)
    return times


def _z(seen: Difference) -> float | None:
    if seen.effect is None or not seen.standard_error:
        return None
    return seen.effect / seen.standard_error


def _repeated(seen: Difference, times: tuple[float, ...], boundary: float) -> Estimate:
    z = _z(seen)
    if seen.effect is None or seen.standard_error is None or z is None:
        return _unbounded(seen, _GROUP)
    width = boundary * seen.standard_error
    return Estimate(
        seen.effect, seen.effect - width, seen.effect + width, _repeated_p(abs(z), times), _GROUP
    )


def _repeated_p(z: float, times: tuple[float, ...]) -> float:
    low, high = -12.0, 0.0  # the alpha, as a power of ten
    if z >= boundaries(times, math.pow(10, low))[-1]:
        return math.pow(10, low)
    for _ in range(16):
        middle = (low + high) / 2
        if z >= boundaries(times, math.pow(10, middle))[-1]:
            high = middle
        else:
            low = middle
    return math.pow(10, high)


def spent(time: float, alpha: float) -> float:
    """How much of `alpha` may be used up at this share of the information.

    Lan and DeMets' O'Brien-Fleming form, spent on each side separately as the published tables do:
    five equal looks give 4.877, 3.357, 2.680, 2.290, 2.031.
    """
    if time >= 1:
        return alpha
    tail = -_NORMAL.inv_cdf(alpha / 4)
    return 2 * math.erfc(tail / math.sqrt(2 * time))


@lru_cache(maxsize=512)
def boundaries(times: tuple[float, ...], alpha: float) -> tuple[float, ...]:
    """What |z| must reach at each look, by integrating the null density look by look.

    Args:
        times: growing shares of the planned information; from the first 1 on, alpha is all spent.

    Armitage, McPherson and Rowe 1969: between looks the sum of outcomes is a Brownian motion, so
    the density of those still running is a convolution cut off at the boundary.
    """
    found: list[float] = []
    grid = density = weights = np.zeros(0)
    before = 0.0
    for at, time in enumerate(times):
        step = max(math.sqrt(time - (times[at - 1] if at else 0.0)), _FINEST)
        budget = spent(time, alpha) - before
        if at and not budget > 0:
            found.append(math.inf)
        elif not at:
            found.append(-_NORMAL.inv_cdf(budget / 2) if budget > 1e-300 else math.inf)
        else:
            found.append(_solve(grid, density * weights, step, budget) / math.sqrt(time))
        before += max(budget, 0.0)
        edge = min(found[-1], _FARTHEST) * math.sqrt(time)
        fresh = _grid(edge, step, times[at + 1] - time if at + 1 < len(times) else 1.0)
        density = _carried(grid, density * weights, fresh, step)
        grid, weights = fresh, _simpson(fresh)
    return tuple(found)


def _grid(edge: float, step: float, next_step: float) -> Floats:
    finest = max(min(step, math.sqrt(next_step)), _FINEST) / 3
    points = min(max(math.ceil(2 * edge / finest), 200), 2000)
    return np.linspace(-edge, edge, points // 2 * 2 + 1)


def _simpson(grid: Floats) -> Floats:
    weights = np.ones(len(grid))
    weights[1:-1:2], weights[2:-1:2] = 4.0, 2.0
    return np.asarray(weights * (grid[1] - grid[0]) / 3, dtype=np.float64)


def _carried(grid: Floats, mass: Floats, fresh: Floats, step: float) -> Floats:
    """The density at the points of `fresh`, one step of Brownian motion after `mass` on `grid`."""
    if not len(grid):
        grid, mass = np.zeros(1), np.ones(1)
    away = (fresh[:, None] - grid[None, :]) / step
    kernel = np.exp(-away * away / 2) / (step * math.sqrt(2 * math.pi))
    return np.asarray(kernel @ mass, dtype=np.float64)


def _solve(grid: Floats, mass: Floats, step: float, budget: float) -> float:
    """The edge that the next step crosses, on either side, with probability `budget`."""
    low, high = 0.0, float(grid[-1]) + _FARTHEST * step
    if _crossing(grid, mass, step, high) >= budget:
        return high
    for _ in range(60):
        middle = (low + high) / 2
        if _crossing(grid, mass, step, middle) > budget:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _crossing(grid: Floats, mass: Floats, step: float, edge: float) -> float:
    # The density is even, so one side counts double.
    return float(2 * (mass @ _upper_tail((edge - grid) / step)))


def _upper_tail(z: Floats) -> Floats:
    from scipy.special import ndtr

    return np.asarray(ndtr(-z), dtype=np.float64)
