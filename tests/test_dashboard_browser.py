"""The pages in a real browser: no sideways scroll, no error, no request to anybody, and no markup.

Started with the command line the front door uses, from a directory that is not ours and holds a
Streamlit configuration of its own. Screenshots go to the tests' temporary directory.
"""

import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from dashboard.launch import command
from dashboard.text import WORD_JOINER
from tests.conftest import missing
from tests.dashboard_home import a_home, a_normal_organisation
from warehouse.home import Home
from warehouse.journal import Journal

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

pytestmark = pytest.mark.tools

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

PAGES = {
    "overview": "",
    "failure-modes": "failure-modes",
    "failure mode": "failure-modes?mode=fm-1",
    "rule-inbox": "rule-inbox",
    "experiments": "experiments",
    "return": "return",
    "data-health": "data-health",
}

# A page opened at its own address is first looked for below that address; Streamlit then falls
# back to the root. No setting turns the two questions off.
LOOKING_FOR_THE_ROOT = re.compile(r"/[\w-]+/_stcore/(health|host-config)$")

IDLE = "[data-testid=stApp][data-test-script-state=notRunning]"
MAIN = "document.querySelector('[data-testid=stMain]')"


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    chromium = shutil.which("chromium")
    if chromium is None:
        missing("chromium")
    if find_spec("playwright") is None:
        missing("playwright")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield found
        found.close()


@contextmanager
def serving(home: Home, folder: Path) -> Iterator[str]:
    """The address of the pages of a home."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / ".streamlit").mkdir(parents=True)
    (folder / ".streamlit" / "config.toml").write_text(
        '[server]\nbaseUrlPath = "elsewhere"\n[browser]\ngatherUsageStats = true\n'
        '[theme]\nprimaryColor = "#FF00FF"\n'
    )
    (folder / "warehouse.py").write_text("raise ImportError('this is not the warehouse')\n")
    arguments, environment = command(home.root, port)
    with subprocess.Popen(
        arguments,
        env={**os.environ, **environment},
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            yield _answering(f"http://127.0.0.1:{port}")
        finally:
            server.terminate()


def _answering(address: str) -> str:
    for _ in range(150):
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                return address
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"nothing answers at {address}")


class Visit:
    """One tab, and what the browser did in it."""

    def __init__(self, page: "Page", address: str) -> None:
        self.page = page
        self.address = address
        self.errors: list[str] = []
        self.elsewhere: list[str] = []
        self._size: Any = page.viewport_size
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self._asked(request.url))
        page.on("dialog", lambda dialog: self.errors.append(f"dialog {dialog.message}"))

    def _heard(self, message: "ConsoleMessage") -> None:
        if message.type == "error":
            where = message.location.get("url", "")
            if not LOOKING_FOR_THE_ROOT.search(where):
                self.errors.append(f"{message.text} {where}")

    def _asked(self, url: str) -> None:
        own = (self.address, self.address.replace("http", "ws", 1), "data:", "blob:")
        if not url.startswith(own):
            self.elsewhere.append(url)

    def open(self, path: str) -> None:
        self.page.set_viewport_size(self._size)
        self.page.goto(f"{self.address}/{path}")
        self.settle()

    def settle(self) -> None:
        """Until the script has run and charts and tables are drawn."""
        self.page.wait_for_selector("h1", timeout=30_000)
        self.page.wait_for_selector(IDLE, timeout=30_000)
        self.page.wait_for_timeout(600)

    def overflow(self) -> int:
        """Pixels by which the document or the page is wider than its window."""
        wide = "Math.max(d.scrollWidth - d.clientWidth, m.scrollWidth - m.clientWidth)"
        found = self.page.evaluate(f"() => {{ const d = document.documentElement, m = {MAIN};"
                                   f" return {wide} }}")  # fmt: skip
        return int(found)

    def whole(self, file: Path) -> None:
        """A picture of the whole page, which scrolls inside the window."""
        height = int(self.page.evaluate(f"() => {MAIN}.scrollHeight"))
        self.page.set_viewport_size({"width": self._size["width"], "height": height + 10})
        self.page.wait_for_timeout(300)
        self.page.screenshot(path=file)


@contextmanager
def visiting(browser: "Browser", address: str, width: int, theme: Any) -> Iterator[Visit]:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce"
    )
    try:
        yield Visit(context.new_page(), address)
    finally:
        context.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = a_home(tmp_path_factory.mktemp("normal") / "home", a_normal_organisation())
    with serving(home, tmp_path_factory.mktemp("elsewhere")) as found:
        yield found


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictures")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_fits_its_window_without_an_error_or_a_request_to_anybody(
    browser: "Browser", address: str, pictures: Path, width: int, theme: str
) -> None:
    wider: dict[str, int] = {}
    with visiting(browser, address, width, theme) as visit:
        for name, path in PAGES.items():
            visit.open(path)
            wider[name] = visit.overflow()
            visit.whole(pictures / f"{name}-{theme}-{width}.png")

    assert wider == dict.fromkeys(PAGES, 0)
    assert visit.errors == []
    assert visit.elsewhere == []


def test_the_theme_is_ours_and_its_fonts_come_from_the_server_itself(
    browser: "Browser", address: str
) -> None:
    with visiting(browser, address, 1280, "light") as visit:
        fonts: list[str] = []
        visit.page.on(
            "response", lambda r: fonts.append(r.url) if r.ok and "woff2" in r.url else None
        )
        visit.open("rule-inbox")
        primary = visit.page.locator("[data-testid=stBaseButton-primary]").first
        colour = primary.evaluate("each => getComputedStyle(each).backgroundColor")
        family = visit.page.locator("h1").evaluate("each => getComputedStyle(each).fontFamily")

    assert colour == "rgb(31, 95, 191)"
    assert family.startswith("Inter")
    assert any("inter-latin" in url for url in fonts)


def test_the_navigation_leads_to_every_page_and_a_filter_stands_in_the_address(
    browser: "Browser", address: str
) -> None:
    with visiting(browser, address, 1280, "light") as visit:
        visit.open("")
        headings = []
        for title in ("Failure modes", "Rule inbox", "Experiments", "Return", "Data health"):
            visit.page.get_by_role("link", name=title, exact=True).first.click()
            visit.page.get_by_role("heading", name=title, level=1).wait_for()
            headings.append(title)
        visit.open("?period=All")
        chosen = visit.page.get_by_role("radio", name="All").get_attribute("aria-checked")

    assert len(headings) == 5
    assert chosen == "true"
    assert visit.errors == []


def test_a_rule_is_accepted_with_the_keyboard_and_the_journal_has_it(
    browser: "Browser", tmp_path: Path
) -> None:
    home = a_home(tmp_path / "home", a_normal_organisation())
    with (
        serving(home, tmp_path / "elsewhere") as address,
        visiting(browser, address, 1280, "light") as visit,
    ):
        visit.open("rule-inbox")
        visit.page.keyboard.press("a")
        visit.page.get_by_role("button", name="Accept the rule").click()
        visit.page.get_by_text("Accepted:").wait_for()

    [event] = Journal(home.journal).events()
    assert event.data["action"] == "accept"
    assert visit.errors == []


class _Canary(BaseHTTPRequestHandler):
    """Whoever asks was led here by somebody's words."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
        pass


