"""Which lines of a failed job's log say why it failed: first form, by anchors.

Marked errors first, then lines that known tools print for a failure, then lines that only look like
errors, the last of them first, because the end of a log tells more than its beginning.
"""

import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analysis.log_patterns import ERROR_LINE, LINE_PATTERNS, clean_line

AROUND = 2
"""Lines of context kept on each side of an anchor."""
_LOOKS_BAD = re.compile(
    r"\b(?:error|errors|fatal|failed|failure|failing|exception|panic|traceback|undefined|"
    r"cannot|could not|not found|denied|assert\w*)\b",
    re.I,
)
_TAIL = 40


@dataclass(frozen=True, slots=True)
class Example:
    """A chunk somebody marked in another log of the same repository."""

    log: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """The lines that say why; numbers are 1-based over `log.split("\\n")`."""

    start: int
    end: int
    lines: tuple[int, ...]
    """At most `budget` numbers; start..end is their hull."""
    text: str
    method: str
    """marked | tool | example | words | tail"""
    confidence: float


def failing_chunk(log: str, examples: Sequence[Example] = (), budget: int = 60) -> Chunk:
    """The lines of one log that say why it failed."""
    return failing_chunk_stream(log.split("\n"), examples, budget)


def failing_chunk_stream(
    lines: Iterable[str], examples: Sequence[Example] = (), budget: int = 60
) -> Chunk:
    """As `failing_chunk`, over lines as they come, keeping no more than a few hundred of them."""
    known = {_shape(line) for each in examples for line in _marked(each)}
    kept: dict[str, deque[tuple[int, str]]] = {
        name: deque(maxlen=budget * 4) for name in ("marked", "example", "tool", "words")
    }
    tail: deque[tuple[int, str]] = deque(maxlen=_TAIL)
    around: deque[tuple[int, str]] = deque(maxlen=AROUND)
    following = 0
    current = ""
    for number, raw in enumerate(lines, 1):
        line = clean_line(raw)[:2_000]
        kind = _kind(line, known)
        if kind:
            kept[kind].extend(around)
            kept[kind].append((number, line))
            current, following = kind, AROUND
        elif following:
            kept[current].append((number, line))
            following -= 1
        around.append((number, line))
        if line:
            tail.append((number, line))
    for name, confidence in (("example", 0.8), ("marked", 0.7), ("tool", 0.7), ("words", 0.4)):
        if kept[name]:
            return _chunk(dict(kept[name]), name, confidence, budget)
    return _chunk(dict(tail), "tail", 0.2, budget)


def _marked(example: Example) -> list[str]:
    return [clean_line(line) for line in example.log.split("\n")[example.start - 1 : example.end]]


def _shape(line: str) -> str:
    return re.sub(r"\d+|0x[0-9a-f]+", "0", line)


def _kind(line: str, known: set[str]) -> str | None:
    if not line:
        return None
    if known and _shape(line) in known:
        return "example"
    if any(each.needs in line and each.pattern.search(line) for each in LINE_PATTERNS):
        return "tool"
    if line.startswith(ERROR_LINE) and "Process completed with exit code" not in line:
        return "marked"
    return "words" if _LOOKS_BAD.search(line) else None


def _chunk(found: dict[int, str], method: str, confidence: float, budget: int) -> Chunk:
    numbers = sorted(found)[-budget:] if budget > 0 else []
    if not numbers:
        return Chunk(1, 1, (), "", method, 0.0)
    text = "\n".join(found[number] for number in numbers)
    return Chunk(numbers[0], numbers[-1], tuple(numbers), text, method, confidence)
