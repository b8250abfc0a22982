"""Instruction files belong to others: one marked block, and every byte around it as it was."""

import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rules_out.formats import FORMATS, Target
from tests.conftest import missing
from warehouse.errors import DriftedBlock, Refused

AGENTS = FORMATS["agents_md"]
LINES = [
    "- When you change `a`, do not b; c. (rl-00000001, 3 of 4 PRs)",
    "- d (rl-00000002, 3 PRs)",
]
TARGET = Target(
    ".agents/skills/run-checks/SKILL.md", ("src/**/*.ts", "lib/*.ts"), "What it is for."
)

PIECES = [
    b"# Title\n",
    b"## Second\r\n",
    b"---\n",
    b"name: x\n",
    b"```\n",
    b"~~~~\r\n",
    b"<!-- note\n",
    b"-->\n",
    b"Title\n=====\n",
    b"text",
    b"\n",
    b"\r\n",
    b"\r",
    b"\t- item\n",
    b"\xff\xfe\x80",
    b"\xef\xbb\xbf",
    b"\x00",
    "größer\n".encode(),
    b"ruleloop:begin",
    b"    # not a heading\n",
]
A_MARKER = re.compile(rb"<!--\s*ruleloop\s*:", re.IGNORECASE)
documents = st.one_of(
    st.binary(max_size=80),
    st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join),
    st.lists(st.sampled_from(PIECES), max_size=12).map(lambda p: b"\xef\xbb\xbf" + b"".join(p)),
).filter(lambda document: not A_MARKER.search(document))  # a marker of its own is a forged one
some_lines = st.lists(
    st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), max_size=30).filter(
        lambda line: "<!--" not in line and "-->" not in line
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=60, deadline=None)
@given(original=documents, lines=some_lines, other=some_lines)
def test_twice_is_once_and_remove_restores_every_byte(
    name: str, original: bytes, lines: list[str], other: list[str]
) -> None:
    form = FORMATS[name]

    once = form.insert(original, lines, TARGET)

    block = form.read(once)
    assert block is not None
    assert list(block.lines) == lines
    assert form.insert(once, lines, TARGET) == once
    assert form.insert(form.insert(original, other, TARGET), lines, TARGET) == once
    assert form.remove(once) == original


@settings(max_examples=150, deadline=None)
@given(original=documents, lines=some_lines, data=st.data())
def test_a_changed_byte_inside_the_block_is_drift(
    original: bytes, lines: list[str], data: st.DataObject
) -> None:
    inserted = AGENTS.insert(original, lines)
    start = inserted.index(b"<!-- ruleloop:begin")
    end = inserted.index(b"<!-- ruleloop:end -->") + len(b"<!-- ruleloop:end -->")
    place = data.draw(st.integers(start, end - 1))
    changed = inserted[:place] + b"~" + inserted[place + 1 :]

    if changed == inserted:
        return
    with pytest.raises(DriftedBlock):
        AGENTS.read(changed)


@pytest.mark.parametrize(
    ("original", "expected"),
    [
        (b"", b"BLOCK\n"),
        (b"# T\n\nText.\n", b"# T\n\nBLOCK\n\nText.\n"),
        (b"# T\nText.\n", b"# T\n\nBLOCK\n\nText.\n"),
        (b"# T", b"# T\n\nBLOCK\n"),
        (b"Text.\n", b"BLOCK\n\nText.\n"),
        (b"Intro\n\n## T\r\n", b"Intro\n\n## T\r\n\nBLOCK\n"),
        (b"---\nname: x\n---\n# T\nText\n", b"---\nname: x\n---\n# T\n\nBLOCK\n\nText\n"),
        (b"---\nname: x\n---\nText\n", b"---\nname: x\n---\n\nBLOCK\n\nText\n"),
        (b"```\n# no\n```\n# T\n", b"```\n# no\n```\n# T\n\nBLOCK\n"),
        (b"<!--\n# no\n-->\n# T\n", b"<!--\n# no\n-->\n# T\n\nBLOCK\n"),
        (b"T\n===\nText", b"T\n===\n\nBLOCK\n\nText"),
        (b"\xef\xbb\xbfText", b"\xef\xbb\xbfBLOCK\n\nText"),
    ],
)
def test_the_block_stands_after_front_matter_and_first_heading(
    original: bytes, expected: bytes
) -> None:
    inserted = AGENTS.insert(original, ["- x"])

    start = inserted.index(b"<!-- ruleloop:begin")
    end = inserted.index(b"<!-- ruleloop:end -->") + len(b"<!-- ruleloop:end -->")
    assert inserted[:start] + b"BLOCK" + inserted[end:] == expected


def test_a_file_with_windows_line_ends_keeps_them_in_the_block() -> None:
    inserted = AGENTS.insert(b"# T\r\n\r\nText.\r\n", ["- x"])

    assert b"\n" not in inserted.replace(b"\r\n", b"")


