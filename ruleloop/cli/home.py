"""Commands about the home itself: make it, check it, rebuild it, show its settings."""

import os
from pathlib import Path

import typer

from ruleloop.cli.app import app
from ruleloop.cli.output import say, show
from ruleloop.settings import FILE, TEMPLATE, read_settings

config = typer.Typer(help="What is configured, and where it comes from.", no_args_is_help=True)
app.add_typer(config, name="config")
audit = typer.Typer(help="The record of what people decided.", no_args_is_help=True)
app.add_typer(audit, name="audit")


@app.command()
def init(
    yes: bool = typer.Option(False, "--yes", "-y", help="Do not ask."),
) -> None:
    """Make a home here: ruleloop.yaml, the key, and the folders."""
    from ruleloop.loop import prepare

    file = Path.cwd() / FILE
    settings = read_settings()
    if not yes and not typer.confirm(f"Make a Ruleloop home at {settings.home.root}?"):
        raise typer.Exit(1)
    if settings.file is None:
        file.write_text(TEMPLATE, encoding="utf-8")
        settings = read_settings()
        say(f"wrote {file}")
    prepare(settings.home)
    say(f"home: {settings.home.root}")
    say("next: ruleloop git PATH, ruleloop sync github OWNER/REPO, or ruleloop import aidev DIR")


@config.command("show")
def config_show(
    as_json: bool = typer.Option(False, "--json", help="Print one JSON array."),
) -> None:
    """Every setting and the file it was read from."""
    settings = read_settings()
    origin = str(settings.file) if settings.file else "default"
    by_environment = bool(os.environ.get("RULELOOP_HOME"))
    rows: list[dict[str, object]] = [
        {
            "setting": "home",
            "value": str(settings.home.root),
            "from": "RULELOOP_HOME" if by_environment else origin,
        }
    ]
    rows += [
        {"setting": f"return.{name}", "value": list(triple), "from": origin}
        for name, triple in sorted(settings.return_assumptions.items())
    ]
    show(rows, as_json=as_json)


@app.command()
def doctor(
    as_json: bool = typer.Option(False, "--json", help="Print one JSON array."),
) -> None:
    """Check the home: raw hashes, the journal's chain, what could not be used; say what to do."""
    from ruleloop.checks import check_home

    rows = check_home(read_settings().home)
    show(rows, as_json=as_json, columns=["check", "state", "detail", "fix"])
    if any(row["state"] == "bad" for row in rows):
        raise typer.Exit(1)


@app.command()
def rebuild() -> None:
    """Delete the warehouse and make it again from the raw loads and the journal."""
    from ruleloop import loop

    settings = read_settings()
    learned = loop.rebuild(loop.require(settings.home), settings, say)
    say(f"rebuilt from raw: {learned.pull_requests:,} pull requests; published {learned.snapshot}")


@app.command()
def freeze() -> None:
    """Stop every publication until `unfreeze`: the kill switch."""
    _switch("frozen", "frozen: nothing is published until: ruleloop unfreeze")


@app.command()
def unfreeze() -> None:
    """Allow publication again."""
    _switch("unfrozen", "publication is allowed again")


def _switch(event: str, sentence: str) -> None:
    from ruleloop import decisions

    decisions.switch(read_settings().home, event)
    say(sentence)


@audit.command("verify")
def audit_verify() -> None:
    """Check the hash chain of the journal."""
    from ruleloop.loop import require
    from warehouse.journal import Journal

    journal = Journal(require(read_settings().home).journal)
    problems = journal.verify()
    for each in [*problems, *journal.torn()]:
        say(each)
    if problems:
        raise typer.Exit(1)
    print(f"the journal's chain holds: {len(journal.events())} events")
