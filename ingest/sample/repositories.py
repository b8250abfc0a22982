"""The sample organisation's git repositories: small, real, and holding what rules may name."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from ingest.sample.world import DAY_US, REPOSITORIES, START_US
from warehouse.git_import import Commit, fast_import

_PY_CI = """\
name: ci
on: [push, pull_request]
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: pip install -e .
      - run: ruff check src
      - run: pytest -q
"""
_JS_CI = """\
name: ci
on: [push, pull_request]
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: npm ci
      - run: npm run lint
      - run: npm run typecheck
      - run: npm run format
"""
_RUST_CI = """\
name: ci
on: [push, pull_request]
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: cargo clippy -- -D warnings
      - run: cargo test
"""
_PACKAGE = """\
{
  "name": "%s",
  "private": true,
  "scripts": {
    "lint": "eslint src",
    "typecheck": "tsc --noEmit",
    "format": "prettier --check src",
    "test": "vitest run"
  },
  "devDependencies": {"eslint": "^9", "prettier": "^3", "typescript": "^5", "vitest": "^4"}
}
"""

FILES: Mapping[str, Mapping[str, str]] = {
    "acme/billing": {
        ".github/workflows/ci.yml": _PY_CI,
        "pyproject.toml": '[project]\nname = "billing"\nversion = "1.4.0"\n\n[tool.ruff.lint]\nselect = ["F", "E", "DTZ"]\n',
        "CHANGELOG.md": "# Changelog\n\n## 1.4.0\n\n- Tax by country.\n",
        "AGENTS.md": "# Working on billing\n\n- Money is `Decimal`, never float.\n- Run `pytest -q` before you push.\n",
        "src/billing/__init__.py": "",
        "src/billing/clock.py": "from datetime import UTC, datetime\n\n\ndef utc_now() -> datetime:\n    return datetime.now(UTC)\n",
        "src/billing/tax.py": "from datetime import datetime\n\nfrom billing.clock import utc_now\n\n\ndef year() -> int:\n    return utc_now().year\n\n\ndef legacy_year() -> int:\n    return datetime.utcnow().year\n",
        "src/billing/invoice.py": "from decimal import Decimal\n\n\ndef total(lines: list[Decimal]) -> Decimal:\n    return sum(lines, Decimal(0))\n",
        "tests/test_invoice.py": "from billing.invoice import total\n\n\ndef test_total_of_nothing_is_zero():\n    assert total([]) == 0\n",
    },
    "acme/orders": {
        ".github/workflows/ci.yml": _PY_CI,
        "pyproject.toml": '[project]\nname = "orders"\nversion = "0.9.0"\n\n[tool.pytest.ini_options]\npythonpath = ["src"]\n',
        "db/schema.sql": "CREATE TABLE orders (id BIGINT PRIMARY KEY, status TEXT);\n",
        "migrations/0001_orders.sql": "CREATE TABLE orders (id BIGINT PRIMARY KEY);\n",
        "migrations/0007_status.sql": "ALTER TABLE orders ADD COLUMN status TEXT;\n",
        "src/orders/__init__.py": "",
        "src/orders/models.py": "class Order:\n    status = 'new'\n",
        "src/orders/views.py": "def for_each(orders, act):\n    for order in orders:\n        act(order)\n",
        "src/billing/tax.py": "def rate(country):\n    return 0\n",
        "tests/test_tax.py": "from billing.tax import rate\n\n\ndef test_rate_is_a_decimal():\n    assert rate('DE') + 1 > 0\n",
    },
    "acme/shop": {
        ".github/workflows/ci.yml": _JS_CI,
        "package.json": _PACKAGE % "shop",
        "package-lock.json": '{"name": "shop", "lockfileVersion": 3, "packages": {}}\n',
        "eslint.config.js": 'export default [{ rules: { "no-unused-vars": "error", "no-console": "error" } }];\n',
        "tsconfig.json": '{"compilerOptions": {"strict": true}}\n',
        "CLAUDE.md": "@AGENTS.md\n",
        "AGENTS.md": "# Shop\n\nThe cart lives in `src/cart`. Run `npm run lint` before pushing.\n",
        "src/cart/checkout.ts": "export const checkout = (quantity: number) => quantity * 3;\n",
        "src/cart/session.ts": "export const copy = (cart: object) => structuredClone(cart);\nexport const cloneDeep = copy;\n",
        "src/cart/view.js": "export const view = (items) => items.join(', ');\n",
        "src/cart/debug.js": "export const debug = (cart) => JSON.stringify(cart);\n",
    },
    "acme/mobile": {
        ".github/workflows/ci.yml": _JS_CI,
        "package.json": _PACKAGE % "mobile",
        "package-lock.json": '{"name": "mobile", "lockfileVersion": 3, "packages": {}}\n',
        "tsconfig.json": '{"compilerOptions": {"strict": true}}\n',
        ".prettierrc": "{}\n",
        "src/money/format.ts": "export const formatCents = (cents: number) => toFixed(cents / 100);\nexport const toFixed = (n: number) => n.toFixed(2);\n",
        "src/screens/home.tsx": "export const Home = () => null;\n",
        "src/screens/pay.tsx": "export const Pay = () => null;\n",
    },
    "acme/ledger": {
        ".github/workflows/ci.yml": _RUST_CI,
        "Cargo.toml": '[package]\nname = "ledger"\nversion = "0.3.0"\nedition = "2024"\n',
        "Cargo.lock": "version = 4\n",
        "src/lib.rs": "pub mod balance;\npub mod entry;\n",
        "src/balance.rs": "pub fn balance(entries: &[i64]) -> i64 {\n    entries.iter().sum()\n}\n",
        "src/entry.rs": "pub struct Entry(pub i64);\n",
        "AGENTS.md": "# Ledger\n\n- Every amount is an `i64` of cents.\n",
    },
    "acme/platform": {
        ".github/workflows/ci.yml": "name: ci\non: [push]\njobs:\n  check:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - run: make render\n      - run: make validate\n      - run: make plan\n",
        "Makefile": ".PHONY: render validate plan\nrender:\n\tpython scripts/render.py\nvalidate:\n\tpython scripts/render.py --check\nplan:\n\tpython scripts/render.py --plan\n",
        "scripts/render.py": "print('rendered')\n",
        "deploy/base.yaml": "replicas: 2\n",
        "deploy/prod.yaml": "replicas: 6\n",
    },
}


def build(
    folder: Path, merged: Mapping[str, Sequence[Commit]]
) -> tuple[dict[str, Path], dict[str, list[str]]]:
    """Write the six bare repositories, in the place of an earlier sample's.

    Args:
        merged: per repository, the commits that land on its default branch after the first one.

    Returns:
        Per repository where it is, and the ids of the commits of `merged`.
    """
    paths, ids = {}, {}
    for repository in REPOSITORIES:
        first = Commit(
            "Start of the project", repository.reviewers[0], START_US - 30 * DAY_US,
            FILES[repository.name],
        )  # fmt: skip
        path = folder / f"{repository.name.replace('/', '+')}.git"
        if (path / "HEAD").is_file():
            shutil.rmtree(path)
        _, *ids[repository.name] = fast_import(path, [first, *merged.get(repository.name, ())])
        paths[repository.name] = path
    return paths, ids
