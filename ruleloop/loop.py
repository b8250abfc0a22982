"""The loop: take in -> learn -> propose -> publish. The only place where the wings meet.

Each step reads what the step before it wrote to the warehouse, so a step can be repeated, and all of
them together are what `rebuild` replays.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingest import load_source
from ruleloop.error_reporting import version
from ruleloop.settings import Settings
from warehouse.errors import NotFound, Refused
from warehouse.home import Home
from warehouse.journal import Event, Journal
from warehouse.people import load_or_create_key, pseudonym
from warehouse.raw import Load, Payload, RawStore
from warehouse.redact import bind_key
from warehouse.snapshot import Snapshot, publish
from warehouse.store import Store
from warehouse.tables import table

if TYPE_CHECKING:
    import pyarrow as pa

    from rules_out.slots import Repository

Say = Callable[[str], None]
"""Where progress and diagnostics go: one sentence at a time, to stderr."""


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What one import or sync brought."""

    source: str
    """The source, and what of it when that is one repository."""
    records: int
    loads: int
    notes: tuple[str, ...]
    issues: int
    """Records that could not be used as they were; `ruleloop doctor` lists them."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Learned:
    """What one `learn` concluded."""

    pull_requests: int
    attributed: int
    commits: int
    """Commits of default branches that belong to no known pull request."""
    commits_attributed: int
    failures: int
    modes: int
    recurring: int
    proposed: int
    unattested: int
    snapshot: Path


def now_us() -> int:
    """The wall clock, microseconds since 1970 UTC. Only the front door reads it."""
    return time.time_ns() // 1000


def prepare(home: Home) -> bytes:
    """Make the home's directories and key, and bind the key to the redactor; return the key."""
    home.create()
    key = load_or_create_key(home.key)
    bind_key(key)
    return key


def require(home: Home) -> Home:
    """The home, if there is one.

    Raises:
        NotFound: there is none here; says which command makes one.
    """
    if not home.raw.is_dir():
        raise NotFound(f"there is no Ruleloop home at {home.root}; run: ruleloop init --yes")
    return home


def refuse_in_sample(home: Home) -> None:
    """Keep invented and real data apart.

    Raises:
        Refused: this home holds the sample organisation.
    """
    if home.sample_marker.exists():
        raise Refused(
            f"{home.root} holds the sample organisation and takes no other source; "
            "use another home (home: in ruleloop.yaml, or RULELOOP_HOME)"
        )


def take_in(
    home: Home,
    source: str,
    payloads: Iterable[Payload],
    *,
    fetched_us: int,
    notes: Callable[[], Sequence[str]] = tuple,
    cursor: str | None = None,
    about: str = "",
) -> TakenIn:
    """Store payloads as raw loads and project them onto the tables.

    Args:
        notes: asked after the last payload, because a source often learns only then what is missing.
        about: the repository, when the source is about one.
    """
    started = time.monotonic()
    raw = RawStore(home.raw)
    records = 0

    def counted() -> Iterator[Payload]:
        nonlocal records
        for each in payloads:
            records += 1
            yield each

    loads = raw.append_all(source, counted(), fetched_us=fetched_us, cursor=cursor)
    said = tuple(notes())
    if said:
        loads += [raw.append(source, [], fetched_us=fetched_us, cursor=cursor, notes=said)]
    with Store.open(home) as store:
        store.apply(raw, _parse)
        found = store.rows(
            "SELECT COUNT(*) AS n FROM data_issue WHERE load_id IN "
            "(SELECT UNNEST(CAST(? AS VARCHAR[])))",
            [[each.load_id for each in loads]],
        )
        warnings = (*store.notes, *said)
    issues = int(found[0]["n"])
    what = f"{source} {about}".strip()
    return TakenIn(what, records, len(loads), warnings, issues, time.monotonic() - started)


def _parse(source: str) -> "Callable[[pa.RecordBatch], Iterator[tuple[str, pa.RecordBatch]]]":
    return load_source(source).parse


def as_of_us(loads: Sequence[Load]) -> int:
    """The instant everything is computed as of: the newest fetch in raw. 0 when raw is empty."""
    return max((each.fetched_us for each in loads), default=0)


