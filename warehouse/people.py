"""People as keyed pseudonyms: the same person is the same name within a home, and nowhere else."""

import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path

from warehouse.durable import create_file
from warehouse.errors import SettingsError

KEY_BYTES = 32


def pseudonym(login: str, key: bytes) -> str:
    """`p-` and eight hex digits; without the home's key it leads back to nobody."""
    digest = hmac.new(
        key, b"person\0" + login.casefold().encode("utf-8", "replace"), hashlib.sha256
    )
    return f"p-{digest.hexdigest()[:8]}"


def load_or_create_key(path: Path) -> bytes:
    """The home's secret key, made on first use; processes that start together get the same one.

    Raises:
        SettingsError: others can read it, or it is not a key.
    """
    if not path.exists():
        create_file(path, secrets.token_bytes(KEY_BYTES), mode=0o600)
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            key = file.read(KEY_BYTES + 1)
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read ({error.strerror}); a key is a file of {KEY_BYTES} bytes "
            "that its owner can read"
        ) from error
    if mode & 0o077:
        raise SettingsError(
            f"{path} can be read by others (mode {mode:03o}); run: chmod 600 {path}"
        )
    if len(key) != KEY_BYTES:
        raise SettingsError(f"{path} has {_size(key)} bytes; a key has {KEY_BYTES}")
    return key


def _size(key: bytes) -> str:
    return str(len(key)) if len(key) <= KEY_BYTES else f"more than {KEY_BYTES}"
