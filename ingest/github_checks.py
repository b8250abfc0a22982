"""What CI said about a commit: check suites, commit statuses, and the kept part of a failed log."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.payloads import Json, Row, Rows, identifier, inner, lower, nodes, whole

LOG_HEAD = 16 * 1024
LOG_TAIL = 48 * 1024
"""Of a job's log 64 KiB are kept. The tail is larger: the last 200 lines hold the whole failure in
68 % of LogChunks' builds (MSR 2020); the head names the tools and their versions."""

_FAILED = ("failure", "timed_out", "startup_failure", "action_required", "cancelled")
_STATES = {"success": "success", "failure": "failure", "error": "failure"}
_PASSED = ("success", "skipped", "neutral")


@dataclass(frozen=True, slots=True)
class Head:
    """The commit a check ran on."""

    pull_request_id: str
    repo: str
    sha: str
    is_fork: bool | None


def check_suite(suite: Json, rows: Rows, head: Head) -> None:
    """One app's checks on one commit: its runs, and the workflow run when it was GitHub Actions."""
    runs = [run for run in nodes(suite.get("checkRuns")) or [] if run]
    workflow = suite.get("workflowRun") or {}
    run_id = identifier(workflow.get("databaseId"))
    attempts = _attempts(runs)
    app = inner(suite, "app", "slug")
    for run, attempt in zip(runs, attempts, strict=True):
        row = _check_run(run, rows, head)
        rows.add("check_run", row | {"run_id": run_id, "app": app, "attempt": attempt})
    if run_id is not None:
        rows.add("workflow_run", _workflow_run(suite, runs, rows, head, run_id))


def _check_run(run: Json, rows: Rows, head: Head) -> Row:
    key = identifier(run["databaseId"])
    row: Row = {
        "check_run_id": key,
        "repo": head.repo,
        "pull_request_id": head.pull_request_id,
        "name": run["name"],
        "head_sha": head.sha,
        "is_fork": head.is_fork,
        "status": lower(run.get("status")),
        "conclusion": lower(run.get("conclusion")),
        "summary": "\n".join(p for p in (run.get("title"), run.get("summary")) if p) or None,
        "started_us": rows.time(run, "startedAt", table="check_run", key=key),
        "completed_us": rows.time(run, "completedAt", table="check_run", key=key),
    }
    rows.ordered(row, "started_us", "completed_us", table="check_run", key=key)
    return row


def _attempts(runs: Sequence[Json]) -> list[int]:
    """GraphQL does not number attempts: the runs of one name in a suite are, by start."""
    order = sorted(range(len(runs)), key=lambda i: (runs[i].get("startedAt") or "9999", i))
    seen: dict[object, int] = {}
    attempts = [0] * len(runs)
    for i in order:
        name = runs[i].get("name")
        seen[name] = attempts[i] = seen.get(name, 0) + 1
    return attempts


def _workflow_run(suite: Json, runs: Sequence[Json], rows: Rows, head: Head, run_id: str) -> Row:
    workflow = suite["workflowRun"]
    started = [rows.time(run, "startedAt", table="workflow_run", key=run_id) for run in runs]
    completed = [rows.time(run, "completedAt", table="workflow_run", key=run_id) for run in runs]
    return {
        "run_id": run_id,
        "attempt": 1,  # GraphQL shows the run as it is now, not its attempts
        "repo": head.repo,
        "pull_request_id": head.pull_request_id,
        "name": inner(workflow, "workflow", "name"),
        "trigger_event": workflow.get("event"),
        "head_sha": head.sha,
        "conclusion": lower(suite.get("conclusion")) or _worst(runs),
        "started_us": min((t for t in started if t is not None), default=None),
        "completed_us": max((t for t in completed if t is not None), default=None)
        if None not in completed
        else None,
    }


def _worst(runs: Sequence[Json]) -> str | None:
    """A run is as good as the worst newest attempt of its jobs; null while one is still running."""
    newest: dict[object, str | None] = {}
    for run, _ in sorted(zip(runs, _attempts(runs), strict=True), key=lambda pair: pair[1]):
        newest[run.get("name")] = lower(run.get("conclusion"))
    if not newest or None in newest.values():
        return None
    for conclusion in _FAILED:
        if conclusion in newest.values():
            return conclusion
    return "success" if all(c in _PASSED for c in newest.values()) else None


def status(status: Json, rows: Rows, head: Head) -> None:
    """A commit status, the older of the two ways a CI system reports: one row, like a check."""
    key = f"status:{status['id']}"
    state = status["state"].lower()
    rows.add(
        "check_run",
        {
            "check_run_id": key,
            "repo": head.repo,
            "pull_request_id": head.pull_request_id,
            "name": status["context"],
            "attempt": 1,
            "head_sha": head.sha,
            "is_fork": head.is_fork,
            "status": "in_progress" if state in ("pending", "expected") else "completed",
            "conclusion": _STATES.get(state),
            "summary": status.get("description"),
            "completed_us": rows.time(status, "createdAt", table="check_run", key=key),
        },
    )


def job_log(body: Json, rows: Rows) -> None:
    """The log of one failed job: its head and its tail."""
    repo, number = body["repository"], body.get("pullRequest")
    for chunk, part in enumerate(_kept(body["log"])):
        rows.add(
            "ci_log_chunk",
            {
                "check_run_id": identifier(body["checkRunId"]),
                "chunk": chunk,
                "repo": repo,
                "pull_request_id": None if number is None else f"{repo}#{whole(number)}",
                "text": part,
            },
        )


def _kept(log: str) -> list[str]:
    """At most 64 KiB of a log, cut at line ends where there are any."""
    raw = log.encode("utf-8", "replace")
    if len(raw) <= LOG_HEAD + LOG_TAIL:
        return [log]
    head, tail = raw[:LOG_HEAD], raw[-LOG_TAIL:]
    head = head[: head.rfind(b"\n") + 1] or head
    tail = tail[tail.find(b"\n") + 1 :] or tail
    return [head.decode("utf-8", "ignore"), tail.decode("utf-8", "ignore")]
