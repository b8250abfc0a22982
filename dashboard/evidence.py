"""A rule as a person decides on it: what it rests on, how it reads, what it would change."""

import difflib
import re
from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.data import Source, ask, parsed
from dashboard.figures import ENOUGH, FEW, count, day, day_range, percent, plural, share_range
from dashboard.text import Safe, enc, md, visible
from rules_out.formats import FORMATS
from warehouse.errors import RuleloopError
from warehouse.git import GitRepository
from warehouse.metrics import wilson

Rule = Mapping[str, Any]

KINDS = {
    "do-not-use": "do not use",
    "use-instead": "use instead",
    "run-before": "run before",
    "change-together": "change together",
    "gotcha": "know this",
    "procedure": "procedure",
}
STATES = {
    "proposed": ("to decide", "blue", ":material/inbox:"),
    "unattested": ("unattested", "orange", ":material/warning:"),
    "accepted": ("accepted", "green", ":material/check_circle:"),
    "rejected": ("rejected", "gray", ":material/close:"),
    "snoozed": ("snoozed", "gray", ":material/snooze:"),
    "published": ("live", "green", ":material/verified:"),
    "retired": ("retired", "gray", ":material/archive:"),
}
"""State -> word, colour, shape: a state is never colour alone."""

_CONTEXT = 3
_QUOTED_LINES = 12
_REPO = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")


def strength(rule: Rule) -> str:
    """How much stands behind a proposal, in one word. By counts alone, and the counts are shown."""
    k, makers = rule["support_pull_requests"], rule["support_people"] + bool(rule["support_ci"])
    if k >= 2 * FEW and makers >= 2:
        return "strong evidence"
    return "fair evidence" if k >= FEW else "thin evidence"


def badges(rule: Rule) -> None:
    """State, strength, scope."""
    with st.container(horizontal=True, gap="small"):
        word, colour, icon = STATES.get(rule["state"], (rule["state"], "gray", None))
        st.badge(enc(word), color=colour, icon=icon)  # type: ignore[arg-type]  # from STATES
        st.badge(enc(strength(rule)), color="gray")
        st.badge(enc(rule["repo"]), color="gray")
        st.badge(enc(KINDS.get(rule["kind"], rule["kind"])), color="gray")


def sentence(rule: Rule) -> Safe:
    """k of n with its interval, who says so, and when."""
    k, n = rule["support_pull_requests"], rule["agent_pull_requests"]
    return md(
        "{k} of {n} pull requests by agents in {repo} failed this way{share}. Said by {makers}. "
        "Seen {window}.",
        k=count(k),
        n=count(n),
        repo=rule["repo"],
        share=_share(k, n),
        makers=makers(rule["support_people"], rule["support_ci"]),
        window=day_range(rule["first_at"], rule["last_at"]),
    )


def makers(people: int, checks: int) -> str:
    """Who says that it failed."""
    said_by = [
        *([plural(people, "person", "people")] if people else []),
        *([f"CI on {count(checks)}"] if checks else []),
    ]
    return " and ".join(said_by) or "nobody"


def _share(k: int, n: int) -> str:
    if n < FEW or k > n:
        return ""
    low, high = wilson(k, n)
    point = f"{percent(k / n)}, " if n >= ENOUGH else ""
    return f": {point}95 % interval {share_range(low, high)}"


def diff(at: Source, rule: Rule) -> None:
    """What accepting would change, as a unified diff against the file in the home's clone."""
    path, before, known = _original(at, rule)
    try:
        after = _rendered(rule, before)
    except RuleloopError as error:
        st.warning(enc(str(error)))
        st.code(visible(rule["text"]), language=None, wrap_lines=True)
        return
    lines = difflib.unified_diff(
        _lines(before),
        _lines(after),
        f"a/{path}" if before else "/dev/null",
        f"b/{path}",
        n=_CONTEXT,
        lineterm="",
    )
    st.code(visible("\n".join(lines)), language="diff", wrap_lines=True)
    st.caption(
        md(
            "{path} in {repo}, about {tokens} in every prompt that carries it{known}",
            path=path,
            repo=rule["repo"],
            tokens=plural(rule["tokens"], "token"),
            known="" if known else ". No clone of the repository here: shown as a new file",
        )
    )


def _lines(content: bytes) -> list[str]:
    return content.decode("utf-8", "replace").splitlines()


