"""Whether the sample's planted experiment is read out truly: its interval over twenty seeds, twice.

Pull requests and runs go through the real parse, store, facts and read-out; clones, costs and
survey answers play no part in an experiment and are left out.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.registry import Result
from ingest import load_source
from ingest.sample import generate
from ruleloop.loop import prepare
from ruleloop.proof import experiments
from warehouse.home import Home
from warehouse.journal import Journal
from warehouse.raw import RawStore
from warehouse.redact import redact_payload
from warehouse.store import Store

FIGURES = ("covered_of_20", "false_of_20")
TARGETS = {"covered_of_20": {"at_least": 18}, "false_of_20": {"at_most": 1}}

EFFECT = 0.10
_SEEDS = 20


def run(data: Path | None, seed: int) -> Result:  # noqa: ARG001  # invented: needs no data
    """Twenty organisations whose rule helps by ten points, twenty whose rule does nothing."""
    seeds = range(seed, seed + _SEEDS)
    helped = [verdict_of(each, EFFECT) for each in seeds]
    nothing = [verdict_of(each, 0.0) for each in seeds]
    return Result(
        {
            "covered_of_20": sum(covers(each, EFFECT) for each in helped),
            "false_of_20": sum(not covers(each, 0.0) for each in nothing),
        },
        n=2 * _SEEDS,
        peers={
            "seen_of_20": sum(each["verdict"] == "helps" for each in helped),
            "mean_effect": sum(each["effect"] for each in helped) / _SEEDS,
            "mean_zero_effect": sum(each["effect"] for each in nothing) / _SEEDS,
            "mean_width": sum(each["high"] - each["low"] for each in helped) / _SEEDS,
        },
    )


def covers(verdict: dict[str, Any], effect: float) -> bool:
    """Whether an interval holds an effect; one that was not read out holds none."""
    low, high = verdict["low"], verdict["high"]
    return low is not None and high is not None and bool(low <= effect <= high)


def verdict_of(seed: int, effect: float, pull_requests: int = 2_000) -> dict[str, Any]:
    """The verdict on the planted experiment of one sample organisation."""
    with TemporaryDirectory() as folder:
        made = generate(seed, Path(folder, "sample"), effect=effect, pull_requests=pull_requests)
        home = Home(Path(folder, "home"))
        prepare(home)
        raw = RawStore(home.raw)
        for source in ("github", "agent_runs"):
            raw.append_all(source, made.payloads[source], fetched_us=made.as_of_us)
        plan = dict(made.experiment)
        journal = Journal(home.journal)
        at_us = int(plan.pop("registered_us"))
        journal.append("experiment_planned", redact_payload(plan), actor="sample", at_us=at_us)
        with Store.open(home) as store:
            store.apply(raw, lambda source: load_source(source).parse)
            store.set_context(made.as_of_us, is_sample=True, version="benchmark", journal_seq=1)
            store.refresh_facts()
            _, _, verdicts = experiments(store, journal.events())
        [found] = verdicts.to_pylist()
        return dict(found)
