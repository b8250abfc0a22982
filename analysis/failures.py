"""What went wrong with agents' pull requests: one row per reason, with who says so.

Only pull requests whose lead author is a known agent are read, and what the pull request says of
itself (title, body, the agent's own remarks) never counts: a failure is somebody else's word, or CI's.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from analysis.agent_marks import AUTOMATION, MARKS, REVIEWERS
from analysis.signatures import (
    DIRECTIVE,
    MAX_TEXT,
    Signature,
    sign_comment,
    sign_fix_up,
    sign_log,
)
from warehouse.records import batch

Row = dict[str, Any]

MAX_EXCERPT = 4_096
_FAILED = frozenset({"failure", "timed_out"})
_TRUSTED = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
_BOT_LOGIN = re.compile(r"\[bot\]$|[-_](?:ro)?bot\d*$|[a-z]Bot$|[-_]service\d*$")
_AGENT_OF = {
    mark.pattern.removesuffix("[bot]"): mark.agent for mark in MARKS if mark.kind == "login"
}
# Ordinary user accounts that a program writes with; seen speaking in AIDev or in wide use.
_PROGRAMS = frozenset(
    {
        "octavia-squidington-iii",  # airbyte's, repairs lint and format
        "robobun",  # bun's, reports CI
        "codecov-commenter",
        "codecov-io",
        "coveralls",
        "cla-assistant",
        "claassistant",
        "googlebot",
        "houndci",
        "msftbot",
        "pytorchmergebot",
        "web-flow",
    }
)
_MACHINES = frozenset(
    {each.removesuffix("[bot]") for each in AUTOMATION | REVIEWERS} | _AGENT_OF.keys() | _PROGRAMS
)


@dataclass(frozen=True, slots=True)
class PullRequest:
    """What is needed of an agent's pull request to judge what is said about it."""

    pull_request_id: str
    repo: str
    agent: str
    author: str | None
    created_us: int | None


@dataclass(frozen=True, slots=True)
class _Seen:
    """A failure before it has an id."""

    pull: PullRequest
    kind: str
    maker: str
    maker_id: str | None
    source_table: str
    source_id: str
    text: str
    signature: Signature | None
    why_untyped: str
    happened_us: int | None
    path: str | None = None


def find_failures(tables: Mapping[str, pa.Table]) -> pa.Table:
    """Rows of `failure`, sorted by id; empty when nothing failed.

    Args:
        tables: pull_request, lead (pull_request_id, agent), pull_request_commit, review,
            review_comment, comment, check_run, ci_log_chunk, commit, timeline_event, as their
            tables define them.
    """
    lead = {r["pull_request_id"]: r["agent"] for r in tables["lead"].to_pylist()}
    pulls = {
        r["pull_request_id"]: PullRequest(
            r["pull_request_id"],
            r["repo"],
            lead[r["pull_request_id"]],
            r["author_login"],
            r["created_us"],
        )
        for r in _rows(
            tables["pull_request"], "pull_request_id", "repo", "author_login", "created_us"
        )
        if lead.get(r["pull_request_id"]) not in (None, "unknown", "human")
    }
    seen: list[_Seen] = []
    seen += _reviews(pulls, tables["review"])
    seen += _remarks(pulls, tables["review_comment"], "review_comment", "review_comment_id")
    seen += _remarks(pulls, tables["comment"], "comment", "comment_id")
    seen += _checks(pulls, tables["check_run"], tables["ci_log_chunk"])
    seen += _fix_ups(pulls, tables["pull_request_commit"])
    seen += _reverts(pulls, tables["commit"], tables["pull_request"])
    seen += _closed(pulls, tables["pull_request"], tables["timeline_event"])
    rows = {row["failure_id"]: row for row in map(_row, seen)}
    ordered = [rows[key] for key in sorted(rows)]
    return pa.Table.from_batches([batch("failure", ordered)])


def _rows(rows: pa.Table, *columns: str) -> Iterator[Row]:
    for part in rows.select(list(columns)).to_batches():
        yield from part.to_pylist()


