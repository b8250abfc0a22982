"""The SQL that DuckDB and Spark both speak, as data, and a check that a query keeps to it.

Parsing proves nothing: sqlglot accepts QUALIFY, and even DuckDB's macros, as Spark. So a query is
taken apart and every node must stand on this list; and tests/test_spark.py runs every file on a
real Spark session and compares the rows. sqlglot is a development dependency, imported on use.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlglot import exp


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STRUCTURE = _words(
    "Select From Join Where Group Order Ordered Limit With CTE Subquery Union Alias TableAlias"
    " Table Column Identifier Star Distinct Window Paren Literal Boolean Null Placeholder Cast"
    " DataType DataTypeParam"
)
OPERATORS = _words("And Or Not EQ NEQ GT GTE LT LTE Is In Like Between Add Sub Mul Div Neg Case If")
FUNCTIONS = _words(
    "Coalesce Nullif Greatest Least Lower Trim RegexpExtract TimestampTrunc Floor Sqrt Abs Concat"
    " Sum Count Min Max Avg Median StddevSamp RowNumber"
)
TYPES = _words("BIGINT DOUBLE TEXT DATE TIMESTAMP BOOLEAN DECIMAL")
UNITS = _words("WEEK MONTH")

# Where the two differ although both accept the words.
_REASONS = {
    "Anonymous": "a function that sqlglot does not know",
    "Qualify": "Spark has no QUALIFY; number the rows in a CTE",
    "Filter": "write CASE WHEN inside the aggregate instead of FILTER",
    "ILike": "lower both sides instead",
    "IntDiv": "the engines round differently",
    "TimeToUnix": "subtract the *_us columns instead",
    "DateDiff": "the engines count boundaries differently; subtract the *_us columns",
    "CurrentTimestamp": "the warehouse is computed as of run_context.as_of_us",
}


def check(sql: str) -> list[str]:
    """Every reason why a query is not one SELECT in the portable SQL; empty when it is."""
    import sqlglot
    from sqlglot import exp

    try:
        trees = sqlglot.parse(sql, read="duckdb")
    except sqlglot.errors.SqlglotError as error:
        return [f"it cannot be parsed: {str(error).splitlines()[0]}"]
    if len(trees) != 1 or not isinstance(trees[0], exp.Select | exp.Union):
        return ["it is not one SELECT"]
    problems = [problem for node in trees[0].walk() for problem in _problems(node)]
    return sorted({*problems, *_token_problems(sql)})


def _problems(node: "exp.Expr") -> Iterator[str]:
    kind = type(node).__name__
    if kind == "Var":
        if str(node.this).upper() not in UNITS:
            yield f"{node.this} is not a unit on the list: {', '.join(sorted(UNITS))}"
    elif kind not in STRUCTURE | OPERATORS | FUNCTIONS:
        yield f"{kind} is not on the list ({_REASONS.get(kind, 'see warehouse/portable.py')})"
    elif look := _LOOKS.get(kind):
        yield from look(node)


def _group(node: "exp.Expr") -> Iterator[str]:
    for name in ("all", "rollup", "cube", "grouping_sets", "totals"):
        if node.args.get(name):
            yield f"GROUP BY {name.upper()} is not on the list"


def _star(node: "exp.Expr") -> Iterator[str]:
    if any(node.args.get(name) for name in ("except_", "except", "replace", "rename")):
        yield "a star with EXCLUDE, REPLACE or RENAME is not on the list"
    if type(node.parent).__name__ != "Count":
        yield "name the columns instead of a star"


def _distinct(node: "exp.Expr") -> Iterator[str]:
    if node.args.get("on"):
        yield "DISTINCT ON is not on the list"


def _with(node: "exp.Expr") -> Iterator[str]:
    if node.args.get("recursive"):
        yield "WITH RECURSIVE is not on the list"


def _type(node: "exp.Expr") -> Iterator[str]:
    name = str(getattr(node.this, "value", node.this))
    if name not in TYPES:
        yield f"type {name} is not on the list"


def _extract(node: "exp.Expr") -> Iterator[str]:
    if str(node.args.get("group")) in ("None", "0"):
        yield "REGEXP_EXTRACT without a group means the match in DuckDB and group 1 in Spark"


def _literal(node: "exp.Expr") -> Iterator[str]:
    if node.args.get("is_string") and "\\" in str(node.this):
        yield "a backslash in a string is an escape in Spark and itself in DuckDB"


def _identifier(node: "exp.Expr") -> Iterator[str]:
    if node.args.get("quoted"):
        yield f'"{node.this}" in double quotes is a name in DuckDB and a string in Spark'


_LOOKS: dict[str, Any] = {
    "Group": _group,
    "Star": _star,
    "Distinct": _distinct,
    "With": _with,
    "DataType": _type,
    "RegexpExtract": _extract,
    "Literal": _literal,
    "Identifier": _identifier,
}


def _token_problems(sql: str) -> Iterator[str]:
    """What the tree no longer shows."""
    from sqlglot.dialects.duckdb import DuckDB

    tokens = list(DuckDB().tokenize(sql))
    if any(token.token_type.name == "DCOLON" for token in tokens):
        yield "write CAST(x AS type) instead of x::type"
    words = [token.text.upper() for token in tokens]
    if words and words[0] == "FROM":
        yield "a query begins with SELECT or WITH"
    if ("WHERE", "(") in pairwise(words):
        yield "Spark can take FROM t WHERE (a) for an alias of t with a column a; drop the bracket"
    if "VARCHAR" in words:
        yield "VARCHAR needs a length in Spark; write STRING"
