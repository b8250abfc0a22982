"""How numbers are written: with their unit, their interval and their n, or as a dash."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from dashboard.text import NOTHING

NBSP = "\N{NO-BREAK SPACE}"
FEW = 5
"""Fewer than this: neither a rate nor an interval is shown."""
ENOUGH = 30
"""Fewer than this: the interval is shown without a point."""

_CURRENCY = {"USD": "$", "EUR": "€", "GBP": "£"}

Row = Mapping[str, Any]


def percent(share: float | None, digits: int = 0) -> str:
    """A share of one, in per cent."""
    return NOTHING if share is None else f"{share * 100:.{digits}f}{NBSP}%"


def share_range(low: float | None, high: float | None) -> str:
    """An interval of a share: `57 to 65 %`."""
    if low is None or high is None:
        return NOTHING
    return f"{low * 100:.0f} to {high * 100:.0f}{NBSP}%"


def points(difference: float | None, digits: int = 1) -> str:
    """A difference of two shares, in points, with its sign."""
    return NOTHING if difference is None else f"{difference * 100:+.{digits}f}"


def count(number: float | None) -> str:
    """A whole number with thousands separated."""
    return NOTHING if number is None else f"{number:,.0f}"


def plural(number: int, one: str, many: str = "") -> str:
    """`1 rule`, `2 rules`."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def money(amount: Decimal | float | None, currency: str | None = "USD") -> str:
    """An amount; cents below a thousand, whole units above."""
    if amount is None:
        return NOTHING
    sign = "-" if amount < 0 else ""
    size = abs(Decimal(amount))
    digits = f"{size:,.2f}" if size < 1_000 else f"{size:,.0f}"
    mark = _CURRENCY.get(currency or "", "")
    return f"{sign}{mark}{digits}" if mark else f"{sign}{digits}{NBSP}{currency or ''}".rstrip()


def thousands(amount: float | None) -> str:
    """An amount of USD to the nearest thousand, for figures that are not known better: `$-297k`."""
    if amount is None:
        return NOTHING
    sign = "-" if amount <= -500 else ""
    if abs(amount) >= 10_000_000:
        return f"{sign}${abs(amount) / 1_000_000:,.1f}M"
    return f"{sign}${abs(amount) / 1_000:,.0f}k"


def moment(us: int | None) -> datetime | None:
    """Microseconds since 1970 as a time in UTC."""
    return None if us is None else datetime.fromtimestamp(us / 1_000_000, UTC)


def day(when: datetime | None, *, year: bool = True) -> str:
    """`3 Nov 2026`."""
    if when is None:
        return NOTHING
    return f"{when.day} {when:%b %Y}" if year else f"{when.day} {when:%b}"


def day_range(first: datetime | None, last: datetime | None) -> str:
    """`31 Aug to 22 Nov 2026`; the year is named once when it is one."""
    if first is None or last is None:
        return "no period"
    if first.date() == last.date():
        return day(first)
    return f"{day(first, year=first.year != last.year)} to {day(last)}"


def clock(us: int | None) -> str:
    """`22 Nov 2026, 06:10 UTC`."""
    when = moment(us)
    return NOTHING if when is None else f"{day(when)}, {when:%H:%M} UTC"


def age(hours: float | None) -> str:
    """How long ago: hours up to two days, then days."""
    if hours is None:
        return NOTHING
    if hours < 1:
        return "under an hour"
    return f"{hours:.0f}{NBSP}h" if hours < 48 else f"{hours / 24:.0f}{NBSP}days"
