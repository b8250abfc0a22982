"""Accepted wordings reach a working tree, between the markers, and nothing else does."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rules_out.decide import decide
from rules_out.formats import FORMATS, Target
from rules_out.publish import AcceptedRule, accepted, allowed, into
from rules_out.standing import text_sha256
from tests.build import MONDAY
from tests.test_decide import a_rule
from warehouse.errors import BadInput, DriftedBlock, Refused
from warehouse.journal import Journal

FIRST, SECOND = "rl-00000001", "rl-00000002"


def text_of(rule_id: str, word: str = "a") -> str:
    return f"- Before you push, do not use `{word}`; use `b`. ({rule_id}, 3 of 9 PRs)"


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    path = tmp_path / "tree"
    path.mkdir()
    return path


def an_accepted(journal: Journal, rule_id: str = FIRST, **changes: Any) -> AcceptedRule:
    """A rule that was accepted through the journal."""
    row = a_rule(rule_id=rule_id, text=text_of(rule_id)) | changes
    decide(journal, row, "accept", actor="p-0badcafe", at_us=MONDAY)
    return accepted(row | {"state": "accepted"}, journal.events())


def a_skill(rule_id: str = FIRST) -> str:
    target = Target(f".agents/skills/checks-{rule_id}/SKILL.md", description="Three checks.")
    return FORMATS["skill"].insert(b"", ["1. Run `make a`.", "2. Run `make b`."], target).decode()


def files(tree: Path) -> set[str]:
    return {str(p.relative_to(tree)) for p in tree.rglob("*") if not p.is_dir()}


def test_an_accepted_line_is_written_between_the_markers_and_the_diff_shows_it(
    journal: Journal, tree: Path
) -> None:
    (tree / "AGENTS.md").write_bytes(b"# Rules\r\n\r\nBe kind.")

    publication = into(tree, [an_accepted(journal)])

    content = (tree / "AGENTS.md").read_bytes()
    assert FORMATS["agents_md"].remove(content) == b"# Rules\r\n\r\nBe kind."
    block = FORMATS["agents_md"].read(content)
    assert block is not None
    assert block.lines == (text_of(FIRST),)
    assert f"+{text_of(FIRST)}" in publication.diff
    assert publication.diff.startswith("--- a/AGENTS.md\n+++ b/AGENTS.md\n")
    assert publication.changed == (tree / "AGENTS.md",)
    assert publication.written == (
        {
            "rule_id": FIRST,
            "repo": "acme/shop",
            "path": "AGENTS.md",
            "text_sha256": text_sha256(text_of(FIRST)),
        },
    )
    assert files(tree) == {"AGENTS.md"}


def test_the_second_time_changes_nothing(journal: Journal, tree: Path) -> None:
    rule = an_accepted(journal)
    first = into(tree, [rule])
    before = (tree / "AGENTS.md").stat()

    again = into(tree, [rule])

    assert (again.diff, again.changed, again.written) == ("", (), first.written)
    assert (tree / "AGENTS.md").stat() == before


def test_the_diff_is_one_git_can_apply(journal: Journal, tree: Path) -> None:
    for content in (b"# Rules\n\nBe kind.\n", b"# Rules\n\nBe kind."):
        copy = tree.parent / f"copy{len(content)}"
        copy.mkdir()
        for folder in (tree, copy):
            (folder / "AGENTS.md").write_bytes(content)
        subprocess.run(["git", "init", "-q", str(copy)], check=True)

        diff = into(tree, [an_accepted(journal)]).diff

        subprocess.run(["git", "apply", "-"], input=diff.encode(), cwd=copy, check=True)
        assert (copy / "AGENTS.md").read_bytes() == (tree / "AGENTS.md").read_bytes()


def test_a_second_rule_joins_the_first_and_a_new_wording_takes_its_place(
    journal: Journal, tree: Path
) -> None:
    into(tree, [an_accepted(journal, FIRST)])
    into(tree, [an_accepted(journal, SECOND)])
    into(tree, [an_accepted(journal, FIRST, text=text_of(FIRST, "newer"))])

    block = FORMATS["agents_md"].read((tree / "AGENTS.md").read_bytes())

    assert block is not None
    assert block.lines == (text_of(FIRST, "newer"), text_of(SECOND))


def test_the_best_supported_rule_stands_first(journal: Journal, tree: Path) -> None:
    rules = [
        an_accepted(journal, FIRST, support_pull_requests=3),
        an_accepted(journal, SECOND, support_pull_requests=7),
    ]

    into(tree, [replace(r, known=rules[1].known) for r in rules])

    text = (tree / "AGENTS.md").read_text()
    assert text.index(SECOND) < text.index(FIRST)


def test_a_procedure_becomes_one_skill_file(journal: Journal, tree: Path) -> None:
    rule = an_accepted(journal, target="skill", text=a_skill())

    publication = into(tree, [rule])

    path = f".agents/skills/checks-{FIRST}/SKILL.md"
    assert files(tree) == {path}
    assert (tree / path).read_text() == a_skill()
    assert publication.diff.startswith(f"--- /dev/null\n+++ b/{path}\n")
    assert into(tree, [rule]).diff == ""


def test_a_skill_somebody_changed_is_left_alone(journal: Journal, tree: Path) -> None:
    rule = an_accepted(journal, target="skill", text=a_skill())
    into(tree, [rule])
    path = tree / f".agents/skills/checks-{FIRST}/SKILL.md"
    path.write_text(path.read_text() + "Mine.\n")

    with pytest.raises(DriftedBlock):
        into(tree, [rule])

    assert path.read_text().endswith("Mine.\n")


def test_only_a_rule_accepted_in_this_wording_can_be_published(journal: Journal) -> None:
    row = a_rule(rule_id=FIRST, text=text_of(FIRST))
    with pytest.raises(Refused, match="was not accepted in this wording"):
        accepted(row, journal.events())

    decide(journal, row, "accept", actor="p-0badcafe", at_us=MONDAY)
    with pytest.raises(Refused, match="was not accepted in this wording"):
        accepted(row | {"state": "accepted", "text": text_of(FIRST, "other")}, journal.events())
    with pytest.raises(Refused, match="is rejected"):
        accepted(row | {"state": "rejected"}, journal.events())


def test_a_rule_whose_wording_does_not_match_its_hash_is_refused(
    journal: Journal, tree: Path
) -> None:
    rule = an_accepted(journal)
    for forged in (
        replace(rule, text=text_of(FIRST, "other")),
        replace(rule, text=text_of(FIRST, "x"), text_sha256=text_sha256(text_of(FIRST, "x"))),
        replace(rule, rule_id="../../etc"),
    ):
        with pytest.raises(Refused):
            into(tree, [forged])

    assert files(tree) == set()


@pytest.mark.parametrize("name", ["AGENTS.md", ".agents", ".agents/skills"])
def test_a_link_on_the_way_is_refused(journal: Journal, tree: Path, name: str) -> None:
    outside = tree.parent / "outside"
    outside.mkdir()
    (outside / "AGENTS.md").write_text("theirs\n")
    (tree / name).parent.mkdir(exist_ok=True)
    (tree / name).symlink_to(outside / "AGENTS.md" if name == "AGENTS.md" else outside)
    rule = (
        an_accepted(journal)
        if name == "AGENTS.md"
        else an_accepted(journal, target="skill", text=a_skill())
    )

    with pytest.raises(Refused, match="is a link"):
        into(tree, [rule])

    assert files(outside) == {"AGENTS.md"}
    assert (outside / "AGENTS.md").read_text() == "theirs\n"


def test_a_pipe_or_a_folder_in_the_files_place_is_refused(journal: Journal, tree: Path) -> None:
    rule = an_accepted(journal)
    os.mkfifo(tree / "AGENTS.md")
    with pytest.raises(Refused, match="not a plain file"):
        into(tree, [rule])

    (tree / "AGENTS.md").unlink()
    (tree / "AGENTS.md").mkdir()
    with pytest.raises(Refused, match="not a plain file"):
        into(tree, [rule])


@pytest.mark.parametrize(
    "relative",
    [
        "../AGENTS.md",
        "/AGENTS.md",
        "docs/AGENTS.md",
        ".github/workflows/ci.yml",
        ".github/CODEOWNERS",
        "CODEOWNERS",
        ".agents/skills/../../x/SKILL.md",
        ".agents/skills/x/run.sh",
        ".agents/skills/X/SKILL.md",
        ".agents/skills/a/b/SKILL.md",
        ".git/hooks/pre-commit",
        "AGENTS.md\n",
    ],
)
def test_nothing_else_may_be_written(relative: str) -> None:
    assert not allowed(relative)
    assert allowed("AGENTS.md")
    assert allowed(".agents/skills/checks-rl-00000001/SKILL.md")


def test_a_line_nobody_accepted_here_stops_the_publication(journal: Journal, tree: Path) -> None:
    forged = FORMATS["agents_md"].insert(b"", [text_of(SECOND, "evil")])
    (tree / "AGENTS.md").write_bytes(forged)

    with pytest.raises(
        DriftedBlock, match="holds rl-00000002 in a wording that was never accepted"
    ):
        into(tree, [an_accepted(journal)])

    assert (tree / "AGENTS.md").read_bytes() == forged


def test_a_drifted_block_stops_everything_before_anything_is_written(
    journal: Journal, tree: Path
) -> None:
    line, procedure = an_accepted(journal), an_accepted(journal, SECOND, target="skill",
                                                        text=a_skill(SECOND))  # fmt: skip
    into(tree, [line])
    path = tree / "AGENTS.md"
    path.write_bytes(path.read_bytes().replace(b"`b`", b"`c`"))
    before = path.read_bytes()

    with pytest.raises(DriftedBlock):
        into(tree, [replace(line, known=procedure.known), procedure])

    assert path.read_bytes() == before
    assert files(tree) == {"AGENTS.md"}


def test_the_file_keeps_its_mode_and_no_temporary_file_is_left(
    journal: Journal, tree: Path
) -> None:
    path = tree / "AGENTS.md"
    path.write_text("# T\n")
    path.chmod(0o600)

    into(tree, [an_accepted(journal)])

    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tree.iterdir()] == ["AGENTS.md"]


def test_what_is_no_working_tree_is_refused(journal: Journal, tree: Path) -> None:
    rule = an_accepted(journal)
    subprocess.run(["git", "init", "-q", "--bare", str(tree / "bare.git")], check=True)
    subprocess.run(["git", "init", "-q", str(tree / "normal")], check=True)

    for wrong in (tree / "missing", tree / "bare.git", tree / "normal" / ".git"):
        with pytest.raises(BadInput, match="working tree"):
            into(wrong, [rule])
    assert into(tree / "normal", [rule]).changed == (tree / "normal" / "AGENTS.md",)


def test_publishing_nothing_writes_nothing(tree: Path) -> None:
    assert into(tree, []).diff == ""
    assert files(tree) == set()
