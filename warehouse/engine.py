"""Runs SQL and batch functions on DuckDB, or on Spark: the only module that imports either.

Everything above speaks the portable SQL of `warehouse/portable.py` and pure functions over Arrow
batches, so one machine and a cluster give the same rows. Both libraries are imported when an
engine is made: a command that opens no warehouse pays for neither.
"""

import hashlib
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

import pyarrow as pa

from warehouse.errors import Damaged, Locked, NotFound

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

BatchFunction = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]
Row = dict[str, Any]  # a value of any SQL type

BATCH_ROWS = 50_000
_ALIAS = "snapshot"


class Queries(Protocol):
    """What a reader of rows needs; a snapshot and every engine have it."""

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """The result as dicts; `?` in the SQL stand for `params`."""
        ...


class Engine(Queries, Protocol):
    """What the same SQL and the same function need from either engine."""

    def sql(self, query: str) -> pa.Table:
        """The result of one SELECT."""
        ...

    def map_batches(self, fn: BatchFunction, query: str, schema: pa.Schema) -> pa.Table:
        """Run a pure function over the batches of a SELECT; its results have `schema`."""
        ...

    def materialise(self, name: str, query: str) -> None:
        """Keep the result of a SELECT under a name, replacing what had that name."""
        ...


class DuckEngine:
    """DuckDB: in memory, on the writer's file, or read-only on a published file.

    No file but its own can be read or written through it, and no extension loaded: rows come from
    strangers, and a query that could name a path would be a way out.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        read_only: bool = False,
        attachable: Path | None = None,
    ) -> None:
        """Open a database.

        `attachable` is the one further directory whose databases `attach` may open.

        Raises:
            NotFound: `read_only` and there is no such file.
            Locked: another process has the file open for writing.
            Damaged: the file is not a database that can be read.
        """
        self.path = path
        self._read_only = read_only
        if path is not None and read_only and not path.is_file():
            raise NotFound(f"there is no database at {path}")
        with _translated(path):
            self._con = self._open()
            self._con.execute("SET GLOBAL TimeZone = 'UTC'")
            if attachable is not None:
                self._con.execute(f"SET allowed_directories = ['{_quoted(attachable)}/']")
            self._con.execute("SET enable_external_access = false")
            self._con.execute("SET lock_configuration = true")

    def _open(self) -> "duckdb.DuckDBPyConnection":
        import duckdb

        config: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
        }
        if self.path is None or not self._read_only:
            return duckdb.connect(str(self.path) if self.path else ":memory:", config=config)
        # Attached to a database of its own, because connecting twice to one path in one process
        # gives the first file again even after it was replaced: seen, the second reader was stale.
        con = duckdb.connect(":memory:", config=config)
        con.execute(f"ATTACH '{_quoted(self.path)}' AS {_ALIAS} (READ_ONLY)")
        con.execute(f"USE {_ALIAS}")
        return con

    def _session(self) -> "duckdb.DuckDBPyConnection":
        """Readers get a cursor each, so that a dashboard's threads never share a result."""
        if not self._read_only:
            return self._con
        cursor = self._con.cursor()
        cursor.execute(f"USE {_ALIAS}")
        return cursor

    def execute(self, sql: str, params: Sequence[object] = ()) -> None:
        """Run a statement for its effect."""
        with _translated(self.path):
            self._session().execute(sql, list(params))

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """The result as dicts."""
        with _translated(self.path):
            result = self._session().execute(sql, list(params))
            names = [column[0] for column in result.description or ()]
            return [dict(zip(names, values, strict=True)) for values in result.fetchall()]

    def frame(self, sql: str, params: Sequence[object] = ()) -> "pd.DataFrame":
        """The result as a pandas frame."""
        with _translated(self.path):
            return self._session().execute(sql, list(params)).df()

    def sql(self, query: str) -> pa.Table:
        """The result of one SELECT as an Arrow table."""
        with _translated(self.path):
            found: pa.Table = self._session().sql(query).to_arrow_table()
            return found

    def map_batches(self, fn: BatchFunction, query: str, schema: pa.Schema) -> pa.Table:
        """Run a pure function over the batches of a SELECT."""
        with _translated(self.path):
            batches = self._session().sql(query).to_arrow_reader(BATCH_ROWS)
            return pa.Table.from_batches(fn(iter(batches)), schema=schema)

    def materialise(self, name: str, query: str) -> None:
        """Keep the result of a SELECT as a table."""
        self.execute(f'CREATE OR REPLACE TABLE "{name}" AS\n{query}')

    def register(self, name: str, rows: pa.Table) -> None:
        """Let SQL see an Arrow table under a name, without copying it."""
        self._con.register(name, rows)

    def unregister(self, name: str) -> None:
        """Forget a registered Arrow table."""
        self._con.unregister(name)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or, when anything raises, none of it."""
        self.execute("BEGIN TRANSACTION")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            self._rollback()
            raise

    def _rollback(self) -> None:
        import duckdb

        try:
            self._con.execute("ROLLBACK")
        except duckdb.Error:
            # DuckDB has already rolled back, for example after a failed COMMIT; the caller's error
            # is on its way and says what happened.
            return

    @contextmanager
    def attached(self, path: Path, alias: str) -> Iterator[None]:
        """Another database under `alias`, checkpointed before it is let go.

        The checkpoint names its database: a bare CHECKPOINT means the default one, and the
        attached file would be published without its last rows and without an error.
        """
        self.execute(f"ATTACH '{_quoted(path)}' AS {alias}")
        try:
            yield
            self.execute(f"CHECKPOINT {alias}")
        finally:
            self.execute(f"DETACH {alias}")

    def close(self) -> None:
        """Let the file go."""
        self._con.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class SparkEngine:
    """Apache Spark over the same Parquet files; pays only beyond one machine (docs/spark.md)."""

    def __init__(self, tables: Mapping[str, Path], master: str = "local[2]") -> None:
        """Start, or join, a session and let SQL see each Parquet file or folder under its name.

        Raises:
            NotFound: pyspark is not installed.
        """
        try:
            from pyspark.sql import SparkSession
        except ImportError as error:
            raise NotFound(
                "engine spark needs pyspark; install it with: pip install 'ruleloop[spark]'"
            ) from error
        if master.startswith("local"):
            # Workers are of this interpreter, not of whichever python3 comes first on the path.
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = SparkSession.builder.master(master).appName("ruleloop")
        for key, value in _spark_settings(master).items():
            builder = builder.config(key, value)
        self._session = builder.getOrCreate()
        self._session.sparkContext.setLogLevel("ERROR")
        for name, path in tables.items():
            self._session.read.parquet(str(path)).createOrReplaceTempView(name)

    def sql(self, query: str) -> pa.Table:
        """The result of one SELECT as an Arrow table."""
        return _arrow(self._session.sql(query))

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        """The result as dicts."""
        frame = self._session.sql(sql, args=list(params)) if params else self._session.sql(sql)
        return [row.asDict() for row in frame.collect()]

    def map_batches(self, fn: BatchFunction, query: str, schema: pa.Schema) -> pa.Table:
        """Run a pure function over the batches of a SELECT, on every worker.

        The function sees one partition, so what it returns must be partials that SQL can add up.
        """
        from pyspark.sql.pandas.types import from_arrow_schema

        with warnings.catch_warnings():
            # It warns of pandas 3 although Arrow batches never become pandas frames.
            warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas")
            mapped = self._session.sql(query).mapInArrow(fn, from_arrow_schema(schema))
        return _arrow(mapped).cast(schema)

    def materialise(self, name: str, query: str) -> None:
        """Keep the result of a SELECT as a temporary view whose rows are computed once."""
        # Checkpointed, not cached: a cached view keeps its whole plan, which every later question
        # would analyse again.
        self._session.sql(query).localCheckpoint().createOrReplaceTempView(name)

    def close(self) -> None:
        """Stop the session."""
        self._session.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _spark_settings(master: str) -> dict[str, str]:
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
        # DuckDB's TIMESTAMP has no zone; without this Spark reads it as an instant with one.
        "spark.sql.timestampType": "TIMESTAMP_NTZ",
        "spark.sql.shuffle.partitions": "4",
    }
    if master.startswith("local"):
        settings |= {
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.memory": "1g",
        }
    return settings


def _arrow(frame: Any) -> pa.Table:  # Any: pyspark is untyped here
    result: pa.Table = frame.toArrow()
    return result


def sha256(sql: str) -> str:
    """The identity of a query: printed beside every number it gave."""
    return hashlib.sha256(sql.encode()).hexdigest()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


@contextmanager
def _translated(path: Path | None) -> Iterator[None]:
    """DuckDB's errors about the file as ours; an error in our own SQL stays as it is, a bug."""
    import duckdb

    try:
        yield
    except (
        duckdb.IOException,
        duckdb.FatalException,
        duckdb.InternalException,
        duckdb.SerializationException,
    ) as error:
        text = " ".join(str(error).split())
        where = path or "the database in memory"
        if holder := re.search(r"Conflicting lock is held in (.*?\(PID \d+\))", text):
            raise Locked(f"{where} is open in {holder[1]}; close that first") from error
        if "No space left" in text or "Permission denied" in text:
            raise
        raise Damaged(f"{where} cannot be read as a database: {text[:300]}") from error
