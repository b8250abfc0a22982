"""Pull requests from GitHub: one GraphQL pass, newest first, with everything that hangs on each.

Only what the server says is stored: the cursor, the order and `updated_us` come from it, never from
a clock here. A pass that cannot be finished keeps what it has and says where it stopped, because a
silent part looks like the whole (apache/incubator-devlake#8028 lost 400 pull requests that way).
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ingest.github_parse import parse
from ingest.github_query import LIMITS, PAGE, PULL_REQUESTS, cut_lists
from warehouse.errors import SourceError
from warehouse.raw import Payload
from warehouse.records import parse_time
from warehouse.redact import redact_payload

if TYPE_CHECKING:
    from github.Requester import Requester

Progress = Callable[[int, int], None]
"""Told how many pull requests have come, and how many are wanted."""

API = "https://api.github.com"
_TIMEOUT = 30
_TRIES = 6
"""Attempts per page: enough to halve 25 down to 1 on the way."""
_LONGEST_WAIT = 60.0
_BUSY = (502, 503, 504)


class _StoppedError(Exception):
    """The pass cannot go on; the message says why in one sentence."""


class _TooMuchError(Exception):
    """GitHub gave no answer in time; a smaller page may get one."""


@dataclass(slots=True)
class Fetch:
    """One pass over a repository's pull requests; iterate once, then read `notes`."""

    repo: str
    last: int
    token: str = field(repr=False)
    base_url: str
    budget: int | None
    progress: Progress
    pause: Callable[[float], None]
    notes: list[str] = field(default_factory=list)
    calls: int = 0
    points: int = 0
    """What GitHub charged for them."""

    def __iter__(self) -> Iterator[Payload]:
        """Payloads, newest first.

        Raises:
            SourceError: nothing at all could be fetched.
        """
        done = 0
        cut: dict[str, int] = {}
        try:
            for pull in self._pulls():
                done += 1
                for name in cut_lists(pull):
                    cut[name] = cut.get(name, 0) + 1
                yield _payload(pull)
        except _StoppedError as problem:
            if not done:
                raise SourceError(str(problem)) from None
            self.notes.append(f"{problem}; {done} of {self.last} pull requests were fetched")
        for name, count in sorted(cut.items()):
            self.notes.append(
                f"{count} of {done} pull requests have more {_NAMES[name]} than the "
                f"{LIMITS[name]} that were fetched"
            )

    def _pulls(self) -> Iterator[Mapping[str, Any]]:
        with closing(_requester(self.token, self.base_url)) as requester:
            yield from self._passes(requester)

    def _passes(self, requester: "Requester") -> Iterator[Mapping[str, Any]]:
        seen: set[object] = set()
        after, page, wanted = None, PAGE, self.last
        while len(seen) < wanted:
            size = min(page, wanted - len(seen))
            found, page = self._page(requester, after, size)
            # A pull request touched meanwhile moves to the front and may come twice; what slips
            # past a page end is newer than this pass and comes with the next one.
            for pull in found["nodes"] or []:
                if pull is not None and pull["id"] not in seen:
                    seen.add(pull["id"])
                    yield pull
            wanted = min(self.last, found["totalCount"])
            self.progress(len(seen), wanted)
            if not found["pageInfo"]["hasNextPage"]:
                break
            after = found["pageInfo"]["endCursor"]

    def _page(
        self, requester: "Requester", after: str | None, size: int
    ) -> tuple[Mapping[str, Any], int]:
        """One page, and the page size that worked."""
        owner, _, name = self.repo.partition("/")
        for attempt in range(_TRIES):
            variables = {"owner": owner, "name": name, "page": size, "after": after}
            try:
                return self._pull_requests(self._call(requester, variables)), size
            except _TooMuchError as problem:
                if attempt == _TRIES - 1:
                    raise _StoppedError(
                        f"GitHub gave no answer to {_TRIES} calls: {problem}"
                    ) from None
                size = max(1, size // 2)
                self.pause(min(2.0**attempt, _LONGEST_WAIT))
        raise AssertionError("the last attempt returns or raises")

    def _pull_requests(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        data = answer.get("data") or {}
        self.points += (data.get("rateLimit") or {}).get("cost") or 0
        for error in answer.get("errors") or []:
            self._judge(error)
        repository = data.get("repository")
        if not repository:
            raise _StoppedError(self._not_found())
        found: Mapping[str, Any] = repository["pullRequests"]
        return found

    def _judge(self, error: Mapping[str, Any]) -> None:
        """GitHub reports most of what goes wrong with HTTP 200 and a list of errors."""
        type_, message = error.get("type"), str(error.get("message") or "no reason given")[:200]
        if type_ in ("RATE_LIMITED", "RATE_LIMIT"):
            raise _StoppedError(
                f"GitHub's rate limit is used up ({message}); run the same command later"
            )
        if type_ == "NOT_FOUND" and (error.get("path") or ["repository"]) == ["repository"]:
            raise _StoppedError(self._not_found())
        if type_ is None and ("timeout" in message.lower() or "went wrong" in message.lower()):
            raise _TooMuchError(message)
        note = f"GitHub left something out: {message}"  # for example checks the token may not read
        if note not in self.notes:
            self.notes.append(note)

    def _not_found(self) -> str:
        return f"GitHub knows no repository {self.repo!r}, or this token may not read it"

    def _call(self, requester: "Requester", variables: Mapping[str, Any]) -> Mapping[str, Any]:
        """One call; waits once where GitHub names a short wait."""
        from github import GithubException
        from requests.exceptions import RequestException

        for is_last in (False, True):
            if self.budget is not None and self.calls >= self.budget:
                raise _StoppedError(f"the budget of {self.budget} calls is used up")
            self.calls += 1
            try:
                _, answer = requester.graphql_query(PULL_REQUESTS, dict(variables))
                if isinstance(answer, Mapping):
                    return answer
                raise _StoppedError(
                    f"{self.base_url} does not answer like GitHub; check the address"
                )
            except GithubException as problem:
                answer_or_wait = self._refused(problem)
                if not isinstance(answer_or_wait, float):
                    return answer_or_wait
                if is_last:
                    break
                self.pause(answer_or_wait)
            except RequestException as problem:
                if passing := _passing(problem):
                    raise _TooMuchError(passing) from None
                raise _StoppedError(
                    f"{self.base_url} cannot be reached ({_kind(problem)}); check the network"
                ) from None
        raise _StoppedError(
            "GitHub keeps asking to wait (its secondary rate limit); run it again later"
        )

    def _refused(self, problem: Any) -> Mapping[str, Any] | float:
        """What a failed call means: an answer with errors in it, a time to wait, or the end."""
        status, data = problem.status, problem.data
        if isinstance(data, Mapping) and data.get("errors"):
            return data
        if status == 401:
            raise _StoppedError(
                "GitHub does not accept the token (401); make a new one that may read "
                f"{self.repo}, and set GITHUB_TOKEN"
            )
        if status in _BUSY:
            raise _TooMuchError(f"HTTP {status}")
        if status == 404:
            raise _StoppedError(
                f"{self.base_url} has no GraphQL interface (404); check GITHUB_API_URL"
            )
        if status in (403, 429):
            return _wait(problem, status)
        raise _StoppedError(f"GitHub answered HTTP {status}: {_message(data)}")


def fetch(
    repo: str,
    *,
    last: int,
    token: str,
    base_url: str | None = None,
    budget: int | None = None,
    progress: Progress = lambda *_: None,
    pause: Callable[[float], None] = time.sleep,
) -> Fetch:
    """The newest `last` pull requests of `owner/name` by their last update.

    Args:
        base_url: the REST root of a GitHub Enterprise server, else api.github.com.
        budget: the most calls to make.
        pause: waits; a test does not.
    """
    return Fetch(repo, last, token, base_url or API, budget, progress, pause)


_NAMES: Mapping[str, str] = {
    "labels": "labels",
    "files": "files",
    "commits": "commits",
    "checkSuites": "check suites on one commit",
    "checkRuns": "check runs in one suite",
    "reviews": "reviews",
    "reviewThreads": "review threads",
    "threadComments": "comments in one thread",
    "comments": "comments",
    "timelineItems": "timeline events",
    "closingIssuesReferences": "closed issues",
}


def _requester(token: str, base_url: str) -> "Requester":
    """PyGithub's transport without its retries: it would repeat a page that is too large."""
    from github import Auth, Github

    client = Github(
        auth=Auth.Token(token),
        base_url=base_url,
        timeout=_TIMEOUT,
        user_agent="ruleloop",
        retry=None,
        seconds_between_requests=None,
        seconds_between_writes=None,
    )
    return client.requester


def _payload(pull: Mapping[str, Any]) -> Payload:
    try:
        updated = parse_time(pull.get("updatedAt")) or 0
    except (ValueError, TypeError):
        updated = 0
    return Payload("pull_request", str(pull["id"]), updated, redact_payload(pull))


def _wait(problem: Any, status: int) -> float:
    """Seconds GitHub asks to wait, when they are few.

    Raises:
        _StoppedError: they are many, or it is a refusal and not a limit.
    """
    headers = {str(k).lower(): str(v) for k, v in (problem.headers or {}).items()}
    after = headers.get("retry-after", "")
    message = _message(problem.data)
    if after.isdigit() and float(after) <= _LONGEST_WAIT:
        return float(after)
    if after or headers.get("x-ratelimit-remaining") == "0" or "rate limit" in message.lower():
        raise _StoppedError(
            f"GitHub's rate limit is used up ({message}); run the same command later"
        )
    raise _StoppedError(f"GitHub refuses the token (HTTP {status}): {message}")


def _message(data: object) -> str:
    found = data.get("message") if isinstance(data, Mapping) else data
    return str(found or "no reason given").splitlines()[0][:200]


def _passing(problem: BaseException) -> str | None:
    """A fault of the moment, worth another try."""
    text = str(problem).lower()
    for sign, meaning in (
        ("timed out", "it took too long"),
        ("reset", "the connection was reset"),
        ("aborted", "the connection was cut off"),
        ("incompleteread", "the answer was cut off"),
    ):
        if sign in text:
            return meaning
    return None


def _kind(problem: BaseException) -> str:
    text = str(problem)
    for sign, meaning in (
        ("NameResolution", "its name is unknown"),
        ("refused", "connection refused"),
        ("CERTIFICATE", "its certificate is not trusted"),
    ):
        if sign in text:
            return meaning
    return type(problem).__name__


class GitHub:
    """The source that the entry point names."""

    name = "github"

    def parse(self, payloads: pa.RecordBatch) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Pull requests, job logs, deployments, releases and issues into rows; pure."""
        return parse(payloads)


SOURCE = GitHub()
