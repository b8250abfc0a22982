"""Failures: whose word counts, for which pull requests, and each thing once."""

from typing import Any

import pyarrow as pa
import pytest

from analysis.failures import PullRequest, find_failures, is_bot, maker
from tests.build import (
    HOUR,
    MONDAY,
    Row,
    a_check,
    a_closed_pull,
    a_commit_of,
    a_pull,
    a_review,
    rows_of,
)

TABLES = (
    "pull_request", "pull_request_commit", "review", "review_comment", "comment", "check_run",
    "ci_log_chunk", "commit", "changed_file", "timeline_event",
)  # fmt: skip
PULL = PullRequest("acme/shop#1", "acme/shop", "devin", "alice", MONDAY)
RUFF = "##[group]Run ruff check\nsrc/a.py:1:8: F401 `os` imported but unused\n##[error]exit 1"


def tables(lead: dict[int, str] | None = None, **rows: list[Row]) -> dict[str, pa.Table]:
    """Every table find_failures is given; pull request 1 is codex's unless said otherwise."""
    given: dict[str, list[Row]] = {"pull_request": [a_pull(1)]} | rows
    made = {name: pa.Table.from_batches([rows_of(name, given.get(name, []))]) for name in TABLES}
    agents = {1: "codex"} if lead is None else lead
    made["lead"] = pa.table(
        {
            "pull_request_id": pa.array([f"acme/shop#{n}" for n in agents], pa.string()),
            "agent": pa.array(list(agents.values()), pa.string()),
        }
    )
    return made


def failures(lead: dict[int, str] | None = None, **rows: list[Row]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = find_failures(tables(lead, **rows)).to_pylist()
    return found


def a_line_comment(number: int = 1, key: str = "rc1", **changes: object) -> Row:
    row: Row = {
        "review_comment_id": key,
        "pull_request_id": f"acme/shop#{number}",
        "author_login": "bob",
        "author_type": "User",
        "author_association": "MEMBER",
        "path": "src/a.py",
        "body": "Use `utc_now` instead of `utcnow`.",
        "created_us": MONDAY + HOUR,
    }
    return row | changes


def a_comment(number: int = 1, key: str = "c1", **changes: object) -> Row:
    row: Row = {
        "comment_id": key,
        "pull_request_id": f"acme/shop#{number}",
        "author_login": "bob",
        "author_type": "User",
        "body": "Please add a changelog entry.",
        "created_us": MONDAY + HOUR,
    }
    return row | changes


def a_commit(sha: str = "d1", **changes: object) -> Row:
    row: Row = {
        "repo": "acme/shop",
        "sha": sha,
        "message": "Revert it",
        "committed_us": MONDAY + 9 * HOUR,
        "author_name": "Bob",
    }
    return row | changes


def a_log(check_run_id: str = "1", text: str = RUFF, chunk: int = 0) -> Row:
    return {"check_run_id": check_run_id, "chunk": chunk, "repo": "acme/shop", "text": text}


# --- whose word it is -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("login", "type_", "association", "expected"),
    [
        ("bob", "User", "MEMBER", "person"),
        ("bob", "User", "owner", "person"),
        ("bob", "User", None, "person"),
        ("bob", None, None, "person"),
        ("bob", "User", "CONTRIBUTOR", "outsider"),
        ("bob", "User", "NONE", "outsider"),
        ("bob", "User", "FIRST_TIME_CONTRIBUTOR", "outsider"),
        ("Alice", "User", "OWNER", "author"),
        ("alice", "User", "NONE", "author"),
        ("anything", "Bot", "MEMBER", "bot"),
        ("renovate[bot]", None, None, "bot"),
        ("acme-bot", "User", "MEMBER", "bot"),
        ("acme_bot2", "User", "MEMBER", "bot"),
        ("acmeBot", "User", "MEMBER", "bot"),
        ("Copilot", "User", None, "bot"),
        ("cursoragent", "User", None, "bot"),
        ("coderabbitai", "User", "NONE", "bot"),
        (None, None, None, "unknown"),
        ("", "User", "MEMBER", "unknown"),
    ],
)
def test_who_says_it_is_one_of_five(
    login: str | None, type_: str | None, association: str | None, expected: str
) -> None:
    assert maker(login, type_, association, PULL) == expected


@pytest.mark.parametrize("login", ["abbot", "talbot", "Robota", "botticelli", "bothering-bob"])
def test_a_person_whose_name_holds_the_word_is_no_bot(login: str) -> None:
    assert not is_bot(login, "User")


