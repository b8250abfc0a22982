"""Commands that bring the world in: demo, import, git, sync, and learn, which thinks about it."""

import os
from pathlib import Path

import typer

from ruleloop.cli.app import app
from ruleloop.cli.output import say
from ruleloop.settings import Settings, read_settings
from warehouse.errors import BadInput


@app.command("import")
def import_(
    format_: str = typer.Argument(metavar="FORMAT", help="aidev, complaints, costs or surveys"),
    path: Path = typer.Argument(help="The folder (aidev) or CSV file to read."),
) -> None:
    """Read a data set from disk. Reading the same files twice changes nothing."""
    from ruleloop import taking

    _report(taking.import_format(_real_home(), format_, path))


@app.command()
def git(
    path: Path = typer.Argument(help="A local clone or bare repository."),
    name: str = typer.Option("", "--name", help="owner/name, when the clone has no such remote."),
) -> None:
    """Read a local clone: commits, agents' marks, reverts, instruction files. No token, no network."""
    from ruleloop import taking

    _report(taking.git(_real_home(), path, name or None, say))


@app.command()
def sync(
    source: str = typer.Argument(help="github"),
    repositories: list[str] = typer.Argument(metavar="OWNER/REPO...", help="What to read."),
    last: int = typer.Option(200, "--last", min=1, help="Newest pull requests per repository."),
    budget: int = typer.Option(0, "--budget", min=0, help="At most this many calls; 0: no limit."),
) -> None:
    """Fetch pull requests, reviews, comments, commits and check conclusions.

    The token is read from GITHUB_TOKEN or GH_TOKEN, else from `gh auth token`.
    """
    from ruleloop import taking

    if source != "github":
        raise BadInput(f"no source is called {source!r} here; there is: github")
    for repository in repositories:
        _report(taking.github(_real_home(), repository, last=last, budget=budget or None, say=say))


@app.command()
def learn() -> None:
    """Attribute, extract, group, link, propose, and publish what the pages read."""
    from ruleloop import loop

    settings = read_settings()
    _learned(settings)
    say(f"next: {loop.next_step(settings.home)}")


@app.command()
def demo(
    seed: int = typer.Option(1, help="Another seed makes another organisation."),
    pull_requests: int = typer.Option(2000, min=50, help="About how many pull requests."),
) -> None:
    """Make the sample organisation in a home of its own, .ruleloop-demo, and run the loop on it."""
    from ruleloop import taking

    for taken in taking.sample(Path.cwd() / ".ruleloop-demo", seed, pull_requests, say):
        _report(taken)
    os.environ["RULELOOP_HOME"] = str(Path.cwd() / ".ruleloop-demo")
    _learned(read_settings())
    say("all of this is SAMPLE DATA; see it with: RULELOOP_HOME=.ruleloop-demo ruleloop dashboard")


def _real_home() -> Settings:
    from ruleloop import loop

    settings = read_settings()
    loop.require(settings.home)
    loop.refuse_in_sample(settings.home)
    loop.prepare(settings.home)
    return settings


def _report(taken: object) -> None:
    from ruleloop.loop import TakenIn

    assert isinstance(taken, TakenIn)
    for note in taken.notes:
        say(f"note: {note}")
    if taken.issues:
        say(f"note: {taken.issues:,} records could not be used as they were; see: ruleloop doctor")
    say(f"{taken.source}: {taken.records:,} records in {taken.loads} loads, {taken.seconds:.1f} s")


def _learned(settings: Settings) -> None:
    from ruleloop import loop

    done = loop.learn(loop.require(settings.home), settings, say)
    if done.commits:
        say(
            f"{done.commits:,} commits of no pull request, "
            f"{done.commits_attributed:,} with an agent's mark"
        )
    say(
        f"{done.pull_requests:,} pull requests, {done.attributed:,} attributed; "
        f"{done.failures:,} failures in {done.modes:,} modes, {done.recurring:,} recurring; "
        f"rules: {done.proposed} proposed, {done.unattested} unattested"
    )
