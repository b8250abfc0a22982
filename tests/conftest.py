"""What every test may use, and the rule that in CI nothing is skipped quietly."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

ALLOWED_SKIPS: dict[str, str] = {}
"""Node id -> why CI may skip it. Empty: CI has every tool and data set."""

REPOSITORY = Path(__file__).resolve().parents[1]


def missing(what: str) -> None:
    """Skip for want of a tool or data set; in CI that is an error."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and in CI it must be there")
    pytest.skip(f"{what} is missing")


def data_folder() -> Path | None:
    """`RULELOOP_DATA`, else the shared folder beside the checkout, else None."""
    named = os.environ.get("RULELOOP_DATA")
    candidate = Path(named) if named else REPOSITORY.parent / "shared" / "data"
    return candidate if candidate.is_dir() else None


@pytest.fixture(scope="session")
def data() -> Path:
    """The public data nobody on this project wrote; read by path, never copied."""
    folder = data_folder()
    if folder is None:
        missing("RULELOOP_DATA")
    assert folder is not None
    return folder


@pytest.fixture(autouse=True)
def _no_home_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own home, tokens and DSN never reach a test."""
    for variable in ("RULELOOP_HOME", "GITHUB_TOKEN", "GH_TOKEN", "SENTRY_DSN", "GITHUB_API_URL"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a small sample organisation, learnt and published; read it, never write to it."""
    from ruleloop import loop, taking
    from ruleloop.settings import read_settings

    folder = tmp_path_factory.mktemp("demo")
    root = folder / ".ruleloop-demo"
    for _ in taking.sample(root, seed=1, pull_requests=600, say=lambda _: None):
        pass
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RULELOOP_HOME", str(root))
        settings = read_settings(folder)
    loop.learn(settings.home, settings)
    return root


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """In CI a skip that is not on the list is a failure."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]  # pluggy's Result, untyped here
    if report.skipped and os.environ.get("CI") and item.nodeid not in ALLOWED_SKIPS:
        if hasattr(report, "wasxfail"):
            return
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, and not on the allowed list: {reason}"
