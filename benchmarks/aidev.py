"""Whether the published table of AIDev comes out of the real command line, and how fast."""

import csv
import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.registry import Result, needed, ruleloop

FIGURES = ("seconds", "cells_different")
TARGETS = {"seconds": {"at_most": 60.0}, "cells_different": {"at_most": 0.0}}

_METRICS = (
    "merged_share",
    "hours_to_merge",
    "hours_to_reject",
    "open_count",
    "closed_unmerged_count",
)
AGENTS = {
    "Claude_Code": "claude-code",
    "Copilot": "copilot",
    "Cursor": "cursor",
    "Devin": "devin",
    "OpenAI_Codex": "codex",
}
_CELLS = {
    "prs": ("merged_share", "denominator"),
    "merged": ("merged_share", "numerator"),
    "open": ("open_count", "value"),
    "closed_unmerged": ("closed_unmerged_count", "value"),
    "median_hours_to_merge": ("hours_to_merge", "value"),
    "median_hours_to_reject": ("hours_to_reject", "value"),
}
_TOLERANCE = 0.0002
"""Hours; counts must be equal."""


def run(data: Path | None, seed: int) -> Result:  # noqa: ARG001  # nothing is drawn
    """`init`, `import aidev`, `learn` and `metrics` in a temporary home, against the table."""
    folder = needed(data, "aidev")
    with (folder / "expected_per_agent.csv").open(encoding="utf-8", newline="") as file:
        expected = list(csv.DictReader(file))
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        started = time.perf_counter()
        ruleloop(home, "init", "--yes")
        ruleloop(home, "import", "aidev", str(folder.resolve()))
        ruleloop(home, "learn")
        found = json.loads(ruleloop(home, "metrics", *_METRICS, "--by", "agent", "--json"))
        seconds = time.perf_counter() - started
    figures = {"seconds": seconds, "cells_different": different(expected, found)}
    files = tuple(path for path in folder.iterdir() if path.is_file())
    return Result(figures, n=sum(int(row["prs"]) for row in expected), data=files)


def different(expected: Sequence[Mapping[str, str]], found: Sequence[Mapping[str, object]]) -> int:
    """Cells of the published table that do not come out; agents not in it count once each."""
    rows = {(row["metric"], row["agent"]): row for row in found}
    wrong = 0
    for line in expected:
        for column, (metric, key) in _CELLS.items():
            value = rows.get((metric, AGENTS[line["agent"]]), {}).get(key)
            allowed = _TOLERANCE if column.startswith("median") else 0.0
            same = isinstance(value, int | float) and abs(value - float(line[column])) <= allowed
            wrong += not same
    strangers = {row["agent"] for row in found} - set(AGENTS.values())
    return wrong + len(strangers)
