"""docs/cli.md, written from the commands themselves."""

from collections.abc import Iterator
from typing import Any

from typer.main import get_command

HEADER = """\
# Command line

Readers print a table, or with `--json` one flat array whose keys are always present: numbers
unrounded or null, money as decimal strings. Results go to stdout, progress and diagnostics to
stderr. Exit codes: 0 done, 1 an error said in one sentence, 2 wrong usage, 130 and 143 interrupted.
`ruleloop --debug COMMAND` shows the traceback of an error.
"""


def commands() -> Iterator[tuple[str, Any]]:
    """Every command with its full name, alphabetical."""
    from ruleloop.cli import main  # noqa: F401  # registers the commands
    from ruleloop.cli.app import app

    def walk(prefix: str, group: Any) -> Iterator[tuple[str, Any]]:
        for name, command in sorted(group.commands.items()):
            if hasattr(command, "commands"):
                yield from walk(f"{prefix}{name} ", command)
            else:
                yield prefix + name, command

    yield from walk("", get_command(app))


def cli_markdown() -> str:
    """The page: one section per command, its help and its parameters."""
    return "\n".join([HEADER, *(_section(name, command) for name, command in commands())])


def _section(name: str, command: Any) -> str:
    lines = [f"## {name}", "", (command.help or "").strip(), ""]
    for each in command.params:
        if each.name == "help":
            continue
        spelt = ", ".join(f"`{option}`" for option in each.opts if option.startswith("-"))
        spelt = spelt or f"`{each.metavar or each.name.upper()}`"
        default = f" (default: {each.default})" if each.default not in (None, False, "", []) else ""
        lines.append(f"- {spelt}: {each.help}{default}")
    return "\n".join(lines).rstrip() + "\n"
