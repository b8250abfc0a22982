"""Failure modes: what keeps going wrong, and a person's corrections to the grouping."""

import json

import typer

from ruleloop.cli.app import app
from ruleloop.cli.output import say, show
from ruleloop.settings import read_settings


@app.command()
def modes(
    mode_id: str = typer.Argument("", metavar="[ID]", help="One failure mode, with its members."),
    funnel: bool = typer.Option(False, "--funnel", help="How far failures came, and why not."),
    limit: int = typer.Option(30, "--limit", min=1, help="How many rows a table shows."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON array."),
) -> None:
    """List failure modes, the most frequent first."""
    from ruleloop import findings

    home = read_settings().home
    if funnel:
        show(
            findings.funnel(home),
            as_json=as_json,
            empty="no failures were found; import or sync pull requests, then: ruleloop learn",
        )
    elif mode_id:
        show(findings.mode(home, mode_id), as_json=as_json)
    else:
        rows = findings.modes(home)
        columns = ["failure_mode_id", "repo", "title", "pull_requests", "failures", "stage"]
        show(
            rows if as_json else rows[:limit],
            as_json=as_json,
            columns=columns,
            empty="no failure modes yet; import or sync pull requests, then: ruleloop learn",
        )
        if len(rows) > limit and not as_json:
            say(f"{len(rows) - limit} more; --limit {len(rows)} shows all")


@app.command("merge-modes")
def merge_modes(
    from_: list[str] = typer.Argument(metavar="ID...", help="The modes that become part of it."),
    into: str = typer.Option(..., "--into", metavar="ID", help="The mode that stays."),
) -> None:
    """Say that several failure modes are one."""
    from ruleloop import decisions

    decisions.merge_modes(read_settings().home, from_, into)
    say(f"{len(from_)} merged into {into}; takes effect with: ruleloop learn")


@app.command("rename-mode")
def rename_mode(
    mode_id: str = typer.Argument(metavar="ID", help="A failure mode id."),
    title: str = typer.Argument(metavar="TITLE", help="1 to 120 characters."),
) -> None:
    """Give a failure mode a name of your own."""
    from ruleloop import decisions

    decisions.rename_mode(read_settings().home, mode_id, title)
    say(f"{mode_id} is now {json.dumps(title, ensure_ascii=False)}; shown after: ruleloop learn")
