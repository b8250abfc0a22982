"""Turning a batch of raw payloads into table rows without one bad payload stopping the rest.

Every source's `parse` is this loop plus one small function per kind of payload. What cannot be
used becomes a `data_issue` row, because a payload that vanished silently would bias every share
computed later.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from warehouse import records
from warehouse.tables import tables

Json = Mapping[str, Any]
Row = dict[str, object]
Handler = Callable[[Json, "Rows"], None]
"""Reads one payload and adds its rows; the errors in `_UNUSABLE` make it a data issue instead."""

_UNUSABLE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
_REFUSED = (pa.ArrowException, TypeError, ValueError, OverflowError)
_BIGINT = 1 << 63


class Rows:
    """The rows that a batch of payloads gives, per table, in the order they came."""

    def __init__(self) -> None:
        self._kept: dict[str, list[tuple[Row, int, str]]] = {}
        self._once: dict[tuple[str, str], tuple[Row, int, str]] = {}
        self._issues: dict[tuple[str, str, str], None] = {}
        self._pending: list[tuple[str, Row]] = []
        self._pending_once: list[tuple[str, str, Row]] = []
        self._problems: list[tuple[str, str, str]] = []
        self.key = ""
        """The key of the payload being read: what a data issue is filed under by default."""
        self.kind = ""
        self.updated_us = 0

    def add(self, table: str, row: Row) -> None:
        """One row for `table`; columns it does not name are null."""
        self._pending.append((table, row))

    def add_once(self, table: str, key: str, row: Row) -> None:
        """A row that many payloads repeat (their repository); the newest of the batch is kept."""
        self._pending_once.append((table, key, row))

    def issue(self, problem: str, *, table: str | None = None, key: str | None = None) -> None:
        """Say that something could not be used as it was."""
        self._problems.append((table or self.kind, key or self.key, problem))

    def time(
        self, body: Json, name: str, *, table: str | None = None, key: str | None = None
    ) -> int | None:
        """The ISO time `body[name]` as microseconds; an impossible one is unknown, and said."""
        value = body.get(name)
        if value is None:
            return None
        try:
            return records.parse_time(value)
        except (ValueError, TypeError, OverflowError):
            self.issue(f"{name} is not a time: {_short(value)}", table=table, key=key)
            return None

    def ordered(
        self, row: Row, earlier: str, *later: str, table: str | None = None, key: str | None = None
    ) -> None:
        """A negative duration stays as it is, and is said."""
        start = row.get(earlier)
        if not isinstance(start, int):
            return
        for name in later:
            end = row.get(name)
            if isinstance(end, int) and end < start:
                self.issue(
                    f"{_plain(name)} is before {_plain(earlier)}, a negative duration",
                    table=table,
                    key=key,
                )

    def each(self, items: list[Any] | None, name: str, read: Callable[[Json], None]) -> None:
        """Read every item of a nested list; a broken item is an issue and the others are kept."""
        if items is None:
            return
        for position, item in enumerate(items):
            if item is None:
                continue  # GraphQL answers null for a node the token may not see
            mark = len(self._pending), len(self._pending_once)
            try:
                read(item)
            except _UNUSABLE as problem:
                del self._pending[mark[0] :], self._pending_once[mark[1] :]
                self.issue(f"{name}[{position}] cannot be used: {_reason(problem)}")

    def accept(self) -> None:
        """The payload was read to its end: keep its rows."""
        for table, row in self._pending:
            self._kept.setdefault(table, []).append((row, self.updated_us, self.key))
        for table, key, row in self._pending_once:
            known = self._once.get((table, key))
            if known is None or known[1] <= self.updated_us:
                self._once[table, key] = (row, self.updated_us, self.key)
        self._file()

    def refuse(self, problem: str) -> None:
        """The payload cannot be used: drop its rows and say so, once."""
        self._problems = [(self.kind, self.key, problem)]
        self._file()

    def _file(self) -> None:
        self._issues.update(dict.fromkeys(self._problems))
        self._pending.clear()
        self._pending_once.clear()
        self._problems = []

    def batches(self) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Everything kept, one batch per table, tables in alphabetical order, issues last."""
        kept = {table: list(rows) for table, rows in self._kept.items()}
        for (table, _), once in self._once.items():
            kept.setdefault(table, []).append(once)
        for table in sorted(kept):
            yield from self._table(table, kept[table])
        if self._issues:
            yield "data_issue", _issues(list(self._issues))

    def _table(
        self, table: str, kept: Sequence[tuple[Row, int, str]]
    ) -> Iterator[tuple[str, pa.RecordBatch]]:
        required = [c.name for c in tables()[table].columns if c.required][:-2]
        whole = []
        for each in kept:
            row, _, key = each
            absent = [name for name in required if row.get(name) is None]
            if absent:
                self._issues[table, key, f"{', '.join(absent)} is missing"] = None
            else:
                whole.append(each)
        if not whole:
            return
        try:
            yield table, _batch(table, whole)
        except _REFUSED:
            fitting = [each for each in whole if self._fits(table, each)]
            if fitting:
                yield table, _batch(table, fitting)

    def _fits(self, table: str, each: tuple[Row, int, str]) -> bool:
        """One value that does not fit its column must not cost the other rows of the load."""
        try:
            _batch(table, [each])
        except _REFUSED as problem:
            key = each[2]
            self._issues[table, key, f"a value does not fit its column: {_reason(problem)}"] = None
            return False
        return True


