"""How the pages are started: a command line that holds from any directory and from a wheel.

Streamlit reads `.streamlit/config.toml` beside the script, then the environment, then flags, and
the last wins. Looks stand in the file; what guards the server stands here as flags, so that neither
a file in the working directory nor a variable of the shell can open it.
"""

import sys
from pathlib import Path

APP = Path(__file__).with_name("app.py")

_GUARDS = {
    "server.headless": "true",
    "server.enableXsrfProtection": "true",
    "server.xsrfCookieSameSite": "strict",
    # The cross-site check above does not cover the WebSocket; this one does.
    "server.enableCORS": "true",
    "server.enableAgentApi": "false",
    "server.fileWatcherType": "none",
    "server.maxUploadSize": "5",
    "server.baseUrlPath": "",
    "browser.gatherUsageStats": "false",
    # Error boxes otherwise print paths, and links to search engines that carry the message.
    "client.showErrorDetails": "type",
    "client.showErrorLinks": "false",
    "runner.magicEnabled": "false",
    "logger.level": "warning",
}


_ANYWHERE = ("0.0.0.0", "::")  # noqa: S104  # recognised, not listened on


def command(home: Path, port: int, address: str = "127.0.0.1") -> tuple[list[str], dict[str, str]]:
    """The command line of the server, and the environment to add to one's own."""
    options = _GUARDS | {"server.port": str(port), "server.address": address}
    flags = [f"--{name}={value}" for name, value in options.items()]
    flags += [f"--server.allowedHosts={host}" for host in _hosts(address)]
    arguments = [sys.executable, "-m", "streamlit", "run", str(APP), *flags]
    # PYTHONSAFEPATH: a module in the working directory never stands in for one of ours.
    return arguments, {"RULELOOP_HOME": str(home.absolute()), "PYTHONSAFEPATH": "1"}


def _hosts(address: str) -> list[str]:
    """The names under which the pages answer, against DNS rebinding.

    Listening on every interface says that other names are wanted, so then every name is answered.
    """
    if address in _ANYWHERE:
        return ["*"]
    return list(dict.fromkeys(["localhost", "127.0.0.1", address]))
