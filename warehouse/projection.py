"""Opens the warehouse file, or starts a new one when the old one cannot be relied upon.

The file is a projection: nothing is in it that `raw/` and the journal do not have. DuckDB refuses a
torn file but opens one whose write-ahead log was cut or deleted without a word, rows missing. So
every committed load is acknowledged in a file beside the database, and the two are compared here.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from warehouse.durable import sync_folder
from warehouse.engine import DuckEngine
from warehouse.errors import Damaged
from warehouse.home import Home
from warehouse.tables import tables

_META = "CREATE TABLE meta (name VARCHAR NOT NULL, value VARCHAR NOT NULL)"


@contextmanager
def open_sound(home: Home, notes: list[str]) -> Iterator[DuckEngine]:
    """The warehouse file ready for use; what had to be done about it is added to `notes`.

    Raises:
        Locked: another program has the file open.
    """
    engine = _opened(home, notes)
    if engine is None:
        engine = _connect(home)
        try:
            _create(engine, replayed=not acknowledged(home))
        except BaseException:
            engine.close()
            raise
    with engine:
        # Committed but not acknowledged: the process died between the two.
        acknowledge(home, sorted(_present(engine) - acknowledged(home)))
        yield engine


def _opened(home: Home, notes: list[str]) -> DuckEngine | None:
    if not home.warehouse.exists():
        if acknowledged(home):
            notes.append(f"{home.warehouse} was not there; started a new one from the raw loads")
        _remove_log(home.warehouse)
        return None
    try:
        engine = _connect(home)
    except Damaged as error:
        doubt: str | None = str(error)
    else:
        try:
            doubt = _doubt(home, engine)
        except Damaged as error:
            doubt = str(error)
        if doubt is None:
            return engine
        engine.close()
    kept = _quarantine(home.warehouse)
    notes.append(f"{doubt}; kept it as {kept.name} and started a new one from the raw loads")
    return None


def _connect(home: Home) -> DuckEngine:
    return DuckEngine(home.warehouse, attachable=home.published)


def _doubt(home: Home, engine: DuckEngine) -> str | None:
    """Why the warehouse cannot be relied upon; None when it can."""
    there = {
        row["table_name"]
        for row in engine.rows("SELECT table_name FROM duckdb_tables() WHERE NOT internal")
    }
    if not {"meta", "load"} <= there:
        return f"{home.warehouse} is not a warehouse of Ruleloop"
    meta = {row["name"]: row["value"] for row in engine.rows("SELECT name, value FROM meta")}
    if meta.get("schema") != schema_digest() or not tables().keys() <= there:
        return f"{home.warehouse} has the tables of another version"
    if meta.get("replayed") != "yes":
        return None  # a replay was interrupted; every load is one transaction, so it goes on
    known = acknowledged(home)
    lost = {each for each in known - _present(engine) if any(home.raw.glob(f"*/{each}.parquet"))}
    if lost:
        return f"{home.warehouse} has lost {len(lost)} of {len(known)} acknowledged loads"
    return None


def _present(engine: DuckEngine) -> set[str]:
    return {row["load_id"] for row in engine.rows("SELECT load_id FROM load")}


def _create(engine: DuckEngine, *, replayed: bool) -> None:
    with engine.transaction():
        for spec in tables().values():
            engine.execute(spec.ddl)
        engine.execute(_META)
        engine.execute(
            "INSERT INTO meta VALUES ('schema', ?), ('replayed', ?)",
            [schema_digest(), "yes" if replayed else "no"],
        )
    engine.execute("CHECKPOINT")


def mark_replayed(engine: DuckEngine) -> None:
    """Every raw load has been applied: from now on a missing one is a lost one."""
    if engine.rows("SELECT 1 FROM meta WHERE name = 'replayed' AND value = 'no'"):
        engine.execute("UPDATE meta SET value = 'yes' WHERE name = 'replayed'")
        engine.execute("CHECKPOINT")


def schema_digest() -> str:
    """Changes when any table does."""
    return hashlib.sha256("".join(spec.ddl for spec in tables().values()).encode()).hexdigest()


def discard(home: Home) -> None:
    """Delete the warehouse file. Nothing is lost that a replay does not bring back."""
    home.warehouse.unlink(missing_ok=True)
    _remove_log(home.warehouse)


def _quarantine(file: Path) -> Path:
    """Move a file out of the way under a name that is free."""
    for n in count(1):
        kept = file.with_name(f"{file.name}.quarantined-{n}")
        if not kept.exists():
            break
    file.rename(kept)
    log = _log(file)
    if log.exists():
        log.rename(_log(kept))
    sync_folder(file.parent)
    return kept


def _log(file: Path) -> Path:
    return file.with_name(f"{file.name}.wal")


def _remove_log(file: Path) -> None:
    """A log without its database would be replayed into the next one."""
    _log(file).unlink(missing_ok=True)


# --- acknowledged loads ---------------------------------------------------------------------------


def acknowledged(home: Home) -> set[str]:
    """Ids of the loads that were committed; a torn last line does not count."""
    if not home.acknowledged.exists():
        return set()
    whole, _, _ = home.acknowledged.read_bytes().rpartition(b"\n")
    return set(whole.decode("ascii", "replace").split())


def acknowledge(home: Home, load_ids: Sequence[str]) -> None:
    """Add committed loads, on disk when this returns."""
    if not load_ids:
        return
    new = not home.acknowledged.exists()
    with home.acknowledged.open("ab+") as file:
        file.seek(0)
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)
        file.write("".join(f"{each}\n" for each in load_ids).encode("ascii"))
        file.flush()
        os.fsync(file.fileno())
    if new:
        sync_folder(home.root)