def maker(login: str | None, type_: str | None, association: str | None, pull: PullRequest) -> str:
    """Who says it: author (the agent or its operator), bot, outsider, person or unknown.

    An association the source does not give is no reason for doubt; one that names a stranger is.
    """
    if not login:
        return "unknown"
    name = login.lower()
    if name == (pull.author or "").lower() or _AGENT_OF.get(_bare(name)) == pull.agent:
        return "author"
    if is_bot(login, type_):
        return "bot"
    if association and association.upper() not in _TRUSTED:
        return "outsider"
    return "person"


def is_bot(login: str, type_: str | None) -> bool:
    """Whether an account is a machine's."""
    return type_ == "Bot" or bool(_BOT_LOGIN.search(login)) or _bare(login.lower()) in _MACHINES


def _bare(name: str) -> str:
    return name.removesuffix("[bot]")


# --- people's and bots' words --------------------------------------------------------------------

_WHO = ("author_login", "author_type", "author_association")


def _reviews(pulls: Mapping[str, PullRequest], review: pa.Table) -> Iterator[_Seen]:
    wanted = ("review_id", "pull_request_id", "state", "body", "submitted_us", *_WHO)
    for row in _rows(review, *wanted):
        pull = pulls.get(row["pull_request_id"])
        asked = row["state"] == "CHANGES_REQUESTED"
        if pull is None or not (asked or DIRECTIVE.search(row["body"] or "")):
            continue
        kind = "changes_requested" if asked else "review_comment"
        yield from _said(pull, kind, row, "review", row["review_id"], row["submitted_us"])


def _remarks(
    pulls: Mapping[str, PullRequest], remark: pa.Table, name: str, key: str
) -> Iterator[_Seen]:
    placed = ("path", "diff_hunk") if name == "review_comment" else ()
    for row in _rows(remark, key, "pull_request_id", "body", "created_us", *_WHO, *placed):
        pull = pulls.get(row["pull_request_id"])
        # A remark on a line of the diff is about the change; one in the conversation may be small talk.
        if pull is None or not (row["body"] and (placed or DIRECTIVE.search(row["body"]))):
            continue
        yield from _said(pull, "review_comment", row, name, row[key], row["created_us"])


def _said(
    pull: PullRequest, kind: str, row: Row, table: str, key: str, happened_us: int | None
) -> Iterator[_Seen]:
    """One remark: a failure for each different thing it names, one without a signature otherwise."""
    login, body, path = row["author_login"], row["body"] or "", row.get("path")
    who = maker(login, row["author_type"], row["author_association"], pull)
    if who == "author" and is_bot(login, row["author_type"]):
        return  # the agent reporting on its own work
    for signature in _named(body, row.get("diff_hunk"), path) or [None]:
        yield _Seen(
            pull, kind, who, login, table, key, body, signature, _why(body), happened_us, path
        )


def _named(body: str, hunk: str | None, path: str | None) -> list[Signature | None]:
    """What a remark names: tools' findings that it quotes, else what it asks for in words."""
    return [*sign_log(_pasted(body))] or [
        each for each in (sign_comment(body, hunk=hunk, path=path),) if each
    ]


_PRINTED = re.compile(
    r":\d{1,6}\b|\(\d{1,6},\d{1,6}\)|^(?:FAILED|ERROR|--- FAIL|error\[)|\.\.\. FAILED$"
)


def _pasted(body: str) -> Iterator[str]:
    """The lines of a remark that may be a tool's output, because people paste what CI said.

    In a fence any line may be; outside only one that gives a line number or announces a failure
    ("D365 import" is no lint code). Quoted lines are somebody else's words.
    """
    fenced = suggested = False
    for line in body[:MAX_TEXT].split("\n"):
        if line.lstrip().startswith("```"):
            fenced = not fenced
            suggested = fenced and "suggestion" in line
        elif suggested:  # code that is to be, not what a tool printed
            continue
        elif not line.lstrip().startswith(">") and (fenced or _PRINTED.search(line)):
            yield line


def _why(text: str) -> str:
    if not text.strip():
        return "no words were given"
    if "`" not in text:
        return "the words name no command, file or symbol"
    return "the words name something but not what to do about it"


