"""What was observed: rows of the observed tables, as Arrow batches that fit their tables exactly."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pyarrow as pa

from warehouse.tables import table

Row = Mapping[str, object]
Records = tuple[str, pa.RecordBatch]
"""A table's name and rows for it."""

# Provenance is set by the store, from the payload row and the load a record came from.
UPDATED = "updated_us"
LOAD = "load_id"

MAX_US = 4_102_444_800_000_000
"""2100-01-01: a later time from a source is a mistake of the source."""


def parse_time(text: str | None) -> int | None:
    """An ISO 8601 time as microseconds since 1970 UTC; a time without a zone is taken as UTC.

    Raises:
        ValueError: it is not a time, or lies outside 1970..2100.
    """
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    us = round(moment.timestamp() * 1_000_000)
    if not 0 <= us < MAX_US:
        raise ValueError(f"{text!r} lies outside 1970..2100")
    return us


def batch(
    name: str, rows: Sequence[Row], *, updated_us: Sequence[int] | None = None
) -> pa.RecordBatch:
    """Rows (dicts by column name) as one batch of table `name`.

    Columns that a row does not name are null. Each `x_at` TIMESTAMP is filled from its `x_us`,
    because both spell the same instant: `*_at` to read, `*_us` to subtract on any engine.
    For an observed table give `updated_us`, one per row; `load_id` is filled by the store.

    Raises:
        UnknownName: there is no such table.
        pa.ArrowInvalid: a value does not fit its column.
    """
    spec = table(name)
    known = {column.name for column in spec.columns}
    named = set().union(*rows)
    if not named <= known:
        raise KeyError(f"table {name} has no column {sorted(named - known)}")
    columns: dict[str, list[object]] = {
        column: [row.get(column) for row in rows] if column in named else [None] * len(rows)
        for column in (c.name for c in spec.columns)
    }
    for column in columns:
        if column.endswith("_at") and f"{column[:-3]}_us" in columns:
            columns[column] = list(columns[f"{column[:-3]}_us"])
    if spec.layer == "observed":
        columns[UPDATED] = list(updated_us) if updated_us is not None else [0] * len(rows)
        columns[LOAD] = [""] * len(rows)
    arrays = [pa.array(columns[f.name], type=f.type) for f in spec.schema]
    return pa.RecordBatch.from_arrays(arrays, schema=spec.schema)
