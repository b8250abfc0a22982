"""The linters, type checkers, formatters and test runners a rule may name: a closed list.

A tool outside it is not refused for being bad but for being unknown: without the grammar of its
codes and the names of its configuration nothing about it can be attested. Code grammars are those
of each tool's own documentation; a tool without codes reports by file only.
"""

import re
from dataclasses import dataclass
from typing import Literal

Category = Literal["lint", "format", "type", "test", "build"]
CATEGORIES: tuple[Category, ...] = ("lint", "format", "type", "test", "build")

ENTRY_NAMES: dict[str, tuple[str, ...]] = {
    "lint": ("lint",),
    "format": ("format", "fmt", "format:check", "check-format"),
    "type": ("typecheck", "type-check", "check-types", "types"),
    "test": ("test", "tests"),
    "build": ("build", "compile"),
}
"""What repositories call their own make target or package script for a whole category."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool: what its codes look like, and how one sees that a repository uses it."""

    name: str
    category: Category
    codes: str = ""
    """Grammar of its codes; empty when it has none."""
    commands: tuple[str, ...] = ()
    """Beginnings of command lines that run it; its own name when empty."""
    configs: tuple[str, ...] = ()
    """Names of files that configure it; `*` matches within a name."""

    @property
    def beginnings(self) -> tuple[tuple[str, ...], ...]:
        """The command lines that run it, as words."""
        return tuple(tuple(c.split()) for c in (self.commands or (self.name,)))

    def has_code(self, code: str) -> bool:
        """Whether `code` is spelled as this tool spells its codes."""
        return bool(self.codes) and re.fullmatch(self.codes, code) is not None


_KEBAB = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
_LETTERS_AND_DIGITS = r"[A-Z]{1,4}\d{2,4}"

