"""What the sample's pull requests cost and caused: runs, bills, incidents, complaints, surveys."""

import hashlib
import random
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from ingest.sample.pull_requests import EXPERIMENT, Made
from ingest.sample.world import AS_OF_US, DAY_US, HOUR_US, PEOPLE, REPOSITORIES, START_US, iso

Json = dict[str, Any]

_MODELS = {
    "claude-code": "claude-opus-4-6", "codex": "gpt-5.2-codex", "copilot": "gpt-5.2",
    "cursor": "composer-2", "devin": "devin-2",
}  # fmt: skip
_INCIDENTS = (
    ("checkout answers 500", "high"), ("invoices rounded wrongly", "high"),
    ("search is slow", "low"), ("login loops on mobile", "medium"), ("webhooks dropped", "medium"),
)  # fmt: skip
_COMPLAINTS = (
    "I was charged twice for the same order.",
    "The total on the invoice does not match my cart.",
    "The app closes when I open the payment screen.",
    "Export has been empty since the last update.",
    "I cannot log in any more, it keeps asking for a code.",
)
_ITEMS = ("satisfaction", "trust in agents' code", "ease of review")


def runs(made: Sequence[Made], seed: int) -> Iterator[Json]:
    """One run per agent's pull request, with its arm while the experiment ran."""
    chance = random.Random(seed + 2)  # noqa: S311  # a simulation, not a secret
    for each in made:
        if each.agent is None:
            continue
        length = int(chance.lognormvariate(2.6, 0.7) * 60_000_000)
        yield {
            "agent_run_id": f"run-{_id(each.identity)}",
            "agent": each.agent,
            "model": _MODELS[each.agent],
            "repo": each.repository.name,
            "pull_request_id": each.identity,
            "outcome": "pull request opened",
            "experiment_id": EXPERIMENT if each.arm else None,
            "arm": each.arm,
            "started_at": iso(each.created_us - length),
            "ended_at": iso(each.created_us),
        }


def costs(made: Sequence[Made], seed: int) -> Iterator[Json]:
    """A line per run, some without a price, and a weekly seat bill that belongs to no pull request."""
    chance = random.Random(seed + 3)  # noqa: S311  # a simulation, not a secret
    for each in made:
        if each.agent is None:
            continue
        cents = max(5, int(chance.lognormvariate(5.2, 0.8)))
        priced = chance.random() < 0.95
        yield {
            "cost_id": f"cost-{_id(each.identity)}",
            "agent": each.agent,
            "model": _MODELS[each.agent],
            "repo": each.repository.name,
            "pull_request_id": each.identity,
            "agent_run_id": f"run-{_id(each.identity)}",
            "amount": str(Decimal(cents) / 100) if priced else None,
            "currency": "USD",
            "basis": "billed" if priced else "unpriced",
            "quantity": cents * 120,
            "unit": "tokens",
            "period_start": iso(each.created_us - HOUR_US),
            "period_end": iso(each.created_us),
        }
    for week in range(26):
        start = START_US + week * 7 * DAY_US
        yield {
            "cost_id": f"seats-{week:02d}",
            "agent": "copilot",
            "model": None,
            "repo": None,
            "pull_request_id": None,
            "agent_run_id": None,
            "amount": "142.50",
            "currency": "USD",
            "basis": "billed",
            "quantity": 30,
            "unit": "seats",
            "period_start": iso(start),
            "period_end": iso(start + 7 * DAY_US),
        }


def incidents(made: Sequence[Made], seed: int) -> Iterator[Json]:
    """One merged pull request in sixty breaks something; half of the incidents name their cause."""
    chance = random.Random(seed + 4)  # noqa: S311  # a simulation, not a secret
    for each in made:
        if each.merged_us is None or chance.random() > 1 / 60:
            continue
        title, severity = chance.choice(_INCIDENTS)
        began = each.merged_us + int(chance.uniform(1, 60) * HOUR_US)
        ended = began + int(chance.uniform(0.5, 8) * HOUR_US)
        named = chance.random()
        if began + HOUR_US > AS_OF_US:
            continue
        yield {
            "incident_id": incident_id(each),
            "service": each.repository.service,
            "repo": each.repository.name,
            "title": title,
            "severity": severity,
            "culprit": each.repository.paths[0],
            "caused_by_sha": each.node["mergeCommit"]["oid"] if 0.3 < named < 0.55 else None,
            "caused_by_pull_request_id": each.identity if named <= 0.3 else None,
            "started_at": iso(began),
            "detected_at": iso(began + HOUR_US // 4),
            "resolved_at": iso(ended) if ended <= AS_OF_US else None,
            "events": [
                {
                    "id": f"{incident_id(each)}-{kind}",
                    "kind": kind,
                    "detail": None,
                    "at": iso(at_us),
                }
                for kind, at_us in (("detected", began + HOUR_US // 4), ("resolved", ended))
                if at_us <= AS_OF_US
            ],
        }


def complaints(made: Sequence[Made], seed: int) -> Iterator[Json]:
    """What customers write; support notes the pull request when an engineer told them."""
    chance = random.Random(seed + 5)  # noqa: S311  # a simulation, not a secret
    for each in made:
        if each.merged_us is None or chance.random() > 1 / 35:
            continue
        written = each.merged_us + int(chance.uniform(2, 200) * HOUR_US)
        if written > AS_OF_US:
            continue
        yield {
            "complaint_id": complaint_id(each),
            "channel": chance.choice(("mail", "chat", "store review")),
            "repo": each.repository.name,
            "title": "Problem with my order",
            "text": chance.choice(_COMPLAINTS),
            "severity": chance.choice(("low", "medium")),
            "product_version": f"2026.{1 + each.number % 6}",
            "pull_request_id": each.identity if chance.random() < 0.4 else None,
            "created_at": iso(written),
        }


def surveys(seed: int) -> Iterator[Json]:
    """Three waves of three questions; respondents are pseudonyms already."""
    chance = random.Random(seed + 6)  # noqa: S311  # a simulation, not a secret
    for wave in range(3):
        for person in PEOPLE:
            if chance.random() < 0.25:
                continue
            team = next(r.team for r in REPOSITORIES if person in r.reviewers)
            for item in _ITEMS:
                yield {
                    "answer_id": f"ans-{wave}-{_id(person)}-{_id(item)}",
                    "respondent": f"r-{_id(person)}",
                    "team": team,
                    "wave": f"2026-{2 * wave + 1:02d}",
                    "instrument": "developer experience",
                    "item": item,
                    "score": float(chance.choice((2, 3, 3, 4, 4, 5))),
                    "answered_at": iso(START_US + (wave * 60 + 20) * DAY_US),
                }


def incident_id(cause: Made) -> str:
    """The incident a pull request causes, if it causes one."""
    return f"inc-{_id(cause.identity)}"


def complaint_id(cause: Made) -> str:
    """The complaint a pull request causes, if it causes one."""
    return f"tic-{_id(cause.identity)}"


def _id(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]
