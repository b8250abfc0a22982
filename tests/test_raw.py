"""Raw loads are immutable, hashed, and acknowledged once."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.durable import file_lock
from warehouse.errors import BadInput, Damaged
from warehouse.raw import MAX_RECORDS, Payload, RawStore
from warehouse.redact import redact_payload


def a_payload(key: str = "1", **body: object) -> Payload:
    return Payload("thing", key, 5, redact_payload(body or {"n": key}))


def files(root: Path) -> list[str]:
    return sorted(p.suffix for p in root.glob("*/*"))


def test_what_was_appended_is_read_back(tmp_path: Path) -> None:
    store = RawStore(tmp_path)
    load = store.append("github", [a_payload("a"), a_payload("b")], fetched_us=1_000, cursor="c9")

    rows = RawStore(tmp_path).read(RawStore(tmp_path).loads()[0]).to_pylist()

    assert [r["key"] for r in rows] == ["a", "b"]
    assert json.loads(rows[0]["payload"]) == {"n": "a"}
    assert (load.rows, load.cursor, load.source) == (2, "c9", "github")


def test_an_identical_load_is_acknowledged_without_a_new_file(tmp_path: Path) -> None:
    first = RawStore(tmp_path).append("s", [a_payload()], fetched_us=1)
    again = RawStore(tmp_path).append("s", [a_payload()], fetched_us=99)

    assert again == first
    assert files(tmp_path) == [".json", ".parquet"]


def test_the_same_payload_from_another_source_is_another_load(tmp_path: Path) -> None:
    store = RawStore(tmp_path)
    store.append("a", [a_payload()], fetched_us=1)
    store.append("b", [a_payload()], fetched_us=1)

    assert len(store.loads()) == 2


def test_loads_are_ordered_by_fetch_time_then_by_arrival(tmp_path: Path) -> None:
    store = RawStore(tmp_path)
    late = store.append("s", [a_payload("late")], fetched_us=200)
    first = store.append("s", [a_payload("first")], fetched_us=100)
    second = store.append("s", [a_payload("second")], fetched_us=100)

    assert [x.load_id for x in store.loads()] == [first.load_id, second.load_id, late.load_id]


def test_many_payloads_are_split_and_the_cursor_rides_on_the_last(tmp_path: Path) -> None:
    payloads = (a_payload(str(i)) for i in range(MAX_RECORDS + 1))

    loads = RawStore(tmp_path).append_all("s", payloads, fetched_us=1, cursor="end", notes=["n"])

    assert [x.rows for x in loads] == [MAX_RECORDS, 1]
    assert [x.cursor for x in loads] == [None, "end"]
    assert [x.notes for x in loads] == [(), ("n",)]


def test_nothing_appended_is_no_load(tmp_path: Path) -> None:
    assert RawStore(tmp_path).append_all("s", [], fetched_us=1) == []
    assert RawStore(tmp_path / "absent").loads() == []


def test_an_unredacted_body_cannot_be_stored(tmp_path: Path) -> None:
    payload = Payload("thing", "1", 0, {"password": "x"})  # type: ignore[arg-type]  # what the type forbids

    with pytest.raises(TypeError, match="redacted"):
        RawStore(tmp_path).append("s", [payload], fetched_us=1)

    assert files(tmp_path) == []


@pytest.mark.parametrize("at", [0, 20, -1])
def test_a_damaged_load_is_found_and_named(tmp_path: Path, at: int) -> None:
    load = RawStore(tmp_path).append("s", [a_payload()], fetched_us=1)
    content = bytearray(load.path.read_bytes())
    content[at] ^= 0xFF
    load.path.write_bytes(content)

    problems = RawStore(tmp_path).verify()

    assert problems == [f"raw load {load.load_id} of s does not match its hash"]
    with pytest.raises(Damaged):
        RawStore(tmp_path).read(load)


def test_a_parquet_file_without_a_sidecar_was_never_acknowledged(tmp_path: Path) -> None:
    load = RawStore(tmp_path).append("s", [a_payload()], fetched_us=1)
    load.path.with_suffix(".json").unlink()
    store = RawStore(tmp_path)

    assert store.loads() == []
    assert store.sweep() == [load.path]
    assert files(tmp_path) == []


def test_a_damaged_sidecar_is_named_and_hides_no_other_load(tmp_path: Path) -> None:
    store = RawStore(tmp_path)
    good = store.append("s", [a_payload("good")], fetched_us=1)
    bad = store.append("s", [a_payload("bad")], fetched_us=2)
    bad.path.with_suffix(".json").write_text('{"load_id": ')

    assert [load.load_id for load in RawStore(tmp_path).loads()] == [good.load_id]
    [problem] = RawStore(tmp_path).verify()
    assert f"{bad.load_id}.json is not the sidecar of a load" in problem


def test_keys_cursor_and_notes_are_redacted_as_bodies_are(tmp_path: Path) -> None:
    token = "ghp_" + "a1" * 18
    load = RawStore(tmp_path).append(
        "s", [a_payload(f"https://{token}/x"), a_payload("\ud800")], fetched_us=1,
        cursor=token, notes=[f"no access with {token}"],
    )  # fmt: skip

    rows = RawStore(tmp_path).read(load).to_pylist()

    assert "<secret:github-token:" in rows[0]["key"]
    assert rows[1]["key"] == "\ufffd"
    assert token not in load.path.with_suffix(".json").read_text()
    assert RawStore(tmp_path).verify() == []


@pytest.mark.parametrize("source", ["../x", "", "a/b", ".", "a b", "\n"])
def test_a_source_is_a_name_and_no_path(tmp_path: Path, source: str) -> None:
    with pytest.raises(BadInput, match="is not the name of a source"):
        RawStore(tmp_path / "raw").append(source, [a_payload()], fetched_us=1)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_an_identical_load_mends_a_damaged_one(tmp_path: Path, damage: str) -> None:
    first = RawStore(tmp_path).append("s", [a_payload()], fetched_us=1)
    if damage == "gone":
        first.path.unlink()
    else:
        first.path.write_bytes(b"PAR1")

    again = RawStore(tmp_path).append("s", [a_payload()], fetched_us=99)

    assert again == first
    assert RawStore(tmp_path).verify() == []
    assert RawStore(tmp_path).read(again).num_rows == 1


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ('"cursor": "c1"', '"cursor": "c2"'),
        ('"n1"', '"n2"'),
        ('"rows": 1', '"rows": 2'),
        ('"fetched_us": 5', '"fetched_us": 6'),
        ('"source": "s"', '"source": "t"'),
    ],
)
def test_a_changed_sidecar_is_found(tmp_path: Path, said: str, instead: str) -> None:
    load = RawStore(tmp_path).append("s", [a_payload()], fetched_us=5, cursor="c1", notes=["n1"])
    sidecar = load.path.with_suffix(".json")
    sidecar.write_text(sidecar.read_text().replace(said, instead))

    [problem] = RawStore(tmp_path).verify()

    assert load.load_id in problem


@pytest.mark.parametrize("content", ["", "[]", "null", '{"load_id": 1}', "[" * 100_000])
def test_a_sidecar_of_any_content_is_named_and_crashes_nothing(
    tmp_path: Path, content: str
) -> None:
    load = RawStore(tmp_path).append("s", [a_payload()], fetched_us=1)
    load.path.with_suffix(".json").write_text(content)

    assert RawStore(tmp_path).loads() == []
    assert len(RawStore(tmp_path).verify()) == 1


def test_two_open_stores_see_each_others_loads(tmp_path: Path) -> None:
    one, two = RawStore(tmp_path), RawStore(tmp_path)
    one.append("s", [a_payload("a")], fetched_us=1)
    second = two.append("s", [a_payload("b")], fetched_us=1)
    same = one.append("s", [a_payload("b")], fetched_us=2)

    assert same == second
    assert [x.load_id[17:21] for x in RawStore(tmp_path).loads()] == ["0000", "0001"]


def test_sweeping_waits_for_a_load_that_is_being_stored(tmp_path: Path) -> None:
    load = RawStore(tmp_path).append("s", [a_payload()], fetched_us=1)
    sidecar = load.path.with_suffix(".json")
    content = sidecar.read_bytes()
    sidecar.unlink()
    with ThreadPoolExecutor() as pool:
        with file_lock(tmp_path / "raw.lock", purpose="storing a load", wait_s=1):
            swept = pool.submit(RawStore(tmp_path).sweep)
            time.sleep(0.2)
            assert not swept.done()
            sidecar.write_bytes(content)

        assert swept.result(timeout=30) == []


LOOP = """
import sys
from pathlib import Path
from warehouse.raw import Payload, RawStore
from warehouse.redact import redact_payload
store = RawStore(Path(sys.argv[1]))
for i in range(10_000):
    load = store.append("s", [Payload("k", str(i), i, redact_payload({"i": i}))], fetched_us=i)
    print(load.load_id, flush=True)
