"""Reading git repositories: the only module that runs git.

A clone that somebody hands us is input from outside, its configuration included: git would run
hooks, pagers, filters, signature programs and transports that a config names. So every call fixes
those settings, refuses every transport, uses no shell, puts `--` before paths and starts from a
bare environment. Output is read as a stream of NUL-terminated fields.

The log never asks for diffs of blobs (`-p`, `--shortstat`): in a partial clone that aborts.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from warehouse.errors import BadInput, GitError

MAX_MESSAGE = 64 * 1024
MAX_BLOB = 256 * 1024
MAX_FILE = 16 * 1024 * 1024
"""`show_file` reads no more: manifests and workflows are far smaller."""

_CHUNK = 1 << 18
_SETTINGS = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "core.pager=cat",
    "core.quotePath=false",
    "core.attributesFile=",
    "diff.external=",
    "gpg.program=false",
    "log.showSignature=false",
    "log.mailmap=false",
    "log.showRoot=true",
    "log.follow=false",
    "protocol.allow=never",
    "submodule.recurse=false",
    # The person named this path; every program the config could name is fixed above.
    "safe.directory=*",
)
_REVISION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./^~-]*")
_ZERO = re.compile(r"0+")


class Commit(NamedTuple):
    """One commit as the log prints it; texts that are not UTF-8 hold U+FFFD."""

    sha: str
    parents: tuple[str, ...]
    author_name: str
    author_email: str
    committer_name: str
    committer_email: str
    authored: int | None
    """Seconds since 1970, null when the commit's date is broken."""
    committed: int | None
    message: str
    """At most 64 KiB."""


class Change(NamedTuple):
    """What one commit of the default branch did to one file."""

    sha: str
    committed: int | None
    path: str
    change: str
    """added | modified | removed"""
    blob: str | None
    is_link: bool


