"""`python -m benchmarks NAME [--data DIR] --json`: run a benchmark and print its figures.

`all` runs every one and prints an object per line; `check [NAME ...]` does the same and exits 1
when a target is missed. Missing data exits 3, so that a green run is never one that measured
nothing.
"""

import argparse
import json
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from benchmarks.registry import NAMES, MissingDataError, benchmark, report
from warehouse.errors import UnknownName

MISSED, USAGE, NO_DATA = 1, 2, 3


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for; the exit code says how it went."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="+", metavar="NAME", help=f"{', '.join(NAMES)}, all, check")
    parser.add_argument("--data", type=Path, default=os.environ.get("RULELOOP_DATA"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one JSON object per benchmark")
    chosen = parser.parse_args(arguments)
    names = [name for name in chosen.names if name not in ("all", "check")]
    checking = "check" in chosen.names
    codes = []
    try:
        for name in names or NAMES:
            codes.append(_one(name, chosen.data, chosen.seed, as_json=chosen.json, check=checking))
    except UnknownName as error:
        print(error, file=sys.stderr)
        return USAGE
    return MISSED if MISSED in codes else max(codes)


def _one(name: str, data: Path | None, seed: int, *, as_json: bool, check: bool) -> int:
    bench = benchmark(name)
    result, code = None, 0
    try:
        result = bench.run(Path(data) if data else None, seed)
    except MissingDataError as missing:
        print(f"{name}: {missing}", file=sys.stderr)
        code = NO_DATA
    except Exception:  # one broken benchmark must not hide the figures of the others
        traceback.print_exc()
        code = MISSED
    found = report(bench, result, seed)
    print(json.dumps(found) if as_json else _text(found), flush=True)
    return MISSED if check and not code and not found["met"] else code


def _text(found: Mapping[str, object]) -> str:
    figures = cast(Mapping[str, float | None], found["figures"])
    targets = cast(Mapping[str, Mapping[str, float]], found["targets"])
    lines = [f"{found['benchmark']}  ({'met' if found['met'] else 'NOT MET'}, n={found['n']})"]
    for name, value in figures.items():
        wanted = ", ".join(f"{k.replace('_', ' ')} {v:g}" for k, v in targets.get(name, {}).items())
        shown = "-" if value is None else f"{value:,.4g}"
        lines.append(f"  {name:<28} {shown:>12}  {wanted}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
