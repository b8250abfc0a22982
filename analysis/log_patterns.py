"""How tools print a failure, line by line: data, each with the tool whose output it describes.

One pattern reads one line of a cleaned log and names the parts of a typed signature. They are linear
(no nested repetition) and are tried only after a cheap literal test, because logs are long and
written by anybody.
"""

import re
from dataclasses import dataclass
from typing import Literal

Type = Literal["lint_code", "test_failure", "changed_together", "exception"]


@dataclass(frozen=True, slots=True)
class LinePattern:
    """One form of line."""

    type: Type
    tool: str
    needs: str
    """A literal that every such line holds."""
    pattern: re.Pattern[str]
    """Named groups `code`, `path`, `test` as the type needs them."""
    source: str


def _line(type_: Type, tool: str, needs: str, pattern: str, source: str) -> LinePattern:
    return LinePattern(type_, tool, needs, re.compile(pattern), source)


_PATH = r"(?P<path>[^\s:()]{1,200})"
_RUFF = (
    r"(?:AIR|ANN|ARG|ASYNC|A|BLE|B|COM|CPY|C|DJ|DOC|DTZ|D|ERA|EXE|EM|E|FAST|FBT|FIX|FLY|FURB|FA|F|G"
    r"|ICN|INP|INT|ISC|I|LOG|NPY|N|PD|PERF|PGH|PIE|PL[CERW]|PTH|PT|PYI|Q|RET|RSE|RUF|SIM|SLF|SLOT|S"
    r"|TCH|TC|TD|TID|TRY|T|UP|W|YTT)\d{3,4}"
)
"""Ruff's and flake8's code letters, closed: `SHA256 mismatch` and `HTTP404 Not Found` look alike."""
_LINT_GROUPS = "all|cargo|complexity|correctness|nursery|pedantic|perf|restriction|style|suspicious"
_JS_TEST = r"(?P<path>\S{1,200}\.(?:test|spec)\.[cm]?[jt]sx?)"

LINE_PATTERNS: tuple[LinePattern, ...] = (
    _line("lint_code", "tsc", "error TS", rf"(?:^|\s){_PATH}(?:\(\d+,\d+\):|:\d+:\d+ -) error (?P<code>TS\d{{3,5}})\b", "TypeScript compiler, plain and pretty"),
    _line("lint_code", "dotnet-build", "error CS", rf"^\s{{0,20}}{_PATH}\(\d+,\d+\): error (?P<code>CS\d{{4}})\b", "MSBuild canonical errors"),
    _line("lint_code", "rustc", "error[E", r"^error\[(?P<code>E\d{4})\]:", "rustc diagnostics"),
    _line("lint_code", "clippy", "clippy::", rf"(?<!allow\()(?<!expect\()clippy::(?!(?:{_LINT_GROUPS})\b)(?P<code>[a-z0-9_-]{{2,60}})", "clippy names the lint in a note"),
    _line("lint_code", "clippy", "rust-clippy/", r"rust-clippy/\S{1,60}index\.html#(?P<code>[a-z0-9_]{2,60})", "clippy links the lint's page"),
    _line("lint_code", "eslint", " error ", r"^\s{1,20}\d+:\d+\s{1,20}error\s{1,20}\S(?:.{0,300}\S)?\s{2,40}(?P<code>@?[a-z][a-z0-9-]*(?:/[a-z0-9-]+){0,2})$", "ESLint stylish formatter"),
    _line("lint_code", "pyright", "error: ", rf"^\s*{_PATH}:\d+:\d+ - error: .{{0,400}}\((?P<code>report[A-Za-z]{{3,60}})\)$", "pyright CLI"),
    _line("lint_code", "mypy", "error: ", rf"^{_PATH}:\d+(?::\d+)?: error: .{{0,400}}\[(?P<code>[a-z][a-z-]{{2,40}})\]$", "mypy output"),
    _line("lint_code", "rubocop", ": ", rf"^{_PATH}:\d+:\d+: [CWEF]: (?:\[[A-Za-z]+\] )?(?P<code>(?:[A-Z][A-Za-z]+/){{1,2}}[A-Z][A-Za-z]+):", "RuboCop clang formatter"),
    _line("lint_code", "golangci-lint", ".go:", rf"^{_PATH}:\d+(?::\d+)?: .{{1,300}} \((?P<code>[a-z][a-z0-9]{{1,30}})\)$", "golangci-lint text output"),
    _line("lint_code", "shellcheck", "SC", r"\b(?P<code>SC\d{4})(?: \(|:|\]$)", "ShellCheck"),
    _line("lint_code", "ruff", " ", rf"^(?P<code>{_RUFF}) (?:\[\*\] )?\S", "ruff check, full form: code first"),
    _line("lint_code", "ruff", ":", rf"^{_PATH}:\d+:\d+: (?P<code>{_RUFF}) ", "ruff check and flake8, concise form"),
    _line("lint_code", "pylint", ": ", rf"^{_PATH}:\d+:\d+: (?P<code>[CRWEF]\d{{4}}): ", "pylint text output"),
    _line("test_failure", "pytest", "::", r"^(?:FAILED|ERROR) (?P<path>[^\s:]{1,200})::(?P<test>[^\s\[]{1,200})", "pytest short summary"),
    _line("test_failure", "pytest", "ERROR ", r"^ERROR (?P<path>[^\s:]{1,200}\.py)(?: - |$)", "pytest, a file that cannot be collected"),
    _line("test_failure", "vitest", "FAIL ", rf"^\s{{0,20}}FAIL\s{{2}}(?:\|[^|]{{1,40}}\| )?{_JS_TEST} [>\[]", "vitest reporter"),
    _line("test_failure", "jest", "FAIL ", rf"^\s{{0,20}}FAIL (?:[\w@/-]{{1,60}} )?{_JS_TEST}(?: \(\d|$)", "jest reporter"),
    _line("test_failure", "go-test", "--- FAIL", r"^\s{0,20}--- FAIL: (?P<test>Test[^\s/]{1,120})", "go test -v and plain"),
    _line("test_failure", "cargo-test", "FAILED", r"^test (?P<test>[A-Za-z0-9_:]{1,160})(?: - should panic)? \.\.\. FAILED$", "libtest"),
    _line("test_failure", "rspec", "rspec ", r"^rspec '?\./(?P<path>[^\s:\[']{1,200})[:\[]\d", "RSpec failed examples"),
    _line("test_failure", "unittest", "FAIL: ", r"^(?:FAIL|ERROR): (?P<test>test\w{1,100}) \((?P<path>[\w.]{1,160})\)", "unittest runner"),
    _line("test_failure", "node-test", "not ok", r"^not ok \d{1,6} - (?P<path>\S{1,200}\.(?:test|spec)\.[cm]?[jt]s)$", "node --test, TAP"),
)  # fmt: skip