def parse_each(
    payloads: pa.RecordBatch, handlers: Mapping[str, Handler]
) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Payloads (kind, key, updated_us, payload) through the handler of their kind.

    Pure and total: an unreadable payload, an unknown kind, a missing field or a value of the wrong
    type is a `data_issue` row and the rest is kept.
    """
    rows = Rows()
    columns = [
        payloads.column(name).to_pylist() for name in ("kind", "key", "updated_us", "payload")
    ]
    for rows.kind, rows.key, rows.updated_us, text in zip(*columns, strict=True):
        handler = handlers.get(rows.kind)
        if handler is None:
            known = ", ".join(sorted(handlers))
            rows.refuse(f"this source knows no payload of kind {rows.kind!r}; it knows: {known}")
            continue
        try:
            body = json.loads(text)
            if "\\u0000" in text or "\\ud" in text:
                body = _cleaned(body, rows)
            handler(body, rows)
        except _UNUSABLE as problem:
            rows.refuse(f"the payload cannot be used: {_reason(problem)}")
        else:
            rows.accept()
    yield from rows.batches()


def nodes(connection: object) -> list[Any] | None:
    """The nodes of a GraphQL connection; null when the connection itself is null."""
    if connection is None:
        return None
    if not isinstance(connection, Mapping):
        raise TypeError(f"a connection is an object with nodes, not {_short(connection)}")
    found = connection.get("nodes")
    if found is None or isinstance(found, list):
        return found
    raise TypeError(f"nodes is a list, not {_short(found)}")


def inner(body: Json, outer: str, name: str) -> Any:
    """`body.outer.name`, where outer may be null."""
    found = body.get(outer)
    return None if found is None else found.get(name)


def lower(value: object) -> str | None:
    """GitHub's enum names are upper case in one interface and lower in the other."""
    found = text(value)
    return None if found is None else found.lower()


def identifier(value: object) -> str | None:
    """An id as text, whether the source writes it as a number or a string."""
    if value is None or isinstance(value, str):
        return value
    return str(whole(value))


def text(value: object) -> str | None:
    """A string as it is, nothing as null, any other JSON value refused."""
    if value is None or isinstance(value, str):
        return value
    raise TypeError(f"text was expected, not {_short(value)}")


def whole(value: object) -> int | None:
    """A whole number as it is, nothing as null, any other JSON value refused."""
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and -_BIGINT <= value < _BIGINT:
        return value
    raise TypeError(f"a whole number was expected, not {_short(value)}")


def json_array(names: object) -> str | None:
    """A list of names as the JSON text that label columns hold."""
    if names is None:
        return None
    if not isinstance(names, list):
        raise TypeError(f"a list of names was expected, not {_short(names)}")
    return json.dumps([n for n in names if isinstance(n, str)], ensure_ascii=False)


def _batch(table: str, kept: Sequence[tuple[Row, int, str]]) -> pa.RecordBatch:
    return records.batch(table, [r for r, _, _ in kept], updated_us=[u for _, u, _ in kept])


def _issues(found: Sequence[tuple[str, str, str]]) -> pa.RecordBatch:
    return records.batch(
        "data_issue",
        [
            {"load_id": "", "table_name": table, "row_key": key, "problem": problem}
            for table, key, problem in found
        ],
    )


def _cleaned(body: Any, rows: Rows) -> Any:
    """NUL characters and lone surrogates cannot pass every engine: shown as U+FFFD, and said."""
    found = False

    def clean(value: Any) -> Any:
        nonlocal found
        if isinstance(value, str):
            safe = value.replace("\x00", "\ufffd")
            if not safe.isascii():  # joins surrogate pairs and shows the lonely ones
                safe = safe.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            found = found or safe != value
            return safe
        if isinstance(value, dict):
            return {clean(name): clean(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [clean(inner) for inner in value]
        return value

    body = clean(body)
    if found:
        rows.issue("it holds NUL characters or broken Unicode, kept as U+FFFD")
    return body


def _reason(problem: BaseException) -> str:
    if isinstance(problem, KeyError):
        return f"{problem.args[0]} is missing" if problem.args else "a field is missing"
    if isinstance(problem, json.JSONDecodeError):
        return f"not JSON at character {problem.pos}"
    if isinstance(problem, RecursionError):
        return "it is nested too deeply"
    if isinstance(problem, AttributeError):
        return "an object was expected where there is none"
    return str(problem).splitlines()[0][:200] if str(problem) else type(problem).__name__


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def _plain(column: str) -> str:
    return f"{column.removesuffix('_us')}_at" if column.endswith("_us") else column
