"""Rules: read them, decide on them, write the accepted ones into a repository."""

from pathlib import Path

import typer

from ruleloop.cli.app import app
from ruleloop.cli.output import say, show, visible
from ruleloop.settings import read_settings
from warehouse.errors import BadInput


@app.command()
def rules(
    rule_id: str = typer.Argument("", metavar="[ID]", help="One rule, with its evidence."),
    why_not: str = typer.Option(
        "", "--why-not", metavar="MODE", help="Why a failure mode has no rule."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON array."),
) -> None:
    """List rules with their state and support."""
    from ruleloop import findings

    home = read_settings().home
    if why_not:
        rows = findings.why_not(home, why_not)
        if as_json:
            show(rows, as_json=True)
        else:
            [row] = rows
            print(
                visible(
                    f"{row['title']}: {row['pull_requests']} pull requests, in "
                    f"{row['pull_requests_supported']} a trusted person or CI says so; {row['reason']}"
                )
            )
    elif rule_id:
        show(findings.rule(home, rule_id), as_json=as_json, columns=["what", "value"])
    else:
        found = findings.rules(home)
        show(
            found if as_json else [{**each, "rule": _headline(each)} for each in found],
            as_json=as_json,
            columns=["rule_id", "repo", "state", "rule"],
            empty="no failure mode carries a rule yet; see why: ruleloop modes --funnel",
        )


@app.command()
def accept(
    rule_id: str = typer.Argument(
        metavar="RULE", help="A rule id, as `ruleloop rules` lists them."
    ),
    to: str = typer.Option("publish", "--to", help="publish, or trial first."),
    reason: str = typer.Option("", "--reason", help="Kept with the decision."),
) -> None:
    """Accept a proposed rule as it is worded."""
    if to not in ("publish", "trial"):
        raise BadInput(f"--to must be publish or trial, not {to!r}")
    _decide(rule_id, "accept", reason=reason, to=to)


@app.command()
def edit(
    rule_id: str = typer.Argument(
        metavar="RULE", help="A rule id, as `ruleloop rules` lists them."
    ),
    text: str = typer.Option(
        ..., "--text", help="The new sentence; dash, id and counts are added."
    ),
    reason: str = typer.Option("", "--reason", help="Kept with the decision."),
) -> None:
    """Give a rule another wording; it is accepted in that wording by `accept`."""
    _decide(rule_id, "edit", reason=reason, text=text)


@app.command()
def reject(
    rule_id: str = typer.Argument(
        metavar="RULE", help="A rule id, as `ruleloop rules` lists them."
    ),
    reason: str = typer.Option(..., "--reason", help="Kept, so that it is not proposed again."),
) -> None:
    """Reject a rule, and say why."""
    _decide(rule_id, "reject", reason=reason)


@app.command()
def snooze(
    rule_id: str = typer.Argument(
        metavar="RULE", help="A rule id, as `ruleloop rules` lists them."
    ),
    reason: str = typer.Option("", "--reason", help="Kept with the decision."),
) -> None:
    """Put a rule aside without deciding."""
    _decide(rule_id, "snooze", reason=reason)


@app.command()
def retire(
    rule_id: str = typer.Argument(
        metavar="RULE", help="A rule id, as `ruleloop rules` lists them."
    ),
    reason: str = typer.Option(..., "--reason", help="Kept with the decision."),
) -> None:
    """Take an accepted rule out of service."""
    _decide(rule_id, "retire", reason=reason)


@app.command()
def publish(
    rule_ids: list[str] = typer.Argument(
        None, metavar="RULE...", help="Accepted rules; none: only take retired lines out."
    ),
    into: Path = typer.Option(..., "--into", metavar="PATH", help="A repository's working tree."),
) -> None:
    """Write accepted rules into the managed block of PATH's AGENTS.md and print the diff."""
    from ruleloop import decisions

    publication = decisions.publish(read_settings().home, rule_ids or [], into)
    if publication.diff:
        print(visible(publication.diff), end="")
    else:
        say("nothing to change: the rules stand there already")


def _headline(rule: dict[str, object]) -> object:
    """What a list shows: the line itself, or the title of a whole SKILL.md."""
    return rule["text"] if rule["target"] == "agents_md" else f"SKILL.md: {rule['title']}"


def _decide(rule_id: str, action: str, *, reason: str, text: str = "", to: str = "") -> None:
    from ruleloop import decisions

    say(decisions.decide(read_settings().home, rule_id, action, text=text, reason=reason, to=to))
