"""How the pages are started, and what they are drawn with."""

import tomllib
from pathlib import Path

import pytest

from dashboard.launch import APP, command
from dashboard.palette import agent_colours


def test_the_server_is_guarded_by_flags_that_no_file_or_variable_overrides(tmp_path: Path) -> None:
    arguments, environment = command(tmp_path / "home", 8501)

    assert arguments[1:5] == ["-m", "streamlit", "run", str(APP)]
    assert {
        "--server.address=127.0.0.1",
        "--server.port=8501",
        "--server.allowedHosts=127.0.0.1",
        "--server.enableXsrfProtection=true",
        "--server.enableCORS=true",
        "--server.enableAgentApi=false",
        "--browser.gatherUsageStats=false",
        "--client.showErrorLinks=false",
        "--client.showErrorDetails=type",
    } <= set(arguments)
    assert environment["RULELOOP_HOME"] == str(tmp_path / "home")


def test_listening_on_every_interface_answers_to_every_name_and_on_one_to_its_own() -> None:
    everywhere, _ = command(Path("/home"), 1, "0.0.0.0")
    here, _ = command(Path("/home"), 1, "10.0.0.5")

    assert "--server.allowedHosts=*" in everywhere
    assert "--server.allowedHosts=10.0.0.5" in here


def test_every_option_is_one_that_streamlit_has() -> None:
    from streamlit import config

    known = set(config.get_config_options())
    asked = {each[2:].split("=")[0] for each in command(Path("/h"), 1)[0] if each[:2] == "--"}
    written = tomllib.loads((APP.parent / ".streamlit" / "config.toml").read_text())
    themes = {key for section in ("light", "dark") for key in written["theme"][section]}

    assert asked <= known
    assert {f"theme.{key}" for key in themes - {"sidebar"}} <= known


def test_fonts_lie_beside_the_pages_with_their_licences_and_weigh_under_100_kb() -> None:
    static = APP.parent / "static"
    fonts = sorted(static.glob("*.woff2"))
    licences = sorted(static.glob("*-LICENSE.txt"))

    assert len(fonts) == len(licences) == 2
    assert sum(each.stat().st_size for each in [*fonts, *licences]) < 100_000
    assert all("SIL Open Font License" in each.read_text() for each in licences)
    config = (APP.parent / ".streamlit" / "config.toml").read_text()
    assert all(f"app/static/{each.name}" in config for each in fonts)


def test_every_colour_of_an_agent_reads_on_both_surfaces_of_its_theme() -> None:
    surfaces = {"light": ("#FFFFFF", "#F6F8FA"), "dark": ("#0E141B", "#171F29")}
    agents = [
        "claude-code",
        "codex",
        "copilot",
        "cursor",
        "devin",
        "jules",
        "replit",
        "unknown",
        "human",
        "other",
    ]

    low = [
        (theme, agent, surface)
        for theme in ("light", "dark")
        for agent, colour in zip(agents, agent_colours(agents, theme), strict=True)
        for surface in surfaces[theme]
        if contrast(colour, surface) < 4.5
    ]

    assert low == []
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)


def contrast(one: str, other: str) -> float:
    """WCAG 2: of two colours, the ratio of relative luminances."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)
