"""AIDev: the published figures come out, and broken files are said and survived."""

import csv
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from ingest.aidev import SOURCE, Fetched, fetch
from warehouse.errors import BadInput
from warehouse.raw import Payload

HOUR = 3_600_000_000
JAN_2 = 1_735_776_000_000_000

Row = dict[str, Any]
Tables = Mapping[str, list[Row]]


def a_pull(id_: int = 11, **changes: Any) -> Row:
    """A pull request of Copilot, merged after two hours, as the data set writes it."""
    return {
        "agent": "Copilot",
        "id": id_,
        "number": id_ - 10,
        "title": "Add a basket",
        "user": "Copilot",
        "state": "closed",
        "created_at": "2025-01-02T00:00:00Z",
        "closed_at": "2025-01-02T02:00:00Z",
        "merged_at": "2025-01-02T02:00:00Z",
        "repo_url": "https://api.github.com/repos/acme/shop",
        "body": "Adds a basket",
    } | changes


def a_comment(id_: int = 21, **changes: Any) -> Row:
    """A person's comment on the pull request of `a_pull()`."""
    return {
        "pr_id": 11,
        "id": id_,
        "user": "ann",
        "created_at": "2025-01-02T01:00:00Z",
        "body": "Please use the logger",
    } | changes


def write(folder: Path, **tables: list[Row]) -> Path:
    """The tables as Parquet files."""
    for name, rows in tables.items():
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{name}.parquet")
    return folder


def parsed(data: Fetched) -> Tables:
    """Every row by table."""
    found: dict[str, list[Row]] = {}
    payloads = list(data.payloads)
    for start in range(0, len(payloads), 2_000):
        for table, batch in SOURCE.parse(_batch(payloads[start : start + 2_000])):
            found.setdefault(table, []).extend(batch.to_pylist())
    return found


