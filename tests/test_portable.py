"""Every query that must run on both engines keeps to the SQL that both speak."""

import pytest

from warehouse.facts import FACTS, fact
from warehouse.metrics import DIMENSIONS, METRICS, Metric, compile_metric
from warehouse.portable import check


@pytest.mark.parametrize("name", FACTS)
def test_every_fact_is_one_portable_select(name: str) -> None:
    assert check(fact(name).sql) == []


@pytest.mark.parametrize("each", METRICS, ids=lambda m: m.id)
def test_every_metric_compiles_to_one_portable_select(each: Metric) -> None:
    dimensions = list(DIMENSIONS[each.fact])

    assert check(compile_metric(each)) == []
    assert check(compile_metric(each, by=dimensions)) == []
    assert check(compile_metric(each, by=dimensions[:1], where=dimensions)) == []


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("SELECT a FROM t QUALIFY ROW_NUMBER() OVER () = 1", "Qualify is not on the list"),
        ("SELECT SUM(a) FILTER (WHERE b) FROM t", "Filter is not on the list"),
        ("SELECT a, COUNT(*) FROM t GROUP BY ALL", "GROUP BY ALL"),
        ("SELECT a FROM t ORDER BY ALL", "ALL is not a unit"),
        ("SELECT * FROM t", "instead of a star"),
        ("SELECT * EXCLUDE (a) FROM t", "EXCLUDE"),
        ("SELECT LIST(a) FROM t", "ArrayAgg is not on the list"),
        ("SELECT [1, 2]", "Array is not on the list"),
        ("SELECT {'a': 1}", "Struct is not on the list"),
        ("SELECT CAST(a AS INTEGER[]) FROM t", "type ARRAY is not on the list"),
        ("SELECT CAST(a AS STRUCT(b BIGINT)) FROM t", "type STRUCT is not on the list"),
        ("SELECT CAST(a AS HUGEINT) FROM t", "type INT128 is not on the list"),
        ("SELECT EPOCH(a) FROM t", "TimeToUnix is not on the list"),
        ("SELECT EPOCH_US(a) FROM t", "is not on the list"),
        ("SELECT NOW()", "is not on the list"),
        ("SELECT CURRENT_TIMESTAMP", "CurrentTimestamp is not on the list"),
        ("SELECT wilson_lo(a, b) FROM t", "Anonymous is not on the list"),
        ("SELECT JSON_EXTRACT(a, '$.b') FROM t", "JSONExtract is not on the list"),
        ("SELECT a ->> 'b' FROM t", "JSONExtractScalar is not on the list"),
        ("SELECT DATE_DIFF('day', a, b) FROM t", "DateDiff is not on the list"),
        ("SELECT DATE_TRUNC('QUARTER', a) FROM t", "QUARTER is not a unit"),
        ("SELECT a // b FROM t", "IntDiv is not on the list"),
        ("SELECT a ILIKE 'x' FROM t", "ILike is not on the list"),
        ("SELECT a::BIGINT FROM t", "CAST(x AS type)"),
        ("SELECT CAST(a AS VARCHAR) FROM t", "STRING"),
        ("SELECT DISTINCT ON (a) b FROM t", "DISTINCT ON"),
        ("WITH RECURSIVE a AS (SELECT 1 AS b) SELECT b FROM a", "RECURSIVE"),
        ("FROM t SELECT a", "begins with SELECT"),
        ("SELECT a FROM READ_PARQUET('x')", "ReadParquet is not on the list"),
        ("SELECT QUANTILE_CONT(a, 0.5) FROM t", "PercentileCont is not on the list"),
        ("SELECT REGEXP_EXTRACT(a, 'b(c)') FROM t", "without a group"),
        (r"SELECT REGEXP_EXTRACT(a, '\d+', 0) FROM t", "backslash"),
        ('SELECT "a" FROM t', "double quotes"),
        ("SELECT a FROM t WHERE (TRUE)", "drop the bracket"),
        ("SELECT 1; SELECT 2", "not one SELECT"),
        ("DELETE FROM t", "not one SELECT"),
        ("CREATE MACRO m(a) AS a", "not one SELECT"),
        ("SELECT FROM WHERE", "cannot be parsed"),
    ],
)
def test_what_only_one_engine_speaks_is_refused_with_a_reason(sql: str, says: str) -> None:
    problems = check(sql)

    assert any(says in problem for problem in problems), problems