_ALL = (
    Tool("ruff", "lint", _LETTERS_AND_DIGITS, ("ruff check",), ("ruff.toml", ".ruff.toml")),
    Tool("flake8", "lint", r"[A-Z]{1,3}\d{2,4}", configs=(".flake8",)),
    Tool("pylint", "lint", rf"[CRWEFI]\d{{4}}|{_KEBAB}", configs=(".pylintrc", "pylintrc")),
    Tool("bandit", "lint", r"B\d{3}", configs=(".bandit",)),
    Tool(
        "eslint",
        "lint",
        rf"(?:@?{_KEBAB}/){{0,2}}{_KEBAB}",
        configs=(".eslintrc", ".eslintrc.*", "eslint.config.*"),
    ),
    Tool("biome", "lint", r"(?:lint/)?[a-z0-9]+/[A-Za-z0-9]+", configs=("biome.json*",)),
    Tool("oxlint", "lint", rf"(?:{_KEBAB}[/(])?{_KEBAB}\)?", configs=(".oxlintrc.json",)),
    Tool("stylelint", "lint", rf"(?:{_KEBAB}/)?{_KEBAB}", configs=(".stylelintrc*",)),
    Tool(
        "markdownlint",
        "lint",
        r"MD\d{3}",
        ("markdownlint", "markdownlint-cli2"),
        (".markdownlint*",),
    ),
    Tool("shellcheck", "lint", r"SC\d{4}", configs=(".shellcheckrc",)),
    Tool("hadolint", "lint", r"(?:DL|SC)\d{4}", configs=(".hadolint.y*ml",)),
    Tool("yamllint", "lint", _KEBAB, configs=(".yamllint*",)),
    Tool(
        "golangci-lint",
        "lint",
        r"[a-z][a-z0-9]{1,30}|(?:SA|ST|S|QF|G)\d{3,4}",
        configs=(".golangci.*",),
    ),
    Tool("staticcheck", "lint", r"(?:SA|ST|S|QF|U)\d{4}", configs=("staticcheck.conf",)),
    Tool("go-vet", "lint", r"[a-z]{3,20}", ("go vet",), ("go.mod",)),
    Tool(
        "clippy",
        "lint",
        r"clippy::[a-z0-9_]{2,60}",
        ("cargo clippy",),
        ("clippy.toml", ".clippy.toml"),
    ),
    Tool("rubocop", "lint", r"(?:[A-Z][A-Za-z]+/){1,2}[A-Z][A-Za-z]+", configs=(".rubocop.yml",)),
    Tool("checkstyle", "lint", r"[A-Z][A-Za-z]{2,60}", configs=("checkstyle.xml",)),
    Tool("ktlint", "lint", rf"(?:standard:)?{_KEBAB}"),
    Tool("detekt", "lint", r"[A-Z][A-Za-z]{2,60}", configs=("detekt.yml",)),
    Tool("swiftlint", "lint", r"[a-z][a-z0-9_]{2,60}", configs=(".swiftlint.yml",)),
    Tool("phpcs", "lint", r"[A-Z]\w+(?:\.\w+){1,3}", configs=("phpcs.xml*",)),
    Tool("mypy", "type", _KEBAB, configs=("mypy.ini", ".mypy.ini")),
    Tool("pyright", "type", r"report[A-Z][A-Za-z]{2,60}", configs=("pyrightconfig.json",)),
    Tool("tsc", "type", r"TS\d{3,5}", ("tsc", "vue-tsc"), ("tsconfig.json", "tsconfig.*.json")),
    Tool("phpstan", "type", r"[a-z][A-Za-z.]{2,60}", configs=("phpstan.neon*",)),
    Tool("black", "format"),
    Tool("isort", "format", configs=(".isort.cfg",)),
    Tool("ruff-format", "format", "", ("ruff format",), ("ruff.toml", ".ruff.toml")),
    Tool("prettier", "format", configs=(".prettierrc", ".prettierrc.*", "prettier.config.*")),
    Tool("gofmt", "format", "", ("gofmt", "go fmt", "goimports"), ("go.mod",)),
    Tool("rustfmt", "format", "", ("cargo fmt", "rustfmt"), ("rustfmt.toml", ".rustfmt.toml")),
    Tool("spotless", "format", "", ("./gradlew spotlessCheck", "mvn spotless:check")),
    Tool("clang-format", "format", configs=(".clang-format",)),
    Tool("pytest", "test", "", ("pytest", "py.test"), ("pytest.ini", "conftest.py")),
    Tool("unittest", "test"),
    Tool("jest", "test", configs=("jest.config.*",)),
    Tool("vitest", "test", configs=("vitest.config.*",)),
    Tool("mocha", "test", configs=(".mocharc*",)),
    Tool("node-test", "test", "", ("node --test",)),
    Tool("playwright", "test", "", ("playwright test",), ("playwright.config.*",)),
    Tool("go-test", "test", "", ("go test", "gotestsum"), ("go.mod",)),
    Tool("cargo-test", "test", "", ("cargo test", "cargo nextest"), ("Cargo.toml",)),
    Tool("rspec", "test", configs=(".rspec",)),
    Tool("phpunit", "test", configs=("phpunit.xml*",)),
    Tool("junit", "test", "", ("mvn test", "mvn verify", "./gradlew test", "gradle test")),
    Tool("dotnet-test", "test", r"", ("dotnet test",)),
    Tool("go-build", "build", "", ("go build",), ("go.mod",)),
    Tool("rustc", "build", r"E\d{4}", ("cargo build", "cargo check"), ("Cargo.toml",)),
    Tool("javac", "build", "", ("mvn compile", "mvn package", "./gradlew build", "gradle build")),
    Tool("dotnet-build", "build", r"CS\d{4}", ("dotnet build",)),
    Tool("webpack", "build", configs=("webpack.config.*",)),
    Tool("vite", "build", "", ("vite build",), ("vite.config.*",)),
    Tool("next", "build", "", ("next build",), ("next.config.*",)),
    Tool("cmake", "build", "", ("cmake",), ("CMakeLists.txt",)),
)

TOOLS: dict[str, Tool] = {tool.name: tool for tool in _ALL}

# What logs and extractors call some of them.
_ALIASES = {
    "typescript": "tsc",
    "go": "go-test",
    "gotest": "go-test",
    "go test": "go-test",
    "go vet": "go-vet",
    "govet": "go-vet",
    "go build": "go-build",
    "cargo": "cargo-test",
    "cargo test": "cargo-test",
    "cargo-clippy": "clippy",
    "cargo clippy": "clippy",
    "cargo-fmt": "rustfmt",
    "cargo fmt": "rustfmt",
    "rust": "rustc",
    "golangci": "golangci-lint",
    "golangci_lint": "golangci-lint",
    "ruff format": "ruff-format",
    "node": "node-test",
    "node:test": "node-test",
    "maven": "junit",
    "gradle": "junit",
    "surefire": "junit",
}


def tool(name: str) -> Tool | None:
    """The tool of that name or alias; None when nobody knows it."""
    key = name.strip().lower()
    return TOOLS.get(_ALIASES.get(key, key))


def of_category(category: str) -> tuple[Tool, ...]:
    """The tools of one category, in the order of the list."""
    return tuple(each for each in _ALL if each.category == category)
