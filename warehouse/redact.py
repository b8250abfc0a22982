"""Nothing passes unredacted: secrets become `<secret:TYPE:8 hex>` before anything is stored.

The hex digits are a keyed hash, so equal secrets stay equal (a failure that prints the same token
every time is still one failure) and nothing leads back to the secret. Clean text is the usual case,
so one search for literals comes first and only a hit pays for patterns.
"""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, NoReturn, final

from warehouse.errors import BadInput
from warehouse.secrets_known import FORMS, SECRET_KEYS, Form

MAX_DEPTH = 200
MAX_STRING = 64 << 10
"""A longer string keeps its head and its tail: a failure's cause is at one of its ends."""

_key: bytes = secrets.token_bytes(32)
_SURROGATES: Final = re.compile("[\x00\ud800-\udfff]")
_SEPARATORS: Final = str.maketrans("", "", "-_. ")
_KEYS: Final = frozenset(key.translate(_SEPARATORS) for key in SECRET_KEYS)
_PLACEHOLDER: Final = re.compile(r"<secret:[a-z0-9-]+:[0-9a-f]{8}>")


def bind_key(key: bytes) -> None:
    """Use the home's key from now on, so that placeholders agree between processes."""
    global _key  # one process serves one home
    _key = key


def redact(text: str) -> str:
    """The text without the secrets recognised by their own form; repeating it changes nothing."""
    hit = gate()(text.lower())
    if not hit:
        return text
    for form, pattern in _patterns():
        if hit & set(form.gate):
            text = pattern.sub(lambda match, form=form: _replace(match, form.type), text)  # type: ignore[misc]  # bound per turn
    return text


def _replace(match: re.Match[str], type_: str) -> str:
    whole = match.group()
    if "secret" not in match.re.groupindex:
        return placeholder(type_, whole)
    found = match.group("secret")
    if _PLACEHOLDER.fullmatch(found):
        return whole
    start, end = match.span("secret")
    offset = match.start()
    return whole[: start - offset] + placeholder(type_, found) + whole[end - offset :]


