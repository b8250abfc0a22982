"""The funnel says how far failures come on the way to a rule, and why the rest do not."""

from rules_out.funnel import funnel
from rules_out.propose import propose
from tests.build import DAY, MONDAY
from tests.build_rules import USE, TreeRepository, a_mode, a_table, failures, members


def test_the_funnel_counts_each_stage_and_says_why_the_rest_stopped() -> None:
    good, few = failures("ann", "ben", "ann"), failures("ann", "ben", start=4)
    bots = failures("x", "y", "z", start=6, maker="bot")
    typed = [row | {"signature_type": "use_instead"} for row in [*good, *few, *bots]]
    untyped = failures("ann", start=9, untyped_reason="free text")
    rows = [*typed, *untyped]
    modes = [
        a_mode(*USE, "fm-1"),
        a_mode(*USE, "fm-2") | {"slots": '{"before": "console.log", "after": "utc_now"}'},
        a_mode(*USE, "fm-3") | {"slots": '{"before": "console.log", "after": "ShopError"}'},
    ]
    belongs = [*members("fm-1", good), *members("fm-2", few), *members("fm-3", bots)]
    found = propose(
        a_table("failure_mode", modes),
        a_table("failure_mode_member", belongs),
        a_table("failure", rows),
        events=[],
        clone=lambda _: TreeRepository(),
        agent_pull_requests={},
        reference_us=MONDAY + 10 * DAY,
    )

    stages = funnel(a_table("failure", rows).to_pylist(), found.failure_mode.to_pylist(), belongs)

    assert [
        (s["stage"], s["failures"], s["modes"], s["pull_requests"], s["repositories"])
        for s in stages
    ] == [
        ("failures seen", 9, None, 9, 1),
        ("typed", 8, 3, 8, 1),
        ("from a person or CI", 5, 2, 5, 1),
        ("in 3 pull requests", 3, 1, 3, 1),
        ("attested", 3, 1, 3, 1),
        ("proposed", 3, 1, 3, 1),
    ]
    assert [s["reason"] for s in stages] == [
        None,
        "free text: 1",
        "no trusted person and no CI says so (only: bot): 1",
        "seen in 2 of the 3 pull requests a rule needs: 1",
        None,
        None,
    ]


def test_the_funnel_of_nothing_is_all_zero() -> None:
    assert {s["failures"] for s in funnel([], [], [])} == {0}
