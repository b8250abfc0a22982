# %% [markdown]
# # What became of the agents' pull requests
#
# Reads the published snapshot of a Ruleloop home, read-only, and prints what the pages are made of:
# pass rates with their intervals, and how far failures came on the way to a rule. Open it as a
# notebook (percent format) or run it: `python notebooks/outcomes.py .ruleloop-demo`. Without an
# argument it takes `RULELOOP_HOME`, else `.ruleloop`.

# %%
import os
import sys
from pathlib import Path

from warehouse.home import Home
from warehouse.metrics import evaluate, metric
from warehouse.snapshot import Snapshot

given = [each for each in sys.argv[1:] if Path(each).is_dir()]  # Jupyter passes files of its own
home = Home(Path(given[0] if given else os.environ.get("RULELOOP_HOME", ".ruleloop")))
snapshot = Snapshot.open(home)
print("SAMPLE DATA" if snapshot.is_sample else f"home: {home.root}")

# %% [markdown]
# ## Pass rate by agent
#
# The share of reviewed pull requests that passed at the first review, with Wilson's interval.
# Agents are in alphabetical order: the data are observational, so a higher rate is no proof that
# one agent is better than another, and overlapping intervals are no difference at all.


# %%
def shown(value: float | None) -> str:
    """A share in per cent; a dash where there is none, which is not a zero."""
    return "-" if value is None else f"{value:.1%}"


for name in ("pass_rate", "merged_share"):
    print(f"\n{metric(name).title}: {metric(name).meaning}")
    print(f"{'agent':<16} {'value':>7} {'low':>7} {'high':>7} {'n':>7}")
    for row in evaluate(snapshot, [name], by=["agent"]):
        cells = [shown(row[each]) for each in ("value", "low", "high")]
        print(f"{row['agent']:<16} {cells[0]:>7} {cells[1]:>7} {cells[2]:>7} {row['n']:>7,}")

# %% [markdown]
# ## From failures to rules
#
# A failure becomes a rule only if it is of a kind that a rule could name (typed), a person or CI
# says so itself (supported), it recurs in three pull requests, and what the rule names exists in
# the repository (attested). Few rules, or none, is a right answer.

# %%
[failures] = snapshot.rows(
    "SELECT COUNT(*) AS failures, COUNT(signature_type) AS typed FROM failure"
)
modes = snapshot.rows("SELECT stage, drop_reason FROM failure_mode ORDER BY failure_mode_id")
stages = ("typed", "supported", "recurring", "attested", "proposed")
print(f"\n{failures['failures']:,} failures, {failures['typed']:,} of a known kind")
for at, stage in enumerate(stages):
    reached = sum(mode["stage"] in stages[at:] for mode in modes)
    print(f"{reached:>7,} failure modes {stage}")

# %%
for reason in sorted({mode["drop_reason"] for mode in modes if mode["drop_reason"]}):
    print(f"{sum(mode['drop_reason'] == reason for mode in modes):>7,} went no further: {reason}")

snapshot.close()
