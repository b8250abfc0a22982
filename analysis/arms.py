"""What is known of one arm of an experiment, and the plain difference between two.

An arm is three sums, so that outcomes can be added a day at a time and no list of them is kept.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from warehouse.errors import BadInput

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Arm:
    """Sufficient sums of one arm's outcomes."""

    n: int
    total: float
    """Sum of the outcomes; for yes and no outcomes the number of yes."""
    total_squares: float
    """Sum of their squares; for yes and no outcomes equal to `total`."""

    def __post_init__(self) -> None:
        if self.n < 0 or not math.isfinite(self.total) or not math.isfinite(self.total_squares):
            raise BadInput(
                f"an arm has n={self.n}, total={self.total}, total_squares={self.total_squares}; "
                "n must be 0 or more and the sums finite"
            )
        least = self.total * self.total / self.n if self.n else 0.0
        if self.total_squares < least - _ROUNDING * max(1.0, least) or (not self.n and self.total):
            raise BadInput(
                f"no {self.n} outcomes have the sum {self.total} and the sum of squares "
                f"{self.total_squares}; the latter is at least total squared over n"
            )

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        """The arm that holds these outcomes."""
        listed = [float(each) for each in values]
        return cls(len(listed), math.fsum(listed), math.fsum(v * v for v in listed))

    @property
    def mean(self) -> float | None:
        """None while there is no outcome."""
        return self.total / self.n if self.n else None

    @property
    def variance(self) -> float | None:
        """Sample variance; None where the outcomes seen say nothing about it.

        Sixty passes of sixty do not prove that nothing ever fails: for yes and no outcomes that
        all agree, one imagined yes and one no are added (the plus-four idea of Agresti and Coull).
        Equal outcomes of another kind have no scale to borrow, hence None.
        """
        if self.n < 2:
            return None
        spread = self.total_squares - self.total * self.total / self.n
        if spread > _ROUNDING * max(1.0, self.total_squares) / self.n:
            return spread / (self.n - 1)
        if self.total == self.total_squares and self.total in (0, self.n):
            return (self.n + 1) / (self.n + 2) ** 2
        return None


@dataclass(frozen=True, slots=True)
class Estimate:
    """The effect of arm b against arm a, with what is not ruled out."""

    effect: float | None
    """mean(b) - mean(a); None while an arm is empty."""
    low: float
    """-inf while nothing is ruled out."""
    high: float
    """inf while nothing is ruled out."""
    p_value: float
    """1 while nothing is known."""
    method: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Two arms compared, before any claim about chance."""

    effect: float | None
    standard_error: float | None
    """None where either variance is unknown."""


def difference(a: Arm, b: Arm) -> Difference:
    """mean(b) - mean(a), variances not pooled: a rule may change the spread too."""
    if a.mean is None or b.mean is None:
        return Difference(None, None)
    variance_a, variance_b = a.variance, b.variance
    if variance_a is None or variance_b is None:
        return Difference(b.mean - a.mean, None)
    return Difference(b.mean - a.mean, math.sqrt(variance_a / a.n + variance_b / b.n))
