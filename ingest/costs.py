"""What agents cost, as flat records with exact amounts: text in, `Decimal`, never a float."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from ingest.payloads import Json, Row, Rows, parse_each
from ingest.small import Fetched, fetch_file, number, words
from warehouse.records import Records

_NAMED = (
    "cost_id", "agent", "model", "repo", "pull_request_id", "agent_run_id", "amount", "currency",
    "basis", "quantity", "unit", "period_start", "period_end",
)  # fmt: skip
_BASES = ("billed", "estimated", "unpriced")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
"""`Decimal` itself would also take 1_000, NaN and digits of other scripts."""


def fetch(path: Path) -> Fetched:
    """A CSV or Parquet file with columns cost_id, amount, currency, period_start and, as known,
    agent, model, repo, pull_request_id, agent_run_id, basis, quantity, unit, period_end.

    Raises:
        BadInput: the file cannot be used; nothing was read from it.
    """
    needed = ("amount", "currency", "period_start")
    return fetch_file(path, kind="cost", key="cost_id", time="period_start", required=needed)


def _cost(body: Json, rows: Rows) -> None:
    amount = _amount(body.get("amount"))
    currency = words(body.get("currency"))
    plain = ("agent", "model", "repo", "pull_request_id", "agent_run_id", "unit")
    extra = {
        name: value for name, value in body.items() if name not in _NAMED and value is not None
    }
    row: Row = {
        "cost_id": words(body["cost_id"]),
        **{name: words(body.get(name)) for name in plain},
        "amount": amount,
        "currency": currency.strip().upper() if currency else None,
        "basis": _basis(body, amount, rows),
        "quantity": number(body, "quantity"),
        "period_start_us": rows.time(body, "period_start"),
        "period_end_us": rows.time(body, "period_end"),
        "extra": json.dumps(extra, sort_keys=True, ensure_ascii=False) if extra else None,
    }
    rows.ordered(row, "period_start_us", "period_end_us")
    rows.add("usage_cost", row)


def _basis(body: Json, amount: Decimal | None, rows: Rows) -> str:
    """billed, estimated or unpriced; a price nobody vouched for is an estimate.

    Raises:
        ValueError: it is another word, or contradicts the amount.
    """
    stated = words(body.get("basis"))
    if stated and stated not in _BASES:
        raise ValueError(f"basis is {stated!r}; it is one of {', '.join(_BASES)}")
    if amount is None:
        if stated and stated != "unpriced":
            rows.issue(f"basis is {stated!r} but there is no amount: taken as unpriced")
        return "unpriced"
    if stated == "unpriced":
        raise ValueError(f"basis is 'unpriced' but there is an amount, {body['amount']!r}")
    return stated or "estimated"


def _amount(value: object) -> Decimal | None:
    """An amount as it was written. A float has lost that already, so its shortest spelling is read.

    Raises:
        ValueError: it is no decimal number.
    """
    if value is None or value == "":
        return None
    spelled = str(value).strip()
    if isinstance(value, bool) or not _DECIMAL.fullmatch(spelled):
        raise ValueError(f"amount is {value!r}; it must be a decimal number such as 12.50")
    return Decimal(spelled)


class Costs:
    """The source `costs`."""

    name = "costs"

    def parse(self, payloads: pa.RecordBatch) -> Iterator[Records]:
        """Payloads into `usage_cost`."""
        return parse_each(payloads, {"cost": _cost})


SOURCE = Costs()
