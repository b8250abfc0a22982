"""Failure modes as pages list them: on how many pull requests, of how many, and how far."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import streamlit as st

from dashboard.data import Row, Source, ask
from dashboard.figures import FEW, count, percent, share_range
from dashboard.text import visible
from warehouse.metrics import wilson

WEEKS = 8
MANY = 16
"""More rows than this scroll within the table."""

_MODES = """
WITH agent_pulls AS (
    SELECT repo, COUNT(*) AS n FROM pull_request_outcome
    WHERE agent NOT IN ('unknown', 'human') GROUP BY repo
)
SELECT m.*, COALESCE(a.n, 0) AS agent_pull_requests
FROM failure_mode AS m LEFT JOIN agent_pulls AS a ON a.repo = m.repo
ORDER BY m.pull_requests_supported DESC, m.pull_requests DESC, m.failure_mode_id
"""

STAGES = {
    "typed": "seen",
    "supported": "confirmed",
    "recurring": "recurring",
    "attested": "recurring, attested",
    "proposed": "rule proposed",
}
"""The stage of a mode, in a reader's words."""

RULE_STATES = {
    "proposed": "rule proposed",
    "unattested": "rule unattested",
    "accepted": "rule accepted",
    "rejected": "rule rejected",
    "snoozed": "rule snoozed",
    "published": "rule live",
    "retired": "rule retired",
}


def modes(at: Source, rules: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Every failure mode with its share, its last weeks and its state.

    Counted are pull requests where a person or CI itself says that it failed, as in a proposal.
    """
    by_mode = {rule["failure_mode_id"]: rule for rule in rules}
    weeks = _weeks(at)
    found = []
    for mode in ask(at, _MODES):
        rule = by_mode.get(mode["failure_mode_id"])
        k, n = mode["pull_requests_supported"], mode["agent_pull_requests"]
        few = n < FEW or k > n
        low, high = (None, None) if few else wilson(k, n)
        found.append(
            dict(mode)
            | {
                "share": None if few else k / n,
                "interval": "too few" if few else share_range(low, high),
                "weeks": weeks.get(mode["failure_mode_id"], [0] * WEEKS),
                "rule_id": rule["rule_id"] if rule else None,
                "state": (RULE_STATES if rule else STAGES).get(
                    rule["state"] if rule else mode["stage"], mode["stage"]
                ),
                "agent_list": agent_list(mode["agents"]),
            }
        )
    return found


def agent_list(agents: str) -> list[str]:
    """The agents of a mode, alphabetical."""
    try:
        return sorted(str(each) for each in json.loads(agents))
    except ValueError:
        return []


def of_repository(mode: Mapping[str, Any]) -> str:
    """`23 of 61 (38 %, 27 to 50 %)`: how many of the repository's agent pull requests."""
    k, n = mode["pull_requests_supported"], mode["agent_pull_requests"]
    if mode["share"] is None:
        return f"{count(k)} of {count(n)}"
    return f"{count(k)} of {count(n)} ({percent(mode['share'])}, {mode['interval']})"


def _weeks(at: Source) -> dict[str, list[int]]:
    """Pull requests of each mode in each of the last weeks there are, whoever says so."""
    rows = ask(
        at,
        "SELECT failure_mode_id, week, pull_requests FROM failure_mode_week "
        "WHERE week IS NOT NULL ORDER BY week",
    )
    if not rows:
        return {}
    last: datetime = rows[-1]["week"]
    place = {last - timedelta(weeks=WEEKS - 1 - at): at for at in range(WEEKS)}
    found: dict[str, list[int]] = {}
    for row in rows:
        if row["week"] in place:
            line = found.setdefault(row["failure_mode_id"], [0] * WEEKS)
            line[place[row["week"]]] = row["pull_requests"]
    return found


def table(rows: Sequence[Row], *, key: str, alt: str, selectable: bool = False) -> Any:
    """Modes as a table; what it returns holds the selected row."""
    column = st.column_config
    return st.dataframe(
        [
            {
                "Failure": visible(row["title"]),
                "Pull requests": row["pull_requests_supported"],
                "Share": None if row["share"] is None else row["share"] * 100,
                "95 %": row["interval"],
                "8 weeks": row["weeks"],
                "State": row["state"],
                "Repository": visible(row["repo"]),
            }
            for row in rows
        ],
        hide_index=True,
        height="content" if len(rows) <= MANY else 36 * MANY,
        row_height=36,
        alt=alt,
        key=key,
        placeholder="–",
        on_select="rerun" if selectable else "ignore",
        selection_mode="single-row",
        column_config={
            "Failure": column.TextColumn(width=230),
            "Pull requests": column.ProgressColumn(
                "PRs",
                format="%d",
                help="Those where a person or CI itself says so",
                min_value=0,
                max_value=max((row["pull_requests_supported"] for row in rows), default=1) or 1,
                width=110,
                color="blue",
            ),
            "Share": column.NumberColumn(
                format="%.0f %%",
                width=62,
                help="Of the repository's pull requests by agents, over all time",
            ),
            "95 %": column.TextColumn(width=92, help="Wilson interval of the share"),
            "8 weeks": column.BarChartColumn(y_min=0, width=90),
            "State": column.TextColumn(width=118),
            "Repository": column.TextColumn(width=120),
        },
    )
