"""What readers see: fresh, whole, and nobody's words or names that were not meant for them."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from tests.build import (
    AS_OF,
    MONDAY,
    a_commit_of,
    a_failure,
    a_pull,
    a_review,
    an_authorship,
    rows_of,
)
from warehouse import people
from warehouse.errors import Damaged, NotFound
from warehouse.facts import FACTS, fact
from warehouse.home import Home
from warehouse.published import FREE_TEXT, PUBLISHED, WITHHELD
from warehouse.scrub import Scrubber, is_agent
from warehouse.snapshot import Snapshot, identity, publish
from warehouse.store import Store
from warehouse.tables import tables

KEY = b"k" * 32


def pseudonymise(login: str) -> str:
    return people.pseudonym(login, KEY)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    with Store.open(home) as opened:
        opened.set_context(AS_OF, is_sample=False, version="1", journal_seq=0)
        yield opened


def put(store: Store, name: str, *rows: dict[str, object]) -> None:
    """Rows straight into a table, whatever its layer."""
    store.engine.register("given", pa.Table.from_batches([rows_of(name, rows)]))
    store.engine.execute(f'INSERT INTO "{name}" SELECT * FROM given')
    store.engine.unregister("given")


def publish_now(store: Store, home: Home) -> Path:
    store.refresh_facts()
    return publish(store, home, pseudonymise)


def count_of(snapshot: Snapshot) -> int:
    [row] = snapshot.rows("SELECT COUNT(*) AS n FROM pull_request_outcome")
    return int(row["n"])


def test_a_new_reader_sees_the_new_content_while_an_open_one_keeps_the_old(
    home: Home, store: Store
) -> None:
    put(store, "pull_request", a_pull(1))
    publish_now(store, home)
    old = Snapshot.open(home)
    put(store, "pull_request", a_pull(2))
    put(store, "pull_request", a_pull(3))
    publish_now(store, home)

    new = Snapshot.open(home)

    assert (count_of(old), count_of(new)) == (1, 3)
    assert old.identity != new.identity == identity(home)
    assert new.as_of_us == AS_OF
    assert not new.is_sample
    old.close()
    new.close()


def test_the_former_generation_stays_beside_the_new_one(home: Home, store: Store) -> None:
    for number in (1, 2, 3):
        put(store, "pull_request", a_pull(number))
        publish_now(store, home)

    left = sorted(path.name for path in home.published.iterdir())
    (home.published / "previous.duckdb").replace(home.snapshot)
    with Snapshot.open(home) as former:
        assert count_of(former) == 2
    assert left == ["current.duckdb", "previous.duckdb"]


def test_another_process_can_read_while_the_writer_holds_the_live_file(
    home: Home, store: Store
) -> None:
    put(store, "pull_request", a_pull(1))
    publish_now(store, home)
    code = (
        "import sys\nfrom pathlib import Path\nfrom warehouse.home import Home\n"
        "from warehouse.snapshot import Snapshot\n"
        "with Snapshot.open(Home(Path(sys.argv[1]))) as snapshot:\n"
        "    print(snapshot.rows('SELECT COUNT(*) AS n FROM pull_request_outcome'))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, str(home.root)], capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.stderr) == ("[{'n': 1}]\n", "")


def test_publishing_does_not_end_what_the_writer_was_doing(home: Home, store: Store) -> None:
    publish_now(store, home)

    put(store, "pull_request", a_pull(1))

    assert store.rows("SELECT COUNT(*) AS n FROM pull_request") == [{"n": 1}]


def test_a_reader_cannot_write_nor_read_another_file(home: Home, store: Store) -> None:
    publish_now(store, home)
    secret = home.root / "secret.csv"
    secret.write_text("a\n1\n")

    with Snapshot.open(home) as snapshot:
        for statement in (
            "DELETE FROM pull_request",
            "CREATE TABLE snapshot.x AS SELECT 1",
            f"SELECT * FROM read_csv('{secret}')",
            f"ATTACH '{home.root / 'other.duckdb'}' AS other",
            "SET enable_external_access = true",
            "INSTALL httpfs",
        ):
            with pytest.raises(Exception, match=r"read-only|disabled by configuration|locked"):
                snapshot.rows(statement)


def test_before_anything_is_published_the_error_says_what_to_run(home: Home) -> None:
    with pytest.raises(NotFound, match=r"nothing has been published .* run: ruleloop learn"):
        Snapshot.open(home)


def test_a_damaged_snapshot_says_what_to_run(home: Home, store: Store) -> None:
    publish_now(store, home)
    home.snapshot.write_bytes(b"x" * 10_000)

    with pytest.raises(Damaged, match=r"cannot be read as a database.*run: ruleloop learn"):
        Snapshot.open(home)


def test_a_snapshot_of_another_version_says_what_to_run(home: Home, store: Store) -> None:
    publish_now(store, home)
    code = (
        "import sys, duckdb\nwith duckdb.connect(sys.argv[1]) as con:\n"
        "    con.execute(\"UPDATE snapshot_meta SET digest = 'older'\")\n"
    )
    subprocess.run([sys.executable, "-c", code, str(home.snapshot)], check=True)

    with pytest.raises(NotFound, match="another version of Ruleloop; run: ruleloop learn"):
        Snapshot.open(home)


def test_rows_arrow_and_frame_agree(home: Home, store: Store) -> None:
    put(store, "pull_request", a_pull(1), a_pull(2))
    publish_now(store, home)
    sql = "SELECT number FROM pull_request ORDER BY number"

    with Snapshot.open(home) as snapshot:
        by_rows = [row["number"] for row in snapshot.rows(sql)]
        by_arrow = snapshot.arrow(sql)["number"].to_pylist()
        by_frame = snapshot.frame(f"{sql} LIMIT ?", [1])["number"].tolist()

    assert by_rows == by_arrow == [1, 2]
    assert by_frame == [1]


# --- what must not be published -------------------------------------------------------------------

PRIVATE = re.compile(r"login|email|_name$|^name$|body|maker_id|respondent|diff_hunk|payload|cursor")


def test_no_published_column_is_private_by_its_name() -> None:
    allowed = {("check_run", "name"), ("data_issue", "table_name")}  # of a CI job, of a table

    found = {
        (table, column)
        for table, columns in PUBLISHED.items()
        for column in columns
        if PRIVATE.search(column) and (table, column) not in allowed
    }

    assert found == set()


def test_every_column_of_a_concluded_table_is_published_or_withheld_for_a_reason() -> None:
    undecided = {
        (spec.name, column.name)
        for spec in tables().values()
        if spec.layer == "concluded"
        for column in spec.columns
        if column.name not in PUBLISHED[spec.name] and (spec.name, column.name) not in WITHHELD
    }

    assert undecided == set()


def test_the_lists_name_only_columns_there_are() -> None:
    known = {spec.name: {c.name for c in spec.columns} for spec in tables().values()}
    known |= {name: {column for column, _ in fact(name).columns} for name in FACTS}

    for table, columns in [*PUBLISHED.items(), *FREE_TEXT.items()]:
        assert set(columns) <= known[table], table
    for table, columns in PUBLISHED.items():
        assert set(tables()[table].key) <= set(columns), table


def test_no_canary_of_a_body_login_name_or_address_is_anywhere_in_the_file(
    home: Home, store: Store
) -> None:
    """A canary in every text column of every table; only those of listed columns may be seen."""
    for name, spec in tables().items():
        row: dict[str, object] = {}
        for column in spec.columns:
            if column.type == "VARCHAR":
                row[column.name] = f"canary-{name}-{column.name}-zqx"
                if column.name.endswith("login") or column.name == "maker_id":
                    row[column.name] = f"login-{name.replace('_', '-')}"
            elif column.type in ("BIGINT", "DOUBLE"):
                row[column.name] = 1
            elif column.type == "BOOLEAN":
                row[column.name] = False
        logins = "@login-pull-request @login-review @login-comment @login-failure"
        for column_name in FREE_TEXT.get(name, ()):
            row[column_name] = (
                f"see {logins}, mail canary.mail@example.org\n"
                f"Reviewed-by: Canary Person <canary.mail@example.org>"
            )
        if name != "run_context":
            put(store, name, row)
    publish_now(store, home)

    content = home.snapshot.read_bytes()
    with Snapshot.open(home) as snapshot:
        there = [r["table_name"] for r in snapshot.rows("SELECT table_name FROM duckdb_tables()")]
        shown = "\n".join(str(snapshot.rows(f'SELECT * FROM "{name}"')) for name in there)

    published = {
        f"canary-{table}-{column}-zqx" for table, columns in PUBLISHED.items() for column in columns
    }
    facts = set(re.findall(r"canary-[a-z_]+-[a-z_]+-zqx", shown)) - published
    assert facts == set()
    for text in (shown, content.decode("latin-1")):
        assert set(re.findall(r"canary-[a-z_]+-[a-z_]+-zqx", text)) <= published
        assert "login-pull" not in text
        assert "login-review" not in text
        assert "login-comment" not in text
        assert "login-failure" not in text
        assert "canary.mail" not in text
        assert "Canary Person" not in text
    assert pseudonymise("login-pull-request") in shown


def test_excerpts_are_cut_to_4_kib_between_characters(home: Home, store: Store) -> None:
    put(store, "failure", a_failure("long", excerpt="é" * 5_000), a_failure("short", excerpt="é"))
    publish_now(store, home)

    with Snapshot.open(home) as snapshot:
        found = {
            row["failure_id"]: row["excerpt"]
            for row in snapshot.rows("SELECT failure_id, excerpt FROM failure")
        }

    assert found == {"long": "é" * 2_048, "short": "é"}


def test_evidence_keeps_the_agents_words_and_loses_the_persons(home: Home, store: Store) -> None:
    put(store, "pull_request", a_pull(1, author_login="alice-w"))
    put(store, "pull_request_commit", a_commit_of(1, author_name="Alice Weaver"))
    evidence = {
        "trailer": "Co-Authored-By: Claude Opus 4 <noreply@anthropic.com>",
        "author_login": "author login alice-w",
        "commit_author": "Alice Weaver (aider) <alice@example.org>",
        "head_ref": "branch claude/fix-basket",
    }
    rows = [an_authorship(1, "claude-code", method=m, evidence=e) for m, e in evidence.items()]
    put(store, "authorship", *rows)
    publish_now(store, home)

    with Snapshot.open(home) as snapshot:
        found = {r["method"]: r["evidence"] for r in snapshot.rows("SELECT * FROM authorship")}

    assert found == {
        "trailer": "Co-Authored-By: Claude Opus 4 <email>",
        "author_login": f"author login {pseudonymise('alice-w')}",
        "commit_author": "<person> (aider) <email>",
        "head_ref": "branch claude/fix-basket",
    }


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("thanks @Bob, see @types/node", "thanks @p-1, see @types/node"),
        ("@pytest.fixture and @carol", "@pytest.fixture and @carol"),
        ("mail bob@example.org.", "mail <email>."),
        ("install react@18.2.0", "install react@18.2.0"),
        ("Signed-off-by: Bob B <b@x.io>", "Signed-off-by: <person> <email>"),
        ("run `npm test`", "run `npm test`"),
    ],
)
def test_texts_lose_people_and_keep_code(text: str, clean: str) -> None:
    scrubber = Scrubber({"bob": "p-1"}, {})

    assert scrubber.text(text) == clean


def test_scrubbing_a_long_line_takes_no_long_time() -> None:
    hostile = "a" * 200_000 + "@" * 1_000 + "-by: " * 10_000

    assert Scrubber({}, {}).text(hostile)


def test_robots_and_agents_are_nobody() -> None:
    assert is_agent("dependabot[bot]")
    assert is_agent("Claude Opus 4.6 (1M context)")
    assert is_agent("copilot-swe-agent")
    assert not is_agent("Claude Monet")
    assert not is_agent("")


def test_publishing_over_the_leavings_of_a_killed_publish_works(home: Home, store: Store) -> None:
    home.published.mkdir(exist_ok=True)
    (home.published / "next.duckdb").write_bytes(b"half")
    (home.published / "next.duckdb.wal").write_bytes(b"half")
    put(store, "pull_request", a_pull(1), a_pull(2))
    put(store, "review", a_review(1, submitted_us=MONDAY))

    publish_now(store, home)

    with Snapshot.open(home) as snapshot:
        assert count_of(snapshot) == 2
    assert os.listdir(home.published) == ["current.duckdb"]  # noqa: PTH208  # names are enough
