"""The facts: one `.sql` file each, one SELECT in the SQL that DuckDB and Spark both speak.

A fact is materialised after every change, so pages and metrics never repeat its joins. Each file's
first comments give grain, key and what every column means; docs/tables.md is made of them.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from warehouse.errors import UnknownName

FACTS: tuple[str, ...] = (
    "pull_request_outcome",
    "failure_mode_week",
    "attribution_coverage",
    "cost_by_agent_month",
    "source_health",
)
"""Every fact, each after those it reads."""

_DOC = re.compile(r"^-- (?P<name>\w+): (?P<doc>.+)$")


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact, as its `.sql` file defines it."""

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    """Column name and meaning, in the order of the SELECT."""
    sql: str


@cache
def fact(name: str) -> Fact:
    """One fact.

    Raises:
        UnknownName: there is no such fact.
    """
    if name not in FACTS:
        raise UnknownName("fact", name, FACTS)
    text = (files(__package__) / f"{name}.sql").read_text(encoding="utf-8")
    lines = text.splitlines()
    docs = [(m["name"], m["doc"]) for m in map(_DOC.match, lines) if m]
    key = next(doc for column, doc in docs if column == "key")
    return Fact(
        name=name,
        grain=lines[0].removeprefix("-- "),
        key=tuple(key.split(", ")),
        columns=tuple((column, doc) for column, doc in docs if column != "key"),
        sql=text,
    )
