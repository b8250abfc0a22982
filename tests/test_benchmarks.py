"""Benchmarks: the object they print, honest nulls, exit codes, and the parts that can be wrong."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks import aidev
from benchmarks.__main__ import main
from benchmarks.git import write_history
from benchmarks.registry import NAMES, Benchmark, Result, benchmark, fingerprint, met, report
from tests.conftest import REPOSITORY

KEYS = {
    "schema",
    "benchmark",
    "figures",
    "targets",
    "met",
    "peers",
    "n",
    "seed",
    "machine",
    "versions",
    "data_sha256",
}


def printed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_every_module_is_a_benchmark_and_every_benchmark_a_module() -> None:
    modules = {path.stem for path in (REPOSITORY / "benchmarks").glob("[a-z]*.py")}

    assert modules - {"registry"} == set(NAMES)


@pytest.mark.parametrize("name", ["cli", "experiments", "roi"])
def test_what_needs_no_data_meets_its_targets(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["check", name, "--json"])

    [found] = printed(capsys)
    assert found.keys() == KEYS
    assert (code, found["met"], found["schema"]) == (0, True, 1)


@pytest.mark.parametrize("arguments", [[], ["--data", "nowhere"]])
def test_missing_data_exits_3_with_null_figures(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RULELOOP_DATA", raising=False)

    code = main(["aidev", *arguments, "--json"])

    [found] = printed(capsys)
    assert code == 3
    assert found["figures"] == {"seconds": None, "cells_different": None}
    assert (found["met"], found["n"], found["data_sha256"]) == (False, None, None)


def test_an_unknown_name_is_a_usage_error_that_says_what_there_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["experiment"]) == 2
    assert "did you mean 'experiments'?" in capsys.readouterr().err


def test_a_figure_that_is_not_carried_yet_is_null_and_never_meets_a_target() -> None:
    targets: Mapping[str, Mapping[str, float]] = {"fdr": {"at_most": 0.05}}
    bench = Benchmark("b", ("coverage", "fdr"), targets, benchmark("roi").run)

    found = report(bench, Result({"coverage": 0.97}, 10), seed=3)

    assert found["figures"] == {"coverage": 0.97, "fdr": None}
    assert (found["met"], found["n"], found["seed"]) == (False, 10, 3)


@pytest.mark.parametrize(
    ("value", "reached"), [(None, False), (0.9, False), (1.0, True), (2.0, True), (2.1, False)]
)
def test_a_target_may_have_two_ends(value: float | None, reached: bool) -> None:
    assert met({"x": value}, {"x": {"at_least": 1.0, "at_most": 2.0}}) == reached


def test_check_exits_1_on_a_missed_target_and_a_plain_run_does_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("benchmarks.roi.TARGETS", {"dora_roi_percent": {"at_least": 40.0}})

    assert main(["roi", "--json"]) == 0
    assert main(["check", "roi", "--json"]) == 1
    assert [found["met"] for found in printed(capsys)] == [False, False]


def test_a_benchmark_that_breaks_hides_no_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(data: Path | None, seed: int) -> Result:
        raise RuntimeError("it broke")

    monkeypatch.setattr("benchmarks.cli.run", broken)

    code = main(["cli", "roi", "--json"])

    first, second = printed(capsys)
    assert code == 1
    assert (first["met"], second["met"]) == (False, True)


def test_the_fingerprint_is_of_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    (tmp_path / "b").write_text("2")
    both = [tmp_path / "a", tmp_path / "b"]

    before = fingerprint(both)

    assert fingerprint(reversed(both)) == before
    (tmp_path / "b").write_text("3")
    assert fingerprint(both) != before


EXPECTED = {
    "agent": "Devin",
    "prs": "10",
    "merged": "6",
    "closed_unmerged": "3",
    "open": "1",
    "median_hours_to_merge": "1.5",
    "median_hours_to_reject": "2.25",
}


def cells(**changes: object) -> list[dict[str, object]]:
    values: dict[str, object] = {"hours_to_merge": 1.50015, "hours_to_reject": 2.25}
    values |= {"open_count": 1, "closed_unmerged_count": 3} | changes
    rows: list[dict[str, object]] = [
        {"metric": name, "agent": "devin", "value": value} for name, value in values.items()
    ]
    share = {"metric": "merged_share", "agent": "devin", "numerator": 6, "denominator": 10}
    return [*rows, share]


def test_cells_of_the_published_table_are_compared_one_by_one() -> None:
    stranger = {"metric": "open_count", "agent": "unknown", "value": 4}

    assert aidev.different([EXPECTED], cells()) == 0
    assert aidev.different([EXPECTED], cells(hours_to_merge=1.5003)) == 1
    assert aidev.different([EXPECTED], cells(open_count=None, closed_unmerged_count=4)) == 2
    assert aidev.different([EXPECTED], []) == 6
    assert aidev.different([EXPECTED], [*cells(), stranger]) == 1


def test_the_history_of_the_git_benchmark_has_the_commits_it_says(tmp_path: Path) -> None:
    git = ["git", "-C", str(tmp_path / "one")]

    write_history(tmp_path / "one", 300, seed=1)
    write_history(tmp_path / "two", 300, seed=1)

    count = subprocess.run([*git, "rev-list", "--count", "main"], capture_output=True, check=True)
    heads = [
        subprocess.run(
            ["git", "-C", str(tmp_path / name), "rev-parse", "main"],
            capture_output=True,
            check=True,
        ).stdout
        for name in ("one", "two")
    ]
    assert int(count.stdout) == 300
    assert heads[0] == heads[1]
