"""Publishes what readers may see as a small DuckDB file, and opens it for them.

Readers never open the writer's file: DuckDB refuses while it is held, and it has what nobody needs
to read on a page: bodies, logs, e-mails, logins. What is published is listed column by column in
`warehouse/published.py`; a new generation replaces the old one whole, under open readers.
"""

# ruff: noqa: S608  # every name put into SQL here comes from warehouse/published.py

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from warehouse.durable import sync_folder
from warehouse.engine import DuckEngine, Row
from warehouse.errors import Damaged, NotFound
from warehouse.facts import FACTS, fact
from warehouse.home import Home
from warehouse.published import PUBLISHED, digest
from warehouse.scrub import Scrubber
from warehouse.store import Store
from warehouse.tables import table

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_NEXT = "next_generation"
_META = "snapshot_meta"
_REMEDY = "run: ruleloop learn"


def publish(store: Store, home: Home, pseudonymise: Callable[[str], str]) -> Path:
    """Replace the published file by the store's present content; the former stays beside it.

    People's logins inside published texts become pseudonyms, other personal marks are removed.
    """
    home.published.mkdir(parents=True, exist_ok=True)
    coming = home.published / "next.duckdb"
    for leftover in (coming, coming.with_name(f"{coming.name}.wal")):
        leftover.unlink(missing_ok=True)
    scrubber = Scrubber.of(store, pseudonymise)
    with store.engine.attached(coming, _NEXT):
        for name, columns in PUBLISHED.items():
            _copy(store, name, columns, table(name).key, scrubber)
        for name in FACTS:
            _copy(store, name, [c for c, _ in fact(name).columns], fact(name).key, scrubber)
        store.engine.execute(f"CREATE TABLE {_NEXT}.{_META} AS SELECT ? AS digest", [digest()])
    _replace(coming, home.snapshot)
    return home.snapshot


def _copy(
    store: Store, name: str, columns: Sequence[str], key: Sequence[str], scrubber: Scrubber
) -> None:
    """One table in the order of its key, its free texts scrubbed."""
    chosen = ", ".join(f'"{column}"' for column in columns)
    order = ", ".join(f'"{column}"' for column in key)
    query = f'SELECT {chosen} FROM "{name}" ORDER BY {order}'
    if not scrubber.concerns(name):
        store.engine.execute(f'CREATE TABLE {_NEXT}."{name}" AS {query}')
        return
    with _registered(store.engine, scrubber.scrub(name, store.arrow(query))):
        store.engine.execute(f'CREATE TABLE {_NEXT}."{name}" AS SELECT * FROM scrubbed')


@contextmanager
def _registered(engine: DuckEngine, rows: "pa.Table") -> Iterator[None]:
    engine.register("scrubbed", rows)
    try:
        yield
    finally:
        engine.unregister("scrubbed")


def _replace(coming: Path, current: Path) -> None:
    """Both generations have a whole file at every moment; a power cut leaves one or the other."""
    _sync(coming)
    if current.exists():
        former = current.with_name("previous.duckdb")
        spare = current.with_name("previous.duckdb.new")
        spare.unlink(missing_ok=True)
        os.link(current, spare)
        spare.replace(former)
    coming.replace(current)
    sync_folder(current.parent)


def _sync(file: Path) -> None:
    with file.open("rb+") as handle:
        os.fsync(handle.fileno())


def identity(home: Home) -> str | None:
    """What changes when a snapshot is published, without opening it; None when there is none."""
    try:
        found = home.snapshot.stat()
    except FileNotFoundError:
        return None
    return f"{found.st_ino}-{found.st_mtime_ns}-{found.st_size}"


class Snapshot:
    """The published file, open read-only. Threads may share one."""

    def __init__(self, engine: DuckEngine, identity_: str) -> None:
        self._engine = engine
        self.identity = identity_
        """Changes when a new snapshot is published; compare with `snapshot.identity(home)`."""
        found = self.rows(
            "SELECT MAX(as_of_us) AS as_of_us, BOOL_OR(is_sample) AS is_sample FROM run_context"
        )
        self.as_of_us: int | None = found[0]["as_of_us"]
        """The instant everything in it was computed as of."""
        self.is_sample = bool(found[0]["is_sample"])
        """Whether it shows the sample organisation."""

    @classmethod
    def open(cls, home: Home) -> "Snapshot":
        """The newest published generation.

        Raises:
            NotFound: nothing was published, or by another version; the message says what to run.
            Damaged: the file cannot be read.
        """
        while (before := identity(home)) is not None:
            engine = _open(home)
            if before == identity(home):
                return cls(engine, before)
            engine.close()  # replaced in between: the name and what was opened may differ
        raise NotFound(f"nothing has been published in {home.root} yet; {_REMEDY}")

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """The result as dicts."""
        return self._engine.rows(sql, params)

    def frame(self, sql: str, params: Sequence[object] = ()) -> "pd.DataFrame":
        """The result as a pandas frame."""
        return self._engine.frame(sql, params)

    def arrow(self, sql: str) -> "pa.Table":
        """The result of one SELECT as an Arrow table."""
        return self._engine.sql(sql)

    def close(self) -> None:
        """Let the file go."""
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _open(home: Home) -> DuckEngine:
    try:
        engine = DuckEngine(home.snapshot, read_only=True)
    except Damaged as error:
        raise Damaged(f"{error}; {_REMEDY}") from error
    if _made_by(engine) != digest():
        engine.close()
        raise NotFound(f"{home.snapshot} was published by another version of Ruleloop; {_REMEDY}")
    return engine


def _made_by(engine: DuckEngine) -> Any:
    there = engine.rows(
        "SELECT 1 FROM duckdb_tables() WHERE table_name = ? AND NOT internal", [_META]
    )
    return engine.rows(f"SELECT digest FROM {_META}")[0]["digest"] if there else None
