"""What became of a pull request, by hand, one rule at a time."""

from decimal import Decimal
from typing import Any

import pytest

from tests.build import (
    AS_OF,
    DAY,
    HOUR,
    MONDAY,
    Row,
    a_check,
    a_closed_pull,
    a_commit_of,
    a_context,
    a_cost,
    a_failure,
    a_pull,
    a_review,
    a_warehouse,
    an_authorship,
    an_open_pull,
)
from warehouse.errors import UnknownName
from warehouse.facts import FACTS, fact
from warehouse.tables import tables


def outcome(**content: list[Row]) -> dict[str, Any]:
    """The outcome of pull request 1; it is merged unless given."""
    content.setdefault("pull_request", [a_pull()])
    with a_warehouse(**content) as engine:
        rows = engine.rows("SELECT * FROM pull_request_outcome ORDER BY number")
    return rows[0]


def outcomes(**content: list[Row]) -> list[dict[str, Any]]:
    with a_warehouse(**content) as engine:
        return engine.rows("SELECT * FROM pull_request_outcome ORDER BY number")


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_documents_exactly_its_columns_and_has_one_row_per_key(name: str) -> None:
    with a_warehouse(
        pull_request=[a_pull(1), an_open_pull(2)],
        usage_cost=[a_cost("1"), a_cost("2", basis="estimated")],
        failure=[a_failure("f1"), a_failure("f2")],
        failure_mode_member=[
            {"failure_mode_id": "m", "failure_id": f, "pull_request_id": "acme/shop#1"}
            for f in ("f1", "f2")
        ],
        load=[
            {"load_id": n, "source": "git", "rows": 1, "fetched_us": 1, "sha256": "x"} for n in "ab"
        ],
    ) as engine:
        columns = engine.sql(f"SELECT * FROM {name}").column_names
        keys = ", ".join(fact(name).key)
        [counted] = engine.rows(
            f"SELECT COUNT(*) AS n, COUNT(DISTINCT ({keys})) AS keys FROM {name}"
        )

    assert columns == [column for column, _ in fact(name).columns]
    assert counted["n"] == counted["keys"] > 0


def test_every_table_has_a_key_of_required_columns() -> None:
    for spec in tables().values():
        required = {column.name for column in spec.columns if column.required}
        assert set(spec.key) <= required, spec.name


def test_an_unknown_fact_names_those_there_are() -> None:
    with pytest.raises(
        UnknownName, match="no fact is called 'pull_requests_outcome'; did you mean"
    ):
        fact("pull_requests_outcome")


def test_hours_count_from_creation_and_the_week_begins_on_monday() -> None:
    merged, closed, still_open = outcomes(
        pull_request=[
            a_pull(1, created_us=MONDAY + 2 * DAY, merged_us=MONDAY + 2 * DAY + 90 * 60_000_000),
            a_closed_pull(2, created_us=MONDAY - 1, closed_us=MONDAY - 1 + 2 * HOUR),
            an_open_pull(3),
        ]
    )

    assert (merged["hours_to_merge"], merged["hours_to_reject"]) == (1.5, None)
    assert (closed["hours_to_merge"], closed["hours_to_reject"]) == (None, 2.0)
    assert (still_open["hours_to_merge"], still_open["hours_to_reject"]) == (None, None)
    weeks = [str(row["opened_week"])[:10] for row in (merged, closed, still_open)]
    assert weeks == ["2025-01-06", "2024-12-30", "2025-01-06"]
    assert [row["merged"] for row in (merged, closed, still_open)] == [True, False, False]


def test_times_that_contradict_each_other_or_are_missing_give_no_hours() -> None:
    backwards, missing, closed = outcomes(
        pull_request=[
            a_pull(1, merged_us=MONDAY - HOUR),
            a_pull(2, merged_us=None, created_us=None),
            a_closed_pull(3, closed_us=MONDAY - 1),
        ]
    )

    assert backwards["hours_to_merge"] is None
    assert (missing["hours_to_merge"], missing["opened_week"], missing["merged"]) == (
        None,
        None,
        True,
    )
    assert closed["hours_to_reject"] is None


