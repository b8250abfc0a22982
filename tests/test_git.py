"""Reading git: what is read, what a hostile or damaged clone can do, and the bare copy."""

import os
import subprocess
from pathlib import Path

import pytest

from warehouse.errors import BadInput, GitError
from warehouse.git import MAX_BLOB, MAX_MESSAGE, Commit, GitRepository, clone_bare

FIRST = 1_735_776_000
"""2025-01-02 00:00 UTC in seconds; every commit comes an hour after the one before."""


SIGNATURE = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ==\n -----END PGP SIGNATURE-----"


class Workbench:
    """A real repository that a test builds commit by commit."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self._hours = 0
        self.run("init", "--quiet", "--initial-branch=main")

    def run(self, *words: str, **env: str) -> str:
        """One git command in the repository, untouched by the developer's own settings."""
        done = subprocess.run(
            ["git", "-c", "commit.gpgsign=false", "-c", "core.autocrlf=false", *words],
            cwd=self.path,
            env={
                "PATH": os.environ["PATH"],
                "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_AUTHOR_NAME": "Ann",
                "GIT_AUTHOR_EMAIL": "ann@example.org",
                "GIT_COMMITTER_NAME": "Ann",
                "GIT_COMMITTER_EMAIL": "ann@example.org",
                "GIT_AUTHOR_DATE": f"{FIRST + 3600 * self._hours} +0000",
                "GIT_COMMITTER_DATE": f"{FIRST + 3600 * self._hours} +0000",
            }
            | env,
            capture_output=True,
            check=True,
        )
        return done.stdout.decode().strip()

    def write(self, **files: str | bytes) -> None:
        """Files by path; `__` stands for `/` and `_dot_` for `.`."""
        for name, content in files.items():
            self.put(name.replace("__", "/").replace("_dot_", "."), content)

    def put(self, name: str, content: str | bytes) -> None:
        """One file."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())

    def commit(self, message: str = "a change", **env: str) -> str:
        """Everything there is, as one commit; its id."""
        self.run("add", "--all")
        self.run("commit", "--quiet", "--allow-empty", "-m", message, **env)
        self._hours += 1
        return self.run("rev-parse", "HEAD")

    def merge(self, branch: str, message: str) -> str:
        """A merge commit, also where fast-forward would do."""
        self.run("merge", "--quiet", "--no-ff", "-m", message, branch)
        self._hours += 1
        return self.run("rev-parse", "HEAD")


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path / "shop")


def test_commits_come_newest_first_with_all_they_say(bench: Workbench) -> None:
    first = bench.commit("feat: a basket\n\nCo-authored-by: Bob <bob@example.org>")
    second = bench.commit("fix: a basket")
    newest, oldest = GitRepository(bench.path).log()

    assert (newest.sha, newest.parents) == (second, (first,))
    assert oldest.message == "feat: a basket\n\nCo-authored-by: Bob <bob@example.org>\n"
    assert (oldest.author_name, oldest.author_email) == ("Ann", "ann@example.org")
    assert (oldest.authored, newest.committed) == (FIRST, FIRST + 3600)


def test_the_head_and_the_default_branch_are_read(bench: Workbench) -> None:
    sha = bench.commit()
    repository = GitRepository(bench.path)

    assert (repository.head(), repository.default_branch()) == (sha, "main")
    bench.run("checkout", "--quiet", "--detach")
    assert repository.default_branch() is None


def test_a_repository_without_commits_is_one_sentence(bench: Workbench) -> None:
    with pytest.raises(BadInput, match="has no commits yet"):
        GitRepository(bench.path).head()


def test_what_is_no_repository_is_one_sentence(bench: Workbench, tmp_path: Path) -> None:
    bench.put("src/a.py", "")
    bench.commit()
    (tmp_path / "file").touch()

    for path, said in (
        (tmp_path / "nowhere", "does not exist"),
        (tmp_path / "file", "is not a folder"),
        (tmp_path, "is not a git repository"),
        (bench.path / "src", "is not a git repository"),
    ):
        with pytest.raises(BadInput, match=said):
            GitRepository(path)


def test_a_commit_that_is_not_utf8_is_shown_as_far_as_it_goes(bench: Workbench) -> None:
    tree = bench.run("write-tree")
    by = b"J\xf6rg \xff <j@example.org>"
    raw = b"tree %s\nauthor %s no date\ncommitter %s %d +0000\n\n\xff\xfe caf\xe9 (#4)\n"
    bench.put("commit", raw % (tree.encode(), by, by, FIRST))
    sha = bench.run("hash-object", "-t", "commit", "-w", "--literally", "commit")
    bench.run("update-ref", "HEAD", sha)
    (commit,) = GitRepository(bench.path).log()

    assert commit.message.endswith(" (#4)\n")
    assert commit.author_email == "j@example.org"
    assert (commit.authored or 0, commit.committed) == (0, FIRST)


def test_a_huge_message_is_cut_and_the_next_commit_is_read(bench: Workbench) -> None:
    bench.commit("small")
    (bench.path / "message").write_text("x" * 3_000_000)
    bench.run("commit", "--quiet", "--allow-empty", "-F", "message")
    newest, oldest = GitRepository(bench.path).log()

    assert len(newest.message) == MAX_MESSAGE
    assert oldest.message == "small\n"


def test_files_are_shown_listed_and_searched_at_a_revision(bench: Workbench) -> None:
    bench.write(src__a_dot_py="import logging\nprint('a')\n", Makefile="test:\n\tpytest\n")
    first = bench.commit()
    (bench.path / "Makefile").unlink()
    bench.commit()
    repository = GitRepository(bench.path)

    assert repository.ls_tree(first) == ["Makefile", "src/a.py"]
    assert repository.ls_tree("HEAD") == ["src/a.py"]
    assert repository.show_file(first, "Makefile") == b"test:\n\tpytest\n"
    assert repository.show_file("HEAD", "Makefile") is None
    assert repository.show_file("HEAD", "src") is None
    assert (repository.exists("HEAD", "src"), repository.exists("HEAD", "Makefile")) == (
        True,
        False,
    )
    assert repository.grep("HEAD", "print('a')") == ["src/a.py:2"]
    assert repository.grep("HEAD", "print", "docs") == []
    assert repository.grep("HEAD", "pri.t") == []


def test_names_from_outside_are_never_options_nor_patterns(bench: Workbench) -> None:
    bench.put("--output=pwned", "x")
    bench.put("a*", "star")
    bench.put("ab", "other")
    bench.commit()
    repository = GitRepository(bench.path)

    assert repository.show_file("HEAD", "--output=pwned") == b"x"
    assert repository.show_file("HEAD", "a*") == b"star"
    assert repository.grep("HEAD", "--open-files-in-pager=touch pwned") == []
    for rev in ("--all", "-n1", "HEAD..main", "", "HEAD main"):
        with pytest.raises(BadInput, match="is not a revision"):
            repository.ls_tree(rev)


def test_nothing_a_clone_configures_is_run(bench: Workbench, tmp_path: Path) -> None:
    bench.write(AGENTS_dot_md="Use make\n", _dot_gitattributes="* diff=evil filter=evil\n")
    bench.commit()
    signed = bench.run("cat-file", "commit", "HEAD").replace("\n\n", f"\n{SIGNATURE}\n\n", 1)
    (tmp_path / "signed").write_text(f"{signed}\n")
    signed = bench.run("hash-object", "-t", "commit", "-w", str(tmp_path / "signed"))
    bench.run("update-ref", "HEAD", signed)
    ran = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {ran}\n")
    program.chmod(0o755)
    for name in (
        "core.fsmonitor",
        "core.pager",
        "core.editor",
        "core.sshCommand",
        "diff.external",
        "diff.evil.textconv",
        "diff.evil.command",
        "filter.evil.smudge",
        "gpg.program",
        "pager.log",
    ):
        bench.run("config", name, str(program))
    for name, value in (
        ("log.showSignature", "true"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.url", f"ext::{program}"),
        ("protocol.ext.allow", "always"),
        ("core.repositoryFormatVersion", "1"),
        ("extensions.partialClone", "origin"),
    ):
        bench.run("config", name, value)
    for hook in ("post-checkout", "reference-transaction", "post-index-change"):
        bench.put(f".git/hooks/{hook}", f"#!/bin/sh\ntouch {ran}\n")
        (bench.path / ".git/hooks" / hook).chmod(0o755)
    blob = bench.run("rev-parse", "HEAD:AGENTS.md")
    loose = bench.path / ".git/objects" / blob[:2] / blob[2:]
    loose.chmod(0o644)
    loose.unlink()
    repository = GitRepository(bench.path)

    assert len(list(repository.log())) == 1
    assert [c.path for c in repository.changes(["AGENTS.md"])] == ["AGENTS.md"]
    assert list(repository.blobs([blob])) == [(blob, None)]
    with pytest.raises(GitError):
        repository.show_file("HEAD", "AGENTS.md")
    with pytest.raises(GitError):
        repository.grep("HEAD", "make")
    clone_bare(bench.path, tmp_path / "copy.git")
    assert not ran.exists()


def test_the_history_of_files_is_what_the_default_branch_did(bench: Workbench) -> None:
    bench.put("AGENTS.md", "one\n")
    added = bench.commit()
    bench.run("checkout", "--quiet", "-b", "side")
    bench.put("AGENTS.md", "two\n")
    bench.commit()
    bench.run("checkout", "--quiet", "main")
    bench.put("other", "x")
    bench.commit()
    merged = bench.merge("side", "Merge pull request #7 from acme/side")
    (bench.path / "AGENTS.md").unlink()
    removed = bench.commit()
    repository = GitRepository(bench.path)

    changes = list(repository.changes(["AGENTS.md"]))
    assert [(c.sha, c.change) for c in changes] == [
        (removed, "removed"),
        (merged, "modified"),
        (added, "added"),
    ]
    texts = dict(repository.blobs(c.blob for c in changes if c.blob))
    assert [texts.get(c.blob or "") for c in changes] == [None, b"two\n", b"one\n"]


def test_file_names_may_hold_anything(bench: Workbench) -> None:
    odd = 'a\nb:\x01 "c" é/AGENTS.md'
    bench.put(odd, "x")
    bench.commit()
    repository = GitRepository(bench.path)

    assert [c.path for c in repository.changes([":(glob)**/AGENTS.md"])] == [odd]
    assert repository.ls_tree("HEAD") == [odd]
    assert repository.show_file("HEAD", odd) == b"x"


def test_a_blob_that_is_too_large_is_not_read(bench: Workbench) -> None:
    bench.put("AGENTS.md", "x" * (MAX_BLOB + 1))
    bench.put("CLAUDE.md", "x" * MAX_BLOB)
    bench.commit()
    repository = GitRepository(bench.path)
    large, fits = (bench.run("rev-parse", f"HEAD:{n}") for n in ("AGENTS.md", "CLAUDE.md"))

    read = dict(repository.blobs([large, fits, "0" * 40]))

    assert read[large] is None
    assert read["0" * 40] is None
    assert read[fits] == b"x" * MAX_BLOB


def test_a_failing_git_still_gives_what_came_before(bench: Workbench) -> None:
    shas = [bench.commit(f"change {n}") for n in range(5)]
    lost = bench.path / ".git/objects" / shas[1][:2] / shas[1][2:]
    lost.unlink()
    log = GitRepository(bench.path).log()

    read: list[Commit] = []
    with pytest.raises(GitError, match=r"git log failed in .*: (fatal|error): "):
        read.extend(log)
    assert [commit.sha for commit in read] == [shas[4], shas[3]]


def test_a_head_that_is_lost_is_one_sentence(bench: Workbench) -> None:
    sha = bench.commit()
    (bench.path / ".git/objects" / sha[:2] / sha[2:]).unlink()

    with pytest.raises(GitError, match="is damaged: its newest commit"):
        GitRepository(bench.path).head()


def test_a_reader_that_stops_early_leaves_no_process(bench: Workbench) -> None:
    for n in range(3):
        bench.commit(f"change {n}")
    log = GitRepository(bench.path).log()

    assert next(log).message == "change 2\n"
    del log  # a process left behind would warn, and warnings are errors here


def test_a_bare_copy_can_be_read_and_never_fetches(bench: Workbench, tmp_path: Path) -> None:
    bench.put("AGENTS.md", "one\n")
    first = bench.commit()
    copy = tmp_path / "repos" / "acme+shop.git"

    assert clone_bare(bench.path, copy) is None
    assert GitRepository(copy).head() == first
    assert GitRepository(copy).origin() is None
    second = bench.commit()
    assert clone_bare(bench.path, copy) is None
    assert GitRepository(copy).head() == second
    assert [p.name for p in copy.parent.iterdir()] == ["acme+shop.git"]


def test_a_copy_that_fails_leaves_the_old_one(bench: Workbench, tmp_path: Path) -> None:
    sha = bench.commit()
    copy = tmp_path / "copy.git"
    clone_bare(bench.path, copy)

    with pytest.raises(BadInput):
        clone_bare(tmp_path / "nowhere", copy)
    assert GitRepository(copy).head() == sha


def test_a_partial_clone_is_read_and_borrowed_with_a_note(bench: Workbench, tmp_path: Path) -> None:
    bench.put("AGENTS.md", "one\n")
    bench.commit("add rules")
    bench.put("AGENTS.md", "two\n")
    sha = bench.commit("change rules (#2)")
    bench.run("config", "uploadpack.allowFilter", "true")
    partial = tmp_path / "partial.git"
    source = f"file://{bench.path}"
    bench.run("clone", "--quiet", "--bare", "--filter=blob:none", source, str(partial))
    repository = GitRepository(partial)
    changes = list(repository.changes(["AGENTS.md"]))

    assert repository.is_partial()
    assert len(list(repository.log())) == 2
    assert [c.change for c in changes] == ["modified", "added"]
    assert {text for _, text in repository.blobs(c.blob for c in changes if c.blob)} == {None}
    note = clone_bare(partial, tmp_path / "copy.git")
    assert note is not None
    assert "partial clone" in note
    assert GitRepository(tmp_path / "copy.git").head() == sha
    assert GitRepository(tmp_path / "copy.git").exists("HEAD", "AGENTS.md")


def test_a_shallow_clone_says_so(bench: Workbench, tmp_path: Path) -> None:
    bench.commit("one")
    bench.commit("two")
    shallow = tmp_path / "shallow"
    bench.run("clone", "--quiet", "--depth=1", f"file://{bench.path}", str(shallow))

    assert GitRepository(shallow).is_shallow()
    assert not GitRepository(bench.path).is_shallow()
    clone_bare(shallow, tmp_path / "copy.git")
    assert len(list(GitRepository(tmp_path / "copy.git").log())) == 1
