"""The root of the command line: global options, how errors leave, and nothing else."""

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import typer
from typer.core import TyperGroup

from ruleloop.error_reporting import capture_error
from warehouse.errors import RuleloopError


class _Group(TyperGroup):
    """Turns every error raised on purpose into one sentence on stderr and exit code 1."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except RuleloopError as error:
            if ctx.params.get("debug"):
                raise
            from ruleloop.cli.output import visible

            print(f"ruleloop: {visible(str(error))}", file=sys.stderr)
            raise typer.Exit(1) from error
        except PermissionError as error:
            if ctx.params.get("debug"):
                raise
            print(
                f"ruleloop: not allowed to use {error.filename}: {error.strerror}", file=sys.stderr
            )
            raise typer.Exit(1) from error
        except (NotADirectoryError, FileExistsError, IsADirectoryError) as error:
            if ctx.params.get("debug"):
                raise
            print(f"ruleloop: {error.filename} is in the way: {error.strerror}", file=sys.stderr)
            raise typer.Exit(1) from error
        except BrokenPipeError:
            # The reader of our output went away (`ruleloop modes | head`): not an error of ours.
            sys.stderr.close()
            raise typer.Exit(0) from None
        except KeyboardInterrupt:
            print("ruleloop: interrupted; what was acknowledged is kept", file=sys.stderr)
            raise typer.Exit(130) from None


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="The feedback layer for coding agents: outcomes in, evidenced rules out, proof of effect.",
)


@app.callback()
def root(
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error."),  # noqa: ARG001  # read by _Group
) -> None:
    """Options that hold for every command."""
    home = os.environ.get("RULELOOP_HOME")
    if home and (Path(home) / "SAMPLE").is_file():
        print("SAMPLE DATA: this home holds an invented organisation", file=sys.stderr)


def _terminated(signum: int, _frame: FrameType | None) -> None:
    print("ruleloop: terminated; what was acknowledged is kept", file=sys.stderr)
    sys.exit(128 + signum)


def run() -> None:
    """Run the command line of this process."""
    signal.signal(signal.SIGTERM, _terminated)
    try:
        app()
    except Exception:
        # Typer puts its own hook in the place of sentry-sdk's, so what nobody expected is told here.
        capture_error()
        raise
