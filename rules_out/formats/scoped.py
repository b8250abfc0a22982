"""Formats whose front matter says for which files the rules hold: Claude rules, Copilot, Cursor.

Each spells the same globs its own way, and a wrong spelling silently switches the file off: a
Copilot file without `applyTo` is never applied on GitHub, a quoted "true" is not always-on in
Cursor. Patterns are JSON-quoted, because an unquoted `*` begins a YAML alias.
"""

import json
import re

from rules_out.formats.block import Target
from warehouse.errors import Refused

_GLOB = re.compile(r"[\w./*?{},@+\[\]()$~-]{1,200}")


def claude_rule(target: Target | None) -> str:
    """`.claude/rules/*.md`: a list under `paths`; without it the rule always loads."""
    globs = _globs(target)
    if not globs:
        return ""
    rows = "".join(f"  - {json.dumps(glob)}\n" for glob in globs)
    return f"---\npaths:\n{rows}---\n\n"


def copilot_path(target: Target | None) -> str:
    """`.github/instructions/*.instructions.md`: `applyTo` is required."""
    return f"---\napplyTo: {json.dumps(','.join(_globs(target) or ('**',)))}\n---\n\n"


def cursor(target: Target | None) -> str:
    """`.cursor/rules/*.mdc`: attached by globs, or always when there are none."""
    globs = _globs(target)
    description = target.description if target and target.description else "Learned rules"
    if re.search(r"[\x00-\x1f]", description):
        raise Refused("the description of a Cursor rule must be one line")
    rows = f"description: {json.dumps(description, ensure_ascii=False)}\n"
    if globs:
        rows += f"globs: {json.dumps(','.join(globs))}\n"
    always = "false" if globs else "true"
    return f"---\n{rows}alwaysApply: {always}\n---\n\n"


def _globs(target: Target | None) -> tuple[str, ...]:
    globs = target.globs if target else ()
    for glob in globs:
        if not _GLOB.fullmatch(glob):
            raise Refused(f"{glob!a} is not a glob; letters, digits, ./*?{{}}-_ are allowed")
    return globs