LOCKFILES: tuple[tuple[str, str, str], ...] = (
    ("package.json and package-lock.json", "package.json", "package-lock.json"),
    ("ERR_PNPM_OUTDATED_LOCKFILE", "package.json", "pnpm-lock.yaml"),
    ("lockfile needs to be updated, but yarn", "package.json", "yarn.lock"),
    ("needs to be updated but --locked was passed", "Cargo.toml", "Cargo.lock"),
    ("YN0028: The lockfile would have been modified", "package.json", "yarn.lock"),
    ("lockfile had changes, but lockfile is frozen", "package.json", "bun.lock"),
    ("missing go.sum entry", "go.mod", "go.sum"),
    ("changed significantly since poetry.lock", "pyproject.toml", "poetry.lock"),
    ("The lockfile at `uv.lock` needs to be updated", "pyproject.toml", "uv.lock"),
)
"""What package managers say when a manifest changed without its lock: text, manifest, lock."""

RUN_LINE = re.compile(r"^##\[group\]Run (?P<command>[^\r\n]{1,300})$")
"""GitHub Actions prints each step's command so; the last before an error is the one that failed."""

USED_ACTION = re.compile(r"[\w.-]{1,100}/[\w./-]{1,200}@\S{1,100}|\./\S{1,200}")
"""`Run actions/checkout@v4`: a step that is an action and no command of the repository."""

ERROR_LINE = "##[error]"
TIMESTAMP = re.compile(
    r"^(?:[^\t\n]{1,200}\t[^\t\n]{1,200}\t)?\ufeff?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z "
)
ANSI = re.compile(r"\x1b\[[0-9;]{0,20}[A-Za-z]")
WORKSPACE = re.compile(r"/(?:home/runner/work|github/workspace|builds|__w)/[^/\s]+/[^/\s]+/")

FRAME = re.compile(r'^\s{0,40}File "(?P<path>[^"]{1,200})", line \d+')
RAISED = re.compile(
    r"^(?:E\s{1,20})?(?P<type>[A-Za-z_][\w.]{0,80}(?:Error|Exception|Warning))(?::|$)"
)
NOT_OURS = ("site-packages", "dist-packages", "node_modules", "/lib/python", "<frozen", "/usr/")


def clean_line(line: str) -> str:
    """A log line without timestamp (with or without `gh`'s job and step), colour and runner's folder."""
    return WORKSPACE.sub("", ANSI.sub("", TIMESTAMP.sub("", line.rstrip("\r\n"))))
