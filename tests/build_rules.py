"""Builders for the tests of rules: a repository of given files, failures and their modes."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from rules_out.propose import Proposals, propose, rule_id
from tests.build import DAY, MONDAY, Row, a_failure, rows_of
from warehouse.journal import Event

REPO = "acme/shop"
COMMIT = "c0ffee" + "0" * 34

WORKFLOW = """\
on: push
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with: {note: 'evil-command --now'}
      # commented-command .
      - name: not-a-command here
      - run: |
          uv run ruff check .
          CI=1 pytest -q tests && npm run lint
      - run: npm ci
"""
FILES: Mapping[str, str] = {
    ".github/workflows/ci.yml": WORKFLOW,
    "pyproject.toml": "[tool.mypy]\nstrict = true\n[project]\ndependencies = ['Flask>=3']\n",
    "package.json": '{"scripts": {"lint": "eslint src"}, "devDependencies": {"eslint": "9"}}',
    "Makefile": ".PHONY: test\ntest: build\n\t@go test ./...\nVAR := x\n",
    "src/api/user.py": "import datetime\nnow = datetime.utcnow()\nclass ShopError(Exception): 1\n",
    "src/api/cart.py": "from shop.clock import utc_now\n",
    "src/web/app.ts": "console.log(fetchUser)\n",
    "tests/test_user.py": "def test_login(): ...\n",
    "CHANGELOG.md": "- prose_only\n",
    "AGENTS.md": "Never use instructed_only.\n",
    ".cursor/rules/x.mdc": "instructed_only\n",
}


class TreeRepository:
    """A repository at one commit, made of the files given."""

    def __init__(self, files: Mapping[str, str] = FILES) -> None:
        self._files = {path: text.encode() for path, text in files.items()}

    def head(self) -> str:
        return COMMIT

    def ls_tree(self, rev: str) -> list[str]:
        return sorted(self._files)

    def show_file(self, rev: str, path: str) -> bytes | None:
        return self._files.get(path)

    def grep(self, rev: str, literal: str, pathspec: str | None = None) -> list[str]:
        return [
            f"{path}:{number}"
            for path, content in sorted(self._files.items())
            for number, line in enumerate(content.decode().splitlines(), 1)
            if literal in line
        ]


def failures(*people: str, start: int = 1, **changes: object) -> list[Row]:
    """One review comment per login, each on a pull request of its own; `ci` is a failed check."""
    rows = []
    for number, login in enumerate(people, start):
        person = {"kind": "review_comment", "maker": "person", "maker_id": login}
        rows.append(
            a_failure(f"f{number}", number)
            | ({} if login == "ci" else person)
            | {"path": "src/api/user.py", "happened_us": MONDAY + number * DAY}
            | changes
        )
    return rows


def a_mode(signature_type: str, slots: Any, mode_id: str = "fm-1", **changes: object) -> Row:
    """A failure mode as grouping leaves it, before support is judged."""
    row: Row = {
        "failure_mode_id": mode_id,
        "repo": REPO,
        "signature_type": signature_type,
        "signature": json.dumps(slots),
        "title": "a title",
        "slots": json.dumps(slots),
        "failures": 3,
        "pull_requests": 3,
        "pull_requests_supported": 3,
        "people": 2,
        "ci_pull_requests": 0,
        "agents": '["codex"]',
        "stage": "typed",
    }
    return row | changes


def members(mode_id: str, rows: Sequence[Row]) -> list[Row]:
    """Which failures make up a mode."""
    return [
        {
            "failure_mode_id": mode_id,
            "failure_id": row["failure_id"],
            "pull_request_id": row["pull_request_id"],
        }
        for row in rows
    ]


def a_table(name: str, rows: Sequence[Row]) -> pa.Table:
    """Rows as an Arrow table of that name."""
    return pa.Table.from_batches([rows_of(name, rows)])


def an_event(seq: int, type_: str, at_us: int = MONDAY, **data: object) -> Event:
    """An event of the journal."""
    return Event(seq, at_us, "p-0badcafe", type_, data, "ruleloop/1", "0" * 64, "1" * 64)


USE = ("use_instead", {"before": "datetime.utcnow()", "after": "utc_now"})
USE_ID = rule_id("fm-1", "use-instead")
USE_LINE = (
    "- When you change `src/api/user.py`, do not use `datetime.utcnow()`; use `utc_now`. "
    f"({USE_ID}, 3 of 9 PRs)"
)


def proposals(
    mode: Row | Sequence[Row],
    rows: Sequence[Row] = (),
    *,
    events: Sequence[Event] = (),
    files: dict[str, str] | None = None,
    cloned: bool = True,
    reference_us: int | dict[str, int] = MONDAY + 5 * DAY,
    agents: int = 9,
) -> Proposals:
    """Propose for one mode made of `rows`, or for several that share them."""
    modes = [mode] if isinstance(mode, dict) else list(mode)
    tree = TreeRepository(FILES if files is None else files)
    return propose(
        a_table("failure_mode", modes),
        a_table(
            "failure_mode_member",
            [m for each in modes for m in members(str(each["failure_mode_id"]), rows)],
        ),
        a_table("failure", list(rows)),
        events=events,
        clone=lambda _: tree if cloned else None,
        agent_pull_requests={REPO: agents},
        reference_us=reference_us,
    )


def the_rule(found: Proposals) -> dict[str, Any]:
    """The only rule, with its newest version and its proposal."""
    [rule] = found.rule.to_pylist()
    [*_, version] = found.rule_version.to_pylist()
    [proposal] = found.proposal.to_pylist()
    return {**proposal, **version, **rule}


def the_drop(found: Proposals) -> tuple[str, str | None]:
    [mode] = found.failure_mode.to_pylist()
    return mode["stage"], mode["drop_reason"]
