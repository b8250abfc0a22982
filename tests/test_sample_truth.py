"""What was planted in the sample: the loop cannot read it, and finds it all the same."""

import json
import re
import shutil
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ruleloop import loop, taking
from ruleloop.settings import Settings
from tests.conftest import REPOSITORY
from warehouse.home import Home
from warehouse.store import Store

SEEDS = (1, 2, 3)
TRUTH = "truth.json"


def a_sample(root: Path, seed: int, pull_requests: int) -> Path:
    """Take a sample in; the path of its truth."""
    for _ in taking.sample(root, seed, pull_requests, lambda _: None):
        pass
    return root / "sample" / TRUTH


def learn(root: Path) -> dict[str, str]:
    settings = Settings(Home(root), None)
    loop.learn(settings.home, settings)
    with Store.open(settings.home) as store:
        return store.content_hash()


# --- it cannot be read


@pytest.mark.parametrize("seed", SEEDS)
def test_learning_without_the_truth_gives_the_same_warehouse(tmp_path: Path, seed: int) -> None:
    known = tmp_path / "known"
    a_sample(known, seed, 150)
    shutil.copytree(known, tmp_path / "hidden")
    hidden = tmp_path / "hidden" / "sample" / TRUTH

    hidden.chmod(0)  # and out of the way, because root reads what it likes
    hidden.rename(tmp_path / "elsewhere")

    assert (known / "sample" / TRUTH).exists()
    assert learn(tmp_path / "hidden") == learn(known)


def test_only_the_module_that_writes_the_truth_names_it() -> None:
    named = re.compile(r"truth\.json|\.truth\b|import[^\n]*\btruth\b")
    packages = ("ruleloop", "warehouse", "ingest", "analysis", "rules_out", "dashboard")

    found = {
        path.relative_to(REPOSITORY).as_posix()
        for package in packages
        for path in (REPOSITORY / package).rglob("*.py")
        if named.search(path.read_text(encoding="utf-8"))
    }

    # The package's own file has it written, and returns where it is.
    assert found == {"ingest/sample/truth.py", "ingest/sample/__init__.py"}


# --- it is found


@dataclass(frozen=True, slots=True)
class Found:
    """A sample's truth beside what the loop proposed without it."""

    lessons: list[dict[str, Any]]
    shown: dict[str, set[str]]
    """Lesson -> the pull requests in which it showed."""
    evidence: dict[str, set[str]]
    """Rule -> the pull requests it rests on."""
    states: dict[str, str]
    passed: dict[str, bool | None]
    """Pull request -> whether it was accepted at once, by the fact."""
    truth: dict[str, bool | None]
    """The same as it was planted."""

    def rules_of(self, lesson: str) -> list[str]:
        """The rules whose evidence a lesson explains whole."""
        return [rule for rule, seen in self.evidence.items() if seen <= self.shown[lesson]]


@pytest.fixture(scope="module", params=SEEDS)
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Found:
    root = tmp_path_factory.mktemp("truth") / "home"
    truth_file = a_sample(root, request.param, 2_000)
    truth = json.loads(truth_file.read_text(encoding="utf-8"))
    truth_file.unlink()
    learn(root)
    shown: dict[str, set[str]] = defaultdict(set)
    for pull in truth["pull_requests"]:
        for lesson in pull["lessons"]:
            shown[lesson].add(pull["pull_request_id"])
    with Store.open(Home(root)) as store:
        rules = store.rows(
            "SELECT r.rule_id, r.state, p.evidence FROM rule AS r "
            "JOIN proposal AS p ON p.rule_id = r.rule_id ORDER BY r.rule_id"
        )
        outcomes = store.rows(
            "SELECT pull_request_id, passed_first_review AS passed FROM pull_request_outcome"
        )
    return Found(
        truth["lessons"],
        shown,
        {row["rule_id"]: set(json.loads(row["evidence"])) for row in rules},
        {row["rule_id"]: row["state"] for row in rules},
        {row["pull_request_id"]: row["passed"] for row in outcomes},
        {pull["pull_request_id"]: pull["passed"] for pull in truth["pull_requests"]},
    )


def test_every_lesson_with_support_ends_in_one_proposal(found: Found) -> None:
    taught = [e for e in found.lessons if not e["decoy"] and e["supported"] >= 3]

    rules = {each["lesson_id"]: found.rules_of(each["lesson_id"]) for each in taught}

    assert len(taught) >= 10
    assert {lesson: len(made) for lesson, made in rules.items()} == dict.fromkeys(rules, 1)
    assert {found.states[rule] for made in rules.values() for rule in made} == {"proposed"}


def test_no_decoy_ends_in_a_rule(found: Found) -> None:
    decoys = [each["lesson_id"] for each in found.lessons if each["decoy"]]

    assert len(decoys) == 6
    assert all(found.shown[each] for each in decoys)
    assert {each: found.rules_of(each) for each in decoys} == {each: [] for each in decoys}


def test_every_rule_rests_on_what_one_lesson_planted(found: Found) -> None:
    taught = [each["lesson_id"] for each in found.lessons if not each["decoy"]]
    explained = {rule for lesson in taught for rule in found.rules_of(lesson)}

    assert explained == set(found.evidence)
    assert min(len(seen) for seen in found.evidence.values()) >= 3


def test_the_fact_says_of_every_pull_request_whether_it_passed_as_it_was_planted(
    found: Found,
) -> None:
    assert found.passed == found.truth
