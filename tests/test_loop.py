"""The loop as a whole: pure in raw and journal, idempotent, and no rules out of nothing."""

import subprocess
from pathlib import Path

import pytest

from ingest import git_history, load_source
from ingest.sample import Sample, generate
from ruleloop import decisions, findings, loop, taking
from ruleloop.settings import Settings
from warehouse.errors import BadInput, Frozen, Refused, UnknownName
from warehouse.git import clone_bare
from warehouse.home import Home
from warehouse.raw import Payload, RawStore
from warehouse.store import Store


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return generate(7, tmp_path_factory.mktemp("sample"), pull_requests=400)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(Home(tmp_path / "home"), None)
    loop.prepare(made.home)
    return made


def a_working_tree(path: Path, origin: str = "") -> Path:
    subprocess.run(["git", "init", "--quiet", str(path)], check=True)
    if origin:
        subprocess.run(["git", "-C", str(path), "remote", "add", "origin", origin], check=True)
    return path


def content(home: Home) -> dict[str, str]:
    with Store.open(home) as store:
        return store.content_hash()


def third(payloads: list[Payload], part: int) -> list[Payload]:
    ordered = sorted(payloads, key=lambda p: (p.updated_us, p.kind, p.key))
    size = len(ordered) // 3 + 1
    return ordered[part * size : (part + 1) * size]


def take(settings: Settings, sample: Sample, part: int) -> None:
    for source, payloads in sample.payloads.items():
        chosen = third(list(payloads), part)
        if chosen:
            at_us = max(p.updated_us for p in chosen)
            loop.take_in(settings.home, source, chosen, fetched_us=at_us + part)


def with_clones(settings: Settings, sample: Sample) -> None:
    for repo, path in sample.repositories.items():
        history = git_history.fetch(path, repo)
        loop.take_in(settings.home, "git", history.payloads, fetched_us=sample.as_of_us)
        clone_bare(path, settings.home.clone(repo))


def test_rebuild_equals_three_learns_on_growing_data_with_a_merge_and_a_rename_between(
    settings: Settings, sample: Sample
) -> None:
    with_clones(settings, sample)
    take(settings, sample, 0)
    loop.learn(settings.home, settings)
    take(settings, sample, 1)
    loop.learn(settings.home, settings)
    found = findings.modes(settings.home)
    first = found[0]["failure_mode_id"]
    [second, *_] = [row["failure_mode_id"] for row in found[1:] if row["repo"] == found[0]["repo"]]
    decisions.merge_modes(settings.home, [second], first)
    decisions.rename_mode(settings.home, first, "Checks were not run before pushing")
    take(settings, sample, 2)
    loop.learn(settings.home, settings)
    learnt = content(settings.home)

    loop.rebuild(settings.home, settings)

    assert content(settings.home) == learnt
    kept = {row["failure_mode_id"]: row["title"] for row in findings.modes(settings.home)}
    assert kept[first] == "Checks were not run before pushing"
    assert second not in kept


def test_learning_twice_changes_nothing(settings: Settings, sample: Sample) -> None:
    take(settings, sample, 0)
    loop.learn(settings.home, settings)
    before = content(settings.home)

    loop.learn(settings.home, settings)

    assert content(settings.home) == before


def test_taking_in_the_same_payloads_twice_adds_no_load(settings: Settings, sample: Sample) -> None:
    take(settings, sample, 0)
    loads = len(RawStore(settings.home.raw).loads())
    before = content(settings.home)

    take(settings, sample, 0)

    assert len(RawStore(settings.home.raw).loads()) == loads
    assert content(settings.home) == before


def test_an_empty_home_learns_to_nothing(settings: Settings) -> None:
    learned = loop.learn(settings.home, settings)

    assert (learned.pull_requests, learned.failures, learned.modes, learned.proposed) == (
        0,
        0,
        0,
        0,
    )
    assert findings.rules(settings.home) == []


def test_a_rule_goes_from_proposal_to_file_and_twice_is_once(
    settings: Settings, sample: Sample, tmp_path: Path
) -> None:
    with_clones(settings, sample)
    for part in range(3):
        take(settings, sample, part)
    loop.learn(settings.home, settings)
    chosen = next(
        r
        for r in findings.rules(settings.home)
        if r["state"] == "proposed" and r["target"] == "agents_md"
    )
    tree = a_working_tree(tmp_path / "tree")
    (tree / "AGENTS.md").write_text("# Rules\n\nBe kind.\n", encoding="utf-8")

    decisions.decide(settings.home, chosen["rule_id"], "accept")
    again = decisions.decide(settings.home, chosen["rule_id"], "accept")
    written = decisions.publish(settings.home, [chosen["rule_id"]], tree)
    repeated = decisions.publish(settings.home, [chosen["rule_id"]], tree)

    assert "already" in again
    assert f"+{chosen['text']}" in written.diff
    assert repeated.diff == ""
    assert (tree / "AGENTS.md").read_text(encoding="utf-8").count(chosen["rule_id"]) == 1
    loop.learn(settings.home, settings)
    assert findings.rule_row(settings.home, chosen["rule_id"])["state"] == "published"


