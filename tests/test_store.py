"""The one writer: what is applied, what wins, and what happens when the file cannot be trusted."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from tests.build import a_pull, rows_of
from warehouse import records
from warehouse.errors import BadInput, Locked
from warehouse.home import Home
from warehouse.raw import Payload, RawStore
from warehouse.records import Records
from warehouse.redact import redact_payload
from warehouse.store import Store, rebuild


def a_payload(number: int, title: str, updated_us: int = 1) -> Payload:
    body = redact_payload({"number": number, "title": title})
    return Payload("pull_request", str(number), updated_us, body)


def parse(payloads: pa.RecordBatch) -> Iterator[Records]:
    """The payloads of this file as pull requests; a number of 0 is a row without its key."""
    rows, times = [], []
    for payload in payloads.to_pylist():
        body = json.loads(payload["payload"])
        if body["title"] == "unusable":
            raise BadInput("the payload is unusable")
        row = a_pull(body["number"], title=body["title"])
        if not body["number"]:
            row["state"] = None
        rows.append(row)
        times.append(payload["updated_us"])
    yield "pull_request", records.batch("pull_request", rows, updated_us=times)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def add(home: Home, payloads: Sequence[Payload], at_us: int = 1_000_000) -> str:
    return RawStore(home.raw).append("tests", payloads, fetched_us=at_us).load_id


def apply(home: Home) -> Store:
    """Apply everything; the store is closed but its notes can be read."""
    with Store.open(home) as store:
        store.apply(RawStore(home.raw), lambda _: parse)
    return store


def titles(home: Home) -> dict[int, str]:
    with Store.open(home) as store:
        rows = store.rows("SELECT number, title FROM pull_request ORDER BY number")
    return {row["number"]: row["title"] for row in rows}


def test_a_load_is_applied_once_with_its_notes_and_acknowledged(home: Home) -> None:
    load = RawStore(home.raw).append(
        "tests", [a_payload(1, "one")], fetched_us=7, cursor="c", notes=["two pages were empty"]
    )

    with Store.open(home) as store:
        first = store.apply(RawStore(home.raw), lambda _: parse)
        second = store.apply(RawStore(home.raw), lambda _: parse)
        [row] = store.rows("SELECT * FROM load")
        [pull] = store.rows("SELECT title, load_id, updated_us FROM pull_request")

    assert [each.load_id for each in first] == [load.load_id]
    assert second == []
    assert (row["source"], row["rows"], row["cursor"], row["fetched_us"]) == ("tests", 1, "c", 7)
    assert row["notes"] == '["two pages were empty"]'
    assert pull == {"title": "one", "load_id": load.load_id, "updated_us": 1}
    assert home.acknowledged.read_text() == f"{load.load_id}\n"


def test_the_newest_server_version_of_a_row_wins_whatever_order_it_comes_in(home: Home) -> None:
    add(home, [a_payload(1, "new", 20), a_payload(2, "first", 5)], at_us=1_000_000)
    apply(home)
    add(home, [a_payload(1, "old", 10), a_payload(2, "second", 5)], at_us=2_000_000)
    apply(home)

    found = titles(home)

    assert found == {1: "new", 2: "second"}


def test_within_a_load_the_last_of_equally_new_rows_wins(home: Home) -> None:
    add(home, [a_payload(1, "a", 5), a_payload(1, "b", 9), a_payload(1, "c", 9), a_payload(1, "d")])
    apply(home)

    assert titles(home) == {1: "c"}


def test_loads_applied_together_equal_loads_applied_one_by_one(home: Home, tmp_path: Path) -> None:
    together, apart = Home(tmp_path / "together"), Home(tmp_path / "apart")
    loads = [
        [a_payload(1, "a", 3), a_payload(2, "b", 3)],
        [a_payload(1, "c", 2), a_payload(3, "d", 1)],
        [a_payload(2, "e", 3), a_payload(3, "f", 0)],
    ]
    hashes = []
    for number, load in enumerate(loads):
        add(together, load, at_us=number)
        add(apart, load, at_us=number)
        apply(apart)
    apply(together)

    for each in (together, apart):
        with Store.open(each) as store:
            hashes.append(store.content_hash())

    assert titles(together) == {1: "a", 2: "e", 3: "d"}
    assert hashes[0] == hashes[1]


def test_a_row_without_what_its_table_requires_becomes_a_data_issue(home: Home) -> None:
    load_id = add(home, [a_payload(0, "no state"), a_payload(2, "whole")])
    apply(home)

    with Store.open(home) as store:
        issues = store.rows("SELECT * FROM data_issue")

    assert titles(home) == {2: "whole"}
    assert issues == [
        {
            "load_id": load_id,
            "table_name": "pull_request",
            "row_key": "acme/shop#0",
            "problem": "state is missing, so the row was left out",
        }
    ]


def test_a_load_that_cannot_be_parsed_leaves_the_others_and_is_tried_again(home: Home) -> None:
    add(home, [a_payload(1, "fine"), a_payload(2, "unusable")], at_us=1)
    add(home, [a_payload(3, "later")], at_us=2)

    notes = apply(home).notes
    again = apply(home).notes

    assert titles(home) == {3: "later"}
    assert len(notes) == len(again) == 1
    assert "was left out: the payload is unusable" in notes[0]


def test_a_damaged_raw_load_is_left_out_with_a_sentence(home: Home) -> None:
    add(home, [a_payload(1, "one")], at_us=1)
    add(home, [a_payload(2, "two")], at_us=2)
    first = min(home.raw.glob("tests/*.parquet"))
    first.write_bytes(first.read_bytes()[:-10])

    notes = apply(home).notes

    assert titles(home) == {2: "two"}
    assert "does not match its hash" in notes[0]


def test_a_parser_that_fails_halfway_stores_nothing_of_its_load(home: Home) -> None:
    def half(payloads: pa.RecordBatch) -> Iterator[Records]:
        yield "pull_request", rows_of("pull_request", [a_pull(1)])
        raise BadInput("the second table is broken")

    add(home, [a_payload(1, "one")])

    with Store.open(home) as store:
        store.apply(RawStore(home.raw), lambda _: half)
        stored = store.rows("SELECT COUNT(*) AS n FROM pull_request")

    assert stored == [{"n": 0}]


def test_a_second_writer_is_refused_within_two_seconds_and_told_who_writes(home: Home) -> None:
    code = (
        "import sys, pathlib\n"
        "from warehouse.home import Home\nfrom warehouse.store import Store\n"
        "with Store.open(Home(pathlib.Path(sys.argv[1]))):\n"
        "    print('open', flush=True)\n    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(home.root)]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    other.stdout.readline()
    started = time.monotonic()

    with pytest.raises(Locked, match=f"pid {other.pid}, writing the warehouse"), Store.open(home):
        pass
    took = time.monotonic() - started
    other.communicate("")

    assert took < 3
    with Store.open(home):
        pass


def test_a_database_held_by_another_program_is_not_taken_for_damaged(home: Home) -> None:
    apply(home)
    code = (
        "import sys\nfrom pathlib import Path\nfrom warehouse.engine import DuckEngine\n"
        "engine = DuckEngine(Path(sys.argv[1]))\nprint('open', flush=True)\nsys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(home.warehouse)]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    other.stdout.readline()

    with pytest.raises(Locked, match=r"is open in .*PID"), Store.open(home):
        pass
    other.communicate("")

    assert list(home.root.glob("*quarantined*")) == []


@pytest.mark.parametrize("content", [b"", b"not a database" * 1000])
def test_a_file_that_is_no_database_is_kept_aside_and_everything_replayed(
    home: Home, content: bytes
) -> None:
    add(home, [a_payload(1, "one")])
    apply(home)
    home.warehouse.write_bytes(content)

    notes = apply(home).notes

    assert titles(home) == {1: "one"}
    assert len(notes) == 1
    assert "kept it as warehouse.duckdb.quarantined-1 and started a new one" in notes[0]
    assert (home.root / "warehouse.duckdb.quarantined-1").read_bytes() == content


def test_a_truncated_database_is_replayed(home: Home) -> None:
    add(home, [a_payload(n, "x" * n) for n in range(1, 500)])
    apply(home)
    whole = home.warehouse.read_bytes()
    home.warehouse.write_bytes(whole[: len(whole) // 2])

    notes = apply(home).notes

    assert len(titles(home)) == 499
    assert "quarantined-1" in notes[0]


def test_an_older_copy_of_the_database_is_noticed_and_replayed(home: Home) -> None:
    add(home, [a_payload(1, "one")], at_us=1)
    apply(home)
    older = home.warehouse.read_bytes()
    add(home, [a_payload(2, "two")], at_us=2)
    apply(home)
    home.warehouse.write_bytes(older)

    notes = apply(home).notes

    assert titles(home) == {1: "one", 2: "two"}
    assert "has lost 1 of 2 acknowledged loads" in notes[0]
    assert apply(home).notes == []


def test_a_deleted_database_is_replayed_and_a_stray_log_of_it_ignored(home: Home) -> None:
    add(home, [a_payload(1, "one")])
    apply(home)
    home.warehouse.unlink()
    (home.root / "warehouse.duckdb.wal").write_bytes(b"left over")

    notes = apply(home).notes

    assert titles(home) == {1: "one"}
    assert "was not there" in notes[0]


def test_an_interrupted_replay_goes_on_instead_of_starting_over(home: Home) -> None:
    add(home, [a_payload(1, "one")])
    apply(home)
    home.warehouse.unlink()
    with Store.open(home):
        pass  # died before apply

    with Store.open(home) as store:
        notes = list(store.notes)
        store.apply(RawStore(home.raw), lambda _: parse)

    assert notes == []
    assert titles(home) == {1: "one"}


def test_a_raw_load_that_vanished_is_reported_while_its_rows_stay(home: Home) -> None:
    load_id = add(home, [a_payload(1, "one")])
    apply(home)
    for file in home.raw.glob("tests/*"):
        file.unlink()

    notes = apply(home).notes

    assert titles(home) == {1: "one"}
    assert "acknowledged but are no longer in" in notes[0]
    assert load_id in notes[0]


def test_a_torn_last_line_of_the_acknowledgements_is_repaired(home: Home) -> None:
    first = add(home, [a_payload(1, "one")], at_us=1)
    apply(home)
    with home.acknowledged.open("a") as file:
        file.write("00000000000")
    second = add(home, [a_payload(2, "two")], at_us=2)

    apply(home)

    assert home.acknowledged.read_text() == f"{first}\n{second}\n"


def test_tables_of_another_version_are_replayed_into_new_ones(home: Home) -> None:
    add(home, [a_payload(1, "one")])
    apply(home)
    with Store.open(home) as store:
        store.engine.execute("UPDATE meta SET value = 'older' WHERE name = 'schema'")

    notes = apply(home).notes

    assert "has the tables of another version" in notes[0]
    assert titles(home) == {1: "one"}


def test_rebuilding_gives_the_same_rows(home: Home) -> None:
    for number in range(30):
        add(home, [a_payload(number % 7 + 1, f"t{number}", number % 3)], at_us=number)
        if number % 4 == 0:
            apply(home)
    apply(home)
    with Store.open(home) as store:
        store.refresh_facts()
        before = store.content_hash()

    loads = rebuild(home, RawStore(home.raw), lambda _: parse)

    with Store.open(home) as store:
        store.refresh_facts()
        after = store.content_hash()
    assert len(loads) == 30
    assert before == after


def test_the_content_hash_sees_one_changed_cell_and_not_the_order_of_rows(home: Home) -> None:
    with Store.open(home) as store:
        row = {"rule_id": "r", "repo": "acme/shop", "path": "AGENTS.md", "from_us": 1}
        rows = [rows_of("exposure", [row | {"from_us": n}]) for n in (1, 2)]
        store.replace("exposure", pa.Table.from_batches(rows))
        first = store.content_hash()
        store.replace("exposure", pa.Table.from_batches(rows[::-1]))
        turned = store.content_hash()
        changed_row = rows_of("exposure", [row | {"to_us": 9}])
        store.replace("exposure", pa.Table.from_batches([changed_row, rows[1]]))
        changed = store.content_hash()

    assert first == turned
    assert {name for name in first if first[name] != changed[name]} == {"exposure"}


def test_replacing_is_for_concluded_tables_and_refuses_two_rows_of_one_key(home: Home) -> None:
    row = {"rule_id": "r", "repo": "acme/shop", "path": "AGENTS.md", "from_us": 1}
    good = pa.Table.from_batches([rows_of("exposure", [row])])
    with Store.open(home) as store:
        store.replace("exposure", good)

        with pytest.raises(ValueError, match="only concluded"):
            store.replace("pull_request", pa.Table.from_batches([rows_of("pull_request", [])]))
        with pytest.raises(ValueError, match="two rows with the key"):
            store.replace("exposure", pa.concat_tables([good, good]))
        kept = store.rows("SELECT COUNT(*) AS n FROM exposure")

    assert kept == [{"n": 1}]


def test_the_context_is_one_row(home: Home) -> None:
    with Store.open(home) as store:
        store.set_context(1, is_sample=True, version="1", journal_seq=0)
        store.set_context(1_000_000, is_sample=False, version="2", journal_seq=4)

        [row] = store.rows("SELECT CAST(as_of AS VARCHAR) AS at, * FROM run_context")

    assert (row["at"], row["is_sample"], row["journal_seq"]) == ("1970-01-01 00:00:01", False, 4)


def test_seventy_thousand_rows_in_37_loads_apply_in_seconds(home: Home) -> None:
    raw = RawStore(home.raw)
    for number in range(37):
        payloads = [a_payload(number * 2_000 + n, f"title {n}") for n in range(1, 2_001)]
        raw.append("tests", payloads, fetched_us=number)

    started = time.process_time()
    apply(home)
    took = time.process_time() - started

    with Store.open(home) as store:
        assert store.rows("SELECT COUNT(*) AS n FROM pull_request") == [{"n": 74_000}]
    assert took < 20, f"{took:.1f} s of CPU"
