"""An incident or complaint is linked where its source names the cause, and nowhere else."""

import pyarrow as pa

from analysis.links import complaint_links, incident_links

PULL_REQUEST = pa.table(
    {
        "pull_request_id": ["acme/app#1", "acme/app#2"],
        "repo": ["acme/app", "acme/app"],
        "merge_commit_sha": ["aaa", None],
    }
)
COMMIT = pa.table(
    {"repo": ["acme/app"], "sha": ["bbb"], "pull_request_number": pa.array([2], pa.int64())}
)


def incident(sha: str | None, pull_request: str | None, repo: str = "acme/app") -> pa.Table:
    return pa.table(
        {
            "incident_id": ["i1"],
            "repo": [repo],
            "caused_by_sha": pa.array([sha], pa.string()),
            "caused_by_pull_request_id": pa.array([pull_request], pa.string()),
        }
    )


def linked(rows: pa.Table) -> list[tuple[str, str]]:
    return [(r["pull_request_id"], r["method"]) for r in rows.to_pylist()]


def test_an_incident_that_names_a_pull_request_is_linked_to_it() -> None:
    rows = incident_links(incident(None, "acme/app#1"), PULL_REQUEST, COMMIT)

    assert linked(rows) == [("acme/app#1", "stated")]


def test_an_incident_that_names_a_merge_commit_is_linked_to_its_pull_request() -> None:
    rows = incident_links(incident("aaa", None), PULL_REQUEST, COMMIT)

    assert linked(rows) == [("acme/app#1", "commit")]


def test_a_commit_of_the_default_branch_leads_to_the_pull_request_its_subject_names() -> None:
    rows = incident_links(incident("bbb", None), PULL_REQUEST, COMMIT)

    assert linked(rows) == [("acme/app#2", "commit")]


def test_the_same_commit_id_in_another_repository_is_not_a_link() -> None:
    rows = incident_links(incident("aaa", None, repo="acme/other"), PULL_REQUEST, COMMIT)

    assert linked(rows) == []


def test_an_incident_that_names_an_unknown_pull_request_stays_unlinked() -> None:
    rows = incident_links(incident(None, "acme/app#99"), PULL_REQUEST, COMMIT)

    assert linked(rows) == []


def test_a_cause_named_twice_is_one_link() -> None:
    rows = incident_links(incident("aaa", "acme/app#1"), PULL_REQUEST, COMMIT)

    assert linked(rows) == [("acme/app#1", "stated")]


def test_a_complaint_is_linked_only_to_a_pull_request_it_names() -> None:
    complaint = pa.table(
        {"complaint_id": ["c1", "c2"], "pull_request_id": pa.array(["acme/app#1", None])}
    )

    assert linked(complaint_links(complaint, PULL_REQUEST)) == [("acme/app#1", "stated")]
