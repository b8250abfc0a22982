"""Which agent had a part in a pull request: evidence rows, never one opaque label.

Each row says by which method, from what, how sure. Nothing found is `unknown`, which is not `human`:
agents can be told to leave no mark, so a person is an author only where somebody says so.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import pyarrow as pa

from analysis.agent_marks import (
    AUTOMATION,
    HARNESSES,
    HIGH,
    MARKS,
    MEDIUM,
    REVIEW_ADDRESSES,
    REVIEW_AGENTS,
    WRONG_LOGINS,
    Mark,
)
from warehouse.records import batch
from warehouse.tables import table

Role = Literal["author", "co-author", "reviewer"]

RUNGS = {
    "manual": 1,
    "label": 2,
    "author_login": 3,
    "commit_author": 4,
    "notes": 5,
    "trailer": 6,
    "session_marker": 7,
    "head_ref": 8,
}
"""The ladder: a lower number is a stronger method, whatever its confidence."""

MAX_EVIDENCE = 200
MAX_TEXT = 64 << 10
_NOBODY = AUTOMATION | WRONG_LOGINS
_CODEX = ("codex", "noreply@openai.com")
"""Neither half alone: OpenAI sends mail from that address, and people are called anything."""


@dataclass(frozen=True, slots=True)
class CommitEvidence:
    """One commit of a pull request."""

    author_login: str | None = None
    author_name: str = ""
    author_email: str = ""
    committer_email: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class PullRequestEvidence:
    """What is known of a pull request that may show who wrote it."""

    author_login: str | None = None
    title: str = ""
    body: str = ""
    head_ref: str | None = None
    labels: Sequence[str] = ()
    commits: Sequence[CommitEvidence] = ()
    notes: Sequence[str] = ()
    """Line-provenance notes (refs/notes/ai): an agent's id, or the text of a git-ai note."""
    manual_agents: Sequence[str] = ()
    """What a person or the source itself states; `human` is allowed here."""
    created_at: str | None = None


@dataclass(frozen=True, slots=True)
class Authorship:
    """One reason to believe that an agent had a part."""

    agent: str
    role: Role
    method: str
    evidence: str
    confidence: float
    model: str | None = None

    @property
    def rung(self) -> int:
        """Its place on the ladder, 1 is the strongest."""
        return RUNGS[self.method]


def attribute(evidence: PullRequestEvidence) -> list[Authorship]:
    """Every reason found, strongest method first; several agents stay several; `[]` is unknown."""
    found = dict.fromkeys(_all(evidence))
    return sorted(found, key=lambda a: (a.rung, -a.confidence, a.agent, a.role, a.evidence))


def _all(evidence: PullRequestEvidence) -> Iterator[Authorship]:
    for agent in evidence.manual_agents:
        yield Authorship(agent, "author", "manual", f"stated: {agent}", 1.0)
    for label in evidence.labels:
        yield from _exact("label", label, "label", "author", f"label {label}")
    if evidence.author_login:
        yield from _login(evidence.author_login, "author_login")
    for commit in evidence.commits:
        yield from _commit(commit)
    for note in evidence.notes:
        yield from _note(note)
    yield from _trailers(evidence.body)
    yield from _markers(evidence.body)
    yield from _branch(evidence.head_ref)
    yield from _titled_by_branch(evidence.title)


def _commit(commit: CommitEvidence) -> Iterator[Authorship]:
    if commit.author_login:
        yield from _login(commit.author_login, "commit_author")
    for address in dict.fromkeys((commit.author_email, commit.committer_email)):
        said = f"commit by {address}"[:MAX_EVIDENCE]
        if reviewer := _reviewer(address):
            yield Authorship(reviewer, "reviewer", "commit_author", said, HIGH)
        for mark in _of_address(address):
            yield Authorship(mark.agent, "author", "commit_author", said, mark.confidence)
    yield from _named(commit)
    yield from _trailers(commit.message)
    yield from _markers(commit.message)
    if merged := _MERGE.match(commit.message[:500]):
        yield from _branch(merged.group(1) or merged.group(2))