def _batch(payloads: list[Payload]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(
        {
            "kind": [p.kind for p in payloads],
            "key": [p.key for p in payloads],
            "updated_us": [p.updated_us for p in payloads],
            "payload": [p.body.text for p in payloads],
        }
    )


def rows_of(data: Fetched, table: str) -> list[Row]:
    return parsed(data).get(table, [])


def problems(data: Fetched) -> list[str]:
    return [issue["problem"] for issue in rows_of(data, "data_issue")]


@pytest.fixture(scope="module")
def published(data: Path) -> Tables:
    """Every row of the public data, read once."""
    return parsed(fetch(data / "aidev"))


def test_the_published_counts_and_medians_come_out_in_every_cell(
    data: Path, published: Tables
) -> None:
    pulls = published["pull_request"]

    ours = {"claude-code": "Claude_Code", "codex": "OpenAI_Codex"}
    with (data / "aidev" / "expected_per_agent.csv").open(encoding="utf-8") as file:
        expected = {row["agent"]: row for row in csv.DictReader(file)}
    assert len(pulls) == 4_469
    for agent in {p["stated_agent"] for p in pulls}:
        mine = [p for p in pulls if p["stated_agent"] == agent]
        merged = [(p["merged_us"] - p["created_us"]) / HOUR for p in mine if p["state"] == "merged"]
        closed = [(p["closed_us"] - p["created_us"]) / HOUR for p in mine if p["state"] == "closed"]
        row = expected.pop(ours.get(agent, agent.capitalize()))
        assert len(mine) == int(row["prs"])
        assert len(merged) == int(row["merged"])
        assert len(closed) == int(row["closed_unmerged"])
        assert sum(p["state"] == "open" for p in mine) == int(row["open"])
        to_merge = float(row["median_hours_to_merge"])
        assert statistics.median(merged) == pytest.approx(to_merge, abs=0.0002)
        to_reject = float(row["median_hours_to_reject"])
        assert statistics.median(closed) == pytest.approx(to_reject, abs=0.0002)
    assert expected == {}


def test_no_row_of_the_published_data_is_a_data_issue(published: Tables) -> None:
    counted = {table: len(rows) for table, rows in published.items()}

    assert counted == {
        "pull_request": 4_469,
        "review": 7_150,
        "comment": 3_743,
        "pull_request_commit": 18_553,
        "timeline_event": 37_984,
        "issue": 1_461,  # one id stands there twice
        "pull_request_issue": 1_690,
        "repository": 501,
    }
    committed = [e for e in published["timeline_event"] if e["event"] == "committed"]
    assert not any(e["created_us"] for e in committed)


def test_a_row_is_mapped_to_our_names(tmp_path: Path) -> None:
    fetched = fetch(write(tmp_path, pull_request=[a_pull()], pr_comments=[a_comment()]))
    tables = parsed(fetched)

    (pull,) = tables["pull_request"]
    assert (pull["pull_request_id"], pull["repo"], pull["number"]) == (
        "acme/shop#1",
        "acme/shop",
        1,
    )
    assert (pull["state"], pull["stated_agent"], pull["author_type"]) == (
        "merged",
        "copilot",
        "Bot",
    )
    assert (pull["created_us"], pull["merged_us"]) == (JAN_2, JAN_2 + 2 * HOUR)
    assert pull["merges_only"] is False
    (comment,) = tables["comment"]
    assert (comment["comment_id"], comment["pull_request_id"]) == ("21", "acme/shop#1")
    assert comment["author_type"] == "User"
    assert tables["repository"][0]["repo"] == "acme/shop"
    assert fetched.newest_us == JAN_2 + 2 * HOUR


@pytest.mark.parametrize(
    "url",
    [
        "https://api.github.com/repos/acme/shop",
        "https://github.com/acme/shop",
        "https://github.com/acme/shop.git",
        "https://github.com/acme/shop/",
    ],
)
def test_each_way_to_write_a_repository_is_understood(tmp_path: Path, url: str) -> None:
    (pull,) = rows_of(fetch(write(tmp_path, pull_request=[a_pull(repo_url=url)])), "pull_request")

    assert pull["repo"] == "acme/shop"


@pytest.mark.parametrize(
    ("login", "kind"),
    [
        ("github-actions[bot]", "Bot"),
        ("Copilot", "Bot"),
        ("lunary-bot", "Bot"),
        ("BrewTestBot", "Bot"),
        ("talbot", "User"),
        ("devinat1", "User"),
        (None, None),
    ],
)
def test_accounts_are_told_apart_by_what_their_names_end_in(
    tmp_path: Path, login: str | None, kind: str | None
) -> None:
    pulls = [a_pull(), a_pull(12, user=login)]
    found = rows_of(fetch(write(tmp_path, pull_request=pulls)), "pull_request")

    assert found[1]["author_type"] == kind


def test_an_agent_of_another_name_is_kept_in_lower_case(tmp_path: Path) -> None:
    (pull,) = rows_of(
        fetch(write(tmp_path, pull_request=[a_pull(agent="Google_Jules 2")])), "pull_request"
    )

    assert pull["stated_agent"] == "google-jules-2"


def test_csv_gives_the_same_rows_as_parquet(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "c").mkdir()
    pulls = [a_pull(body='two\nlines, "quoted"'), a_pull(12, merged_at=None)]
    write(tmp_path / "p", pull_request=pulls, pr_comments=[a_comment()])
    for name in ("pull_request", "pr_comments"):
        pacsv.write_csv(
            pq.read_table(tmp_path / "p" / f"{name}.parquet"), tmp_path / "c" / f"{name}.csv"
        )

    assert parsed(fetch(tmp_path / "p")) == parsed(fetch(tmp_path / "c"))


def test_ids_that_pandas_wrote_as_floats_still_join(tmp_path: Path) -> None:
    (tmp_path / "pr_comments.csv").write_text(
        "pr_id,id,user,created_at,body\n11.0,21.0,ann,2025-01-02T01:00:00Z,no\n"
    )
    found = rows_of(fetch(write(tmp_path, pull_request=[a_pull()])), "comment")

    assert found[0]["pull_request_id"] == "acme/shop#1"


def test_timestamp_columns_of_any_zone_are_utc(tmp_path: Path) -> None:
    zone = pa.timestamp("ms", "Europe/Berlin")
    table = pa.Table.from_pylist([a_pull()])
    at = table.column_names.index("created_at")
    table = table.set_column(at, "created_at", pa.array([JAN_2 // 1000], pa.int64()).cast(zone))
    pq.write_table(table, tmp_path / "pull_request.parquet")

    assert rows_of(fetch(tmp_path), "pull_request")[0]["created_us"] == JAN_2


def test_unknown_columns_ride_in_the_payload(tmp_path: Path) -> None:
    (payload, *_) = fetch(write(tmp_path, pull_request=[a_pull(mood="grim")])).payloads

    assert '"mood":"grim"' in payload.body.text


def test_missing_optional_tables_are_said_and_not_fatal(tmp_path: Path) -> None:
    notes = fetch(write(tmp_path, pull_request=[a_pull()])).notes

    assert "pr_comments is missing: comments stay unknown" in notes
    assert len(notes) == 7


def test_commits_keep_their_order_and_events_their_place(tmp_path: Path) -> None:
    commits = [{"pr_id": 11, "sha": sha * 40, "message": "m", "author": "ann"} for sha in "cab"]
    events = [
        {"pr_id": 11, "event": "committed", "created_at": None, "actor": None},
        {"pr_id": 11, "event": "merged", "created_at": "2025-01-02T02:00:00Z", "actor": "ann"},
    ]
    folder = write(tmp_path, pull_request=[a_pull()], pr_commits=commits, pr_timeline=events)
    tables = parsed(fetch(folder))

    assert [(c["sha"][0], c["position"]) for c in tables["pull_request_commit"]] == [
        ("c", 0),
        ("a", 1),
        ("b", 2),
    ]
    assert [e["created_us"] for e in tables["timeline_event"]] == [None, JAN_2 + 2 * HOUR]


def test_a_missing_directory_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not exist; give the folder that holds pull_request"):
        fetch(tmp_path / "nowhere")


def test_a_file_in_place_of_a_directory_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a\n")

    with pytest.raises(BadInput, match="is a file; give the folder"):
        fetch(tmp_path / "x.csv")


def test_a_folder_without_the_needed_table_names_what_it_holds(tmp_path: Path) -> None:
    write(tmp_path, pr_comments=[a_comment()])

    with pytest.raises(
        BadInput, match=r"has no pull_request\.parquet .*found: pr_comments\.parquet"
    ):
        fetch(tmp_path)


def test_the_wrong_table_names_the_columns_it_lacks_and_those_it_has(tmp_path: Path) -> None:
    write(tmp_path, pull_request=[{"name": "x", "id": 1}])

    with pytest.raises(BadInput, match=r"column agent, number, .* is missing \(found: name, id\)"):
        fetch(tmp_path)


def test_an_empty_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "pull_request.parquet").touch()

    with pytest.raises(BadInput, match=r"pull_request\.parquet is empty \(0 bytes\)"):
        fetch(tmp_path)


def test_a_table_without_rows_is_one_sentence(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist([a_pull()]).slice(0, 0), tmp_path / "pull_request.parquet")

    with pytest.raises(BadInput, match=r"pull_request\.parquet has no rows"):
        fetch(tmp_path)


@pytest.mark.parametrize("kept", [4, 0.5, -8])
def test_truncated_parquet_is_one_sentence(tmp_path: Path, kept: float) -> None:
    file = write(tmp_path, pull_request=[a_pull()]) / "pull_request.parquet"
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * kept) if kept == 0.5 else int(kept)])

    with pytest.raises(
        BadInput, match=r"pull_request\.parquet is not a whole Parquet file"
    ) as problem:
        fetch(tmp_path)
    assert "\n" not in str(problem.value)


