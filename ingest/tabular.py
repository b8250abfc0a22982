"""Reading a table somebody else wrote, as plain Arrow columns, saying what is wrong with it.

Whole files are read before anything is handed on, so a file that breaks in the middle leaves
nothing half-stored. Every column comes out as text, whole number, real number or truth value: the
types that JSON has, so a payload keeps a row as it was.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

from warehouse.errors import BadInput

SUFFIXES = (".parquet", ".csv")
_NAMED = 3
"""How many examples a note gives before it only counts."""

Note = Callable[[str], None]
Column: TypeAlias = "pa.ChunkedArray[Any]"

compute: Any = pyarrow.compute
"""Untyped on purpose: pyarrow-stubs refuse a plain number or text beside a column."""


def read(path: Path, note: Note) -> pa.Table:
    """One Parquet or CSV file, whole.

    Args:
        note: told what was repaired or left out.

    Raises:
        BadInput: it cannot be read; the message names the file and the reason.
    """
    try:
        if path.stat().st_size == 0:
            raise BadInput(f"{path} is empty (0 bytes); a Parquet or CSV table was expected")
        raw = _parquet(path) if path.suffix == ".parquet" else _csv(path, note)
    except OSError as problem:
        reason = problem.strerror or _first_line(problem)
        raise BadInput(f"{path} cannot be read: {reason}") from None
    columns = [_plain(raw[name], f"{path.name}, column {name}", note) for name in raw.column_names]
    return pa.Table.from_arrays(columns, names=raw.column_names)


def _parquet(path: Path) -> pa.Table:
    try:
        with pa.parquet.ParquetFile(path) as file:
            return file.read()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as problem:
        if isinstance(problem, PermissionError | IsADirectoryError):
            raise
        raise BadInput(
            f"{path} is not a whole Parquet file ({_first_line(problem)}); "
            "it may have been cut off: fetch it again"
        ) from None


def _csv(path: Path, note: Note) -> pa.Table:
    """Read as bytes: which of them are text is checked column by column, not file by file."""
    broken: list[str] = []

    def leave_out(row: pa.csv.InvalidRow) -> Literal["skip"]:
        broken.append(f"row {row.number} has {row.actual_columns} columns")
        expected.add(row.expected_columns)
        return "skip"

    expected: set[int] = set()
    how = pa.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=leave_out)
    one_thread = pa.csv.ReadOptions(use_threads=False, block_size=16 << 20)
    try:
        with pa.csv.open_csv(path, read_options=one_thread, parse_options=how) as file:
            names = file.schema.names
        broken.clear()
        table = pa.csv.read_csv(
            path,
            read_options=one_thread,
            parse_options=how,
            convert_options=pa.csv.ConvertOptions(
                column_types={name: pa.binary() for name in names},
                null_values=[""],
                strings_can_be_null=True,
                check_utf8=False,
            ),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError) as problem:
        raise BadInput(f"{path} is not a CSV table: {_first_line(problem)}") from None
    if broken:
        some = "; ".join(broken[:_NAMED]) + ("; ..." if len(broken) > _NAMED else "")
        note(
            f"{path.name}: {len(broken)} rows left out, because {max(expected)} columns were "
            f"expected: {some}"
        )
    return table


def _plain(column: Column, where: str, note: Note) -> Column:
    """A column as one of the types JSON has."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
        return column
    if pa.types.is_floating(kind):
        found: Column = compute.if_else(compute.is_finite(column), column, None)
        return found
    if pa.types.is_timestamp(kind):
        return _times(column)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return _text(column, where, note)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _text(column.cast(pa.large_binary()), where, note)
    try:
        return column.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        note(f"{where}: values of type {kind} are not kept")
        return pa.chunked_array([pa.nulls(len(column), pa.string())])


def _times(column: Column) -> Column:
    """Instants as ISO text in UTC; a cast to text would use the column's own zone."""
    instants = column.cast(pa.timestamp("us", column.type.tz), safe=False).cast(pa.int64())
    shown = instants.cast(pa.timestamp("us")).cast(pa.string())
    found: Column = compute.binary_join_element_wise(shown, "Z", "")
    return found


def _text(column: Column, where: str, note: Note) -> Column:
    """Bytes as text: valid UTF-8 at no cost, anything else repaired cell by cell and said."""
    try:
        text = column.cast(pa.large_string())
    except pa.ArrowInvalid:
        text = _repaired(column, where, note)
    nul = compute.match_substring(text, "\x00")
    if count := compute.sum(nul).as_py() or 0:
        row = compute.index(nul, True).as_py() + 1
        note(f"{where}: {count} values hold NUL bytes, kept as U+FFFD (first in row {row})")
        text = compute.replace_substring(text, "\x00", "\ufffd")
    return text


def _repaired(column: Column, where: str, note: Note) -> Column:
    values: list[str | None] = []
    broken: list[int] = []
    cells: list[bytes | None] = column.to_pylist()
    for row, value in enumerate(cells, start=1):
        try:
            values.append(None if value is None else value.decode("utf-8"))
        except UnicodeDecodeError:
            values.append(None if value is None else value.decode("utf-8", "replace"))
            broken.append(row)
    note(
        f"{where}: {len(broken)} values are not UTF-8, kept with U+FFFD (first in row {broken[0]})"
    )
    return pa.chunked_array([pa.array(values, pa.large_string())])


def require(table: pa.Table, names: Sequence[str], path: Path) -> None:
    """Refuse a table that is not the one its name promises.

    Raises:
        BadInput: names the columns that are missing and those that were found.
    """
    missing = [name for name in names if name not in table.column_names]
    if missing:
        found = ", ".join(_shown(name) for name in table.column_names[:20]) or "none"
        raise BadInput(
            f"{path} is not a {path.stem} table: column {', '.join(missing)} is missing "
            f"(found: {found})"
        )


def integers(column: Column) -> Column:
    """Ids as whole numbers, also where a CSV wrote "12" or pandas wrote 12.0; others null."""
    found: Column
    kind = column.type
    if pa.types.is_integer(kind):
        found = column.cast(pa.int64(), safe=False)
    elif pa.types.is_floating(kind):
        integral = compute.equal(column, compute.floor(column))
        small = compute.less(compute.abs(column), 2.0**53)
        found = compute.if_else(compute.and_(integral, small), column, None).cast(pa.int64())
    elif pa.types.is_boolean(kind):
        found = pa.chunked_array([pa.nulls(len(column), pa.int64())])
    else:
        number = compute.extract_regex(column.cast(pa.large_string()), r"^(?P<n>\d{1,18})(?:\.0)?$")
        found = compute.struct_field(number, "n").cast(pa.int64())
    return found


def records(table: pa.Table, size: int = 2_000) -> Iterator[Mapping[str, object]]:
    """Rows as dicts, a slice of the columns at a time."""
    for batch in table.to_batches(max_chunksize=size):
        yield from batch.to_pylist()


def _first_line(problem: BaseException) -> str:
    lines = str(problem).splitlines()
    return _shown(lines[0].rstrip(".")) if lines else type(problem).__name__


def _shown(text: str) -> str:
    """A name from a stranger's file, safe to print."""
    return ascii(text)[1:-1][:80]
