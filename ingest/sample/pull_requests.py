"""The sample organisation's pull requests: when each is opened, by whom, in which arm, with what in it."""

import hashlib
import random
from dataclasses import dataclass, field
from typing import Any

from ingest.sample import story
from ingest.sample.lessons import Lesson, of_repository
from ingest.sample.world import (
    AGENTS,
    DAY_US,
    HOUR_US,
    MIX,
    REPOSITORIES,
    START_US,
    TASKS,
    WEEKS,
    Repository,
    agent_payloads,
)

Json = dict[str, Any]

TRIAL_FROM_US = START_US + 10 * 7 * DAY_US
"""The planted experiment begins after ten weeks."""
EXPERIMENT = "exp-verify-line"

_SUBJECTS = (
    "totals of an empty cart", "rounding of small amounts", "the status page", "retry on timeouts",
    "export as CSV", "the search index", "paging of long lists", "the login form", "audit entries",
    "currency of refunds", "the weekly report", "cache of prices", "webhook signatures",
)  # fmt: skip
_WORKING = (6, 21)
"""Hours of the day in which people open pull requests, UTC."""
_WEEKEND = 0.3
"""Pull requests of a Saturday or Sunday, as a share of a working day's."""


@dataclass(slots=True)
class Made:
    """What one pull request turned out to be: truth, and its payloads."""

    number: int
    repository: Repository
    agent: str | None
    """None: written by a person."""
    task: str
    created_us: int
    arm: str | None = None
    passed: bool | None = None
    merged_us: int | None = None
    closed_us: int | None = None
    lessons: list[str] = field(default_factory=list)
    """Those that showed: a remark is only written when a reviewer asks for changes."""
    echoed: list[str] = field(default_factory=list)
    """Those whose words a bot repeated although nothing of the kind had happened."""
    fork: bool = False
    node: Json = field(default_factory=dict)
    logs: list[Json] = field(default_factory=list)

    @property
    def identity(self) -> str:
        """owner/name#number."""
        return f"{self.repository.name}#{self.number}"

    @property
    def marked(self) -> bool:
        """Whether the agent can be recognised: one in sixteen was told to leave no mark."""
        return self.agent is not None and self.number % 16 != 7

    @property
    def title(self) -> str:
        """A conventional-commit title."""
        return f"{self.task}: {_SUBJECTS[self.number % len(_SUBJECTS)]}"

    @property
    def trailer(self) -> str | None:
        """What its agent adds to commit messages; a squash merge keeps it."""
        signed = agent_payloads()[self.agent] if self.agent and self.marked else {}
        return signed.get("trailer")


class Writer:
    """Writes pull requests one after another; the only state is the seed and what came before."""

    def __init__(self, seed: int, effect: float) -> None:
        self._random = random.Random(seed)  # noqa: S311  # a simulation, not a secret
        self._effect = effect
        self._numbers = {each.name: 100 for each in REPOSITORIES}
        self._times: dict[str, int] = {}
        self._serial = 0
        self._seed = seed

    def write(self, at_us: int) -> Made:
        """One pull request opened at an instant, with everything that happened to it."""
        chance = self._random
        repository = chance.choice(REPOSITORIES)
        self._numbers[repository.name] += 1
        agent = chance.choice(AGENTS) if chance.random() < _agents_share(at_us) else None
        weights = MIX[agent] if agent else (10, 10, 15, 25, 20, 20)
        [task] = chance.choices(list(TASKS), weights)
        made = Made(self._numbers[repository.name], repository, agent, task, at_us)
        made.arm = self._arm(made)
        story.tell(self, made, self._lessons(made))
        return made

    def _arm(self, made: Made) -> str | None:
        """By hash, so that nobody can choose; only agents' pull requests of the trial's weeks."""
        if made.agent is None or made.created_us < TRIAL_FROM_US:
            return None
        digest = hashlib.sha256(f"{EXPERIMENT} {self._seed} {made.identity}".encode()).digest()
        return "treatment" if digest[0] % 2 else "control"

    def _lessons(self, made: Made) -> list[Lesson]:
        found = []
        for each in of_repository(made.repository.name):
            if self._times.get(each.lesson_id, 0) >= each.at_most or made.agent is None:
                continue
            if self._random.random() < each.rate:
                self._times[each.lesson_id] = self._times.get(each.lesson_id, 0) + 1
                found.append(each)
        return found

    def accepts(self, made: Made) -> bool:
        """Whether a reviewer accepts it at once: by task and arm, whoever wrote it."""
        better = self._effect if made.arm == "treatment" else 0.0
        return self._random.random() < min(TASKS[made.task] + better, 0.98)

    def pick(self, options: Any) -> Any:
        """One of several."""
        return self._random.choice(list(options))

    def chance(self, probability: float) -> bool:
        """Whether something of that probability happens."""
        return self._random.random() < probability

    def hours(self, mean: float) -> int:
        """A waiting time in microseconds."""
        return int(self._random.expovariate(1 / mean) * HOUR_US) + 60_000_000

    def token(self) -> str:
        """Hex digits for ids."""
        return f"{self._random.getrandbits(128):032x}"

    def serial(self) -> int:
        """A number never given before."""
        self._serial += 1
        return self._serial


def opened(seed: int, count: int) -> list[int]:
    """When `count` pull requests are opened: fewer at weekends, some by night, no week as another."""
    chance = random.Random(seed + 1)  # noqa: S311  # a simulation, not a secret
    weeks = [chance.uniform(0.8, 1.2) for _ in range(WEEKS)]
    days = [weeks[day // 7] * (_WEEKEND if day % 7 >= 5 else 1.0) for day in range(WEEKS * 7)]
    times = []
    for day in chance.choices(range(WEEKS * 7), days, k=count):
        by_day = chance.random() < 0.85
        hour = chance.triangular(*_WORKING, 13) if by_day else chance.uniform(0, 24)
        times.append(START_US + day * DAY_US + int(hour * HOUR_US))
    return sorted(times)


def _agents_share(at_us: int) -> float:
    """Agents also work when nobody else does."""
    since = at_us - START_US
    hour, weekday = since % DAY_US / HOUR_US, since // DAY_US % 7
    return 0.83 if weekday < 5 and _WORKING[0] <= hour < _WORKING[1] else 1.0