class GitRepository:
    """A local clone or bare repository, read only."""

    def __init__(self, path: Path) -> None:
        """Check that it is a repository.

        Raises:
            BadInput: it is not there, or is no git repository.
            GitError: git itself is missing.
        """
        self.path = path.resolve()
        if not self.path.is_dir():
            what = "is not a folder" if self.path.exists() else "does not exist"
            raise BadInput(f"{path} {what}; give the path of a git clone or bare repository")
        if self._ask("rev-parse", "--git-dir") is None:
            raise BadInput(f"{path} is not a git repository; give the top folder of a clone")

    def head(self) -> str:
        """The commit the default branch stands at.

        Raises:
            BadInput: the repository has no commits yet.
            GitError: HEAD names a commit that is not there.
        """
        found = self._ask("rev-parse", "--verify", "--quiet", "HEAD")
        if not found:
            raise BadInput(f"{self.path} has no commits yet; there is nothing to read")
        if self._ask("cat-file", "-t", found) != "commit":
            raise GitError(f"{self.path} is damaged: its newest commit {found[:12]} cannot be read")
        return found

    def default_branch(self) -> str | None:
        """The branch HEAD names; None when HEAD is detached."""
        return self._ask("symbolic-ref", "--quiet", "--short", "HEAD") or None

    def origin(self) -> str | None:
        """The URL the clone came from."""
        return self._ask("config", "--get", "remote.origin.url") or None

    def is_shallow(self) -> bool:
        """Whether history was cut off when it was cloned."""
        return self._ask("rev-parse", "--is-shallow-repository") == "true"

    def is_partial(self) -> bool:
        """Whether objects were left on the server when it was cloned."""
        pattern = r"^(remote\..*\.promisor|extensions\.partialclone)$"
        return bool(self._ask("config", "--get-regexp", pattern))

    def log(self, rev: str = "HEAD") -> Iterator[Commit]:
        """Every commit that `rev` reaches, newest first, as git finds them.

        Oldest first is not offered: git would read the whole history before it prints anything, and
        of a damaged one print nothing.

        Raises:
            GitError: git failed; what came before is still good.
        """
        shape = "--format=%H%x00%P%x00%an%x00%ae%x00%cn%x00%ce%x00%at%x00%ct%x00%B"
        fields = self._fields("log", "-z", "--encoding=UTF-8", shape, _revision(rev), "--")
        for sha, parents, an, ae, cn, ce, at, ct, message in zip(*[fields] * 9, strict=False):
            yield Commit(
                sha.decode(),
                tuple(parents.decode().split()),
                _text(an),
                _text(ae),
                _text(cn),
                _text(ce),
                _seconds(at),
                _seconds(ct),
                _text(message),
            )

    def changes(self, pathspecs: Sequence[str], rev: str = "HEAD") -> Iterator[Change]:
        """What the default branch itself did to files, newest first: merges as one step each.

        First parents only, because that is what stood on the branch, and when.

        Raises:
            GitError: git failed; what came before is still good.
        """
        how = ("--raw", "-z", "--no-abbrev", "--no-renames", "--first-parent", "-m")
        fields = self._fields("log", *how, "--format=%x01%H %ct", _revision(rev), "--", *pathspecs)
        sha, committed = "", None
        for field in fields:
            field = field.lstrip(b"\n")
            if field.startswith(b"\x01"):
                name, _, moment = field[1:].partition(b" ")
                sha, committed = name.decode(), _seconds(moment)
            elif field.startswith(b":"):
                _, mode, _, blob, status = field[1:].decode().split(" ")
                path = next(fields, b"")
                change = {"A": "added", "D": "removed"}.get(status[:1], "modified")
                there = None if _ZERO.fullmatch(blob) else blob
                yield Change(sha, committed, _text(path), change, there, mode == "120000")

    def blobs(self, shas: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        """The content of blobs, in the order asked; None for one that is too large or not here.

        Raises:
            GitError: git failed.
        """
        wanted = list(dict.fromkeys(shas))
        if not wanted:
            return
        here = self._local(wanted) if self.is_partial() else set(wanted)
        asked = "".join(f"{sha}\n" for sha in wanted if sha in here).encode()
        sizes = {}
        for line in self._run("cat-file", "--batch-check", stdin=asked).splitlines():
            name, _, rest = line.decode().partition(" ")
            kind, _, size = rest.partition(" ")
            sizes[name] = int(size) if kind == "blob" else MAX_BLOB + 1
        small = [sha for sha in wanted if sizes.get(sha, MAX_BLOB + 1) <= MAX_BLOB]
        with tempfile.TemporaryFile() as names:
            names.write("".join(f"{sha}\n" for sha in small).encode())
            names.seek(0)
            with _Running(
                self._command("cat-file", "--batch"), _environment(self.path), names
            ) as git:
                for sha in wanted:
                    yield (
                        sha,
                        _one_blob(git.out) if sizes.get(sha, MAX_BLOB + 1) <= MAX_BLOB else None,
                    )

    def _local(self, wanted: Sequence[str]) -> set[str]:
        """Which objects a partial clone holds; asking for another one would go to the network."""
        names = self._fields(
            "cat-file",
            "--batch-all-objects",
            "--unordered",
            "--batch-check=%(objectname)",
            end=b"\n",
        )
        asked = set(wanted)
        return {name for each in names if (name := each.decode()) in asked}

    def exists(self, rev: str, path: str) -> bool:
        """Whether a file or folder stands at `path` in that revision."""
        found = self._ask("--literal-pathspecs", "ls-tree", "-z", _revision(rev), "--", path)
        return bool(found)

    def show_file(self, rev: str, path: str) -> bytes | None:
        """A file's bytes; None when there is none, or no file, or one over 16 MiB.

        Raises:
            GitError: the file is there but its content is not (a partial clone).
        """
        listed = self._ask(
            "--literal-pathspecs", "ls-tree", "-z", "-l", _revision(rev), "--", path.rstrip("/")
        )
        if not listed:
            return None
        mode, kind, sha, size = listed.split("\t", 1)[0].split()
        if kind != "blob" or mode == "120000" or (size.isdigit() and int(size) > MAX_FILE):
            return None
        return self._run("cat-file", "blob", sha)

    def grep(self, rev: str, literal: str, pathspec: str | None = None) -> list[str]:
        """`path:line` of each line of a text file that holds the literal, at most 1,000.

        Raises:
            GitError: git failed.
        """
        if not literal or "\n" in literal or "\x00" in literal:
            return []
        paths = [] if pathspec is None else [pathspec]
        how = ("-z", "-n", "-I", "-F", "--full-name", "--no-color", "--no-column", "-e", literal)
        found = self._fields("grep", *how, _revision(rev), "--", *paths, end=b"\n", nothing_is=1)
        places = []
        for line in found:
            where, number, *_ = line.split(b"\x00", 2) if line.count(b"\x00") >= 2 else (b"", b"")
            if where:
                places.append(f"{_text(where).partition(':')[2]}:{number.decode()}")
            if len(places) == 1_000:
                found.close()
                break
        return places

    def ls_tree(self, rev: str) -> list[str]:
        """Every tracked path, sorted.

        Raises:
            GitError: git failed.
        """
        names = self._fields("ls-tree", "-r", "-z", "--name-only", "--full-tree", _revision(rev))
        return sorted(_text(name) for name in names)

    def _command(self, *words: str) -> list[str]:
        return [_git(), *_settings(), "-C", str(self.path), *words]

    def _ask(self, *words: str) -> str | None:
        """The answer to a question whose failure is an answer: None."""
        done = subprocess.run(
            self._command(*words),
            env=_environment(self.path),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        return None if done.returncode else _text(done.stdout).rstrip("\n\x00")

    def _run(self, *words: str, stdin: bytes = b"") -> bytes:
        done = subprocess.run(
            self._command(*words),
            env=_environment(self.path),
            input=stdin,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise GitError(f"git {words[0]} failed in {self.path}: {_reason(done.stderr)}")
        return done.stdout

    def _fields(
        self, *words: str, end: bytes = b"\x00", nothing_is: int = 0
    ) -> Generator[bytes, None, None]:
        """The fields git prints, as they come.

        Args:
            nothing_is: the exit code by which this command says that it found nothing.
        """
        count = 0
        with _Running(self._command(*words), _environment(self.path)) as git:
            rest = b""
            while chunk := git.out.read(_CHUNK):
                *whole, rest = (rest + chunk).split(end)
                if len(rest) > MAX_MESSAGE:
                    rest = rest[:MAX_MESSAGE]  # one endless field must not fill the memory
                count += len(whole)
                yield from whole
            problem = git.failure(nothing_is)
        if rest and not problem:
            yield rest
        if problem:
            raise GitError(f"git {_verb(words)} failed in {self.path}: {problem}")


class _Running:
    """One git process whose output is read as it comes; it ends when the block does."""

    def __init__(
        self, command: Sequence[str], env: Mapping[str, str], stdin: IO[bytes] | None = None
    ) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed in __exit__
        self._process = subprocess.Popen(
            command,
            env=env,
            stdin=stdin or subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        assert self._process.stdout is not None
        self.out: IO[bytes] = self._process.stdout

    def __enter__(self) -> "_Running":
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self.out.close()
        self._process.wait()
        self._errors.close()

    def failure(self, nothing_is: int) -> str | None:
        """Why it failed, once its output has ended; None when it did not."""
        code = self._process.wait()
        self._errors.seek(0)
        said = self._errors.read(4096)
        # `grep` answers a blob it cannot read and a text it cannot find with the same exit code.
        return None if code == 0 or (code == nothing_is and not said) else _reason(said)


def clone_bare(src: Path, dst: Path) -> str | None:
    """A bare copy at `dst` that shares the source's objects by hard links and can never fetch.

    The old copy stays until the new one is whole. Returns a note when the copy is not complete: of
    a partial clone only the objects that are here can be borrowed, and they stay in the source.

    Raises:
        BadInput: the source is no git repository, or has no commits.
        GitError: git failed; an older copy is untouched.
    """
    source = GitRepository(src)
    source.head()
    dst.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=dst.parent, prefix=".clone-") as folder:
        made = Path(folder) / "new.git"
        note = _borrow(source, made) if source.is_partial() else _copy(source, made)
        if dst.exists():
            dst.rename(Path(folder) / "old.git")
        made.rename(dst)
    return note


def _copy(source: GitRepository, made: Path) -> str | None:
    command = [_git(), *_settings(), "-C", str(made.parent), "clone", "--quiet", "--bare"]
    # The process that clone starts to read the source sees files of settings only, not `-c`.
    config = made.parent / "config"
    config.write_text("[safe]\n\tdirectory = *\n", encoding="utf-8")
    own = {"GIT_ALLOW_PROTOCOL": "file", "GIT_CONFIG_GLOBAL": str(config)}
    done = subprocess.run(
        [*command, "--template=", "--", str(source.path), str(made)],
        env=_environment(made.parent) | own,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise GitError(f"git clone failed for {source.path}: {_reason(done.stderr)}")
    GitRepository(made)._ask("config", "--remove-section", "remote.origin")
    return None


def _borrow(source: GitRepository, made: Path) -> str:
    """A repository with the source's references and, through alternates, its objects."""
    objects = source._run("rev-parse", "--path-format=absolute", "--git-path", "objects")
    command = [_git(), *_settings(), "-C", str(made.parent), "init", "--quiet", "--bare"]
    subprocess.run(
        [*command, "--template=", "--", str(made)],
        env=_environment(made.parent),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )
    info = made / "objects" / "info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "alternates").write_bytes(objects)
    branch = source.default_branch() or "main"
    borrowed = GitRepository(made)
    borrowed._run("update-ref", f"refs/heads/{branch}", source.head())
    borrowed._run("symbolic-ref", "HEAD", f"refs/heads/{branch}")
    return (
        f"{source.path} is a partial clone: files whose content was never fetched cannot be read, "
        "and it must stay where it is"
    )


def _git() -> str:
    found = shutil.which("git")
    if found is None:
        raise GitError("git is not installed or not on the PATH")
    return found


def _settings() -> list[str]:
    return ["--no-pager", *(word for each in _SETTINGS for word in ("-c", each))]


def _environment(path: Path) -> dict[str, str]:
    """Nothing of the caller's git settings; `path` itself must be the repository, not a parent."""
    kept = {
        name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR") if name in os.environ
    }
    return kept | {
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        # Overrides protocol.<name>.allow of the clone's own config; `-c protocol.allow` does not.
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_CEILING_DIRECTORIES": str(path.parent),
    }


def _one_blob(out: IO[bytes]) -> bytes | None:
    header = out.readline().split()
    if len(header) != 3 or header[1] != b"blob":
        return None
    content = out.read(int(header[2]))
    out.read(1)
    return content


def _revision(rev: str) -> str:
    """A name from outside must not be read as an option or a range."""
    if not _REVISION.fullmatch(rev) or ".." in rev:
        raise BadInput(f"{rev!r} is not a revision; give a commit id, HEAD or a branch name")
    return rev


def _verb(words: Sequence[str]) -> str:
    return next(word for word in words if not word.startswith("-"))


def _seconds(field: bytes) -> int | None:
    try:
        return int(field)
    except ValueError:
        return None


def _text(field: bytes) -> str:
    return field[:MAX_MESSAGE].decode("utf-8", "replace")


def _reason(errors: bytes) -> str:
    lines = _text(errors).strip().splitlines()
    said = next((line for line in lines if line.startswith(("fatal:", "error:"))), None)
    return said or (lines[-1] if lines else "it said nothing")
