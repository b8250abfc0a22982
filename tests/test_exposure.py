"""A rule was exposed from the commit that added its line to the commit that took it away."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from analysis.exposure import exposures
from warehouse.tables import table

SCHEMA = table("instruction_file_version").schema
RULE = "rl-0a1b2c3d"


def history(*versions: tuple[int, str | None]) -> pa.Table:
    rows = [
        {
            "repo": "acme/app",
            "path": "AGENTS.md",
            "sha": f"{at:040d}",
            "text": text,
            "committed_us": at,
            "updated_us": at,
            "load_id": "",
        }
        for at, text in versions
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def stretches(rows: pa.Table) -> list[tuple[int, int | None]]:
    return [(r["from_us"], r["to_us"]) for r in rows.to_pylist()]


def test_a_line_that_still_stands_has_no_end() -> None:
    assert stretches(exposures(history((10, f"- x ({RULE})")))) == [(10, None)]


def test_a_removed_line_ends_at_the_commit_that_removed_it() -> None:
    rows = exposures(history((10, f"({RULE})"), (20, f"still ({RULE})"), (30, "gone")))

    assert stretches(rows) == [(10, 30)]


def test_a_deleted_file_ends_every_line_in_it() -> None:
    assert stretches(exposures(history((10, f"({RULE})"), (30, None)))) == [(10, 30)]


def test_a_line_that_comes_back_is_a_second_stretch() -> None:
    rows = exposures(history((10, RULE), (20, ""), (30, RULE)))

    assert stretches(rows) == [(10, 20), (30, None)]


def test_something_that_only_looks_like_a_rule_id_is_not_one() -> None:
    assert stretches(exposures(history((10, "rl-0a1b2c3 xrl-0a1b2c3d rl-0A1B2C3D")))) == []


@given(st.permutations([(10, RULE), (20, ""), (30, RULE), (40, None)]))
def test_the_order_of_reading_does_not_matter(versions: list[tuple[int, str | None]]) -> None:
    assert stretches(exposures(history(*versions))) == [(10, 20), (30, 40)]
