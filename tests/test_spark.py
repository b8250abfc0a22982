"""One real Spark session runs every fact and every metric, and its rows are compared with DuckDB's.

Only execution proves that SQL is portable. The content is random but seeded, with nulls, ties,
bots, reverts, contradicting times and two currencies, so that every branch of a fact is taken.
"""

import random
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.build import AS_OF, DAY, HOUR, MONDAY, Row, a_context, rows_of
from tests.conftest import missing
from warehouse.engine import DuckEngine, SparkEngine
from warehouse.facts import FACTS, fact
from warehouse.metrics import DIMENSIONS, METRICS, Metric, evaluate
from warehouse.tables import Column, tables

pytestmark = pytest.mark.spark

PULLS = 240
OF_TABLE: dict[tuple[str, str], list[object]] = {
    ("review", "state"): ["APPROVED", "APPROVED", "CHANGES_REQUESTED", "COMMENTED", "PENDING"],
    ("review", "author_type"): ["User", "User", "User", "Bot", None],
    ("review", "submitted_us"): [MONDAY + n * DAY for n in range(60)],
}
AGENTS = ["claude-code", "codex", "copilot", "human"]
LOGINS = ["alice", "Bob", "carol", "dependabot[bot]", "Copilot", None]
TITLES = [
    "feat: basket", "Fix(cart): total", "docs!: x", "Revert \"feat: basket\"", "  chore: y",
    "straße: ü", "no prefix", "", None,
]  # fmt: skip
CHOICES: dict[str, list[object]] = {
    "state": ["open", "closed", "merged", "merged"],
    "author_type": ["User", "User", "Bot", None],
    "title": list(TITLES),
    "agent": list(AGENTS),
    "role": ["author", "co-author", "reviewer"],
    "method": ["label", "trailer", "head_ref", "stated"],
    "model": ["opus-4", "gpt-5", None, None],
    "conclusion": ["success", "success", "failure", "timed_out", "cancelled", None],
    "name": ["test", "lint", "build"],
    "kind": ["reverted", "check_failed", "review_comment"],
    "event": ["head_ref_force_pushed", "labeled"],
    "currency": ["USD", "USD", "USD", "EUR", None],
    "basis": ["billed", "estimated"],
    "failure_mode_id": ["m1", "m2", "m3"],
    "source": ["git", "github"],
    "notes": ["[]", '["a page was empty"]', None],
    "merges_only": [True, False, False, False, None],
    "confidence": [0.2, 0.5, 0.5, 0.9, 1.0],
    "rung": [1, 2, 5, 6],
    "attempt": [1, 2, None],
}


def sha(number: int) -> str:
    return f"{number:040x}"


def a_value(table: str, column: Column, index: int, pick: random.Random) -> object:
    """A plausible value for one column of the index-th row of a table."""
    number = pick.randrange(PULLS)
    special: dict[str, object] = {
        "pull_request_id": f"acme/r{number % 7}#{number}",
        "repo": f"acme/r{number % 7}",
        "merge_commit_sha": sha(number),
        "reverts_sha": pick.choice([sha(number), None, None, None]),
        "reverts_number": pick.choice([number, None, None, None]),
        "body": pick.choice([None, "text", "", f"Reverts acme/r{number % 7}#{number}"]),
        "message": pick.choice(
            ["work", f"This reverts commit {sha(number)}.", "Merge branch 'main' into x", None]
        ),
        "amount": pick.choice([None, Decimal(pick.randrange(10**9)) / 10**6, Decimal(0)]),
        "additions": pick.choice([0, 9, 60, 300, 5_000, None]),
        "deletions": pick.choice([0, 0, 3, None]),
    }
    if (table, column.name) in OF_TABLE:
        value = pick.choice(OF_TABLE[table, column.name])
    elif column.name in special:
        value = special[column.name]
    elif column.name in CHOICES:
        value = pick.choice(CHOICES[column.name])
    elif column.name.endswith("login"):
        value = pick.choice(LOGINS)
    elif column.name.endswith("_us"):
        value = MONDAY + pick.randrange(60 * DAY) if pick.random() > 0.1 else None
    elif column.type == "VARCHAR":
        value = f"{column.name}-{index}"
    elif column.type == "BOOLEAN":
        value = pick.random() < 0.5
    else:
        value = pick.randrange(100)
    if value is None and column.required:
        return pick.randrange(100) if column.type == "BIGINT" else f"{column.name}-{index}"
    return value


def content() -> dict[str, list[Row]]:
    """Rows for every table; each pull request exists once, other keys may repeat nowhere."""
    pick = random.Random(20_260_101)
    found: dict[str, list[Row]] = {}
    for name, spec in tables().items():
        at_columns = {c.name for c in spec.columns if c.name.endswith("_at")}
        columns = [c for c in spec.columns if c.name not in at_columns | {"updated_us", "load_id"}]
        if name in ("load", "data_issue"):
            columns = [c for c in spec.columns if c.name not in at_columns]
        rows: dict[tuple[object, ...], Row] = {}
        for index in range(2 * PULLS):
            row: Row = {c.name: a_value(name, c, index, pick) for c in columns}
            if name == "pull_request":
                number = index % PULLS
                repo = f"acme/r{number % 7}"
                row |= {"pull_request_id": f"{repo}#{number}", "repo": repo, "number": number}
                row |= times_of(str(row["state"]), pick)
            if name == "data_issue":
                row["load_id"] = f"load_id-{index}"
            rows[tuple(row[k] for k in spec.key)] = row
        found[name] = list(rows.values())
    found["run_context"] = [a_context(AS_OF)]
    return found


