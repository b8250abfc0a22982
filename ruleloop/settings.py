"""`ruleloop.yaml` and the environment, read once, as frozen settings.

Everything has a default, so an empty file, or none, is a working configuration.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from warehouse.errors import SettingsError
from warehouse.home import Home

FILE = "ruleloop.yaml"
MAX_BYTES = 1_000_000

TEMPLATE = """\
# Settings of Ruleloop. Every line is optional; what is written here is the default.

# Where raw loads, the journal and the warehouse are kept.
home: .ruleloop

# What the three-year scenario assumes until it has been measured: [low, most likely, high].
# Delete a line to use the built-in assumption; the Return page lists all of them with their source.
return: {}
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person may set."""

    home: Home
    file: Path | None
    """The file that was read; None when there is none."""
    return_assumptions: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    """Input id -> low, most likely, high; overrides an assumed input, never a measured one."""


def find_file(start: Path) -> Path | None:
    """The nearest `ruleloop.yaml` at `start` or above it."""
    for folder in (start, *start.parents):
        if (candidate := folder / FILE).is_file():
            return candidate
    return None


def read_settings(start: Path | None = None) -> Settings:
    """Read the settings that hold in a directory.

    `RULELOOP_HOME` wins over the file; a relative home is relative to the file.

    Raises:
        SettingsError: the file is not a mapping of known settings.
    """
    start = (start or Path.cwd()).resolve()
    file = find_file(start)
    values = _read(file) if file else {}
    base = file.parent if file else start
    unknown = sorted(values.keys() - {"home", "return"})
    if unknown:
        raise SettingsError(f"{file}: unknown setting {unknown[0]!r}; there are: home, return")
    home = values.get("home", ".ruleloop")
    if not isinstance(home, str) or not home:
        raise SettingsError(f"{file}: home must be a path, for example: home: .ruleloop")
    override = os.environ.get("RULELOOP_HOME")
    root = Path(override) if override else base / home
    return Settings(Home(root.absolute()), file, _assumptions(values.get("return") or {}, file))


def _read(file: Path) -> dict[str, Any]:
    import yaml

    class _Loader(yaml.SafeLoader):
        """Aliases are refused: a few hundred bytes of them can expand to gigabytes."""

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise SettingsError(f"{file}: YAML aliases (*name) are not allowed here")
            return super().compose_node(parent, index)

    if file.stat().st_size > MAX_BYTES:
        raise SettingsError(f"{file} is larger than {MAX_BYTES:,} bytes")
    try:
        values = yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  # a SafeLoader
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file} is not UTF-8 at byte {error.start}") from error
    except yaml.YAMLError as error:
        raise SettingsError(f"{file} is not valid YAML: {' '.join(str(error).split())}") from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise SettingsError(f"{file} must be a mapping of settings, for example: home: .ruleloop")
    return values


def _assumptions(values: Any, file: Path | None) -> dict[str, tuple[float, float, float]]:
    if not isinstance(values, dict):
        raise SettingsError(f"{file}: return must map an input to [low, most likely, high]")
    result = {}
    for name, triple in values.items():
        numeric = isinstance(triple, list) and all(
            isinstance(each, int | float) and not isinstance(each, bool) for each in triple
        )
        if not numeric or len(triple) != 3 or sorted(triple) != triple:
            raise SettingsError(
                f"{file}: return.{name} must be [low, most likely, high] in rising order"
            )
        result[str(name)] = (float(triple[0]), float(triple[1]), float(triple[2]))
    return result
