"""Agentic pull requests in the public AIDev layout: one Parquet or CSV file per table.

`pull_request` is needed; every other table may be missing or broken, and is then unknown rather
than empty. The data set names rows by GitHub's numeric ids; here they become `owner/name#number`
before they are stored, so that parsing one payload never needs another.
Source: AIDev, arXiv 2507.15003.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from ingest import tabular
from ingest.payloads import Handler, Json, Row, Rows, identifier, lower, parse_each, text, whole
from ingest.tabular import Column, compute
from warehouse.errors import BadInput
from warehouse.raw import Payload
from warehouse.records import MAX_US
from warehouse.redact import redact_payload

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "pull_request": (
        "agent",
        "id",
        "number",
        "state",
        "created_at",
        "closed_at",
        "merged_at",
        "repo_url",
    ),
    "pr_reviews": ("pr_id", "id", "user", "state", "submitted_at"),
    "pr_comments": ("pr_id", "id", "user", "created_at", "body"),
    "pr_commits": ("pr_id", "sha", "message"),
    "pr_timeline": ("pr_id", "event", "created_at", "actor"),
    "issue": ("number", "state", "created_at", "repo_url"),
    "related_issue": ("pr_id", "issue_url"),
    "repository": ("full_name",),
}
"""The tables and the columns without which each means nothing. Others are kept if present."""

_UNKNOWN = {
    "pr_reviews": "reviews",
    "pr_comments": "comments",
    "pr_commits": "commits",
    "pr_timeline": "timelines",
    "issue": "issues",
    "related_issue": "links to issues",
    "repository": "repositories' languages and stars",
}
_ORDERED = ("pr_commits", "pr_timeline")
"""These have no id of their own: a row is named by its place among its pull request's rows."""
_TIMES = ("created_at", "submitted_at", "closed_at", "merged_at")

_AGENTS = {
    "Claude_Code": "claude-code",
    "Copilot": "copilot",
    "Cursor": "cursor",
    "Devin": "devin",
    "OpenAI_Codex": "codex",
}
# The layout has no account type. Apps end in [bot]; the others are service accounts and apps shown
# under their product's name, seen in AIDev. A surname such as Talbot stays a person.
_BOT = re.compile(
    r"\[bot\]$|[-_]bot\d*$|[a-z]Bot$|[-_]service\d*$"
    r"|^(?:Copilot|copilot-swe-agent|devin-ai-integration|claude|cursoragent|modularbot|raycastbot)$"
)
_REPO = re.compile(r"^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$")
_ISSUE = re.compile(r"([^/\s]+/[^/\s]+)/(?:issues|pull|pulls)/(\d{1,15})/?(?:#\S*)?$")


@dataclass(slots=True)
class Fetched:
    """A data set, read and checked."""

    payloads: Iterator[Payload]
    newest_us: int
    """The newest instant found in it: what the data set is as of."""
    notes: list[str] = field(default_factory=list)


def fetch(folder: Path) -> Fetched:
    """Every table of a folder in the AIDev layout, read and checked before the first payload.

    Raises:
        BadInput: the folder or its pull_request table cannot be used.
    """
    notes: list[str] = []
    tables = _read_all(folder, notes.append)
    pulls = _with_names(tables["pull_request"])
    tables["pull_request"] = pulls
    for name in ("pr_reviews", "pr_comments", "pr_commits", "pr_timeline", "related_issue"):
        if name in tables:
            tables[name] = _joined(name, tables[name], pulls, notes.append)
    tables["repository"] = _every_repository(tables.get("repository"), pulls)
    newest = max((_newest_us(table) for table in tables.values()), default=0)
    return Fetched(_payloads(tables, notes.append), newest, notes)


