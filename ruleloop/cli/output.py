"""How commands print: results on stdout, progress and diagnostics on stderr, one row set, two forms."""

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

Cell = object
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z|\+00:00)?")
Rows = Sequence[Mapping[str, Cell]]


def say(sentence: str) -> None:
    """One line of progress or diagnosis."""
    print(visible(sentence), file=sys.stderr, flush=True)


def show(
    rows: Rows, *, as_json: bool, columns: Sequence[str] | None = None, empty: str = ""
) -> None:
    """Print rows as one flat JSON array, or as a table for a person.

    Args:
        columns: what the table shows and in which order; JSON always has every key.
        empty: what to say to a person when there are no rows: what is missing, and what would fix it.
    """
    if as_json:
        print(json.dumps([{k: _plain(v) for k, v in row.items()} for row in rows], indent=2))
    elif not rows:
        say(empty)
    else:
        _table(rows, columns or list(rows[0]))


def visible(text: str) -> str:
    """Text from outside as a terminal may show it: control and invisible characters spelt out."""
    return "".join(
        each if each.isprintable() or each in "\n\t" else f"\\u{{{ord(each):04x}}}" for each in text
    )


def _table(rows: Rows, columns: Sequence[str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # Into a file or a pipe there is no screen whose width would excuse cutting words.
    console = Console(width=None if sys.stdout.isatty() else max(160, _columns()))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        numeric = all(
            isinstance(row.get(column), int | float | Decimal | None)
            and not isinstance(row.get(column), bool)
            for row in rows
        )
        table.add_column(column.replace("_", " "), justify="right" if numeric else "left")
    for row in rows:
        table.add_row(*(Text(_short(row.get(column))) for column in columns))
    console.print(table)


def _columns() -> int:
    given = os.environ.get("COLUMNS", "")
    return int(given) if given.isdigit() else 0


def _short(value: Cell) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    text = visible(str(value))
    return text[:10] if _INSTANT.fullmatch(text) else text


def _plain(value: Cell) -> Cell:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value
