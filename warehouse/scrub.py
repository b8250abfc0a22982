"""Takes people out of the free texts that are published: e-mails, mentions, names in trailers.

Secrets went before anything was stored (`warehouse/redact.py`). This is about the rest: a review
excerpt may say "@alice", a commit trailer "Reviewed-by: Alice <alice@example.org>". What cannot be
found by form, a bare first name in a sentence, stays; excerpts are for those who may read the
repository.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import pyarrow as pa

from warehouse.published import FREE_TEXT

if TYPE_CHECKING:
    from warehouse.store import Store

EXCERPT_BYTES = 4_096
PERSON = "<person>"
EMAIL = "<email>"

# Bounded before the @, so that a long line of word characters costs no quadratic time. The last
# label must be letters: `react@18.2.0` is a package, not an address.
_EMAIL = re.compile(
    r"<?[A-Za-z0-9._%+'\[\]-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}"
    r"\.[A-Za-z]{2,24}>?"
)
_MENTION = re.compile(r"(?<![A-Za-z0-9/])@([A-Za-z0-9][A-Za-z0-9-]{0,38})(?![A-Za-z0-9-]|/)")
_TRAILER = re.compile(
    r"(?im)^([ \t]*[a-z][a-z-]{1,30}-(?:by|with|for):[ \t]*)([^<\n]{1,100}?)([ \t]*<)"
)
_WORD = re.compile(r"[A-Za-z0-9]+")
_TOKEN = re.compile(r"(?<![A-Za-z0-9-])[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*(?![A-Za-z0-9/-])")

# Names made only of these are an agent's, a model's or a robot's, not a person's.
_AGENT_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        1m agent ai aider amp anthropic assistant bot claude cli code codex context copilot cursor
        devin droid factory flow gemini github google gpt grok haiku jules kiro model noreply
        openai opencode openhands opus qwen replit roo sonnet swe sweep web windsurf
        """,
    )
)

_LOGINS = """
SELECT author_login AS login FROM pull_request WHERE COALESCE(author_type, '') <> 'Bot'
UNION SELECT merged_by_login FROM pull_request
UNION SELECT author_login FROM review WHERE COALESCE(author_type, '') <> 'Bot'
UNION SELECT author_login FROM review_comment WHERE COALESCE(author_type, '') <> 'Bot'
UNION SELECT author_login FROM comment WHERE COALESCE(author_type, '') <> 'Bot'
UNION SELECT author_login FROM issue
UNION SELECT author_login FROM pull_request_commit
UNION SELECT committer_login FROM pull_request_commit
UNION SELECT actor_login FROM timeline_event WHERE COALESCE(actor_type, '') <> 'Bot'
UNION SELECT actor_login FROM workflow_run
UNION SELECT maker_id FROM failure
"""


@dataclass(frozen=True, slots=True)
class Scrubber:
    """What is known about who is a person, to be taken out of texts."""

    pseudonyms: Mapping[str, str]
    """Lower-case login of a person -> pseudonym."""
    names: Mapping[str, frozenset[str]]
    """Pull request id or commit sha -> names of the people who committed."""

    @classmethod
    def of(cls, store: "Store", pseudonymise: Callable[[str], str]) -> Self:
        """Read the people of a warehouse; each distinct login is pseudonymised once."""
        logins = store.arrow(f"SELECT DISTINCT login FROM ({_LOGINS}) WHERE login IS NOT NULL")  # noqa: S608  # constant
        people = [each for each in map(str, logins["login"].to_pylist()) if not is_agent(each)]
        names: dict[str, set[str]] = {}
        for row in store.rows(
            "SELECT pull_request_id AS id, author_name AS name FROM pull_request_commit "
            "WHERE author_name IS NOT NULL UNION SELECT sha, author_name FROM commit "
            "WHERE author_name IS NOT NULL"
        ):
            if not is_agent(row["name"]) and len(row["name"]) > 1:
                names.setdefault(row["id"], set()).add(row["name"])
        return cls(
            {login.lower(): pseudonymise(login) for login in people},
            {key: frozenset(found) for key, found in names.items()},
        )

    def concerns(self, table: str) -> bool:
        """Whether a table has free texts."""
        return table in FREE_TEXT

    def scrub(self, table: str, rows: pa.Table) -> pa.Table:
        """The rows with their free texts scrubbed."""
        about = _subjects(table, rows)
        for name in FREE_TEXT[table]:
            place = rows.schema.get_field_index(name)
            values: list[str | None] = rows[name].to_pylist()
            clean = self._evidence(values, about) if name == "evidence" else self._texts(values)
            if name == "excerpt":
                clean = [_cut(each) for each in clean]
            rows = rows.set_column(place, name, pa.array(clean, pa.string()))
        return rows

    def _texts(self, values: Sequence[str | None]) -> list[str | None]:
        seen = {each: self.text(each) for each in set(values) if each is not None}
        return [each if each is None else seen[each] for each in values]

    def text(self, value: str) -> str:
        """One text without e-mails, known mentions and names in trailers."""
        if "@" not in value and "-" not in value:
            return value
        value = _TRAILER.sub(_without_name, value)
        if "@" not in value:
            return value
        value = _EMAIL.sub(EMAIL, value)
        return _MENTION.sub(self._mention, value)

    def _mention(self, found: re.Match[str]) -> str:
        known = self.pseudonyms.get(found[1].lower())
        return f"@{known}" if known else found[0]

    def _evidence(
        self, values: Sequence[str | None], about: Sequence[str | None]
    ) -> list[str | None]:
        """Evidence quotes logins and names bare, so both are looked for as whole words."""
        clean: list[str | None] = []
        for value, subject in zip(values, about, strict=True):
            if value is not None:
                for name in sorted(self.names.get(subject or "", ()), key=len, reverse=True):
                    value = value.replace(name, PERSON)
                value = _TOKEN.sub(self._token, self.text(value))
            clean.append(value)
        return clean

    def _token(self, found: re.Match[str]) -> str:
        return self.pseudonyms.get(found[0].lower(), found[0])


def is_agent(name: str) -> bool:
    """Whether a login or name is a robot's or an agent's own, and so no person's."""
    if name.lower().endswith("[bot]"):
        return True
    words = _WORD.findall(name.lower())
    return bool(words) and all(word in _AGENT_WORDS or word.isdigit() for word in words)


def _without_name(found: re.Match[str]) -> str:
    name = found[2] if is_agent(found[2]) else PERSON
    return f"{found[1]}{name}{found[3]}"


def _subjects(table: str, rows: pa.Table) -> list[str | None]:
    column = "sha" if table == "commit_authorship" else "pull_request_id"
    if column not in rows.column_names:
        return [None] * rows.num_rows
    subjects: list[str | None] = rows[column].to_pylist()
    return subjects


def _cut(text: str | None) -> str | None:
    """At most 4 KiB, not through the middle of a character."""
    if text is None or len(text) * 4 <= EXCERPT_BYTES:
        return text
    return text.encode("utf-8", "replace")[:EXCERPT_BYTES].decode("utf-8", "ignore")
