"""What is suspicious in a piece of evidence, or in a rule before anybody may accept it.

A deny-list never caught more than half of the injections it was tried on, so it is not the defence:
templates with attested slots are (rules_out/slots.py). The gate does two smaller things. Evidence
with a `quarantine` finding gives no support and no slot, because nobody writes such text by
accident: of 23,520 real review comments under 0.2 % hold any. A rule with a finding of either
severity is refused, because a rule needs neither a URL nor an HTML comment.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from warehouse.redact import redact

Severity = Literal["quarantine", "flag"]

MAX_TEXT = 65_536
"""Longer evidence is cut before it is looked at; the warehouse keeps at most 4 KiB of it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One suspicious place in a text."""

    code: str
    message: str
    severity: Severity
    """`quarantine`: as evidence it gives no support. `flag`: shown. A rule is refused for both."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Pattern:
    code: str
    message: str
    severity: Severity
    expression: re.Pattern[str]


def _pattern(code: str, message: str, severity: Severity, expression: str) -> _Pattern:
    return _Pattern(code, message, severity, re.compile(expression, re.IGNORECASE | re.MULTILINE))


# Repetition is bounded everywhere, so that no input takes more than linear time.
_PATTERNS = (
    _pattern(
        "override",
        "tells an agent to drop or replace its instructions",
        "quarantine",
        r"\b(?:ignore|disregard|forget|override|bypass)\b[^.\n]{0,40}"
        r"\b(?:previous|prior|above|earlier|preceding|all|everything|your)\b[^.\n]{0,30}"
        r"\b(?:instructions?|prompts?|rules?|guidelines|messages?|directions|learned)\b"
        r"|\b(?:decode|decrypt)\s{1,3}and\s{1,3}(?:follow|run|execute|obey)\b"
        r"|^\W{0,4}new\s{1,3}rules?\s{0,3}:"
        r"|\b(?:never|do\s{1,3}not|don't)\s{1,3}(?:mention|reveal|disclose)\s{1,3}(?:these|this|your|the)\s{1,3}"
        r"(?:system\s{1,3})?(?:instructions?|prompt|rules?)\b"
        r"|--\s{0,3}additional\s[^\n]{0,40}\binstructions?\b",
    ),
    _pattern(
        "role-tag",
        "imitates the turns of a chat",
        "quarantine",
        r"</?(?:system|assistant|instructions?|review|user_input|system-reminder|im_start|im_end)>"
        r"|<\|(?:im_start|im_end|system|user|assistant|endoftext)\|>|\[/?INST\]",
    ),
    _pattern(
        "marker",
        "imitates a marker of Ruleloop",
        "quarantine",
        r"<!--\s{0,8}(?:ruleloop|layer7)\s{0,3}:|\bruleloop:(?:begin|end)\b",
    ),
    _pattern(
        "hidden-reference",
        "is a link definition that renders as nothing",
        "quarantine",
        r"^\s{0,3}\[(?://|comment|#)\]:\s{0,3}(?:#|<>)",
    ),
    _pattern(
        "html-comment", "is an HTML comment, which a reader does not see", "flag", r"<!--|-->"
    ),
    _pattern(
        "url",
        "names an address",
        "flag",
        r"\b[a-z][a-z0-9+.-]{1,12}://|\b(?:javascript|data|mailto):\S|\bwww\.\w",
    ),
    _pattern("image", "is a link or an image", "flag", r"!?\[[^\]\n]{0,300}\]\([^)\n]{1,300}\)"),
    _pattern(
        "html",
        "is active HTML",
        "flag",
        r"<\s{0,3}/?(?:script|iframe|object|embed|svg|img|form|meta|link|style|base)\b",
    ),
    _pattern(
        "pipe-to-shell",
        "fetches from the network, or runs what it fetched",
        "flag",
        r"\b(?:curl|wget|iwr|invoke-webrequest)\b[^\n|]{0,300}\|\s{0,3}(?:sudo\s{1,3})?(?:ba|z|da|k)?sh\b"
        r"|\b(?:ba|z)?sh\s{1,3}(?:-c\s{1,3})?<\(|\bbase64\s{1,3}(?:-d|--decode)\b|\$\([^)\n]{1,200}\)"
        r"|\b(?:curl|wget)\s",
    ),
    _pattern(
        "credential-path",
        "names a place where credentials are kept",
        "flag",
        r"(?<![\w.])\.env(?!\.(?:example|sample|template|dist)\b)(?:\.\w{1,20})?\b(?!\()"
        r"|\.ssh\b|\bid_(?:rsa|dsa|ecdsa|ed25519)\b|\.aws/|\.netrc\b|\.npmrc\b|\.pypirc\b|\.git-credentials\b"
        r"|\.kube/|\bkubeconfig\b|/etc/(?:passwd|shadow|sudoers)\b|\.docker/config\.json|\.gnupg\b",
    ),
    _pattern(
        "disables-check",
        "switches a check or a review off",
        "flag",
        r"--no-verify\b|--no-gpg-sign\b|--force(?!-with-lease|\w)|\bpush\s{1,3}-f\b"
        r"|\|\|\s{0,3}(?:true|:|exit\s{1,3}0)(?!\w)"
        r"|\[(?:skip ci|ci skip|no ci)\]|\bcontinue-on-error\b|\bwrite-all\b"
        r"|\bverify\s{0,2}=\s{0,2}false\b"
        r"|\bNODE_TLS_REJECT_UNAUTHORIZED\b"
        r"|--(?:insecure|allow-unsafe|trusted-host|dangerously[\w-]{0,40})\b"
        r"|\b(?:skip|disable|bypass|delete|remove|silence|comment\s{1,3}out|turn\s{1,3}off)\b[^.\n]{0,40}"
        r"\b(?:tests?|checks?|ci|lint(?:er|ing)?|hooks?|reviews?|reviewers?|verification|validation|scann(?:er|ing)|tls|ssl)\b"
        r"|\bwithout\s{1,3}(?:a\s{1,3})?reviews?\b|\b(?:auto-?)?approve\s{1,3}any\b"
        r"|\bdo\s{1,3}not\s{1,3}report\b",
    ),
    _pattern(
        "protected-target",
        "names a file that decides who checks what",
        "flag",
        r"\.github/(?:workflows|actions)\b|\bCODEOWNERS\b|\.gitlab-ci\.ya?ml\b|\.circleci/|\bJenkinsfile\b"
        r"|\.git/(?:hooks|config)\b|\.claude/settings|\.cursor/(?:hooks|mcp)|\.husky/|\.mcp\.json\b",
    ),
    _pattern(
        "traversal",
        "climbs out of its directory",
        "flag",
        r"(?:^|[\s\"'`(/\\=])\.\.[/\\]|%2e%2e|[/\\]\.\.$",
    ),
    _pattern(
        "import",
        "reads as an `@import`, which some agents follow",
        "flag",
        r"(?:^|[\s(`])@(?:~|\.{1,2})?/[\w./-]{1,200}|(?:^|[\s(`])@[\w./-]{1,200}\.(?:md|mdc|txt)\b",
    ),
    _pattern(
        "workflow-command",
        "is a command to the CI runner",
        "flag",
        r"^::[a-z-]{3,20}(?:\s[^\n:]{0,200})?::",
    ),
)

