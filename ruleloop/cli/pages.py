"""What people look at: the dashboard, and the reports that fit a terminal."""

import typer

from ruleloop.cli.app import app
from ruleloop.cli.output import say, show
from ruleloop.settings import read_settings

report = typer.Typer(help="Reports that fit a terminal.", no_args_is_help=True)
app.add_typer(report, name="report")


@app.command()
def dashboard(
    port: int = typer.Option(8501, "--port", min=1, max=65535, help="Where it listens."),
    address: str = typer.Option("127.0.0.1", "--address", help="On which address."),
) -> None:
    """Open the pages in a browser's reach; runs until interrupted."""
    import os
    import signal
    import subprocess

    from dashboard.launch import command
    from ruleloop.loop import require
    from warehouse.errors import Refused

    home = require(read_settings().home)
    if _in_use(address, port):
        raise Refused(f"something else listens on {address}:{port}; choose another with --port")
    arguments, environment = command(home.root, port, address)
    # A shell starts background jobs deaf to Ctrl-C; whoever stops us means it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    say(f"dashboard: http://{address}:{port} (stop with Ctrl-C)")
    server = subprocess.Popen(
        arguments, env={**os.environ, **environment}
    )  # our own command line, no shell
    try:
        code = server.wait()
    finally:
        server.terminate()
        try:
            server.wait(timeout=5)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
    raise typer.Exit(code)


def _in_use(address: str, port: int) -> bool:
    import socket

    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return True
    return False


@report.command("pass-rates")
def pass_rates(as_json: bool = typer.Option(False, "--json", help="Print one JSON array.")) -> None:
    """Pass rate, reviewed share and merged share by agent."""
    from ruleloop.findings import open_snapshot
    from warehouse.metrics import evaluate

    with open_snapshot(read_settings().home) as snapshot:
        rows = evaluate(snapshot, ["pass_rate", "reviewed_share", "merged_share"], by=["agent"])
    show(
        rows,
        as_json=as_json,
        columns=["metric", "agent", "value", "n", "low", "high", "window_from", "window_to"],
        empty="no pull requests yet; import or sync some, then: ruleloop learn",
    )
    if rows and not any(row["n"] for row in rows):
        say(
            "a clone shows merged pull requests only, so there is no share to give; "
            "ruleloop sync github OWNER/REPO brings the others and their reviews"
        )


@report.command("roi")
def roi(as_json: bool = typer.Option(False, "--json", help="Print one JSON array.")) -> None:
    """Cost per pull request that survived, and the three-year scenario with its inputs."""
    from ruleloop import findings

    show(findings.return_report(read_settings()), as_json=as_json)
