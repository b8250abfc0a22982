"""What cannot be recomputed: decisions and corrections, appended, chained by hash, never changed.

Pages, shells and the writer all append, so the lock is held only for one append and its fsync: what
stands in the journal already is checked before, and under the lock only what came since. Each row
carries the hash of the row before it; a changed, removed or reordered row breaks the chain. What was
cut off at the end can be told only by somebody who kept the newest hash.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from warehouse.durable import file_lock, sync_folder, write_file
from warehouse.errors import Damaged
from warehouse.redact import Redacted

GENERATOR = "ruleloop/1"
"""The form of the rows; another form gets another number."""
FIRST = "0" * 64
WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the journal."""

    seq: int
    """From 1, without gaps."""
    at_us: int
    actor: str
    """A pseudonymous actor id."""
    type: str
    data: dict[str, Any]
    generator: str
    prev: str
    """Hash of the row before; 64 zeros for the first."""
    hash: str


@dataclass(frozen=True, slots=True)
class _Checked:
    """The beginning of the file, known to be a whole chain."""

    size: int
    sha256: bytes
    seq: int
    hash: str


_NOTHING = _Checked(0, hashlib.sha256(b"").digest(), 0, FIRST)


class Journal:
    """The journal of a home."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "journal.jsonl"
        self._checked = _NOTHING

    def append(self, type: str, data: Redacted, *, actor: str, at_us: int) -> Event:  # noqa: A002  # the field's name
        """Add one event; on disk when this returns.

        Raises:
            TypeError: the data did not come from `redact_payload`.
            Damaged: the journal's chain is broken, so nothing may be added to it.
            Locked: another process held the lock for seconds.
        """
        if not isinstance(data, Redacted):
            raise TypeError(f"{type}: only redacted data are stored")
        self._folder.mkdir(parents=True, exist_ok=True)
        checked = self._checked = self._check(self._content())
        lock = self._folder / "journal.lock"
        with file_lock(lock, purpose="appending to the journal", wait_s=WAIT_S):
            previous = self._since(checked)
            fields = {
                "seq": previous.seq + 1,
                "at_us": at_us,
                "actor": actor,
                "type": type,
                "data": json.loads(data.text),
                "generator": GENERATOR,
                "prev": previous.hash,
            }
            event = Event(**fields, hash=_hash(fields))
            self._write(event)
            return event

    def _content(self) -> bytes:
        return self._file.read_bytes() if self._file.exists() else b""

    def _check(self, content: bytes) -> _Checked:
        """The whole lines of the file, as a chain; those checked before are only hashed again."""
        content = content[: content.rfind(b"\n") + 1]
        known = self._checked
        if hashlib.sha256(content[: known.size]).digest() != known.sha256:
            known = _NOTHING
        seq, last = self._follow(known, content[known.size :])
        return _Checked(len(content), hashlib.sha256(content).digest(), seq, last)

    def _since(self, checked: _Checked) -> _Checked:
        """Under the lock: where the chain ends now. A torn last line is cut."""
        size = self._file.stat().st_size if self._file.exists() else 0
        if size < checked.size:  # replaced by something shorter since it was checked
            return self._check(self._content())
        if size == checked.size:
            return checked
        with self._file.open("r+b") as file:
            file.seek(checked.size)
            whole, newline, torn = file.read().rpartition(b"\n")
            if torn:
                self._set_aside(torn)
                file.truncate(checked.size + len(whole) + len(newline))
                os.fsync(file.fileno())
        seq, last = self._follow(checked, whole + newline)
        return replace(checked, seq=seq, hash=last)

    def _follow(self, start: _Checked, lines: bytes) -> tuple[int, str]:
        """Number and hash of the last event, when these lines continue the chain.

        Raises:
            Damaged: they do not.
        """
        seq, last = start.seq, start.hash
        for line in lines.split(b"\n")[:-1]:
            event = self._event(seq + 1, line)
            for problem in _problems(event, line, seq + 1, last):
                raise Damaged(f"{self._file}: {problem}; nothing can be added until it is restored")
            seq, last = event.seq, event.hash
        return seq, last

    def _write(self, event: Event) -> None:
        new = not self._file.exists()
        with self._file.open("ab") as file:
            file.write(_line(event) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        if new:
            sync_folder(self._folder)

    def events(self) -> list[Event]:
        """Every event, in order. A torn last line was never acknowledged and does not count.

        Raises:
            Damaged: a line in the middle cannot be read.
        """
        return [event for event, _ in self._rows()]

    def _rows(self) -> Iterator[tuple[Event, bytes]]:
        *lines, _torn = self._content().split(b"\n")
        return ((self._event(number, line), line) for number, line in enumerate(lines, 1))

    def _event(self, number: int, line: bytes) -> Event:
        try:
            return Event(**json.loads(line))
        except (ValueError, TypeError, RecursionError) as error:
            raise Damaged(f"{self._file}, line {number}, is not an event: {error}") from error

    def verify(self) -> list[str]:
        """One sentence per break of the chain; empty when it holds."""
        problems: list[str] = []
        previous = FIRST
        try:
            for position, (event, line) in enumerate(self._rows(), 1):
                problems += _problems(event, line, position, previous)
                previous = event.hash
        except Damaged as error:
            problems.append(str(error))
        return problems

    def torn(self) -> list[str]:
        """One sentence per torn last line: cut aside by a later append, or still in the file.

        They are no break of the chain, for nobody was told that they were stored.
        """
        pieces = sorted(
            self._folder.glob("journal.torn-*"), key=lambda path: (len(path.name), path.name)
        )
        said = [
            f"{path} has {path.stat().st_size} bytes of an event that was cut off while it was "
            "written and never acknowledged"
            for path in pieces
        ]
        rest = self._content().rpartition(b"\n")[2]
        if rest:
            said.append(
                f"{self._file} ends in {len(rest)} bytes of an event that was cut off while it was "
                "written and never acknowledged; the next event sets them aside"
            )
        return said

    def _set_aside(self, torn: bytes) -> None:
        """An append that was killed half-way leaves a line without an end; keep it."""
        number = 1
        while (aside := self._folder / f"journal.torn-{number}").exists():
            number += 1
        write_file(aside, torn)


def _canonical(row: dict[str, Any]) -> bytes:
    text = json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")  # a forged row may hold a lone one


def _fields(event: Event) -> dict[str, Any]:
    """What the hash covers."""
    names = ("seq", "at_us", "actor", "type", "data", "generator", "prev")
    return {name: getattr(event, name) for name in names}


def _line(event: Event) -> bytes:
    return _canonical({**_fields(event), "hash": event.hash})


def _hash(fields: dict[str, Any]) -> str:
    previous = f"{fields['prev']}\n".encode("utf-8", "surrogatepass")
    return hashlib.sha256(previous + _canonical(fields)).hexdigest()


def _problems(event: Event, line: bytes, position: int, previous: str) -> Iterator[str]:
    if event.seq != position:
        yield f"event {position} says it is number {event.seq}"
    if event.prev != previous:
        yield f"event {position} does not follow the event before it"
    # The line too: JSON lets a name stand twice, and the hash would cover only the second.
    if event.hash != _hash(_fields(event)) or line != _line(event):
        yield f"event {position} was changed after it was written"