def test_the_agent_itself_is_the_author_whoever_opened_its_pull_request() -> None:
    assert maker("devin-ai-integration[bot]", "Bot", None, PULL) == "author"
    assert maker("cursor[bot]", "Bot", None, PULL) == "bot"


def test_the_agents_own_reports_on_its_work_are_no_failures() -> None:
    said = a_line_comment(author_login="chatgpt-codex-connector[bot]", author_type="Bot")

    assert failures(review_comment=[said]) == []


# --- which pull requests ----------------------------------------------------------------------


def test_nothing_that_went_wrong_is_an_empty_table_of_the_right_columns() -> None:
    found = find_failures(tables())

    assert found.num_rows == 0
    assert "untyped_reason" in found.schema.names


def test_empty_tables_give_an_empty_table() -> None:
    assert failures(lead={}, pull_request=[]) == []


def test_only_agents_pull_requests_are_read() -> None:
    pulls = [a_closed_pull(n) for n in (1, 2, 3, 4)]

    found = failures({1: "codex", 2: "human", 3: "unknown"}, pull_request=pulls)

    assert [row["pull_request_id"] for row in found] == ["acme/shop#1"]
    assert found[0]["agent"] == "codex"


def test_words_about_a_pull_request_that_is_not_there_are_passed_over() -> None:
    assert failures(review_comment=[a_line_comment(9)], check_run=[a_check(9)]) == []


def test_what_a_pull_request_says_of_itself_never_counts() -> None:
    pull = a_pull(
        1,
        title="fix: use `utc_now` instead of `utcnow`",
        body="Please use `utc_now` instead of `utcnow`. Missing changelog. Run `make lint`.",
    )

    assert failures(pull_request=[pull]) == []


def test_the_authors_own_remark_is_kept_as_the_authors() -> None:
    [found] = failures(review_comment=[a_line_comment(author_login="alice")])

    assert found["maker"] == "author"


# --- reviews and remarks ----------------------------------------------------------------------


def test_a_remark_on_a_line_is_a_failure_with_its_signature() -> None:
    [found] = failures(review_comment=[a_line_comment()])

    assert {
        key: found[key] for key in ("kind", "maker", "maker_id", "source_table", "source_id")
    } == {
        "kind": "review_comment",
        "maker": "person",
        "maker_id": "bob",
        "source_table": "review_comment",
        "source_id": "rc1",
    }
    assert (found["signature_type"], found["signature"]) == ("use_instead", "utcnow -> utc_now")
    assert (found["path"], found["happened_us"]) == ("src/a.py", MONDAY + HOUR)
    assert found["untyped_reason"] is None


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("This is off", "the words name no command, file or symbol"),
        ("`total` is off", "the words name something but not what to do about it"),
    ],
)
def test_a_remark_without_a_signature_says_why(body: str, why: str) -> None:
    [found] = failures(review_comment=[a_line_comment(body=body)])

    assert (found["signature"], found["untyped_reason"]) == (None, why)


def test_small_talk_in_the_conversation_is_no_failure() -> None:
    talk = [
        a_comment(key="c1", body="Thanks, great work!"),
        a_comment(key="c2", body=None),
        a_comment(key="c3", body="This should be split"),
    ]

    assert [row["source_id"] for row in failures(comment=talk)] == ["c3"]


def test_asking_for_changes_is_a_failure_even_without_words() -> None:
    reviews = [
        a_review(review_id="r1", state="CHANGES_REQUESTED", body=None),
        a_review(review_id="r2", state="APPROVED", body=""),
        a_review(review_id="r3", state="COMMENTED", body="Please run `make lint`"),
        a_review(review_id="r4", state="COMMENTED", body="Nice"),
    ]

    found = {row["source_id"]: row for row in failures(review=reviews)}

    assert set(found) == {"r1", "r3"}
    assert (found["r1"]["kind"], found["r1"]["untyped_reason"]) == (
        "changes_requested",
        "no words were given",
    )
    assert (found["r3"]["kind"], found["r3"]["signature"]) == ("review_comment", "make lint")


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        ("CI says\n```\nsrc/a.py:1:8: F401 x\nsrc/a.py:2:8: E501 y\n```", ["ruff E501", "ruff F401"]),
        ("src/a.ts(3,5): error TS2322: Type 'x' is not assignable", ["tsc TS2322"]),
        ("FAILED tests/test_a.py::test_b - assert 1 == 2", ["pytest tests/test_a.py"]),
        ("> src/a.py:1:8: F401 x", [None]),
        ("F401 is a good code to know", [None]),
        ("```suggestion\nsrc/a.py:1:8: F401 x\n```", [None]),
    ],
)  # fmt: skip
def test_a_tools_output_pasted_into_a_remark_is_read_as_such(
    body: str, keys: list[str | None]
) -> None:
    found = failures(review_comment=[a_line_comment(body=body)])

    assert sorted((row["signature"] for row in found), key=str) == keys
    assert {row["maker"] for row in found} == {"person"}


