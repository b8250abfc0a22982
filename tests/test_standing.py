"""Where a rule stands after every decision: the journal folded into what is proposed today."""

from collections.abc import Sequence

from rules_out.propose import Proposals
from tests.build import DAY, MONDAY
from tests.build_rules import (
    REPO,
    USE,
    USE_ID,
    USE_LINE,
    a_mode,
    an_event,
    failures,
    proposals,
    the_drop,
    the_rule,
)
from warehouse.journal import Event


def decided(seq: int, action: str, **data: object) -> Event:
    return an_event(seq, "rule_decided", MONDAY, rule_id=USE_ID, action=action, **data)


def after(*events: Event, people: Sequence[str] = ("ann", "ben", "ann")) -> Proposals:
    return proposals(a_mode(*USE), failures(*people), events=events)


def test_an_accepted_line_keeps_its_wording_when_counts_grow() -> None:
    found = after(decided(1, "accept", text=USE_LINE), people=["ann", "ben", "ann", "ben", "cy"])

    rule = the_rule(found)
    assert (rule["state"], rule["text"], rule["version"]) == ("accepted", USE_LINE, 1)
    assert rule["support_pull_requests"] == 5


def test_accepting_twice_changes_nothing_but_the_list_of_decisions() -> None:
    once = after(decided(1, "accept", text=USE_LINE))
    twice = after(decided(1, "accept", text=USE_LINE), decided(2, "accept", text=USE_LINE))

    assert (once.rule, once.rule_version) == (twice.rule, twice.rule_version)
    assert (once.decision.num_rows, twice.decision.num_rows) == (1, 2)


def test_an_edit_is_a_new_version_that_waits_for_its_own_acceptance() -> None:
    edited = USE_LINE.replace("Verify", "Check").replace("change `src/api/user.py`", "read a clock")

    found = after(
        decided(1, "accept", text=USE_LINE),
        decided(2, "edit", text=edited, before=USE_LINE),
    )

    assert the_rule(found)["state"] == "proposed"
    versions = found.rule_version.to_pylist()
    assert [(v["version"], v["text"], v["editor"]) for v in versions] == [
        (1, USE_LINE, None),
        (2, edited, "p-0badcafe"),
    ]
    assert (
        the_rule(after(decided(1, "edit", text=edited), decided(2, "accept", text=edited)))["state"]
        == "accepted"
    )


def test_a_rejected_rule_stays_rejected() -> None:
    found = after(
        decided(1, "reject", text=USE_LINE, reason="no"),
        decided(2, "accept", text=USE_LINE),
        people=["ann", "ben", "cy", "dee"],
    )

    assert the_rule(found)["state"] == "rejected"
    assert found.decision.to_pylist()[0]["reason"] == "no"


def test_a_snooze_ends_at_its_time() -> None:
    now = MONDAY + 5 * DAY

    assert the_rule(after(decided(1, "snooze")))["state"] == "snoozed"
    assert the_rule(after(decided(1, "snooze", until_us=now + 1)))["state"] == "snoozed"
    assert the_rule(after(decided(1, "snooze", until_us=now)))["state"] == "proposed"


def test_publication_and_retirement_are_states_and_rows() -> None:
    accepted = decided(1, "accept", text=USE_LINE)
    published = an_event(
        2,
        "rule_published",
        rule_id=USE_ID,
        repo=REPO,
        path="AGENTS.md",
        how="into",
        text_sha256="0",
    )

    assert the_rule(after(accepted, published))["state"] == "published"
    assert the_rule(after(accepted, published, accepted))["state"] == "published"
    assert the_rule(after(accepted, published, decided(3, "retire")))["state"] == "retired"
    assert after(accepted, published).publication.to_pylist()[0]["path"] == "AGENTS.md"


def test_an_accepted_rule_outlives_the_mode_it_came_from() -> None:
    basis = {
        "failure_mode_id": "fm-1",
        "repo": REPO,
        "kind": "use-instead",
        "title": "Do not use x",
        "target": "agents_md",
        "support_pull_requests": 3,
        "support_people": 2,
        "support_ci": 0,
        "agent_pull_requests": 9,
        "evidence": '["acme/shop#1"]',
        "attested": True,
        "attestation": "[]",
    }

    found = proposals([], events=[decided(1, "accept", text=USE_LINE, basis=basis)])

    rule = the_rule(found)
    assert (rule["state"], rule["text"], rule["attested"]) == ("accepted", USE_LINE, True)


def test_a_rule_once_accepted_stays_when_its_mode_is_no_longer_recent() -> None:
    found = proposals(
        a_mode(*USE),
        failures("ann", "ben", "ann"),
        events=[decided(1, "accept", text=USE_LINE)],
        reference_us=MONDAY + 400 * DAY,
    )

    assert the_rule(found)["state"] == "accepted"
    assert "last seen" in str(the_drop(found)[1])
