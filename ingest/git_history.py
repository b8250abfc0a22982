"""The history of a local clone: commits, the pull requests they landed, and instruction files.

No token and no network. A history shows only what was merged, so its pull requests are marked
`merges_only` and lose to the same pull request from a forge. Commits go out oldest first: when the
history grows, the loads before stay the same and are not stored twice.
"""

import marshal
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from ingest.payloads import Handler, Json, Row, Rows, parse_each, text, whole
from warehouse.errors import BadInput, GitError
from warehouse.git import Change, Commit, GitRepository
from warehouse.raw import Payload
from warehouse.records import MAX_US
from warehouse.redact import redact_payload

INSTRUCTION_FILES = (
    ":(glob)**/AGENTS.md",
    ":(glob)**/AGENTS.override.md",
    ":(glob)**/CLAUDE.md",
    ":(glob)**/.claude/rules/**",
    ":(glob)**/GEMINI.md",
    ":(glob)**/SKILL.md",
    ":(glob)**/.cursorrules",
    ":(glob)**/.cursor/rules/**",
    ":(glob).github/copilot-instructions.md",
    ":(glob).github/instructions/**",
    ":(glob)replit.md",
)
MAX_BROUGHT_IN = 250
"""Commits kept per merge; GitHub itself lists no more for a pull request."""

_IN_MEMORY = 64 << 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*")
_ORIGIN = re.compile(r"^(?:[a-z+]+://[^/]+/|[^/:@]+@[^/:]+:)(?:.*/)?([^/]+)/([^/]+?)(?:\.git)?/*$")
_SQUASHED = re.compile(r"\(#([1-9]\d{0,8})\)\s*$")
_MERGED = re.compile(r"^Merge pull request #([1-9]\d{0,8})(?: from ([^/\s]+)/(\S+))?")
_REVERTS_SHA = re.compile(r"\bThis reverts commit ([0-9a-f]{7,40})\b")
_REVERTS_NUMBER = re.compile(r"\bReverts (?:([\w.-]+/[\w.-]+))?#([1-9]\d{0,8})\b")
_REVERTS_SUBJECT = re.compile(r'^Revert "(?!Revert ").*\(#([1-9]\d{0,8})\)"')
_NOREPLY = re.compile(r"^(?:\d+\+)?([A-Za-z0-9-]+(?:\[bot\])?)@users\.noreply\.github\.com$")


@dataclass(slots=True)
class History:
    """A clone that can be read; its payloads come as they are read."""

    repo: str
    head: str
    payloads: Iterator[Payload]
    notes: list[str] = field(default_factory=list)
    """Complete once the last payload has come."""


@dataclass(slots=True)
class _Landings:
    """Which commits belong to which pull request, from the shape of the history alone."""

    landed: dict[str, int]
    """The one commit by which each pull request came in."""
    member: dict[str, tuple[int, int]]
    """A commit's pull request and its place in it, 0 the oldest."""


class _Spool:
    """Commits put newest first and taken oldest first, with their shape kept at hand.

    A history may not fit in memory; its shape does.
    """

    def __init__(self) -> None:
        self.parents: dict[str, tuple[str, ...]] = {}
        self.numbers: dict[str, int] = {}
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
        self._ends: list[int] = [0]

    def __enter__(self) -> "_Spool":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def put(self, commit: Commit) -> None:
        self.parents[commit.sha] = commit.parents
        if number := pull_request_number(_subject(commit.message)):
            self.numbers[commit.sha] = number
        self._file.write(marshal.dumps(tuple(commit)))
        self._ends.append(self._file.tell())

    def oldest_first(self) -> Iterator[Commit]:
        for start, end in zip(self._ends[-2::-1], self._ends[:0:-1], strict=True):
            self._file.seek(start)
            yield Commit(*marshal.loads(self._file.read(end - start)))  # noqa: S302  # our own bytes