def _read_all(folder: Path, note: tabular.Note) -> dict[str, pa.Table]:
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise BadInput(f"{folder} {what}; give the folder that holds pull_request.parquet or .csv")
    tables = {}
    for name, columns in REQUIRED.items():
        path = _find(folder, name, note)
        if path is None:
            if name == "pull_request":
                found = ", ".join(sorted(p.name for p in folder.iterdir())[:10]) or "nothing"
                raise BadInput(
                    f"{folder} has no pull_request.parquet or pull_request.csv (found: {found})"
                )
            note(f"{name} is missing: {_UNKNOWN[name]} stay unknown")
            continue
        try:
            table = tabular.read(path, note)
            tabular.require(table, columns, path)
            if table.num_rows == 0:
                raise BadInput(f"{path} has no rows")
        except BadInput as problem:
            if name == "pull_request":
                raise
            note(f"{problem}; {_UNKNOWN[name]} stay unknown")
            continue
        tables[name] = table
    return tables


def _find(folder: Path, name: str, note: tabular.Note) -> Path | None:
    there = [path for s in tabular.SUFFIXES if (path := folder / f"{name}{s}").exists()]
    if len(there) > 1:
        note(f"{name} is there twice: {there[0].name} is read and {there[1].name} is not")
    return there[0] if there else None


def _with_names(pulls: pa.Table) -> pa.Table:
    """Add `repo` and `pull_request_id`; null where the row does not say which repository."""
    repos = _repos(pulls["repo_url"])
    numbers = tabular.integers(pulls["number"])
    mark = pa.scalar("#", pa.large_string())
    names = compute.binary_join_element_wise(repos, numbers.cast(pa.large_string()), mark)
    pulls = _set(pulls, "id", tabular.integers(pulls["id"]))
    return _set(_set(pulls, "repo", repos), "pull_request_id", names)


def _repos(urls: Column) -> Column:
    """`owner/name` of https://api.github.com/repos/owner/name and https://github.com/owner/name."""
    tails = compute.struct_field(
        compute.extract_regex(urls.cast(pa.large_string()), r"(?P<r>[^/]+/[^/]+?)(?:\.git)?/*$"),
        "r",
    )
    known = compute.match_substring_regex(tails, _REPO.pattern)
    repos: Column = compute.if_else(known, tails, None)
    return repos


def _joined(name: str, table: pa.Table, pulls: pa.Table, note: tabular.Note) -> pa.Table:
    """Give each row its pull request's name; leave out rows whose pull request is not there."""
    ids = tabular.integers(table["pr_id"])
    at = compute.index_in(ids, value_set=pulls["id"].combine_chunks(), skip_nulls=True)
    table = _set(table, "pull_request_id", pulls["pull_request_id"].take(at))
    table = _set(table, "repo", pulls["repo"].take(at))
    known = compute.is_valid(table["pull_request_id"])
    lost = table.num_rows - (compute.sum(known).as_py() or 0)
    if lost:
        note(f"{name}: {lost} rows left out, because their pr_id is not in pull_request")
        table = table.filter(known)
    return table


def _every_repository(known: pa.Table | None, pulls: pa.Table) -> pa.Table:
    """The repositories the data set describes, then those that only a pull request names."""
    names = ["full_name"]
    named = compute.unique(pulls["repo"].drop_null())
    if known is None:
        return pa.Table.from_arrays([named], names=names)
    there = known["full_name"].cast(pa.large_string()).combine_chunks()
    new = named.filter(compute.invert(compute.is_in(named, value_set=there)))
    more = pa.Table.from_arrays([new], names=names)
    return pa.concat_tables([known, more], promote_options="permissive")


def _set(table: pa.Table, name: str, column: Column) -> pa.Table:
    if name in table.column_names:
        return table.set_column(table.column_names.index(name), name, column)
    return table.append_column(name, column)


def _newest_us(table: pa.Table) -> int:
    moments = [_instants(table[name]) for name in _TIMES if name in table.column_names]
    return max((compute.max(moment).as_py() or 0 for moment in moments), default=0)


