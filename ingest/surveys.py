"""Answers to surveys. Respondents become pseudonyms here, before anything is stored."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from ingest.payloads import Json, Rows, parse_each
from ingest.small import Fetched, fetch_file, number, words
from warehouse.records import Records
from warehouse.redact import placeholder

_WORDS = ("respondent", "team", "wave", "instrument", "item")
_KEPT = ("answer_id", *_WORDS, "score", "answered_at")
_SHORTEST = 3
"""A name shorter than this stands in too many other words to be looked for in them."""


def fetch(path: Path) -> Fetched:
    """A CSV or Parquet file with columns answer_id, respondent, item, score, answered_at and, as
    known, team, wave, instrument. Other columns are left out: a survey tool exports names, addresses
    and free text beside the answers.

    Raises:
        BadInput: the file cannot be used; nothing was read from it.
    """
    left_out: dict[str, None] = {}

    def anonymous(row: dict[str, object]) -> dict[str, object]:
        left_out.update(dict.fromkeys(name for name in row if name not in _KEPT))
        return _without_name({name: value for name, value in row.items() if name in _KEPT})

    read = fetch_file(
        path,
        kind="survey_answer",
        key="answer_id",
        time="answered_at",
        required=("respondent", "item", "score", "answered_at"),
        change=anonymous,
    )
    if left_out:
        shown = ", ".join(ascii(name)[1:-1][:80] for name in sorted(left_out))
        read.notes.append(
            f"{path.name}: columns {shown} are not kept, because they may name people"
        )
    return read


def _without_name(row: dict[str, object]) -> dict[str, object]:
    """The row with a pseudonym in the place of the respondent's name, in every cell that has it."""
    if row.get("respondent") is None:
        return row
    name = " ".join(str(row["respondent"]).split())
    # The home's key is bound to the redactor; its keyed hash serves here as well.
    keyed = placeholder("respondent", name.casefold())
    alias = f"r-{hashlib.sha256(keyed.encode()).hexdigest()[:8]}"
    if len(name) >= _SHORTEST:
        spelled = re.compile(r"\s+".join(map(re.escape, name.split())), re.IGNORECASE)
        row = {
            column: spelled.sub(alias, value) if isinstance(value, str) else value
            for column, value in row.items()
        }
    return row | {"respondent": alias}


def _answer(body: Json, rows: Rows) -> None:
    rows.add(
        "survey_answer",
        {
            "answer_id": words(body["answer_id"]),
            **{name: words(body.get(name)) for name in _WORDS},
            "score": number(body, "score"),
            "answered_us": rows.time(body, "answered_at"),
        },
    )


class Surveys:
    """The source `surveys`."""

    name = "surveys"

    def parse(self, payloads: pa.RecordBatch) -> Iterator[Records]:
        """Payloads into `survey_answer`."""
        return parse_each(payloads, {"survey_answer": _answer})


SOURCE = Surveys()