def fetch(path: Path, name: str | None = None) -> History:
    """Open a clone or bare repository.

    Args:
        name: owner/name; without it the clone's origin says, else `local/<folder>`.

    Raises:
        BadInput: it is no git repository, has no commits yet, or the name is impossible.
    """
    repository = GitRepository(path)
    repo = _repo_name(repository, name)
    head = repository.head()
    notes: list[str] = []
    if repository.is_shallow():
        notes.append(f"{repo} is a shallow clone: commits before its cut are unknown")
    return History(repo, head, _payloads(repository, repo, head, notes), notes)


def _repo_name(repository: GitRepository, name: str | None) -> str:
    if name is not None:
        if not _NAME.fullmatch(name):
            raise BadInput(f"{name!r} must be OWNER/NAME, for example: octo-org/app")
        return name
    found = _ORIGIN.match(repository.origin() or "")
    if found and _NAME.fullmatch(stated := f"{found[1]}/{found[2]}"):
        return stated
    folder = re.sub(r"[^A-Za-z0-9._-]+", "-", repository.path.name.removesuffix(".git"))
    return f"local/{folder.strip('-.') or 'repository'}"


def _payloads(
    repository: GitRepository, repo: str, head: str, notes: list[str]
) -> Iterator[Payload]:
    branch = repository.default_branch()
    body: dict[str, object] = {"repo": repo, "default_branch": branch}
    yield Payload("repository", repo, 0, redact_payload(body))
    # git looks for instruction files on the other core while commits are read here.
    with ThreadPoolExecutor(1) as other, _Spool() as spool:
        changes = other.submit(_changes, repository, head)
        try:
            for commit in repository.log(head):
                spool.put(commit)
        except GitError as problem:
            notes.append(f"{problem}; {len(spool.parents):,} commits were read")
        landings = _landings(head, spool.parents, spool.numbers, notes)
        for commit in spool.oldest_first():
            yield _commit_payload(repo, branch, commit, landings)
        yield from _instruction_payloads(repository, repo, *changes.result(), notes)


def _commit_payload(repo: str, branch: str | None, commit: Commit, landings: _Landings) -> Payload:
    body: dict[str, object] = {"repo": repo, **commit._asdict(), "parents": list(commit.parents)}
    if commit.sha in landings.landed:
        body |= {"landed": landings.landed[commit.sha], "branch": branch}
    if commit.sha in landings.member:
        body["pull_request"], body["position"] = landings.member[commit.sha]
    return Payload("commit", f"{repo} {commit.sha}", 0, redact_payload(body))


def _landings(
    head: str,
    parents: Mapping[str, Sequence[str]],
    numbers: Mapping[str, int],
    notes: list[str],
) -> _Landings:
    """Needs the whole history: what a merge brought in is what was not there before."""
    owners = _owners(head, parents, numbers)
    landed = _one_landing_each(parents, numbers)
    counts: dict[int, int] = {}
    member = {}
    for sha in reversed(list(parents)):  # dicts keep the log's order, newest first
        number = owners.get(sha)
        if number is None:
            continue
        place = counts[number] = counts.get(number, -1) + 1
        if place < MAX_BROUGHT_IN:
            member[sha] = (number, place)
    for sha, number in landed.items():
        if number not in counts:  # a merge whose commits are not in this history
            member[sha] = (number, 0)
    cut = [number for number, last in counts.items() if last >= MAX_BROUGHT_IN]
    if cut:
        notes.append(
            f"{len(cut)} pull requests brought in more than {MAX_BROUGHT_IN} commits "
            f"(#{min(cut)} is one); the oldest {MAX_BROUGHT_IN} of each are kept"
        )
    return _Landings(landed, member)


def _one_landing_each(
    parents: Mapping[str, Sequence[str]], numbers: Mapping[str, int]
) -> dict[str, int]:
    """Of several commits that name one number the merge, else the newest, is where it landed."""
    chosen: dict[int, str] = {}
    for sha, number in numbers.items():
        known = chosen.get(number)
        if known is None or (len(parents[sha]) > 1 and len(parents[known]) < 2):
            chosen[number] = sha
    return {sha: number for number, sha in chosen.items()}


