"""How much processor time `ruleloop --help` takes: the price of every command before it starts."""

import tempfile
from pathlib import Path
from statistics import median

from benchmarks.registry import Result, children_cpu_seconds, ruleloop

FIGURES = ("help_cpu_ms",)
TARGETS = {"help_cpu_ms": {"at_most": 500.0}}

_RUNS = 5


def run(data: Path | None, seed: int) -> Result:  # noqa: ARG001  # every benchmark takes both
    """The median of five runs, after one that fills the caches."""
    spent = []
    with tempfile.TemporaryDirectory() as folder:
        ruleloop(Path(folder), "--help")
        for _ in range(_RUNS):
            before = children_cpu_seconds()
            ruleloop(Path(folder), "--help")
            spent.append((children_cpu_seconds() - before) * 1_000)
    return Result({"help_cpu_ms": median(spent)}, n=_RUNS)
