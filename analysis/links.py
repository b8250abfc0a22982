"""Which pull request an incident or a complaint points at, where the source itself says so.

Only what is stated is linked here: by pull request, or by the commit a pull request was merged as.
An incident that names neither stays unlinked; an absent link is an answer, not a zero.
"""

from collections.abc import Iterable, Mapping

import pyarrow as pa

from warehouse.tables import table

STATED = 0.95
"""Confidence of a link the source states. People state wrong ones too, so it is not 1."""


def incident_links(incident: pa.Table, pull_request: pa.Table, commit: pa.Table) -> pa.Table:
    """Rows of `incident_link` from what incidents state.

    Args:
        incident: incident_id, repo, caused_by_sha, caused_by_pull_request_id.
        pull_request: pull_request_id, repo, merge_commit_sha.
        commit: repo, sha, pull_request_number.
    """
    known = set(pull_request["pull_request_id"].to_pylist())
    by_commit = _pull_request_by_commit(pull_request, commit)
    rows = []
    for each in incident.to_pylist():
        stated, sha = each["caused_by_pull_request_id"], each["caused_by_sha"]
        if stated in known:
            rows.append(_link("incident", each, stated, "stated", f"the incident names {stated}"))
        if sha and (found := by_commit.get((each["repo"], sha))) and found != stated:
            rows.append(
                _link("incident", each, found, "commit", f"the incident names commit {sha}")
            )
    return _table("incident_link", rows)


def complaint_links(complaint: pa.Table, pull_request: pa.Table) -> pa.Table:
    """Rows of `complaint_link` from complaints that name a pull request.

    Args:
        complaint: complaint_id, pull_request_id.
        pull_request: pull_request_id.
    """
    known = set(pull_request["pull_request_id"].to_pylist())
    rows = [
        _link("complaint", each, each["pull_request_id"], "stated", "the complaint names it")
        for each in complaint.to_pylist()
        if each["pull_request_id"] in known
    ]
    return _table("complaint_link", rows)


def _pull_request_by_commit(pull_request: pa.Table, commit: pa.Table) -> dict[tuple[str, str], str]:
    found = {
        (each["repo"], each["sha"]): f"{each['repo']}#{each['pull_request_number']}"
        for each in commit.to_pylist()
        if each["pull_request_number"] is not None
    }
    for each in pull_request.to_pylist():
        if each["merge_commit_sha"]:
            found[each["repo"], each["merge_commit_sha"]] = each["pull_request_id"]
    return found


def _link(
    what: str, row: Mapping[str, object], pull_request_id: str, method: str, evidence: str
) -> dict[str, object]:
    return {
        f"{what}_id": row[f"{what}_id"],
        "pull_request_id": pull_request_id,
        "method": method,
        "confidence": STATED,
        "evidence": evidence,
    }


def _table(name: str, rows: Iterable[dict[str, object]]) -> pa.Table:
    ordered = sorted(rows, key=lambda r: tuple(str(r[k]) for k in table(name).key))
    return pa.Table.from_pylist(ordered, schema=table(name).schema)
