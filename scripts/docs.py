"""Write the generated pages of docs/; `--check` says which of them differ from the code instead.

docs/metrics.md and docs/tables.md come from the registry and the `.sql` files, docs/cli.md from the
commands themselves, so none of them can promise what the code does not do.
"""

import sys
from pathlib import Path

from ruleloop.cli.reference import cli_markdown
from warehouse.reference import metrics_markdown, tables_markdown

DOCS = Path(__file__).resolve().parents[1] / "docs"

PAGES = {
    "metrics.md": metrics_markdown,
    "tables.md": tables_markdown,
    "cli.md": cli_markdown,
}


def main() -> int:
    """Write, or with `--check` compare; 1 when a page differs."""
    stale = []
    for name, render in PAGES.items():
        page, text = DOCS / name, render()
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                page.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{'stale' if '--check' in sys.argv else 'written'}: {stale or 'none'}\n")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
