"""Colours and shapes: two palettes, checked for contrast and for colour-blind readers.

Each colour reaches a contrast of 4.5 on both surfaces of its theme, and each pair of the nine keeps
a CIEDE2000 distance of at least 12 under simulated protanopia, deuteranopia and tritanopia
(Machado 2009). A tenth agent gets grey and its own shape: more series than that nobody tells apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Theme = Literal["light", "dark"]


@dataclass(frozen=True, slots=True)
class Inks:
    """The greys and states of one theme."""

    text: str
    muted: str
    grid: str
    surface: str
    accent: str
    good: str
    bad: str
    neutral: str


INKS: dict[Theme, Inks] = {
    "light": Inks(
        text="#0F1722",
        muted="#57616E",
        grid="#E3E8EE",
        surface="#FFFFFF",
        accent="#1F5FBF",
        good="#176B3A",
        bad="#B3261E",
        neutral="#57616E",
    ),
    "dark": Inks(
        text="#E4EAF1",
        muted="#9AA7B5",
        grid="#263140",
        surface="#0E141B",
        accent="#7FB2FF",
        good="#6FD39B",
        bad="#FF9A93",
        neutral="#9AA7B5",
    ),
}

_AGENTS: dict[Theme, dict[str, str]] = {
    "light": {
        "claude-code": "#8C0207",
        "codex": "#0B5F37",
        "copilot": "#6A08A0",
        "cursor": "#6F55FA",
        "devin": "#027596",
        "jules": "#9E6505",
        "replit": "#881654",
        "unknown": "#717273",
        "human": "#151C23",
    },
    "dark": {
        "claude-code": "#F35F26",
        "codex": "#8AC87F",
        "copilot": "#A674AD",
        "cursor": "#69A0F6",
        "devin": "#57DEFB",
        "jules": "#EED728",
        "replit": "#F49EB6",
        "unknown": "#838688",
        "human": "#EEF2F6",
    },
}

_SHAPES = {
    "claude-code": "circle",
    "codex": "triangle-up",
    "copilot": "square",
    "cursor": "diamond",
    "devin": "cross",
    "jules": "triangle-down",
    "replit": "triangle-left",
    "unknown": "circle",
    "human": "stroke",
}
_SPARE_SHAPES = ("triangle-right", "wedge", "arrow")


def agent_colours(agents: Sequence[str], theme: Theme) -> list[str]:
    """One colour per agent, the same wherever the agent is drawn."""
    known = _AGENTS[theme]
    return [known.get(agent, INKS[theme].muted) for agent in agents]


def agent_shapes(agents: Sequence[str]) -> list[str]:
    """One shape per agent; agents without one of their own share three, in alphabetical order."""
    others = sorted(agent for agent in agents if agent not in _SHAPES)
    spare = {agent: _SPARE_SHAPES[at % len(_SPARE_SHAPES)] for at, agent in enumerate(others)}
    return [_SHAPES.get(agent) or spare[agent] for agent in agents]
