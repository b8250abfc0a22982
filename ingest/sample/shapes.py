"""What GitHub's API gives for a pull request and its parts: the nodes, and nothing of their story."""

import hashlib
from collections.abc import Sequence
from typing import Any

from ingest.sample.world import HOUR_US, Repository, fixture, iso

Json = dict[str, Any]


def git_id(text: str) -> str:
    """Forty hex digits, as git names what it holds."""
    return hashlib.sha1(text.encode()).hexdigest()  # noqa: S324  # the form of git's ids


def person(login: str) -> Json:
    """A commit's author with an account."""
    return {"name": login.title(), "email": f"{login}@acme.example", "user": {"login": login}}


def actor(login: str, *, bot: bool = False) -> Json:
    """Whoever opens, reviews, remarks or closes. GraphQL spells a bot's login without `[bot]`."""
    return {"__typename": "Bot" if bot else "User", "login": login}


def nodes(found: Sequence[Json]) -> Json:
    """A connection that holds all there is."""
    return {"nodes": list(found)}


def commit(oid: str, message: str, at_us: int, author: Json) -> Json:
    """One commit pushed to a pull request."""
    return {
        "oid": oid,
        "message": message,
        "authoredDate": iso(at_us),
        "committedDate": iso(at_us),
        "author": author,
        "committer": author,
        "checkSuites": {"nodes": []},
    }


def check_suite(run_id: int, name: str, conclusion: str, start_us: int) -> Json:
    """One workflow run with its one job."""
    return {
        "app": {"slug": "github-actions"},
        "workflowRun": {
            "databaseId": run_id,
            "event": "pull_request",
            "runNumber": run_id % 10_000,
            "workflow": {"name": "ci"},
        },
        "checkRuns": {
            "nodes": [
                {
                    "databaseId": run_id,
                    "name": name,
                    "status": "COMPLETED",
                    "conclusion": conclusion,
                    "startedAt": iso(start_us),
                    "completedAt": iso(start_us + HOUR_US // 20),
                    "title": None,
                    "summary": None,
                }
            ]
        },
    }


def log(repository: Repository, start_us: int, command: str, output: str) -> str:
    """What the tool printed, in the frame, with the times and in the folder of a runner."""
    text = fixture("step.log").format(command=command, output=output.rstrip("\n"))
    short = repository.name.partition("/")[2]
    text = text.replace("/work/project/project", f"/work/{short}/{short}")
    lines = text.rstrip("\n").split("\n")
    return "\n".join(
        f"{iso(start_us + 1_000_000 * n)[:-1]}.{n:07d}Z {line}" for n, line in enumerate(lines)
    )


def review(id_: str, state: str, body: str, at_us: int, author: Json, association: str) -> Json:
    """One submitted review."""
    return {
        "id": f"PRR_{id_}",
        "state": state,
        "body": body,
        "submittedAt": iso(at_us),
        "author": author,
        "authorAssociation": association,
    }


def remark(id_: str, body: str, at_us: int, author: Json, association: str) -> Json:
    """One comment in the conversation."""
    return {
        "id": f"IC_{id_}",
        "body": body,
        "createdAt": iso(at_us),
        "author": author,
        "authorAssociation": association,
    }


def thread(id_: str, said: Json, path: str, hunk: str, review_id: str) -> Json:
    """One remark on a line of the diff, as the thread it began."""
    placed = {
        **said,
        "id": f"PRRC_{id_}",
        "path": path,
        "line": 3,
        "diffHunk": hunk or "@@ -1,2 +1,3 @@\n context\n+added",
        "pullRequestReview": {"id": review_id},
    }
    return {"id": f"PRRT_{id_}", "isResolved": True, "comments": {"nodes": [placed]}}


def event(kind: str, identity: str, at_us: int, author: Json) -> Json:
    """One entry of the timeline."""
    return {
        "__typename": kind,
        "id": f"{kind[:2].upper()}E_{git_id(f'{kind} {identity}')[:16]}",
        "createdAt": iso(at_us),
        "actor": author,
    }


def files(paths: Sequence[str], size: int) -> tuple[list[Json], Json]:
    """The files of a pull request, and the totals GitHub counts from them."""
    listed = [
        {
            "path": path,
            "additions": size if n == 0 else 3,
            "deletions": size // 3 if n == 0 else 1,
            "changeType": "MODIFIED",
        }
        for n, path in enumerate(paths)
    ]
    totals = {
        "additions": size + 3 * (len(listed) - 1),
        "deletions": size // 3 + len(listed) - 1,
        "changedFiles": len(listed),
    }
    return listed, totals


def repository(of: Repository) -> Json:
    """The repository a pull request belongs to."""
    return {
        "id": f"R_{hashlib.sha256(of.name.encode()).hexdigest()[:12]}",
        "nameWithOwner": of.name,
        "isPrivate": True,
        "stargazerCount": 0,
        "primaryLanguage": {"name": of.language},
        "defaultBranchRef": {"name": "main"},
    }