def test_a_checkout_that_converts_line_ends_is_not_drift() -> None:
    converted = AGENTS.insert(b"# T\n\nText.\n", LINES).replace(b"\n", b"\r\n")

    assert AGENTS.remove(converted) == b"# T\r\n\r\nText.\r\n"


def test_no_lines_take_the_block_out() -> None:
    assert AGENTS.insert(AGENTS.insert(b"# T\n", LINES), []) == b"# T\n"


@pytest.mark.parametrize(
    "damage",
    [
        lambda b: b + b,  # two blocks
        lambda b: b.replace(b"<!-- ruleloop:end -->", b"<!-- ruleloop:begin sha256=0 -->"),
        lambda b: b.replace(b"<!-- ruleloop:end -->\n", b""),
        lambda b: b.replace(b"ruleloop:begin", b"RULELOOP:begin"),
        lambda b: b.replace(b"- d", b"- d\n- slipped in"),
        lambda b: b.replace(b"- d", b"<!-- ruleloop:begin sha256=00 -->\n- d"),
        lambda b: b.replace(b"<!-- ruleloop:end", b"  <!-- ruleloop:end"),
        lambda b: b"<!--ruleloop:end-->\n" + b,
    ],
)
def test_forged_nested_and_edited_markers_are_drift(damage: object) -> None:
    inserted = AGENTS.insert(b"# T\n\nText.\n", LINES)
    damaged = damage(inserted)  # type: ignore[operator]  # a lambda of the list above

    for act in (AGENTS.read, AGENTS.remove, lambda b: AGENTS.insert(b, LINES)):
        with pytest.raises(DriftedBlock):
            act(damaged)


@pytest.mark.parametrize("line", ["a\nb", "a\rb", "<!-- x", "x -->", "a\u2028b", "\x1b[8m"])
def test_a_line_that_is_not_one_line_of_text_is_refused(line: str) -> None:
    with pytest.raises(Refused, match="one line of plain text"):
        AGENTS.insert(b"", [line])


def front_matter(content: bytes) -> dict[str, object]:
    return yaml.safe_load(content.decode().split("---\n")[1])  # type: ignore[no-any-return]  # a mapping


def test_new_files_get_the_front_matter_their_agent_asks_for() -> None:
    made = {name: form.insert(b"", LINES, TARGET) for name, form in FORMATS.items()}

    assert front_matter(made["skill"]) == {"name": "run-checks", "description": "What it is for."}
    assert front_matter(made["claude_rule"]) == {"paths": ["src/**/*.ts", "lib/*.ts"]}
    assert front_matter(made["copilot_path"]) == {"applyTo": "src/**/*.ts,lib/*.ts"}
    assert front_matter(made["cursor"]) == {
        "description": "What it is for.",
        "globs": "src/**/*.ts,lib/*.ts",
        "alwaysApply": False,
    }
    assert made["agents_md"].startswith(b"<!-- ruleloop:begin")


def test_a_cursor_rule_without_globs_always_applies() -> None:
    assert front_matter(FORMATS["cursor"].insert(b"", LINES))["alwaysApply"] is True


def test_a_person_who_writes_below_a_generated_file_keeps_its_front_matter() -> None:
    skill = FORMATS["skill"]
    longer = skill.insert(b"", LINES, TARGET) + b"\nMine.\n"

    left = skill.remove(longer)

    assert front_matter(left)["name"] == "run-checks"
    assert left.endswith(b"\nMine.\n")


@pytest.mark.parametrize(
    "target",
    [
        Target("skills/Upper/SKILL.md"),
        Target("skills/a--b/SKILL.md"),
        Target("SKILL.md"),
        Target("skills/" + "a" * 65 + "/SKILL.md"),
        Target("skills/a/SKILL.md", description="x" * 1025),
        Target("skills/a/SKILL.md", description="<b>"),
        Target("skills/a/SKILL.md", description="a\nb: c"),
    ],
)
def test_a_skill_the_specification_forbids_is_refused(target: Target) -> None:
    with pytest.raises(Refused):
        FORMATS["skill"].insert(b"", LINES, target)


def test_a_glob_that_would_break_the_front_matter_is_refused() -> None:
    with pytest.raises(Refused, match="not a glob"):
        FORMATS["claude_rule"].insert(b"", LINES, Target("x", ('a"\nalwaysApply: true',)))


def test_every_real_instruction_file_comes_back_byte_for_byte(data: Path) -> None:
    path = data / "instruction_files" / "files.parquet"
    if not path.is_file():
        missing(str(path))
    texts = pq.read_table(path, columns=["text"]).column("text").to_pylist()

    files = altered = 0
    for original in (text.encode() for text in texts if text is not None):
        files += 1
        inserted = AGENTS.insert(original, LINES)
        again = AGENTS.insert(inserted, LINES)
        altered += inserted != again or AGENTS.remove(inserted) != original

    assert (files, altered) == (518, 0)
