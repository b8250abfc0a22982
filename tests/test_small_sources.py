"""Small sources: a CSV in, rows by hand, money to the cent, one sentence for what cannot be used."""

import json
import subprocess
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import complaints, costs, load_source, surveys
from ruleloop import loop, taking
from ruleloop.settings import Settings
from warehouse.errors import BadInput
from warehouse.home import Home
from warehouse.raw import Payload
from warehouse.redact import redact_payload
from warehouse.store import Store

MARCH = 1_772_323_200_000_000
"""2026-03-01 00:00 UTC."""
HOUR = 3_600_000_000

COSTS = """\
cost_id,agent,model,repo,pull_request_id,agent_run_id,amount,currency,basis,quantity,unit,period_start,period_end,seat
c1,codex,gpt-5.2-codex,acme/shop,acme/shop#1,,0.10,USD,billed,1200,tokens,2026-03-01T00:00:00Z,2026-03-01T01:00:00Z,
c2,codex,,acme/shop,acme/shop#1,,0.20,usd,,,,2026-03-01,,A7
c3,devin,,,,,,USD,,,,2026-03-01,2026-04-01,
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(Home(tmp_path / "home"), None)
    loop.prepare(made.home)
    return made


def a_file(tmp_path: Path, content: str, name: str = "given.csv") -> Path:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    return path


def parsed(source: str, payloads: Sequence[Payload]) -> dict[str, list[dict[str, Any]]]:
    rows = [
        {"kind": p.kind, "key": p.key, "updated_us": p.updated_us, "payload": p.body.text}
        for p in payloads
    ]
    given_batch = pa.RecordBatch.from_pylist(rows)
    return {name: part.to_pylist() for name, part in load_source(source).parse(given_batch)}


def issues(found: dict[str, list[dict[str, Any]]]) -> list[str]:
    return [row["problem"] for row in found.get("data_issue", [])]


def a_cost(**changes: object) -> Payload:
    body: dict[str, object] = {
        "cost_id": "c1",
        "amount": "12.50",
        "currency": "USD",
        "basis": "billed",
        "period_start": "2026-03-01T00:00:00Z",
    }
    return Payload("cost", "c1", 0, redact_payload(body | changes))


# --- costs


def test_a_cost_file_becomes_exact_rows(tmp_path: Path) -> None:
    found = parsed("costs", list(costs.fetch(a_file(tmp_path, COSTS)).payloads))

    first, second, third = found["usage_cost"]
    assert "data_issue" not in found
    assert (first["amount"], first["basis"], first["quantity"]) == (Decimal("0.10"), "billed", 1200)
    assert (first["period_start_us"], first["period_end_us"]) == (MARCH, MARCH + HOUR)
    assert (second["amount"], second["basis"], second["currency"]) == (
        Decimal("0.20"),
        "estimated",
        "USD",
    )
    assert (third["amount"], third["basis"]) == (None, "unpriced")


def test_columns_nobody_named_are_kept_as_extra(tmp_path: Path) -> None:
    found = parsed("costs", list(costs.fetch(a_file(tmp_path, COSTS)).payloads))

    assert [row["extra"] and json.loads(row["extra"]) for row in found["usage_cost"]] == [
        None,
        {"seat": "A7"},
        None,
    ]


@given(st.lists(st.integers(min_value=-5_000, max_value=10_000_000), min_size=1, max_size=60))
def test_the_sum_of_amounts_is_the_files_own_total_to_the_cent(cents: list[int]) -> None:
    payloads = [
        a_cost(cost_id=f"c{n}", amount=str(Decimal(each) / 100)) for n, each in enumerate(cents)
    ]

    found = parsed("costs", payloads)

    assert sum(row["amount"] for row in found["usage_cost"]) == Decimal(sum(cents)) / 100


def test_a_thousand_dimes_are_a_hundred_dollars_in_the_warehouse(
    tmp_path: Path, settings: Settings
) -> None:
    lines = [f"c{n},0.10,USD,2026-03-01" for n in range(1000)]
    path = a_file(tmp_path, "\n".join(["cost_id,amount,currency,period_start", *lines]))

    taking.import_format(settings, "costs", path)

    with Store.open(settings.home) as store:
        [row] = store.rows("SELECT SUM(amount) AS total FROM usage_cost")
    assert row["total"] == Decimal("100.00")


def test_parquet_decimals_and_csv_text_give_the_same_amount(tmp_path: Path) -> None:
    table = pa.table(
        {
            "cost_id": ["c1"],
            "amount": pa.array([Decimal("1234567890.123456")], pa.decimal128(38, 6)),
            "currency": ["USD"],
            "period_start": ["2026-03-01"],
        }
    )
    pq.write_table(table, tmp_path / "costs.parquet")

    found = parsed("costs", list(costs.fetch(tmp_path / "costs.parquet").payloads))

    assert found["usage_cost"][0]["amount"] == Decimal("1234567890.123456")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"amount": "12,50"}, "amount is '12,50'; it must be a decimal number such as 12.50"),
        ({"amount": "$5"}, "amount is '$5'; it must be a decimal number such as 12.50"),
        ({"amount": "1_000"}, "amount is '1_000'; it must be a decimal number such as 12.50"),
        ({"amount": "NaN"}, "amount is 'NaN'; it must be a decimal number such as 12.50"),
        ({"amount": True}, "amount is True; it must be a decimal number such as 12.50"),
        ({"basis": "guess"}, "basis is 'guess'; it is one of billed, estimated, unpriced"),
        ({"basis": "unpriced"}, "basis is 'unpriced' but there is an amount, '12.50'"),
        ({"quantity": "many"}, "quantity is 'many'; it must be a number"),
        ({"quantity": "inf"}, "quantity is 'inf'; it must be a number"),
    ],
)
def test_a_cost_that_cannot_be_used_is_one_sentence_and_the_next_is_kept(
    changes: dict[str, object], sentence: str
) -> None:
    found = parsed("costs", [a_cost(**changes), a_cost(cost_id="c2")])

    [problem] = issues(found)
    assert sentence in problem
    assert [row["cost_id"] for row in found["usage_cost"]] == ["c2"]


def test_an_amount_finer_than_the_column_is_said_not_rounded() -> None:
    found = parsed("costs", [a_cost(amount="0.1234567890123"), a_cost(cost_id="c2")])

    assert len(issues(found)) == 1
    assert [row["cost_id"] for row in found["usage_cost"]] == ["c2"]


def test_billed_without_an_amount_is_unpriced_and_said() -> None:
    found = parsed("costs", [a_cost(amount=None)])

    [row] = found["usage_cost"]
    assert (row["amount"], row["basis"]) == (None, "unpriced")
    assert issues(found) == ["basis is 'billed' but there is no amount: taken as unpriced"]


def test_a_period_that_ends_before_it_begins_stays_and_is_said() -> None:
    found = parsed("costs", [a_cost(period_end="2026-02-01")])

    assert len(found["usage_cost"]) == 1
    assert issues(found) == ["period_end_at is before period_start_at, a negative duration"]


# --- files


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "is empty (0 bytes)"),
        ("cost_id,amount,currency,period_start\n", "has a header and no rows"),
        ("cost_id,currency,period_start\nc1,USD,2026-03-01\n", "column amount is missing"),
    ],
)
def test_a_file_that_is_no_cost_table_is_refused_and_nothing_stored(
    tmp_path: Path, settings: Settings, content: str, sentence: str
) -> None:
    path = a_file(tmp_path, content)

    with pytest.raises(BadInput) as refused:
        taking.import_format(settings, "costs", path)

    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)
    assert list(settings.home.raw.rglob("*.parquet")) == []


def test_rows_without_a_key_are_said_by_their_place_in_the_file(tmp_path: Path) -> None:
    path = a_file(
        tmp_path, "cost_id,amount,currency,period_start\n,1,USD,2026-03-01\nc2,1,USD,2026-03-01\n"
    )

    found = parsed("costs", list(costs.fetch(path).payloads))

    assert [row["cost_id"] for row in found["usage_cost"]] == ["c2"]
    [issue] = found["data_issue"]
    assert (issue["row_key"], issue["problem"]) == ("row 1", "cost_id is missing")


def test_two_rows_under_one_key_are_said_because_only_one_counts(tmp_path: Path) -> None:
    rows = "c1,1,USD,2026-03-01\nc1,2,USD,2026-03-01\nc2,3,USD,2026-03-01\n"
    path = a_file(tmp_path, f"cost_id,amount,currency,period_start\n{rows}")

    read = costs.fetch(path)

    [note] = read.notes
    assert note == (
        "given.csv: 1 rows repeat the cost_id of another row, and one of each is kept (first: c1)"
    )


def test_a_time_that_is_none_is_unknown_and_said(tmp_path: Path) -> None:
    path = a_file(tmp_path, "cost_id,amount,currency,period_start\nc1,1,USD,last week\n")

    read = costs.fetch(path)
    found = parsed("costs", list(read.payloads))

    assert found["usage_cost"][0]["period_start_us"] is None
    assert issues(found) == ["period_start is not a time: 'last week'"]
    assert read.newest_us == 0


# --- complaints, incidents, runs


def test_a_complaint_file_becomes_rows(tmp_path: Path) -> None:
    path = a_file(
        tmp_path,
        "complaint_id,text,created_at,channel,pull_request_id\n"
        '17,"Charged twice,\nagain",2026-03-01T01:00:00Z,mail,acme/shop#1\n',
    )

    found = parsed("complaints", list(complaints.fetch(path).payloads))

    [row] = found["complaint"]
    assert (row["complaint_id"], row["text"]) == ("17", "Charged twice,\nagain")
    assert (row["channel"], row["pull_request_id"]) == ("mail", "acme/shop#1")
    assert (row["created_us"], row["repo"]) == (MARCH + HOUR, None)


def test_an_incident_with_its_events_becomes_rows_and_a_backward_one_is_said() -> None:
    body = {
        "incident_id": "i1",
        "service": "billing",
        "title": "checkout answers 500",
        "started_at": "2026-03-01T01:00:00Z",
        "detected_at": "2026-03-01T00:00:00Z",
        "resolved_at": None,
        "events": [{"id": "e1", "kind": "opened", "at": "2026-03-01T01:00:00Z"}, {"kind": "lost"}],
    }

    found = parsed("incidents", [Payload("incident", "i1", 0, redact_payload(body))])

    assert found["incident"][0]["started_us"] == MARCH + HOUR
    assert found["incident"][0]["resolved_us"] is None
    assert [row["event_id"] for row in found["incident_event"]] == ["e1"]
    assert sorted(issues(found)) == [
        "detected_at is before started_at, a negative duration",
        "events[1] cannot be used: id is missing",
    ]


@pytest.mark.parametrize(
    ("changes", "kept", "sentence"),
    [
        ({"arm": "third"}, 0, "arm is 'third'; it is control or treatment"),
        ({"arm": "control", "experiment_id": None}, 0, "arm is 'control' without an experiment_id"),
        ({"ended_at": "2026-02-01"}, 1, "ended_at is before started_at, a negative duration"),
        ({"agent": None}, 0, "agent is missing"),
    ],
)
def test_a_run_that_contradicts_itself_is_said(
    changes: dict[str, object], kept: int, sentence: str
) -> None:
    body = {
        "agent_run_id": "r1",
        "agent": "codex",
        "experiment_id": "e",
        "arm": "control",
        "started_at": "2026-03-01",
        "ended_at": "2026-03-02",
    }

    found = parsed("agent_runs", [Payload("agent_run", "r1", 0, redact_payload(body | changes))])

    assert len(found.get("agent_run", [])) == kept
    [problem] = issues(found)
    assert sentence in problem


# --- surveys

SURVEY = """\
answer_id,respondent,item,score,answered_at,team,email,remark
Zelda Quist-1,Zelda Quist,trust,4,2026-03-01,payments,zelda@acme.example,I am zelda quist
q-2,ZELDA QUIST ,ease,2.5,2026-03-01,payments,zelda@acme.example,
q-3,Otto Brandt,trust,,2026-03-01,core,otto@acme.example,
"""


def test_answers_become_rows_and_one_person_is_one_pseudonym(tmp_path: Path) -> None:
    found = parsed("surveys", list(surveys.fetch(a_file(tmp_path, SURVEY)).payloads))

    first, second, third = found["survey_answer"]
    assert first["respondent"] == second["respondent"] != third["respondent"]
    assert [row["score"] for row in (first, second, third)] == [4.0, 2.5, None]
    assert (first["item"], first["team"], first["answered_us"]) == ("trust", "payments", MARCH)


def test_no_respondent_is_stored_by_name(tmp_path: Path, settings: Settings) -> None:
    taken = taking.import_format(settings, "surveys", a_file(tmp_path, SURVEY))
    loop.learn(settings.home, settings)

    stored = [path for path in settings.home.root.rglob("*") if path.is_file()]
    for path in stored:
        content = path.read_bytes().lower()
        for name in (b"zelda", b"quist", b"otto", b"brandt"):
            assert name not in content, (path, name)
    bodies = [
        row["payload"].lower()
        for path in settings.home.raw.rglob("*.parquet")
        for row in pq.read_table(path).to_pylist()
    ]
    assert bodies
    assert not any(name in body for body in bodies for name in ("zelda", "quist", "otto", "brandt"))
    assert taken.notes == (
        "given.csv: columns email, remark are not kept, because they may name people",
    )


def test_a_score_that_is_no_number_is_one_sentence() -> None:
    body = {"answer_id": "a1", "respondent": "r-1", "item": "trust", "score": "good"}

    found = parsed("surveys", [Payload("survey_answer", "a1", 0, redact_payload(body))])

    [problem] = issues(found)
    assert "score is 'good'; it must be a number" in problem


# --- all of them

_leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
)
anything = (
    _leaves
    | st.lists(_leaves, max_size=3)
    | st.dictionaries(st.text(max_size=8), _leaves, max_size=3)
)

COLUMNS = (
    "cost_id", "amount", "currency", "basis", "quantity", "period_start", "complaint_id", "text",
    "answer_id", "respondent", "score", "answered_at", "incident_id", "started_at", "events",
    "agent_run_id", "agent", "arm", "experiment_id", "created_at",
)  # fmt: skip


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("costs", "cost"),
        ("complaints", "complaint"),
        ("surveys", "survey_answer"),
        ("incidents", "incident"),
        ("agent_runs", "agent_run"),
    ],
)
@given(body=st.dictionaries(st.sampled_from(COLUMNS), anything))
def test_no_payload_stops_a_parse(source: str, kind: str, body: dict[str, object]) -> None:
    found = parsed(source, [Payload(kind, "k", 0, redact_payload(body))])

    assert sum(len(rows) for rows in found.values()) >= 1


@pytest.mark.parametrize(
    ("format_", "content", "table", "rows"),
    [
        ("costs", COSTS, "usage_cost", 3),
        ("surveys", SURVEY, "survey_answer", 3),
        ("complaints", "complaint_id,text,created_at\n1,slow,2026-03-01\n", "complaint", 1),
    ],
)
def test_the_command_line_imports_a_file_and_twice_is_once(
    tmp_path: Path, format_: str, content: str, table: str, rows: int
) -> None:
    path = a_file(tmp_path, content)
    home = Home(tmp_path / "home")
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "RULELOOP_HOME": str(home.root),
    }

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "ruleloop", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )

    done = [run("init", "--yes"), *(run("import", format_, str(path)) for _ in range(2))]
    missing = run("import", format_, "absent.csv")

    assert [each.returncode for each in done] == [0, 0, 0], done
    assert missing.returncode == 1
    assert "absent.csv does not exist" in missing.stderr
    with Store.open(home) as store:
        assert store.rows(f"SELECT COUNT(*) AS n FROM {table}") == [{"n": rows}]
        assert store.rows("SELECT COUNT(*) AS n FROM load WHERE rows > 0") == [{"n": 1}]