@pytest.fixture
def accepted_rule(settings: Settings, sample: Sample) -> str:
    with_clones(settings, sample)
    for part in range(3):
        take(settings, sample, part)
    loop.learn(settings.home, settings)
    chosen = next(
        r
        for r in findings.rules(settings.home)
        if r["state"] == "proposed" and r["target"] == "agents_md"
    )
    decisions.decide(settings.home, chosen["rule_id"], "accept")
    return str(chosen["rule_id"])


def test_a_rule_is_published_into_no_other_repository_and_into_no_plain_folder(
    settings: Settings, accepted_rule: str, tmp_path: Path
) -> None:
    other = a_working_tree(tmp_path / "other", "https://github.com/somebody/else.git")
    own = findings.rule_row(settings.home, accepted_rule)["repo"]
    right = a_working_tree(tmp_path / "right", f"git@github.com:{own}.git")

    with pytest.raises(Refused, match="clone of somebody/else"):
        decisions.publish(settings.home, [accepted_rule], other)
    with pytest.raises(BadInput, match="not a git working tree"):
        decisions.publish(settings.home, [accepted_rule], tmp_path)

    assert decisions.publish(settings.home, [accepted_rule], right).diff
    assert not (other / "AGENTS.md").exists()


def test_a_retired_line_leaves_the_file_with_the_next_publication(
    settings: Settings, accepted_rule: str, tmp_path: Path
) -> None:
    tree = a_working_tree(tmp_path / "tree")
    (tree / "AGENTS.md").write_text("# Rules\n\nBe kind.\n", encoding="utf-8")
    decisions.publish(settings.home, [accepted_rule], tree)

    said = decisions.decide(settings.home, accepted_rule, "retire", reason="it did not help")
    decisions.publish(settings.home, [], tree)

    assert "leaves with the next: ruleloop publish" in said
    assert (tree / "AGENTS.md").read_text(encoding="utf-8") == "# Rules\n\nBe kind.\n"


def test_an_edit_changes_the_sentence_and_nobody_types_the_evidence(
    settings: Settings, sample: Sample
) -> None:
    with_clones(settings, sample)
    for part in range(3):
        take(settings, sample, part)
    loop.learn(settings.home, settings)
    rule = next(
        r
        for r in findings.rules(settings.home)
        if r["state"] == "proposed" and r["verify_command"] and r["target"] == "agents_md"
    )
    tail = rule["text"][rule["text"].rindex("(") :]
    sentence = f"Run `{rule['verify_command']}` before you push."

    decisions.decide(
        settings.home, rule["rule_id"], "edit", text=f"{sentence} ({rule['rule_id']}, 999 of 1 PRs)"
    )

    assert findings.rule_row(settings.home, rule["rule_id"])["text"] == f"- {sentence} {tail}"
    with pytest.raises(Refused, match="was not attested"):
        decisions.decide(settings.home, rule["rule_id"], "edit", text="Run `cargo nosuchthing`.")


def test_one_history_under_two_names_is_refused(settings: Settings, sample: Sample) -> None:
    path = sample.repositories["acme/billing"]
    taking.git(settings, path, "acme/billing", lambda _: None)

    with pytest.raises(Refused, match="already read as acme/billing"):
        taking.git(settings, path, "acme/other", lambda _: None)


def test_nothing_is_published_while_frozen(settings: Settings, tmp_path: Path) -> None:
    loop.learn(settings.home, settings)
    decisions.switch(settings.home, "frozen")

    with pytest.raises(Frozen, match="unfreeze"):
        decisions.publish(settings.home, [], tmp_path)


def test_without_a_clone_a_rule_is_shown_as_unattested_and_cannot_be_accepted(
    settings: Settings, sample: Sample
) -> None:
    for part in range(3):
        take(settings, sample, part)
    loop.learn(settings.home, settings)
    rules = findings.rules(settings.home)

    assert rules
    assert {r["state"] for r in rules} == {"unattested"}
    with pytest.raises(Refused, match="ruleloop git"):
        decisions.decide(settings.home, rules[0]["rule_id"], "accept")


def test_a_mode_that_does_not_exist_cannot_be_corrected(settings: Settings) -> None:
    loop.learn(settings.home, settings)

    with pytest.raises(UnknownName):
        decisions.rename_mode(settings.home, "fm-0000000000", "x")


def test_a_real_home_never_becomes_the_sample(settings: Settings) -> None:
    with pytest.raises(Refused, match="real home"):
        list(taking.sample(settings.home.root, 1, 60, lambda _: None))


def test_two_samples_are_never_mixed_and_one_may_be_made_twice(tmp_path: Path) -> None:
    def demo(seed: int) -> int:
        return sum(t.records for t in taking.sample(tmp_path / "demo", seed, 60, lambda _: None))

    first = demo(1)

    assert demo(1) == first
    with pytest.raises(Refused, match="holds another sample"):
        demo(2)


def test_every_registered_source_has_the_name_it_is_registered_under() -> None:
    from ingest import source_names

    assert {name: load_source(name).name for name in source_names()} == {
        name: name for name in source_names()
    }
