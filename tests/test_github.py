"""GitHub: what a pass fetches, what it says it could not, and what payloads become."""

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pytest
from graphql import parse, validate
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.github import SOURCE, Fetch, fetch
from ingest.github_query import PULL_REQUESTS
from tests.fake_github import (
    RATE_LIMITED,
    TIMED_OUT,
    TOKEN,
    FakeGitHub,
    Fault,
    Node,
    a_bot,
    a_pull,
    a_user,
    schema,
)
from warehouse.errors import SourceError
from warehouse.raw import Payload
from warehouse.redact import redact_payload

JAN_2 = 1_735_776_000_000_000
HOUR = 3_600_000_000

Tables = Mapping[str, list[dict[str, Any]]]


def parsed(*payloads: Payload) -> Tables:
    """Rows by table of some payloads, as one batch."""
    batch = pa.RecordBatch.from_pydict(
        {
            "kind": [p.kind for p in payloads],
            "key": [p.key for p in payloads],
            "updated_us": [p.updated_us for p in payloads],
            "payload": [p.body.text for p in payloads],
        }
    )
    return {table: rows.to_pylist() for table, rows in SOURCE.parse(batch)}


def parsed_text(kind: str, text: str) -> Tables:
    """Rows by table of one payload that did not come through `redact_payload`."""
    batch = pa.RecordBatch.from_pydict(
        {"kind": [kind], "key": ["k"], "updated_us": [0], "payload": [text]}
    )
    return {table: rows.to_pylist() for table, rows in SOURCE.parse(batch)}


def pull_payload(number: int = 1, /, **changes: Any) -> Payload:
    """One pull request as the server delivers it: every list a connection."""
    node = a_pull(number, **changes)
    return Payload("pull_request", node["id"], JAN_2, redact_payload(_connections(node)))


def _connections(value: Any) -> Any:
    if isinstance(value, list):
        return {"nodes": [_connections(each) for each in value]}
    if isinstance(value, dict):
        return {k: v if k == "contexts" else _connections(v) for k, v in value.items()}
    return value


def fetched(github: FakeGitHub, *, last: int = 200, **how: Any) -> tuple[list[Payload], Fetch]:
    """One pass that never waits."""
    one = fetch(
        github.repo, **({"token": TOKEN, "base_url": github.url} | how), last=last, pause=_go
    )
    return list(one), one


def _go(seconds: float) -> None:
    assert 0 < seconds <= 60


def some(count: int) -> list[Node]:
    return [a_pull(number) for number in range(1, count + 1)]


def test_two_hundred_pull_requests_come_newest_first_in_eight_calls() -> None:
    with FakeGitHub(pulls=some(230)) as github:
        told: list[tuple[int, int]] = []
        payloads, one = fetched(github, progress=lambda done, wanted: told.append((done, wanted)))

    assert [p.key for p in payloads] == [f"PR_{n}" for n in range(230, 30, -1)]
    assert (one.calls, one.points, one.notes) == (8, 8 * 62, [])
    assert told[0] == (25, 200)
    assert told[-1] == (200, 200)


def test_a_small_repository_is_fetched_whole() -> None:
    with FakeGitHub(pulls=some(3)) as github:
        payloads, one = fetched(github)

    assert (len(payloads), one.calls) == (3, 1)


def test_the_query_asks_only_for_what_the_schema_has() -> None:
    assert validate(schema(), parse(PULL_REQUESTS)) == []


def test_a_page_that_is_too_large_is_halved_until_it_is_answered() -> None:
    with FakeGitHub(pulls=some(30), largest_page=6) as github:
        payloads, one = fetched(github)

    assert len({p.key for p in payloads}) == 30
    assert [call["page"] for call in github.calls] == [25, 12, 6, 6, 6, 6, 6]
    assert one.notes == []


def test_a_time_out_reported_with_http_200_is_tried_again_with_a_smaller_page() -> None:
    with FakeGitHub(pulls=some(5), faults=[TIMED_OUT]) as github:
        payloads, _ = fetched(github)

    assert len(payloads) == 5
    assert [call["page"] for call in github.calls] == [25, 12]


def test_a_server_that_never_answers_is_given_up_after_six_calls() -> None:
    with (
        FakeGitHub(faults=[Fault(502)] * 20) as github,
        pytest.raises(SourceError, match="gave no answer to 6 calls: HTTP 502"),
    ):
        fetched(github)

    assert len(github.calls) == 6


