"""Settings are read from the nearest file, and what is impossible is said in one sentence."""

from pathlib import Path

import pytest

from ruleloop.settings import read_settings
from warehouse.errors import SettingsError


def write(folder: Path, text: str) -> Path:
    (folder / "ruleloop.yaml").write_text(text, encoding="utf-8")
    return folder


def test_without_a_file_the_home_is_beside_the_person(tmp_path: Path) -> None:
    assert read_settings(tmp_path).home.root == tmp_path / ".ruleloop"


def test_the_nearest_file_above_holds_and_its_home_is_relative_to_it(tmp_path: Path) -> None:
    write(tmp_path, "home: data/loop\n")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)

    assert read_settings(below).home.root == tmp_path / "data" / "loop"


def test_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "home: one\n")
    monkeypatch.setenv("RULELOOP_HOME", str(tmp_path / "two"))

    assert read_settings(tmp_path).home.root == tmp_path / "two"


def test_a_return_assumption_is_low_most_likely_high(tmp_path: Path) -> None:
    write(tmp_path, "return:\n  hourly_rate: [60, 90, 130]\n")

    assert read_settings(tmp_path).return_assumptions == {"hourly_rate": (60.0, 90.0, 130.0)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hme: x\n", "unknown setting 'hme'"),
        ("home: [1]\n", "home must be a path"),
        ("- a\n", "must be a mapping"),
        ("home: &a x\nreturn: *a\n", "aliases"),
        ("home: [\n", "not valid YAML"),
        ("return:\n  rate: [3, 2, 1]\n", "rising order"),
        ("return:\n  rate: [1, 2]\n", "rising order"),
        ("return:\n  rate: [1, yes, 3]\n", "rising order"),
        ("return: 5\n", "must map an input"),
    ],
)
def test_an_impossible_setting_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        read_settings(write(tmp_path, text))


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "ruleloop.yaml").write_bytes(b"home: \xff\n")

    with pytest.raises(SettingsError, match="not UTF-8 at byte 6"):
        read_settings(tmp_path)


def test_the_template_is_what_holds_by_default(tmp_path: Path) -> None:
    from ruleloop.settings import TEMPLATE

    before = read_settings(tmp_path)
    after = read_settings(write(tmp_path, TEMPLATE))

    assert (before.home, dict(before.return_assumptions)) == (
        after.home,
        dict(after.return_assumptions),
    )