def learn(home: Home, settings: Settings, say: Say = lambda _: None) -> Learned:
    """Attribute, extract, group, link, propose and publish; a pure function of raw and journal."""
    key = prepare(home)
    raw = RawStore(home.raw)
    raw.sweep()
    events = Journal(home.journal).events()
    with Store.open(home) as store:
        for note in store.notes:
            say(note)
        store.apply(raw, _parse)
        store.set_context(
            as_of_us=as_of_us(raw.loads()),
            is_sample=home.sample_marker.exists(),
            version=version(),
            journal_seq=events[-1].seq if events else 0,
        )
        say("attributing pull requests to agents")
        _attribute(store)
        say("extracting failures")
        _find_failures(store)
        say("grouping failures and proposing rules")
        _propose(store, home, events)
        say("reading out experiments and the return")
        store.refresh_facts()
        _prove(store, settings, events)
        store.refresh_facts()
        snapshot = publish(store, home, lambda login: pseudonym(login, key))
        return _summary(store, snapshot)


def _attribute(store: Store) -> None:
    from analysis.authorship import attribute_commits, attribute_pull_requests
    from analysis.links import complaint_links, incident_links

    pull_request = store.arrow("SELECT * FROM pull_request ORDER BY pull_request_id")
    commits = store.arrow(
        "SELECT * FROM pull_request_commit ORDER BY pull_request_id, position, sha"
    )
    store.replace("authorship", attribute_pull_requests(pull_request, commits))
    loose = store.arrow(
        "SELECT * FROM commit WHERE pull_request_number IS NULL AND sha NOT IN "
        "(SELECT sha FROM pull_request_commit) ORDER BY repo, sha"
    )
    store.replace("commit_authorship", attribute_commits(loose))
    commit = store.arrow("SELECT repo, sha, pull_request_number FROM commit ORDER BY repo, sha")
    incident = store.arrow("SELECT * FROM incident ORDER BY incident_id")
    complaint = store.arrow("SELECT * FROM complaint ORDER BY complaint_id")
    store.replace("incident_link", incident_links(incident, pull_request, commit))
    store.replace("complaint_link", complaint_links(complaint, pull_request))
    store.refresh_facts()


_FAILURE_INPUTS = (
    "pull_request",
    "pull_request_commit",
    "review",
    "review_comment",
    "comment",
    "check_run",
    "ci_log_chunk",
    "commit",
    "changed_file",
    "timeline_event",
)


def _find_failures(store: Store) -> None:
    from analysis.failures import find_failures

    tables = {
        name: store.arrow(f"SELECT * FROM {name} ORDER BY {', '.join(table(name).key)}")  # noqa: S608  # names from a closed tuple
        for name in _FAILURE_INPUTS
    }
    tables["lead"] = store.arrow(
        "SELECT pull_request_id, agent FROM pull_request_outcome ORDER BY pull_request_id"
    )
    store.replace("failure", find_failures(tables))


def _propose(store: Store, home: Home, events: Sequence[Event]) -> None:
    from analysis.modes import exact_modes
    from rules_out.propose import propose

    failure = store.arrow("SELECT * FROM failure ORDER BY failure_id")
    modes = exact_modes(failure, events)
    counted = store.rows(
        "SELECT repo, COUNT(*) AS n FROM pull_request_outcome "
        "WHERE agent NOT IN ('unknown', 'human') GROUP BY repo"
    )
    # "In the last 90 days" is counted from the newest pull request whose reviews could be seen: an
    # archive must not look stale beside a live repository, nor beside a clone of itself.
    newest = store.rows(
        "SELECT repo, MAX(seen_us) AS newest FROM ("
        "SELECT repo, created_us AS seen_us FROM pull_request WHERE merges_only IS NOT TRUE UNION ALL "
        "SELECT repo, closed_us FROM pull_request WHERE merges_only IS NOT TRUE) AS seen "
        "WHERE seen_us IS NOT NULL GROUP BY repo"
    )
    fallen = store.rows("SELECT repo, MAX(happened_us) AS newest FROM failure GROUP BY repo")
    reference_us = {str(row["repo"]): int(row["newest"] or 0) for row in [*fallen, *newest]}
    proposals = propose(
        modes.failure_mode,
        modes.failure_mode_member,
        failure,
        events=events,
        clone=lambda repo: open_clone(home, repo),
        agent_pull_requests={str(row["repo"]): int(row["n"]) for row in counted},
        reference_us=reference_us,
    )
    store.replace("failure_mode", proposals.failure_mode)
    store.replace("failure_mode_member", modes.failure_mode_member)
    store.replace("mode_lineage", modes.mode_lineage)
    store.replace("rule", proposals.rule)
    store.replace("rule_version", proposals.rule_version)
    store.replace("proposal", proposals.proposal)
    store.replace("decision", proposals.decision)
    store.replace("publication", proposals.publication)