def placeholder(type_: str, secret: str) -> str:
    """What stands in a secret's place."""
    digest = hmac.new(_key, secret.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
    return f"<secret:{type_}:{digest[:8]}>"


# --- the literal gate --------------------------------------------------------------------------

Gate = Callable[[str], set[str]]
"""Which literals occur in a text that is in lower case."""


def regex_gate(literals: frozenset[str]) -> Gate:
    """The gate in pure Python: a search that finds overlapping literals too."""
    anything = re.compile("|".join(map(re.escape, sorted(literals))))

    def find(text: str) -> set[str]:
        if not anything.search(text):
            return set()
        return {each for each in literals if each in text}

    return find


def automaton_gate(literals: frozenset[str]) -> Gate:
    """The gate as an Aho-Corasick automaton.

    Raises:
        ImportError: pyahocorasick is not installed; it is the extra `fast`.
    """
    import ahocorasick

    automaton = ahocorasick.Automaton()
    for each in literals:
        automaton.add_word(each, each)
    automaton.make_automaton()

    def find(text: str) -> set[str]:
        return {found for _, found in automaton.iter(text)}

    return find


@cache
def gate() -> Gate:
    """The quicker gate that is installed; both find the same."""
    literals = frozenset(literal for form in FORMS for literal in form.gate)
    try:
        return automaton_gate(literals)
    except ImportError:
        return regex_gate(literals)


# A token begins after anything but a letter or digit, and also after what ends in one: a colour code,
# an escaped line end in JSON text, a percent-encoded character. Each is of fixed width.
_ENDS_IN_A_LETTER: Final = (
    r"\[m", r"[;\[][0-9]m", r"[;\[][0-9]{2}m", r"\\[nrt]", r"%[0-9A-F]{2}"
)  # fmt: skip
_LITERAL: Final = re.compile(r"\\b([A-Za-z0-9_-]+)(?![?*+{])")


def _starting(pattern: str) -> str:
    """The pattern with its leading word boundary made the beginning of a token.

    Where it begins with plain letters these come first and what stands before them is looked at
    after: the search for a literal is ten times quicker than a question asked at every character.
    """
    if not pattern.startswith(r"\b"):
        return pattern
    found = _LITERAL.match(pattern)
    literal, rest = (found[1], pattern[found.end() :]) if found else ("", pattern[2:])
    # Not right behind a placeholder: what was glued to a secret was no beginning before, and must not
    # become one when redaction is repeated.
    word = f"(?<![A-Za-z0-9_]{literal})(?<!:[0-9a-f]{{8}}>{literal})"
    special = "|".join(f"(?<={end}{literal})" for end in _ENDS_IN_A_LETTER)
    return f"{literal}(?:{word}|(?<=[mnrt0-9A-F]{literal})(?:{special})){rest}"


@cache
def _patterns() -> tuple[tuple[Form, re.Pattern[str]], ...]:
    return tuple((form, re.compile(_starting(form.pattern))) for form in FORMS)


# --- payloads ----------------------------------------------------------------------------------


@final
class Redacted:
    """A redacted payload as canonical JSON, frozen. Only `redact_payload` makes one."""

    __slots__ = ("_text",)
    _text: str

    def __init__(self) -> None:
        raise TypeError("a Redacted is made by redact_payload, which is where redaction happens")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Redacted does not change; {name!r} cannot be set")

    @property
    def text(self) -> str:
        """JSON with sorted keys, as UTF-8 can carry it."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Redacted) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


# A key of the deny-list as it stands in JSON text, in any spelling that folds to it: api_key, API-Key,
# apiKey. Tried only where the last word of one stands before a colon: this runs on every payload.
_SECRET_KEY: Final = re.compile(
    r'"(?:' + "|".join(key.replace("_", "[-_. ]?") for key in SECRET_KEYS) + r')":', re.IGNORECASE
)
_KEY_ENDS: Final = tuple(sorted({f'{key.rpartition("_")[2]}":' for key in SECRET_KEYS}))

# What the JSON writer makes of a key that is no string (1, None, True, 1.5) it writes without a word.
_FOREIGN_KEY: Final = re.compile(r'"(?:-?[0-9][^"]*|null|true|false|NaN|-?Infinity)":')


def redact_payload(value: Mapping[str, Any]) -> Redacted:
    """A payload fit to be stored: secrets replaced, by form and by key; overlong strings shortened.

    Raises:
        BadInput: it is not a JSON object (a key that is no string, a value of another type, NaN) or
            is nested deeper than 200 levels.
    """
    if not isinstance(value, dict):
        raise BadInput(
            f"a payload is not JSON: a {type(value).__name__}, where an object is wanted"
        )
    try:
        text = _dump(value)
        if _needs_a_walk(text):
            text = _dump(_walk(value, 0))
    except (TypeError, ValueError, RecursionError) as error:
        raise BadInput(f"a payload is not JSON: {error}") from error
    made = object.__new__(Redacted)
    object.__setattr__(made, "_text", text)
    return made


def _dump(value: Any) -> str:
    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )


def _needs_a_walk(text: str) -> bool:
    lower = text.lower()
    return (
        len(text) > MAX_STRING
        or text.count("{") + text.count("[") > MAX_DEPTH
        or bool(gate()(lower))
        or (any(end in lower for end in _KEY_ENDS) and _SECRET_KEY.search(text) is not None)
        or (not text.isascii() and _SURROGATES.search(text) is not None)
        or "\\u0000" in text
        or _FOREIGN_KEY.search(text) is not None
    )


def _walk(value: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise BadInput(f"a payload is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, str):
        return _shortened(clean(value))
    if isinstance(value, dict):
        return {_key_text(key): _member(key, each, depth) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_walk(each, depth + 1) for each in value]
    return value


def _key_text(key: object) -> str:
    if not isinstance(key, str):
        raise BadInput(f"a payload is not JSON: the key {key!r} is no string")
    return _shortened(clean(key))


def _member(key: str, value: Any, depth: int) -> Any:
    if key.lower().translate(_SEPARATORS) in _KEYS:
        if isinstance(value, str):
            return _hidden(value)
        if isinstance(value, list | tuple):  # a header that was sent more than once
            return [
                _hidden(each) if isinstance(each, str) else _walk(each, depth + 2) for each in value
            ]
    return _walk(value, depth + 1)


def _hidden(value: str) -> str:
    if not value or _PLACEHOLDER.fullmatch(value):
        return value
    return placeholder("key", value)


def clean(text: str) -> str:
    """The text without secrets and without what UTF-8, JSON or a database cannot carry."""
    return redact(_SURROGATES.sub("\ufffd", text))


def _shortened(text: str) -> str:
    if len(text) <= MAX_STRING:
        return text
    half = MAX_STRING // 2 - 64  # room for the sentence, so that cutting twice is cutting once
    return f"{text[:half]}\n[... {len(text) - 2 * half:,} characters cut ...]\n{text[-half:]}"