def _instants(column: Column) -> Column:
    """ISO texts as microseconds, null where one is not a time; parsing judges each row."""
    shown = compute.replace_substring(column.cast(pa.large_string()), " ", "T")
    shown = compute.replace_substring_regex(shown, r"(\.\d+)?(Z|\+00:00)?$", "")
    shown = compute.if_else(
        compute.match_substring_regex(shown, r"^(19[7-9]\d|20\d\d)-\d\d-\d\dT\d\d:\d\d:\d\d$"),
        shown,
        None,
    )
    moments = compute.strptime(shown, format="%Y-%m-%dT%H:%M:%S", unit="us", error_is_null=True)
    us = moments.cast(pa.int64())
    possible = compute.and_(compute.greater_equal(us, 0), compute.less(us, MAX_US))
    found: Column = compute.if_else(possible, us, None)
    return found


def _payloads(tables: Mapping[str, pa.Table], note: tabular.Note) -> Iterator[Payload]:
    for kind, table in tables.items():
        moments = [_instants(table[name]) for name in _TIMES if name in table.column_names]
        updated = compute.max_element_wise(*moments).to_pylist() if moments else [None] * len(table)
        key_of = _KEYS[kind]
        seen: set[str] = set()
        repeated = 0
        ordered: dict[object, int] | None = {} if kind in _ORDERED else None
        rows = tabular.records(table)
        for number, (row, updated_us) in enumerate(zip(rows, updated, strict=True), start=1):
            body = dict(row)
            if ordered is not None:
                owner = row["pull_request_id"]
                body["position"] = ordered[owner] = ordered.get(owner, -1) + 1
            key = key_of(body) or f"{kind} row {number}"
            if key in seen:
                repeated += 1
                continue
            seen.add(key)
            # A repository carries no time; a forge's row still knows more than a clone's, which has 0.
            yield Payload(kind, key, updated_us or int(kind == "repository"), redact_payload(body))
        if repeated:
            note(
                f"{kind}: {repeated} rows repeat an id that came before; the first of each is kept"
            )


def _by_id(body: Json) -> str:
    return "" if body.get("id") is None else str(body["id"])


def _by_commit(body: Json) -> str:
    return f"{body['pull_request_id']} {body['sha']}" if body.get("sha") else ""


def _by_position(body: Json) -> str:
    return f"{body['pull_request_id']} {body['position']}"


_KEYS: Mapping[str, Callable[[Json], str]] = {
    "pull_request": _by_id,
    "pr_reviews": _by_id,
    "pr_comments": _by_id,
    "pr_commits": _by_commit,
    "pr_timeline": _by_position,
    "issue": lambda body: f"{body['repo_url']} {body['number']}",
    "related_issue": lambda body: (
        f"{body['pull_request_id']} {body['issue_url']} {body.get('source')}"
    ),
    "repository": lambda body: str(body["full_name"] or ""),
}


def _pull_request(body: Json, rows: Rows) -> None:
    id_, state = body["pull_request_id"], body["state"]
    if id_ is None:
        raise ValueError(f"repo_url {body.get('repo_url')!r} and number name no pull request")
    if state not in ("open", "closed"):
        raise ValueError(f"state is {state!r}; it would be open or closed")
    row: Row = {
        "pull_request_id": id_,
        "repo": body["repo"],
        "number": int(id_.rpartition("#")[2]),
        "title": body.get("title"),
        "body": body.get("body"),
        "state": state,
        "author_login": body.get("user"),
        "author_type": _account_type(body.get("user")),
        "created_us": rows.time(body, "created_at", key=id_),
        "closed_us": rows.time(body, "closed_at", key=id_),
        "merged_us": rows.time(body, "merged_at", key=id_),
        "stated_agent": _agent(body.get("agent")),
        "merges_only": False,
    }
    if row["merged_us"] is not None:
        row["state"] = "merged"
    rows.ordered(row, "created_us", "closed_us", "merged_us", key=id_)
    rows.add("pull_request", row)


def _agent(name: object) -> str | None:
    stated = text(name)
    if not stated:
        return None
    return _AGENTS.get(stated) or re.sub(r"[^a-z0-9]+", "-", stated.lower()).strip("-") or None


