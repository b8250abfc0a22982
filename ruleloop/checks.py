"""What `ruleloop doctor` checks, and what to do about each thing it finds."""

import stat
from typing import Any

from warehouse.errors import RuleloopError
from warehouse.home import Home

Row = dict[str, Any]

MAX_LISTED = 20


def check_home(home: Home) -> list[Row]:
    """One row per check: check, state (good | note | bad), detail, fix."""
    if not home.raw.is_dir():
        return [_row("home", "bad", f"there is none at {home.root}", "ruleloop init --yes")]
    rows = [_row("home", "good", str(home.root)), _key(home)]
    rows += _raw(home) + _journal(home) + _snapshot(home)
    return rows


def _row(check: str, state: str, detail: str, fix: str = "") -> Row:
    return {"check": check, "state": state, "detail": detail, "fix": fix}


def _key(home: Home) -> Row:
    if not home.key.exists():
        return _row("key", "bad", "there is no key", "ruleloop init --yes")
    mode = stat.S_IMODE(home.key.stat().st_mode)
    if mode & 0o077:
        return _row("key", "bad", f"others can read it (mode {mode:o})", f"chmod 600 {home.key}")
    return _row("key", "good", "only its owner can read it")


def _raw(home: Home) -> list[Row]:
    from warehouse.raw import RawStore

    raw = RawStore(home.raw)
    damaged = raw.verify()
    loads = raw.loads()
    rows = [_row("raw", "bad", each, "fetch that source again") for each in damaged]
    if not damaged:
        rows.append(_row("raw", "good", f"{len(loads)} loads match their hashes"))
    return rows


def _journal(home: Home) -> list[Row]:
    from warehouse.journal import Journal

    journal = Journal(home.journal)
    problems = journal.verify()
    if problems:
        return [_row("journal", "bad", each, "restore it from a backup") for each in problems]
    rows = [_row("journal", "good", f"the chain of {len(journal.events())} events holds")]
    return rows + [_row("journal", "note", each) for each in journal.torn()]


def _snapshot(home: Home) -> list[Row]:
    from warehouse.snapshot import Snapshot

    try:
        with Snapshot.open(home) as snapshot:
            issues = snapshot.rows(
                "SELECT table_name, problem, COUNT(*) AS n, MIN(row_key) AS example "
                "FROM data_issue GROUP BY table_name, problem ORDER BY 3 DESC, 1, 2"
            )
            [context] = snapshot.rows("SELECT as_of FROM run_context")
    except RuleloopError as error:
        return [_row("snapshot", "note", str(error), "ruleloop learn")]
    rows = [_row("snapshot", "good", f"published as of {context['as_of']} UTC")]
    rows += [
        _row(
            "data",
            "note",
            f"{each['n']:,} x {each['table_name']}: {each['problem']}",
            f"for example {each['example']}",
        )
        for each in issues[:MAX_LISTED]
    ]
    if len(issues) > MAX_LISTED:
        rows.append(_row("data", "note", f"{len(issues) - MAX_LISTED} further kinds of problem"))
    return rows
