"""How each source is taken in: open it, hand its payloads to the raw store, keep its notes."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ruleloop.loop import Say, TakenIn, now_us, prepare, take_in
from ruleloop.settings import Settings
from warehouse.errors import BadInput, Refused, SourceError, UnknownName
from warehouse.home import Home
from warehouse.journal import Journal
from warehouse.redact import redact_payload
from warehouse.store import Store

if TYPE_CHECKING:
    from ingest.aidev import Fetched as AiDevFetched
    from ingest.sample import Sample
    from ingest.small import Fetched

FORMATS = ("aidev", "complaints", "costs", "surveys")


def import_format(settings: Settings, format_: str, path: Path) -> TakenIn:
    """Read a data set from disk.

    A data set carries no fetch time of its own, so it is as of the newest instant found in it: an
    archive from last year must not make every open pull request look a year old.

    Raises:
        BadInput: the files cannot be used; nothing was stored.
        UnknownName: there is no such format.
    """
    if format_ not in FORMATS:
        raise UnknownName("import format", format_, FORMATS)
    if not path.exists():
        raise BadInput(f"{path} does not exist; give the folder or file to read")
    data = _fetch(format_, path)
    # A typing error such as 2093 must not date everything else.
    as_of_us = min(data.newest_us, now_us())
    return take_in(
        settings.home, format_, data.payloads, fetched_us=as_of_us, notes=lambda: data.notes
    )


def _fetch(format_: str, path: Path) -> "AiDevFetched | Fetched":
    if format_ == "aidev":
        from ingest import aidev

        return aidev.fetch(path)
    from ingest import complaints, costs, surveys

    readers = {"complaints": complaints.fetch, "costs": costs.fetch, "surveys": surveys.fetch}
    return readers[format_](path)


def git(settings: Settings, path: Path, name: str | None, say: Say) -> TakenIn:
    """Read a local clone, and keep a bare copy of it to attest rules against."""
    from ingest import git_history
    from warehouse.git import clone_bare

    history = git_history.fetch(path, name)
    _refuse_second_name(settings.home, history.repo, history.head)
    say(f"reading {history.repo} at {history.head[:12]}")
    taken = take_in(
        settings.home,
        "git",
        history.payloads,
        fetched_us=now_us(),
        notes=lambda: history.notes,
        about=history.repo,
    )
    if note := clone_bare(path, settings.home.clone(history.repo)):
        say(f"note: {note}")
    return taken


def _refuse_second_name(home: Home, repo: str, head: str) -> None:
    """One history under two names would be counted twice.

    Raises:
        Refused: the newest commit was already read as another repository's.
    """
    with Store.open(home) as store:
        rows = store.rows(
            "SELECT repo FROM commit WHERE sha = ? AND repo <> ? LIMIT 1", [head, repo]
        )
    if rows:
        known = rows[0]["repo"]
        raise Refused(
            f"this history was already read as {known}; as {repo} it would count twice "
            f"(to read it again: --name {known})"
        )


def github(
    settings: Settings, repository: str, *, last: int, budget: int | None, say: Say
) -> TakenIn:
    """Fetch the newest pull requests of one repository."""
    from ingest import github as source

    owner, _, rest = repository.partition("/")
    if not owner or not rest or "/" in rest:
        raise BadInput(f"{repository!r} must be OWNER/REPO, for example: octo-org/app")
    base_url = os.environ.get("GITHUB_API_URL")
    fetched = source.fetch(
        repository, last=last, token=_token(), base_url=base_url, budget=budget, progress=_bar(say)
    )
    return take_in(
        settings.home,
        "github",
        fetched,
        fetched_us=now_us(),
        notes=lambda: fetched.notes,
        about=repository,
    )


def _bar(say: Say) -> Callable[[int, int], None]:
    def progress(done: int, total: int) -> None:
        say(f"{done:,} of {total:,} pull requests")

    return progress


def _token() -> str:
    """The token of the environment, else the one `gh` holds.

    Raises:
        SourceError: there is neither.
    """
    for variable in ("GITHUB_TOKEN", "GH_TOKEN"):
        if token := os.environ.get(variable):
            return token
    import shutil
    import subprocess

    if gh := shutil.which("gh"):
        answer = subprocess.run([gh, "auth", "token"], capture_output=True, text=True, timeout=10)
        if answer.returncode == 0 and answer.stdout.strip():
            return answer.stdout.strip()
    raise SourceError(
        "no GitHub token; set GITHUB_TOKEN (read access is enough) or run: gh auth login"
    )


def sample(root: Path, seed: int, pull_requests: int, say: Say) -> Iterator[TakenIn]:
    """Make the sample organisation in a home of its own.

    Raises:
        Refused: the home at `root` holds something else, or another sample.
    """
    from ingest import git_history
    from ingest.sample import generate
    from warehouse.git import clone_bare

    home = Home(root)
    if home.raw.is_dir() and not home.sample_marker.exists():
        raise Refused(f"{root} is a real home; the sample organisation needs one of its own")
    marker = f"seed {seed}, {pull_requests} pull requests\n"
    if home.sample_marker.exists() and home.sample_marker.read_text(encoding="utf-8") != marker:
        held = home.sample_marker.read_text(encoding="utf-8").strip()
        raise Refused(f"{root} holds another sample ({held}); delete that folder to make this one")
    prepare(home)
    home.sample_marker.write_text(marker, encoding="utf-8")
    say(f"making the sample organisation (seed {seed})")
    made = generate(seed, root / "sample", pull_requests=pull_requests)
    for source, payloads in made.payloads.items():
        yield take_in(home, source, payloads, fetched_us=made.as_of_us)
    for repo, path in made.repositories.items():
        history = git_history.fetch(path, repo)
        yield take_in(home, "git", history.payloads, fetched_us=made.as_of_us, about=repo)
        clone_bare(path, home.clone(repo))
    _register(home, made)


def _register(home: Home, made: "Sample") -> None:
    """The sample's pre-registered experiment, once, at the instant its plan was made."""
    journal = Journal(home.journal)
    known = {event.data.get("experiment_id") for event in journal.events()}
    plan = dict(made.experiment)
    if plan["experiment_id"] not in known:
        at_us = int(plan.pop("registered_us"))
        journal.append("experiment_planned", redact_payload(plan), actor="sample", at_us=at_us)
