"""What an engine does with SQL, Arrow and files, and what it does not let SQL do."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from warehouse.engine import DuckEngine, SparkEngine
from warehouse.errors import Damaged, NotFound


def test_importing_the_engine_imports_neither_duckdb_nor_spark_nor_pandas() -> None:
    code = (
        "import sys, warehouse.engine, warehouse.metrics, warehouse.snapshot, warehouse.store\n"
        "print([m for m in ('duckdb', 'pyspark', 'pandas', 'scipy', 'sqlglot') "
        "if m in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_arrow_goes_in_and_rows_arrow_and_frames_come_out() -> None:
    with DuckEngine() as engine:
        engine.register("given", pa.table({"a": [1, 2, 3], "b": ["x", None, "z"]}))
        engine.materialise("kept", "SELECT * FROM given WHERE a > 1")
        engine.unregister("given")

        rows = engine.rows("SELECT * FROM kept WHERE a < ? ORDER BY a", [3])
        table = engine.sql("SELECT * FROM kept ORDER BY a")
        frame = engine.frame("SELECT * FROM kept WHERE a = ?", [3])

    assert rows == [{"a": 2, "b": None}]
    assert table.to_pydict() == {"a": [2, 3], "b": [None, "z"]}
    assert frame.to_dict("list") == {"a": [3], "b": ["z"]}


def test_a_function_runs_over_the_batches_of_a_query() -> None:
    schema = pa.schema({"n": pa.int64()})
    sizes = []

    def count(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            sizes.append(batch.num_rows)
            yield pa.RecordBatch.from_pydict({"n": [batch.num_rows]}, schema=schema)

    with DuckEngine() as engine:
        result = engine.map_batches(count, "SELECT * FROM range(120_000)", schema)

    assert sum(row["n"] for row in result.to_pylist()) == 120_000
    assert max(sizes) <= 60_000


def test_times_are_utc() -> None:
    with DuckEngine() as engine:
        [row] = engine.rows("SELECT CAST(to_timestamp(0) AS VARCHAR) AS t")

    assert row["t"] == "1970-01-01 00:00:00+00"


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('{file}')",
        "SELECT * FROM '{file}'",
        "COPY (SELECT 1) TO '{file}'",
        "ATTACH '{folder}/other.duckdb' AS other",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SELECT * FROM secret_of_python",
    ],
)
def test_sql_reaches_no_file_no_extension_and_no_python_variable(
    tmp_path: Path, statement: str
) -> None:
    secret_of_python = pa.table({"a": [1]})
    file = tmp_path / "secret.csv"
    file.write_text("a\n1\n")

    with DuckEngine(tmp_path / "own.duckdb") as engine, pytest.raises(Exception, match="Error"):
        engine.rows(statement.format(file=file, folder=tmp_path))

    assert secret_of_python.num_rows == 1
    assert file.read_text() == "a\n1\n"


def test_only_the_named_folder_can_be_attached_and_it_is_checkpointed(tmp_path: Path) -> None:
    shown = tmp_path / "it's shown"
    shown.mkdir()

    with DuckEngine(tmp_path / "own.duckdb", attachable=shown) as engine:
        with engine.attached(shown / "copy.duckdb", "other"):
            engine.execute("CREATE TABLE other.t AS SELECT 7 AS a")
        with pytest.raises(Exception, match="disabled by configuration"):
            engine.execute(f"ATTACH '{tmp_path}/x.duckdb' AS x")

    assert not (shown / "copy.duckdb.wal").exists()
    with DuckEngine(shown / "copy.duckdb", read_only=True) as reader:
        assert reader.rows("SELECT a FROM t") == [{"a": 7}]


def test_a_transaction_is_all_or_nothing() -> None:
    with DuckEngine() as engine:
        engine.execute("CREATE TABLE t (a BIGINT NOT NULL)")

        def insert(*values: str) -> None:
            with engine.transaction():
                for value in values:
                    if value == "stop":
                        raise ValueError(value)
                    engine.execute(f"INSERT INTO t VALUES ({value})")

        with pytest.raises(ValueError, match="stop"):
            insert("1", "stop")
        with pytest.raises(Exception, match="NOT NULL"):
            insert("2", "NULL")
        insert("3")

        assert engine.rows("SELECT a FROM t") == [{"a": 3}]


def test_threads_share_a_reader_without_mixing_results(tmp_path: Path) -> None:
    with DuckEngine(tmp_path / "a.duckdb") as engine:
        engine.execute("CREATE TABLE t AS SELECT range AS a FROM range(1000)")
    wrong: list[object] = []

    with DuckEngine(tmp_path / "a.duckdb", read_only=True) as reader:

        def ask(n: int) -> None:
            for _ in range(20):
                found = reader.rows("SELECT COUNT(*) AS n FROM t WHERE a < ?", [n])
                if found != [{"n": n}]:
                    wrong.append(found)

        threads = [threading.Thread(target=ask, args=(n,)) for n in (1, 10, 100, 1000)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert wrong == []


def test_a_missing_and_a_damaged_file_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "bad.duckdb").write_bytes(b"x" * 5_000)

    with pytest.raises(NotFound, match="there is no database at"):
        DuckEngine(tmp_path / "none.duckdb", read_only=True)
    with pytest.raises(Damaged, match=r"bad\.duckdb cannot be read as a database"):
        DuckEngine(tmp_path / "bad.duckdb")


def test_without_pyspark_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)

    with pytest.raises(NotFound, match=r"pip install 'ruleloop\[spark\]'"):
        SparkEngine({})
