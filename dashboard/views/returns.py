"""Return: what a pull request that survived costs, and what the loop may be worth, as a range."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from analysis.roi import Scenario
from dashboard import charts, data, shell
from dashboard.data import Row, Source, ask
from dashboard.figures import count, money, percent, plural, thousands
from dashboard.text import NOTHING, Safe, enc, md, visible

_COMMAND = "ruleloop import costs FILE"
_SWINGS = 8


def page() -> None:
    """Draw the page."""
    at = shell.opened()
    if at is None:
        return
    shell.title("Return", at, shell.coverage(at))
    _cost(at)
    inputs = ask(at, "SELECT * FROM roi_input ORDER BY input_id")
    if not inputs:
        shell.empty("There is no ledger of inputs yet.", "ruleloop learn")
        return
    found = data.three_years(at)
    _scenario(found, inputs)
    _ledger(inputs)
    _not_counted(found)


# --- the headline ---------------------------------------------------------------------------------


def _cost(at: Source) -> None:
    [row] = data.measure(at, "cost_per_surviving_pull_request")
    with st.container(border=True):
        st.metric("Cost per pull request that survived", enc(_money(row, "value")))
        st.caption(_cost_line(row))
        if row["value"] is None and not row["n"]:
            st.code(_COMMAND, language=None)


def _money(row: Row, name: str) -> str:
    return NOTHING if row[name] is None else money(row[name], row["unit"])


def _cost_line(row: Row) -> Safe:
    if row["value"] is None:
        return md(
            "No value: {why}",
            why="costs are in several currencies."
            if row["n"] and row["unit"] == "several currencies"
            else "none of the priced pull requests survived yet."
            if row["n"]
            else "no pull request old enough has a priced cost. Unpriced is not free.",
        )
    interval = (
        f"95 % interval {_money(row, 'low')} to {_money(row, 'high')}"
        if row["low"] is not None
        else "No interval: fewer than five repositories"
    )
    return md(
        "{total} for {n} priced, failed ones included; {survived} of them were merged and neither "
        "reverted within 14 days nor linked to an incident or complaint. {interval}.",
        total=_money(row, "numerator"),
        n=plural(row["n"], "pull request"),
        survived=count(row["denominator"]),
        interval=interval,
    )


# --- the three years ------------------------------------------------------------------------------


def _scenario(found: Scenario, inputs: Sequence[Row]) -> None:
    st.markdown(md("## {title}", title=found.title), anchors=False)
    st.markdown(md("**{sentence}**", sentence=found.sentence.rstrip()))
    if found.npv_p50 is None:
        titles = {row["input_id"]: row for row in inputs}
        for name in found.missing:
            row = titles.get(name)
            st.caption(md("{what}: {how}", what=row["title"] if row else name, how=_remedy(row)))
        return
    grid = st.grid(4, min_column_width=158, gap="small")
    for label, value, note, width in _figures(found):
        with grid.cell(column_span=width), _card():
            st.metric(enc(label), enc(value))
            st.caption(enc(note))
    theme = shell.theme()
    st.markdown("### Money of each year", anchors=False)
    st.altair_chart(
        charts.year_flows(
            [
                {
                    "year": "set-up" if year.year == 0 else f"year {year.year}",
                    "p10": year.p10 / 1_000,
                    "p50": year.p50 / 1_000,
                    "p90": year.p90 / 1_000,
                }
                for year in found.years
            ],
            theme,
        ),
        width="stretch",
        alt="Money in minus money out of each year: middle draw and 10th to 90th percentile",
    )
    st.caption(
        md(
            "Bar: middle draw. Line: 10th to 90th percentile of {n} draws. Not discounted.",
            n=count(found.draws),
        )
    )
    _lines(found)
    _tornado(found, inputs)


def _card() -> Any:
    return st.container(border=True, height="stretch", gap="xsmall")


def _figures(found: Scenario) -> list[tuple[str, str, str, int]]:
    """Label, value, note and width of each card."""
    back = "never" if found.payback_months is None else f"{found.payback_months} months"
    return [
        (
            "Net present value",
            f"{thousands(found.npv_p10)} to {thousands(found.npv_p90)}",
            f"10th to 90th percentile, middle {thousands(found.npv_p50)}; 3 years at 10 %",
            2,
        ),
        ("Chance it pays", percent(found.probability_positive), "draws above zero", 1),
        ("Payback", back, "middle draw", 1),
    ]


def _remedy(row: Mapping[str, Any] | None) -> str:
    return str(row["source"]) if row else "not in the ledger"


def _lines(found: Scenario) -> None:
    st.markdown("### Where it comes from", anchors=False)
    column = st.column_config
    st.dataframe(
        [
            {
                "Line": line.title,
                "Kind": line.kind,
                "Present value, 3 years": thousands(line.p50),
            }
            for line in sorted(found.lines, key=lambda line: (line.kind != "cost", line.title))
        ],
        hide_index=True,
        height="content",
        row_height=34,
        alt="Costs and benefits over three years, middle draw of each",
        column_config={
            "Line": column.TextColumn(width=260),
            "Kind": column.TextColumn(width=140),
            "Present value, 3 years": column.TextColumn(width=160),
        },
    )
    st.caption("Costs first. Saved hours are capacity, not cash: only the realised share counts.")


def _tornado(found: Scenario, inputs: Sequence[Row]) -> None:
    titles = {row["input_id"]: row["title"] for row in inputs}
    swings = found.swings[:_SWINGS]
    if not swings:
        return
    total = sum(abs(each.at_high - each.at_low) for each in found.swings)
    guessed = sum(
        abs(each.at_high - each.at_low) for each in found.swings if each.basis == "assumed"
    )
    st.markdown("### What decides it", anchors=False)
    st.altair_chart(
        charts.tornado(
            [
                {
                    "title": visible(str(titles.get(each.input_id, each.input_id))),
                    "basis": each.basis,
                    "low_end": each.at_low / 1_000,
                    "high_end": each.at_high / 1_000,
                }
                for each in swings
            ],
            shell.theme(),
        ),
        width="stretch",
        alt="Net present value when one input alone moves from its low to its high end",
    )
    st.caption(
        md(
            "Each bar: one input from its low to its high end, the others at their likeliest. "
            "{share} of all swing comes from inputs that are assumed.",
            share=percent(guessed / total if total else None),
        )
    )


# --- the ledger -----------------------------------------------------------------------------------


def _ledger(inputs: Sequence[Row]) -> None:
    known = [row for row in inputs if row["mode"] is not None]
    measured = sum(row["basis"] == "measured" for row in known)
    st.markdown("## Ledger of inputs", anchors=False)
    st.caption(
        md(
            "{measured} of {n} inputs are measured here; {missing} could be and are not. The rest "
            "are assumptions of wide range, to be replaced under return: in ruleloop.yaml.",
            measured=count(measured),
            n=count(len(inputs)),
            missing=count(len(inputs) - len(known)),
        )
    )
    rows = sorted(inputs, key=lambda row: (_ORDER.index(_basis(row)), row["title"]))
    column = st.column_config
    st.dataframe(
        [
            {
                "Input": visible(row["title"]),
                "Basis": _basis(row),
                "Likeliest": _number(row["mode"]),
                "Range": _range(row),
                "Unit": visible(row["unit"]),
                "n": row["n"] or None,
                "Source": visible(row["source"]),
            }
            for row in rows
        ],
        hide_index=True,
        height="content",
        row_height=34,
        placeholder="–",
        alt="Every input of the return with its range, its basis and its source",
        column_config={
            "Input": column.TextColumn(width=250),
            "Basis": column.TextColumn(width=95),
            "Likeliest": column.TextColumn(width=75),
            "Range": column.TextColumn(width=130),
            "Unit": column.TextColumn(width=130),
            "n": column.NumberColumn(width=60, format="localized"),
            "Source": column.TextColumn(width=320),
        },
    )


_ORDER = ("measured", "not measured", "sourced", "assumed")


def _basis(row: Row) -> str:
    return "not measured" if row["mode"] is None else str(row["basis"])


def _number(value: float | None) -> str:
    if value is None:
        return NOTHING
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"


def _range(row: Row) -> str:
    if row["low"] is None or row["low"] == row["high"]:
        return NOTHING
    return f"{_number(row['low'])} to {_number(row['high'])}"


def _not_counted(found: Scenario) -> None:
    parts = [
        *(f"{line}, benefit and cost together: not measured here" for line in found.left_out),
        "hours of people who write code themselves: never asserted, so never counted",
        "faster delivery and morale: no defensible price",
    ]
    st.caption(md("Not counted: {parts}.", parts="; ".join(parts)))
