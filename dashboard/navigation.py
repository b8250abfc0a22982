"""Which pages there are, in which groups, and how one links to another."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Literal

import streamlit as st

from dashboard.text import enc

Name = Literal["overview", "failure-modes", "rule-inbox", "experiments", "return", "data-health"]


@dataclass(frozen=True, slots=True)
class _Entry:
    group: str
    title: str
    icon: str
    module: str


_PAGES: dict[Name, _Entry] = {
    "overview": _Entry("Weekly", "Overview", "monitoring", "overview"),
    "failure-modes": _Entry("Weekly", "Failure modes", "bug_report", "failure_modes"),
    "rule-inbox": _Entry("Rules", "Rule inbox", "inbox", "rule_inbox"),
    "experiments": _Entry("Rules", "Experiments", "science", "experiments"),
    "return": _Entry("Money", "Return", "payments", "returns"),
    "data-health": _Entry("Trust", "Data health", "health_and_safety", "data_health"),
}


def groups() -> dict[str, list[st.Page]]:
    """The sidebar: every page under its group."""
    found: dict[str, list[st.Page]] = {}
    for name, entry in _PAGES.items():
        found.setdefault(entry.group, []).append(page(name))
    return found


def page(name: Name) -> st.Page:
    """One page, to navigate to."""
    entry = _PAGES[name]
    return st.Page(
        _drawing(entry.module),
        title=enc(entry.title),
        icon=f":material/{entry.icon}:",
        url_path=name,
        default=name == "overview",
    )


def _drawing(module: str) -> Callable[[], None]:
    def draw() -> None:
        # Imported when it is first opened: a page then costs the others nothing.
        import_module(f"dashboard.views.{module}").page()

    return draw