# --- CI ----------------------------------------------------------------------------------------


def _checks(
    pulls: Mapping[str, PullRequest], check_run: pa.Table, chunks: pa.Table
) -> Iterator[_Seen]:
    logs: dict[str, list[str]] = {}
    for row in sorted(_rows(chunks, "check_run_id", "chunk", "text"), key=lambda r: r["chunk"]):
        logs.setdefault(row["check_run_id"], []).append(row["text"])
    wanted = (
        "check_run_id", "pull_request_id", "name", "conclusion", "summary", "is_fork",
        "completed_us", "started_us",
    )  # fmt: skip
    for row in _rows(check_run, *wanted):
        pull = pulls.get(row["pull_request_id"])
        if pull is None or row["conclusion"] not in _FAILED:
            continue
        log = "\n".join(logs.get(row["check_run_id"], ())) or row["summary"] or ""
        why = "no log was kept" if not log else "the log shows no known tool's finding"
        signatures: list[Signature | None] = [*sign_log(log.split("\n"))]
        excerpt = excerpt_of(log)
        for signature in signatures or [None]:
            yield _Seen(
                pull,
                "check_failed",
                "outsider" if row["is_fork"] else "ci",
                None,
                "check_run",
                row["check_run_id"],
                excerpt,
                signature,
                why,
                row["completed_us"] or row["started_us"],
            )


def excerpt_of(log: str) -> str:
    """The lines of a log that a person would look at first."""
    from analysis.chunks import failing_chunk

    return failing_chunk(log).text if log else ""


# --- commits -----------------------------------------------------------------------------------


_NOT_A_REPAIR = re.compile(r"^Revert\b|\(#\d{1,9}\)$|\bunrelated\b", re.IGNORECASE)
"""Taking a repair back; another pull request's landing, brought in from the base; and what the
repairer says this pull request did not break."""


def _fix_ups(pulls: Mapping[str, PullRequest], commits: pa.Table) -> Iterator[_Seen]:
    """Repairs pushed after the first commit. Whoever pushed one says that something was broken.

    A commit whose source gives no time is dated by its pull request's opening, the earliest it can be.
    """
    wanted = (
        "pull_request_id", "sha", "position", "is_landing", "author_login", "message", "authored_us",
        "committed_us",
    )  # fmt: skip
    for row in _rows(commits, *wanted):
        pull = pulls.get(row["pull_request_id"])
        if pull is None or not row["position"] or row["is_landing"]:
            continue
        message = row["message"] or ""
        if _NOT_A_REPAIR.search(message.partition("\n")[0].strip()):
            continue
        if (signature := sign_fix_up(message)) is None:
            continue
        login = row["author_login"]
        yield _Seen(
            pull,
            "fix_up_commit",
            maker(login, None, None, pull),
            login,
            "pull_request_commit",
            f"{pull.pull_request_id}@{row['sha']}",
            message,
            signature,
            "",
            row["committed_us"] or row["authored_us"] or pull.created_us,
        )


def _reverts(
    pulls: Mapping[str, PullRequest], commit: pa.Table, pull_request: pa.Table
) -> Iterator[_Seen]:
    """Commits of the default branch that revert an agent's pull request, by its SHA or number."""
    merged = {
        (r["repo"], r["merge_commit_sha"]): r["pull_request_id"]
        for r in _rows(pull_request, "repo", "merge_commit_sha", "pull_request_id")
        if r["merge_commit_sha"]
    }
    wanted = (
        "repo", "sha", "message", "committed_us", "author_name", "author_email",
        "pull_request_number", "reverts_sha", "reverts_number",
    )  # fmt: skip
    rows = list(_rows(commit, *wanted))
    whole = _whole_ids(
        {(r["repo"], r["reverts_sha"]) for r in rows if r["reverts_sha"]},
        [*merged, *((r["repo"], r["sha"]) for r in rows)],
    )
    numbers = {
        (r["repo"], r["sha"]): r["pull_request_number"]
        for r in rows
        if r["pull_request_number"] is not None
    }
    for row in rows:
        repo, number = row["repo"], row["reverts_number"]
        if row["reverts_sha"]:
            at = (repo, row["reverts_sha"])
            at = whole.get(at, at)
            number = numbers.get(at, number)
            found = merged.get(at) or (f"{repo}#{number}" if number is not None else None)
        else:
            found = f"{repo}#{number}" if number is not None else None
        pull = pulls.get(found or "")
        if pull is None:
            continue
        login = _login_of(row["author_name"], row["author_email"])
        yield _Seen(
            pull,
            "reverted",
            maker(login, None, None, pull),
            login,
            "commit",
            f"{repo}@{row['sha']}",
            row["message"] or "",
            None,
            "a revert does not say what was wrong",
            row["committed_us"],
        )