def test_the_lead_is_an_agent_before_a_person_then_the_highest_rung_then_confidence_then_id() -> (
    None
):
    def lead(*rows: Row) -> str:
        return str(outcome(authorship=list(rows))["agent"])

    assert lead() == "unknown"
    assert lead(an_authorship(1, "human", rung=1), an_authorship(1, "devin", rung=6)) == "devin"
    assert lead(an_authorship(1, "devin", rung=6), an_authorship(1, "codex", rung=2)) == "codex"
    assert (
        lead(
            an_authorship(1, "devin", confidence=0.9),
            an_authorship(1, "codex", confidence=0.8),
        )
        == "devin"
    )
    assert lead(an_authorship(1, "devin"), an_authorship(1, "codex")) == "codex"
    assert lead(an_authorship(1, "codex", role="reviewer")) == "unknown"


def test_a_mark_that_an_editor_may_have_left_by_default_makes_nobody_the_lead() -> None:
    weak = an_authorship(agent="copilot", method="trailer", rung=6, confidence=0.4)

    assert outcome(authorship=[weak])["agent"] == "unknown"


def test_the_model_is_named_by_any_evidence_for_the_lead_agent() -> None:
    row = outcome(
        authorship=[
            an_authorship(1, "claude-code", rung=1),
            an_authorship(1, "claude-code", rung=5, method="trailer", model="claude-opus-4"),
            an_authorship(1, "codex", rung=6, model="gpt-5"),
        ]
    )

    assert (row["agent"], row["agent_method"], row["model"]) == (
        "claude-code",
        "label",
        "claude-opus-4",
    )


def test_an_approval_by_a_person_passes() -> None:
    row = outcome(review=[a_review()])

    assert row["human_reviewed"]
    assert row["first_review_verdict"] == "APPROVED"
    assert row["passed_first_review"] is True


@pytest.mark.parametrize(
    "who",
    [
        {"author_type": "Bot", "author_login": "coderabbit"},
        {"author_login": "coderabbit[bot]"},
        {"author_login": "Alice"},  # the author, however the login is spelt
        {"state": "PENDING"},
    ],
)
def test_robots_authors_and_unsent_reviews_are_no_review(who: Row) -> None:
    row = outcome(review=[a_review() | who])

    assert row["human_reviewed"] is False
    assert row["passed_first_review"] is None


def test_a_reviewer_whose_account_was_deleted_was_a_person() -> None:
    row = outcome(review=[a_review(author_login=None, author_type=None)])

    assert row["passed_first_review"] is True


def test_the_first_decision_counts_and_comments_are_none() -> None:
    row = outcome(
        review=[
            a_review(1, "r2", state="APPROVED", submitted_us=MONDAY + 3),
            a_review(1, "r1", state="CHANGES_REQUESTED", submitted_us=MONDAY + 2),
            a_review(1, "r0", state="COMMENTED", submitted_us=MONDAY + 1),
        ]
    )

    assert (row["first_review_verdict"], row["passed_first_review"]) == ("CHANGES_REQUESTED", False)


def test_changes_requested_after_an_approval_and_comments_alone_do_not_pass() -> None:
    later = outcome(
        review=[
            a_review(),
            a_review(1, "r2", state="CHANGES_REQUESTED", submitted_us=MONDAY + HOUR),
        ]
    )
    only_comment = outcome(review=[a_review(state="COMMENTED")])

    assert (later["first_review_verdict"], later["passed_first_review"]) == ("APPROVED", False)
    assert (only_comment["first_review_verdict"], only_comment["passed_first_review"]) == (
        None,
        False,
    )