def test_a_bots_and_a_strangers_remarks_are_kept_apart() -> None:
    remarks = [
        a_line_comment(key="a", author_login="coderabbitai[bot]", author_type="Bot"),
        a_line_comment(key="b", author_login="eve", author_association="NONE"),
        a_line_comment(key="c", author_login=None, author_type=None),
    ]

    found = {row["source_id"]: row["maker"] for row in failures(review_comment=remarks)}

    assert found == {"a": "bot", "b": "outsider", "c": "unknown"}


# --- checks -----------------------------------------------------------------------------------


def test_a_failed_check_is_signed_by_its_log() -> None:
    check = a_check(conclusion="failure", completed_us=MONDAY + 2 * HOUR)

    [found] = failures(check_run=[check], ci_log_chunk=[a_log()])

    assert (found["kind"], found["maker"], found["maker_id"]) == ("check_failed", "ci", None)
    assert (found["signature"], found["path"]) == ("ruff F401", "src/a.py")
    assert found["happened_us"] == MONDAY + 2 * HOUR


def test_a_check_gives_one_failure_for_each_different_signature() -> None:
    log = "a.py:1:1: F401 x\na.py:9:1: F401 y\na.py:2:1: E501 z\nb.py:2:1: E501 z"

    found = failures(check_run=[a_check(conclusion="failure")], ci_log_chunk=[a_log(text=log)])

    assert sorted(row["signature"] for row in found) == ["ruff E501", "ruff F401"]
    assert len({row["failure_id"] for row in found}) == 2


def test_the_chunks_of_a_log_are_read_in_their_order_however_they_are_stored() -> None:
    chunks = [
        a_log(text="##[error]exit 2", chunk=1),
        a_log(text="##[group]Run make check\nno", chunk=0),
    ]

    [found] = failures(check_run=[a_check(conclusion="failure")], ci_log_chunk=chunks)

    assert (found["signature_type"], found["signature"]) == ("failing_command", "make check")


@pytest.mark.parametrize("conclusion", ["success", "cancelled", "skipped", "neutral", None])
def test_a_check_that_did_not_fail_is_no_failure(conclusion: str | None) -> None:
    assert failures(check_run=[a_check(conclusion=conclusion)], ci_log_chunk=[a_log()]) == []


def test_a_check_that_ran_out_of_time_failed() -> None:
    [found] = failures(check_run=[a_check(conclusion="timed_out")])

    assert (found["signature"], found["untyped_reason"]) == (None, "no log was kept")
    assert found["excerpt"] is None


def test_a_forks_check_is_a_strangers_word() -> None:
    check = a_check(conclusion="failure", is_fork=True)

    [found] = failures(check_run=[check], ci_log_chunk=[a_log()])

    assert found["maker"] == "outsider"


def test_a_check_of_no_pull_request_is_passed_over() -> None:
    check = a_check(conclusion="failure", pull_request_id=None)

    assert failures(check_run=[check], ci_log_chunk=[a_log()]) == []


def test_without_a_log_the_summary_is_read() -> None:
    check = a_check(conclusion="failure", summary="src/a.py:1:8: F401 x")

    [found] = failures(check_run=[check])

    assert found["signature"] == "ruff F401"


# --- commits ----------------------------------------------------------------------------------


def test_a_repair_pushed_after_the_first_commit_is_a_failure() -> None:
    commits = [
        a_commit_of(sha="c1", position=0, message="fix lint"),
        a_commit_of(sha="c2", position=1, message="fix lint", author_login="bob"),
        a_commit_of(sha="c3", position=2, message="Add a test"),
        a_commit_of(sha="c4", position=3, message="Fix formatting", author_login="alice"),
        a_commit_of(sha="c5", position=4, message="fix lint (#1)", is_landing=True),
        a_commit_of(sha="c6", position=None, message="fix lint"),
        a_commit_of(sha="c7", position=5, message="Fix lint on main (#77)"),
        a_commit_of(sha="c8", position=6, message='Revert "fix lint"'),
        a_commit_of(sha="c9", position=7, message="Fix unrelated failing tests"),
    ]

    found = {row["source_id"]: row for row in failures(pull_request_commit=commits)}

    assert {key: (row["maker"], row["signature"]) for key, row in found.items()} == {
        "acme/shop#1@c2": ("person", "lint"),
        "acme/shop#1@c4": ("author", "format"),
    }


