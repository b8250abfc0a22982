"""Who says that a failure recurs: the support a failure mode has, counted from its members.

Only a trusted person or CI itself supports a rule: what a bot, an outsider or the pull request's
own author wrote never counts, and neither does evidence the gate quarantines. One attacker, with
any number of comments, is one person.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rules_out.gate import quarantined

MIN_PULL_REQUESTS = 3
MIN_WITNESSES = 2
RECENT_DAYS = 90
DAY_US = 86_400_000_000

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Support:
    """What stands behind one failure mode."""

    pull_requests: tuple[str, ...]
    """Those where a person or CI says so, in order of id."""
    people: int
    ci_pull_requests: int
    failures: int
    """All members, supported or not."""
    quarantined: int
    makers: tuple[str, ...]
    """Who says so, supported or not."""
    paths: tuple[str, ...]
    first_us: int | None
    last_us: int | None

    def stage(self) -> str:
        """How far it came: typed, supported or recurring."""
        if not self.pull_requests:
            return "typed"
        return "recurring" if len(self.pull_requests) >= MIN_PULL_REQUESTS else "supported"

    def lack(self, reference_us: int) -> str | None:
        """What it lacks for a proposal; None when nothing."""
        count = len(self.pull_requests)
        held = f"; {self.quarantined} more quarantined by the gate" if self.quarantined else ""
        if not count:
            who = " and ".join(self.makers) or "nobody"
            return f"no trusted person and no CI says so (only: {who}){held}"
        if count < MIN_PULL_REQUESTS:
            return f"seen in {count} of the {MIN_PULL_REQUESTS} pull requests a rule needs{held}"
        if self.people < MIN_WITNESSES and not self.ci_pull_requests:
            return f"only {self.people} person says so; a rule needs {MIN_WITNESSES}, or CI{held}"
        if self.last_us is None:
            return "none of its failures has a time"
        days = (reference_us - self.last_us) // DAY_US
        if self.last_us < reference_us - RECENT_DAYS * DAY_US:
            return (
                f"last seen {days} days before the newest data; a rule needs {RECENT_DAYS} or less"
            )
        return None


def count(members: Iterable[Row]) -> Support:
    """The support that a mode's failures give it."""
    rows = list(members)
    trusted = [r for r in rows if r["maker"] in ("person", "ci")]
    sound = [r for r in trusted if not quarantined(r["excerpt"])]
    times = sorted(r["happened_us"] for r in sound if r["happened_us"] is not None)
    return Support(
        pull_requests=tuple(sorted({r["pull_request_id"] for r in sound})),
        people=len({r["maker_id"] for r in sound if r["maker"] == "person"}),
        ci_pull_requests=len({r["pull_request_id"] for r in sound if r["maker"] == "ci"}),
        failures=len(rows),
        quarantined=len(trusted) - len(sound),
        makers=tuple(sorted({r["maker"] for r in rows})),
        paths=tuple(sorted({r["path"] for r in sound if r["path"]})),
        first_us=times[0] if times else None,
        last_us=times[-1] if times else None,
    )
