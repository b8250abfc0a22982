"""Experiments: what was registered, and what can be said now."""

import typer

from ruleloop.cli.app import app
from ruleloop.cli.output import show
from ruleloop.settings import read_settings


@app.command()
def experiments(
    experiment_id: str = typer.Argument("", metavar="[ID]", help="One experiment only."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON array."),
) -> None:
    """List experiments with an interval that holds however often it is looked at."""
    from ruleloop import findings

    rows = findings.experiments(read_settings().home, experiment_id or None)
    show(
        rows,
        as_json=as_json,
        columns=["experiment_id", "n_control", "n_treatment", "effect", "low", "high", "verdict"],
        empty="no experiment is registered; the sample organisation has one: ruleloop demo",
    )
