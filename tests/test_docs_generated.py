"""What docs/ says about metrics and tables is what the code does."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ruleloop.cli.reference import cli_markdown, commands
from warehouse.facts import FACTS
from warehouse.metrics import METRICS, metrics_markdown, tables_markdown
from warehouse.tables import tables

DOCS = Path(__file__).resolve().parents[1] / "docs"


@pytest.mark.parametrize(
    ("name", "text"),
    [("metrics.md", metrics_markdown), ("tables.md", tables_markdown), ("cli.md", cli_markdown)],
)
def test_a_generated_page_equals_what_would_be_generated_now(
    name: str, text: Callable[[], str]
) -> None:
    page = (DOCS / name).read_text(encoding="utf-8")

    assert page == text(), "run: python scripts/docs.py"


def test_every_metric_table_and_fact_has_its_section() -> None:
    metrics, names = metrics_markdown(), tables_markdown()

    assert [m.id for m in METRICS if f"\n## {m.id}\n" not in metrics] == []
    assert [name for name in (*tables(), *FACTS) if f"\n### {name}\n" not in names] == []


def test_the_readme_names_only_commands_that_there_are() -> None:
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    named = {
        line.split("#")[0].split()[1]
        for line in readme.splitlines()
        if line.startswith("ruleloop ")
    }

    assert named - {name.split()[0] for name, _ in commands()} == set()
