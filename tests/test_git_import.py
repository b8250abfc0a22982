"""Writing a git repository from memory: what went in comes out, and what git would bend is refused."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.errors import BadInput, GitError
from warehouse.git import GitRepository
from warehouse.git_import import Commit, fast_import, stream

NOON = 1_772_366_400_000_000
"""2026-03-01 12:00 UTC."""


def written(path: Path, *commits: Commit) -> GitRepository:
    fast_import(path, commits)
    return GitRepository(path)


def test_messages_keep_unicode_quotes_and_newlines(tmp_path: Path) -> None:
    message = "fix: «Straße» 日本 \"two\" 'one' \\n\n\nfrom :1\ndata 3\nReverts acme/shop#7\n"

    repository = written(tmp_path / "one.git", Commit(message, "aino", NOON))

    [commit] = repository.log()
    assert commit.message == message
    assert (commit.author_name, commit.author_email) == ("aino", "aino@acme.example")
    assert (commit.authored, commit.committed) == (NOON // 1_000_000, NOON // 1_000_000)


def test_file_names_keep_spaces_quotes_and_accents(tmp_path: Path) -> None:
    files = {
        "a file.txt": "one",
        'say "hi".md': "two",
        "docs/ümlaut é.md": "drei\n",
        "back\\slash": "four",
        "two\nlines": "five",
        '"quoted"': "",
    }

    repository = written(tmp_path / "my repository.git", Commit("m", "aino", NOON, files))

    head = repository.head()
    shown = {name: repository.show_file(head, name) for name in files if "\n" not in name}
    assert shown == {name: text.encode() for name, text in files.items() if "\n" not in name}
    listed = subprocess.run(
        ["git", "-C", str(repository.path), "ls-tree", "-r", "-z", "--name-only", "main"],
        capture_output=True,
        check=True,
    )
    assert sorted(listed.stdout.decode().rstrip("\x00").split("\x00")) == sorted(files)


def test_each_commit_stands_on_the_one_before_and_keeps_its_files(tmp_path: Path) -> None:
    first = Commit("one", "aino", NOON, {"a": "1", "b": "1"})
    second = Commit("two", "bjarne", NOON + 5_000_000, {"b": "2"}, email="b@example.org")

    ids = fast_import(tmp_path / "one.git", [first, second])

    repository = GitRepository(tmp_path / "one.git")
    newest, oldest = repository.log()
    assert [oldest.sha, newest.sha] == ids
    assert newest.parents == (oldest.sha,)
    assert (newest.author_email, newest.committed) == ("b@example.org", NOON // 1_000_000 + 5)
    assert [repository.show_file(ids[1], name) for name in "ab"] == [b"1", b"2"]
    assert repository.default_branch() == "main"


def test_the_same_commits_have_the_same_ids_whatever_git_is_set_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = [Commit("one", "aino", NOON, {"a": "1\r\n"})]
    plain = fast_import(tmp_path / "plain.git", commits)
    config = tmp_path / "gitconfig"
    config.write_text("[core]\n\tautocrlf = true\n[init]\n\tdefaultBranch = odd\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_DEFAULT_HASH", "sha256")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))

    bent = fast_import(tmp_path / "bent.git", commits)

    assert bent == plain
    assert not (tmp_path / "elsewhere").exists()


def test_no_commits_make_a_repository_without_any(tmp_path: Path) -> None:
    assert fast_import(tmp_path / "empty.git", []) == []

    with pytest.raises(BadInput, match="no commits yet"):
        GitRepository(tmp_path / "empty.git").head()


@pytest.mark.parametrize(
    ("commit", "sentence"),
    [
        (Commit("m", "a <b", NOON), "commit 2 has the author 'a <b'"),
        (Commit("m", "a\ncommit refs/heads/x", NOON), "without <, > or newline"),
        (Commit("m", "", NOON), "commit 2 has the author ''"),
        (Commit("m", "a", NOON, email="a>b"), "commit 2 has the author 'a>b'"),
        (Commit("cut\x00off", "a", NOON), "the message of commit 2 holds a NUL"),
        (Commit("lone \ud800", "a", NOON), "not Unicode"),
        (Commit("m", "a", -1), "git knows none before 1970"),
        (Commit("m", "a", NOON, {"../x": ""}), "commit 2 has the file '../x'"),
        (Commit("m", "a", NOON, {"/x": ""}), "must be a plain path"),
        (Commit("m", "a", NOON, {"": ""}), "must be a plain path"),
        (Commit("m", "a", NOON, {"a//b": ""}), "must be a plain path"),
        (Commit("m", "a", NOON, {"sub/.GIT/hooks": ""}), "must be a plain path"),
        (Commit("m", "a", NOON, {"a": "", "a/b": ""}), "'a' both as a file and as a folder"),
        (Commit("m", "a", NOON, {"a": "\udfff"}), "not Unicode"),
    ],
)
def test_what_git_would_bend_is_refused_and_nothing_made(
    tmp_path: Path, commit: Commit, sentence: str
) -> None:
    with pytest.raises(BadInput) as refused:
        fast_import(tmp_path / "one.git", [Commit("fine", "a", NOON), commit])

    assert sentence in str(refused.value)
    assert not (tmp_path / "one.git").exists()


def test_a_repository_that_is_there_is_never_written_into(tmp_path: Path) -> None:
    repository = written(tmp_path / "one.git", Commit("mine", "aino", NOON))
    head = repository.head()
    (tmp_path / "file").write_text("x")

    for path in (tmp_path / "one.git", tmp_path / "file", tmp_path):
        with pytest.raises(BadInput, match="is not empty; give a new path"):
            fast_import(path, [Commit("other", "aino", NOON)])

    assert repository.head() == head


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(GitError, match="git init failed"):
        fast_import(tmp_path / "file" / "one.git", [])


def test_a_missing_git_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(GitError, match="git is not installed"):
        fast_import(tmp_path / "one.git", [])


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=60))
def test_a_message_is_counted_in_bytes_not_characters(message: str) -> None:
    given_to_git = stream([Commit(message, "aino", NOON)])

    said = message.encode()
    assert b"\ndata %d\n%s\n" % (len(said), said) in given_to_git
