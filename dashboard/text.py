"""The one encoder: text from outside becomes text on the page, never markup.

Some twenty Streamlit sinks read Markdown, and an image in a pull-request title would make every
reader's browser call the attacker's server. Encoding each special character as an HTML entity
closes all of them (measured in a browser: no request, no image, the text shown exactly; a backslash
escape still lets `:material/...:` through). `Safe` marks what has been encoded, so that encoding
twice is encoding once, as in MarkupSafe. tests/test_dashboard_text.py walks every call in this
package and refuses a Markdown sink whose argument is neither a literal nor made in this module.
"""

import re
from collections.abc import Iterable

_SPACES = re.compile(r"\s+")
# A hyphen between two alphanumerics means nothing in Markdown; `claude-code` stays as it is.
_SPECIAL = re.compile(r"(?!(?<=[A-Za-z0-9])-(?=[A-Za-z0-9]))[^A-Za-z0-9 ]")

# Streamlit makes links of bare addresses, even encoded ones. A word joiner in between is not seen
# and is no part of an address, so nobody can click to where a title leads.
_ADDRESS = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=@)", re.IGNORECASE)
WORD_JOINER = "\N{WORD JOINER}"

NOTHING = "–"
"""What stands where there is no value."""


class Safe(str):
    """Text that may be given to a Markdown sink. Only `enc` and `md` make one."""

    __slots__ = ()


def visible(text: str) -> str:
    """Text with control, bidirectional and invisible characters spelt out; tab and newline stay."""
    return "".join(
        each if each.isprintable() or each in "\n\t" else f"\\u{{{ord(each):04x}}}" for each in text
    )


def enc(value: object) -> Safe:
    """A value as one line of Markdown that shows exactly that text, addresses as plain text."""
    if isinstance(value, Safe):
        return value
    text = NOTHING if value is None else str(value)
    line = _ADDRESS.sub(WORD_JOINER, visible(_SPACES.sub(" ", text)))
    return Safe(_SPECIAL.sub(_entity, line))


def md(template: str, **values: object) -> Safe:
    """A sentence of ours, in Markdown, with values from anywhere put in encoded.

    Args:
        template: a literal, with `{name}` where a value goes.
    """
    return Safe(template.format(**{name: enc(value) for name, value in values.items()}))


def signed(number: float, unit: str = "") -> Safe:
    """A number with its sign first, for the delta of a metric.

    Streamlit takes arrow and colour from the first character, so the minus is ASCII and is not
    encoded: `&#45;3` would rise, in green. A number cannot carry anybody's words.
    """
    return Safe(f"{float(number):+,.1f} " + enc(unit))


def join(sentences: Iterable[Safe]) -> Safe:
    """Sentences one after another."""
    return Safe(" ".join(enc(each) for each in sentences))


def _entity(match: re.Match[str]) -> str:
    each = match.group()
    return each if ord(each) > 127 and each.isalnum() else f"&#{ord(each)};"
