"""Formats without a front matter: AGENTS.md and the files other agents read in its place.

Claude Code reads CLAUDE.md and follows `@AGENTS.md` inside it; Gemini and Replit read their own.
"""

from rules_out.formats.block import Target


def nothing(target: Target | None) -> str:
    """These files need no head of their own."""
    del target
    return ""