"""


@pytest.mark.parametrize("after_s", [0.02, 0.1, 0.3])
def test_kill_9_loses_no_acknowledged_load(tmp_path: Path, after_s: float) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-c", LOOP, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    first = worker.stdout.readline().strip()
    time.sleep(after_s)
    os.kill(worker.pid, signal.SIGKILL)
    said = worker.stdout.read().split("\n")
    worker.wait()
    worker.stdout.close()

    store = RawStore(tmp_path)
    store.sweep()

    stored = {load.load_id for load in store.loads()}
    assert {first, *(each for each in said[:-1] if each)} <= stored
    assert store.verify() == []
    assert files(tmp_path) == [*[".json"] * len(stored), *[".parquet"] * len(stored)]


def test_70_000_small_payloads_are_stored_in_seconds(tmp_path: Path) -> None:
    bodies = ({"id": i, "title": f"Fix case {i}", "author": {"login": "x"}} for i in range(70_000))
    payloads = (Payload("pr", str(i), i, redact_payload(body)) for i, body in enumerate(bodies))

    started = time.process_time()
    loads = RawStore(tmp_path).append_all("s", payloads, fetched_us=1)

    assert sum(load.rows for load in loads) == 70_000
    assert time.process_time() - started < 10  # about 2 s here, on a machine with other work


@settings(max_examples=20)
@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=20)), max_size=8))
def test_any_text_survives_as_it_was_redacted(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]]
) -> None:
    store = RawStore(tmp_path_factory.mktemp("raw"))
    payloads = [Payload("k", f"{i}", 0, redact_payload({"t": b})) for i, (_, b) in enumerate(pairs)]

    load = store.append("s", payloads, fetched_us=1)

    assert store.read(load)["payload"].to_pylist() == [p.body.text for p in payloads]
