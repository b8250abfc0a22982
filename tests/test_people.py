"""People are keyed pseudonyms, and the key is its owner's alone."""

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from warehouse.durable import create_file, write_file
from warehouse.errors import SettingsError
from warehouse.people import load_or_create_key, pseudonym

KEY = bytes(32)


def test_the_same_person_has_one_name_however_the_login_is_spelt() -> None:
    assert pseudonym("Ada", KEY) == pseudonym("ada", KEY)
    assert pseudonym("ada", KEY) != pseudonym("bob", KEY)


def test_another_key_gives_another_name() -> None:
    assert pseudonym("ada", KEY) != pseudonym("ada", b"x" * 32)


def test_a_pseudonym_shows_nothing_of_the_login() -> None:
    name = pseudonym("ada-lovelace", KEY)

    assert name.startswith("p-")
    assert len(name) == 10
    assert "ada" not in name


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first = load_or_create_key(tmp_path / "key")

    assert load_or_create_key(tmp_path / "key") == first
    assert len(first) == 32
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_a_key_others_can_read_is_refused(tmp_path: Path) -> None:
    load_or_create_key(tmp_path / "key")
    (tmp_path / "key").chmod(0o644)

    with pytest.raises(SettingsError, match="chmod 600"):
        load_or_create_key(tmp_path / "key")


def test_a_file_that_is_not_a_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"short")
    (tmp_path / "key").chmod(0o600)

    with pytest.raises(SettingsError, match="has 5 bytes"):
        load_or_create_key(tmp_path / "key")


def test_those_who_start_together_get_one_key(tmp_path: Path) -> None:
    for attempt in range(20):
        path = tmp_path / f"key-{attempt}"
        start = threading.Barrier(4)

        def read(path: Path = path, start: threading.Barrier = start) -> bytes:
            start.wait()
            return load_or_create_key(path)

        with ThreadPoolExecutor(4) as pool:
            found = {each.result() for each in [pool.submit(read) for _ in range(4)]}

        assert found == {path.read_bytes()}


def test_a_file_is_created_once_and_never_written_over(tmp_path: Path) -> None:
    assert create_file(tmp_path / "f", b"first")
    assert not create_file(tmp_path / "f", b"second")

    assert (tmp_path / "f").read_bytes() == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_a_key_that_is_a_folder_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "key").mkdir(mode=0o700)

    with pytest.raises(SettingsError, match="cannot be read"):
        load_or_create_key(tmp_path / "key")


def test_threads_that_write_one_file_leave_it_whole(tmp_path: Path) -> None:
    contents = [bytes([65 + i]) * 50_000 for i in range(4)]
    failed: list[Exception] = []

    def write(content: bytes) -> None:
        try:
            for _ in range(10):
                write_file(tmp_path / "f", content)
        except Exception as error:  # a thread's error would otherwise be lost
            failed.append(error)

    threads = [threading.Thread(target=write, args=(content,)) for content in contents]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert failed == []
    assert (tmp_path / "f").read_bytes() in contents
    assert [path.name for path in tmp_path.iterdir()] == ["f"]
