"""What was planted, written beside the sample for tests and benchmarks; the loop cannot read it.

It lies outside the home, and a test takes away every right to it and runs the loop again.
"""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

from ingest.sample.business import complaint_id, incident_id
from ingest.sample.lessons import LESSONS
from ingest.sample.pull_requests import EXPERIMENT, Made

FILE = "truth.json"


def write(
    folder: Path, made: Sequence[Made], *, seed: int, effect: float, happened: Collection[str]
) -> Path:
    """Write the truth of one sample and return where it is.

    Args:
        happened: ids of the incidents and complaints there are.
    """
    times = Counter(lesson for each in made for lesson in each.lessons)
    supported = Counter(
        lesson for each in made if each.marked and not each.fork for lesson in each.lessons
    )
    truth = {
        "seed": seed,
        "experiment_effect": effect,
        "rules": [
            {
                "experiment_id": EXPERIMENT,
                "effect": effect,
                "kind": "helpful" if effect > 0 else "harmful" if effect < 0 else "useless",
            }
        ],
        "causes": {
            id_: each.identity
            for each in made
            for id_ in (incident_id(each), complaint_id(each))
            if id_ in happened
        },
        "lessons": [
            {
                "lesson_id": each.lesson_id,
                "repo": each.repo,
                "shown": each.shown,
                "decoy": each.is_decoy,
                "times": times[each.lesson_id],
                "supported": supported[each.lesson_id],
            }
            for each in LESSONS
        ],
        "pull_requests": [
            {
                "pull_request_id": each.identity,
                "agent": each.agent,
                "marked": each.marked,
                "task": each.task,
                "arm": each.arm,
                "passed": each.passed,
                "lessons": each.lessons,
                "echoed": each.echoed,
            }
            for each in made
        ],
    }
    path = folder / FILE
    path.write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")
    return path