def test_parquet_damaged_in_the_middle_is_one_sentence(tmp_path: Path) -> None:
    pulls = [a_pull(n, body=f"text {n} " * 50) for n in range(11, 300)]
    file = write(tmp_path, pull_request=pulls) / "pull_request.parquet"
    content = bytearray(file.read_bytes())
    content[len(content) // 4 : len(content) // 3] = b"\xff" * (
        len(content) // 3 - len(content) // 4
    )
    file.write_bytes(bytes(content))

    with pytest.raises(BadInput, match=r"pull_request\.parquet is not a whole Parquet file"):
        fetch(tmp_path)


def test_a_broken_optional_table_is_said_and_the_rest_is_loaded(tmp_path: Path) -> None:
    folder = write(tmp_path, pull_request=[a_pull()], pr_comments=[a_comment()])
    (folder / "pr_reviews.parquet").write_bytes(b"PAR1 and no more")
    (folder / "pr_commits.csv").write_text("who,what\nann,x\n")
    fetched = fetch(folder)
    tables = parsed(fetched)

    assert len(tables["comment"]) == 1
    assert any("pr_reviews.parquet is not a whole Parquet file" in note for note in fetched.notes)
    assert any("column pr_id, sha, message is missing" in note for note in fetched.notes)


def test_invalid_utf8_is_repaired_and_said(tmp_path: Path) -> None:
    head = ",".join(a_pull())
    line = "Copilot,11,1,caf\xe9,Copilot,open,2025-01-02T00:00:00Z,,,https://github.com/acme/shop,x"
    (tmp_path / "pull_request.csv").write_bytes(
        f"{head}\n".encode() + line.encode("latin-1") + b"\n"
    )
    fetched = fetch(tmp_path)

    assert rows_of(fetched, "pull_request")[0]["title"] == "caf\ufffd"
    assert (
        "pull_request.csv, column title: 1 values are not UTF-8, kept with U+FFFD (first in row 1)"
        in fetched.notes
    )


