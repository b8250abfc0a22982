"""What happens to one pull request, from its opening to its end, told as GitHub's API would give it."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ingest.sample.lessons import APPROVALS, NOISE, REMARKS, Lesson, of_repository
from ingest.sample.shapes import (
    actor,
    check_suite,
    commit,
    event,
    files,
    git_id,
    log,
    nodes,
    person,
    remark,
    repository,
    review,
    thread,
)
from ingest.sample.world import AS_OF_US, HOUR_US, agent_payloads, fixture, iso

if TYPE_CHECKING:
    from ingest.sample.pull_requests import Made, Writer

Json = dict[str, Any]

MINUTE_US = 60_000_000
ECHOES = 29
"""One pull request in so many has a bot repeat a lesson for no reason."""
_BOT = "coderabbitai"
_STRANGER = "passerby-{n}"


def tell(writer: "Writer", made: "Made", lessons: Sequence[Lesson]) -> None:
    """Give a pull request its history and its payload."""
    _Story(writer, made, lessons).tell()


class _Story:
    """One pull request from its opening to its end."""

    def __init__(self, writer: "Writer", made: "Made", lessons: Sequence[Lesson]) -> None:
        self._w = writer
        self._made = made
        self._lessons = lessons
        made.fork = any(each.by == "fork" for each in lessons)
        owner = writer.pick(made.repository.reviewers)
        # A fork is a stranger's, whichever agent worked in it.
        self._owner = _STRANGER.format(n=made.number % 5) if made.fork else owner
        self._now = made.created_us
        self._over = False
        self._commits: list[Json] = []
        self._reviews: list[Json] = []
        self._threads: list[Json] = []
        self._comments: list[Json] = []
        self._events: list[Json] = []
        # A check names, and a remark stands on, a file that was changed.
        self._paths = [e.path for e in lessons if e.path]

    def tell(self) -> None:
        """Fill in the payload; nothing happens after the instant the sample is made as of."""
        self._push(self._first_message(), author=self._agent_author())
        self._checks()
        self._ready()
        if self._w.chance(0.85):
            self._review()
        self._end()
        self._made.node = self._node()

    def _wait(self, hours: float) -> bool:
        """Whether the next step, after that time on average, still comes before the sample's end."""
        then = self._now + self._w.hours(hours)
        if then > AS_OF_US - HOUR_US:
            self._over = True
        if not self._over:
            self._now = then
        return not self._over

    def _show(self, lesson: Lesson) -> None:
        self._made.lessons.append(lesson.lesson_id)

    # --- commits and checks

    def _agent_author(self) -> Json:
        signed = agent_payloads()[self._made.agent]["signs_as"] if self._made.agent else None
        if signed and self._made.marked:
            login, name, email = signed
            return {"name": name, "email": email, "user": {"login": login}}
        return person(self._owner)

    def _first_message(self) -> str:
        trailer = self._made.trailer
        return f"{self._made.title}\n\n{trailer}" if trailer else self._made.title

    def _push(self, message: str, author: Json) -> None:
        oid = git_id(f"{self._made.identity} {self._w.token()}")
        self._commits.append({"commit": commit(oid, message, self._now, author)})

    def _checks(self) -> None:
        """CI runs on the first commit; after a failure the agent pushes a repair and CI passes."""
        failing = [each for each in self._lessons if each.shown == "ci"]
        noise = not failing and self._w.chance(0.10)
        for each in failing:
            self._show(each)
            self._run(each.check, "FAILURE", each.command, fixture(f"{each.words[0]}.log"))
        if noise:
            name = self._w.pick(NOISE)
            # Every accident happens to a file of its own, so that none of them recurs.
            mark = f"case_{self._w.serial()}"
            text = fixture(f"{name}.log")
            for word in ("invoice", "price", "balance", "tax"):
                text = text.replace(word, f"{word}_{mark}")
            self._run("tests", "FAILURE", "make test", text)
        if failing or noise:
            if not self._wait(0.5):
                return
            self._push("Repair what the checks found", author=self._agent_author())
        self._run("checks", "SUCCESS", "", "")
        for each in self._lessons:
            if each.shown == "repair" and self._wait(1):
                self._show(each)
                mate = self._w.pick(
                    [p for p in self._made.repository.reviewers if p != self._owner]
                )
                self._push(self._w.pick(each.words), author=person(mate))

    def _run(self, name: str, conclusion: str, command: str, output: str) -> None:
        run_id = 10_000_000 + self._w.serial()
        start = self._now + MINUTE_US
        last = self._commits[-1]["commit"]
        last["checkSuites"]["nodes"].append(check_suite(run_id, name, conclusion, start))
        if conclusion == "FAILURE":
            self._made.logs.append(
                {
                    "repository": self._made.repository.name,
                    "pullRequest": self._made.number,
                    "checkRunId": run_id,
                    "name": name,
                    "headSha": last["oid"],
                    "log": log(self._made.repository, start, command, output),
                }
            )

    def _ready(self) -> None:
        """Some agents open a draft and call it ready when its checks have passed."""
        signed = self._signed()
        ready = signed.get("drafts") and not self._made.fork and not self._over
        if ready and self._made.number % 3 == 0:
            who = actor(signed["author"], bot=True)
            self._events.append(event("ReadyForReviewEvent", self._made.identity, self._now, who))

    # --- review

    def _review(self) -> None:
        if not self._wait(6):
            return
        reviewer = self._w.pick([p for p in self._made.repository.reviewers if p != self._owner])
        self._made.passed = self._w.accepts(self._made)
        self._strangers_words()
        if self._made.passed:
            self._reviewed("APPROVED", self._w.pick(APPROVALS), reviewer)
            return
        lessons = [
            e for e in self._lessons if e.shown in ("remark", "suggestion") and e.by == "people"
        ]
        lessons += [e for e in self._lessons if e.by == "one person"]
        self._reviewed("CHANGES_REQUESTED", "" if lessons else self._w.pick(REMARKS), reviewer)
        for each in lessons:
            self._remark(each, reviewer if each.by == "people" else "quibbler")
        if not self._wait(3):
            return
        self._push("Address review", author=self._agent_author())
        if self._w.chance(0.6) and self._wait(4):
            self._reviewed("APPROVED", self._w.pick(APPROVALS), reviewer)

    def _strangers_words(self) -> None:
        """Bots and strangers have opinions whatever people think of the change."""
        for each in self._lessons:
            if each.by == "bot":
                self._remark(each, _BOT, bot=True)
            elif each.by == "stranger":
                self._remark(each, _STRANGER.format(n=self._w.serial() % 5), association="NONE")
        self._echo()

    def _echo(self) -> None:
        """Now and then a bot repeats what people taught, where there was nothing to teach."""
        taught = [
            each
            for each in of_repository(self._made.repository.name)
            if each.shown == "remark" and each.by == "people" and each not in self._lessons
        ]
        if not taught or self._made.agent is None or self._made.number % ECHOES:
            return
        each = taught[0]
        self._made.echoed.append(each.lesson_id)
        said = remark(self._hash("echo"), each.words[0], self._now, actor(_BOT, bot=True), "NONE")
        self._comments.append(said)

    def _reviewed(self, state: str, body: str, login: str) -> None:
        id_ = self._w.token()[:16]
        self._reviews.append(review(id_, state, body, self._now, actor(login), "MEMBER"))

    def _remark(
        self, lesson: Lesson, login: str, *, bot: bool = False, association: str = "MEMBER"
    ) -> None:
        self._show(lesson)
        words = self._w.pick(lesson.words)
        body = f"```suggestion\n{words}\n```" if lesson.shown == "suggestion" else words
        who = actor(login, bot=bot)
        standing = "NONE" if bot else association
        id_ = self._w.token()[:16]
        said = remark(id_, body, self._now, who, standing)
        if not lesson.path:
            self._comments.append(said)
            return
        review_id = self._review_of(who, standing)
        token = self._w.token()[:16]
        self._threads.append(
            {**thread(id_, said, lesson.path, lesson.hunk, review_id), "id": f"PRRT_{token}"}
        )

    def _review_of(self, who: Json, standing: str) -> str:
        """The review a remark on the diff was sent with; whoever has given none yet only comments."""
        for each in self._reviews:
            if each["author"] == who and each["submittedAt"] == iso(self._now):
                return str(each["id"])
        id_ = self._hash(f"review by {who['login']} at {self._now}")
        self._reviews.append(review(id_, "COMMENTED", "", self._now, who, standing))
        return str(self._reviews[-1]["id"])

    def _hash(self, what: str) -> str:
        return git_id(f"{what} {self._made.identity}")[:16]

    # --- end

    def _end(self) -> None:
        merges = {True: 0.95, False: 0.55, None: 0.80}[self._made.passed]
        if self._w.chance(0.02) or not self._wait(5):
            return  # forgotten, or still open at the end
        self._made.closed_us = self._now
        who = actor(self._closer())
        if self._w.chance(merges):
            self._made.merged_us = self._now
            self._events.append(event("MergedEvent", self._made.identity, self._now, who))
        self._events.append(event("ClosedEvent", self._made.identity, self._now, who))

    def _closer(self) -> str:
        """A stranger's pull request is closed by one of the repository's people."""
        return self._made.repository.reviewers[0] if self._made.fork else self._owner

    def _signed(self) -> Json:
        return agent_payloads()[self._made.agent] if self._made.agent and self._made.marked else {}

    def _node(self) -> Json:
        made, signed = self._made, self._signed()
        slug = made.title.partition(": ")[2].replace(" ", "-").lower()
        token = self._w.token()
        branch = (signed.get("branch") or "{slug}-{token}").format(slug=slug, token=token[:4])
        body = (signed.get("body") or "").format(token=token)
        bot = bool(signed.get("author")) and not made.fork
        login = signed["author"] if bot else self._owner
        standing = "CONTRIBUTOR" if bot else "NONE" if made.fork else "MEMBER"
        size = 5 + int(self._w.token()[:2], 16) * (3 if made.task == "feat" else 1)
        usual = made.repository.paths[: 1 + size // 200]
        changed, totals = files(list(dict.fromkeys([*usual, *self._paths])), size)
        name = made.repository.name
        return {
            "id": f"PR_{hashlib.sha256(made.identity.encode()).hexdigest()[:16]}",
            "number": made.number,
            "title": made.title,
            "body": f"Changes {slug.replace('-', ' ')}.\n\n{body}".strip(),
            "state": "MERGED" if made.merged_us else "CLOSED" if made.closed_us else "OPEN",
            "isDraft": False,
            "createdAt": iso(made.created_us),
            "updatedAt": iso(self._now),
            "closedAt": iso(made.closed_us) if made.closed_us else None,
            "mergedAt": iso(made.merged_us) if made.merged_us else None,
            "headRefName": branch,
            "headRefOid": self._commits[-1]["commit"]["oid"],
            "baseRefName": "main",
            "mergeCommit": None,
            "author": actor(login, bot=bot),
            "authorAssociation": standing,
            "mergedBy": {"login": self._closer()} if made.merged_us else None,
            **totals,
            "headRepository": {
                "nameWithOwner": f"{self._owner}/{name.split('/')[1]}" if made.fork else name
            },
            "repository": repository(made.repository),
            "labels": nodes([{"name": made.task}]),
            "files": nodes(changed),
            "commits": nodes(self._commits),
            "reviews": nodes(self._reviews),
            "reviewThreads": nodes(self._threads),
            "comments": nodes(self._comments),
            "timelineItems": nodes(self._events),
            "closingIssuesReferences": nodes([]),
        }