def test_a_repair_without_a_time_is_dated_by_its_pull_requests_opening() -> None:
    commit = a_commit_of(sha="c2", position=1, message="fix lint", committed_us=None)

    [found] = failures(pull_request_commit=[commit])

    assert found["happened_us"] == MONDAY


@pytest.mark.parametrize(
    ("pull", "commits"),
    [
        (a_pull(1), [a_commit(reverts_number=1)]),
        (a_pull(1, merge_commit_sha="a" * 40), [a_commit(reverts_sha="a" * 40)]),
        (a_pull(1), [a_commit("b" * 40, pull_request_number=1), a_commit(reverts_sha="b" * 40)]),
        (a_pull(1), [a_commit(reverts_sha="f" * 40, reverts_number=1)]),
        (a_pull(1, merge_commit_sha="a" * 40), [a_commit(reverts_sha="a" * 9)]),
    ],
    ids=[
        "number",
        "merge commit",
        "squash that names it",
        "number beside another sha",
        "short sha",
    ],
)
def test_a_revert_is_found_by(pull: Row, commits: list[Row]) -> None:
    [found] = failures(pull_request=[pull], commit=commits)

    assert (found["kind"], found["maker"], found["source_id"]) == (
        "reverted",
        "person",
        "acme/shop@d1",
    )
    assert found["untyped_reason"] == "a revert does not say what was wrong"


def test_a_short_sha_that_means_two_commits_reverts_neither() -> None:
    pulls = [
        a_pull(1, merge_commit_sha="abcdef0" + "1" * 33),
        a_pull(2, merge_commit_sha="abcdef0" + "2" * 33),
    ]

    found = failures(
        {1: "codex", 2: "codex"}, pull_request=pulls, commit=[a_commit(reverts_sha="abcdef0")]
    )

    assert found == []


@pytest.mark.parametrize(
    "commit",
    [
        a_commit(reverts_number=2),
        a_commit(repo="acme/other", reverts_number=1),
        a_commit(reverts_sha="a" * 40),
        a_commit(reverts_sha=""),
    ],
    ids=["another number", "another repository", "an unknown commit", "nothing"],
)
def test_a_revert_of_something_else_is_no_failure_of_it(commit: Row) -> None:
    assert failures(pull_request=[a_pull(1)], commit=[commit]) == []


def test_who_closed_it_is_the_one_who_says_so() -> None:
    closed = [
        {"event_id": "e1", "pull_request_id": "acme/shop#1", "event": "closed", "actor_login": "bob"},
        {"event_id": "e2", "pull_request_id": "acme/shop#2", "event": "closed", "actor_login": "alice"},
        {"event_id": "e3", "pull_request_id": "acme/shop#3", "event": "closed", "actor_login": "stale[bot]"},
    ]  # fmt: skip

    found = failures(
        dict.fromkeys((1, 2, 3), "codex"),
        pull_request=[a_closed_pull(n) for n in (1, 2, 3)],
        timeline_event=[{**event, "actor_type": None, "created_us": MONDAY} for event in closed],
    )

    assert {row["source_id"]: row["maker"] for row in found} == {
        "acme/shop#1": "person",
        "acme/shop#2": "author",
        "acme/shop#3": "bot",
    }


def test_closing_without_a_merge_is_a_failure_of_an_unknown_maker() -> None:
    [found] = failures(pull_request=[a_closed_pull(1)])

    assert (found["kind"], found["maker"], found["happened_us"]) == (
        "closed_unmerged",
        "unknown",
        MONDAY + HOUR,
    )


# --- the table --------------------------------------------------------------------------------


def test_ids_depend_on_what_failed_and_not_on_the_order_of_rows() -> None:
    remarks = [a_line_comment(key="a"), a_line_comment(key="b", body="`a_b` should be `a_c`")]

    forth, back = failures(review_comment=remarks), failures(review_comment=remarks[::-1])

    assert forth == back
    assert [row["failure_id"] for row in forth] == sorted(row["failure_id"] for row in forth)


def test_an_excerpt_is_at_most_4_kib_and_ends_at_a_whole_character() -> None:
    [found] = failures(review_comment=[a_line_comment(body="ü" * 3_000 + "x")])

    assert found["excerpt"] == "ü" * 2_048


def test_hostile_characters_are_carried_and_break_nothing() -> None:
    body = "Use `a\x00b` instead of `c`\u202e\u200b \x1b[31m"

    [found] = failures(review_comment=[a_line_comment(body=body)])

    assert found["signature"] is None
    assert found["excerpt"] == body