def _owners(
    head: str, parents: Mapping[str, Sequence[str]], numbers: Mapping[str, int]
) -> dict[str, int | None]:
    """The pull request that brought each commit in; each commit is visited once.

    The chain of first parents from the head is the branch itself. Every merge on a chain brought in
    the chain of its other parent, down to where that meets commits that were already there; older
    merges go first, because what they brought was there for the newer ones. A commit that names a
    pull request of its own belongs to that one, so a branch collected from squashes stays apart.
    """
    owners: dict[str, int | None] = {}
    waiting: list[tuple[str, int | None]] = [(head, None)]
    while waiting:
        at, number = waiting.pop()
        chain = []
        while at in parents and at not in owners:
            lands = len(parents[at]) > 1 and at in numbers  # the merge itself is nobody's work
            owners[at] = None if lands else numbers.get(at, number)
            chain.append(at)
            at = parents[at][0] if parents[at] else ""
        for sha in chain:  # newest first, so the oldest merge is the first to be popped
            for other in parents[sha][1:]:
                waiting.append((other, numbers.get(sha, number)))
    return owners


def pull_request_number(subject: str) -> int | None:
    """The number in "Merge pull request #12 ..." or "... (#12)"."""
    found = _MERGED.match(subject) or _SQUASHED.search(subject)
    return int(found[1]) if found else None


def _changes(repository: GitRepository, head: str) -> tuple[list[Change], str | None]:
    """Every version of every instruction file, newest first, and why there may be more."""
    found: list[Change] = []
    try:
        found.extend(repository.changes(INSTRUCTION_FILES, head))
    except GitError as problem:
        return found, f"{problem}; {len(found):,} versions of instruction files were seen"
    return found, None


def _instruction_payloads(
    repository: GitRepository,
    repo: str,
    changes: Sequence[Change],
    problem: str | None,
    notes: list[str],
) -> Iterator[Payload]:
    """Every version with its text, grouped by content so that each text is read once."""
    if problem:
        notes.append(problem)
    by_blob: dict[str, list[Change]] = {}
    for change in reversed(changes):
        if change.blob is None or change.is_link:
            yield _version_payload(repo, change, None)
        else:
            by_blob.setdefault(change.blob, []).append(change)
    unread = 0
    try:
        for blob, content in repository.blobs(by_blob):
            shown = None if content is None or b"\x00" in content else content
            unread += (shown is None) * len(by_blob[blob])
            for change in by_blob.pop(blob):
                yield _version_payload(repo, change, shown)
    except GitError as failure:
        notes.append(str(failure))
        unread += sum(map(len, by_blob.values()))
    if unread:
        notes.append(
            f"the text of {unread:,} versions of instruction files stays unknown: larger than "
            "256 KiB, binary, or not in this clone"
        )


def _version_payload(repo: str, change: Change, content: bytes | None) -> Payload:
    body: dict[str, object] = {
        "repo": repo,
        "path": change.path,
        "sha": change.sha,
        "change": change.change,
        "blob": change.blob,
        "text": None if content is None else content.decode("utf-8", "replace"),
        "committed": change.committed,
    }
    key = f"{repo} {change.sha} {change.path}"
    return Payload("instruction_file", key, 0, redact_payload(body))


def _repository(body: Json, rows: Rows) -> None:
    rows.add(
        "repository",
        {
            "repo": body["repo"],
            "source_host": "local",
            "default_branch": body.get("default_branch"),
        },
    )


def _commit(body: Json, rows: Rows) -> None:
    message = text(body["message"]) or ""
    repo, subject = body["repo"], _subject(message)
    row: Row = {
        "repo": repo,
        "sha": body["sha"],
        "author_name": body.get("author_name"),
        "author_email": body.get("author_email"),
        "committer_name": body.get("committer_name"),
        "committer_email": body.get("committer_email"),
        "message": message,
        "authored_us": _us(body, "authored", rows),
        "committed_us": _us(body, "committed", rows),
        "parent_count": len(body["parents"]),
        "pull_request_number": pull_request_number(subject),
        **_reverts(repo, subject, message),
    }
    rows.add("commit", row)
    if body.get("landed") is not None:
        rows.add("pull_request", _pull_request(body, row, subject, message))
    if body.get("pull_request") is not None:
        landing = body.get("landed") is not None and body["landed"] == body["pull_request"]
        rows.add("pull_request_commit", {**_pull_request_commit(body, row), "is_landing": landing})


