"""Every file an agent reads its instructions from, behind one contract.

`insert` twice is once; `remove(insert(x, lines)) == x`, byte for byte; a block that is not as
Ruleloop wrote it raises `DriftedBlock` and is left alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from rules_out.formats import agents_md, block, scoped, skill
from rules_out.formats.block import Block, Target

__all__ = ["FORMATS", "Block", "Format", "Target"]


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of instruction file."""

    name: str
    path: str
    """Where a repository keeps it when nothing else is said."""
    head: Callable[[Target | None], str]
    """What a new file of this kind begins with; files that exist keep their own."""

    def insert(self, original: bytes, lines: Sequence[str], target: Target | None = None) -> bytes:
        """The file with `lines` as its one block; no lines, no block.

        Raises:
            DriftedBlock: the file's markers are forged, nested, or their content was edited.
            Refused: a line or the target cannot be written in this format.
        """
        return block.insert(original, lines, self.head(target))

    def read(self, original: bytes) -> Block | None:
        """The block, or None.

        Raises:
            DriftedBlock: it is not as Ruleloop wrote it.
        """
        return block.read(original)

    def remove(self, original: bytes) -> bytes:
        """The file as it was before the block came.

        Raises:
            DriftedBlock: the block is not as Ruleloop wrote it.
        """
        return block.remove(original)


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        each.name: each
        for each in (
            Format("agents_md", "AGENTS.md", agents_md.nothing),
            Format("claude_md", "CLAUDE.md", agents_md.nothing),
            Format("claude_rule", ".claude/rules/ruleloop.md", scoped.claude_rule),
            Format("copilot", ".github/copilot-instructions.md", agents_md.nothing),
            Format(
                "copilot_path",
                ".github/instructions/ruleloop.instructions.md",
                scoped.copilot_path,
            ),
            Format("cursor", ".cursor/rules/ruleloop.mdc", scoped.cursor),
            Format("gemini", "GEMINI.md", agents_md.nothing),
            Format("replit", "replit.md", agents_md.nothing),
            Format("skill", ".agents/skills/learned-rules/SKILL.md", skill.head),
        )
    }
)
