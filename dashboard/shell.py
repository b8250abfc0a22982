"""What every page has: its head, the line that says over what, its empty state."""

from dataclasses import dataclass
from datetime import datetime
from time import time

import streamlit as st

from dashboard import data
from dashboard.data import Source, ask
from dashboard.figures import clock, count, day_range, plural
from dashboard.palette import Theme
from dashboard.text import enc, md
from warehouse.errors import RuleloopError

AMBER_H, RED_H = 26, 72
"""Older than this and a badge says so: a day and a bit of slack, three days."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Over what a page speaks."""

    first: datetime | None
    last: datetime | None
    repositories: int
    agent_pull_requests: int
    mature: int
    unknown: int
    pull_requests: int


def theme() -> Theme:
    """The theme the reader's browser shows."""
    return "dark" if st.context.theme.type == "dark" else "light"


# No ligatures: a diff shows the characters that are there, and `<!--` is not an arrow. The colours
# of added and removed lines reach a contrast of 4.5, the built-in ones do not.
_LIGHT = """<style>
code, pre { font-variant-ligatures: none }
code.language-diff .token { color: inherit !important }
code.language-diff .token.inserted { color: #176B3A !important }
code.language-diff .token.deleted { color: #B3261E !important }
</style>"""
# White on the light-blue primary button of the dark theme has a contrast of 2.4, no one colour
# serves as button and as selected pill, and the theme has no setting for it.
_DARK = """<style>
code, pre { font-variant-ligatures: none }
code.language-diff .token { color: inherit !important }
code.language-diff .token.inserted { color: #6FD39B !important }
code.language-diff .token.deleted { color: #FF9A93 !important }
[data-testid="stBaseButton-primary"] * { color: #0E141B !important; opacity: 1 }
</style>"""


def style() -> None:
    """What the theme has no setting for. Both texts are ours and constant."""
    if theme() == "dark":
        st.html(_DARK)
    else:
        st.html(_LIGHT)


def opened() -> Source | None:
    """The published snapshot; when there is none, the page says what would make one."""
    try:
        return data.source()
    except RuleloopError as error:
        st.markdown("# Nothing published yet", anchors=False)
        empty(
            "This home has no snapshot to read.",
            "ruleloop demo",
            "or, with your own repository: ruleloop git PATH, then ruleloop learn",
        )
        st.text(str(error))
        return None


def title(text: str, at: Source, coverage: Coverage) -> None:
    """Title, badges and the line that says window, repositories, n and as of."""
    heading(text, at)
    window(at, coverage)


def heading(text: str, at: Source) -> None:
    """Title and badges in one line."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", width="content"):
        st.markdown(md("# {title}", title=text), anchors=False, width="content")
        badges(at)


def badges(at: Source) -> None:
    """What a reader must know before the first number."""
    if at.is_sample:
        st.badge("SAMPLE DATA", color="violet", icon=":material/science:")
    else:
        hours = (time() * 1_000_000 - at.as_of_us) / 3_600_000_000
        if hours > RED_H:
            st.badge(md("data {n} days old", n=f"{hours / 24:.0f}"), color="red")
        elif hours > AMBER_H:
            st.badge(md("data {n} hours old", n=f"{hours:.0f}"), color="orange")
    if data.is_frozen(at):
        st.badge("frozen: nothing is published", color="orange", icon=":material/ac_unit:")


def window(at: Source, coverage: Coverage) -> None:
    """The first line of every page."""
    st.caption(
        md(
            "{window} · {repos} · {n} by agents, {mature} older than 14 days · as of {as_of}",
            window=day_range(coverage.first, coverage.last),
            repos=plural(coverage.repositories, "repository", "repositories"),
            n=plural(coverage.agent_pull_requests, "pull request"),
            mature=count(coverage.mature),
            as_of=clock(at.as_of_us),
        )
    )


def coverage(at: Source, from_us: int | None = None, to_us: int | None = None) -> Coverage:
    """What the snapshot covers, or the part of it in a window of creation times."""
    [row] = ask(
        at,
        "SELECT MIN(created_at) AS first, MAX(created_at) AS last, "
        "COUNT(DISTINCT repo) AS repositories, COUNT(*) AS pull_requests, "
        "COUNT(*) FILTER (agent NOT IN ('unknown', 'human')) AS agents, "
        "COUNT(*) FILTER (agent NOT IN ('unknown', 'human') AND is_mature) AS mature, "
        "COUNT(*) FILTER (agent = 'unknown') AS unknown "
        "FROM pull_request_outcome WHERE created_us >= ? AND created_us < ?",
        from_us or 0,
        to_us or 2**62,
    )
    return Coverage(
        row["first"],
        row["last"],
        row["repositories"],
        row["agents"],
        row["mature"],
        row["unknown"],
        row["pull_requests"],
    )


def empty(missing: str, command: str, otherwise: str = "") -> None:
    """Says what is missing and the one command that brings it."""
    with st.container(border=True):
        st.markdown(md("**{missing}**", missing=missing))
        st.code(command, language=None)
        if otherwise:
            st.caption(enc(otherwise))


def said() -> None:
    """The answer to the last click, shown once."""
    if sentence := st.session_state.pop("said", None):
        st.success(enc(sentence), icon=":material/check_circle:")


def refused() -> None:
    """Why the last click changed nothing, shown once."""
    if sentence := st.session_state.pop("refused", None):
        st.error(enc(sentence), icon=":material/block:")
