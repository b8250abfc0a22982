"""The sample organisation's people, agents and calendar: fixed, so that a seed is all that varies."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

DAY_US = 86_400_000_000
HOUR_US = 3_600_000_000
START_US = 1_766_966_400_000_000
"""2025-12-29, a Monday, 00:00 UTC."""
WEEKS = 26
AS_OF_US = START_US + WEEKS * 7 * DAY_US + 6 * HOUR_US
"""2026-06-29 06:00 UTC."""

AGENTS = ("claude-code", "codex", "copilot", "cursor", "devin")

# Quality depends on the task only, never on the agent; agents differ in the tasks they get, so a
# chart of raw rates shows differences that are not theirs.
TASKS: dict[str, float] = {
    "docs": 0.80,
    "chore": 0.72,
    "test": 0.66,
    "fix": 0.60,
    "refactor": 0.55,
    "feat": 0.50,
}
"""Task -> chance that a person who reviews it accepts it at once."""

MIX: dict[str, tuple[int, ...]] = {
    "claude-code": (10, 10, 15, 25, 20, 20),
    "codex": (20, 15, 15, 25, 10, 15),
    "copilot": (15, 20, 20, 25, 10, 10),
    "cursor": (10, 10, 10, 25, 15, 30),
    "devin": (15, 20, 15, 30, 10, 10),
}
"""Agent -> weights of the tasks, in the order of TASKS."""

PEOPLE = (
    "aino", "bjarne", "carla", "dmitri", "esra", "farid", "greta", "hugo", "ines", "jonas",
    "katya", "lars", "mina", "nils", "olga", "pavel", "quentin", "rosa", "sven", "tomas",
    "ulla", "viktor", "wanda", "xenia", "yusuf", "zora", "amir", "berit", "cosmo", "dagny",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository: who works on it and with what."""

    name: str
    language: str
    team: str
    service: str
    reviewers: tuple[str, ...]
    paths: tuple[str, ...]
    """Files its pull requests touch."""


REPOSITORIES: tuple[Repository, ...] = (
    Repository("acme/billing", "Python", "payments", "billing", PEOPLE[0:6],
               ("src/billing/invoice.py", "src/billing/tax.py", "src/billing/clock.py")),
    Repository("acme/orders", "Python", "payments", "orders", PEOPLE[5:11],
               ("src/orders/models.py", "src/orders/views.py", "migrations/0007_status.sql")),
    Repository("acme/shop", "TypeScript", "storefront", "shop", PEOPLE[10:16],
               ("src/cart/checkout.ts", "src/cart/session.ts", "src/cart/view.js")),
    Repository("acme/mobile", "TypeScript", "storefront", "mobile", PEOPLE[15:21],
               ("src/screens/home.tsx", "src/screens/pay.tsx", "src/money/format.ts")),
    Repository("acme/ledger", "Rust", "core", "ledger", PEOPLE[20:26],
               ("src/lib.rs", "src/balance.rs", "src/entry.rs")),
    Repository("acme/platform", "Makefile", "core", "platform", PEOPLE[24:30],
               ("deploy/base.yaml", "deploy/prod.yaml", "scripts/render.py")),
)  # fmt: skip


@cache
def fixture(name: str) -> str:
    """A captured text of the fixtures folder."""
    return files(__package__).joinpath("fixtures", name).read_text(encoding="utf-8")


@cache
def agent_payloads() -> dict[str, dict[str, Any]]:
    """How each agent signs its work."""
    loaded: dict[str, dict[str, Any]] = json.loads(fixture("agents.json"))
    return loaded


def iso(us: int) -> str:
    """An instant as GitHub writes it."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(us / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
