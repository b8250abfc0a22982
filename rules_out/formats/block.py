"""The one marked block Ruleloop owns in somebody else's file, and every byte around it untouched.

Files are bytes, not text: CRLF, a missing final newline, a byte order mark and invalid UTF-8 all
survive, because nothing outside the markers is ever decoded. What the insertion added around the
block (blank lines, a generated front matter) goes into the block's hash instead of into the file:
`remove` tries the few possibilities and takes the one the hash confirms, so it restores the
original byte for byte and the marker stays one short line.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from warehouse.errors import DriftedBlock, Refused

BOM = b"\xef\xbb\xbf"

_ANY_MARKER = re.compile(rb"<!--\s*ruleloop\s*:", re.IGNORECASE)
_BEGIN = re.compile(rb"<!-- ruleloop:begin sha256=([0-9a-f]{64}) -->(\r?\n)")
_END = re.compile(rb"<!-- ruleloop:end -->(\r?\n|\Z)")
_HEADING = re.compile(rb" {0,3}#{1,6}(?:[ \t]|\r?\n|\Z)")
_UNDERLINE = re.compile(rb" {0,3}=+[ \t]*(?:\r?\n|\Z)")
_FENCE = re.compile(rb" {0,3}(`{3,}|~{3,})")
_FORBIDDEN_IN_A_LINE = re.compile(
    r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]|<!--|-->"
)

# How many blank lines the insertion may have put before and after the block.
_PADDINGS = tuple((lead, tail) for lead in (0, 1, 2) for tail in (0, 1))


@dataclass(frozen=True, slots=True)
class Target:
    """Where a block goes, and what a generated front matter says."""

    path: str
    globs: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """The managed block of a file."""

    lines: tuple[str, ...]
    sha256: str
    """As the begin marker states it, and as it was found to be."""
    start: int
    """First byte the insertion added, padding included."""
    end: int
    """One past the last byte the insertion added."""


def insert(original: bytes, lines: Sequence[str], preamble: str = "") -> bytes:
    """The file with `lines` as its block; no lines, no block. `preamble` heads an empty file.

    Raises:
        DriftedBlock: the file's markers are forged, nested, or their content was edited.
        Refused: a line is not one line, or holds a comment or marker of its own.
    """
    for line in lines:
        _check(line)
    bare = remove(original)
    if not lines:
        return bare
    if not bare and preamble:
        head = preamble.encode()
        return head + _render(lines, b"\n", head, 0, 0)
    place = _insertion_point(bare)
    before, after = bare[:place], bare[place:]
    end_of_line = b"\r\n" if bare.count(b"\r\n") * 2 > bare.count(b"\n") else b"\n"
    lead = _lead(before)
    tail = int(bool(after) and bool(after.split(b"\n", 1)[0].strip()))
    block = _render(lines, end_of_line, b"", lead, tail)
    return before + end_of_line * lead + block + end_of_line * tail + after


def read(original: bytes) -> Block | None:
    """The block, or None when the file has none.

    Raises:
        DriftedBlock: the markers are forged, nested, or their content was edited.
    """
    places = [m.start() for m in _ANY_MARKER.finditer(original)]
    if not places:
        return None
    if len(places) != 2:
        raise DriftedBlock(
            f"the file holds {len(places)} ruleloop markers where one begin and one end belong; "
            "remove the forged or nested ones by hand"
        )
    begin, end = _BEGIN.match(original, places[0]), _END.match(original, places[1])
    if begin is None or end is None or not _starts_line(original, places):
        raise DriftedBlock(
            "a ruleloop marker was edited; restore it as Ruleloop wrote it, or remove the block"
        )
    return _confirmed(original, begin, end)


def remove(original: bytes) -> bytes:
    """The file without its block: byte for byte what it was before the block came.

    Raises:
        DriftedBlock: the markers are forged, nested, or their content was edited.
    """
    block = read(original)
    if block is None:
        return original
    return original[: block.start] + original[block.end :]


def _confirmed(original: bytes, begin: re.Match[bytes], end: re.Match[bytes]) -> Block:
    stated, end_of_line = begin[1].decode(), begin[2]
    raw = original[begin.end() : end.start()]
    lines = raw.replace(b"\r\n", b"\n").removesuffix(b"\n").split(b"\n")
    if raw.endswith(b"\n"):
        for lead, tail in _PADDINGS:
            if _digest(lines, b"", lead, tail) == stated:
                start = _strip_back(original, begin.start(), end_of_line, lead)
                stop = _strip_on(original, end.end(), end_of_line, tail)
                return Block(_decoded(lines), stated, start, stop)
        head = original[: begin.start()].replace(b"\r\n", b"\n")
        if head and _digest(lines, head, 0, 0) == stated:
            # A person who wrote below the generated block keeps the front matter that heads it.
            start = 0 if end.end() == len(original) else begin.start()
            return Block(_decoded(lines), stated, start, end.end())
    raise DriftedBlock(
        "the text between the ruleloop markers was edited by hand; move the edit outside the "
        "markers, or record it with `ruleloop edit`"
    )


def _render(lines: Sequence[str], end_of_line: bytes, head: bytes, lead: int, tail: int) -> bytes:
    encoded = [line.encode() for line in lines]
    digest = _digest(encoded, head, lead, tail).encode()
    rows = [b"<!-- ruleloop:begin sha256=%b -->" % digest, *encoded, b"<!-- ruleloop:end -->"]
    return b"".join(row + end_of_line for row in rows)


def _digest(lines: Sequence[bytes], head: bytes, lead: int, tail: int) -> str:
    """Line endings do not count, so a checkout that converts them is not drift."""
    return sha256(
        b"ruleloop block 1\n%d %d %d\n%b%b" % (lead, tail, len(head), head, b"\n".join(lines))
    ).hexdigest()


def _decoded(lines: Sequence[bytes]) -> tuple[str, ...]:
    return tuple(line.decode() for line in lines)


def _check(line: str) -> None:
    if bad := _FORBIDDEN_IN_A_LINE.search(line):
        raise Refused(
            f"a line of the block holds {bad.group()!a} at character {bad.start()}; "
            "it must be one line of plain text without HTML comments"
        )


def _starts_line(original: bytes, places: Sequence[int]) -> bool:
    return all(original[:p] in (b"", BOM) or original[p - 1 : p] == b"\n" for p in places)


def _strip_back(original: bytes, place: int, end_of_line: bytes, times: int) -> int:
    for _ in range(times):
        if original[:place].endswith(end_of_line):
            place -= len(end_of_line)
    return place


def _strip_on(original: bytes, place: int, end_of_line: bytes, times: int) -> int:
    for _ in range(times):
        if original.startswith(end_of_line, place):
            place += len(end_of_line)
    return place


def _lead(before: bytes) -> int:
    """How many line ends bring the block onto a line of its own after a blank one."""
    if before in (b"", BOM):
        return 0
    if not before.endswith(b"\n"):
        return 2
    return 1


def _insertion_point(original: bytes) -> int:
    """After the front matter and the first heading, if there are any."""
    start = _after_front_matter(original)
    return next(_heading_ends(original, start), start)


def _after_front_matter(original: bytes) -> int:
    start = len(BOM) if original.startswith(BOM) else 0
    place = start
    for number, line in enumerate(original[start:].splitlines(keepends=True)):
        place += len(line)
        text = line.rstrip()
        if number == 0 and text != b"---":
            return start
        if number and text in (b"---", b"..."):
            return place
    return start


def _heading_ends(original: bytes, start: int) -> Iterator[int]:
    """The end of each heading line outside code fences and comments."""
    place, fence, comment, above = start, b"", False, b""
    for line in original[start:].split(b"\n"):
        whole = line + b"\n" if place + len(line) < len(original) else line
        place += len(whole)
        mark = _FENCE.match(whole)
        if fence:
            # Only the same sign, at least as long and alone on its line, closes a fence.
            if mark and mark[1].startswith(fence) and whole.strip() == mark[1]:
                fence = b""
        elif comment or whole.lstrip().startswith(b"<!--"):
            comment = b"-->" not in whole
        elif mark:
            fence = mark[1]
        elif _HEADING.match(whole) or (_UNDERLINE.match(whole) and above.strip()):
            yield place
        above = whole
