"""Immutable loads: what a source delivered, redacted, kept as it was, and never written again.

Everything else is a projection of these files and the journal. A load is one Parquet file of
(kind, key, updated_us, payload) and a sidecar with its hash; the sidecar is written last, so a load
without one was never acknowledged. What a sidecar says is said twice, in its name or its content
hash, so that a changed one shows.
"""

import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.durable import file_lock, write_file
from warehouse.errors import BadInput, Damaged
from warehouse.redact import Redacted, clean

MAX_RECORDS = 2_000
MAX_BYTES = 32 << 20
WAIT_S = 20.0
"""For another process to store its load; one takes well under a second."""

_SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

_FIELDS: "list[pa.Field[pa.DataType]]" = [
    pa.field("kind", pa.string(), nullable=False),
    pa.field("key", pa.string(), nullable=False),
    pa.field("updated_us", pa.int64(), nullable=False),
    pa.field("payload", pa.string(), nullable=False),
]
SCHEMA = pa.schema(_FIELDS)


@dataclass(frozen=True, slots=True)
class Payload:
    """One thing a source said."""

    kind: str
    key: str
    updated_us: int
    """The server's updated_at, 0 when it has none."""
    body: Redacted


@dataclass(frozen=True, slots=True)
class Load:
    """One acknowledged load."""

    load_id: str
    source: str
    rows: int
    cursor: str | None
    fetched_us: int
    sha256: str
    """Of the Parquet file."""
    content: str
    """Of the records; the same content is the same load, whenever it was fetched."""
    notes: tuple[str, ...]
    path: Path


class RawStore:
    """The raw loads of a home."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._sidecars: dict[str, dict[str, Load | None]] = {}
        """Source -> sidecar's name -> its load, None when it is damaged. Sidecars never change."""

    def append(
        self,
        source: str,
        payloads: Sequence[Payload],
        *,
        fetched_us: int,
        cursor: str | None = None,
        notes: Sequence[str] = (),
    ) -> Load:
        """Store payloads as one load; on disk when this returns.

        The same content from the same source is acknowledged with the load it already has; when that
        one's file is damaged or gone it is written again. Keys, cursor and notes are redacted here.

        Raises:
            TypeError: a body did not come from `redact_payload`.
            BadInput: `source` is no name a folder can have.
        """
        if not _SOURCE.fullmatch(source):
            raise BadInput(f"{source!r} is not the name of a source; use letters, digits, _ and -")
        for each in payloads:
            if type(each.body) is not Redacted:
                raise TypeError(f"{each.kind} {each.key}: only redacted payloads are stored")
        payloads = _clean_keys(payloads)
        cursor = None if cursor is None else clean(cursor)
        notes = tuple(map(clean, notes))
        content = _content(source, _records(payloads), cursor, notes)
        (self._root / source).mkdir(parents=True, exist_ok=True)
        with self._lock("storing a load"):
            known = self._known(source).get(content)
            if known and self._is_sound(known):
                return known
            load_id = known.load_id if known else self._free_id(source, fetched_us, content)
            data = _parquet(payloads)
            path = self._root / source / f"{load_id}.parquet"
            load = Load(
                load_id,
                source,
                len(payloads),
                cursor,
                known.fetched_us if known else fetched_us,
                _sha256(data),
                content,
                notes,
                path,
            )
            write_file(path, data)
            write_file(path.with_suffix(".json"), _sidecar(load))
            self._sidecars[source][path.with_suffix(".json").name] = load
            return load

    def append_all(
        self,
        source: str,
        payloads: Iterable[Payload],
        *,
        fetched_us: int,
        cursor: str | None = None,
        notes: Sequence[str] = (),
    ) -> list[Load]:
        """Store any number of payloads as loads of at most 2,000 records or 32 MB each.

        Cursor and notes ride on the last one: a cursor stands for everything before it.
        """
        loads: list[Load] = []
        groups = _grouped(payloads)
        group = next(groups, None)
        while group is not None:
            following = next(groups, None)
            last = following is None
            loads.append(
                self.append(
                    source,
                    group,
                    fetched_us=fetched_us,
                    cursor=cursor if last else None,
                    notes=notes if last else (),
                )
            )
            group = following
        return loads

    def loads(self) -> list[Load]:
        """Every acknowledged load, in load order. One whose sidecar is damaged is left out: `verify`
        names it, and the store misses it among those it has acknowledged."""
        self._sidecars.clear()
        found = [load for folder in self._folders() for load in self._seen(folder.name)]
        return sorted(found, key=lambda load: (load.load_id, load.source))

    def read(self, load: Load) -> pa.RecordBatch:
        """The records of a load.

        Raises:
            Damaged: the file does not match its hash.
        """
        try:
            data = load.path.read_bytes()
        except OSError as error:
            raise Damaged(
                f"raw load {load.load_id} of {load.source} cannot be read: {error}"
            ) from error
        if _sha256(data) != load.sha256:
            raise Damaged(f"raw load {load.load_id} of {load.source} does not match its hash")
        table = pq.read_table(io.BytesIO(data)).combine_chunks()
        batches = table.to_batches()
        return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=SCHEMA)

    def verify(self) -> list[str]:
        """One sentence per load that is damaged or was never finished."""
        problems = []
        for sidecar in sorted(self._root.glob("*/*.json")):
            try:
                _load(sidecar)
            except Damaged as error:
                problems.append(str(error))
        for load in self.loads():
            try:
                rows = self.read(load)
            except Damaged as error:
                problems.append(str(error))
                continue
            columns = (rows[name].to_pylist() for name in ("kind", "key", "payload"))
            records = zip(*columns, strict=True)
            content = _content(load.source, records, load.cursor, load.notes)
            if content != load.content or rows.num_rows != load.rows:
                problems.append(
                    f"raw load {load.load_id} of {load.source} does not match its sidecar"
                )
        return problems

    def sweep(self) -> list[Path]:
        """Remove what an interrupted write left behind; return what was removed.

        Under the lock, because a load that is being stored looks the same until its sidecar is there.
        """
        removed: list[Path] = []
        if not self._root.is_dir():
            return removed
        with self._lock("sweeping unfinished loads"):
            for folder in self._folders():
                for path in sorted(folder.iterdir()):
                    unfinished = (
                        path.suffix == ".parquet" and not path.with_suffix(".json").exists()
                    )
                    if unfinished or path.name.endswith(".tmp"):
                        path.unlink()
                        removed.append(path)
        return removed

    def _lock(self, purpose: str) -> AbstractContextManager[None]:
        return file_lock(self._root / "raw.lock", purpose=purpose, wait_s=WAIT_S)

    def _folders(self) -> list[Path]:
        if not self._root.is_dir():
            return []
        return sorted(each for each in self._root.iterdir() if each.is_dir())

    def _seen(self, source: str) -> list[Load]:
        """Every sound sidecar of a source, also those other processes wrote since the last look."""
        seen = self._sidecars.setdefault(source, {})
        for path in (self._root / source).glob("*.json"):
            if path.name not in seen:
                seen[path.name] = _whole(path)
        return [load for _, load in sorted(seen.items()) if load is not None]

    def _known(self, source: str) -> dict[str, Load]:
        """By content; of two loads with the same the older one."""
        return {load.content: load for load in reversed(self._seen(source))}

    def _is_sound(self, load: Load) -> bool:
        try:
            return _sha256(load.path.read_bytes()) == load.sha256
        except OSError:
            return False

    def _free_id(self, source: str, fetched_us: int, content: str) -> str:
        """Loads of one instant are kept in the order they came by their shard.

        It has four digits: an archive of a million records is one instant and 500 loads.
        """
        stamp = f"{fetched_us:016d}"
        shards = [
            int(name[17:21])
            for name in self._sidecars[source]
            if name.startswith(f"{stamp}-") and name[17:21].isdecimal()
        ]
        return f"{stamp}-{max(shards, default=-1) + 1:04d}-{content[:12]}"


