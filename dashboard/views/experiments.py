"""Experiments: whether the assignment can be trusted, then what it says, then the interval."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from analysis.experiments import LEANING, chi_square_p
from dashboard import charts, shell
from dashboard.data import Source, ask
from dashboard.figures import age, count, day, percent, plural, points
from dashboard.text import NOTHING, enc, md
from warehouse.metrics import METRICS

WORDS = {
    "helps": ("helps", "green", ":material/arrow_upward:"),
    "hurts": ("hurts", "red", ":material/arrow_downward:"),
    "not clear": ("not clear", "gray", ":material/remove:"),
    "too few": ("too few", "gray", ":material/hourglass_empty:"),
}
"""Verdict -> word, colour, shape."""

METHODS = {
    "always_valid": "an always-valid interval",
    "randomisation": "a randomisation test, once",
}

_STATE = {"helps": "good", "hurts": "bad"}
_METRICS = {metric.id: metric for metric in METRICS}

_EXPERIMENTS = """
SELECT e.*, v.method, v.n_control, v.n_treatment, v.control_value, v.treatment_value, v.effect,
    v.low, v.high, v.p_value, v.verdict, v.reason
FROM experiment AS e LEFT JOIN verdict AS v ON v.experiment_id = e.experiment_id
ORDER BY e.registered_seq, v.method
"""
_ASSIGNED = """
SELECT experiment_id, arm, COUNT(*) AS n, MAX(assigned_us) AS last_us
FROM assignment GROUP BY experiment_id, arm
"""

Row = Mapping[str, Any]


def page() -> None:
    """Draw every experiment."""
    at = shell.opened()
    if at is None:
        return
    shell.title("Experiments", at, shell.coverage(at))
    rows = ask(at, _EXPERIMENTS)
    if not rows:
        shell.empty(
            "No experiment is registered, so nothing here says whether a rule helps.",
            "ruleloop demo",
            "The sample organisation has one. A rule accepted for a trial is measured against a "
            "control that was drawn at random.",
        )
        return
    assigned: dict[str, dict[str, int]] = {}
    for row in ask(at, _ASSIGNED):
        assigned.setdefault(row["experiment_id"], {})[row["arm"]] = row["n"]
    _summary(rows)
    for row in rows:
        with st.container(border=True):
            _experiment(at, row, assigned.get(row["experiment_id"], {}))


def _summary(rows: Sequence[Row]) -> None:
    parts = [
        f"{count(sum(row['verdict'] == word for row in rows))} {word}"
        for word in WORDS
        if any(row["verdict"] == word for row in rows)
    ]
    st.markdown(
        md(
            "**{n} registered:** {parts}. Intervals hold however often they are looked at.",
            n=plural(len(rows), "experiment"),
            parts=", ".join(parts) or "none read out yet",
        )
    )


def _experiment(at: Source, row: Row, assigned: Mapping[str, int]) -> None:
    st.markdown(md("## {title}", title=row["title"]), anchors=False)
    word, colour, icon = WORDS.get(row["verdict"], ("not read out", "gray", None))
    with st.container(horizontal=True, gap="small"):
        st.badge(enc(word), color=colour, icon=icon)  # type: ignore[arg-type]  # from WORDS
        st.badge(enc(_metric(row)), color="gray")
        st.badge(md("registered {day}", day=day(row["registered_at"])), color="gray")
    _health(at, row, assigned)
    if row["verdict"] is None:
        st.caption("Not read out yet; run: ruleloop learn")
        return
    st.markdown(enc(row["reason"]))
    _arms(row)
    _interval(row)


def _metric(row: Row) -> str:
    known = _METRICS.get(row["metric"])
    return known.title if known else str(row["metric"])


def _is_share(row: Row) -> bool:
    known = _METRICS.get(row["metric"])
    return known is not None and known.unit == "share"


def _health(at: Source, row: Row, assigned: Mapping[str, int]) -> None:
    """Before any result: are the arms the random halves they were planned to be?"""
    control, treatment = assigned.get("control", 0), assigned.get("treatment", 0)
    p_value = chi_square_p([[control, treatment]]) if control + treatment else 1.0
    leaning = p_value < LEANING
    running = (at.as_of_us - row["registered_us"]) / 3_600_000_000 if row["registered_us"] else None
    known = (row["n_control"] or 0) + (row["n_treatment"] or 0)
    st.markdown(
        md(
            "Health: {assignment} · running {age} · read with {method}",
            assignment=f"assignment leans, {count(control)} to {count(treatment)}: not readable"
            if leaning
            else f"assignment even, {count(control)} control to {count(treatment)} treatment",
            age=age(running),
            method=METHODS.get(row["method"], "nothing yet"),
        )
    )
    if leaning:
        st.warning(
            md(
                "A fair coin gives halves this unequal with p = {p}. Find out why before reading "
                "anything below.",
                p=f"{p_value:.1g}",
            ),
            icon=":material/warning:",
        )
    st.progress(
        min(known / 2 / row["planned"], 1.0) if row["planned"] else 0.0,
        text=md(
            "{done} of {planned} planned per arm have an outcome",
            done=count(known / 2),
            planned=count(row["planned"]),
        ),
    )


def _arms(row: Row) -> None:
    cards = (
        ("Control", _value(row, "control_value"), f"n {count(row['n_control'])}"),
        ("With the rule", _value(row, "treatment_value"), f"n {count(row['n_treatment'])}"),
        ("Difference", _effect(row), _bounds(row)),
    )
    with st.grid(3, min_column_width=140, gap="small"):
        for label, value, note in cards:
            with st.container(border=True, height="stretch", gap="xsmall"):
                st.metric(enc(label), enc(value))
                st.caption(enc(note))


def _value(row: Row, name: str) -> str:
    value = row[name]
    if value is None:
        return NOTHING
    return percent(value, 1) if _is_share(row) else f"{value:,.3g}"


def _effect(row: Row) -> str:
    if row["effect"] is None or row["low"] is None:
        return NOTHING
    return f"{points(row['effect'])} pts" if _is_share(row) else f"{row['effect']:+,.3g}"


def _bounds(row: Row) -> str:
    if row["low"] is None:
        return "no interval yet"
    level = f"{100 * (1 - row['alpha']):.0f} %"
    if _is_share(row):
        return f"{level}: {points(row['low'])} to {points(row['high'])}"
    return f"{level}: {row['low']:+,.3g} to {row['high']:+,.3g}"


def _interval(row: Row) -> None:
    if row["low"] is None or row["effect"] is None:
        return
    scale = 100 if _is_share(row) else 1
    drawn = {
        "label": "effect",
        "low": row["low"] * scale,
        "point": row["effect"] * scale,
        "high": row["high"] * scale,
        "state": _STATE.get(row["verdict"], "neutral"),
        "word": row["verdict"],
    }
    st.altair_chart(
        charts.interval(
            [drawn],
            shell.theme(),
            axis_format="+.0f" if scale == 100 else "+.2f",
            title="difference, points" if scale == 100 else "difference",
        ),
        width="stretch",
        alt="Difference between the arms with its always-valid interval and zero",
    )