def _original(at: Source, rule: Rule) -> tuple[str, bytes, bool]:
    """Where the rule would stand, what stands there now, and whether that could be seen."""
    path = FORMATS[rule["target"]].path
    if rule["target"] == "skill":
        path = f".agents/skills/checks-{rule['rule_id']}/SKILL.md"
    clone = at.home.clone(rule["repo"])
    if not clone.is_dir():
        return path, b"", False
    try:
        return path, GitRepository(clone).show_file("HEAD", path) or b"", True
    except RuleloopError:
        return path, b"", False


def _rendered(rule: Rule, before: bytes) -> bytes:
    if rule["target"] == "skill":
        return str(rule["text"]).encode()
    form = FORMATS[rule["target"]]
    block = form.read(before)
    lines = [line for line in block.lines if line != rule["text"]] if block else []
    return form.insert(before, [*lines, rule["text"]])


def attestation(rule: Rule) -> None:
    """Where each slot of the line was found in the repository."""
    rows = [each for each in parsed(rule["attestation"]) if isinstance(each, dict)]
    if not rows:
        st.caption("The line names nothing of the repository, so there is nothing to look up.")
        return
    st.dataframe(
        [
            {
                "Slot": visible(str(each.get("slot", ""))),
                "Kind": visible(str(each.get("kind", ""))),
                "Found": "yes" if each.get("found") else "no",
                "Where": visible(str(each.get("where") or "")),
            }
            for each in rows
        ],
        hide_index=True,
        height="content",
        row_height=34,
        alt="Where each slot of the rule was found",
    )


def missing_slots(rule: Rule) -> list[str]:
    """The slots that were not found, in order."""
    rows = [each for each in parsed(rule["attestation"]) if isinstance(each, dict)]
    return [str(each.get("slot", "")) for each in rows if not each.get("found")]


def quotes(at: Source, rule: Rule, most: int = 3) -> list[dict[str, Any]]:
    """The newest failures behind the rule, one per pull request, with what was said."""
    ids = [str(each) for each in parsed(rule["evidence"])]
    if not ids:
        return []
    rows = ask(
        at,
        "SELECT f.pull_request_id, o.title, f.kind, f.maker, f.agent, f.path, f.excerpt, "
        "f.happened_at, f.failure_id FROM failure_mode_member AS m "
        "JOIN failure AS f ON f.failure_id = m.failure_id "
        "LEFT JOIN pull_request_outcome AS o ON o.pull_request_id = f.pull_request_id "
        "WHERE m.failure_mode_id = ? ORDER BY f.happened_us DESC NULLS LAST, f.failure_id",
        rule["failure_mode_id"],
    )
    first: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["pull_request_id"] in ids and row["maker"] in ("person", "ci"):
            first.setdefault(row["pull_request_id"], row)
    return list(first.values())[:most]


def quote(at: Source, row: Mapping[str, Any]) -> None:
    """One failure with what was said, as plain text."""
    with st.container(border=True, gap="xsmall"):
        st.text(visible(f"{row['pull_request_id']}  {row['title'] or ''}"))
        st.caption(
            md(
                "{kind}, said by {maker}{path} · {agent} · {when}",
                kind=row["kind"].replace("_", " "),
                maker={"person": "a person", "ci": "CI"}.get(row["maker"], row["maker"]),
                path=f" about {row['path']}" if row["path"] else "",
                agent=row["agent"],
                when=day(row["happened_at"]),
            )
        )
        if row["excerpt"]:
            st.code(visible(_cut(row["excerpt"])), language=None, wrap_lines=True)
        if address := link(at, row["pull_request_id"]):
            st.link_button(
                "Open on GitHub", address, type="tertiary", icon=":material/open_in_new:"
            )


def _cut(text: str) -> str:
    lines = text.strip().splitlines()
    kept = lines[:_QUOTED_LINES]
    left = len(lines) - len(kept)
    return "\n".join([*kept, f"... {plural(left, 'more line')}"] if left else kept)


def link(at: Source, pull_request_id: str) -> str | None:
    """The address of a pull request, only for repositories the forge itself named."""
    repo, _, number = pull_request_id.partition("#")
    host = ask(at, "SELECT source_host FROM repository WHERE repo = ?", repo)
    known = bool(host) and host[0]["source_host"] == "github.com" and not at.is_sample
    if not known or not _REPO.fullmatch(repo) or not number.isdigit():
        return None
    return f"https://github.com/{repo}/pull/{number}"
