"""GitHub payloads into rows: one pull request node with everything that hangs on it.

Pure, so that tests and the sample organisation feed it the same payloads that the real forge
delivers. The shape is GitHub's own GraphQL `PullRequest`; every connection may be null, every
author may be null (a deleted account), every list may be cut by `pageInfo`.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pyarrow as pa

from ingest.github_checks import Head, check_suite, job_log, status
from ingest.payloads import (
    Handler,
    Json,
    Row,
    Rows,
    identifier,
    inner,
    json_array,
    lower,
    nodes,
    parse_each,
    text,
    whole,
)

_CHANGES = {
    "ADDED": "added",
    "COPIED": "added",
    "CHANGED": "modified",
    "MODIFIED": "modified",
    "DELETED": "removed",
    "REMOVED": "removed",
    "RENAMED": "renamed",
}
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def parse(payloads: pa.RecordBatch) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Payloads of the kinds `HANDLERS` names into rows; never raises for one of them."""
    return parse_each(payloads, HANDLERS)


def pull_request(pull: Json, rows: Rows) -> None:
    """One GraphQL PullRequest node and all it carries."""
    repo = pull["repository"]["nameWithOwner"]
    number = whole(pull["number"])
    if number is None or not isinstance(repo, str) or repo.count("/") != 1:
        raise ValueError("repository.nameWithOwner and number must name a pull request")
    id_ = f"{repo}#{number}"
    _repository(pull["repository"], rows)
    _pull_request(pull, rows, id_, repo)
    is_fork = _is_fork(pull, repo)
    _files(pull, rows, id_, repo)
    for position, node in enumerate(nodes(pull.get("commits")) or []):
        _commit(node, rows, id_, repo, position, is_fork)
    rows.each(nodes(pull.get("reviews")), "reviews", lambda n: _review(n, rows, id_))
    rows.each(nodes(pull.get("reviewThreads")), "reviewThreads", lambda n: _thread(n, rows, id_))
    rows.each(nodes(pull.get("comments")), "comments", lambda n: _comment(n, rows, id_))
    rows.each(nodes(pull.get("timelineItems")), "timelineItems", lambda n: _event(n, rows, id_))
    closes = nodes(pull.get("closingIssuesReferences"))
    rows.each(closes, "closingIssuesReferences", lambda n: _closes(n, rows, id_))


def _repository(node: Json, rows: Rows) -> None:
    repo = node["nameWithOwner"]
    row: Row = {
        "repo": repo,
        "node_id": node.get("id"),
        "source_host": "github.com",
        "default_branch": inner(node, "defaultBranchRef", "name"),
        "language": inner(node, "primaryLanguage", "name"),
        "stars": node.get("stargazerCount"),
        "is_private": node.get("isPrivate"),
    }
    rows.add_once("repository", repo, row)


def _pull_request(pull: Json, rows: Rows, id_: str, repo: str) -> None:
    login, kind = _actor(pull.get("author"))
    row: Row = {
        "pull_request_id": id_,
        "repo": repo,
        "number": pull["number"],
        "node_id": pull.get("id"),
        "title": pull.get("title"),
        "body": pull.get("body"),
        "state": pull["state"].lower(),
        "is_draft": pull.get("isDraft"),
        "author_login": login,
        "author_type": kind,
        "author_association": pull.get("authorAssociation"),
        "head_ref": pull.get("headRefName"),
        "head_repo": inner(pull, "headRepository", "nameWithOwner"),
        "head_sha": pull.get("headRefOid"),
        "base_ref": pull.get("baseRefName"),
        "merge_commit_sha": inner(pull, "mergeCommit", "oid"),
        "merged_by_login": inner(pull, "mergedBy", "login"),
        "created_us": rows.time(pull, "createdAt", table="pull_request", key=id_),
        "ready_us": _ready_us(pull, rows, id_),
        "closed_us": rows.time(pull, "closedAt", table="pull_request", key=id_),
        "merged_us": rows.time(pull, "mergedAt", table="pull_request", key=id_),
        "additions": pull.get("additions"),
        "deletions": pull.get("deletions"),
        "changed_files": pull.get("changedFiles"),
        "labels": _label_names(pull),
        "merges_only": False,
    }
    if row["state"] not in ("open", "closed", "merged"):
        raise ValueError(f"state is {row['state']!r}; it would be OPEN, CLOSED or MERGED")
    rows.ordered(row, "created_us", "closed_us", "merged_us", table="pull_request", key=id_)
    rows.add("pull_request", row)


