"""Production incidents as flat records, with their status changes."""

from collections.abc import Iterator

import pyarrow as pa

from ingest.payloads import Json, Row, Rows, parse_each, text
from warehouse.records import Records


def _incident(body: Json, rows: Rows) -> None:
    row: Row = {
        "incident_id": text(body["incident_id"]),
        "service": text(body.get("service")),
        "repo": text(body.get("repo")),
        "title": text(body.get("title")),
        "severity": text(body.get("severity")),
        "culprit": text(body.get("culprit")),
        "caused_by_sha": text(body.get("caused_by_sha")),
        "caused_by_pull_request_id": text(body.get("caused_by_pull_request_id")),
        "started_us": rows.time(body, "started_at"),
        "detected_us": rows.time(body, "detected_at"),
        "resolved_us": rows.time(body, "resolved_at"),
    }
    rows.ordered(row, "started_us", "detected_us", "resolved_us")
    rows.add("incident", row)
    rows.each(body.get("events"), "events", lambda event: _event(event, row, rows))


def _event(event: Json, incident: Row, rows: Rows) -> None:
    rows.add(
        "incident_event",
        {
            "event_id": text(event["id"]),
            "incident_id": incident["incident_id"],
            "kind": text(event.get("kind")),
            "detail": text(event.get("detail")),
            "created_us": rows.time(event, "at"),
        },
    )


class Incidents:
    """The source `incidents`."""

    name = "incidents"

    def parse(self, payloads: pa.RecordBatch) -> Iterator[Records]:
        """Payloads into `incident` and `incident_event`."""
        return parse_each(payloads, {"incident": _incident})


SOURCE = Incidents()
