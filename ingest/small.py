"""Sources whose payload is one flat record: read from a CSV or Parquet file by column name.

Columns we have a name for become columns; the others ride in the payload, so nothing is lost by
reading a file before there is a place for all of it.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest import tabular
from ingest.payloads import text
from warehouse.errors import BadInput
from warehouse.raw import Payload
from warehouse.records import parse_time
from warehouse.redact import redact, redact_payload

Json = dict[str, Any]


@dataclass(slots=True)
class Fetched:
    """A file, read and checked."""

    payloads: Iterator[Payload]
    newest_us: int
    notes: list[str] = field(default_factory=list)


def fetch_file(
    path: Path,
    *,
    kind: str,
    key: str,
    time: str,
    required: Sequence[str],
    change: Callable[[Json], Json] = lambda row: row,
) -> Fetched:
    """One file as payloads of one kind.

    Args:
        key: the column whose value names a row.
        time: the column whose value dates it.
        required: columns without which the file is another table.
        change: what is done to a row before any of it, its key included, is handed on.

    Raises:
        BadInput: it cannot be read, or lacks a required column.
    """
    notes: list[str] = []
    table = tabular.read(path, notes.append)
    tabular.require(table, [key, *required], path)
    rows = [
        change({name: _plain(value) for name, value in row.items()})
        for row in tabular.records(table)
    ]
    if not rows:
        raise BadInput(f"{path} has a header and no rows")
    notes += _repeated(path, key, rows)
    payloads = [
        Payload(
            kind,
            f"row {place}" if row[key] is None else str(row[key]),
            _instant(row.get(time)),
            redact_payload(row),
        )
        for place, row in enumerate(rows, 1)
    ]
    return Fetched(iter(payloads), max(each.updated_us for each in payloads), notes)


def _repeated(path: Path, key: str, rows: Sequence[Json]) -> list[str]:
    """Rows under one key are one row to the warehouse: a total would come out short unsaid."""
    times = Counter(str(row[key]) for row in rows if row[key] is not None)
    surplus = times.total() - len(times)
    if not surplus:
        return []
    first = next(name for name, count in times.items() if count > 1)
    return [
        f"{path.name}: {surplus} rows repeat the {key} of another row, and one of each is kept "
        f"(first: {redact(ascii(first)[1:-1][:80])})"
    ]


def _plain(value: object) -> object:
    """What JSON can carry; money and everything else unusual goes as text."""
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _instant(value: object) -> int:
    try:
        return parse_time(str(value)) or 0 if value is not None else 0
    except (ValueError, OverflowError):
        return 0  # the parse says so, with the row's key


def words(value: object) -> str | None:
    """Text, or a number as it is written: CSV readers turn ids that look like numbers into them."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return text(value)


def number(body: Mapping[str, Any], name: str) -> float | None:
    """A number, or text that spells one.

    Raises:
        ValueError: it is something else.
    """
    value = body.get(name)
    if value is None or value == "":
        return None
    try:
        found = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        raise ValueError(f"{name} is {value!r}; it must be a number")
    return found