def _named(commit: CommitEvidence) -> Iterator[Authorship]:
    """What a name shows together with something else; a name by itself shows nothing."""
    if commit.author_name.endswith("(aider)"):
        yield Authorship("aider", "author", "commit_author", "commit by ... (aider)", HIGH)
    elif commit.message.startswith("aider: "):
        yield Authorship("aider", "author", "commit_author", "subject aider: ...", MEDIUM)
    if (commit.author_name.lower(), commit.author_email.lower()) == _CODEX:
        yield Authorship("codex", "author", "commit_author", "commit by Codex of OpenAI", MEDIUM)


def _login(login: str, method: str) -> Iterator[Authorship]:
    lower = login.lower()
    reviewer = REVIEW_AGENTS.get(lower.removesuffix("[bot]"))
    # A review bot commits when somebody takes its suggestion, but a pull request it opens is its own.
    if reviewer and method == "commit_author":
        yield Authorship(reviewer, "reviewer", method, f"login {login}"[:MAX_EVIDENCE], HIGH)
    elif lower not in _NOBODY:
        yield from _exact("login", login, method, "author", f"login {login}")


# What git-ai writes after the line ranges, and Agent Trace: the tool by name, perhaps its model.
_TOOL = re.compile(r'"tool"\s{0,9}:\s{0,9}(?:\{\s{0,9}"name"\s{0,9}:\s{0,9})?"([^"\n]{1,60})"')
_NOTED_MODEL = re.compile(r'"model(?:_id)?"\s{0,9}:\s{0,9}"([^"\n]{1,80})"')


def _note(note: str) -> Iterator[Authorship]:
    if '"' not in note:
        yield Authorship(note, "author", "notes", f"notes: {note}"[:MAX_EVIDENCE], HIGH)
        return
    model = _NOTED_MODEL.search(note[:MAX_TEXT])
    for name in dict.fromkeys(_TOOL.findall(note[:MAX_TEXT])):
        if agent := HARNESSES.get(name.lower().replace("_", "-")):
            named = model.group(1) if model else None
            yield Authorship(agent, "author", "notes", f"notes: tool {name}", HIGH, named)


@cache
def _by_text(kind: str) -> dict[str, list[Mark]]:
    found: dict[str, list[Mark]] = {}
    for mark in MARKS:
        if mark.kind == kind:
            found.setdefault(mark.pattern, []).append(mark)
    return found


def _exact(kind: str, text: str, method: str, role: Role, said: str) -> Iterator[Authorship]:
    for mark in _by_text(kind).get(text.lower(), ()) if text else ():
        yield Authorship(mark.agent, role, method, said[:MAX_EVIDENCE], mark.confidence)


_APP_ADDRESS = re.compile(r"(?:\d{1,12}\+)?([a-z0-9-]{1,60}\[bot\])@users\.noreply\.github\.com")


def _of_address(address: str) -> Iterator[Mark]:
    """Marks of a commit's address: listed itself, or GitHub's for an app that is (nobody else has it)."""
    lower = address.lower()
    if listed := _by_text("email").get(lower):
        yield from listed
    elif (app := _APP_ADDRESS.fullmatch(lower)) and not _reviewer(lower):
        yield from _by_text("login").get(app.group(1), ())


def _reviewer(address: str) -> str | None:
    """The review bot that an address belongs to."""
    lower = address.lower()
    app = _APP_ADDRESS.fullmatch(lower)
    login = app.group(1).removesuffix("[bot]") if app else ""
    return REVIEW_ADDRESSES.get(lower) or REVIEW_AGENTS.get(login)


# --- trailers ----------------------------------------------------------------------------------

