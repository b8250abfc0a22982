"""Which weeks a page shows: whole ones, old enough to judge, and as many before to compare with."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

PERIODS: dict[str, int | None] = {"4 weeks": 4, "12 weeks": 12, "52 weeks": 52, "All": None}

_WEEK = timedelta(weeks=1)
_MATURE = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Window:
    """Weeks by their Mondays."""

    weeks: tuple[date, ...]
    before: tuple[date, ...]
    """As many weeks before; empty when the window reaches back to the first."""
    note: str
    """What was left out because it may still change, or that nothing was."""

    @property
    def from_us(self) -> int:
        """When the first week begins."""
        return _us(self.weeks[0]) if self.weeks else 0

    @property
    def to_us(self) -> int:
        """When the last week ends."""
        return _us(self.weeks[-1] + _WEEK) if self.weeks else 2**62


def choose(mondays: Iterable[date], weeks: int | None, as_of_us: int) -> Window:
    """The last `weeks` weeks (None: all) that end at least 14 days before the snapshot's as_of.

    They are counted back from the newest week with pull requests and not from today, because the
    history that was imported may have ended years ago. When nothing is old enough everything is
    shown, and said to be young.
    """
    known = sorted(set(mondays))
    as_of = datetime.fromtimestamp(as_of_us / 1_000_000, UTC).date()
    mature = [monday for monday in known if monday + _WEEK + _MATURE <= as_of]
    shown = mature or known
    if not shown:
        return Window((), (), "")
    last, first = shown[-1], known[0]
    start = first if weeks is None else max(last - _WEEK * (weeks - 1), first)
    steps = (last - start) // _WEEK
    window = tuple(start + _WEEK * n for n in range(steps + 1))
    before = tuple(start - _WEEK * n for n in range(len(window), 0, -1)) if start > first else ()
    return Window(window, before, _note(len(known) - len(mature), bool(mature)))


def _note(young: int, some_mature: bool) -> str:
    if not some_mature:
        return "No week is 14 days old yet, so all of this may still change."
    if not young:
        return "Every week is at least 14 days old."
    if young == 1:
        return "The newest week may still change and is left out."
    return f"The newest {young} weeks may still change and are left out."


def _us(day: date) -> int:
    return (day - date(1970, 1, 1)).days * 86_400_000_000
