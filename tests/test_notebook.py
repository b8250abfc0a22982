"""The notebook runs, on any published home, and prints what was worked out by hand."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from tests.build import (
    AS_OF,
    a_failure,
    a_pull,
    a_review,
    an_authorship,
    rows_of,
)
from tests.conftest import REPOSITORY
from warehouse.home import Home
from warehouse.people import pseudonym
from warehouse.snapshot import publish
from warehouse.store import Store

NOTEBOOK = REPOSITORY / "notebooks" / "outcomes.py"


def run(*arguments: str, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ)
    if home:
        environment["RULELOOP_HOME"] = str(home)
    return subprocess.run(
        [sys.executable, "-W", "error", str(NOTEBOOK), *arguments],
        capture_output=True,
        text=True,
        env=environment,
        cwd=REPOSITORY,
        check=False,
    )


def a_home(root: Path, **content: Sequence[Mapping[str, object]]) -> Path:
    """A published home that holds these rows."""
    home = Home(root)
    home.create()
    with Store.open(home) as store:
        store.set_context(as_of_us=AS_OF, is_sample=False, version="test", journal_seq=0)
        for name, rows in content.items():
            store.engine.register("given", pa.Table.from_batches([rows_of(name, rows)]))
            store.engine.execute(f'INSERT INTO "{name}" SELECT * FROM given')
            store.engine.unregister("given")
        store.refresh_facts()
        publish(store, home, lambda login: pseudonym(login, b"k" * 32))
    return root


def a_mode(number: int, stage: str, reason: str | None) -> dict[str, object]:
    return {
        "failure_mode_id": f"fm-{number}",
        "repo": "acme/shop",
        "signature_type": "lint",
        "signature": f"F40{number}",
        "title": "unused import",
        "slots": "{}",
        "failures": 3,
        "pull_requests": 3,
        "pull_requests_supported": 3,
        "people": 0,
        "ci_pull_requests": 3,
        "agents": "[]",
        "stage": stage,
        "drop_reason": reason,
    }


def test_it_prints_pass_rates_and_the_funnel_of_a_small_home(tmp_path: Path) -> None:
    # bob approves #1 and asks for changes on #2: 1 of 2 = 50 %, Wilson 9.5 % .. 90.5 %
    home = a_home(
        tmp_path / "home",
        pull_request=[a_pull(1), a_pull(2)],
        authorship=[an_authorship(1), an_authorship(2)],
        review=[a_review(1), a_review(2, "r2", state="CHANGES_REQUESTED")],
        failure=[a_failure("f1"), a_failure("f2", signature_type="lint", signature="F401")],
        failure_mode=[a_mode(1, "proposed", None), a_mode(2, "supported", "seen in too few")],
    )

    done = run(str(home))

    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["codex", "50.0%", "9.5%", "90.5%", "2"] in lines
    assert "2 failures, 1 of a known kind" in done.stdout
    assert ["2", "failure", "modes", "supported"] in lines
    assert ["1", "failure", "modes", "recurring"] in lines
    assert ["1", "went", "no", "further:", "seen", "in", "too", "few"] in lines


def test_it_takes_the_home_from_the_environment_and_shows_a_dash_for_what_is_unknown(
    tmp_path: Path,
) -> None:
    # nobody reviewed it: there is no pass rate, and it is not zero
    home = a_home(tmp_path / "home", pull_request=[a_pull(1)], authorship=[an_authorship(1)])

    done = run(home=home)

    assert done.returncode == 0, done.stderr
    assert ["codex", "-", "-", "-", "0"] in [line.split() for line in done.stdout.splitlines()]


def test_it_runs_on_the_sample_organisation_and_says_that_it_is_one(demo_home: Path) -> None:
    done = run(str(demo_home))

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("SAMPLE DATA")
