"""What a benchmark is, which there are, and the one object each of them prints.

Outside checks read these objects by name, so figures that cannot be measured yet are there and
null: a missing figure is never a zero, and never a met target.
"""

import hashlib
import os
import platform
import resource
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from warehouse.errors import RuleloopError, UnknownName

SCHEMA = 1
NAMES = ("aidev", "authorship", "cli", "experiments", "git", "roi", "sample")
_VERSIONS = ("ruleloop", "duckdb", "numpy", "pyarrow", "pandas", "scikit-learn")

Figure = float | int | None


class MissingDataError(RuleloopError):
    """The data set a benchmark needs is not there; its message says which."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one run measured."""

    figures: Mapping[str, Figure]
    n: int
    """What was counted: simulations, pull requests, commits."""
    data: tuple[Path, ...] = ()
    """The files it read."""
    peers: Mapping[str, Figure] = field(default_factory=dict)
    """The same figure of something else, measured in the same run."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One benchmark, as its module describes it."""

    name: str
    figures: tuple[str, ...]
    targets: Mapping[str, Mapping[str, float]]
    """Figure -> at_least, at_most or both."""
    run: Callable[[Path | None, int], Result]


def benchmark(name: str) -> Benchmark:
    """Import one benchmark.

    Raises:
        UnknownName: there is none of that name.
    """
    if name not in NAMES:
        raise UnknownName("benchmark", name, NAMES)
    module = import_module(f"benchmarks.{name}")
    return Benchmark(name, module.FIGURES, module.TARGETS, module.run)


def report(bench: Benchmark, result: Result | None, seed: int) -> dict[str, object]:
    """The object to print; without a result every figure is null and no target is met."""
    measured = result.figures if result else {}
    figures = {name: measured.get(name) for name in bench.figures}
    figures.update({name: value for name, value in measured.items() if name not in figures})
    return {
        "schema": SCHEMA,
        "benchmark": bench.name,
        "figures": figures,
        "targets": {name: dict(limits) for name, limits in bench.targets.items()},
        "met": result is not None and met(figures, bench.targets),
        "peers": dict(result.peers) if result else {},
        "n": result.n if result else None,
        "seed": seed,
        "machine": machine(),
        "versions": {name: _version(name) for name in _VERSIONS},
        "data_sha256": fingerprint(result.data) if result and result.data else None,
    }


def met(figures: Mapping[str, Figure], targets: Mapping[str, Mapping[str, float]]) -> bool:
    """Whether every target is reached; a null figure reaches none."""
    for name, limits in targets.items():
        value = figures.get(name)
        if value is None:
            return False
        if not limits.get("at_least", value) <= value <= limits.get("at_most", value):
            return False
    return True


def machine() -> dict[str, object]:
    """What may change the figures of time; no host name."""
    return {
        "system": platform.system(),
        "architecture": platform.machine(),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def fingerprint(files: Iterable[Path]) -> str:
    """One hash of the names and contents of files."""
    whole = hashlib.sha256()
    for path in sorted(files, key=lambda p: p.name):
        whole.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def needed(data: Path | None, *parts: str) -> Path:
    """A file or folder of the data set.

    Raises:
        MissingDataError: it is not there.
    """
    if data is None:
        raise MissingDataError("give the public data with --data DIR or RULELOOP_DATA")
    path = data.joinpath(*parts)
    if not path.exists():
        raise MissingDataError(
            f"{path} does not exist; --data takes the folder that holds {parts[0]}/"
        )
    return path


def ruleloop(folder: Path, *arguments: str) -> str:
    """Run the real command line in a folder of its own and return what it printed.

    Raises:
        RuntimeError: it failed.
    """
    done = subprocess.run(
        [sys.executable, "-m", "ruleloop", *arguments],
        cwd=folder,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(
            f"ruleloop {' '.join(arguments[:2])} exited with {done.returncode}: "
            f"{done.stderr.strip()[-500:]}"
        )
    return done.stdout


def _environment() -> dict[str, str]:
    """The environment without a developer's own home, tokens and reporting."""
    ours = ("RULELOOP_HOME", "GITHUB_TOKEN", "GH_TOKEN", "SENTRY_DSN")
    return {name: value for name, value in os.environ.items() if name not in ours}


def children_cpu_seconds() -> float:
    """CPU time of all processes this one has started and waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
