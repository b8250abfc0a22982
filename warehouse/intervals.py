"""95 % intervals for the estimators of the metric registry, each the one its study found best.

Wilson covers .95 on average from n = 5 on, where Wald covers .66; the median's holds for any
distribution; a ratio's clusters are drawn again whole, because pull requests of one repository
resemble each other.
"""

import math
from collections.abc import Sequence

Z = 1.959963984540054
"""The 97.5 % point of the normal distribution."""

TAIL = 0.025
MIN_CLUSTERS = 5
"""Below this a bootstrap of clusters says more about their number than about the ratio."""
DRAWS = 2_000
SEED = 20_260_101

Interval = tuple[float | None, float | None]
NONE: Interval = (None, None)


def wilson(k: int, n: int) -> tuple[float, float]:
    """Wilson's score interval of a proportion k/n.

    Raises:
        ValueError: not 0 <= k <= n, or n is 0.
    """
    if not 0 <= k <= n or n == 0:
        raise ValueError(f"a proportion needs 0 <= k <= n and n > 0, not {k} of {n}")
    p, z2 = k / n, Z * Z
    centre = p + z2 / (2 * n)
    spread = Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    scale = 1 + z2 / n
    # At the ends the bounds are 0 and 1 exactly; rounding must not put them beyond.
    low = 0.0 if k == 0 else max(0.0, (centre - spread) / scale)
    high = 1.0 if k == n else min(1.0, (centre + spread) / scale)
    return low, high


def first_rank(n: int) -> int:
    """The normal approximation of `median_rank`: right, or one too low."""
    return max(0, math.floor((n + 1 - Z * math.sqrt(n)) / 2))


def median_rank(n: int) -> int:
    """The greatest r for which the r-th smallest and r-th greatest of n enclose the median in 95 %.

    0 when n is below 6: then not even the smallest and the greatest do.
    """
    rank = first_rank(n)
    if n and _binomial_tail(n, rank) <= TAIL:
        return rank + 1
    return rank


def _binomial_tail(n: int, k: int) -> float:
    """P(X <= k) for X of Binomial(n, 1/2), summed from its greatest term down."""
    term = math.exp(
        math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2)
    )
    total = 0.0
    while k >= 0 and term > total * 1e-17:
        total += term
        term *= k / (n - k + 1)
        k -= 1
    return total


def mean_interval(mean: float, deviation: float | None, n: int) -> Interval:
    """Student's interval of a mean; none below two values."""
    if n < 2 or deviation is None:
        return NONE
    from scipy.special import stdtrit

    half = float(stdtrit(n - 1, 1 - TAIL)) * deviation / math.sqrt(n)
    return mean - half, mean + half


def ratio_interval(numerators: Sequence[float], denominators: Sequence[float]) -> Interval:
    """Percentile bootstrap of a ratio of sums, drawing clusters; none below `MIN_CLUSTERS`.

    Draws whose denominator is 0 have no ratio; when they are more than the tail, there is no
    upper bound to give.
    """
    clusters = len(numerators)
    if clusters < MIN_CLUSTERS:
        return NONE
    import numpy as np

    generator = np.random.default_rng(SEED)
    drawn = generator.multinomial(clusters, [1 / clusters] * clusters, size=DRAWS)
    above = drawn @ np.asarray(numerators, dtype=float)
    below = drawn @ np.asarray(denominators, dtype=float)
    has_ratio = below > 0
    if np.mean(~has_ratio) > TAIL:
        return NONE
    low, high = np.quantile(above[has_ratio] / below[has_ratio], [TAIL, 1 - TAIL])
    return float(low), float(high)
