# ruff: noqa: E501  # log lines as they are
"""Failing chunks: the lines of a log that say why it failed, in bounded memory."""

import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.chunks import Chunk, Example, failing_chunk, failing_chunk_stream


def log_of(*lines: str, before: int = 50, after: int = 20) -> str:
    """The lines given, between quiet ones: the first of them is line `before + 1`."""
    quiet = [f"fetching package {n}" for n in range(before)]
    return "\n".join([*quiet, *lines, *[f"uploading report {n}" for n in range(after)]])


def test_a_tools_finding_is_found_with_what_stands_around_it() -> None:
    chunk = failing_chunk(log_of("src/a.py:3:8: F401 `os` imported but unused"))

    assert (chunk.method, chunk.lines) == ("tool", (49, 50, 51, 52, 53))
    assert chunk.text.split("\n")[2] == "src/a.py:3:8: F401 `os` imported but unused"


def test_start_and_end_are_the_hull_of_the_lines() -> None:
    chunk = failing_chunk(
        log_of("--- FAIL: TestTotal (0.00s)", *["ok"] * 30, "--- FAIL: TestTax (0.00s)")
    )

    assert (chunk.start, chunk.end) == (49, 84)
    assert chunk.lines == (49, 50, 51, 52, 53, 80, 81, 82, 83, 84)


@pytest.mark.parametrize(
    ("lines", "method", "said"),
    [
        (["##[error]The template is not valid."], "marked", "##[error]The template is not valid."),
        (["##[error]The template is not valid.", "x: failed"], "marked", "##[error]The template is not valid."),
        (["src/a.ts(3,1): error TS2345: no", "##[error]Process completed with exit code 2."], "tool", "src/a.ts(3,1): error TS2345: no"),
        (["configure: error: no acceptable compiler"], "words", "configure: error: no acceptable compiler"),
        (["make: *** [all] Fehler 2"], "tail", "uploading report 19"),
    ],
)  # fmt: skip
def test_marks_come_before_words_and_the_end_is_the_last_resort(
    lines: list[str], method: str, said: str
) -> None:
    chunk = failing_chunk(log_of(*lines))

    assert chunk.method == method
    assert said in chunk.text.split("\n")


def test_the_surer_the_method_the_higher_the_confidence() -> None:
    texts = ("F401 [*] `os` imported but unused", "fatal: no such ref", "bye")

    found = [failing_chunk(text).confidence for text in texts]

    assert found == sorted(found, reverse=True)
    assert len(set(found)) == 3


def test_lines_that_another_log_was_marked_with_are_found_again() -> None:
    marked = Example(log_of("Gem 17 is not signed", before=3), start=4, end=4)

    chunk = failing_chunk(log_of("error: unrelated", "Gem 23 is not signed", "ok"), [marked])

    assert chunk.method == "example"
    assert 52 in chunk.lines


def test_time_stamps_colours_and_the_runners_folder_hide_nothing() -> None:
    line = "2026-01-05T10:00:00.1234567Z \x1b[31m/home/runner/work/shop/shop/src/a.py:3:8: F401 x\x1b[0m"

    chunk = failing_chunk(log_of(line))

    assert chunk.method == "tool"
    assert "src/a.py:3:8: F401 x" in chunk.text.split("\n")


def test_of_more_findings_than_the_budget_the_last_are_kept() -> None:
    findings = [f"src/a.py:{n}:8: F401 `os` imported but unused" for n in range(1, 101)]

    chunk = failing_chunk("\n".join(findings), budget=10)

    assert chunk.lines == tuple(range(91, 101))


@pytest.mark.parametrize("log", ["", "\n", "\n\n\n"])
def test_an_empty_log_has_no_lines_to_show(log: str) -> None:
    chunk = failing_chunk(log)

    assert (chunk.lines, chunk.text, chunk.confidence) == ((), "", 0.0)


@given(
    st.lists(
        st.sampled_from(["ok", "", "error: x", "F401 [*] x", "##[error]x", "\x00\x1b[", "é" * 9])
    ),
    st.integers(0, 7),
)
def test_lines_are_sorted_within_the_log_and_never_more_than_the_budget(
    lines: list[str], budget: int
) -> None:
    chunk = failing_chunk("\n".join(lines), budget=budget)

    assert len(chunk.lines) <= budget
    assert list(chunk.lines) == sorted(set(chunk.lines))
    assert all(1 <= number <= max(1, len(lines)) for number in chunk.lines)
    if chunk.lines:
        assert (chunk.start, chunk.end) == (chunk.lines[0], chunk.lines[-1])
        assert len(chunk.text.split("\n")) == len(chunk.lines)


@given(st.text(max_size=300))
def test_any_text_has_a_chunk_and_always_the_same_one(log: str) -> None:
    once = failing_chunk(log)

    assert isinstance(once, Chunk)
    assert once == failing_chunk(log) == failing_chunk_stream(iter(log.split("\n")))


def test_a_log_of_any_length_is_read_in_constant_memory() -> None:
    def endless() -> Iterator[str]:
        for number in range(60_000):
            yield f"step {number}: error: something went wrong {'x' * 200}"

    tracemalloc.start()
    failing_chunk_stream(endless())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 2_000_000  # bytes; the log itself has 15 million


def test_a_line_without_an_end_is_cut_before_it_is_searched() -> None:
    chunk = failing_chunk_stream(["error: " + " error" * 500_000])

    assert len(chunk.text) <= 2_000


def test_the_lines_people_marked_in_real_logs_are_found_in_some(
    data: Path, record_property: Callable[[str, object], None]
) -> None:
    """The first form's figures go into the report; the floor only says it is no accident."""
    columns = ["log", "chunk_start_line", "chunk_end_line"]
    table = pq.read_table(data / "ci_logs" / "logchunks.parquet", columns=columns)
    rows = [row for row in table.to_pylist() if row["log"] and row["chunk_start_line"]]
    shares = []
    for row in rows[::5]:
        truth = set(range(int(row["chunk_start_line"]), int(row["chunk_end_line"]) + 1))
        chunk = failing_chunk(row["log"])
        assert len(chunk.lines) <= 60
        shares.append(len(truth & set(chunk.lines)) / len(truth))
    recall, hit = sum(shares) / len(shares), sum(share > 0 for share in shares) / len(shares)
    record_property("recall", round(recall, 3))
    record_property("hit", round(hit, 3))

    assert hit > 0.4