def _pull_request(body: Json, commit: Row, subject: str, message: str) -> Row:
    """What a landing commit says of its pull request; everything else of it is unknown."""
    number = whole(body["landed"])
    login = _login(commit["author_email"])
    row: Row = {
        "pull_request_id": f"{body['repo']}#{number}",
        "repo": body["repo"],
        "number": number,
        "title": _SQUASHED.sub("", subject).strip(),
        "state": "merged",
        "base_ref": body.get("branch"),
        "merge_commit_sha": body["sha"],
        "closed_us": commit["committed_us"],
        "merged_us": commit["committed_us"],
        "merges_only": True,
    }
    if merge := _MERGED.match(subject):
        described = [line.strip() for line in message.split("\n")[1:] if line.strip()]
        row["title"] = described[0] if described else subject
        row["head_ref"] = merge[3]
        row["merged_by_login"] = login
    elif login is not None:  # GitHub writes a squash in the name of the pull request's author
        row["author_login"] = login
        row["author_type"] = "Bot" if login.endswith("[bot]") else "User"
    return row


def _pull_request_commit(body: Json, commit: Row) -> Row:
    return {
        "pull_request_id": f"{body['repo']}#{whole(body['pull_request'])}",
        "sha": body["sha"],
        "repo": body["repo"],
        "position": body["position"],
        "author_login": _login(commit["author_email"]),
        "author_name": commit["author_name"],
        "author_email": commit["author_email"],
        "committer_login": _login(commit["committer_email"]),
        "committer_email": commit["committer_email"],
        "message": commit["message"],
        "authored_us": commit["authored_us"],
        "committed_us": commit["committed_us"],
    }


def _instruction_file(body: Json, rows: Rows) -> None:
    rows.add(
        "instruction_file_version",
        {
            "repo": body["repo"],
            "path": body["path"],
            "sha": body["sha"],
            "change": body["change"],
            "blob_sha": body.get("blob"),
            "text": body.get("text"),
            "committed_us": _us(body, "committed", rows),
        },
    )


def _us(body: Json, name: str, rows: Rows) -> int | None:
    """Seconds since 1970 as microseconds; a broken clock is unknown, and said."""
    seconds = whole(body.get(name))
    if seconds is None or not 0 <= seconds * 1_000_000 < MAX_US:
        rows.issue(f"{name} is not a time in 1970..2100: {seconds}")
        return None
    return seconds * 1_000_000


def _subject(message: str) -> str:
    """The first paragraph on one line, as git's own %s gives it."""
    return " ".join(message.lstrip("\n").split("\n\n", 1)[0].split("\n")).strip()


def _reverts(repo: str, subject: str, message: str) -> Row:
    if "evert" not in message:  # most commits; the patterns below cost more than the rest
        return {}
    return {
        "reverts_sha": _first(_REVERTS_SHA, message),
        "reverts_number": _reverted_number(repo, subject, message),
    }


def _reverted_number(repo: str, subject: str, message: str) -> int | None:
    for other, number in _REVERTS_NUMBER.findall(message):
        if not other or other.lower() == repo.lower():
            return int(number)
    found = _first(_REVERTS_SUBJECT, subject)
    return int(found) if found else None


def _first(pattern: re.Pattern[str], message: str) -> str | None:
    found = pattern.search(message)
    return found[1] if found else None


def _login(email: object) -> str | None:
    """The account GitHub's own no-reply address names."""
    return _first(_NOREPLY, email) if isinstance(email, str) else None


HANDLERS: Mapping[str, Handler] = {
    "repository": _repository,
    "commit": _commit,
    "instruction_file": _instruction_file,
}


class GitHistory:
    """The source that the entry point names."""

    name = "git"

    def parse(self, payloads: pa.RecordBatch) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Commits and file versions into rows; pure."""
        return parse_each(payloads, HANDLERS)


SOURCE = GitHistory()
