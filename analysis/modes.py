"""Failure modes: failures of one repository that are exactly the same, and a person's corrections.

Exact signatures come first because only they can be acted on. `group` is the looser grouping by
wording, for texts that carry no signature; nothing downstream makes a rule of it.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import pyarrow as pa

from analysis.signatures import describe
from warehouse.records import batch

Row = dict[str, Any]


class Correction(Protocol):
    """What is read of a journal event."""

    @property
    def seq(self) -> int:
        """Its number."""
        ...

    @property
    def type(self) -> str:
        """`modes_merged` or `mode_renamed`; others are passed over."""
        ...

    @property
    def data(self) -> dict[str, Any]:
        """What it says."""
        ...


@dataclass(frozen=True, slots=True)
class Modes:
    """The three tables of grouping."""

    failure_mode: pa.Table
    failure_mode_member: pa.Table
    mode_lineage: pa.Table


def mode_id(repo: str, signature_type: str, signature: str) -> str:
    """The identity of an exact failure mode."""
    parts = "\0".join((repo, signature_type, signature))
    return f"fm-{hashlib.sha256(parts.encode('utf-8', 'replace')).hexdigest()[:10]}"


def exact_modes(failure: pa.Table, events: Sequence[Correction]) -> Modes:
    """One mode per repository, signature type and signature, then what people said about them.

    Args:
        failure: table `failure`.
        events: the journal, in order. Merges are followed to their end; one that would close a
            circle, or names a mode that is not there, changes nothing and stays in the lineage.
    """
    groups: dict[str, list[Row]] = {}
    for row in failure.to_pylist():
        if row["signature_type"] is not None:
            identity = mode_id(row["repo"], row["signature_type"], row["signature"])
            groups.setdefault(identity, []).append(row)
    first = {identity: _first(rows) for identity, rows in groups.items()}
    into, titles, lineage = _corrections(events)
    for identity in [each for each in into if each in groups]:
        end = _end(identity, into, groups)
        if end != identity:
            groups[end] = groups[end] + groups.pop(identity)
    modes = [_mode(name, first[name], groups[name], titles.get(name)) for name in sorted(groups)]
    members = [
        {
            "failure_mode_id": name,
            "failure_id": row["failure_id"],
            "pull_request_id": row["pull_request_id"],
        }
        for name in sorted(groups)
        for row in sorted(groups[name], key=lambda r: r["failure_id"])
    ]
    return Modes(
        _table("failure_mode", modes),
        _table("failure_mode_member", members),
        _table("mode_lineage", lineage),
    )


def _table(name: str, rows: Sequence[Row]) -> pa.Table:
    return pa.Table.from_batches([batch(name, rows)])


def _first(rows: Iterable[Row]) -> Row:
    """The failure whose signature names the mode, whatever is merged into it later."""
    return min(
        rows, key=lambda r: (r["happened_us"] is None, r["happened_us"] or 0, r["failure_id"])
    )


def _corrections(
    events: Sequence[Correction],
) -> tuple[dict[str, str], dict[str, str], list[Row]]:
    """What goes into what, people's titles, and the lineage rows of every correction."""
    into: dict[str, str] = {}
    titles: dict[str, str] = {}
    lineage: list[Row] = []
    for event in events:
        if event.type == "modes_merged":
            target = str(event.data["into"])
            for each in dict.fromkeys(map(str, event.data["from"])):
                lineage.append(_lineage(event.seq, each, "merged", other_id=target))
                if each not in _chain(target, into):
                    into[each] = target
        elif event.type == "mode_renamed":
            name, title = str(event.data["failure_mode_id"]), str(event.data["title"])
            lineage.append(_lineage(event.seq, name, "renamed", title=title))
            titles[name] = title
    return into, titles, lineage


def _lineage(seq: int, identity: str, event: str, **rest: str) -> Row:
    return {"seq": seq, "failure_mode_id": identity, "event": event, **rest}


def _chain(start: str, into: Mapping[str, str]) -> list[str]:
    chain = [start]
    while chain[-1] in into:
        chain.append(into[chain[-1]])
    return chain