@contextmanager
def canary() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    handler = type("Canary", (_Canary,), {"asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_words_from_outside_are_shown_as_they_are_and_ask_nobody(
    browser: "Browser", tmp_path: Path
) -> None:
    with canary() as (trap, asked):
        words = (
            f"![a]({trap}/a.png) <img src={trap}/b.png onerror=alert(1)> "
            "<script>alert(2)</script> [l](javascript:alert(3)) :material/home: :red[r] $x^2$ `c` "
            "https://evil.example/x www.evil.example"
        )
        home = a_home(tmp_path / "home", a_normal_organisation(words), notes=[words])
        leads: dict[str, int] = {}
        with (
            serving(home, tmp_path / "elsewhere") as address,
            visiting(browser, address, 1280, "light") as visit,
        ):
            for name, path in PAGES.items():
                visit.open(path)
                bad = f"[src*='{trap}'], a[href*='evil'], a[href*='{trap}'], a[href^=javascript]"
                leads[name] = visit.page.locator(bad).count()
                if name == "failure mode":
                    heading = visit.page.locator("h1").inner_text()
            visit.open("rule-inbox")
            visit.page.keyboard.press("a")
            visit.page.get_by_role("button", name="Accept the rule").click()
            visit.page.get_by_text("Accepted:").wait_for()

    assert asked == []
    assert leads == dict.fromkeys(PAGES, 0)
    assert visit.errors == []
    assert visit.elsewhere == []
    assert heading.replace(WORD_JOINER, "") == f"Line too long: {words}"
