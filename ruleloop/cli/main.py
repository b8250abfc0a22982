"""The console script. Importing a noun's file registers its commands; their bodies import the rest."""

from ruleloop.cli import (  # noqa: F401  # registered by import
    experiments,
    home,
    modes,
    pages,
    rates,
    rules,
    sources,
)
from ruleloop.cli.app import run
from ruleloop.error_reporting import report_errors


def main() -> None:
    """Entry point `ruleloop`."""
    report_errors()
    run()