# A CI log may colour itself, clear its line, turn a spinner and set a terminal's modes. Anything
# else an escape sequence can do (conceal, move the cursor, write a link or a title) makes a reader
# see what is not there.
_HARMLESS = re.compile(
    r"\x1b\[(?:0|1|2|3|4|5|7|9|2[1-9]|[34]\d|9\d|10[0-7]|;|38;5;\d{1,3})*m|\x1b\[[012]?K"
    r"|\x1b\[\?(?:1|7|12|25|2004)[hl]|\x1b[=>]|\x1b\(B|(?<=[|/\\-])\x08"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BIDI = re.compile(r"[\u061c\u202a-\u202e\u2066-\u2069]")
_TAG = re.compile(r"[\U000e0000-\U000e007f]+")
_FLAG_OF_A_REGION = re.compile(r"\U0001f3f4[\U000e0061-\U000e007a]{2,6}\U000e007f")
_SELECTORS = re.compile(r"[\U000e0100-\U000e01ef]+|[\ufe00-\ufe0f]{2,}|[\ufe00-\ufe0d]")
_FULL_WIDTH = re.compile(r"[\uff21-\uff3a\uff41-\uff5a]{3,}")
_WORD = re.compile(r"[^\W\d_]{2,}")
_GREEK_LOOKALIKES = frozenset("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορυχ")
# Zero-width joiners spell emoji and several scripts; direction marks stand in Arabic and Hebrew.
_JOINERS = frozenset("\u200c\u200d")
_DIRECTION_MARKS = frozenset("\u200e\u200f")
# Blank, yet a letter or a mark to Unicode: Hangul fillers, the combining joiner, Khmer vowels.
_BLANK_LETTERS = re.compile(r"[\u115f\u1160\u3164\uffa0\u034f\u17b4\u17b5\u2800]{2,}")


def inspect(text: str) -> list[Finding]:
    """Everything suspicious in `text`, in order of place; an empty list proves no innocence."""
    if len(text) > MAX_TEXT:
        return [
            *inspect(text[:MAX_TEXT]),
            Finding("too-long", "is too long to be read whole", "flag", MAX_TEXT, len(text)),
        ]
    found = [
        Finding(p.code, p.message, p.severity, m.start(), m.end())
        for p in _PATTERNS
        for m in p.expression.finditer(text)
    ]
    found += _controls(text)
    if not text.isascii():
        for check in (_hidden, _scripts):
            found += check(text)
    found += _secrets(text)
    return sorted(found, key=lambda f: (f.start, f.end, f.code))


def quarantined(text: str | None) -> bool:
    """Whether this evidence gives no support."""
    return bool(text) and any(f.severity == "quarantine" for f in inspect(text or ""))


def visible(text: str) -> str:
    """The text with everything a reader cannot see written out, as `\\u{200b}`."""
    return "".join(_written_out(c) if _unseen(c) else c for c in text)


def _unseen(character: str) -> bool:
    if character in "\n\t":
        return False
    selector = "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    return selector or unicodedata.category(character) in {"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"}


def _written_out(character: str) -> str:
    return f"\\u{{{ord(character):x}}}"


def _controls(text: str) -> Iterator[Finding]:
    harmless = {m.start() for m in _HARMLESS.finditer(text)} if _CONTROL.search(text) else set()
    for match in _CONTROL.finditer(text):
        if match.start() in harmless:
            yield Finding("terminal", "steers a terminal", "flag", match.start(), match.end())
            continue
        message = f"is the control character {_written_out(match.group())}"
        yield Finding("control", message, "quarantine", match.start(), match.end())


def _hidden(text: str) -> Iterator[Finding]:
    regions = [m.span() for m in _FLAG_OF_A_REGION.finditer(text)]
    runs: tuple[tuple[str, str, re.Pattern[str]], ...] = (
        ("bidi", "changes the direction of the text", _BIDI),
        ("tag", "is written in invisible tag characters", _TAG),
        ("variation-selector", "hides bytes in variation selectors", _SELECTORS),
        ("invisible", "is a run of blank letters", _BLANK_LETTERS),
        ("full-width", "is written in full-width letters", _FULL_WIDTH),
    )
    for code, message, expression in runs:
        for match in expression.finditer(text):
            if any(start <= match.start() < end for start, end in regions):
                continue
            yield Finding(code, message, "quarantine", match.start(), match.end())
    for place, character in enumerate(text):
        if character.isascii() or not (finding := _category(text, place, character)):
            continue
        code, message = finding
        yield Finding(code, message, "quarantine", place, place + 1)


def _category(text: str, place: int, character: str) -> tuple[str, str] | None:
    category = unicodedata.category(character)
    if category == "Cf":
        return _format_character(text, place, character)
    if category in {"Zl", "Zp"}:
        return "control", f"is the line separator {_written_out(character)}"
    # Emoji newer than this Python's Unicode tables read as unassigned.
    if category in {"Co", "Cs"} or (
        category == "Cn" and not "\U0001f000" <= character <= "\U0001faff"
    ):
        return "unassigned", f"is {_written_out(character)}, which has no public meaning"
    return None


def _format_character(text: str, place: int, character: str) -> tuple[str, str] | None:
    if _TAG.match(character) or _BIDI.match(character) or (character == "\ufeff" and place == 0):
        return None  # said by another check; a byte order mark in front is how some editors save
    before = text[place - 1] if place else ""
    if character in _JOINERS and before and (_is_pictorial(before) or _joins(before)):
        return None
    if character in _DIRECTION_MARKS and _has_right_to_left(text):
        return None
    return "invisible", f"is the invisible character {_written_out(character)}"


def _is_pictorial(character: str) -> bool:
    return unicodedata.category(character) in {"So", "Sk", "Cn"} or character == "\ufe0f"


def _joins(character: str) -> bool:
    return not character.isascii() and _script(character) not in {"LATIN", "GREEK", "CYRILLIC", ""}


def _has_right_to_left(text: str) -> bool:
    return any(
        unicodedata.bidirectional(c) in {"R", "AL"} for c in text if not c.isascii() and c.isalpha()
    )


def _script(character: str) -> str:
    return unicodedata.name(character, "").split(" ", 1)[0]


def _scripts(text: str) -> Iterator[Finding]:
    """Words that mix Latin with letters that look like it; `µs` and `Δt` are units."""
    for match in _WORD.finditer(text):
        word = match.group()
        if word.isascii():
            continue
        scripts = {_script(c) for c in word}
        disguise = scripts & {"CYRILLIC", "CHEROKEE", "ARMENIAN"} or _GREEK_LOOKALIKES & set(word)
        if "LATIN" in scripts and disguise:
            yield Finding("mixed-script", "mixes scripts in one word", "quarantine", *match.span())


def _secrets(text: str) -> Iterator[Finding]:
    cleaned = redact(text)
    if cleaned == text:
        return
    start = _common(text, cleaned)
    end = len(text) - _common(text[start:][::-1], cleaned[start:][::-1])
    yield Finding("secret", "holds a secret", "flag", start, max(start, end))


def _common(a: str, b: str) -> int:
    for place, (left, right) in enumerate(zip(a, b, strict=False)):
        if left != right:
            return place
    return min(len(a), len(b))