def _label_names(pull: Json) -> str | None:
    labels = nodes(pull.get("labels"))
    if labels is None:
        return None
    return json_array([label.get("name") for label in labels if label])


def _ready_us(pull: Json, rows: Rows, id_: str) -> int | None:
    """When it stopped being a draft; null while it is one, or where the timeline was cut."""
    timeline = pull.get("timelineItems")
    if timeline is None or pull.get("isDraft") or _cut(timeline):
        return None
    became_ready = [
        rows.time(node, "createdAt", table="timeline_event", key=identifier(node.get("id")))
        for node in nodes(timeline) or []
        if node and node.get("__typename") == "ReadyForReviewEvent"
    ]
    if not became_ready:  # no such event and no draft: it was opened ready
        return rows.time(pull, "createdAt", table="pull_request", key=id_)
    return min((moment for moment in became_ready if moment is not None), default=None)


def _is_fork(pull: Json, repo: str) -> bool | None:
    """Whether the head lies outside the repository; a deleted head repository was a fork."""
    stated = pull.get("isCrossRepository")
    if isinstance(stated, bool):
        return stated
    if "headRepository" not in pull:
        return None
    head: object = inner(pull, "headRepository", "nameWithOwner")
    return head != repo


def _files(pull: Json, rows: Rows, id_: str, repo: str) -> None:
    def read(node: Json) -> None:
        change = text(node.get("changeType"))
        rows.add(
            "changed_file",
            {
                "repo": repo,
                "pull_request_id": id_,
                "sha": "",
                "path": node["path"],
                "change": None if change is None else _CHANGES.get(change, change.lower()),
                "additions": node.get("additions"),
                "deletions": node.get("deletions"),
            },
        )

    rows.each(nodes(pull.get("files")), "files", read)


def _commit(
    node: Json | None, rows: Rows, id_: str, repo: str, position: int, is_fork: bool | None
) -> None:
    if node is None:
        return
    commit = node["commit"]
    sha = commit["oid"]
    author, committer = commit.get("author") or {}, commit.get("committer") or {}
    key = f"{id_} {sha}"
    rows.add(
        "pull_request_commit",
        {
            "pull_request_id": id_,
            "sha": sha,
            "repo": repo,
            "position": position,
            "author_login": inner(author, "user", "login"),
            "author_name": author.get("name"),
            "author_email": author.get("email"),
            "committer_login": inner(committer, "user", "login"),
            "committer_email": committer.get("email"),
            "message": commit.get("message"),
            "authored_us": rows.time(commit, "authoredDate", table="pull_request_commit", key=key),
            "committed_us": rows.time(
                commit, "committedDate", table="pull_request_commit", key=key
            ),
        },
    )
    head = Head(id_, repo, sha, is_fork)
    rows.each(nodes(commit.get("checkSuites")), "checkSuites", lambda n: check_suite(n, rows, head))
    statuses = inner(commit, "status", "contexts")
    rows.each(statuses, "status", lambda n: status(n, rows, head))


def _review(node: Json, rows: Rows, id_: str) -> None:
    login, kind = _actor(node.get("author"))
    rows.add(
        "review",
        {
            "review_id": node["id"],
            "pull_request_id": id_,
            "author_login": login,
            "author_type": kind,
            "author_association": node.get("authorAssociation"),
            "state": node.get("state"),
            "body": node.get("body"),
            "submitted_us": rows.time(node, "submittedAt", table="review", key=node["id"]),
        },
    )


def _thread(thread: Json, rows: Rows, id_: str) -> None:
    def read(node: Json) -> None:
        login, kind = _actor(node.get("author"))
        rows.add(
            "review_comment",
            {
                "review_comment_id": node["id"],
                "pull_request_id": id_,
                "review_id": inner(node, "pullRequestReview", "id"),
                "thread_id": thread.get("id"),
                "is_resolved": thread.get("isResolved"),
                "author_login": login,
                "author_type": kind,
                "author_association": node.get("authorAssociation"),
                "path": node.get("path"),
                "line": node.get("line"),
                "diff_hunk": node.get("diffHunk"),
                "body": node.get("body"),
                "created_us": rows.time(node, "createdAt", table="review_comment", key=node["id"]),
            },
        )

    rows.each(nodes(thread.get("comments")), "reviewThreads.comments", read)


