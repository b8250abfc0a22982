"""The world in: one file per source, each a `fetch` that does I/O and a `parse` that is pure.

A source is named in the entry-point group `ruleloop.sources`, so names are listed without
importing anything and one source is imported at a time.
"""

from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import Protocol, cast

import pyarrow as pa

from warehouse.errors import UnknownName


class Source(Protocol):
    """What every source offers to the loop."""

    name: str

    def parse(self, payloads: pa.RecordBatch) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Payloads (kind, key, updated_us, payload) into (table, records); pure.

        Never raises for one bad payload: it yields a `data_issue` record and goes on.
        """
        ...


def source_names() -> list[str]:
    """Every installed source, importing none of them."""
    return sorted({each.name for each in entry_points(group="ruleloop.sources")})


def load_source(name: str) -> Source:
    """Import one source.

    Raises:
        UnknownName: no source has that name; the message lists those there are.
    """
    for each in entry_points(group="ruleloop.sources"):
        if each.name == name:
            return cast(Source, each.load())
    raise UnknownName("source", name, source_names())
