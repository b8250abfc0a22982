"""Rule inbox: what was proposed, why, what it would change, and a person's decision."""

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard import data, evidence, shell
from dashboard.data import Row, Source
from dashboard.figures import count, plural
from dashboard.text import enc, md, visible
from rules_out import gate
from rules_out.templates import MAX_LINE
from warehouse.errors import RuleloopError

A_PAGE = 10

SHOWN: Mapping[str, tuple[str, ...]] = {
    "To decide": ("proposed",),
    "Unattested": ("unattested",),
    "Decided": ("accepted", "published", "rejected", "snoozed", "retired"),
}


def page() -> None:
    """Draw the list and the chosen rule beside it."""
    at = shell.opened()
    if at is None:
        return
    shell.title("Rule inbox", at, shell.coverage(at))
    shell.said()
    shell.refused()
    rules = data.rules(at)
    if not rules:
        shell.empty(
            "No failure mode carries a rule yet.",
            "ruleloop modes --funnel",
            "It shows where each failure stopped on the way. A rule needs three pull requests by "
            "word of a person or of CI, and a clone to attest it in: ruleloop git PATH.",
        )
        return
    wanted = _wanted(rules)
    shown = _filter(rules, wanted)
    left, right = st.columns([2, 5], gap="medium")
    with left:
        chosen = _list(shown, wanted)
    with right:
        if chosen is None:
            st.caption("Nothing here.")
        else:
            _detail(at, chosen)


def _wanted(rules: Sequence[Row]) -> Row | None:
    asked = st.query_params.get("rule")
    return next((rule for rule in rules if rule["rule_id"] == asked), None)


def _filter(rules: Sequence[Row], wanted: Row | None) -> list[Row]:
    counts = {
        name: sum(rule["state"] in states for rule in rules) for name, states in SHOWN.items()
    }
    first = next((name for name, n in counts.items() if n), "To decide")
    if wanted:
        first = next(name for name, states in SHOWN.items() if wanted["state"] in states)
    which = st.segmented_control(
        "Which",
        list(SHOWN),
        default=first,
        format_func=lambda name: f"{name} {counts[name]}",
        key=f"which_{first}",
        required=True,
        label_visibility="collapsed",
    )
    return [rule for rule in rules if rule["state"] in SHOWN[which or first]]


