"""Files that survive a power cut, and locks that name their holder."""

import errno
import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from warehouse.errors import Locked

_POLL_S = 0.05


def sync_folder(folder: Path) -> None:
    """Make renames and new names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_file(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write a file whole or not at all: temporary name, fsync, rename, fsync of the folder."""
    with _written_aside(path, content, mode) as temporary:
        temporary.replace(path)
    sync_folder(path.parent)


def create_file(path: Path, content: bytes, *, mode: int = 0o644) -> bool:
    """As `write_file`, but never over a file that is there; says whether this call made it.

    Of several processes that try at once exactly one succeeds: a link, unlike a rename, is refused
    when the name is taken.
    """
    with _written_aside(path, content, mode) as temporary:
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            return False
    sync_folder(path.parent)
    return True


@contextmanager
def _written_aside(path: Path, content: bytes, mode: int) -> Iterator[Path]:
    """The content, fsynced, under a name nobody else uses; what is left under it is removed."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def file_lock(path: Path, *, purpose: str, wait_s: float) -> Iterator[None]:
    """Hold an exclusive lock on a file, which says who holds it and what for.

    The kernel lets go when the process ends, however it ends, so a lock is never left behind.

    Raises:
        Locked: another process held it for all of `wait_s` seconds.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _take(handle, path, wait_s)
        os.truncate(handle, 0)
        os.pwrite(handle, f"pid {os.getpid()}, {purpose}\n".encode(), 0)
        yield
        os.truncate(handle, 0)
    finally:
        os.close(handle)


def _take(handle: int, path: Path, wait_s: float) -> None:
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise
            if time.monotonic() >= deadline:
                holder = os.pread(handle, 200, 0).decode("utf-8", "replace").strip()
                raise Locked(
                    f"{path} is held by {holder or 'another process'}; try again when it is done"
                ) from None
            time.sleep(_POLL_S)
        else:
            return
