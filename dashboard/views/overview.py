"""Overview: one sentence, four figures, one chart, the failures that recur, the next decision."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st

from dashboard import charts, data, evidence, modes, navigation, shell
from dashboard.data import NOBODY, Row, Source
from dashboard.figures import (
    FEW,
    count,
    money,
    percent,
    plural,
    points,
    share_range,
)
from dashboard.headline import Share, change, headline
from dashboard.shell import Coverage
from dashboard.text import Safe, enc, join, md, signed
from dashboard.window import PERIODS, Window, choose

SHOWN_MODES = 6
SHARES = ("pass_rate", "reviewed_share", "merged_share")

Rows = Sequence[Mapping[str, Any]]


def page() -> None:
    """Draw the page."""
    at = shell.opened()
    if at is None:
        return
    with st.container(
        horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"
    ):
        shell.heading("Overview", at)
        period = _period_control()
    weekly = _by_agents(data.measure(at, *SHARES, by=("week", "agent")))
    window = choose([row["week"] for row in weekly], PERIODS[period], at.as_of_us)
    covered = shell.coverage(at, window.from_us, window.to_us)
    shell.window(at, covered)
    if not weekly:
        _nothing(covered)
        return
    shell.said()
    rules = data.rules(at)
    st.markdown(join([_headline(weekly, window), _todo(at, rules)]))
    _figures(at, weekly, window, rules)
    _weekly(weekly, window, covered)
    _modes(at, rules)
    _next_rule(at, rules)


def _period_control() -> str:
    chosen = st.segmented_control(
        "Period",
        list(PERIODS),
        default="12 weeks",
        key="period",
        bind="query-params",
        required=True,
        label_visibility="collapsed",
    )
    return str(chosen or "12 weeks")


def _by_agents(rows: Sequence[Row]) -> list[Row]:
    return [
        row | {"week": date.fromisoformat(row["week"])}
        for row in rows
        if row["agent"] not in NOBODY and row["week"] is not None
    ]


def _nothing(covered: Coverage) -> None:
    if covered.unknown:
        shell.empty(
            f"None of {plural(covered.unknown, 'pull request')} carries a mark of an agent.",
            "ruleloop import aidev DIR",
            "An unmarked pull request is unknown: it may be a person's or an agent's.",
        )
    else:
        shell.empty(
            "No pull request has been taken in.",
            "ruleloop sync github OWNER/REPO --last 200",
            "or from a clone, with no token: ruleloop git PATH; then ruleloop learn",
        )


def _pooled(weekly: Rows, metric: str, window: Iterable[object]) -> Share:
    weeks = set(window)
    rows = [r for r in weekly if r["metric"] == metric and r["week"] in weeks]
    return Share(
        sum(int(row["numerator"] or 0) for row in rows), sum(int(row["n"] or 0) for row in rows)
    )


# --- the sentence ---------------------------------------------------------------------------------


def _headline(weekly: Rows, window: Window) -> Safe:
    now = _pooled(weekly, "pass_rate", window.weeks)
    before = _pooled(weekly, "pass_rate", window.before)
    return headline(now, before, plural(len(window.weeks), "week"))


def _todo(at: Source, rules: Rows) -> Safe:
    waiting = [rule for rule in rules if rule["state"] == "proposed"]
    parts = []
    if waiting:
        verb = "waits" if len(waiting) == 1 else "wait"
        parts.append(md("{n} {verb} for a decision.", n=plural(len(waiting), "rule"), verb=verb))
    decided = data.ask(at, "SELECT verdict, COUNT(*) AS n FROM verdict GROUP BY verdict")
    words = {row["verdict"]: row["n"] for row in decided}
    for word in ("hurts", "helps"):
        if words.get(word):
            parts.append(
                md(
                    "{n} {word}.",
                    n=plural(words[word], "rule on trial", "rules on trial"),
                    word=word,
                )
            )
    return join(parts)


# --- the figures ----------------------------------------------------------------------------------


def _figures(at: Source, weekly: Rows, window: Window, rules: Rows) -> None:
    with st.grid(4, min_column_width=158, gap="small"):
        with _card():
            _share_card("Pass rate", "pass_rate", weekly, window)
        with _card():
            _share_card("Merged", "merged_share", weekly, window)
        with _card():
            _cost_card(at)
        with _card():
            _waiting_card(rules)
    reviewed = _pooled(weekly, "reviewed_share", window.weeks)
    st.caption(
        md(
            "Pass rate: approved at the first human review, nothing asked for, nothing pushed "
            "after it. A person reviewed {share} of the pull requests{interval}; the others are in "
            "no pass rate. Changes are against the {weeks} before; grey: the interval includes "
            "zero.",
            share=percent(reviewed.value),
            interval=f" ({share_range(*reviewed.interval)}, n {count(reviewed.n)})"
            if reviewed.n
            else "",
            weeks=plural(len(window.weeks), "week"),
        )
    )


def _card() -> Any:
    return st.container(border=True, height="stretch", gap="xsmall")


def _share_card(label: str, metric: str, weekly: Rows, window: Window) -> None:
    now = _pooled(weekly, metric, window.weeks)
    difference = change(now, _pooled(weekly, metric, window.before))
    if now.n < FEW:
        st.metric(enc(label), "too few" if now.n else "–")
        st.caption(md("{k} of {n}", k=count(now.k), n=count(now.n)))
        return
    line = [
        share.value * 100
        for week in sorted(window.weeks)
        if (share := _pooled(weekly, metric, [week])).value is not None
    ]
    clear = difference is not None and difference.is_clear
    st.metric(
        enc(label),
        enc(percent(now.value, 1)),
        signed(difference.difference * 100, "pts") if difference else None,
        delta_color="normal" if clear else "off",
        delta_arrow="auto" if clear else "off",
        delta_description=enc(f"({points(difference.low, 0)}, {points(difference.high, 0)})")
        if difference
        else None,
        chart_data=[round(each, 1) for each in line] if len(line) > 1 else None,
    )
    st.caption(md("{range} · n {n}", range=share_range(*now.interval), n=count(now.n)))


def _cost_card(at: Source) -> None:
    [row] = data.measure(at, "cost_per_surviving_pull_request")
    st.metric("Cost per survivor", enc(money(row["value"], row["unit"])))
    if row["value"] is None:
        st.caption("no priced run: import what agents cost")
        return
    interval = (
        f"{money(row['low'], row['unit'])} to {money(row['high'], row['unit'])} · "
        if row["low"] is not None
        else ""
    )
    st.caption(
        md("{interval}n {n} survived, all time", interval=interval, n=count(row["denominator"]))
    )


def _waiting_card(rules: Rows) -> None:
    waiting = [rule for rule in rules if rule["state"] == "proposed"]
    unattested = [rule for rule in rules if rule["state"] == "unattested"]
    st.metric("Rules waiting", enc(count(len(waiting))))
    st.caption(md("{n} more unattested", n=count(len(unattested))))
    if waiting:
        st.page_link(navigation.page("rule-inbox"), label="Open the inbox", icon=":material/inbox:")


# --- the chart ------------------------------------------------------------------------------------


def _weekly(weekly: Rows, window: Window, covered: Coverage) -> None:
    st.markdown("## Pass rate by week and agent", anchors=False)
    rows = [
        {
            "week": row["week"],
            "agent": row["agent"],
            "n": row["n"],
            "rate": row["value"],
            "low": row["low"],
            "high": row["high"],
        }
        for row in weekly
        if row["metric"] == "pass_rate" and row["week"] in window.weeks and row["n"]
    ]
    sizes: dict[str, int] = {}
    for row in rows:
        sizes[row["agent"]] = sizes.get(row["agent"], 0) + row["n"]
    if not rows:
        st.caption("No pull request of an agent was reviewed by a person in these weeks.")
        _unknown(covered)
        return
    agents = sorted(sizes)
    busiest = sorted(sorted(agents, key=lambda agent: -sizes[agent])[:2])
    chosen = st.pills(
        "Agents",
        agents,
        selection_mode="multi",
        default=busiest,
        key="agents",
        bind="query-params",
        format_func=enc,
        label_visibility="collapsed",
    )
    shown = sorted(chosen or agents)
    drawn = [row for row in rows if row["agent"] in shown]
    theme = shell.theme()
    st.altair_chart(
        charts.rate_by_week(drawn, shown, theme),
        width="stretch",
        alt="Pass rate by week and agent, with 95 percent Wilson bands",
    )
    st.caption("Reviewed pull requests")
    st.altair_chart(
        charts.count_by_week(drawn, shown, theme),
        width="stretch",
        alt="Reviewed pull requests by week and agent",
    )
    st.caption(
        md(
            "Shaded: 95 % Wilson interval. Hollow: fewer than {hollow} that week; fewer than "
            "{few}: no mark. {young} Observational: agents get different tasks, so no difference "
            "between them is shown until an experiment decides it.",
            hollow=charts.HOLLOW_BELOW,
            few=charts.FEW_IN_A_WEEK,
            young=window.note,
        )
    )
    _unknown(covered)


def _unknown(covered: Coverage) -> None:
    share = Share(covered.unknown, covered.pull_requests)
    st.caption(
        md(
            "Unknown author: {k} of {n} pull requests ({share}) carry no mark of an agent or a "
            "person; they are in no line here.",
            k=count(share.k),
            n=count(share.n),
            share=percent(share.value),
        )
    )


# --- what recurs, and what to decide --------------------------------------------------------------


def _modes(at: Source, rules: Rows) -> None:
    st.markdown("## Failure modes, by pull requests", anchors=False)
    found = modes.modes(at, rules)
    rows = [mode for mode in found if mode["pull_requests_supported"]][:SHOWN_MODES]
    if not rows:
        st.caption("None that a person or CI speaks of. Reviews and failed checks bring them.")
        return
    modes.table(rows, key="overview_modes", alt="Failure modes seen on most pull requests")
    st.page_link(
        navigation.page("failure-modes"), label="All failure modes", icon=":material/arrow_forward:"
    )


def _next_rule(at: Source, rules: Rows) -> None:
    st.markdown("## Next rule to decide", anchors=False)
    waiting = [rule for rule in rules if rule["state"] == "proposed"]
    if not waiting:
        st.caption("None. Rules are proposed when a failure recurs and its slots are attested.")
        return
    rule = waiting[0]
    with st.container(border=True):
        evidence.badges(rule)
        st.markdown(md("### {title}", title=rule["title"]), anchors=False)
        st.markdown(evidence.sentence(rule))
        evidence.diff(at, rule)
        st.page_link(
            navigation.page("rule-inbox"),
            label="Decide",
            icon=":material/gavel:",
            query_params={"rule": str(rule["rule_id"])},
        )
