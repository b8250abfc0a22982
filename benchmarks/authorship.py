"""How many agents' pull requests are recognised by their marks, and how many people's are mistaken.

The agent that AIDev states is the truth here and no evidence; commits older than June 2021, when
the first coding agent was announced, are people's or automation's, so every agent found is wrong.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow.parquet as pq

from analysis.authorship import CommitEvidence, PullRequestEvidence, attribute
from benchmarks.aidev import AGENTS
from benchmarks.registry import Figure, Result, needed

FIGURES = (
    "recall",
    "false_positives",
    "commits_before_agents",
    *(f"recall_{agent.replace('-', '_')}" for agent in AGENTS.values()),
    "times_no_ai_marks",
)
TARGETS = {"false_positives": {"at_most": 0.0}}

_BEFORE_AGENTS = "2021-06"
_NOT_AGENTS = ("human", "unknown")


def run(data: Path | None, seed: int) -> Result:  # noqa: ARG001  # nothing is drawn
    """Every pull request of AIDev from its marks alone; every old commit of five histories."""
    folder, histories = needed(data, "aidev"), needed(data, "git_histories")
    pulls, found, files = _recognised(folder)
    figures: dict[str, Figure] = {"recall": found.total() / pulls.total()}
    for agent, count in pulls.items():
        figures[f"recall_{agent.replace('-', '_')}"] = found[agent] / count
    old = sorted(histories.glob("*.parquet"))
    mistaken = [each for path in old for each in _mistaken(path)]
    figures |= {"false_positives": sum(mistaken), "commits_before_agents": len(mistaken)}
    return Result(figures, n=pulls.total(), data=(*files, *old))


def _recognised(folder: Path) -> tuple[Counter[str], Counter[str], tuple[Path, ...]]:
    files = (folder / "pull_request.parquet", folder / "pr_commits.parquet")
    commits: dict[str, list[CommitEvidence]] = defaultdict(list)
    for row in _rows(files[1]):
        commits[row["pr_id"]].append(
            CommitEvidence(author_login=row["author"], message=row["message"] or "")
        )
    pulls: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for row in _rows(files[0]):
        truth = AGENTS[row["agent"]]
        evidence = PullRequestEvidence(
            author_login=row["user"],
            title=row["title"] or "",
            body=row["body"] or "",
            commits=tuple(commits[row["id"]]),
        )
        pulls[truth] += 1
        found[truth] += any(
            each.agent == truth and each.role != "reviewer" for each in attribute(evidence)
        )
    return pulls, found, files


def _mistaken(history: Path) -> Iterator[bool]:
    """For each commit older than any agent, whether one is seen in it."""
    for row in _rows(history):
        if row["commit_date"] < _BEFORE_AGENTS:
            commit = CommitEvidence(
                author_name=row["author"] or "",
                author_email=f"someone@{row['author_email_domain'] or 'example.com'}",
                message=row["message"] or "",
            )
            named = attribute(PullRequestEvidence(commits=(commit,)))
            yield any(each.agent not in _NOT_AGENTS for each in named)


def _rows(path: Path) -> Sequence[Mapping[str, str]]:
    rows: Sequence[Mapping[str, str]] = pq.read_table(path).to_pylist()
    return rows
