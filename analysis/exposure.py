"""When a rule really stood in a repository, read back from the history of its instruction files.

Self-reported publication is not exposure: a pull request may never merge, and a person may delete
the line the day after. Only the default branch says what an agent could have read.
"""

import re

import pyarrow as pa

from warehouse.tables import table

_RULE_ID = re.compile(r"\brl-[0-9a-f]{8}\b")


def exposures(instruction_file_version: pa.Table) -> pa.Table:
    """Rows of `exposure`: one per unbroken stretch in which a file held a rule's id.

    Args:
        instruction_file_version: repo, path, sha, text, committed_us; any order.
    """
    versions = sorted(
        (each for each in instruction_file_version.to_pylist() if each["committed_us"] is not None),
        key=lambda v: (v["repo"], v["path"], v["committed_us"], v["sha"]),
    )
    open_since: dict[tuple[str, str, str], int] = {}
    rows: list[dict[str, object]] = []

    def close(key: tuple[str, str, str], at_us: int | None) -> None:
        repo, path, rule_id = key
        rows.append(
            {
                "rule_id": rule_id,
                "repo": repo,
                "path": path,
                "from_us": open_since.pop(key),
                "to_us": at_us,
            }
        )

    for version in versions:
        place = (version["repo"], version["path"])
        present = set(_RULE_ID.findall(version["text"] or ""))
        for key in [k for k in open_since if k[:2] == place and k[2] not in present]:
            close(key, version["committed_us"])
        for rule_id in present:
            open_since.setdefault((*place, rule_id), version["committed_us"])
    for key in list(open_since):
        close(key, None)
    rows.sort(key=lambda r: tuple(str(r[k]) for k in table("exposure").key))
    return pa.Table.from_pylist(rows, schema=table("exposure").schema)
