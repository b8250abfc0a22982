"""Each page shows numbers that can be worked out by hand, and changes them when one row changes."""

import copy
import html
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import streamlit
from streamlit.testing.v1 import AppTest

from dashboard.headline import Share, change, headline
from dashboard.launch import APP
from dashboard.window import choose
from tests.build import DAY, MONDAY
from tests.dashboard_home import (
    AS_OF,
    RULE,
    Content,
    a_home,
    a_normal_organisation,
    a_tiny_organisation,
    a_verdict,
)
from warehouse.home import Home
from warehouse.journal import Journal
from warehouse.people import load_or_create_key
from warehouse.redact import bind_key, redact_payload

PAGES = ("overview", "failure-modes", "rule-inbox", "experiments", "return", "data-health")
NBSP = "\N{NO-BREAK SPACE}"

pytestmark = pytest.mark.filterwarnings("ignore:.*ScriptRunContext.*")


@pytest.fixture(autouse=True)
def _nothing_cached() -> Iterator[None]:
    yield
    streamlit.cache_data.clear()
    streamlit.cache_resource.clear()


@pytest.fixture(scope="module")
def normal(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Shared; never written to."""
    return a_home(tmp_path_factory.mktemp("normal") / "home", a_normal_organisation())


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Published with nothing in it."""
    return a_home(tmp_path_factory.mktemp("empty") / "home", {})


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Two pull requests, of the sample organisation."""
    root = tmp_path_factory.mktemp("tiny") / "home"
    return a_home(root, a_tiny_organisation(), is_sample=True)


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    def shown(home: Home, page: str, **query: str) -> AppTest:
        monkeypatch.setenv("RULELOOP_HOME", str(home.root))
        app = AppTest.from_file(str(APP), default_timeout=30)
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        if page != "overview":
            # st.navigation is given functions, and AppTest.switch_page knows files only.
            [app._page_hash] = [
                key
                for key, info in app._registered_pages.items()
                if info.get("url_pathname") == page
            ]
            app.run()
        assert not app.exception, [each.value for each in app.exception]
        return app

    return shown


def words(app: AppTest) -> str:
    """Everything a reader sees, encoded characters decoded, in order of kind."""
    texts = [
        str(each.value)
        for kind in ("markdown", "caption", "text", "code", "warning", "success", "error")
        for each in getattr(app, kind)
    ]
    texts += [f"{m.label} {m.value} {m.delta}" for m in app.metric]
    texts += [table.value.to_csv() for table in app.dataframe]
    return html.unescape("\n".join(texts)).replace(NBSP, " ")


def metrics(app: AppTest) -> dict[str, str]:
    return {m.label: html.unescape(m.value).replace(NBSP, " ") for m in app.metric}


def with_one_row_changed(table: str, at: int, **changes: object) -> Content:
    content = copy.deepcopy(a_normal_organisation())
    content[table][at] |= changes
    return content


# --- one row, one number --------------------------------------------------------------------------


def test_the_overview_shows_the_pass_rate_42_of_72_and_43_when_one_more_review_approves(
    show: Callable[..., AppTest], normal: Home, tmp_path: Path
) -> None:
    content = with_one_row_changed("review", 3, state="APPROVED")

    before = show(normal, "overview")
    after = show(a_home(tmp_path / "home", content), "overview")

    # 6 weeks of 3 and 4 of 6 and 6: 42 / 72 = 58.33 %, then 43 / 72 = 59.72 %
    assert metrics(before)["Pass rate"] == "58.3 %"
    assert metrics(after)["Pass rate"] == "59.7 %"
    assert metrics(after)["Merged"] == metrics(before)["Merged"] == "58.3 %"
    assert "47 to 69 % · n 72" in words(before)


def test_the_overview_shows_the_cost_of_all_pull_requests_by_those_that_survived(
    show: Callable[..., AppTest], normal: Home, tmp_path: Path
) -> None:
    content = with_one_row_changed("usage_cost", 0, amount=Decimal(28))

    before = show(normal, "overview")
    after = show(a_home(tmp_path / "home", content), "overview")

    # 72 x 7 = 504 by 42 survivors is 12; with 28 for one of them 525 / 42 is 12.50
    assert metrics(before)["Cost per survivor"] == "$12.00"
    assert metrics(after)["Cost per survivor"] == "$12.50"


def test_a_fall_of_the_pass_rate_points_down_and_is_red(
    show: Callable[..., AppTest], tmp_path: Path
) -> None:
    content = a_normal_organisation(weeks=8)
    for at, review in enumerate(content["review"]):  # twelve a week: four weeks all pass, then none
        review["state"] = "APPROVED" if at < 48 else "CHANGES_REQUESTED"
    home = a_home(tmp_path / "home", content, as_of_us=AS_OF + 14 * DAY)

    app = show(home, "overview", period="4 weeks")

    [card] = [metric for metric in app.metric if metric.label == "Pass rate"]
    assert (metrics(app)["Pass rate"], card.delta) == ("0.0 %", "-100.0 pts")
    assert card.proto.direction == card.proto.MetricDirection.DOWN
    assert card.proto.color == card.proto.MetricColor.RED
    assert "The pass rate fell from 100 % to 0 %" in words(app)


def test_failure_modes_show_6_of_72_and_12_of_72_with_their_wilson_intervals(
    show: Callable[..., AppTest], normal: Home, tmp_path: Path
) -> None:
    content = with_one_row_changed("failure_mode", 0, pull_requests=12, pull_requests_supported=12)

    before = show(normal, "failure-modes").dataframe[0].value
    after = show(a_home(tmp_path / "home", content), "failure-modes").dataframe[0].value

    assert before["95 %"][0] == f"4 to 17{NBSP}%"
    assert after["95 %"][0] == f"10 to 27{NBSP}%"
    assert list(before["Pull requests"]) == [6]


def test_a_failure_mode_has_a_page_of_its_own_with_every_pull_request(
    show: Callable[..., AppTest], normal: Home
) -> None:
    app = show(normal, "failure-modes", mode="fm-1")

    assert "6 of 72 (8 %, 4 to 17 %)" in words(app)
    assert list(app.dataframe[0].value["Pull request"]) == [
        f"acme/shop#{n}" for n in (6, 5, 4, 3, 2, 1)
    ]


def test_the_inbox_shows_k_of_n_with_its_interval(
    show: Callable[..., AppTest], normal: Home, tmp_path: Path
) -> None:
    content = with_one_row_changed("proposal", 0, support_pull_requests=12)

    before = words(show(normal, "rule-inbox"))
    after = words(show(a_home(tmp_path / "home", content), "rule-inbox"))

    assert "6 of 72 pull requests by agents in acme/shop failed this way: 8 %, " in before
    assert "95 % interval 4 to 17 %" in before
    assert "12 of 72 pull requests by agents in acme/shop failed this way: 17 %, " in after
    assert "95 % interval 10 to 27 %" in after


def test_an_experiment_shows_both_arms_and_their_difference(
    show: Callable[..., AppTest], normal: Home, tmp_path: Path
) -> None:
    content = a_normal_organisation() | {"verdict": [a_verdict(treatment_value=0.7, effect=0.2)]}

    before = metrics(show(normal, "experiments"))
    after = metrics(show(a_home(tmp_path / "home", content), "experiments"))

    assert before == {"Control": "50.0 %", "With the rule": "66.7 %", "Difference": "+16.7 pts"}
    assert after == {"Control": "50.0 %", "With the rule": "70.0 %", "Difference": "+20.0 pts"}


def test_an_assignment_that_leans_is_said_before_any_result(
    show: Callable[..., AppTest], tmp_path: Path
) -> None:
    content = a_normal_organisation()
    content["assignment"] = content["assignment"][:80]  # 60 control, 20 treatment

    shown = words(show(a_home(tmp_path / "home", content), "experiments"))

    assert "assignment leans, 60 to 20: not readable" in shown


def test_the_return_shows_the_cost_and_a_scenario_while_its_effect_is_assumed(
    show: Callable[..., AppTest], normal: Home, tmp_path: Path
) -> None:
    content = with_one_row_changed("usage_cost", 71, amount=Decimal(49))

    before = show(normal, "return")
    after = show(a_home(tmp_path / "home", content), "return")

    assert metrics(before)["Cost per pull request that survived"] == "$12.00"
    assert metrics(after)["Cost per pull request that survived"] == "$13.00"  # 546 / 42
    assert "scenario" in words(before)
    assert " to " in metrics(before)["Net present value"]
    assert "3 of 19 inputs are measured here" in words(before)


def test_the_return_says_what_is_missing_instead_of_inventing_it(
    show: Callable[..., AppTest], tmp_path: Path
) -> None:
    content = a_normal_organisation()
    content["usage_cost"] = []
    for row in content["roi_input"]:
        if row["input_id"] == "agent_cost":
            row |= {"low": None, "mode": None, "high": None, "n": 0}

    app = show(a_home(tmp_path / "home", content), "return")

    assert metrics(app) == {"Cost per pull request that survived": "–"}
    assert "Not computed" in words(app)
    assert "ruleloop import costs FILE" in words(app)


def test_data_health_shows_one_unknown_of_73_and_two_without_one_more_mark(
    show: Callable[..., AppTest], normal: Home, tmp_path: Path
) -> None:
    content = a_normal_organisation()
    content["authorship"] = content["authorship"][1:]

    before = metrics(show(normal, "data-health"))
    after = metrics(show(a_home(tmp_path / "home", content), "data-health"))

    assert before["Agent unknown"] == "1.4 %"
    assert after["Agent unknown"] == "2.7 %"


# --- every page, every home -----------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_a_page_without_a_snapshot_names_the_command_that_brings_one(
    show: Callable[..., AppTest], tmp_path: Path, page: str
) -> None:
    app = show(Home(tmp_path), page)

    assert "ruleloop" in words(app)
    assert not app.metric


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_home_says_what_is_missing_and_a_tiny_sample_shows_no_rate(
    show: Callable[..., AppTest], empty: Home, tiny: Home, page: str
) -> None:
    nothing = show(empty, page)
    little = show(tiny, page)

    assert "ruleloop" in words(nothing)
    assert "SAMPLE DATA" in words(little)
    rates = {v for k, v in metrics(little).items() if k in ("Pass rate", "Merged")}
    assert rates <= {"too few"}


@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_over_what_it_speaks_and_names_no_person(
    show: Callable[..., AppTest], normal: Home, page: str
) -> None:
    shown = words(show(normal, page))

    assert "1 repository · 72 pull requests by agents" in shown
    assert "as of 7 Mar 2025, 00:00 UTC" in shown
    assert "SAMPLE DATA" not in shown
    assert "alice" not in shown
    assert "bob" not in shown


def test_agents_stand_in_alphabetical_order_whatever_their_rates(
    show: Callable[..., AppTest], normal: Home
) -> None:
    app = show(normal, "overview")

    assert app.pills(key="agents").options == ["claude-code", "codex"]
    assert "no difference between them is shown until an experiment decides it" in words(app)


# --- decisions ------------------------------------------------------------------------------------


def press(app: AppTest, *keys: str) -> AppTest:
    for key in keys:
        app.button(key=key).click().run()
    assert not app.exception
    return app


def test_accepting_a_rule_writes_an_event_and_is_seen_before_the_next_publish(
    show: Callable[..., AppTest], tmp_path: Path
) -> None:
    home = a_home(tmp_path / "home", a_normal_organisation())

    app = press(show(home, "rule-inbox"), "accept", "accept_now")

    [event] = Journal(home.journal).events()
    assert (event.type, event.data["action"], event.data["rule_id"]) == (
        "rule_decided",
        "accept",
        RULE,
    )
    assert event.actor.startswith("p-")
    assert "Accepted: Run make lint before pushing" in words(app)
    assert metrics(show(home, "overview"))["Rules waiting"] == "0"


def test_rejecting_needs_a_reason(show: Callable[..., AppTest], tmp_path: Path) -> None:
    home = a_home(tmp_path / "home", a_normal_organisation())

    without = press(show(home, "rule-inbox"), "reject", "reject_now")
    app = press(show(home, "rule-inbox"), "reject")
    app.text_input(key="reject_reason").set_value("our linter does that")
    press(app, "reject_now")

    assert "needs a reason" in words(without)
    [event] = Journal(home.journal).events()
    assert (event.data["action"], event.data["reason"]) == ("reject", "our linter does that")


def test_a_rewording_that_breaks_the_rules_of_the_house_is_refused(
    show: Callable[..., AppTest], tmp_path: Path
) -> None:
    home = a_home(tmp_path / "home", a_normal_organisation())

    app = press(show(home, "rule-inbox"), "edit")
    app.text_area(key="edit_text").set_value("see https://example.com/how")
    press(app, "edit_now")

    assert "names an address" in words(app)
    assert Journal(home.journal).events() == []


def test_an_unattested_rule_cannot_be_accepted_and_says_why(
    show: Callable[..., AppTest], normal: Home
) -> None:
    app = show(normal, "rule-inbox", rule=RULE.replace("abc", "def"))

    assert app.button(key="accept").disabled
    assert "make lnit was not found in acme/shop" in words(app)


def test_a_freeze_is_said_on_every_page(show: Callable[..., AppTest], tmp_path: Path) -> None:
    home = a_home(tmp_path / "home", a_tiny_organisation())
    bind_key(load_or_create_key(home.key))
    Journal(home.journal).append("frozen", redact_payload({}), actor="p-0", at_us=MONDAY)

    assert "frozen: nothing is published" in words(show(home, "data-health"))


def test_a_republished_snapshot_replaces_what_was_cached(
    show: Callable[..., AppTest], tmp_path: Path
) -> None:
    a_home(tmp_path / "home", a_normal_organisation())
    first = metrics(show(Home(tmp_path / "home"), "data-health"))["Agent unknown"]
    content = a_normal_organisation() | {"authorship": []}

    a_home(tmp_path / "home", content)

    assert first == "1.4 %"
    assert metrics(show(Home(tmp_path / "home"), "data-health"))["Agent unknown"] == "100.0 %"


# --- the sentence and the window ------------------------------------------------------------------


def test_the_change_of_two_shares_is_newcombes_published_example() -> None:
    found = change(Share(56, 70), Share(48, 80))

    # Newcombe 1998, table II, method 10: 0.2000 (0.0524, 0.3339)
    assert found is not None
    assert [round(each, 4) for each in (found.difference, found.low, found.high)] == [
        0.2,
        0.0524,
        0.3339,
    ]


def said(*arguments: Any) -> str:
    return html.unescape(headline(*arguments)).replace(NBSP, " ")


def test_the_headline_names_a_change_only_when_its_interval_leaves_zero_out() -> None:
    clear = said(Share(56, 70), Share(48, 80), "12 weeks")
    unclear = said(Share(36, 60), Share(33, 60), "12 weeks")

    assert clear.startswith("**The pass rate rose from 60 % to 80 %** against the 12 weeks before")
    assert "(+5.2 to +33.4 points; 70 and 80 reviewed pull requests)" in clear
    assert unclear.startswith("**No clear change in the pass rate:** 60 %, after 55 %")


def test_the_headline_abstains_on_few_and_on_none() -> None:
    assert said(Share(2, 3), Share(0, 0), "12 weeks").startswith("**Too few to say:** 2 of 3")
    assert said(Share(0, 0), Share(0, 0), "12 weeks").startswith("**No pass rate yet:**")
    assert "nothing before to compare with" in said(Share(20, 40), Share(0, 0), "12 weeks")
    assert "hold too few to compare" in said(Share(20, 40), Share(2, 4), "12 weeks")


def test_a_window_ends_with_the_newest_week_that_is_14_days_old() -> None:
    monday = date(2025, 1, 6)
    mondays = [monday + timedelta(weeks=n) for n in range(8)]

    window = choose(mondays, 4, MONDAY + 60 * DAY)  # 7 March

    assert window.weeks == tuple(mondays[2:6])
    assert window.before == tuple(monday + timedelta(weeks=n) for n in (-2, -1, 0, 1))
    assert window.note == "The newest 2 weeks may still change and are left out."


def test_a_window_of_young_weeks_only_shows_them_and_says_so() -> None:
    window = choose([date(2025, 3, 3)], 12, MONDAY + 60 * DAY)

    assert window.weeks == (date(2025, 3, 3),)
    assert window.before == ()
    assert "may still change" in window.note
