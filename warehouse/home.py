"""Where one Ruleloop keeps its files: the names of everything under the home directory."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    """The layout of a home directory. Making one touches nothing on disk."""

    root: Path

    @property
    def raw(self) -> Path:
        """Immutable loads, one folder per source."""
        return self.root / "raw"

    @property
    def journal(self) -> Path:
        """What cannot be recomputed."""
        return self.root / "journal"

    @property
    def spool(self) -> Path:
        """Webhook deliveries not yet folded into a load."""
        return self.root / "spool"

    @property
    def repos(self) -> Path:
        """Bare clones, `<owner>+<name>.git`; they never fetch."""
        return self.root / "repos"

    @property
    def warehouse(self) -> Path:
        """The writer's DuckDB file: a projection that can be rebuilt."""
        return self.root / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """What readers open."""
        return self.root / "published"

    @property
    def snapshot(self) -> Path:
        """The published DuckDB file of the newest generation."""
        return self.published / "current.duckdb"

    @property
    def key(self) -> Path:
        """The home's secret key, mode 0600: redaction and pseudonyms are keyed with it."""
        return self.root / "key"

    @property
    def acknowledged(self) -> Path:
        """Load ids that were committed, fsynced outside the database."""
        return self.root / "acknowledged"

    @property
    def writer_lock(self) -> Path:
        """Held by the one writer."""
        return self.root / "writer.lock"

    @property
    def sample_marker(self) -> Path:
        """Present when the home holds the sample organisation; such a home takes no other source."""
        return self.root / "SAMPLE"

    def clone(self, repo: str) -> Path:
        """Where the bare clone of `owner/name` is kept, whether or not it exists."""
        return self.repos / f"{repo.replace('/', '+')}.git"

    def create(self) -> None:
        """Make the directories; safe to repeat."""
        for folder in (self.raw, self.journal, self.spool, self.repos, self.published):
            folder.mkdir(parents=True, exist_ok=True)