def _grouped(payloads: Iterable[Payload]) -> Iterator[list[Payload]]:
    stream = iter(payloads)
    group: list[Payload] = []
    size = 0
    for each in stream:
        group.append(each)
        size += len(each.body.text)
        if len(group) >= MAX_RECORDS or size >= MAX_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _clean_keys(payloads: Sequence[Payload]) -> Sequence[Payload]:
    """Kinds and keys come from outside as well; one look at all of them, since most are clean."""
    everything = "\n".join(part for each in payloads for part in (each.kind, each.key))
    if clean(everything) == everything:
        return payloads
    return [replace(each, kind=clean(each.kind), key=clean(each.key)) for each in payloads]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _records(payloads: Sequence[Payload]) -> Iterator[tuple[str, ...]]:
    return ((each.kind, each.key, each.body.text) for each in payloads)


def _content(
    source: str, records: Iterable[tuple[str, ...]], cursor: str | None, notes: Sequence[str]
) -> str:
    digest = hashlib.sha256()
    digest.update(json.dumps([source, cursor, list(notes)]).encode())
    for record in records:
        for part in record:
            data = part.encode("utf-8")
            digest.update(len(data).to_bytes(8, "big"))
            digest.update(data)
    return digest.hexdigest()


def _parquet(payloads: Sequence[Payload]) -> bytes:
    rows = pa.table(
        [
            pa.array([each.kind for each in payloads], pa.string()),
            pa.array([each.key for each in payloads], pa.string()),
            pa.array([each.updated_us for each in payloads], pa.int64()),
            pa.array([each.body.text for each in payloads], pa.string()),
        ],
        schema=SCHEMA,
    )
    buffer = io.BytesIO()
    pq.write_table(rows, buffer, compression="zstd")
    return buffer.getvalue()


def _sidecar(load: Load) -> bytes:
    fields = {
        "load_id": load.load_id,
        "source": load.source,
        "rows": load.rows,
        "cursor": load.cursor,
        "fetched_us": load.fetched_us,
        "sha256": load.sha256,
        "content": load.content,
        "notes": list(load.notes),
    }
    return (json.dumps(fields, indent=1, ensure_ascii=False) + "\n").encode()


def _whole(sidecar: Path) -> Load | None:
    try:
        return _load(sidecar)
    except Damaged:
        return None


def _load(sidecar: Path) -> Load:
    path = sidecar.with_suffix(".parquet")
    try:
        fields: dict[str, Any] = json.loads(sidecar.read_bytes())
        load = Load(
            fields["load_id"],
            fields["source"],
            fields["rows"],
            fields["cursor"],
            fields["fetched_us"],
            fields["sha256"],
            fields["content"],
            tuple(fields["notes"]),
            path,
        )
        named = f"{load.fetched_us:016d}-{sidecar.stem[17:21]}-{load.content[:12]}"
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Damaged(f"{sidecar} is not the sidecar of a load: {error}") from error
    if not load.load_id == sidecar.stem == named or load.source != sidecar.parent.name:
        raise Damaged(f"{sidecar} is not the sidecar of a load: it does not fit its own name")
    return load
