"""Customer complaints as flat records: complaint_id, text, and what else the file has."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from ingest.payloads import Json, Rows, parse_each
from ingest.small import Fetched, fetch_file, words
from warehouse.records import Records


def fetch(path: Path) -> Fetched:
    """A CSV or Parquet file with columns complaint_id, text, created_at and, as known, channel,
    repo, title, severity, product_version, pull_request_id.

    Raises:
        BadInput: the file cannot be used; nothing was read from it.
    """
    needed = ("text", "created_at")
    return fetch_file(
        path, kind="complaint", key="complaint_id", time="created_at", required=needed
    )


def _complaint(body: Json, rows: Rows) -> None:
    plain = ("channel", "repo", "title", "text", "severity", "product_version", "pull_request_id")
    rows.add(
        "complaint",
        {
            "complaint_id": words(body["complaint_id"]),
            **{name: words(body.get(name)) for name in plain},
            "created_us": rows.time(body, "created_at"),
        },
    )


class Complaints:
    """The source `complaints`."""

    name = "complaints"

    def parse(self, payloads: pa.RecordBatch) -> Iterator[Records]:
        """Payloads into `complaint`."""
        return parse_each(payloads, {"complaint": _complaint})


SOURCE = Complaints()
