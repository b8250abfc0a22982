"""How many commits per second `ruleloop git` takes in, on a history this benchmark writes itself.

Timed from the start of the command to its end: reading, redacting, writing and fsyncing the raw
loads, and the bare clone that rules are attested against.
"""

import random
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.registry import Result, ruleloop

FIGURES = ("commits_per_second",)
TARGETS = {"commits_per_second": {"at_least": 5_000.0}}

_COMMITS = 20_000
_RUNS = 3
_SUBJECTS = ("fix: handle the empty case", "feat: add a page", "refactor: move the parser")
_MARKS = ("\n\nCo-Authored-By: Claude <noreply@anthropic.com>\n", " (#{number})\n", "\n", "\n")


def run(data: Path | None, seed: int) -> Result:  # noqa: ARG001  # it writes its own history
    """The fastest of three passes over 20,000 commits of up to three files each.

    The fastest, because whatever else the machine does can only slow it down.
    """
    seconds = []
    with tempfile.TemporaryDirectory() as place:
        repository = Path(place, "acme", "shop")
        write_history(repository, _COMMITS, seed)
        for at in range(_RUNS):
            home = Path(place, f"home{at}")
            home.mkdir()
            ruleloop(home, "init", "--yes")
            started = time.perf_counter()
            ruleloop(home, "git", str(repository), "--name", "acme/shop")
            seconds.append(time.perf_counter() - started)
    return Result({"commits_per_second": _COMMITS / min(seconds)}, n=_COMMITS)


def write_history(repository: Path, commits: int, seed: int) -> None:
    """A repository with that many commits on `main`, the same for a seed."""
    repository.mkdir(parents=True)
    git = ["git", "-C", str(repository)]
    subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], check=True)
    stream = b"".join(_fast_import(commits, seed))
    subprocess.run([*git, "fast-import", "--quiet"], input=stream, check=True)
    subprocess.run([*git, "reset", "--quiet", "--hard", "main"], check=True)


def _fast_import(commits: int, seed: int) -> Iterator[bytes]:
    chance = random.Random(seed)
    for at in range(1, commits + 1):
        who = f"Person {chance.randrange(40)} <person@example.com> {1_700_000_000 + 600 * at} +0000"
        mark = chance.choice(_MARKS).format(number=at)
        message = (chance.choice(_SUBJECTS) + mark).encode()
        yield f"commit refs/heads/main\nauthor {who}\ncommitter {who}\n".encode()
        yield b"data %d\n%s\n" % (len(message), message)
        if at == 1 or at % 2_000 == 0:
            yield _file("AGENTS.md", f"# Agents\n\nRun `make test` before commit {at}.\n")
        for _ in range(chance.randint(1, 3)):
            path = f"src/part{chance.randrange(30)}/file{chance.randrange(20)}.py"
            yield _file(path, f"value = {at}\n")
        yield b"\n"


def _file(path: str, text: str) -> bytes:
    content = text.encode()
    return b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(content), content)
