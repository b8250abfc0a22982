"""The command line as a person meets it: quick, one sentence per error, the same keys every time."""

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from ruleloop.cli.reference import commands

HEAVY = ("pandas", "duckdb", "sklearn", "streamlit", "pyarrow", "numpy", "github", "sentry_sdk")
CONTRACT = json.loads((Path(__file__).parent / "cli_contract.json").read_text(encoding="utf-8"))


def ruleloop(
    *arguments: str, home: Path | None = None, cwd: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(cwd or "/tmp"), "COLUMNS": "200"}
    if home is not None:
        environment["RULELOOP_HOME"] = str(home)
    return subprocess.run(
        [sys.executable, "-m", "ruleloop", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        timeout=120,
    )


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, contextlib, io\n"
        "sys.argv = ['ruleloop', '--help']\n"
        "from ruleloop.cli.main import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n"
        "    main()\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_help_names_every_command() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)

    text = ruleloop("--help").stdout

    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime > 0
    for name, _ in commands():
        assert name.split()[0] in text


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=lambda v: str(v)[:20])
def test_every_command_says_what_it_does(name: str, command: object) -> None:
    assert getattr(command, "help", ""), f"{name} has no help"
    unexplained = [p.name for p in getattr(command, "params", ()) if not getattr(p, "help", "")]
    assert unexplained == [], f"{name} does not explain {unexplained}"


@pytest.mark.parametrize(
    "arguments",
    [
        ["metrics", "pass_rate"],
        ["modes"],
        ["rules"],
        ["experiments"],
        ["report", "pass-rates"],
        ["learn"],
        ["git", "."],
        ["audit", "verify"],
        ["rebuild"],
    ],
    ids=" ".join,
)
def test_without_a_home_every_command_says_how_to_make_one(
    tmp_path: Path, arguments: list[str]
) -> None:
    done = ruleloop(*arguments, cwd=tmp_path)

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "ruleloop init" in done.stderr or "ruleloop learn" in done.stderr
    assert not (tmp_path / ".ruleloop").exists()


def test_wrong_usage_is_exit_code_2(tmp_path: Path) -> None:
    assert ruleloop("metrics", "--nonsense", cwd=tmp_path).returncode == 2


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    assert "Traceback" in ruleloop("--debug", "modes", cwd=tmp_path).stderr


@pytest.mark.parametrize("command", sorted(CONTRACT))
def test_json_keys_are_fixed_by_the_contract(command: str, demo_home: Path) -> None:
    done = ruleloop(*command.split(), home=demo_home)

    rows = json.loads(done.stdout)
    assert rows, done.stderr
    assert {tuple(row) for row in rows} == {tuple(CONTRACT[command])}


def test_an_unknown_metric_names_the_nearest(demo_home: Path) -> None:
    done = ruleloop("metrics", "pas_rate", home=demo_home)

    assert (done.returncode, done.stdout) == (1, "")
    said = done.stderr.strip().splitlines()
    assert said[0].startswith("SAMPLE DATA")
    assert said[-1] == "ruleloop: no metric is called 'pas_rate'; did you mean 'pass_rate'?"


def test_a_condition_without_a_value_is_explained(demo_home: Path) -> None:
    done = ruleloop("metrics", "pass_rate", "--where", "agent", home=demo_home)

    assert done.returncode == 1
    assert "DIMENSION=VALUE" in done.stderr


def test_the_sample_home_takes_no_real_source(demo_home: Path, tmp_path: Path) -> None:
    done = ruleloop("import", "aidev", str(tmp_path), home=demo_home)

    assert done.returncode == 1
    assert "sample organisation" in done.stderr