def _comment(node: Json, rows: Rows, id_: str) -> None:
    login, kind = _actor(node.get("author"))
    rows.add(
        "comment",
        {
            "comment_id": node["id"],
            "pull_request_id": id_,
            "author_login": login,
            "author_type": kind,
            "author_association": node.get("authorAssociation"),
            "body": node.get("body"),
            "created_us": rows.time(node, "createdAt", table="comment", key=node["id"]),
        },
    )


def _event(node: Json, rows: Rows, id_: str) -> None:
    login, kind = _actor(node.get("actor"))
    rows.add(
        "timeline_event",
        {
            "event_id": node["id"],
            "pull_request_id": id_,
            "event": _event_name(node["__typename"]),
            "actor_login": login,
            "actor_type": kind,
            "commit_sha": inner(node, "afterCommit", "oid"),
            "label": inner(node, "label", "name"),
            "created_us": rows.time(node, "createdAt", table="timeline_event", key=node["id"]),
        },
    )


def _closes(node: Json, rows: Rows, id_: str) -> None:
    issue = f"{node['repository']['nameWithOwner']}#{whole(node['number'])}"
    rows.add(
        "pull_request_issue",
        {"pull_request_id": id_, "issue_id": issue, "how": "closing reference"},
    )


def deployment(body: Json, rows: Rows) -> None:
    """One deployment to an environment."""
    key = identifier(body["id"])
    row: Row = {
        "deployment_id": key,
        "repo": body.get("repository"),
        "service": body.get("service"),
        "environment": body.get("environment"),
        "sha": body.get("sha"),
        "status": lower(body.get("status")),
        "is_rollback": body.get("isRollback"),
        "is_unplanned": body.get("isUnplanned"),
        "created_us": rows.time(body, "createdAt", table="deployment", key=key),
        "finished_us": rows.time(body, "finishedAt", table="deployment", key=key),
    }
    rows.ordered(row, "created_us", "finished_us", table="deployment", key=key or rows.key)
    rows.add("deployment", row)


def release(body: Json, rows: Rows) -> None:
    """One release of a repository; a draft has no time."""
    rows.add(
        "release",
        {
            "repo": body["repository"],
            "tag": body["tag"],
            "sha": body.get("sha"),
            "published_us": rows.time(body, "publishedAt", table="release", key=body["tag"]),
        },
    )


def issue(body: Json, rows: Rows) -> None:
    """One issue of a repository."""
    repo, number = body["repository"], whole(body["number"])
    key = f"{repo}#{number}"
    author = body.get("author")
    row: Row = {
        "issue_id": key,
        "repo": repo,
        "number": number,
        "title": body.get("title"),
        "body": body.get("body"),
        "state": lower(body.get("state")),
        "author_login": _actor(author)[0] if isinstance(author, Mapping) else author,
        "labels": json_array(body.get("labels")),
        "created_us": rows.time(body, "createdAt", table="issue", key=key),
        "closed_us": rows.time(body, "closedAt", table="issue", key=key),
    }
    rows.ordered(row, "created_us", "closed_us", table="issue", key=key)
    rows.add("issue", row)


def _actor(node: Any) -> tuple[str | None, str | None]:
    """Login and User | Bot; a deleted account has neither."""
    if node is None:
        return None, None
    kind = node.get("__typename")
    return node["login"], None if kind is None else "Bot" if kind == "Bot" else "User"


def _cut(connection: Any) -> bool:
    page = connection.get("pageInfo") or {}
    return bool(page.get("hasNextPage") or page.get("hasPreviousPage"))


@cache
def _event_name(typename: str) -> str:
    """ReadyForReviewEvent -> ready_for_review, the name the REST timeline gives it."""
    return _CAPITAL.sub("_", typename.removesuffix("Event")).lower()


HANDLERS: Mapping[str, Handler] = {
    "pull_request": pull_request,
    "job_log": job_log,
    "deployment": deployment,
    "release": release,
    "issue": issue,
}
