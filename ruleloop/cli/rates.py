"""Numbers: `metrics`, from the registry that also feeds the pages and docs/metrics.md."""

import typer

from ruleloop.cli.app import app
from ruleloop.cli.output import show
from ruleloop.settings import read_settings
from warehouse.errors import BadInput


@app.command()
def metrics(
    ids: list[str] = typer.Argument(None, metavar="ID...", help="None: list what can be asked."),
    by: str = typer.Option("", "--by", metavar="D[,D]", help="Split by these dimensions."),
    where: list[str] = typer.Option([], "--where", metavar="D=V", help="Only these rows."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON array."),
) -> None:
    """Print metrics with n, interval and window."""
    from ruleloop.findings import open_snapshot
    from warehouse.metrics import METRICS, evaluate

    if not ids:
        rows = [
            {"metric": m.id, "title": m.title, "meaning": m.meaning, "unit": m.unit}
            for m in METRICS
        ]
        show(rows, as_json=as_json)
        return
    dimensions = [each.strip() for each in by.split(",") if each.strip()]
    with open_snapshot(read_settings().home) as snapshot:
        found = evaluate(snapshot, ids, by=dimensions, where=_conditions(where))
    shown = ["metric", *dimensions, "value", "n", "low", "high", "unit", "window_from", "window_to"]
    show(
        found,
        as_json=as_json,
        columns=shown,
        empty="no pull requests match; see what there is with: ruleloop metrics pull_request_count",
    )


def _conditions(where: list[str]) -> dict[str, str]:
    conditions = {}
    for each in where:
        dimension, sign, value = each.partition("=")
        if not sign or not dimension:
            raise BadInput(f"--where {each!r} must be DIMENSION=VALUE, for example agent=codex")
        conditions[dimension.strip()] = value
    return conditions
