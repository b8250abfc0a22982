"""The forms of chart, one function each: every point with its interval and its n.

Weeks are categories with explicit ticks: a time axis would snap to Sundays and shift with the
reader's time zone. Charts that belong together are separate and share the width of their y axis,
because a concatenation does not shrink with the page.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import altair as alt
import pandas as pd

from dashboard.palette import INKS, Theme, agent_colours, agent_shapes

Rows = Sequence[Mapping[str, Any]]
Drawing = alt.Chart | alt.LayerChart | alt.FacetChart

FEW_IN_A_WEEK = 5
"""A week with fewer shows no rate."""
HOLLOW_BELOW = 10
"""A week with fewer has a hollow mark."""

_MIN_LABEL_GAP = 0.08
_Y_EXTENT = 46
_FONT = "Inter, 'Segoe UI', system-ui, sans-serif"


def rate_by_week(rows: Rows, agents: Sequence[str], theme: Theme) -> Drawing:
    """A rate by week and agent: line, shape, Wilson band, and the agent's name at the end.

    Args:
        rows: week (a Monday), agent, n, rate, low, high; a week that is absent is a gap.
        agents: in which order colours are given, alphabetical.
    """
    frame = _weeks(rows, agents)
    weeks = sorted(frame["week"].unique())
    x = _week_axis(weeks)
    y = alt.Scale(domain=[0, 1])
    inks = alt.Scale(domain=list(agents), range=agent_colours(agents, theme))
    colour = alt.Color("agent:N", scale=inks, legend=None)
    shapes = alt.Scale(domain=list(agents), range=agent_shapes(agents))
    shape = alt.Shape("agent:N", scale=shapes, legend=None)
    base = alt.Chart(frame).encode(x=x, color=colour)
    axis = alt.Axis(format=".0%", values=[0, 0.25, 0.5, 0.75, 1], title=None)
    band = base.mark_area(opacity=0.15).encode(y=alt.Y("low:Q", scale=y, axis=axis), y2="high:Q")
    whisker = (
        base.transform_filter("datum.alone")
        .mark_rule(strokeWidth=2, opacity=0.35)
        .encode(y=alt.Y("low:Q", scale=y, axis=axis), y2="high:Q")
    )
    line = base.mark_line(strokeWidth=2).encode(y=alt.Y("rate:Q", scale=y, axis=axis))
    tooltip = [
        alt.Tooltip("week:N", title="week of"),
        alt.Tooltip("agent:N"),
        alt.Tooltip("rate:Q", format=".0%"),
        alt.Tooltip("low:Q", title="95 % from", format=".0%"),
        alt.Tooltip("high:Q", title="to", format=".0%"),
        alt.Tooltip("n:Q", title="pull requests"),
    ]
    point = base.transform_filter("isValid(datum.rate)").mark_point(
        size=54, strokeWidth=1.8, opacity=1
    )
    full = point.transform_filter(f"datum.n >= {HOLLOW_BELOW}").encode(
        y=alt.Y("rate:Q", scale=y, axis=axis),
        shape=shape,
        fill=alt.Fill("agent:N", scale=inks, legend=None),
        tooltip=tooltip,
    )
    hollow = point.transform_filter(f"datum.n < {HOLLOW_BELOW}").encode(
        y=alt.Y("rate:Q", scale=y, axis=axis),
        shape=shape,
        fill=alt.value(INKS[theme].surface),
        tooltip=tooltip,
    )
    names = (
        alt.Chart(_labels(frame))
        .mark_text(align="left", dx=10, fontSize=12, fontWeight=600)
        .encode(x=x, y=alt.Y("at:Q", scale=y, axis=axis), text="agent:N", color=colour)
    )
    layers = alt.layer(band, whisker, line, full, hollow, names).properties(height=280)
    return _styled(layers, theme)


def count_by_week(rows: Rows, agents: Sequence[str], theme: Theme) -> Drawing:
    """How many pull requests stand behind each week of `rate_by_week`, under the same axis."""
    frame = _weeks(rows, agents)
    weeks = sorted(frame["week"].unique())
    chart = (
        alt.Chart(frame)
        .mark_bar(size=max(4, min(14, 260 // max(len(weeks), 1))))
        .encode(
            x=_week_axis(weeks),
            y=alt.Y("n:Q", title=None, axis=alt.Axis(tickCount=3, grid=False, format="d")),
            color=alt.Color(
                "agent:N",
                scale=alt.Scale(domain=list(agents), range=agent_colours(agents, theme)),
                legend=None,
            ),
            order="agent:N",
            tooltip=[alt.Tooltip("week:N", title="week of"), "agent:N", alt.Tooltip("n:Q")],
        )
        .properties(height=128)
    )
    return _styled(chart, theme)


def bars_by_week(rows: Rows, theme: Theme, unit: str) -> Drawing:
    """A count by week. `rows`: week, n."""
    frame = _fill_weeks(pd.DataFrame([{"week": _iso(r["week"]), "n": r["n"]} for r in rows]))
    weeks = sorted(frame["week"].unique())
    chart = (
        alt.Chart(frame)
        .mark_bar(
            size=max(3, min(18, 420 // max(len(weeks), 1))),
            color=INKS[theme].accent,
            cornerRadiusTopLeft=2,
            cornerRadiusTopRight=2,
        )
        .encode(
            x=_week_axis(weeks, room=0),
            y=alt.Y("n:Q", title=None, axis=alt.Axis(tickMinStep=1, tickCount=3, format="d")),
            tooltip=[alt.Tooltip("week:N", title="week of"), alt.Tooltip("n:Q", title=unit)],
        )
        .properties(height=150)
    )
    return _styled(chart, theme)


def interval(rows: Rows, theme: Theme, *, axis_format: str, title: str) -> Drawing:
    """Intervals against zero: one line each, its point, and a word for what it says.

    Args:
        rows: label, low, point, high, state (good | bad | neutral), word.
    """
    ink = INKS[theme]
    frame = pd.DataFrame([dict(row) for row in rows])
    reach = max([abs(v) for v in [*frame["low"], *frame["high"]]] or [0]) * 1.15 or 1
    x = alt.X(
        "low:Q",
        title=title,
        scale=alt.Scale(domain=[-reach, reach], nice=False),
        axis=alt.Axis(format=axis_format, tickCount=5, grid=True),
    )
    y = alt.Y("label:N", title=None, sort=None, axis=None)
    states = ["good", "bad", "neutral"]
    colour = alt.Color(
        "state:N",
        scale=alt.Scale(domain=states, range=[ink.good, ink.bad, ink.neutral]),
        legend=None,
    )
    shape = alt.Shape(
        "state:N",
        scale=alt.Scale(domain=states, range=["triangle-up", "triangle-down", "circle"]),
        legend=None,
    )
    base = alt.Chart(frame).encode(y=y, color=colour)
    tooltip = [
        alt.Tooltip("label:N", title="what"),
        alt.Tooltip("point:Q", format=axis_format),
        alt.Tooltip("low:Q", title="from", format=axis_format),
        alt.Tooltip("high:Q", title="to", format=axis_format),
    ]
    bars = base.mark_rule(strokeWidth=4, opacity=0.45, strokeCap="round").encode(
        x=x, x2="high:Q", tooltip=tooltip
    )
    points = base.mark_point(size=150, filled=True, opacity=1).encode(
        x=alt.X("point:Q"), shape=shape, tooltip=tooltip
    )
    words = base.mark_text(dy=-16, fontSize=12, fontWeight=600).encode(x="point:Q", text="word:N")
    zero = (
        alt.Chart(pd.DataFrame({"zero": [0]}))
        .mark_rule(strokeWidth=1.5, strokeDash=[4, 3], color=ink.text)
        .encode(x="zero:Q")
    )
    return _styled(
        alt.layer(zero, bars, points, words).properties(height=64 + 52 * len(rows)), theme
    )


def year_flows(rows: Rows, theme: Theme) -> Drawing:
    """Money of each year: the middle draw as a bar, the 10th to 90th percentile as a line.

    Args:
        rows: year (a label), p10, p50, p90, in thousands.
    """
    ink = INKS[theme]
    frame = pd.DataFrame([dict(row) for row in rows])
    x = alt.X("year:N", title=None, sort=None, axis=alt.Axis(labelAngle=0))
    y = alt.Y("p50:Q", title="USD, thousands", axis=alt.Axis(tickCount=5, format=",.0f"))
    tooltip = [
        alt.Tooltip("year:N"),
        alt.Tooltip("p10:Q", title="10 %", format=",.0f"),
        alt.Tooltip("p50:Q", title="middle", format=",.0f"),
        alt.Tooltip("p90:Q", title="90 %", format=",.0f"),
    ]
    base = alt.Chart(frame).encode(x=x)
    bars = base.mark_bar(size=34, opacity=0.35, color=ink.accent).encode(y=y, tooltip=tooltip)
    ranges = base.mark_rule(strokeWidth=3, color=ink.accent).encode(
        y=alt.Y("p10:Q"), y2="p90:Q", tooltip=tooltip
    )
    zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=ink.text).encode(y="zero:Q")
    return _styled(alt.layer(bars, ranges, zero).properties(height=230), theme)


def tornado(rows: Rows, theme: Theme) -> Drawing:
    """What each input alone does to the result, the widest first.

    Args:
        rows: title, basis (measured | sourced | assumed), low_end, high_end, in thousands.
    """
    ink = INKS[theme]
    frame = pd.DataFrame([dict(row) for row in rows])
    y = alt.Y("title:N", title=None, sort=None, axis=None)
    inks = alt.Scale(
        domain=["measured", "sourced", "assumed"], range=[ink.good, ink.accent, ink.neutral]
    )
    bars = (
        alt.Chart(frame)
        .mark_bar(size=12, cornerRadius=2)
        .encode(
            y=y,
            x=alt.X(
                "low_end:Q",
                title="USD, thousands",
                axis=alt.Axis(format=",.0f", tickCount=5),
            ),
            x2="high_end:Q",
            color=alt.Color(
                "basis:N",
                scale=inks,
                legend=alt.Legend(orient="top", title=None, symbolType="square"),
            ),
            tooltip=[
                alt.Tooltip("title:N"),
                alt.Tooltip("basis:N"),
                alt.Tooltip("low_end:Q", title="at its low", format=",.0f"),
                alt.Tooltip("high_end:Q", title="at its high", format=",.0f"),
            ],
        )
    )
    # Names stand above their bars: beside them they would leave a phone no room for bars. Each is
    # drawn twice, first as its own background, so that no line crosses it.
    place: dict[str, Any] = {"align": "left", "baseline": "bottom", "dy": -9, "fontSize": 12}
    behind = alt.Chart(frame).mark_text(
        **place, color=ink.surface, stroke=ink.surface, strokeWidth=4
    )
    front = alt.Chart(frame).mark_text(**place, color=ink.text)
    names = [each.encode(y=y, x=alt.value(2), text="title:N") for each in (behind, front)]
    zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=ink.text).encode(x="zero:Q")
    return _styled(alt.layer(bars, zero, *names).properties(height=110 + 42 * len(rows)), theme)


def _iso(week: Any) -> str:
    return week.date().isoformat() if hasattr(week, "date") else str(week)


def _weeks(rows: Rows, agents: Sequence[str]) -> pd.DataFrame:
    """Rows as a frame with every week of every agent; rates of small weeks are left out."""
    given = {(_iso(row["week"]), row["agent"]): row for row in rows}
    weeks = _every_week(sorted({week for week, _ in given}))
    found: list[dict[str, object]] = []
    for agent in agents:
        shown = [(given.get((w, agent)) or {}).get("n", 0) >= FEW_IN_A_WEEK for w in weeks]
        for at, week in enumerate(weeks):
            row = given.get((week, agent)) or {}
            neighbours = shown[max(at - 1, 0) : at] + shown[at + 1 : at + 2]
            found.append(
                {
                    "week": week,
                    "agent": agent,
                    "n": row.get("n", 0),
                    "rate": row.get("rate") if shown[at] else None,
                    "low": row.get("low") if shown[at] else None,
                    "high": row.get("high") if shown[at] else None,
                    "alone": shown[at] and not any(neighbours),
                }
            )
    return pd.DataFrame(found)


def _every_week(weeks: Sequence[str]) -> list[str]:
    if not weeks:
        return []
    first, last = date.fromisoformat(weeks[0]), date.fromisoformat(weeks[-1])
    steps = (last - first).days // 7
    return [(first + timedelta(weeks=at)).isoformat() for at in range(steps + 1)]


def _fill_weeks(frame: pd.DataFrame) -> pd.DataFrame:
    weeks = _every_week(sorted(frame["week"]))
    known = dict(zip(frame["week"], frame["n"], strict=True))
    return pd.DataFrame({"week": weeks, "n": [known.get(week, 0) for week in weeks]})


def _week_axis(weeks: Sequence[str], room: float = 0.2) -> alt.X:
    """Weeks as categories, four or so labelled; `room` is the share left free for names."""
    spare = round(len(weeks) * room) + (2 if room else 0)
    last = date.fromisoformat(weeks[-1])
    domain = [*weeks, *((last + timedelta(weeks=at + 1)).isoformat() for at in range(spare))]
    step = max(1, -(-len(weeks) // 4))
    years = {week[:4] for week in weeks}
    form = "%-d %b" if len(years) == 1 else "%b %Y"
    return alt.X(
        "week:O",
        title=None,
        scale=alt.Scale(type="point", domain=domain, padding=0.5),
        axis=alt.Axis(
            values=list(weeks[::step]),
            labelExpr=f"utcFormat(utcParse(datum.value, '%Y-%m-%d'), '{form}')",
            labelAngle=0,
            grid=False,
            labelFlush=False,
        ),
    )


def _labels(frame: pd.DataFrame) -> pd.DataFrame:
    """Where each agent's name stands: at its last point, moved up when another is in the way."""
    last = frame.dropna(subset=["rate"]).sort_values("week").groupby("agent").tail(1)
    last = last.sort_values(["rate", "agent"]).reset_index(drop=True)
    places: list[float] = []
    for rate in last["rate"]:
        places.append(max(rate, places[-1] + _MIN_LABEL_GAP) if places else rate)
    return last.assign(at=places)[["week", "agent", "at"]]


def _styled(chart: Any, theme: Theme) -> Drawing:
    ink = INKS[theme]
    styled: Drawing = (
        chart.configure_view(strokeWidth=0)
        .configure(font=_FONT, background="transparent")
        .configure_axis(
            labelColor=ink.muted,
            titleColor=ink.muted,
            gridColor=ink.grid,
            domainColor=ink.grid,
            tickColor=ink.grid,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight=500,
        )
        .configure_axisY(minExtent=_Y_EXTENT, maxExtent=_Y_EXTENT)
        .configure_legend(labelColor=ink.muted, labelFontSize=12)
    )
    return styled