def test_a_rate_limit_with_http_200_keeps_what_came_before_it_and_says_so() -> None:
    with FakeGitHub(pulls=some(100), faults=[None, None, RATE_LIMITED]) as github:
        payloads, one = fetched(github)

    assert len(payloads) == 50
    assert one.notes == [
        "GitHub's rate limit is used up (API rate limit exceeded for user ID 1.); "
        "run the same command later; 50 of 200 pull requests were fetched"
    ]


def test_a_rate_limit_on_the_first_call_is_an_error() -> None:
    with (
        FakeGitHub(faults=[RATE_LIMITED]) as github,
        pytest.raises(SourceError, match="rate limit"),
    ):
        fetched(github)


def test_a_short_wait_that_github_names_is_waited_and_a_long_one_is_not() -> None:
    message = {"message": "You have exceeded a secondary rate limit."}
    with FakeGitHub(pulls=some(1), faults=[Fault(403, message, {"Retry-After": "5"})]) as github:
        payloads, _ = fetched(github)

    assert len(payloads) == 1
    long_wait = Fault(429, message, {"Retry-After": "900"})
    with FakeGitHub(faults=[long_wait]) as github, pytest.raises(SourceError, match="run the same"):
        fetched(github)


def test_a_refused_token_is_one_sentence() -> None:
    with FakeGitHub() as github, pytest.raises(SourceError, match=r"token \(401\)") as problem:
        fetched(github, token="another")

    assert "another" not in str(problem.value)


def test_an_unknown_repository_is_one_sentence() -> None:
    with FakeGitHub() as github, pytest.raises(SourceError, match="no repository 'acme/none'"):
        list(fetch("acme/none", last=5, token=TOKEN, base_url=github.url))


def test_an_address_without_github_is_one_sentence() -> None:
    with FakeGitHub() as github, pytest.raises(SourceError, match="no GraphQL interface"):
        fetched(github, base_url=f"{github.url}/elsewhere")


def test_a_network_that_is_down_is_one_sentence() -> None:
    with FakeGitHub() as github:
        gone = github.url

    with pytest.raises(SourceError, match=r"cannot be reached \(connection refused\)"):
        list(fetch("acme/shop", last=5, token=TOKEN, base_url=gone))


def test_the_budget_of_calls_is_kept_and_said() -> None:
    with FakeGitHub(pulls=some(100)) as github:
        payloads, one = fetched(github, budget=2)

    assert (len(payloads), len(github.calls)) == (50, 2)
    assert one.notes == ["the budget of 2 calls is used up; 50 of 200 pull requests were fetched"]


def test_a_pull_request_updated_during_the_pass_is_neither_lost_nor_doubled() -> None:
    def touch(github: FakeGitHub) -> None:
        oldest = min(github.pulls, key=lambda p: p["updatedAt"])
        oldest["updatedAt"] = f"2025-03-01T00:{len(github.calls):02d}:00Z"

    with FakeGitHub(pulls=some(100), between=touch) as github:
        first, _ = fetched(github)
        github.between = lambda _: None
        second, _ = fetched(github)

    assert len({p.key for p in first}) == len(first)
    assert {p.key for p in first} | {p.key for p in second} == {f"PR_{n}" for n in range(1, 101)}


def test_lists_longer_than_what_is_asked_for_are_said_never_cut_silently() -> None:
    long = a_pull(2, labels=[{"name": f"label {n}"} for n in range(21)])
    thread = a_pull(3)["reviewThreads"][0]
    talk = a_pull(3, reviewThreads=[thread | {"comments": thread["comments"] * 11}])
    with FakeGitHub(pulls=[a_pull(1), long, talk]) as github:
        _, one = fetched(github)

    assert one.notes == [
        "1 of 3 pull requests have more labels than the 20 that were fetched",
        "1 of 3 pull requests have more comments in one thread than the 10 that were fetched",
    ]


def test_what_the_token_may_not_read_is_noted_once_and_the_rest_is_kept() -> None:
    hidden: Node = {
        "type": "FORBIDDEN",
        "message": "Resource not accessible by personal access token",
    }
    with FakeGitHub(pulls=some(30), errors=[hidden]) as github:
        payloads, one = fetched(github)

    assert len(payloads) == 30
    assert one.notes == [
        "GitHub left something out: Resource not accessible by personal access token"
    ]