def test_a_push_after_the_first_review_does_not_pass_and_one_before_it_does() -> None:
    before = a_commit_of(1, "c1", committed_us=MONDAY + HOUR // 2)
    after = a_commit_of(1, "c2", committed_us=MONDAY + HOUR // 2 + 1)
    forced = {
        "event_id": "e",
        "pull_request_id": "acme/shop#1",
        "event": "head_ref_force_pushed",
        "created_us": MONDAY + HOUR,
    }

    assert outcome(review=[a_review()], pull_request_commit=[before])["passed_first_review"] is True
    assert (
        outcome(review=[a_review()], pull_request_commit=[before, after])["passed_first_review"]
        is False
    )
    assert outcome(review=[a_review()], timeline_event=[forced])["passed_first_review"] is False


def test_the_squash_that_landed_it_was_not_pushed_for_review_and_rescues_nothing() -> None:
    pushed = a_commit_of(1, "c1", committed_us=MONDAY, author_login="alice")
    landed = a_commit_of(1, "c2", committed_us=MONDAY + HOUR, author_login="bob", is_landing=True)

    row = outcome(review=[a_review()], pull_request_commit=[pushed, landed])

    assert (row["passed_first_review"], row["rescued"]) == (True, False)


@pytest.mark.parametrize(
    ("commit", "rescued"),
    [
        ({"author_login": "bob"}, True),
        ({"author_login": "ALICE"}, False),
        ({"author_login": "pre-commit-ci[bot]"}, False),
        ({"author_login": "Copilot"}, False),
        ({"author_login": "bob", "message": "Merge branch 'main' into basket"}, False),
        ({"author_login": None}, None),
    ],
)
def test_a_rescue_is_a_commit_by_another_person(commit: Row, rescued: bool | None) -> None:
    assert outcome(pull_request_commit=[a_commit_of() | commit])["rescued"] is rescued


def test_without_known_commits_a_rescue_is_unknown() -> None:
    assert outcome()["rescued"] is None


def test_the_first_attempt_of_each_check_decides_ci() -> None:
    healed = [
        a_check(1, "1", conclusion="failure", started_us=MONDAY),
        a_check(1, "2", conclusion="success", started_us=MONDAY + 1, attempt=2),
    ]
    broken_later = [
        a_check(1, "1", conclusion="success", started_us=MONDAY),
        a_check(1, "2", conclusion="failure", started_us=MONDAY + 1),
    ]
    two_checks = [a_check(1, "1"), a_check(1, "2", name="lint", conclusion="timed_out")]
    undecided = [
        a_check(1, "1", conclusion="cancelled"),
        a_check(1, "2", name="x", conclusion=None),
    ]

    verdicts = [
        outcome(check_run=rows)["first_ci_verdict"]
        for rows in (healed, broken_later, two_checks, undecided, [])
    ]

    assert verdicts == ["failure", "success", "failure", None, None]


SHA = "a" * 40
A_DAY_LATER: Row = {"repo": "acme/shop", "sha": "s", "committed_us": MONDAY + DAY}


@pytest.mark.parametrize(
    "revert",
    [
        {"pull_request": [a_pull(2, body="Reverts acme/shop#1", merged_us=MONDAY + DAY)]},
        {"commit": [A_DAY_LATER | {"reverts_number": 1}]},
        {"commit": [A_DAY_LATER | {"reverts_sha": SHA}]},
        {
            "pull_request": [a_pull(2, merged_us=MONDAY + DAY)],
            "pull_request_commit": [a_commit_of(2, message=f"Oops\n\nThis reverts commit {SHA}.")],
        },
        {"failure": [a_failure(kind="reverted", happened_us=MONDAY + DAY)]},
    ],
)
def test_a_revert_is_found_wherever_it_is_stated(revert: dict[str, list[Row]]) -> None:
    pulls = [a_pull(1, merge_commit_sha=SHA), *revert.get("pull_request", [])]

    row = outcome(**{**revert, "pull_request": pulls})

    assert (row["reverted"], row["revert_us"]) == (True, MONDAY + DAY)
    assert row["survived_14d"] is False


@pytest.mark.parametrize(
    "other",
    [
        an_open_pull(2, body="Reverts acme/shop#1"),
        a_pull(2, body="Reverts acme/shop#12", merged_us=MONDAY + DAY),
        a_pull(2, "acme/site", body="Reverts acme/shop#1", merged_us=MONDAY + DAY),
        a_pull(2, body="Reverts acme/shop#1", merged_us=MONDAY),  # before #1 was merged
    ],
)
def test_what_is_no_merged_revert_of_it_leaves_it_alone(other: Row) -> None:
    row = outcome(pull_request=[a_pull(1), other])

    assert (row["reverted"], row["revert_us"], row["survived_14d"]) == (False, None, True)


def test_a_revert_after_14_days_is_a_revert_but_it_had_survived() -> None:
    late = a_pull(2, body="Reverts acme/shop#1", merged_us=MONDAY + 30 * DAY)

    row = outcome(pull_request=[a_pull(1), late])

    assert (row["reverted"], row["survived_14d"]) == (True, True)


def test_an_escape_needs_a_confident_link_and_is_unknown_without_any_incident() -> None:
    incident: Row = {"incident_id": "i"}
    link: Row = {"incident_id": "i", "pull_request_id": "acme/shop#1", "method": "stated"}
    complaint: Row = {"complaint_id": "c"}
    complained: Row = {"complaint_id": "c", "pull_request_id": "acme/shop#1", "method": "stated"}

    assert outcome()["escaped"] is None
    assert outcome()["survived_14d"] is True
    assert outcome(incident=[incident])["escaped"] is False
    weak = outcome(incident=[incident], incident_link=[link | {"confidence": 0.4}])
    strong = outcome(incident=[incident], incident_link=[link | {"confidence": 0.5}])
    told = outcome(complaint=[complaint], complaint_link=[complained | {"confidence": 1.0}])
    assert (weak["escaped"], weak["survived_14d"]) == (False, True)
    assert (strong["escaped"], strong["survived_14d"]) == (True, False)
    assert (told["escaped"], told["survived_14d"]) == (True, False)


def test_whether_it_survived_is_unknown_while_it_is_young_or_unmerged() -> None:
    young, old, closed = outcomes(
        pull_request=[
            a_pull(1, merged_us=AS_OF - 14 * DAY + 1),
            a_pull(2, merged_us=AS_OF - 14 * DAY),
            a_closed_pull(3),
        ]
    )

    assert [row["survived_14d"] for row in (young, old, closed)] == [None, True, None]


def test_mature_means_created_14_days_before_as_of_whatever_the_clock_says() -> None:
    rows = outcomes(
        pull_request=[a_pull(1, created_us=MONDAY), a_pull(2, created_us=MONDAY + 1)],
        run_context=[a_context(MONDAY + 14 * DAY)],
    )

    assert [row["is_mature"] for row in rows] == [True, False]


def test_cost_is_summed_over_priced_lines_of_one_currency() -> None:
    runs: list[Row] = [{"agent_run_id": "run", "agent": "codex", "pull_request_id": "acme/shop#1"}]
    cents = Decimal("0.100000000001")
    lines = [
        a_cost("1", amount=cents),
        a_cost("2", amount=cents, pull_request_id=None, agent_run_id="run", basis="estimated"),
        a_cost("3", amount=None, basis="unpriced"),
    ]

    row = outcome(agent_run=runs, usage_cost=lines)

    assert row["cost"] == Decimal("0.200000000002")
    assert (row["cost_currency"], row["cost_basis"]) == ("USD", "mixed")


def test_cost_is_unknown_without_lines_unpriced_without_prices_and_never_adds_currencies() -> None:
    nothing = outcome()
    unpriced = outcome(usage_cost=[a_cost(amount=None, basis="unpriced")])
    both = outcome(usage_cost=[a_cost("1"), a_cost("2", currency="EUR")])

    assert (nothing["cost"], nothing["cost_basis"]) == (None, None)
    assert (unpriced["cost"], unpriced["cost_basis"]) == (None, "unpriced")
    assert (both["cost"], both["cost_currency"]) == (None, None)


@pytest.mark.parametrize(
    ("title", "task_type"),
    [
        ("feat: basket", "feat"),
        ("Fix(cart): total", "fix"),
        ("feat!: new API", "feat"),
        ("  docs: typo", "docs"),
        ('Revert "feat: basket"', "revert"),
        ("fixture for carts", "other"),
        ("cinema: a page", "other"),
        ("Build the basket", "other"),
        ("", "other"),
        (None, None),
    ],
)
def test_the_task_type_is_the_conventional_prefix_of_the_title(
    title: str | None, task_type: str | None
) -> None:
    assert outcome(pull_request=[a_pull(title=title)])["task_type"] == task_type


@pytest.mark.parametrize(
    ("lines", "band"),
    [(0, "XS"), (9, "XS"), (10, "S"), (49, "S"), (50, "M"), (199, "M"), (200, "L"), (999, "L"),
     (1000, "XL"), (-5, None), (None, None)],
)  # fmt: skip
def test_size_bands_begin_at_10_50_200_and_1000_lines(lines: int | None, band: str | None) -> None:
    row = outcome(pull_request=[a_pull(additions=lines, deletions=0)])

    assert row["size_band"] == band


def test_failure_modes_are_counted_by_week_and_pull_request() -> None:
    failures = [
        a_failure("f1", 1, happened_us=MONDAY),
        a_failure("f2", 1, happened_us=MONDAY + DAY),
        a_failure("f3", 2, happened_us=MONDAY + 7 * DAY),
        a_failure("f4", 2, happened_us=None),
    ]
    members: list[Row] = [
        {"failure_mode_id": "m", "failure_id": f["failure_id"], "pull_request_id": "x"}
        for f in failures
    ]

    with a_warehouse(failure=failures, failure_mode_member=members) as engine:
        rows = engine.rows(
            "SELECT CAST(week AS VARCHAR) AS week, failures, pull_requests "
            "FROM failure_mode_week ORDER BY week NULLS LAST"
        )

    assert [tuple(row.values()) for row in rows] == [
        ("2025-01-06 00:00:00", 2, 1),
        ("2025-01-13 00:00:00", 1, 1),
        (None, 1, 1),
    ]


def test_attribution_coverage_adds_up_to_all_pull_requests() -> None:
    with a_warehouse(
        pull_request=[a_pull(n) for n in (1, 2, 3)],
        authorship=[an_authorship(1), an_authorship(1, method="trailer", rung=5)],
    ) as engine:
        rows = engine.rows("SELECT * FROM attribution_coverage ORDER BY method")

    assert rows == [
        {"method": "label", "pull_requests": 1},
        {"method": "none", "pull_requests": 2},
    ]


def test_monthly_cost_includes_seats_and_takes_the_agent_the_bill_names() -> None:
    lines = [
        a_cost("1", agent=None),
        a_cost("2", pull_request_id=None, agent="cursor", amount=Decimal(20)),
        a_cost("3", pull_request_id=None, agent=None, amount=None, basis="unpriced"),
    ]

    with a_warehouse(
        pull_request=[a_pull()], authorship=[an_authorship(1, "devin")], usage_cost=lines
    ) as engine:
        rows = engine.rows("SELECT agent, basis, lines, amount FROM cost_by_agent_month ORDER BY 1")

    assert [tuple(row.values()) for row in rows] == [
        ("cursor", "billed", 1, Decimal(20)),
        ("devin", "billed", 1, Decimal(10)),
        ("unknown", "unpriced", 1, None),
    ]


def test_source_health_shows_the_newest_notes_and_counts_problems() -> None:
    def a_load(load_id: str, notes: str, at_us: int) -> Row:
        return {
            "load_id": load_id, "source": "git", "rows": 5, "fetched_us": at_us, "sha256": "x",
            "notes": notes,
        }  # fmt: skip

    issue: Row = {"load_id": "2", "table_name": "commit", "row_key": "s", "problem": "no time"}
    with a_warehouse(
        load=[a_load("1", '["old"]', 1), a_load("2", '["new"]', 2), a_load("3", "[]", 3)],
        data_issue=[issue],
    ) as engine:
        rows = engine.rows("SELECT * FROM source_health")

    [row] = rows
    assert (row["source"], row["loads"], row["rows"]) == ("git", 3, 15)
    assert (row["last_fetched_us"], row["problems"], row["notes"]) == (3, 1, '["new"]')
