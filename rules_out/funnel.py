"""How many failures come how far on the way to a rule, and why the others do not.

Few proposals can be a right answer; the funnel shows which condition each failure did not meet.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

Row = Mapping[str, Any]

_STAGES = ("typed", "supported", "recurring", "attested", "proposed")
_MOST_REASONS = 4


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """One stage of the funnel."""

    stage: str
    failures: int
    modes: int | None
    """None where failures are not grouped yet."""
    pull_requests: int
    repositories: int
    reason: str | None
    """Why those of the stage before did not come this far; None when all did."""


def funnel(
    failures: Sequence[Row], modes: Sequence[Row], members: Sequence[Row]
) -> list[dict[str, Any]]:
    """The stages as rows: seen, typed, from a person or CI, in 3 pull requests, attested, proposed.

    Args:
        failures: rows of `failure`.
        modes: rows of `failure_mode` as `propose` completed them.
        members: rows of `failure_mode_member`.
    """
    mode_of = {m["failure_id"]: m["failure_mode_id"] for m in members}
    reached = {m["failure_mode_id"]: _STAGES.index(m["stage"]) for m in modes}
    typed = [f for f in failures if f["signature_type"] is not None]
    rows = [
        _row("failures seen", failures, None, None),
        _row("typed", typed, reached, _untyped(failures)),
    ]
    before = [f for f in typed if f["failure_id"] in mode_of]
    trusted = [f for f in before if f["maker"] in ("person", "ci")]
    titles = ("from a person or CI", "in 3 pull requests", "attested", "proposed")
    for number, title in enumerate(titles, 1):
        kept = {mode for mode, stage in reached.items() if stage >= number}
        lost = [m for m in modes if reached[m["failure_mode_id"]] == number - 1]
        standing = [f for f in trusted if mode_of[f["failure_id"]] in kept]
        rows.append(_row(title, standing, kept, _reasons(m["drop_reason"] for m in lost)))
    return [asdict(row) for row in rows]


def _row(
    stage: str, failures: Sequence[Row], modes: Iterable[str] | None, reason: str | None
) -> FunnelRow:
    return FunnelRow(
        stage,
        len(failures),
        None if modes is None else len(set(modes)),
        len({f["pull_request_id"] for f in failures}),
        len({f["repo"] for f in failures}),
        reason,
    )


def _untyped(failures: Sequence[Row]) -> str | None:
    return _reasons(
        f["untyped_reason"] or "no signature found" for f in failures if f["signature_type"] is None
    )


def _reasons(reasons: Iterable[str | None]) -> str | None:
    """The most frequent reasons, each with its count; ties in alphabetical order."""
    counted = Counter(_general(reason) for reason in reasons if reason)
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    parts = [f"{reason}: {number:,}" for reason, number in ranked[:_MOST_REASONS]]
    rest = sum(number for _, number in ranked[_MOST_REASONS:])
    return "; ".join(parts + ([f"other reasons: {rest:,}"] if rest else [])) or None


def _general(reason: str) -> str:
    """A reason without the names it holds, so that equal reasons count as one."""
    if "no clone of" in reason:
        return "without a clone to attest against (ruleloop git PATH)"
    if reason.startswith("last seen"):
        return "not seen in the last 90 days of the data"
    return reason.partition(": not found at")[0]