def test_a_fetched_pull_request_becomes_rows_of_ten_tables() -> None:
    with FakeGitHub(pulls=[a_pull(1)]) as github:
        tables = parsed(*fetched(github)[0])

    assert {name: len(rows) for name, rows in tables.items()} == {
        "changed_file": 1,
        "check_run": 1,
        "pull_request": 1,
        "pull_request_commit": 1,
        "pull_request_issue": 1,
        "repository": 1,
        "review": 1,
        "review_comment": 1,
        "workflow_run": 1,
    }
    (pull,) = tables["pull_request"]
    assert pull["pull_request_id"] == "acme/shop#1"
    assert (pull["state"], pull["head_ref"], pull["labels"]) == (
        "merged",
        "copilot/basket",
        '["shop"]',
    )
    assert (pull["author_login"], pull["author_type"]) == ("copilot-swe-agent", "Bot")
    assert (pull["created_us"], pull["merged_us"]) == (JAN_2, JAN_2 + 4 * HOUR)
    assert pull["updated_us"] == 1_738_368_060_000_000  # 2025-02-01T00:01:00Z
    (check,) = tables["check_run"]
    assert (check["check_run_id"], check["conclusion"], check["attempt"]) == ("10", "failure", 1)
    assert (check["is_fork"], check["summary"]) == (False, "2 failed")
    assert tables["pull_request_issue"][0]["issue_id"] == "acme/shop#4"


def test_a_deleted_account_is_unknown_and_not_a_name() -> None:
    tables = parsed(pull_payload(author=None, mergedBy=None))

    (pull,) = tables["pull_request"]
    assert (pull["author_login"], pull["author_type"], pull["merged_by_login"]) == (
        None,
        None,
        None,
    )


def test_every_connection_may_be_null() -> None:
    lists = ("labels", "files", "commits", "reviews", "reviewThreads", "comments")
    more = ("timelineItems", "closingIssuesReferences", "mergeCommit", "headRepository")
    tables = parsed(pull_payload(**dict.fromkeys((*lists, *more))))

    (pull,) = tables["pull_request"]
    assert (pull["labels"], pull["ready_us"], pull["head_repo"]) == (None, None, None)
    assert tables.keys() == {"pull_request", "repository"}


def test_a_pull_request_is_ready_when_it_was_opened_unless_it_began_as_a_draft() -> None:
    became_ready = {
        "__typename": "ReadyForReviewEvent",
        "id": "E_1",
        "createdAt": "2025-01-02T02:00:00Z",
        "actor": a_bot("copilot-swe-agent"),
    }
    opened_ready = parsed(pull_payload())["pull_request"][0]
    draft_first = parsed(pull_payload(timelineItems=[became_ready]))
    still_draft = parsed(pull_payload(isDraft=True))["pull_request"][0]

    assert opened_ready["ready_us"] == JAN_2
    assert draft_first["pull_request"][0]["ready_us"] == JAN_2 + 2 * HOUR
    assert draft_first["timeline_event"][0]["event"] == "ready_for_review"
    assert still_draft["ready_us"] is None


def test_runs_of_one_name_are_attempts_and_the_workflow_is_as_good_as_the_newest() -> None:
    again = {"name": "tests", "status": "COMPLETED", "title": None, "summary": None}
    first = again | {"databaseId": 8, "conclusion": "FAILURE", "startedAt": "2025-01-02T01:00:00Z"}
    second = again | {"databaseId": 9, "conclusion": "SUCCESS", "startedAt": "2025-01-02T02:00:00Z"}
    node = a_pull(1)["commits"][0]["commit"]
    suite = node["checkSuites"][0] | {"conclusion": None, "checkRuns": [second, first]}
    tables = parsed(pull_payload(commits=[{"commit": node | {"checkSuites": [suite]}}]))

    attempts = {run["check_run_id"]: run["attempt"] for run in tables["check_run"]}
    assert attempts == {"8": 1, "9": 2}
    assert tables["workflow_run"][0]["conclusion"] == "success"


def test_a_commit_status_is_a_check_too() -> None:
    status = {
        "id": "SC_1",
        "context": "ci/legacy",
        "state": "ERROR",
        "description": "no runner",
        "createdAt": "2025-01-02T01:00:00Z",
    }
    node = a_pull(1)["commits"][0]["commit"] | {"checkSuites": [], "status": {"contexts": [status]}}
    (check,) = parsed(pull_payload(commits=[{"commit": node}]))["check_run"]

    assert (check["name"], check["conclusion"]) == ("ci/legacy", "failure")


def test_a_check_of_a_fork_says_so_also_when_the_fork_is_gone() -> None:
    gone = parsed(pull_payload(headRepository=None, isCrossRepository=None))
    stated = parsed(pull_payload(isCrossRepository=True))

    assert gone["check_run"][0]["is_fork"] is True
    assert stated["check_run"][0]["is_fork"] is True


