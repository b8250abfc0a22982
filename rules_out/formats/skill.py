"""SKILL.md: a procedure an agent loads when its description fits.

The Agent Skills specification asks for `name` (1-64 lower-case letters, digits and single hyphens,
equal to the folder's name) and `description` (1-1,024 characters; Codex refuses `<` and `>`), and
its validator rejects unknown fields.
"""

import json
import re
from pathlib import PurePosixPath

from rules_out.formats.block import Target
from warehouse.errors import Refused

NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
MAX_NAME = 64
MAX_DESCRIPTION = 1024

_DEFAULT = Target(
    ".agents/skills/learned-rules/SKILL.md",
    description="Rules learned from this repository's pull requests. Use before you open one.",
)


def head(target: Target | None) -> str:
    """Front matter and heading of a new SKILL.md.

    Raises:
        Refused: the folder's name or the description is not one the specification allows.
    """
    target = target or _DEFAULT
    name = PurePosixPath(target.path).parent.name
    if not NAME.fullmatch(name) or len(name) > MAX_NAME:
        raise Refused(
            f"the skill's folder is called {name!a}; a name is 1 to {MAX_NAME} lower-case letters, "
            "digits and single hyphens"
        )
    description = target.description or _DEFAULT.description
    if len(description) > MAX_DESCRIPTION or re.search(r"[<>\x00-\x1f]", description):
        raise Refused(
            f"the description of skill {name} must be one line of at most {MAX_DESCRIPTION} "
            "characters without < and >"
        )
    quoted = json.dumps(description, ensure_ascii=False)
    return f"---\nname: {name}\ndescription: {quoted}\n---\n\n# {name}\n\n"
