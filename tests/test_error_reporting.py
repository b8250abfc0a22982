"""Ruleloop's own errors reach Sentry only when asked to, and carry no secret."""

import gzip
import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

SECRET = "ghp_" + "a1B2" * 9
BOOM = f"""
import sys
from ruleloop.cli.app import app
from ruleloop.cli.main import main

@app.command()
def boom() -> None:
    payload = {SECRET!r}
    raise RuntimeError("it broke while using " + payload)

sys.argv = ["ruleloop", "boom"]
main()
"""


class Inbox(http.server.ThreadingHTTPServer):
    """A loopback server that keeps what is posted to it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[str] = []

    @property
    def dsn(self) -> str:
        return f"http://public@127.0.0.1:{self.server_address[1]}/1"


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        assert isinstance(self.server, Inbox)
        self.server.received.append(body.decode())
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
        """Keep the test's output quiet."""


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    server = Inbox()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def boom(**environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", BOOM],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", **environment},
        timeout=60,
    )


def test_an_unexpected_error_is_sent_without_the_secret_in_it(inbox: Inbox) -> None:
    done = boom(SENTRY_DSN=inbox.dsn)

    assert done.returncode != 0
    [event] = [each for each in inbox.received if "it broke while using" in each]
    assert "RuntimeError" in event
    assert "ruleloop@" in event
    assert "<secret:github-token:" in event
    assert not any(SECRET in each for each in inbox.received)


def test_without_a_dsn_nothing_is_sent_and_sentry_is_not_even_loaded(inbox: Inbox) -> None:
    done = boom()

    assert "it broke while using" in done.stderr
    assert inbox.received == []


def test_an_error_raised_on_purpose_is_not_sent(inbox: Inbox) -> None:
    code = (
        "import sys; sys.argv = ['ruleloop', 'modes']; from ruleloop.cli.main import main; main()"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={
            "PATH": "/usr/bin:/bin",
            "SENTRY_DSN": inbox.dsn,
            "RULELOOP_HOME": "/nonexistent/home",
        },
        timeout=60,
    )

    assert done.returncode == 1
    assert inbox.received == []
