"""Failure modes: what keeps going wrong, and behind each one the pull requests that show it."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard import charts, data, evidence, modes, navigation, shell
from dashboard.data import Row, Source, ask
from dashboard.figures import count, day, plural
from dashboard.text import enc, md, visible

SHOWN = {
    "Recurring": "seen on 3 or more pull requests, by word of a person or of CI",
    "With a rule": "a rule was proposed, accepted or rejected for it",
    "All": "every failure that has a signature",
}

KINDS = {
    "review_comment": "review comment",
    "changes_requested": "changes requested",
    "closed_unmerged": "closed unmerged",
    "check_failed": "check failed",
    "reverted": "reverted",
    "fix_up_commit": "fix-up commit",
}


def page() -> None:
    """Draw the list, or with `?mode=` one mode."""
    at = shell.opened()
    if at is None:
        return
    found = modes.modes(at, data.rules(at))
    wanted = st.query_params.get("mode")
    chosen = [mode for mode in found if mode["failure_mode_id"] == wanted]
    if chosen:
        _detail(at, chosen[0])
    else:
        _list(at, found, missing=wanted)


def _list(at: Source, found: Sequence[Row], missing: str | None) -> None:
    shell.title("Failure modes", at, shell.coverage(at))
    if missing:
        st.warning(md("There is no failure mode {id} in this snapshot.", id=missing))
    if not found:
        shell.empty(
            "No failure has been typed yet.",
            "ruleloop learn",
            "Failures come from reviews, failed checks, reverts, closed pull requests and fix-up "
            "commits: sync or import some first.",
        )
        _funnel(at)
        return
    shown = _filters(found)
    st.caption(
        md(
            "{n} of {all}. Counted over all time are pull requests where a person or CI says so; "
            "the share is of the repository's pull requests by agents, with its 95 % Wilson "
            "interval. Choose a row to see behind it.",
            n=count(len(shown)),
            all=plural(len(found), "failure mode"),
        )
    )
    if shown:
        event = modes.table(
            shown,
            key="modes",
            alt="Failure modes, those on most pull requests first",
            selectable=True,
        )
        for row in event.selection.rows[:1]:
            st.query_params["mode"] = shown[row]["failure_mode_id"]
            st.rerun()
    else:
        st.caption("None of that kind.")
    _funnel(at)


def _filters(found: Sequence[Row]) -> list[Row]:
    with st.container(horizontal=True, vertical_alignment="center"):
        which = st.segmented_control(
            "Which",
            list(SHOWN),
            default="Recurring" if any(map(_recurs, found)) else "All",
            key="which",
            bind="query-params",
            required=True,
            label_visibility="collapsed",
        )
        repos = sorted({mode["repo"] for mode in found})
        repo = st.selectbox(
            "Repository",
            ["", *repos],
            format_func=lambda each: enc(each) if each else "All repositories",
            key="repo",
            label_visibility="collapsed",
            width=240,
        )
    kept = [mode for mode in found if not repo or mode["repo"] == repo]
    if which == "Recurring":
        return [mode for mode in kept if _recurs(mode)]
    return [mode for mode in kept if which == "All" or mode["rule_id"] is not None]


def _recurs(mode: Mapping[str, Any]) -> bool:
    return mode["stage"] in ("recurring", "attested", "proposed")


def _funnel(at: Source) -> None:
    """How far failures came on their way to a rule, and where they stopped."""
    st.markdown("## From failure to rule", anchors=False)
    rows = data.stages(at)
    if not rows:
        st.caption("No failure was found.")
        return
    column = st.column_config
    st.dataframe(
        [
            {
                "Stage": row["stage"],
                "Failures": row["failures"],
                "Modes": row["modes"],
                "Pull requests": row["pull_requests"],
                "Repositories": row["repositories"],
                "Why the others stopped": visible(row["reason"] or ""),
            }
            for row in rows
        ],
        hide_index=True,
        height="content",
        row_height=34,
        placeholder="–",
        alt="How many failures came how far on the way to a rule, and why the others stopped",
        column_config={
            "Stage": column.TextColumn(width=150),
            "Failures": column.NumberColumn(width=75, format="localized"),
            "Modes": column.NumberColumn(width=65, format="localized"),
            "Pull requests": column.NumberColumn("PRs", width=65, format="localized"),
            "Repositories": column.NumberColumn("Repos", width=60, format="localized"),
            "Why the others stopped": column.TextColumn(width=440),
        },
    )


# --- one mode -------------------------------------------------------------------------------------


def _detail(at: Source, mode: Row) -> None:
    if st.button("All failure modes", icon=":material/arrow_back:", type="tertiary"):
        st.query_params.pop("mode", None)
        st.rerun()
    shell.title(mode["title"], at, shell.coverage(at))
    with st.container(horizontal=True, gap="small"):
        st.badge(enc(mode["state"]), color="blue")
        st.badge(enc(mode["repo"]), color="gray")
        for agent in mode["agent_list"]:
            st.badge(enc(agent), color="gray")
    members = _members(at, mode["failure_mode_id"])
    _header(mode)
    _rule_line(mode)
    _trend(at, mode)
    _representative(at, members)
    _by_agent(members)
    _pull_requests(at, members)


def _members(at: Source, mode_id: str) -> list[Row]:
    return ask(
        at,
        "SELECT f.*, o.title FROM failure_mode_member AS m "
        "JOIN failure AS f ON f.failure_id = m.failure_id "
        "LEFT JOIN pull_request_outcome AS o ON o.pull_request_id = f.pull_request_id "
        "WHERE m.failure_mode_id = ? ORDER BY f.happened_us DESC NULLS LAST, f.failure_id",
        mode_id,
    )


def _header(mode: Mapping[str, Any]) -> None:
    st.markdown(
        md(
            "**{share}** pull requests by agents in {repo} failed this way by word of a person "
            "or of CI ({makers}). With what bots and authors say it is {failures} on "
            "{all}. First seen {first}, last {last}.",
            share=modes.of_repository(mode),
            repo=mode["repo"],
            all=plural(mode["pull_requests"], "pull request"),
            makers=evidence.makers(mode["people"], mode["ci_pull_requests"]),
            failures=plural(mode["failures"], "failure"),
            first=day(mode["first_at"]),
            last=day(mode["last_at"]),
        )
    )


def _rule_line(mode: Mapping[str, Any]) -> None:
    if mode["rule_id"]:
        st.page_link(
            navigation.page("rule-inbox"),
            label="Its rule",
            icon=":material/gavel:",
            query_params={"rule": str(mode["rule_id"])},
        )
    elif mode["drop_reason"]:
        st.caption(md("No rule: {reason}.", reason=str(mode["drop_reason"]).rstrip(".")))


def _trend(at: Source, mode: Mapping[str, Any]) -> None:
    rows = ask(
        at,
        "SELECT week, pull_requests AS n FROM failure_mode_week "
        "WHERE failure_mode_id = ? AND week IS NOT NULL ORDER BY week",
        mode["failure_mode_id"],
    )
    st.markdown("## Pull requests by week", anchors=False)
    if not rows:
        st.caption("When it happened is not known.")
        return
    st.altair_chart(
        charts.bars_by_week(rows, shell.theme(), "pull requests"),
        width="stretch",
        alt="Pull requests with this failure by week",
    )


def _representative(at: Source, members: Sequence[Row]) -> None:
    """One member, shown in full: said by a person or CI, the newest of those with words."""
    said = [row for row in members if row["maker"] in ("person", "ci") and row["excerpt"]]
    for row in (said or [row for row in members if row["excerpt"]])[:1]:
        st.markdown("## One of them", anchors=False)
        evidence.quote(at, row)


def _by_agent(members: Sequence[Row]) -> None:
    found: dict[str, set[str]] = {}
    for row in members:
        found.setdefault(row["agent"], set()).add(row["pull_request_id"])
    st.caption(
        md(
            "By agent, alphabetical: {parts}. Agents get different tasks; this ranks nobody.",
            parts=", ".join(f"{agent} {count(len(found[agent]))}" for agent in sorted(found)),
        )
    )


def _pull_requests(at: Source, members: Sequence[Row]) -> None:
    st.markdown("## All pull requests", anchors=False)
    column = st.column_config
    rows = [
        {
            "Pull request": visible(row["pull_request_id"]),
            "Open": evidence.link(at, row["pull_request_id"]),
            "Title": visible(row["title"] or ""),
            "What": KINDS.get(row["kind"], row["kind"]),
            "Said by": row["maker"],
            "Agent": visible(row["agent"]),
            "When": day(row["happened_at"]),
            "Path": visible(row["path"] or ""),
        }
        for row in members
    ]
    known = {name for row in rows for name, value in row.items() if value}
    st.dataframe(
        [{name: value for name, value in row.items() if name in known} for row in rows],
        hide_index=True,
        height="content" if len(rows) <= modes.MANY else 36 * modes.MANY,
        row_height=36,
        alt="Every failure of this mode, newest first",
        column_config={
            "Pull request": column.TextColumn(width=150),
            "Title": column.TextColumn(width=260),
            "What": column.TextColumn(width=130),
            "Said by": column.TextColumn(width=70),
            "Agent": column.TextColumn(width=100),
            "When": column.TextColumn(width=95),
            "Path": column.TextColumn(width=160),
            "Open": column.LinkColumn(display_text="open", width=60),
        },
    )