_Commit = tuple[str, str]
"""Repository and id."""


def _whole_ids(named: set[_Commit], known: Iterable[_Commit]) -> dict[_Commit, _Commit]:
    """What shortened ids stand for, because people shorten them; those that fit two commits do not."""
    short = {at for at in named if 7 <= len(at[1]) < 40}
    lengths = {len(sha) for _, sha in short}
    found: dict[_Commit, set[_Commit]] = {}
    for repo, sha in known:
        for length in lengths:
            if (at := (repo, sha[:length])) in short:
                found.setdefault(at, set()).add((repo, sha))
    return {at: min(whole) for at, whole in found.items() if len(whole) == 1}


_NOREPLY = re.compile(r"(?:\d{1,12}\+)?([^@+\s]{1,100})@users\.noreply\.github\.com")


def _login_of(name: str | None, address: str | None) -> str | None:
    """The account behind a commit where GitHub's address tells it, else the name it gives."""
    found = _NOREPLY.fullmatch(address or "")
    return found.group(1) if found else name


def _closed(
    pulls: Mapping[str, PullRequest], pull_request: pa.Table, timeline_event: pa.Table
) -> Iterator[_Seen]:
    """Closed without a merge. Why is in the remarks, if anywhere: two in three say nothing."""
    closed: dict[str, Row] = {}
    wanted = ("event_id", "pull_request_id", "event", "actor_login", "actor_type", "created_us")
    for row in _rows(timeline_event, *wanted):
        before = closed.get(row["pull_request_id"])
        if row["event"] == "closed" and (before is None or _moment(before) <= _moment(row)):
            closed[row["pull_request_id"]] = row
    for row in _rows(pull_request, "pull_request_id", "state", "closed_us"):
        pull = pulls.get(row["pull_request_id"])
        if pull is None or row["state"] != "closed":
            continue
        event = closed.get(pull.pull_request_id)
        login = event["actor_login"] if event else None
        yield _Seen(
            pull,
            "closed_unmerged",
            maker(login, event["actor_type"] if event else None, None, pull),
            login,
            "pull_request",
            pull.pull_request_id,
            "",
            None,
            "closing a pull request does not say why",
            row["closed_us"],
        )


def _moment(event: Row) -> tuple[int, str]:
    return event["created_us"] or 0, event["event_id"]


# --- rows --------------------------------------------------------------------------------------


def _row(seen: _Seen) -> Row:
    signature = seen.signature
    named = (seen.kind, seen.source_table, seen.source_id)
    parts = (*named, signature.type, signature.key) if signature else named
    return {
        "failure_id": f"f-{_digest(parts)}",
        "pull_request_id": seen.pull.pull_request_id,
        "repo": seen.pull.repo,
        "kind": seen.kind,
        "agent": seen.pull.agent,
        "maker": seen.maker,
        "maker_id": seen.maker_id,
        "source_table": seen.source_table,
        "source_id": seen.source_id,
        "path": seen.path or (signature.path if signature else None),
        "excerpt": seen.text.encode()[:MAX_EXCERPT].decode("utf-8", "ignore") or None,
        "signature_type": signature.type if signature else None,
        "signature": signature.key if signature else None,
        "slots": signature.slots if signature else None,
        "untyped_reason": None if signature else seen.why_untyped,
        "happened_us": seen.happened_us,
    }


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:16]