def times_of(state: str, pick: random.Random) -> Row:
    """Times that mostly fit the state; now and then they are missing or go backwards."""
    created = MONDAY + pick.randrange(58 * DAY)
    ended = created + pick.choice([1, 7, 30, 300, -2]) * HOUR + pick.randrange(HOUR)
    return {
        "created_us": created if pick.random() > 0.03 else None,
        "closed_us": None if state == "open" else ended,
        "merged_us": ended if state == "merged" and pick.random() > 0.05 else None,
    }


class Both:
    """The same content in DuckDB and in Spark, with every fact materialised in each."""

    def __init__(self, folder: Path) -> None:
        self.duck = DuckEngine()
        paths: dict[str, Path] = {}
        for name, rows in content().items():
            batch = pa.Table.from_batches([rows_of(name, rows)])
            paths[name] = folder / f"{name}.parquet"
            pq.write_table(batch, paths[name])
            self.duck.register("given", batch)
            self.duck.execute(f'CREATE TABLE "{name}" AS SELECT * FROM given')
            self.duck.unregister("given")
        self.spark = SparkEngine(paths)
        for name in FACTS:
            for engine in (self.duck, self.spark):
                engine.materialise(name, fact(name).sql)

    def close(self) -> None:
        self.duck.close()
        self.spark.close()


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    if find_spec("pyspark") is None:
        missing("pyspark")
    if shutil.which("java") is None:
        missing("a Java, which pyspark needs,")
    engines = Both(tmp_path_factory.mktemp("parquet"))
    yield engines
    engines.close()


def differences(left: list[Row], right: list[Row]) -> list[str]:
    """What differs between rows in the same order; numbers may by one part in a billion."""
    if len(left) != len(right):
        return [f"{len(left)} rows against {len(right)}"]
    return [
        f"{name}: {a[name]!r} against {b[name]!r} in {a}"
        for a, b in zip(left, right, strict=True)
        for name in a.keys() | b.keys()
        if not same(a[name], b[name])
    ]


def same(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return a == pytest.approx(b, rel=1e-9, abs=1e-9)
    return type(a) is type(b) and a == b


def in_order(rows: list[Row], key: tuple[str, ...]) -> list[Row]:
    return sorted(rows, key=lambda row: [(row[k] is None, str(row[k])) for k in key])


@pytest.mark.parametrize("name", FACTS)
def test_every_fact_has_the_same_rows_on_both_engines(both: Both, name: str) -> None:
    sql = f"SELECT {', '.join(column for column, _ in fact(name).columns)} FROM {name}"

    on_duck, on_spark = (in_order(e.rows(sql), fact(name).key) for e in (both.duck, both.spark))

    assert len(on_duck) >= 2
    assert differences(on_duck, on_spark) == []


def test_the_content_takes_every_branch_of_the_outcome(both: Both) -> None:
    branches: dict[str, set[object]] = {
        "first_review_verdict": {"APPROVED", "CHANGES_REQUESTED"},
        "passed_first_review": {True, False, None},
        "rescued": {True, False, None},
        "first_ci_verdict": {"success", "failure", None},
        "reverted": {True, False},
        "escaped": {True, False},
        "cost_basis": {"billed", "estimated", "mixed", "unpriced", None},
        "size_band": {"XS", "S", "M", "L", "XL", None},
        "survived_14d": {True, False, None},
        "task_type": {"feat", "fix", "docs", "revert", "chore", "other", None},
    }

    for column, values in branches.items():
        rows = both.duck.rows(f"SELECT DISTINCT {column} AS v FROM pull_request_outcome")
        assert values - {row["v"] for row in rows} == set(), column


@pytest.mark.parametrize("each", METRICS, ids=lambda m: m.id)
def test_every_metric_has_the_same_cells_on_both_engines(both: Both, each: Metric) -> None:
    dimensions = list(DIMENSIONS[each.fact])
    for by, where in (
        ([], {}),
        (dimensions[:3], {dimensions[0]: "codex"}),
        (dimensions[1:], {}),
    ):
        on_duck, on_spark = (
            evaluate(engine, [each.id], by=by, where=where) for engine in (both.duck, both.spark)
        )

        assert on_duck, by
        assert differences(on_duck, on_spark) == [], by


FIELDS: list["pa.Field[pa.DataType]"] = [
    pa.field("template", pa.string()),
    pa.field("n", pa.int64()),
]
TEMPLATES = pa.schema(FIELDS)


def mask(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Titles with their digits masked, counted per batch: partials that SQL adds up."""
    for batch in batches:
        counts = Counter(re.sub(r"\d+", "<*>", str(each)) for each in batch["id"].to_pylist())
        yield pa.RecordBatch.from_pydict(
            {"template": list(counts), "n": list(counts.values())},
            schema=TEMPLATES,
        )


def test_the_same_function_over_batches_gives_the_same_partials_in_sum(both: Both) -> None:
    query = "SELECT pull_request_id AS id FROM pull_request"

    totals = []
    for engine in (both.duck, both.spark):
        partials = engine.map_batches(mask, query, TEMPLATES)
        total: Counter[str] = Counter()
        for row in partials.to_pylist():
            total[row["template"]] += row["n"]
        totals.append(total)

    assert totals[0] == totals[1] == {"acme/r<*>#<*>": PULLS}


def test_sql_gives_arrow_on_both(both: Both) -> None:
    query = "SELECT number FROM pull_request WHERE number < 3 ORDER BY number"

    assert both.duck.sql(query)["number"].to_pylist() == [0, 1, 2]
    assert both.spark.sql(query)["number"].to_pylist() == [0, 1, 2]