_TRAILER = re.compile(
    r"^[ \t]{0,8}((?:co-authored-by|assisted-by|made-with|claude-session|amp-thread-id|agent-logs-url"
    r"|entire-checkpoint|replit-commit-[a-z-]{1,30}):[ \t]{0,8}[^\r\n]{1,300})",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESS = re.compile(r"<([^<>\s]{3,120})>")
_ASSISTED = re.compile(
    r"assisted-by: ([\w. -]{1,40}):([\w./:-]{1,80})(?: .{0,100})?", re.IGNORECASE
)
_MODEL = re.compile(
    r"\b(claude (?:opus|sonnet|haiku|fable) \d[\d.]{0,6})|aider \(([^)]{1,80})\)"
    r"|codex (gpt-\d[\w.-]{0,30})|assisted-by: [^:]{1,40}:([\w./:-]{1,80})",
    re.IGNORECASE,
)


@cache
def _trailer_patterns() -> tuple[tuple[Mark, re.Pattern[str]], ...]:
    return tuple((mark, re.compile(mark.pattern)) for mark in MARKS if mark.kind == "trailer")


def _trailers(text: str) -> Iterator[Authorship]:
    if ":" not in text:
        return
    for match in _TRAILER.finditer(text[:MAX_TEXT]):
        key, _, value = match.group(1).partition(":")
        yield from _trailer(f"{key}: {' '.join(value.split())}")


def _trailer(line: str) -> Iterator[Authorship]:
    lower, said = line.lower(), line[:MAX_EVIDENCE]
    found = [(m.agent, m.confidence) for m, form in _trailer_patterns() if form.fullmatch(lower)]
    if (assisted := _ASSISTED.fullmatch(line)) and (
        agent := HARNESSES.get(assisted.group(1).strip().lower())
    ):
        found.append((agent, HIGH))
    is_co_author = lower.startswith("co-authored-by")
    if is_co_author and (address := _ADDRESS.search(line)):
        found += [(mark.agent, mark.confidence) for mark in _of_address(address.group(1))]
        if reviewer := _reviewer(address.group(1)):
            yield Authorship(reviewer, "reviewer", "trailer", said, HIGH)
    surest: dict[str, float] = {}
    for agent, confidence in found:
        surest[agent] = max(confidence, surest.get(agent, 0.0))
    role: Role = "co-author" if is_co_author else "author"
    for agent, confidence in surest.items():
        yield Authorship(agent, role, "trailer", said, confidence, _model(line))


def _model(line: str) -> str | None:
    found = _MODEL.search(line)
    return next(filter(None, found.groups()), None) if found else None


# --- text and branches -------------------------------------------------------------------------


@cache
def _marker_gate() -> re.Pattern[str]:
    return re.compile("|".join(re.escape(text) for text in sorted(_by_text("body"), key=len)[::-1]))


def _markers(text: str) -> Iterator[Authorship]:
    for found in _marker_gate().findall(text[:MAX_TEXT].lower()):
        for mark in _by_text("body")[found]:
            yield Authorship(mark.agent, "author", "session_marker", found, mark.confidence)


@cache
def _branch_patterns() -> tuple[tuple[Mark, re.Pattern[str]], ...]:
    return tuple((mark, re.compile(mark.pattern)) for mark in MARKS if mark.kind == "branch")


def _branch(head_ref: str | None) -> Iterator[Authorship]:
    if not head_ref:
        return
    for mark, pattern in _branch_patterns():
        if pattern.fullmatch(head_ref[:300]):
            said = f"branch {head_ref}"[:MAX_EVIDENCE]
            yield Authorship(mark.agent, "author", "head_ref", said, mark.confidence)


# A commit of a pull request that merged the base into "its" branch names the head branch, which a
# squash or a data set without head_ref otherwise loses.
# "from owner/branch" is GitHub's own merge commit; the owner is no part of the branch.
_MERGE = re.compile(
    r"Merge (?:remote-tracking )?branch '[^'\r\n]{1,200}'(?: of [^\s]{1,200})?"
    r" into '?([^\s']{1,200})'?\s*(?:$|\n)"
    r"|Merge pull request #\d{1,9} from [^/\s]{1,100}/(\S{1,200})"
)

# GitHub titles a pull request of several commits after its branch: cursor/fix-reset -> "Cursor/fix reset".
_TITLE_OF_BRANCH = re.compile(r"[A-Z][A-Za-z0-9-]{1,40}/[a-z0-9][^/]{0,200}")


def _titled_by_branch(title: str) -> Iterator[Authorship]:
    if _TITLE_OF_BRANCH.fullmatch(title):
        name = (title[0].lower() + title[1:]).replace(" ", "-")
        for found in _branch(name):
            said = f"title from branch {name}"[:MAX_EVIDENCE]
            yield Authorship(found.agent, "author", "head_ref", said, MEDIUM)


# --- tables ------------------------------------------------------------------------------------


def attribute_pull_requests(pull_request: pa.Table, pull_request_commit: pa.Table) -> pa.Table:
    """Rows of `authorship` for every pull request that carries a mark.

    Args:
        pull_request: table `pull_request`.
        pull_request_commit: table `pull_request_commit`.
    """
    commits: dict[str, list[CommitEvidence]] = {}
    for row in _picked(
        pull_request_commit,
        (
            "pull_request_id",
            "author_login",
            "author_name",
            "author_email",
            "committer_email",
            "message",
        ),
    ):
        commits.setdefault(row["pull_request_id"], []).append(_evidence(row))
    rows: list[dict[str, object]] = []
    wanted = (
        "pull_request_id",
        "author_login",
        "author_type",
        "title",
        "body",
        "head_ref",
        "labels",
        "stated_agent",
    )
    for row in _picked(pull_request, wanted):
        identity = row["pull_request_id"]
        stated = row["stated_agent"]
        found = attribute(
            PullRequestEvidence(
                author_login=_account(row["author_login"], row["author_type"]),
                title=row["title"] or "",
                body=row["body"] or "",
                head_ref=row["head_ref"],
                labels=_labels(row["labels"]),
                commits=commits.get(identity, ()),
                manual_agents=(stated,) if stated else (),
            )
        )
        rows += [{"pull_request_id": identity, **_row(each)} for each in found]
    return _table("authorship", rows)


def attribute_commits(commit: pa.Table) -> pa.Table:
    """Rows of `commit_authorship` for every commit that carries a mark.

    Args:
        commit: table `commit`, those that belong to no pull request.
    """
    rows: list[dict[str, object]] = []
    wanted = (
        "repo",
        "sha",
        "author_name",
        "author_email",
        "committer_email",
        "message",
        "committed_us",
    )
    for row in _picked(commit, wanted):
        found = attribute(PullRequestEvidence(commits=(_evidence(row),)))
        place = {"repo": row["repo"], "sha": row["sha"], "committed_us": row["committed_us"]}
        rows += [{**place, **_row(each)} for each in found]
    return _table("commit_authorship", rows)


def _account(login: str | None, type_: str | None) -> str | None:
    """An account by its full name: GitHub's GraphQL leaves `[bot]` off an app's login."""
    if not login or type_ != "Bot" or login.endswith("[bot]"):
        return login
    return login if login.lower() in _by_text("login") else f"{login}[bot]"


def _picked(rows: pa.Table, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    for part in rows.select(list(columns)).to_batches():
        yield from part.to_pylist()


def _evidence(row: dict[str, Any]) -> CommitEvidence:
    return CommitEvidence(
        author_login=row.get("author_login"),
        author_name=row["author_name"] or "",
        author_email=row["author_email"] or "",
        committer_email=row["committer_email"] or "",
        message=row["message"] or "",
    )


def _labels(text: str | None) -> tuple[str, ...]:
    if not text:
        return ()
    return tuple(str(each) for each in json.loads(text))


def _row(found: Authorship) -> dict[str, object]:
    return {
        "agent": found.agent,
        "role": found.role,
        "method": found.method,
        "evidence": found.evidence,
        "confidence": found.confidence,
        "rung": found.rung,
        "model": found.model,
    }


def _table(name: str, rows: Iterable[dict[str, object]]) -> pa.Table:
    key = table(name).key
    best: dict[tuple[str, ...], dict[str, object]] = {}
    for row in rows:
        # The same words may match two marks; the surer one speaks for them.
        place = tuple(str(row[column]) for column in key)
        if place not in best or float(str(best[place]["confidence"])) < float(
            str(row["confidence"])
        ):
            best[place] = row
    return pa.Table.from_batches([batch(name, [best[place] for place in sorted(best)])])
