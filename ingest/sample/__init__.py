"""A sample organisation: invented, seeded, and delivered as the payloads real sources deliver.

It goes through the same parse code as real data. Its agents are equally good once the task is held
fixed, so no chart of it can rank them; what is planted is written to a file of its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.sample import business, landing, truth
from ingest.sample.pull_requests import EXPERIMENT, TRIAL_FROM_US, Made, Writer, opened
from ingest.sample.world import AS_OF_US, DAY_US
from warehouse.raw import Payload
from warehouse.records import parse_time
from warehouse.redact import redact_payload

__all__ = ["Sample", "generate"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample organisation."""

    payloads: dict[str, list[Payload]]
    """Source name -> its payloads."""
    repositories: dict[str, Path]
    """owner/name -> a bare git repository."""
    experiment: dict[str, Any]
    """The registration of the planted experiment, with `registered_us`."""
    as_of_us: int
    truth: Path


def generate(
    seed: int, folder: Path, *, effect: float = 0.10, pull_requests: int = 2_000
) -> Sample:
    """Make one.

    Args:
        folder: where the git repositories and the truth are written.
        effect: what the planted experiment's rule adds to the chance of passing the first review.
        pull_requests: how many are opened over six months.
    """
    folder.mkdir(parents=True, exist_ok=True)
    writer = Writer(seed, effect)
    made = [writer.write(at_us) for at_us in opened(seed, pull_requests)]
    paths = landing.land(folder, made)
    incidents = _plain("incident", "incident_id", "detected_at", business.incidents(made, seed))
    complaints = _plain("complaint", "complaint_id", "created_at", business.complaints(made, seed))
    return Sample(
        {
            "github": list(_github(made)),
            "agent_runs": _plain(
                "agent_run", "agent_run_id", "ended_at", business.runs(made, seed)
            ),
            "costs": _plain("cost", "cost_id", "period_end", business.costs(made, seed)),
            "incidents": incidents,
            "complaints": complaints,
            "surveys": _plain("survey_answer", "answer_id", "answered_at", business.surveys(seed)),
        },
        paths,
        {
            "experiment_id": EXPERIMENT,
            "rule_id": None,
            "title": "A line that says which checks to run before pushing",
            "metric": "pass_rate",
            "planned": 500,
            "alpha": 0.05,
            "registered_us": TRIAL_FROM_US - 7 * DAY_US,
        },
        AS_OF_US,
        truth.write(
            folder,
            made,
            seed=seed,
            effect=effect,
            happened={each.key for each in [*incidents, *complaints]},
        ),
    )


def _github(made: Sequence[Made]) -> Iterator[Payload]:
    for each in made:
        updated = parse_time(each.node["updatedAt"]) or 0
        yield Payload("pull_request", each.node["id"], updated, redact_payload(each.node))
        for log in each.logs:
            yield Payload("job_log", str(log["checkRunId"]), updated, redact_payload(log))


def _plain(kind: str, key: str, at: str, rows: Iterator[dict[str, Any]]) -> list[Payload]:
    return [Payload(kind, row[key], parse_time(row[at]) or 0, redact_payload(row)) for row in rows]