def open_clone(home: Home, repo: str) -> "Repository | None":
    """The bare clone slots are attested against; None when there is none."""
    from warehouse.git import GitRepository

    path = home.clone(repo)
    return GitRepository(path) if path.is_dir() else None


def _prove(store: Store, settings: Settings, events: Sequence[Event]) -> None:
    from analysis.exposure import exposures
    from analysis.ledger import ledger
    from ruleloop.proof import experiments, measured_inputs, own_inputs

    history = store.arrow("SELECT * FROM instruction_file_version ORDER BY repo, path, sha")
    store.replace("exposure", exposures(history))
    registered, assigned, verdicts = experiments(store, events)
    store.replace("experiment", registered)
    store.replace("assignment", assigned)
    store.replace("verdict", verdicts)
    inputs = ledger(measured_inputs(store, verdicts, events), own_inputs(settings))
    store.replace("roi_input", _as_table("roi_input", inputs))


def _as_table(name: str, rows: Sequence[dict[str, object]]) -> "pa.Table":
    import pyarrow as pa

    from warehouse.records import batch

    return pa.Table.from_batches([batch(name, rows)])


def rebuild(home: Home, settings: Settings, say: Say = lambda _: None) -> Learned:
    """Throw the warehouse away and make it again from raw and journal."""
    from warehouse.store import rebuild as replay

    prepare(home)
    replay(home, RawStore(home.raw), _parse)
    return learn(home, settings, say)


def next_step(home: Home) -> str:
    """What a newcomer would do after `learn`, given what was found."""
    with Snapshot.open(home) as snapshot:
        [row] = snapshot.rows(
            "SELECT (SELECT COUNT(*) FROM pull_request_outcome) AS pull_requests, "
            "(SELECT COUNT(*) FROM rule WHERE state = 'proposed') AS proposed, "
            "(SELECT COUNT(*) FROM failure) AS failures"
        )
    if not row["pull_requests"]:
        return "ruleloop sync github OWNER/REPO brings pull requests; a clone alone shows few"
    if row["proposed"]:
        return "ruleloop rules, then ruleloop accept RULE; or ruleloop dashboard"
    if row["failures"]:
        return (
            "ruleloop modes --funnel says why no rule is proposed; ruleloop dashboard shows rates"
        )
    return "ruleloop report pass-rates, or ruleloop dashboard"


def _summary(store: Store, snapshot: Path) -> Learned:
    [row] = store.rows(
        "SELECT (SELECT COUNT(*) FROM pull_request_outcome) AS pull_requests, "
        "(SELECT COUNT(*) FROM pull_request_outcome WHERE agent <> 'unknown') AS attributed, "
        "(SELECT COUNT(*) FROM commit WHERE pull_request_number IS NULL) AS commits, "
        "(SELECT COUNT(*) FROM (SELECT DISTINCT repo, sha FROM commit_authorship) AS marked) "
        "AS commits_attributed, "
        "(SELECT COUNT(*) FROM failure) AS failures, "
        "(SELECT COUNT(*) FROM failure_mode) AS modes, "
        "(SELECT COUNT(*) FROM failure_mode WHERE pull_requests_supported >= 3) AS recurring, "
        "(SELECT COUNT(*) FROM rule WHERE state <> 'unattested') AS proposed, "
        "(SELECT COUNT(*) FROM rule WHERE state = 'unattested') AS unattested"
    )
    return Learned(**{name: int(value) for name, value in row.items()}, snapshot=snapshot)