def _list(shown: Sequence[Row], wanted: Row | None) -> Row | None:
    if not shown:
        return None
    by_id = {rule["rule_id"]: rule for rule in shown}
    ids = list(by_id)
    at = ids.index(wanted["rule_id"]) if wanted and wanted["rule_id"] in by_id else 0
    pages = -(-len(ids) // A_PAGE)
    number = at // A_PAGE + 1
    if pages > 1:
        number = st.pagination(pages, default=number, key=f"pages_{len(ids)}_{number}")
    here = ids[(number - 1) * A_PAGE : number * A_PAGE]
    chosen = st.radio(
        "Rule",
        here,
        index=here.index(ids[at]) if ids[at] in here else 0,
        format_func=lambda rule_id: enc(by_id[rule_id]["title"]),
        captions=[
            md(
                "{repo} · {n}",
                repo=by_id[rule_id]["repo"],
                n=plural(by_id[rule_id]["support_pull_requests"], "PR"),
            )
            for rule_id in here
        ],
        key=f"rule_{here[0]}_{len(ids)}",
        label_visibility="collapsed",
    )
    return by_id.get(chosen or here[0])


# --- one rule -------------------------------------------------------------------------------------


def _detail(at: Source, rule: Row) -> None:
    evidence.badges(rule)
    st.markdown(md("## {title}", title=rule["title"]), anchors=False)
    st.markdown(evidence.sentence(rule))
    st.caption(
        "These weeks found the failure, so they are no baseline: only a trial tells whether the "
        "rule helps."
    )
    _buttons(at, rule)
    st.markdown("### What it would change", anchors=False)
    evidence.diff(at, rule)
    st.markdown("### Attestation", anchors=False)
    evidence.attestation(rule)
    _risks(rule)
    _quotes(at, rule)


def _buttons(at: Source, rule: Row) -> None:
    state = rule["state"]
    undecided = state in ("proposed", "unattested", "snoozed")
    attested = bool(rule["attested"]) and state != "unattested"
    frozen = data.is_frozen(at)
    with st.container(horizontal=True, gap="small"):
        if st.button(
            "Accept",
            type="primary",
            icon=":material/check:",
            shortcut="A",
            disabled=not (undecided and attested),
            key="accept",
        ):
            _accept(at, rule)
        if st.button(
            "Edit",
            icon=":material/edit:",
            shortcut="E",
            disabled=state in ("rejected", "retired") or rule["target"] == "skill",
            key="edit",
        ):
            _edit(at, rule)
        if st.button(
            "Reject",
            icon=":material/close:",
            shortcut="X",
            disabled=state in ("rejected", "published", "retired"),
            key="reject",
        ):
            _reject(at, rule)
    if not attested and undecided:
        _why_unattested(rule)
    if frozen:
        st.caption("Publishing is frozen: a decision is kept, nothing is written to a repository.")


def _why_unattested(rule: Row) -> None:
    missing = evidence.missing_slots(rule)
    with st.container(border=True, gap="xsmall"):
        if missing:
            st.markdown(
                md(
                    "**Cannot be accepted:** {slots} was not found in {repo}. A rule may only "
                    "name what stands in the repository.",
                    slots=", ".join(missing),
                    repo=rule["repo"],
                )
            )
        else:
            st.markdown(
                md(
                    "**Cannot be accepted:** there is no clone of {repo} to look in. A rule may "
                    "only name what stands in the repository.",
                    repo=rule["repo"],
                )
            )
        st.code("ruleloop git PATH && ruleloop learn", language=None)


def _risks(rule: Row) -> None:
    st.markdown("### Risk scan", anchors=False)
    found = gate.inspect(str(rule["text"]))
    if not found:
        st.caption("Nothing suspicious in the line: no URL, no hidden character, no instruction.")
        return
    for finding in found:
        st.warning(
            md(
                "{severity}: the line {message}", severity=finding.severity, message=finding.message
            ),
            icon=":material/warning:",
        )


def _quotes(at: Source, rule: Row) -> None:
    rows = evidence.quotes(at, rule)
    st.markdown("### Evidence", anchors=False)
    if not rows:
        st.caption("The failures behind it are no longer in the warehouse.")
        return
    ids = data.parsed(rule["evidence"])
    st.caption(
        md(
            "{n} of {all}, newest first, as they were written. Agents never read this text.",
            n=count(len(rows)),
            all=plural(len(ids), "pull request"),
        )
    )
    for row in rows:
        evidence.quote(at, row)


# --- decisions ------------------------------------------------------------------------------------


def _decided(at: Source, rule: Row, action: str, done: str) -> None:
    """Append the decision; called before the page is drawn again, so that the page shows it."""
    given = {
        name: str(st.session_state.get(f"{action}_{name}", "")) for name in ("text", "reason", "to")
    }
    try:
        event = data.decide(at, rule, action, **given)
    except RuleloopError as error:
        st.session_state["refused"] = str(error)
        return
    title = visible(str(rule["title"]))
    st.session_state["said"] = f"{done}: {title}" if event else f"Nothing changed: {title}"
    st.query_params["rule"] = rule["rule_id"]


def _decision(at: Source, rule: Row, action: str, done: str, label: str) -> None:
    """The dialog's button. A refusal is shown in the dialog, a decision closes it."""
    st.button(
        enc(label),
        type="primary",
        key=f"{action}_now",
        on_click=_decided,
        args=(at, rule, action, done),
    )
    shell.refused()
    if "said" in st.session_state:
        st.rerun()


@st.dialog("Accept this rule")
def _accept(at: Source, rule: Row) -> None:
    st.code(visible(rule["text"]), language=None, wrap_lines=True)
    st.radio(
        "How",
        ["trial", "publish"],
        format_func=lambda each: {
            "trial": "Try it first",
            "publish": "Publish to every pull request",
        }[each],
        captions=[
            "Kept for an experiment against a control drawn at random.",
            "Nothing will tell whether it helped.",
        ],
        key="accept_to",
    )
    st.text_input("Reason (optional)", key="accept_reason")
    st.caption(
        md(
            "Nothing is written to a repository yet. Next: ruleloop publish {id} --into PATH, "
            "which prints the diff.",
            id=rule["rule_id"],
        )
    )
    _decision(at, rule, "accept", "Accepted", "Accept the rule")


@st.dialog("Edit the wording")
def _edit(at: Source, rule: Row) -> None:
    st.text_area("Rule", value=rule["text"], max_chars=MAX_LINE, key="edit_text", height=120)
    st.text_input("Reason (optional)", key="edit_reason")
    st.caption("The new wording is checked like the old one and still has to be accepted.")
    _decision(at, rule, "edit", "Reworded", "Save the wording")


@st.dialog("Reject this rule")
def _reject(at: Source, rule: Row) -> None:
    st.code(visible(rule["text"]), language=None, wrap_lines=True)
    st.text_input("Reason", key="reject_reason", help="It keeps the rule from coming back.")
    _decision(at, rule, "reject", "Rejected", "Reject the rule")
