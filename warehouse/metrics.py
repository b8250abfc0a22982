"""Evaluates metrics of the registry on anything that answers SQL, with n, window and interval.

A metric is compiled to one SELECT in the portable SQL, so that DuckDB, Spark and a published
snapshot give the same cell; the interval is added in Python from what the SELECT returned. Names
come from closed sets and values go in as parameters: nothing a person types becomes SQL.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, localcontext
from itertools import groupby
from typing import Any

from warehouse import intervals
from warehouse.engine import Queries, Row, sha256
from warehouse.errors import BadInput
from warehouse.intervals import wilson
from warehouse.metric_registry import (
    CLUSTER,
    CURRENCY,
    CURRENCY_OF,
    DIMENSIONS,
    METRICS,
    WINDOW,
    Metric,
    dimension,
    metric,
)
from warehouse.reference import metrics_markdown, tables_markdown

__all__ = [
    "DIMENSIONS",
    "METRICS",
    "Metric",
    "compile_metric",
    "evaluate",
    "metric",
    "metrics_markdown",
    "tables_markdown",
    "wilson",
]

_CENT = Decimal("1e-12")
"""Money is kept to 12 places, as in the warehouse."""


def evaluate(
    engine: Queries,
    ids: Sequence[str],
    by: Sequence[str] = (),
    where: Mapping[str, str] | None = None,
) -> list[Row]:
    """One row per metric and cell, metrics in the order asked, cells sorted by dimension values.

    Keys always present: metric, every dimension of `by`, value, numerator, denominator, n, low,
    high, interval, unit, window_from, window_to, as_of, query_sha256. A value is None when nothing
    was asked (n = 0). Money is Decimal, and None when a cell mixes currencies.

    Raises:
        UnknownName: no metric, or no dimension of its fact, has that name.
        BadInput: a dimension is asked for twice.
    """
    conditions = dict(where or {})
    if len(set(by)) != len(by):
        raise BadInput(f"each dimension can be asked for once, not {', '.join(by)}")
    chosen = [metric(each) for each in ids]
    queries = [compile_metric(each, by, tuple(conditions)) for each in chosen]
    [context] = engine.rows("SELECT MAX(as_of) AS as_of FROM run_context")
    result: list[Row] = []
    for each, query in zip(chosen, queries, strict=True):
        found = engine.rows(query, tuple(conditions.values()))
        same = {"as_of": _text(context["as_of"]), "query_sha256": sha256(query)}
        result += [
            {"metric": each.id, **cell, **same} for cell in _CELLS[each.estimator](each, by, found)
        ]
    return result


def compile_metric(of: Metric, by: Sequence[str] = (), where: Sequence[str] = ()) -> str:
    """The one SELECT of a metric; each dimension of `where` is compared with a parameter.

    Raises:
        UnknownName: the metric's fact has no such dimension.
    """
    names = [*by]
    columns = [f"{dimension(of, name)} AS {name}" for name in names]
    conditions = [f"CAST({dimension(of, name)} AS STRING) = ?" for name in where]
    if of.where:
        conditions.append(f"({of.where})" if conditions else of.where)
    rows = f"FROM {of.fact}" + (f"\nWHERE {' AND '.join(conditions)}" if conditions else "")
    if of.estimator == "median":
        return _median(of, names, columns, rows)
    if of.estimator == "ratio" and of.fact in CLUSTER:
        columns.append(f"{CLUSTER[of.fact]} AS cluster_id")
    measures = [*columns, *_MEASURES[of.estimator](of), *_window(of)]
    grouped = [column.rpartition(" AS ")[0] for column in columns]
    return _select(measures, rows, grouped)


def _select(columns: Sequence[str], rows: str, grouped: Sequence[str]) -> str:
    group = f"\nGROUP BY {', '.join(grouped)}" if grouped else ""
    return "SELECT\n    " + ",\n    ".join(columns) + f"\n{rows}{group}"


def _window(of: Metric) -> list[str]:
    """When the rows that were asked were created, and for money in what currency they are."""
    time = WINDOW[of.fact]
    if of.estimator in ("proportion", "count"):
        time = f"CASE WHEN {of.denominator} THEN {time} END"
    elif of.estimator == "mean":
        time = f"CASE WHEN {of.value} IS NOT NULL THEN {time} END"
    columns = [f"MIN({time}) AS window_from", f"MAX({time}) AS window_to"]
    if of.unit == CURRENCY:
        currency = f"COALESCE({CURRENCY_OF[of.fact]}, '')"
        columns += [f"MIN({currency}) AS currency_from", f"MAX({currency}) AS currency_to"]
    return columns


def _counted(condition: str, name: str) -> str:
    return f"CAST(SUM(CASE WHEN {condition} THEN 1 ELSE 0 END) AS BIGINT) AS {name}"


_MEASURES: Mapping[str, Callable[[Metric], list[str]]] = {
    "proportion": lambda of: [
        _counted(f"({of.denominator}) AND ({of.value})", "numerator"),
        _counted(of.denominator, "denominator"),
    ],
    "count": lambda of: [_counted(of.value, "n")],
    "sum": lambda of: [f"SUM({of.value}) AS numerator", f"COUNT({of.value}) AS n"],
    "mean": lambda of: [
        f"AVG({of.value}) AS value",
        f"STDDEV_SAMP({of.value}) AS deviation",
        f"COUNT({of.value}) AS n",
    ],
    "ratio": lambda of: [
        f"SUM({of.value}) AS numerator",
        f"CAST(SUM({of.denominator}) AS BIGINT) AS denominator",
        f"COUNT({of.value}) AS n",
    ],
}


def _median(of: Metric, names: Sequence[str], columns: Sequence[str], rows: str) -> str:
    """The median and, at both ends, the two order statistics one of which bounds the interval."""
    cell = f"PARTITION BY {', '.join(names)}" if names else ""
    rising = "ORDER BY CASE WHEN x IS NULL THEN 1 ELSE 0 END, x"
    chosen = [*columns, f"{of.value} AS x", f"{WINDOW[of.fact]} AS happened_at"]
    ranked = [
        *names,
        "x",
        "happened_at",
        f"COUNT(x) OVER ({cell}) AS n",
        f"ROW_NUMBER() OVER ({cell} {rising}) AS place",
    ]
    placed = [*names, "x", "happened_at", "n", "place", f"{_FIRST_RANK} AS edge"]
    asked = "CASE WHEN x IS NOT NULL THEN happened_at END"
    final = [
        *names,
        "MEDIAN(x) AS value",
        "COUNT(x) AS n",
        "MIN(CASE WHEN place = edge THEN x END) AS low_outer",
        "MIN(CASE WHEN place = edge + 1 THEN x END) AS low_inner",
        "MIN(CASE WHEN place = n + 1 - edge THEN x END) AS high_outer",
        "MIN(CASE WHEN place = n - edge THEN x END) AS high_inner",
        f"MIN({asked}) AS window_from",
        f"MAX({asked}) AS window_to",
    ]
    return (
        f"WITH chosen AS (\n{_select(chosen, rows, ())}\n),\n"
        f"ranked AS (\n{_select(ranked, 'FROM chosen', ())}\n),\n"
        f"placed AS (\n{_select(placed, 'FROM ranked', ())}\n)\n"
        f"{_select(final, 'FROM placed', names)}"
    )


# intervals.first_rank in SQL; which of it and the next is exact is decided in Python.
_FIRST_RANK = (
    f"GREATEST(CAST(FLOOR((n + 1 - {intervals.Z:.15f} * SQRT(CAST(n AS DOUBLE))) / 2) AS BIGINT), "
    "0)"
)


# --- from what the SELECT returned to cells -------------------------------------------------------


def _cell(
    of: Metric,
    by: Sequence[str],
    row: Row,
    *,
    value: Any,
    n: int,
    interval: str,
    bounds: tuple[Any, Any] = (None, None),
    numerator: Any = None,
    denominator: Any = None,
) -> Row:
    unit = of.unit
    if unit == CURRENCY:
        unit = row["currency_from"] or CURRENCY
        if row["currency_from"] != row["currency_to"]:
            # Adding dollars to euros would be inventing a number.
            unit, value, numerator, bounds = "several currencies", None, None, (None, None)
    return {
        **{name: _text(row[name]) for name in by},
        "value": value,
        "numerator": numerator,
        "denominator": denominator,
        "n": n,
        "low": bounds[0],
        "high": bounds[1],
        "interval": interval,
        "unit": unit,
        "window_from": _text(row["window_from"]),
        "window_to": _text(row["window_to"]),
    }


def _proportions(of: Metric, by: Sequence[str], rows: Sequence[Row]) -> list[Row]:
    cells = []
    for row in _sorted(rows, by):
        k, n = row["numerator"] or 0, row["denominator"] or 0
        value = k / n if n else None
        bounds = wilson(k, n) if n else intervals.NONE
        cells.append(
            _cell(
                of, by, row, value=value, n=n, interval="wilson", bounds=bounds,
                numerator=k, denominator=n,
            )
        )  # fmt: skip
    return cells


def _counts(of: Metric, by: Sequence[str], rows: Sequence[Row]) -> list[Row]:
    return [
        _cell(of, by, row, value=n, n=n, interval="none", numerator=n)
        for row in _sorted(rows, by)
        for n in (row["n"] or 0,)
    ]


def _sums(of: Metric, by: Sequence[str], rows: Sequence[Row]) -> list[Row]:
    return [
        _cell(
            of, by, row, value=row["numerator"], n=row["n"], interval="none",
            numerator=row["numerator"],
        )
        for row in _sorted(rows, by)
    ]  # fmt: skip


def _means(of: Metric, by: Sequence[str], rows: Sequence[Row]) -> list[Row]:
    cells = []
    for row in _sorted(rows, by):
        n, value = row["n"], row["value"]
        bounds = intervals.NONE if value is None else _mean_bounds(row)
        cells.append(_cell(of, by, row, value=value, n=n, interval="t", bounds=bounds))
    return cells


def _mean_bounds(row: Row) -> intervals.Interval:
    return intervals.mean_interval(row["value"], row["deviation"], row["n"])


def _medians(of: Metric, by: Sequence[str], rows: Sequence[Row]) -> list[Row]:
    cells = []
    for row in _sorted(rows, by):
        n = row["n"]
        rank, outer = intervals.median_rank(n), intervals.first_rank(n)
        bounds = intervals.NONE
        if rank:
            which = "outer" if rank == outer else "inner"
            bounds = (row[f"low_{which}"], row[f"high_{which}"])
        cells.append(
            _cell(of, by, row, value=row["value"], n=n, interval="order statistics", bounds=bounds)
        )
    return cells


def _ratios(of: Metric, by: Sequence[str], rows: Sequence[Row]) -> list[Row]:
    """Rows come one per cell and cluster; a cell is their sums."""
    ordered = _sorted(rows, [*by, "cluster_id"])
    if not ordered and not by:
        ordered = [dict.fromkeys([*_RATIO_COLUMNS, "cluster_id"])]
    cells = []
    for _, members in groupby(ordered, key=lambda row: [row[name] for name in by]):
        parts = list(members)
        numerator = _total(parts, "numerator")
        denominator = _total(parts, "denominator") or 0
        bounds: tuple[Any, Any] = intervals.ratio_interval(
            [float(part["numerator"] or 0) for part in parts],
            [float(part["denominator"] or 0) for part in parts],
        )
        kind = "bootstrap" if bounds[0] is not None else "none"
        value = _ratio(numerator, denominator)
        if value is None:
            kind, bounds = "none", intervals.NONE
        elif isinstance(value, Decimal):
            bounds = _money(bounds[0]), _money(bounds[1])
        cells.append(
            _cell(
                of, by, _spanned(parts, by), value=value, n=_total(parts, "n") or 0,
                interval=kind, bounds=bounds, numerator=numerator, denominator=denominator,
            )
        )  # fmt: skip
    return cells


_RATIO_COLUMNS = (
    "numerator", "denominator", "n", "window_from", "window_to", "currency_from", "currency_to",
)  # fmt: skip


def _spanned(parts: Sequence[Row], by: Sequence[str]) -> Row:
    def known(name: str) -> list[Any]:
        return [part[name] for part in parts if part.get(name) is not None]

    row: Row = {name: parts[0][name] for name in by}
    for low, high in (("window_from", "window_to"), ("currency_from", "currency_to")):
        row[low] = min(known(low), default=None)
        row[high] = max(known(high), default=None)
    return row


def _total(parts: Sequence[Row], name: str) -> Any:
    values = [part[name] for part in parts if part[name] is not None]
    return sum(values[1:], values[0]) if values else None


def _ratio(numerator: Any, denominator: int) -> Any:
    if numerator is None or not denominator:
        return None
    if not isinstance(numerator, Decimal):
        return numerator / denominator
    with localcontext() as context:
        context.prec = 50
        return (numerator / Decimal(denominator)).quantize(_CENT)


def _money(amount: float | None) -> Decimal | None:
    return None if amount is None else Decimal(f"{amount:.12f}")


_CELLS: Mapping[str, Callable[[Metric, Sequence[str], Sequence[Row]], list[Row]]] = {
    "proportion": _proportions,
    "count": _counts,
    "sum": _sums,
    "mean": _means,
    "median": _medians,
    "ratio": _ratios,
}


def _sorted(rows: Sequence[Row], by: Sequence[str]) -> list[Row]:
    """Cells in the order of their dimension values, cells without a value last."""
    return sorted(rows, key=lambda row: [(row[name] is None, row[name] or "") for name in by])


def _text(value: Any) -> Any:
    """Times as ISO 8601 in UTC; everything else as it is."""
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    return value.isoformat() if isinstance(value, date) else value