def test_a_negative_duration_keeps_the_row_and_is_said() -> None:
    tables = parsed(pull_payload(closedAt="2024-12-31T00:00:00Z"))

    assert len(tables["pull_request"]) == 1
    assert tables["data_issue"] == [
        {
            "load_id": "",
            "table_name": "pull_request",
            "row_key": "acme/shop#1",
            "problem": "closed_at is before created_at, a negative duration",
        }
    ]


def test_one_broken_review_costs_neither_the_pull_request_nor_the_other_review() -> None:
    good = a_pull(1)["reviews"][0]
    nameless = {name: value for name, value in good.items() if name != "id"}
    tables = parsed(pull_payload(reviews=[nameless, good]))

    assert [row["review_id"] for row in tables["review"]] == ["REV_1"]
    assert [row["problem"] for row in tables["data_issue"]] == [
        "reviews[0] cannot be used: id is missing"
    ]


def test_a_value_of_the_wrong_type_costs_its_row_only() -> None:
    tables = parsed(pull_payload(title=["no", "text"]), pull_payload(2))

    assert [row["number"] for row in tables["pull_request"]] == [2]
    assert tables["data_issue"][0]["row_key"] == "PR_1"
    assert tables["data_issue"][0]["problem"].startswith("a value does not fit its column")


def test_nul_characters_are_shown_and_said() -> None:
    node = json.dumps(_connections(a_pull(1, title="a\x00b")))
    tables = parsed_text("pull_request", node)

    assert tables["pull_request"][0]["title"] == "a\ufffdb"
    assert "NUL" in tables["data_issue"][0]["problem"]


def test_the_tail_of_a_long_log_is_kept_with_its_head() -> None:
    lines = "".join(f"line {n}\n" for n in range(20_000))
    body = {"repository": "acme/shop", "pullRequest": 1, "checkRunId": 10, "log": lines}
    chunks = parsed_text("job_log", json.dumps(body))["ci_log_chunk"]

    assert [c["chunk"] for c in chunks] == [0, 1]
    assert chunks[0]["text"].startswith("line 0\n")
    assert chunks[1]["text"].endswith("line 19999\n")
    assert sum(len(c["text"]) for c in chunks) <= 64 * 1024
    assert (chunks[0]["check_run_id"], chunks[0]["pull_request_id"]) == ("10", "acme/shop#1")


def test_deployments_releases_and_issues_become_rows() -> None:
    deployment = {"id": 5, "repository": "acme/shop", "sha": "a" * 40, "status": "SUCCESS"}
    release = {"repository": "acme/shop", "tag": "v1", "publishedAt": None}
    issue = {
        "repository": "acme/shop",
        "number": 4,
        "state": "CLOSED",
        "author": a_user("ann"),
        "labels": ["bug"],
        "createdAt": "2025-01-02T00:00:00Z",
    }
    tables = parsed(
        Payload("deployment", "5", 0, redact_payload(deployment)),
        Payload("release", "v1", 0, redact_payload(release)),
        Payload("issue", "4", 0, redact_payload(issue)),
    )

    assert tables["deployment"][0]["status"] == "success"
    assert tables["release"][0]["published_us"] is None
    assert (tables["issue"][0]["issue_id"], tables["issue"][0]["author_login"]) == (
        "acme/shop#4",
        "ann",
    )
    assert "data_issue" not in tables


_leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
JSON = (
    _leaves
    | st.lists(_leaves, max_size=3)
    | st.dictionaries(st.text(max_size=8), _leaves, max_size=3)
)


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["pull_request", "job_log", "deployment", "release", "issue", "?"]),
    body=JSON,
)
def test_no_payload_stops_the_batch(kind: str, body: Any) -> None:
    tables = parsed_text(kind, json.dumps(body))

    assert tables.keys() <= {"data_issue", "deployment"}


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_pull_request_with_any_field_broken_gives_rows_or_an_issue(data: st.DataObject) -> None:
    node = _connections(a_pull(1))
    place = node
    while isinstance(place, dict) and place:
        name = data.draw(st.sampled_from(sorted(place)))
        inside = place[name]
        if isinstance(inside, dict) and inside and data.draw(st.booleans()):
            place = inside
            if isinstance(place.get("nodes"), list) and place["nodes"]:
                place = place["nodes"][0]
        else:
            place[name] = data.draw(JSON)
            break
    tables = parsed_text("pull_request", json.dumps(node))

    assert tables.get("pull_request") or tables["data_issue"]
