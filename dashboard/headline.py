"""The sentence on top of the overview: what the tests say, never what a model makes of it."""

import math
from dataclasses import dataclass

from dashboard.figures import ENOUGH, NBSP, count, percent, plural, points, share_range
from dashboard.text import Safe, md
from warehouse.metrics import wilson


@dataclass(frozen=True, slots=True)
class Share:
    """k of n."""

    k: int
    n: int

    @property
    def value(self) -> float | None:
        """None of nothing."""
        return self.k / self.n if self.n else None

    @property
    def interval(self) -> tuple[float | None, float | None]:
        """Wilson, 95 %."""
        return wilson(self.k, self.n) if self.n else (None, None)


@dataclass(frozen=True, slots=True)
class Change:
    """The difference of two independent shares, with its 95 % interval."""

    difference: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """The interval leaves zero out."""
        return self.low > 0 or self.high < 0


def change(now: Share, before: Share) -> Change | None:
    """Newcombe's hybrid score interval (Statistics in Medicine 17, 1998, method 10).

    None while either share rests on fewer than 30.
    """
    if min(now.n, before.n) < ENOUGH:
        return None
    (l1, u1), (l0, u0) = wilson(now.k, now.n), wilson(before.k, before.n)
    p1, p0 = now.k / now.n, before.k / before.n
    below = math.sqrt((p1 - l1) ** 2 + (u0 - p0) ** 2)
    above = math.sqrt((u1 - p1) ** 2 + (p0 - l0) ** 2)
    return Change(p1 - p0, p1 - p0 - below, p1 - p0 + above)


def headline(now: Share, before: Share, period: str) -> Safe:
    """What became of the pass rate. One comparison, chosen before looking."""
    if not now.n:
        return md("**No pass rate yet:** no pull request of an agent was reviewed by a person.")
    if now.n < ENOUGH:
        return md(
            "**Too few to say:** {k} of {n} passed their first review, so the pass rate lies "
            "anywhere from {range}.",
            k=count(now.k),
            n=plural(now.n, "reviewed pull request"),
            range=share_range(*now.interval),
        )
    found = change(now, before)
    if found is None:
        return md(
            "**{value} passed their first review** ({range}, {n}). {why}",
            why=f"The {period} before hold too few to compare with."
            if before.n
            else "There is nothing before to compare with.",
            value=percent(now.value),
            range=share_range(*now.interval),
            n=plural(now.n, "reviewed pull request"),
        )
    values = {
        "now": percent(now.value),
        "before": percent(before.value),
        "low": points(found.low),
        "high": points(found.high) + NBSP + "points",
        "n": count(now.n),
        "m": count(before.n),
        "period": period,
    }
    if not found.is_clear:
        return md(
            "**No clear change in the pass rate:** {now}, after {before} in the {period} before "
            "({low} to {high}; {n} and {m} reviewed pull requests).",
            **values,
        )
    return md(
        "**The pass rate {verb} from {before} to {now}** against the {period} before "
        "({low} to {high}; {n} and {m} reviewed pull requests).",
        verb="rose" if found.difference > 0 else "fell",
        **values,
    )