def _account_type(login: object) -> str | None:
    name = text(login)
    if not name:
        return None
    return "Bot" if _BOT.search(name) else "User"


def _review(body: Json, rows: Rows) -> None:
    rows.add(
        "review",
        {
            "review_id": identifier(body["id"]),
            "pull_request_id": body["pull_request_id"],
            "author_login": body.get("user"),
            "author_type": _account_type(body.get("user")),
            "state": body.get("state"),
            "body": body.get("body"),
            "submitted_us": rows.time(body, "submitted_at"),
        },
    )


def _comment(body: Json, rows: Rows) -> None:
    rows.add(
        "comment",
        {
            "comment_id": identifier(body["id"]),
            "pull_request_id": body["pull_request_id"],
            "author_login": body.get("user"),
            "author_type": _account_type(body.get("user")),
            "body": body.get("body"),
            "created_us": rows.time(body, "created_at"),
        },
    )


def _commit(body: Json, rows: Rows) -> None:
    rows.add(
        "pull_request_commit",
        {
            "pull_request_id": body["pull_request_id"],
            "sha": body["sha"],
            "repo": body["repo"],
            "position": body["position"],
            "author_login": body.get("author"),
            "committer_login": body.get("committer"),
            "message": body.get("message"),
        },
    )


def _event(body: Json, rows: Rows) -> None:
    rows.add(
        "timeline_event",
        {
            "event_id": rows.key,
            "pull_request_id": body["pull_request_id"],
            "event": body["event"],
            "actor_login": body.get("actor"),
            "actor_type": _account_type(body.get("actor")),
            "commit_sha": body.get("commit_id"),
            "label": body.get("label"),
            "detail": body.get("message") or body.get("assignee"),
            "created_us": rows.time(body, "created_at"),
        },
    )


def _issue(body: Json, rows: Rows) -> None:
    repo = _repo_of(body.get("repo_url"))
    key = f"{repo}#{body['number']}"
    row: Row = {
        "issue_id": key,
        "repo": repo,
        "number": whole(body["number"]),
        "title": body.get("title"),
        "body": body.get("body"),
        "state": lower(body.get("state")),
        "author_login": body.get("user"),
        "created_us": rows.time(body, "created_at", key=key),
        "closed_us": rows.time(body, "closed_at", key=key),
    }
    rows.ordered(row, "created_us", "closed_us", key=key)
    rows.add("issue", row)


def _repo_of(url: object) -> str:
    tail = "/".join((text(url) or "").removesuffix(".git").rstrip("/").split("/")[-2:])
    if not _REPO.match(tail):
        raise ValueError(f"repo_url {url!r} names no repository")
    return tail


def _related(body: Json, rows: Rows) -> None:
    found = _ISSUE.search(text(body["issue_url"]) or "")
    if found is None:
        raise ValueError(f"issue_url {body['issue_url']!r} names no issue")
    rows.add(
        "pull_request_issue",
        {
            "pull_request_id": body["pull_request_id"],
            "issue_id": f"{found[1]}#{found[2]}",
            "how": body.get("source"),
        },
    )


def _repository(body: Json, rows: Rows) -> None:
    rows.add(
        "repository",
        {
            "repo": body["full_name"],
            "source_host": "github.com",
            "language": body.get("language"),
            "stars": body.get("stars"),
        },
    )


HANDLERS: Mapping[str, Handler] = {
    "pull_request": _pull_request,
    "pr_reviews": _review,
    "pr_comments": _comment,
    "pr_commits": _commit,
    "pr_timeline": _event,
    "issue": _issue,
    "related_issue": _related,
    "repository": _repository,
}


class AiDev:
    """The source that the entry point names."""

    name = "aidev"

    def parse(self, payloads: pa.RecordBatch) -> Iterator[tuple[str, pa.RecordBatch]]:
        """AIDev rows into ours; pure."""
        return parse_each(payloads, HANDLERS)


SOURCE = AiDev()
