"""The journal keeps every acknowledged event, in a chain that shows any change."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from warehouse.durable import file_lock
from warehouse.errors import Damaged, Locked
from warehouse.journal import FIRST, Journal
from warehouse.redact import redact_payload


def append(folder: Path, n: int, start: int = 0) -> None:
    journal = Journal(folder)
    for i in range(start, start + n):
        journal.append("tried", redact_payload({"i": i}), actor="p-00000000", at_us=i)


def test_events_are_numbered_and_chained(tmp_path: Path) -> None:
    append(tmp_path, 3)

    events = Journal(tmp_path).events()

    assert [e.seq for e in events] == [1, 2, 3]
    assert [e.data["i"] for e in events] == [0, 1, 2]
    assert events[0].prev == FIRST
    assert [e.prev for e in events[1:]] == [e.hash for e in events[:-1]]
    assert Journal(tmp_path).verify() == []


def test_an_empty_journal_has_no_events_and_no_problems(tmp_path: Path) -> None:
    assert Journal(tmp_path / "none").events() == []
    assert Journal(tmp_path / "none").verify() == []


def lines(folder: Path) -> list[bytes]:
    return (folder / "journal.jsonl").read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize("row", [0, 1, 2])
@pytest.mark.parametrize("damage", ["change", "delete", "swap"])
def test_every_change_of_a_row_breaks_the_chain(tmp_path: Path, row: int, damage: str) -> None:
    append(tmp_path, 4)
    rows = lines(tmp_path)
    if damage == "change":
        fields = json.loads(rows[row])
        fields["data"] = {"i": 99}
        rows[row] = json.dumps(fields).encode() + b"\n"
    elif damage == "delete":
        del rows[row]
    else:
        rows[row], rows[row + 1] = rows[row + 1], rows[row]
    (tmp_path / "journal.jsonl").write_bytes(b"".join(rows))

    assert Journal(tmp_path).verify() != []
    with pytest.raises(Damaged):
        append(tmp_path, 1)


def test_a_torn_last_line_is_cut_and_kept_aside(tmp_path: Path) -> None:
    append(tmp_path, 2)
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write(b'{"seq": 3, "da')

    assert [e.seq for e in Journal(tmp_path).events()] == [1, 2]
    append(tmp_path, 1, start=7)

    assert [e.data["i"] for e in Journal(tmp_path).events()] == [0, 1, 7]
    assert Journal(tmp_path).verify() == []
    assert (tmp_path / "journal.torn-1").read_bytes() == b'{"seq": 3, "da'


def test_a_broken_middle_is_reported_with_its_line(tmp_path: Path) -> None:
    append(tmp_path, 3)
    rows = lines(tmp_path)
    rows[1] = b"garbage\n"
    (tmp_path / "journal.jsonl").write_bytes(b"".join(rows))

    assert "line 2" in Journal(tmp_path).verify()[0]


def test_what_was_torn_is_told_before_and_after_it_is_set_aside(tmp_path: Path) -> None:
    append(tmp_path, 1)
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write(b'{"seq": 2')

    before = Journal(tmp_path).torn()
    append(tmp_path, 1)
    after = Journal(tmp_path).torn()

    assert len(before) == len(after) == 1
    assert "journal.jsonl ends in 9 bytes" in before[0]
    assert "journal.torn-1 has 9 bytes" in after[0]
    assert Journal(tmp_path / "none").torn() == []


def test_a_name_written_twice_into_a_row_is_found(tmp_path: Path) -> None:
    append(tmp_path, 2)
    path = tmp_path / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b'{"actor"', b'{"actor":"p-evil","actor"', 1))

    assert Journal(tmp_path).verify() == ["event 1 was changed after it was written"]


@pytest.mark.parametrize("forged", [rb'"type":"\ud800"', b'"type":["tried"]', b'"type": "tried"'])
def test_a_forged_row_is_reported_and_crashes_nothing(tmp_path: Path, forged: bytes) -> None:
    append(tmp_path, 2)
    path = tmp_path / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"type":"tried"', forged, 1))

    assert Journal(tmp_path).verify() == ["event 1 was changed after it was written"]


def test_no_flipped_bit_goes_unseen(tmp_path: Path) -> None:
    append(tmp_path, 2)
    path = tmp_path / "journal.jsonl"
    sound = path.read_bytes()

    for place in range(
        0, len(sound) - 1
    ):  # the last byte ends the line: without it the row is torn
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :])

        assert Journal(tmp_path).verify() != [], place


def test_a_journal_that_is_open_sees_a_change_of_what_it_wrote(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for i in range(3):
        journal.append("tried", redact_payload({"i": i}), actor="a", at_us=i)
    path = tmp_path / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"i":1', b'"i":9'))

    with pytest.raises(Damaged, match="event 2 was changed"):
        journal.append("tried", redact_payload({"i": 3}), actor="a", at_us=3)


def test_two_open_journals_continue_each_others_chain(tmp_path: Path) -> None:
    one, two = Journal(tmp_path), Journal(tmp_path)

    for i, journal in enumerate([one, two, two, one, two]):
        assert journal.append("t", redact_payload({}), actor="a", at_us=i).seq == i + 1

    assert one.verify() == []


def test_a_journal_put_back_from_a_backup_is_continued(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append("t", redact_payload({}), actor="a", at_us=1)
    path = tmp_path / "journal.jsonl"
    backup = path.read_bytes()
    journal.append("t", redact_payload({}), actor="a", at_us=2)
    path.write_bytes(backup)

    assert journal.append("t", redact_payload({}), actor="a", at_us=3).seq == 2
    assert journal.verify() == []


def test_secrets_do_not_reach_the_journal(tmp_path: Path) -> None:
    Journal(tmp_path).append("t", redact_payload({"password": "hunter2"}), actor="a", at_us=1)

    assert b"hunter2" not in (tmp_path / "journal.jsonl").read_bytes()
    with pytest.raises(TypeError, match="redacted"):
        Journal(tmp_path).append("t", {"password": "x"}, actor="a", at_us=1)  # type: ignore[arg-type]  # what the type forbids


def test_four_processes_append_without_losing_an_event(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=append, args=(tmp_path, 25, 100 * w)) for w in range(4)]

    for each in workers:
        each.start()
    for each in workers:
        each.join(60)

    events = Journal(tmp_path).events()
    assert Journal(tmp_path).verify() == []
    assert sorted(e.data["i"] for e in events) == sorted(
        100 * w + i for w in range(4) for i in range(25)
    )


LOOP = """
import sys
from pathlib import Path
from warehouse.journal import Journal
from warehouse.redact import redact_payload
journal = Journal(Path(sys.argv[1]))
for i in range(10_000):
    event = journal.append("t", redact_payload({"i": i}), actor="a", at_us=i)
    print(event.seq, flush=True)
"""


@pytest.mark.parametrize("after_s", [0.05, 0.2, 0.4])
def test_kill_9_loses_no_acknowledged_event(tmp_path: Path, after_s: float) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-c", LOOP, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "1\n"
    time.sleep(after_s)
    os.kill(worker.pid, signal.SIGKILL)
    said = worker.stdout.read().split("\n")
    worker.wait()
    acknowledged = max([int(x) for x in said[:-1] if x], default=1)

    append(tmp_path, 1)

    journal = Journal(tmp_path)
    assert journal.verify() == []
    assert journal.events()[-1].seq in (acknowledged + 1, acknowledged + 2)
    worker.stdout.close()


def test_a_lock_names_its_holder(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with (
        file_lock(lock, purpose="counting beans", wait_s=0),
        pytest.raises(Locked, match=rf"pid {os.getpid()}, counting beans"),
        file_lock(lock, purpose="waiting", wait_s=0.1),
    ):
        pass


def test_a_lock_is_free_once_its_holder_is_done(tmp_path: Path) -> None:
    for _ in range(2):
        with file_lock(tmp_path / "lock", purpose="x", wait_s=0):
            pass
