"""Data health: what came in, what is unknown, what could not be used, and what that costs."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard import data, shell
from dashboard.data import Source, ask
from dashboard.figures import age, clock, count, percent, plural, share_range
from dashboard.shell import Coverage
from dashboard.text import enc, md, visible

METHODS = {
    "manual": "stated by a person or the source",
    "label": "label",
    "author_login": "author's account",
    "commit_author": "commit author",
    "notes": "git notes",
    "trailer": "commit trailer",
    "session_marker": "session link",
    "head_ref": "branch name",
    "none": "no mark: unknown",
}

_ISSUES = 200

_PRESENT = """
SELECT
    (SELECT COUNT(*) FROM pull_request_outcome WHERE human_reviewed) AS reviewed,
    (SELECT COUNT(*) FROM check_run) AS checks,
    (SELECT COUNT(*) FROM pull_request_outcome WHERE cost IS NOT NULL) AS priced,
    (SELECT COUNT(*) FROM incident) + (SELECT COUNT(*) FROM complaint) AS outside,
    (SELECT COUNT(*) FROM instruction_file_version) AS instructions,
    (SELECT COUNT(*) FROM experiment) AS experiments
"""

_GAPS = (
    ("reviewed", "reviews by people", "Overview: no pass rate", "ruleloop sync github OWNER/REPO"),
    ("checks", "CI checks", "Failure modes: nothing CI says", "ruleloop sync github OWNER/REPO"),
    ("priced", "priced costs", "Return: no cost per survivor", "ruleloop import costs FILE"),
    (
        "outside",
        "incidents or complaints",
        "Return: nothing escaped is seen",
        "ruleloop import complaints FILE",
    ),
    ("instructions", "instruction files", "Rule inbox: exposure unknown", "ruleloop git PATH"),
    ("experiments", "experiments", "Experiments: no rule is proven", "ruleloop demo shows one"),
)

Row = Mapping[str, Any]


def page() -> None:
    """Draw the page."""
    at = shell.opened()
    if at is None:
        return
    covered = shell.coverage(at)
    shell.title("Data health", at, covered)
    sources = ask(at, "SELECT * FROM source_health ORDER BY source")
    if not sources:
        shell.empty("Nothing has been taken in.", "ruleloop git .", "then: ruleloop learn")
        return
    _figures(at, sources, covered)
    _sources(at, sources)
    _attribution(at)
    _gaps(at)
    _issues(at)
    _notes(sources)
    st.caption(md("Computed by Ruleloop {version}.", version=at.version))


def _figures(at: Source, sources: Sequence[Row], covered: Coverage) -> None:
    [unknown] = data.measure(at, "unknown_agent_share")
    newest = max(row["last_fetched_us"] for row in sources)
    problems = sum(row["problems"] for row in sources)
    with st.grid(4, min_column_width=158, gap="small"):
        with _card():
            st.metric("Sources", enc(count(len(sources))))
            st.caption(md("newest {when}", when=clock(newest)))
        with _card():
            st.metric("Pull requests", enc(count(covered.pull_requests)))
            st.caption(md("{n} by agents", n=count(covered.agent_pull_requests)))
        with _card():
            st.metric("Agent unknown", enc(percent(unknown["value"], 1)))
            st.caption(
                md(
                    "{range} · n {n}",
                    range=share_range(unknown["low"], unknown["high"]),
                    n=count(unknown["n"]),
                )
            )
        with _card():
            st.metric("Not usable as sent", enc(count(problems)))
            st.caption(md("of {n}", n=plural(sum(row["rows"] for row in sources), "record")))


def _card() -> Any:
    return st.container(border=True, height="stretch", gap="xsmall")


def _sources(at: Source, sources: Sequence[Row]) -> None:
    st.markdown("## Sources", anchors=False)
    column = st.column_config
    st.dataframe(
        [
            {
                "Source": visible(row["source"]),
                "Last success": clock(row["last_fetched_us"]),
                "Behind the newest": age((at.as_of_us - row["last_fetched_us"]) / 3_600_000_000),
                "Loads": row["loads"],
                "Records": row["rows"],
                "Not usable": row["problems"],
            }
            for row in sources
        ],
        hide_index=True,
        height="content",
        row_height=36,
        alt="Each source with its last success, lag, loads and records",
        column_config={
            "Source": column.TextColumn(width=120),
            "Last success": column.TextColumn(width=180),
            "Behind the newest": column.TextColumn(width=130),
            "Loads": column.NumberColumn(width=70, format="localized"),
            "Records": column.NumberColumn(width=90, format="localized"),
            "Not usable": column.NumberColumn(width=90, format="localized"),
        },
    )


def _attribution(at: Source) -> None:
    rows = ask(
        at,
        "SELECT method, pull_requests FROM attribution_coverage "
        "ORDER BY pull_requests DESC, method",
    )
    total = sum(row["pull_requests"] for row in rows)
    st.markdown("## How agents were recognised", anchors=False)
    if not total:
        st.caption("There is no pull request yet.")
        return
    column = st.column_config
    st.dataframe(
        [
            {
                "Evidence": METHODS.get(row["method"], visible(row["method"])),
                "Share": row["pull_requests"] / total * 100,
                "Pull requests": row["pull_requests"],
            }
            for row in rows
        ],
        hide_index=True,
        height="content",
        row_height=34,
        alt="Pull requests by the kind of evidence for their lead agent",
        column_config={
            "Evidence": column.TextColumn(width=240),
            "Share": column.ProgressColumn(format="%.1f %%", min_value=0, max_value=100, width=220),
            "Pull requests": column.NumberColumn(width=110, format="localized"),
        },
    )
    [two] = ask(
        at,
        "SELECT COUNT(*) AS n FROM (SELECT pull_request_id FROM authorship "
        "WHERE agent <> 'human' AND role IN ('author', 'co-author') "
        "GROUP BY pull_request_id HAVING COUNT(DISTINCT agent) > 1) AS several",
    )
    st.caption(
        md(
            "Strongest evidence per pull request. Marks of more than one agent: {n}. Unknown does "
            "not mean human: most agents leave no mark when asked not to.",
            n=plural(two["n"], "pull request"),
        )
    )


def _gaps(at: Source) -> None:
    """What is absent, on which page that shows, and what would bring it."""
    st.markdown("## Gaps", anchors=False)
    [present] = ask(at, _PRESENT)
    missing = [gap for gap in _GAPS if not present[gap[0]]]
    if not missing:
        st.caption("None: every page has what it needs.")
        return
    st.dataframe(
        [
            {"Missing": what, "What it costs": cost, "Command": command}
            for _, what, cost, command in missing
        ],
        hide_index=True,
        height="content",
        row_height=34,
        alt="What is missing, which page that shows on, and the command that brings it",
    )


def _issues(at: Source) -> None:
    st.markdown("## Records that could not be used as they were", anchors=False)
    rows = ask(
        at,
        "SELECT l.source, i.table_name, i.row_key, i.problem FROM data_issue AS i "
        "LEFT JOIN load AS l ON l.load_id = i.load_id "
        "ORDER BY l.source, i.table_name, i.row_key, i.problem LIMIT 201",
    )
    if not rows:
        st.caption("None.")
        return
    st.dataframe(
        [
            {
                "Source": visible(row["source"] or ""),
                "Table": visible(row["table_name"]),
                "Record": visible(row["row_key"]),
                "Problem": visible(row["problem"]),
            }
            for row in rows[:_ISSUES]
        ],
        hide_index=True,
        height="content" if len(rows) < 12 else 420,
        row_height=34,
        alt="Records that could not be used, and why",
    )
    if len(rows) > _ISSUES:
        st.caption(md("The first {n} are shown.", n=count(_ISSUES)))


def _notes(sources: Sequence[Row]) -> None:
    notes = [(row["source"], note) for row in sources for note in _sentences(row["notes"])]
    if not notes:
        return
    st.markdown("## Notes of the newest loads", anchors=False)
    st.dataframe(
        [{"Source": visible(source), "Note": visible(note)} for source, note in notes],
        hide_index=True,
        height="content",
        row_height=34,
        alt="What sources said about what was missing, skipped or repaired",
        column_config={
            "Source": st.column_config.TextColumn(width=110),
            "Note": st.column_config.TextColumn(width=700),
        },
    )


def _sentences(text: str | None) -> list[str]:
    try:
        value = json.loads(text or "[]")
    except ValueError:
        return [str(text)]
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]
