"""What the sample's merged pull requests leave behind: commits on the default branch of real clones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ingest.sample import repositories
from ingest.sample.pull_requests import Made
from ingest.sample.world import AS_OF_US, HOUR_US, REPOSITORIES
from warehouse.git_import import Commit

REVERTED = 40
"""One merged pull request in so many is taken back a day and a half later."""
KEPT = 12
"""Lines of the newest changes that a file keeps, so that six months do not swell it."""
_REMARK = {
    ".py": "#", ".yaml": "#", ".ts": "//", ".tsx": "//", ".js": "//", ".rs": "//", ".sql": "--",
}  # fmt: skip
"""What begins a remark in a file; a file of another kind is left as it is."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One commit to be: a pull request lands, or is taken back."""

    at_us: int
    of: Made
    undo: bool


def land(folder: Path, made: Sequence[Made]) -> dict[str, Path]:
    """Write the repositories: merged pull requests as squash commits, with a revert of a few.

    Each merged pull request is given the id of the commit it became.
    """
    steps = {each.name: _steps(each.name, made) for each in REPOSITORIES}
    commits = {name: _commits(name, all_) for name, all_ in steps.items()}
    paths, ids = repositories.build(folder, commits)
    for name, all_ in steps.items():
        for step, sha in zip(all_, ids[name], strict=True):
            if not step.undo:
                step.of.node["mergeCommit"] = {"oid": sha}
    return paths


def _steps(name: str, made: Sequence[Made]) -> list[_Step]:
    found = []
    for each in made:
        if each.merged_us is None or each.repository.name != name:
            continue
        found.append(_Step(each.merged_us, each, undo=False))
        undone_us = each.merged_us + 36 * HOUR_US
        if each.number % REVERTED == 0 and undone_us < AS_OF_US:
            found.append(_Step(undone_us, each, undo=True))
    return sorted(found, key=lambda step: step.at_us)


def _commits(name: str, steps: Sequence[_Step]) -> list[Commit]:
    """Each changes the files its pull request names, and takes back what it takes back."""
    first = repositories.FILES[name]
    newest: dict[str, list[str]] = {}
    commits = []
    for step in steps:
        files = {}
        for path in _paths(step.of):
            notes = newest.setdefault(path, [])
            line = f"{_REMARK[PurePosixPath(path).suffix]} {step.of.title} (#{step.of.number})\n"
            if not step.undo:
                notes[:] = [*notes, line][-KEPT:]
            elif line in notes:
                notes.remove(line)
            files[path] = first.get(path, "") + "".join(notes)
        commits.append(_commit(step, files))
    return commits


def _paths(of: Made) -> list[str]:
    changed = [each["path"] for each in of.node["files"]["nodes"]]
    return [path for path in changed if PurePosixPath(path).suffix in _REMARK]


def _commit(step: _Step, files: Mapping[str, str]) -> Commit:
    of = step.of
    author = of.repository.reviewers[of.number % len(of.repository.reviewers)]
    note = f"docs/changes/{of.number}.txt"
    if step.undo:
        message = f'Revert "{of.title}"\n\nReverts {of.repository.name}#{of.number}'
        return Commit(message, author, step.at_us, {**files, note: "taken back\n"})
    message = f"{of.title} (#{of.number})"
    if of.trailer:  # GitHub's squash keeps the co-authors of what it squashes
        message = f"{message}\n\n{of.trailer}"
    return Commit(message, author, step.at_us, {**files, note: "done\n"})
