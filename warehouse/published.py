"""Which columns readers may see, and which are withheld and why.

A column is published by being listed here, so a new one is private until somebody decides. A test
asks that every column of every concluded table is in one of the two lists.
"""

import hashlib
from collections.abc import Mapping
from functools import cache

from warehouse.facts import FACTS, fact

_LISTED = """
agent_run            agent_run_id agent model repo pull_request_id outcome experiment_id arm started_at started_us ended_at ended_us
assignment           experiment_id pull_request_id arm assigned_at assigned_us
authorship           pull_request_id agent role method evidence confidence rung model
check_run            check_run_id repo pull_request_id run_id name app attempt head_sha is_fork status conclusion started_at started_us completed_at completed_us
commit_authorship    repo sha agent role method confidence rung model committed_at committed_us evidence
complaint            complaint_id channel repo title severity product_version pull_request_id created_at created_us
complaint_link       complaint_id pull_request_id method confidence evidence
data_issue           load_id table_name row_key problem
decision             seq rule_id action actor reason text_sha256 decided_at decided_us
deployment           deployment_id repo service environment sha status is_rollback is_unplanned created_at created_us finished_at finished_us
experiment           experiment_id rule_id title metric planned alpha registered_seq registered_at registered_us
exposure             rule_id repo path from_us to_us
failure              failure_id pull_request_id repo kind agent maker source_table source_id path excerpt signature_type signature slots untyped_reason happened_at happened_us
failure_mode         failure_mode_id repo signature_type signature title slots failures pull_requests pull_requests_supported people ci_pull_requests agents stage drop_reason first_at first_us last_at last_us
failure_mode_member  failure_mode_id failure_id pull_request_id
incident             incident_id service repo title severity culprit caused_by_sha caused_by_pull_request_id started_at started_us detected_at detected_us resolved_at resolved_us
incident_link        incident_id pull_request_id method confidence evidence
instruction_file_version  repo path sha change blob_sha committed_at committed_us
load                 load_id source rows fetched_us sha256 notes
mode_lineage         seq failure_mode_id event other_id title
proposal             rule_id support_pull_requests support_people support_ci agent_pull_requests evidence attested attestation verify_command first_at first_us last_at last_us
publication          seq rule_id repo path how text_sha256 published_at published_us
pull_request         pull_request_id repo number title state is_draft base_ref head_sha merge_commit_sha created_at created_us ready_at ready_us closed_at closed_us merged_at merged_us additions deletions changed_files labels stated_agent merges_only
release              repo tag sha published_at published_us
repository           repo source_host default_branch language stars is_private
roi_input            input_id title unit low mode high n basis source
rule                 rule_id failure_mode_id repo kind state title version target
rule_version         rule_id version text text_sha256 template slots tokens editor
run_context          as_of_us as_of is_sample version journal_seq
service              service repo team
team                 team title
team_path            team repo path_glob from_us to_us
usage_cost           cost_id agent model repo pull_request_id agent_run_id amount currency basis quantity unit period_start_at period_start_us period_end_at period_end_us
verdict              experiment_id method n_control n_treatment control_value treatment_value effect low high p_value verdict reason
"""  # noqa: E501  # one table a line reads best

PUBLISHED: Mapping[str, tuple[str, ...]] = {
    words[0]: tuple(words[1:]) for words in map(str.split, _LISTED.strip().splitlines())
}
"""Table -> published columns. Facts are published whole. Not here: bodies of anything (review,
review_comment, comment, issue, timeline_event), logs (ci_log_chunk), commits with their names and
e-mails, survey answers, events of incidents."""

WITHHELD: Mapping[tuple[str, str], str] = {
    ("failure", "maker_id"): "the login of a person",
}
"""Columns of concluded tables that are not published, and why."""

FREE_TEXT: Mapping[str, tuple[str, ...]] = {
    "authorship": ("evidence",),
    "check_run": ("name",),
    "commit_authorship": ("evidence",),
    "complaint": ("title",),
    "complaint_link": ("evidence",),
    "data_issue": ("row_key", "problem"),
    "decision": ("reason",),
    "experiment": ("title",),
    "failure": ("excerpt", "signature", "slots", "untyped_reason"),
    "failure_mode": ("title", "signature", "slots"),
    "incident": ("title", "culprit"),
    "incident_link": ("evidence",),
    "load": ("notes",),
    "mode_lineage": ("title",),
    "proposal": ("verify_command",),
    "pull_request": ("title", "labels"),
    "pull_request_outcome": ("title",),
    "rule": ("title",),
    "source_health": ("notes",),
}
"""Columns in which somebody's words may carry an e-mail address, a login or a name."""


@cache
def digest() -> str:
    """Changes when what is published does, so that a reader knows a file of another version."""
    facts = "".join(f"{name} {fact(name).columns}" for name in FACTS)
    return hashlib.sha256(f"{_LISTED}{facts}".encode()).hexdigest()