def test_invalid_utf8_in_parquet_is_repaired_too(tmp_path: Path) -> None:
    table = pa.Table.from_pylist([a_pull()])
    broken = pa.array([b"caf\xe9"], pa.binary()).cast(pa.string(), safe=False)
    table = table.set_column(table.column_names.index("title"), "title", broken)
    pq.write_table(table, tmp_path / "pull_request.parquet")

    assert rows_of(fetch(tmp_path), "pull_request")[0]["title"] == "caf\ufffd"


def test_a_file_of_nul_bytes_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "pull_request.csv").write_bytes(b"\x00" * 4096)

    with pytest.raises(BadInput, match=r"pull_request\.csv") as problem:
        fetch(tmp_path)
    assert str(problem.value).isprintable()


def test_nul_bytes_in_a_text_are_shown_and_said(tmp_path: Path) -> None:
    pulls = [a_pull(), a_pull(12, title="a\x00b")]
    fetched = fetch(write(tmp_path, pull_request=pulls))

    assert [p["title"] for p in rows_of(fetched, "pull_request")] == ["Add a basket", "a\ufffdb"]
    assert (
        "pull_request.parquet, column title: 1 values hold NUL bytes, kept as U+FFFD "
        "(first in row 2)"
    ) in fetched.notes


def test_csv_rows_of_the_wrong_length_are_left_out_and_said(tmp_path: Path) -> None:
    (tmp_path / "pr_comments.csv").write_text(
        "pr_id,id,user,created_at,body\n11,21,ann\n11,22,ann,2025-01-02T01:00:00Z,no\n"
    )
    fetched = fetch(write(tmp_path, pull_request=[a_pull()]))

    assert [c["comment_id"] for c in rows_of(fetched, "comment")] == ["22"]
    assert (
        "pr_comments.csv: 1 rows left out, because 5 columns were expected: row 2 has 3 columns"
        in fetched.notes
    )


def test_a_negative_duration_keeps_the_row_and_is_said(tmp_path: Path) -> None:
    fetched = fetch(write(tmp_path, pull_request=[a_pull(created_at="2025-01-02T03:00:00Z")]))
    tables = parsed(fetched)

    assert len(tables["pull_request"]) == 1
    assert [i["problem"] for i in tables["data_issue"]] == [
        "closed_at is before created_at, a negative duration",
        "merged_at is before created_at, a negative duration",
    ]


def test_a_bad_row_becomes_a_data_issue_and_the_others_are_kept(tmp_path: Path) -> None:
    pulls = [
        a_pull(),
        a_pull(12, repo_url="nowhere"),
        a_pull(13, state="torn"),
        a_pull(14, created_at="soon"),
    ]
    tables = parsed(fetch(write(tmp_path, pull_request=pulls)))

    assert [p["number"] for p in tables["pull_request"]] == [1, 4]
    assert [(i["row_key"], i["problem"]) for i in tables["data_issue"]] == [
        (
            "12",
            "the payload cannot be used: repo_url 'nowhere' and number name no pull request",
        ),
        ("13", "the payload cannot be used: state is 'torn'; it would be open or closed"),
        ("acme/shop#4", "created_at is not a time: 'soon'"),
    ]
    assert tables["pull_request"][1]["created_us"] is None


def test_a_repeated_id_is_kept_once_and_said(tmp_path: Path) -> None:
    fetched = fetch(write(tmp_path, pull_request=[a_pull(), a_pull(title="again")]))

    assert [p["title"] for p in rows_of(fetched, "pull_request")] == ["Add a basket"]
    assert (
        "pull_request: 1 rows repeat an id that came before; the first of each is kept"
        in fetched.notes
    )


def test_rows_of_pull_requests_that_are_not_there_are_counted(tmp_path: Path) -> None:
    comments = [a_comment(), a_comment(22, pr_id=99)]
    fetched = fetch(write(tmp_path, pull_request=[a_pull()], pr_comments=comments))

    assert len(rows_of(fetched, "comment")) == 1
    assert (
        "pr_comments: 1 rows left out, because their pr_id is not in pull_request" in fetched.notes
    )


def test_related_issues_link_by_name(tmp_path: Path) -> None:
    related = [
        {"pr_id": 11, "issue_url": "https://github.com/acme/shop/issues/7", "source": "body"},
        {"pr_id": 11, "issue_url": "not an address", "source": "body"},
    ]
    tables = parsed(fetch(write(tmp_path, pull_request=[a_pull()], related_issue=related)))

    assert [link["issue_id"] for link in tables["pull_request_issue"]] == ["acme/shop#7"]
    assert len(tables["data_issue"]) == 1