def _end(start: str, into: Mapping[str, str], present: Mapping[str, object]) -> str:
    """The last mode of the chain that exists in the data; itself when no other does."""
    return next((each for each in reversed(_chain(start, into)) if each in present), start)


NEEDED_PULL_REQUESTS = 3
NEEDED_PEOPLE = 2


def _mode(identity: str, named: Row, rows: Sequence[Row], title: str | None) -> Row:
    supported = [row for row in rows if row["maker"] in ("person", "ci")]
    times = [row["happened_us"] for row in rows if row["happened_us"] is not None]
    counts = {
        "failures": len(rows),
        "pull_requests": _distinct(rows, "pull_request_id"),
        "pull_requests_supported": _distinct(supported, "pull_request_id"),
        "people": _distinct([r for r in rows if r["maker"] == "person"], "maker_id"),
        "ci_pull_requests": _distinct([r for r in rows if r["maker"] == "ci"], "pull_request_id"),
    }
    makers = sorted({row["maker"] for row in rows})
    stage, lack = _stage(counts, makers)
    return {
        "failure_mode_id": identity,
        "repo": named["repo"],
        "signature_type": named["signature_type"],
        "signature": named["signature"],
        "title": title or describe(named["signature_type"], named["slots"]),
        "slots": named["slots"],
        **counts,
        "agents": json.dumps(sorted({row["agent"] for row in rows})),
        "stage": stage,
        "drop_reason": lack,
        "first_us": min(times, default=None),
        "last_us": max(times, default=None),
    }


def _stage(counts: Mapping[str, int], makers: Sequence[str]) -> tuple[str, str | None]:
    """How far the numbers alone carry a mode, and what they lack.

    Whether its evidence is sound, recent and attested is judged where rules are made.
    """
    seen, people = counts["pull_requests_supported"], counts["people"]
    if not seen:
        return "typed", f"no trusted person and no CI says so (only: {' and '.join(makers)})"
    if seen < NEEDED_PULL_REQUESTS:
        reason = f"seen in {seen} of the {NEEDED_PULL_REQUESTS} pull requests a rule needs"
        return "supported", reason
    if people < NEEDED_PEOPLE and not counts["ci_pull_requests"]:
        return "supported", f"only {people} person says so; a rule needs {NEEDED_PEOPLE}, or CI"
    return "recurring", None


def _distinct(rows: Iterable[Row], column: str) -> int:
    return len({row[column] for row in rows if row[column] is not None})


# --- grouping by wording -------------------------------------------------------------------------

NEAR = {"machine": 0.75, "human": 0.6}
"""Cosine similarity of character 3-5-grams from which two texts count as the same."""
_MASK = re.compile(r"0x[0-9a-f]+|\b(?=[a-f]{0,39}\d)[0-9a-f]{7,40}\b|\d+", re.I)
"""Addresses, commit ids and numbers."""


def group(texts: Sequence[str], kind: Literal["machine", "human"]) -> list[int]:
    """A label per text, without being given the number of groups; a lonely text is its own group.

    Args:
        texts: log chunks (machine) or people's remarks (human).
        kind: which similarity counts as the same.
    """
    masked = [" ".join(_MASK.sub("0", text).lower().split()) for text in texts]
    distinct = list(dict.fromkeys(masked))
    labels = dict(zip(distinct, _near(distinct, NEAR[kind]), strict=True))
    numbered: dict[int, int] = {}
    return [numbered.setdefault(labels[text], len(numbered)) for text in masked]


def _near(texts: Sequence[str], threshold: float) -> list[int]:
    """Connected components of near texts. An empty text is near nothing."""
    if len(texts) < 2:  # nothing to compare
        return list(range(len(texts)))
    from scipy.sparse.csgraph import connected_components
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.neighbors import radius_neighbors_graph

    padded = [f"^^{text}$$" for text in texts]  # the shortest text has n-grams, too
    vectors = TfidfVectorizer(
        analyzer="char", ngram_range=(3, 5), max_features=50_000
    ).fit_transform(padded)
    graph = radius_neighbors_graph(vectors, 1 - threshold, metric="cosine", mode="connectivity")
    _, labels = connected_components(graph, directed=False)
    return [int(label) for label in labels]
