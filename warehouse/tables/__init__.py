"""The data model: one `.sql` file per table, whose first comments give grain, layer and key.

The `.sql` files are the only definition. Column names, Arrow types and docs/tables.md are read
from them, so the parsers, the store and the documentation cannot disagree.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

import pyarrow as pa

from warehouse.errors import UnknownName

Layer = Literal["observed", "concluded", "technical"]

_TYPES: dict[str, pa.DataType] = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "TIMESTAMP": pa.timestamp("us"),
    "DECIMAL(38,12)": pa.decimal128(38, 12),
}
_COLUMN = re.compile(
    r"^\s+(?P<name>\w+)\s+(?P<type>[A-Z]+(?:\(\d+,\d+\))?)(?P<required> NOT NULL)?,?\s*(?:-- (?P<doc>.*))?$"
)

# Every observed row carries these, so that per key the newest server version wins on replay.
_PROVENANCE = (
    "    updated_us BIGINT NOT NULL,  -- the server's updated_at, else 0\n"
    "    load_id VARCHAR NOT NULL     -- the raw load it was read from\n"
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    name: str
    type: str
    required: bool
    doc: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the warehouse, as its `.sql` file defines it."""

    name: str
    grain: str
    layer: Layer
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    ddl: str

    @property
    def schema(self) -> pa.Schema:
        """Arrow schema; parsers produce exactly this."""
        return pa.schema(
            [pa.field(c.name, _TYPES[c.type], nullable=not c.required) for c in self.columns]
        )


def _read(name: str, text: str) -> Table:
    lines = text.splitlines()
    grain = lines[0].removeprefix("-- ")
    layer = lines[1].removeprefix("-- layer: ")
    key = tuple(lines[2].removeprefix("-- key: ").split(", "))
    assert layer in get_args(Layer), f"{name}.sql: unknown layer {layer!r}"
    columns = tuple(
        Column(m["name"], m["type"], bool(m["required"]), m["doc"] or "")
        for m in map(_COLUMN.match, lines)
        if m
    )
    ddl = text
    if layer == "observed":
        head, _, _ = text.rpartition("\n);")
        last = head.rfind("\n")
        body, comment = head[: last + 1], head[last + 1 :]
        definition, mark, doc = comment.partition(" -- ")
        ddl = f"{body}{definition.rstrip()},{mark}{doc}\n{_PROVENANCE});\n"
        columns += (
            Column("updated_us", "BIGINT", True, "the server's updated_at, else 0"),
            Column("load_id", "VARCHAR", True, "the raw load it was read from"),
        )
    return Table(name, grain, layer, key, columns, ddl)  # type: ignore[arg-type]  # asserted above


@cache
def tables() -> dict[str, Table]:
    """Every table by name, alphabetical."""
    found = {}
    for script in sorted(files(__package__).iterdir(), key=lambda p: p.name):
        if script.name.endswith(".sql"):
            name = script.name.removesuffix(".sql")
            found[name] = _read(name, script.read_text(encoding="utf-8"))
    return found


def table(name: str) -> Table:
    """One table.

    Raises:
        UnknownName: there is no such table.
    """
    try:
        return tables()[name]
    except KeyError:
        raise UnknownName("table", name, tables()) from None
