"""The sample organisation: the same every time, equal where it must be, and shaped like real data."""

import ast
import hashlib
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from scipy.stats import chi2

from benchmarks.sample import EFFECT, covers, run, verdict_of
from ingest import load_source
from ingest.sample import Sample, generate
from ingest.sample.pull_requests import Writer, opened
from ingest.sample.world import AS_OF_US, DAY_US, HOUR_US, START_US, TASKS
from tests.conftest import REPOSITORY
from warehouse.git import GitRepository
from warehouse.raw import Payload
from warehouse.records import parse_time
from warehouse.tables import tables

LONGEST_COMMON = 12


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return generate(1, tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def nodes(sample: Sample) -> list[dict[str, Any]]:
    return [json.loads(p.body.text) for p in of_kind(sample, "pull_request")]


def of_kind(sample: Sample, kind: str) -> list[Payload]:
    return [p for p in sample.payloads["github"] if p.kind == kind]


def digest(sample: Sample) -> str:
    whole = hashlib.sha256()
    for source in sorted(sample.payloads):
        for each in sample.payloads[source]:
            whole.update(f"{source} {each.kind} {each.key} {each.updated_us}".encode())
            whole.update(each.body.text.encode())
    return whole.hexdigest()


def heads(sample: Sample) -> dict[str, str]:
    return {name: GitRepository(path).head() for name, path in sample.repositories.items()}


def truth_of(sample: Sample) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(sample.truth.read_text(encoding="utf-8"))
    return found


# --- the same every time


def test_the_same_seed_makes_the_same_organisation(tmp_path: Path) -> None:
    one, two = (generate(3, tmp_path / name, pull_requests=200) for name in ("one", "two"))

    assert digest(one) == digest(two)
    assert heads(one) == heads(two)
    assert one.truth.read_bytes() == two.truth.read_bytes()


def test_another_seed_makes_another_organisation(tmp_path: Path) -> None:
    one, two = (generate(n, tmp_path / str(n), pull_requests=200) for n in (3, 4))

    assert digest(one) != digest(two)
    assert all(heads(one)[name] != heads(two)[name] for name in heads(one))


def test_it_can_be_made_again_in_the_same_folder(tmp_path: Path) -> None:
    first = heads(generate(3, tmp_path, pull_requests=200))
    generate(4, tmp_path, pull_requests=200)

    assert heads(generate(3, tmp_path, pull_requests=200)) == first


# --- its size and shape


def test_two_thousand_pull_requests_over_26_weeks_in_6_repositories(
    nodes: list[dict[str, Any]],
) -> None:
    created = [parse_time(each["createdAt"]) or 0 for each in nodes]
    repositories = Counter(each["repository"]["nameWithOwner"] for each in nodes)

    assert len(nodes) == 2_000
    assert min(created) >= START_US
    assert max(created) < AS_OF_US
    assert len({(at - START_US) // (7 * DAY_US) for at in created}) == 26
    assert len(repositories) == 6
    assert min(repositories.values()) > 250


def test_weeks_vary_mildly_weekends_are_quiet_and_nights_belong_to_agents(
    sample: Sample, nodes: list[dict[str, Any]]
) -> None:
    pulls = truth_of(sample)["pull_requests"]
    times = [parse_time(each["createdAt"]) or 0 for each in nodes]
    weeks = Counter((at - START_US) // (7 * DAY_US) for at in times)
    weekend = [at for at in times if (at - START_US) // DAY_US % 7 >= 5]
    night = [
        pull["agent"]
        for pull, at in zip(pulls, times, strict=True)
        if (at - START_US) % DAY_US < 6 * HOUR_US
    ]

    assert 45 <= min(weeks.values()) < max(weeks.values()) <= 115
    assert 100 < len(weekend) < 2_000 * 2 / 7 / 2
    assert len(night) > 40
    assert None not in night


def test_some_pull_requests_are_still_open_and_more_of_the_last_week_than_of_others(
    nodes: list[dict[str, Any]],
) -> None:
    last = AS_OF_US - 2 * DAY_US
    still = [parse_time(each["createdAt"]) or 0 for each in nodes if each["state"] == "OPEN"]
    newest = [each for each in nodes if (parse_time(each["createdAt"]) or 0) > last]

    assert 20 < len(still) < 100
    assert sum(at > last for at in still) / len(newest) > 0.1


def instants(value: object) -> Iterator[int]:
    if isinstance(value, dict):
        for name, each in value.items():
            if isinstance(each, str) and name.endswith(("At", "_at", "Date", "_start", "_end")):
                yield parse_time(each) or 0
            else:
                yield from instants(each)
    elif isinstance(value, list):
        for each in value:
            yield from instants(each)


def test_nothing_happens_after_the_instant_the_sample_is_made_as_of(sample: Sample) -> None:
    for each in (payload for payloads in sample.payloads.values() for payload in payloads):
        assert each.updated_us <= AS_OF_US
        assert max(instants(json.loads(each.body.text)), default=0) <= AS_OF_US


def test_a_pull_request_goes_forward_in_time(nodes: list[dict[str, Any]]) -> None:
    for each in nodes:
        commits = [parse_time(c["commit"]["committedDate"]) or 0 for c in each["commits"]["nodes"]]
        reviews = [parse_time(r["submittedAt"]) or 0 for r in each["reviews"]["nodes"]]
        end = parse_time(each["closedAt"]) or AS_OF_US

        assert all(a <= b for a, b in pairwise(commits))
        assert all(a <= b for a, b in pairwise(reviews))
        assert parse_time(each["createdAt"]) == commits[0]
        assert max(commits + reviews) <= end


def test_what_a_pull_request_says_of_itself_agrees(nodes: list[dict[str, Any]]) -> None:
    for each in nodes:
        files = each["files"]["nodes"]
        paths = {file["path"] for file in files}
        reviews = {r["id"]: r["author"] for r in each["reviews"]["nodes"]}
        remarks = [c for t in each["reviewThreads"]["nodes"] for c in t["comments"]["nodes"]]
        ends = {e["__typename"] for e in each["timelineItems"]["nodes"]} - {"ReadyForReviewEvent"}

        assert len(files) == each["changedFiles"] == len(paths)
        assert sum(file["additions"] for file in files) == each["additions"]
        assert sum(file["deletions"] for file in files) == each["deletions"]
        assert {remark["path"] for remark in remarks} <= paths
        assert all(reviews[c["pullRequestReview"]["id"]] == c["author"] for c in remarks)
        assert (ends == {"MergedEvent", "ClosedEvent"}) == (each["state"] == "MERGED")
        assert (ends == set()) == (each["state"] == "OPEN")


def test_a_fork_is_a_strangers_and_its_own_people_close_it(nodes: list[dict[str, Any]]) -> None:
    forks = [
        each
        for each in nodes
        if each["headRepository"]["nameWithOwner"] != each["repository"]["nameWithOwner"]
    ]

    assert len(forks) >= 5
    for each in forks:
        login = each["author"]["login"]
        assert each["headRepository"]["nameWithOwner"].startswith(f"{login}/")
        assert each["authorAssociation"] == "NONE"
        assert (each["mergedBy"] or {}).get("login") != login


def test_some_agents_open_drafts_and_call_them_ready_before_anyone_reviews(
    nodes: list[dict[str, Any]],
) -> None:
    drafts = 0
    for each in nodes:
        ready = [
            parse_time(e["createdAt"]) or 0
            for e in each["timelineItems"]["nodes"]
            if e["__typename"] == "ReadyForReviewEvent"
        ]
        reviewed = [parse_time(r["submittedAt"]) or 0 for r in each["reviews"]["nodes"]]
        drafts += len(ready)
        assert max(ready, default=0) <= min(reviewed, default=AS_OF_US)

    assert 100 < drafts < 400


def test_it_is_small_enough_to_make_while_somebody_waits(tmp_path: Path) -> None:
    before = time.process_time()
    made = generate(1, tmp_path)
    seconds = time.process_time() - before

    sizes = [len(each.body.text.encode()) for all_ in made.payloads.values() for each in all_]

    assert seconds < 5
    assert sum(sizes) < 20_000_000
    assert (
        max(len(json.loads(p.body.text)["log"].encode()) for p in of_kind(made, "job_log")) < 8_192
    )


def test_only_failed_runs_have_a_log_and_each_is_in_the_runners_frame(
    sample: Sample, nodes: list[dict[str, Any]]
) -> None:
    failed = {
        str(run["databaseId"])
        for each in nodes
        for commit in each["commits"]["nodes"]
        for suite in commit["commit"]["checkSuites"]["nodes"]
        for run in suite["checkRuns"]["nodes"]
        if run["conclusion"] == "FAILURE"
    }
    logs = of_kind(sample, "job_log")

    assert {each.key for each in logs} == failed
    for each in logs:
        body = json.loads(each.body.text)
        lines = body["log"].split("\n")
        short = body["repository"].partition("/")[2]
        assert all(parse_time(line.partition(" ")[0]) for line in lines)
        assert lines[-1].endswith("##[error]Process completed with exit code 1.")
        assert body["log"].count("/home/runner/work/") == body["log"].count(
            f"/home/runner/work/{short}/{short}"
        )


def test_the_truth_names_the_cause_of_everything_that_happened(sample: Sample) -> None:
    truth = truth_of(sample)
    incidents = [json.loads(p.body.text) for p in sample.payloads["incidents"]]
    complaints = [p.key for p in sample.payloads["complaints"]]
    stated = {
        each["incident_id"]: each["caused_by_pull_request_id"]
        for each in incidents
        if each["caused_by_pull_request_id"]
    }

    assert set(truth["causes"]) == {*(each["incident_id"] for each in incidents), *complaints}
    assert stated
    assert stated.items() <= truth["causes"].items()
    assert [each["kind"] for each in truth["rules"]] == ["helpful"]


def test_a_bot_repeats_lessons_where_there_was_nothing_to_teach(sample: Sample) -> None:
    echoes = [each for each in truth_of(sample)["pull_requests"] if each["echoed"]]

    assert len(echoes) >= 10
    assert all(not set(each["echoed"]) & set(each["lessons"]) for each in echoes)


@pytest.mark.parametrize(
    "source", ["github", "agent_runs", "costs", "incidents", "complaints", "surveys"]
)
def test_every_payload_goes_through_its_real_parse_without_an_issue(
    sample: Sample, source: str
) -> None:
    rows = [
        {"kind": p.kind, "key": p.key, "updated_us": p.updated_us, "payload": p.body.text}
        for p in sample.payloads[source]
    ]
    batch = pa.RecordBatch.from_pylist(rows)

    found = {name: part.num_rows for name, part in load_source(source).parse(batch)}

    assert "data_issue" not in found
    assert sum(found.values()) >= len(rows)


def test_no_key_is_given_twice(sample: Sample) -> None:
    for payloads in sample.payloads.values():
        assert max(Counter((p.kind, p.key) for p in payloads).values()) == 1


def test_its_repositories_are_real_git_that_holds_what_was_merged(
    sample: Sample, nodes: list[dict[str, Any]]
) -> None:
    merged: dict[str, set[str]] = defaultdict(set)
    for each in nodes:
        if each["mergeCommit"]:
            merged[each["repository"]["nameWithOwner"]].add(each["mergeCommit"]["oid"])

    for name, path in sample.repositories.items():
        repository = GitRepository(path)
        commits = {each.sha for each in repository.log()}
        assert merged[name] <= commits
        assert ".github/workflows/ci.yml" in repository.ls_tree(repository.head())
    assert len(sample.repositories) == 6


def test_what_was_merged_changed_the_files_its_pull_request_names(
    sample: Sample, nodes: list[dict[str, Any]]
) -> None:
    merged = [each for each in nodes if each["repository"]["nameWithOwner"] == "acme/orders"]
    newest = max((each for each in merged if each["mergedAt"]), key=lambda each: each["mergedAt"])
    repository = GitRepository(sample.repositories["acme/orders"])

    for path in (file["path"] for file in newest["files"]["nodes"]):
        content = repository.show_file(newest["mergeCommit"]["oid"], path) or b""
        assert f"{newest['title']} (#{newest['number']})" in content.decode()


def test_a_few_merges_are_reverted(sample: Sample) -> None:
    reverts = [
        commit.message
        for path in sample.repositories.values()
        for commit in GitRepository(path).log()
        if commit.message.startswith("Revert ")
    ]

    assert 10 < len(reverts) < 80


# --- equal quality

Counts = dict[tuple[str, str], list[int]]
"""(task, agent) -> reviewed, passed."""


@pytest.fixture(scope="module")
def reviewed() -> Counts:
    """Agents' reviewed pull requests of five seeds without a planted effect."""
    counts: Counts = defaultdict(lambda: [0, 0])
    for seed in range(5):
        writer = Writer(seed, 0.0)
        for each in map(writer.write, opened(seed, 2_000)):
            if each.agent and each.passed is not None:
                cell = counts[each.task, each.agent]
                cell[0] += 1
                cell[1] += each.passed
    return counts


def test_within_a_task_passing_does_not_depend_on_the_agent(reviewed: Counts) -> None:
    statistic, freedom = 0.0, 0
    for task in TASKS:
        cells = [cell for (name, _), cell in reviewed.items() if name == task]
        share = sum(k for _, k in cells) / sum(n for n, _ in cells)
        statistic += sum((k - n * share) ** 2 / (n * share * (1 - share)) for n, k in cells)
        freedom += len(cells) - 1

    assert freedom == 6 * (5 - 1)
    assert chi2.sf(statistic, freedom) > 0.001


def test_raw_rates_differ_because_agents_get_different_tasks(reviewed: Counts) -> None:
    rates = {}
    for agent in {agent for _, agent in reviewed}:
        cells = [cell for (_, name), cell in reviewed.items() if name == agent]
        rates[agent] = sum(k for _, k in cells) / sum(n for n, _ in cells)

    # By the plan: devin's tasks would pass 0.638 on average, cursor's 0.588.
    assert max(rates.values()) - min(rates.values()) > 0.02
    assert rates["cursor"] < rates["devin"]


# --- no shared pattern


NAMES_OF_OTHERS = {"CHANGES_REQUESTED", "package-lock.json", "pyproject.toml", "tsconfig.json"}
"""Given by GitHub, npm, Python and TypeScript, so that both sides must write them as they are. The
only other words in common are names of our own tables and columns."""


def literals(path: Path) -> set[str]:
    """String literals longer than 12 characters, docstrings left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    loose = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and len(node.value) > LONGEST_COMMON
        and id(node) not in loose
    }


def test_the_sample_shares_no_literal_with_what_looks_for_it() -> None:
    invented = set().union(*map(literals, (REPOSITORY / "ingest" / "sample").glob("*.py")))
    looking = [
        *(REPOSITORY / "analysis").glob("*.py"),
        *(REPOSITORY / "rules_out").rglob("*.py"),
    ]
    searched = set().union(*map(literals, looking))

    columns = {column.name for each in tables().values() for column in each.columns}

    assert len(invented) > 100
    assert len(searched) > 300
    assert invented & searched - NAMES_OF_OTHERS <= {*tables(), *columns}
    assert invented & searched >= NAMES_OF_OTHERS  # no exception outlives its reason


# --- the experiment


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_planted_effect_lies_in_the_interval_and_nothing_is_seen_where_nothing_is(
    seed: int,
) -> None:
    helped, nothing = verdict_of(seed, EFFECT), verdict_of(seed, 0.0)

    assert covers(helped, 0.10)
    assert covers(nothing, 0.0)
    assert min(helped["n_control"], helped["n_treatment"]) > 350


@pytest.mark.long
def test_over_twenty_seeds_the_interval_is_as_true_as_it_says() -> None:
    figures = run(None, 1).figures

    assert (figures["covered_of_20"] or 0) >= 18
    assert (figures["false_of_20"] or 0) <= 1


def test_times_of_opening_depend_on_the_seed_only() -> None:
    assert opened(5, 50) == opened(5, 50)
    assert opened(5, 50) == sorted(opened(5, 50))
    assert opened(5, 50) != opened(6, 50)
