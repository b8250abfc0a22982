"""Everything Ruleloop raises on purpose.

* RuleloopError            shown by the command line as one sentence, exit 1
  x BadInput               a file or payload cannot be used; says what, where and what would be right
  x SourceError            a source answered with an error or not at all
  x GitError               git failed; carries what had been read
  x Locked                 another process holds the writer's or the journal's lock
  x Damaged                a file does not match its own hash
  x NotFound               there is no home, snapshot or clone where one was expected
  x UnknownName            no metric, rule, mode, source ... has that name; lists those there are
  x SettingsError          ruleloop.yaml or the environment says something impossible
  x Refused                allowed by nobody: a decision the rules of the house forbid
    + NotAttested          a slot of the rule does not exist in the repository
    + DriftedBlock         the managed block was edited, forged or nested
    + Frozen               `ruleloop freeze` is in force
"""

from collections.abc import Iterable
from difflib import get_close_matches

_LISTED = 40
"""How many names an error lists."""


class RuleloopError(Exception):
    """Base class; its message is written for the person at the keyboard."""


class BadInput(RuleloopError):
    """A file or payload cannot be used."""


class SourceError(RuleloopError):
    """A source answered with an error or not at all."""


class GitError(RuleloopError):
    """git failed; the message says at which step and what had been read."""


class Locked(RuleloopError):
    """Another process is writing."""


class Damaged(RuleloopError):
    """A file does not match its own hash."""


class NotFound(RuleloopError):
    """Something expected on disk is not there."""


class UnknownName(RuleloopError):
    """No thing of that kind has that name."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        known = sorted(known)
        near = get_close_matches(name, known, n=1)
        first = ", ".join(known[:_LISTED]) + (
            f" and {len(known) - _LISTED} more" if known[_LISTED:] else ""
        )
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {first or 'none'}"
        super().__init__(f"no {kind} is called {name!r}; {hint}")


class SettingsError(RuleloopError):
    """A setting is impossible."""


class Refused(RuleloopError):
    """The rules of the house forbid it."""


class NotAttested(Refused):
    """A slot of the rule does not exist in the repository."""


class DriftedBlock(Refused):
    """The managed block was edited, forged or nested by somebody else."""


class Frozen(Refused):
    """`ruleloop freeze` is in force."""
