"""How coding agents mark their work: data, each mark with where it was seen and how far to trust it.

An exact login, address or marker is evidence; a name in prose never is ("cursor-based pagination",
people called Claude or Devin). Reviewer-only and dependency bots are listed so that they are never
taken for authors. Coverage figures are over 7,122 pull requests of AIDev (arXiv 2507.15003).
"""

# ruff: noqa: E501  # one mark a line
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["label", "login", "email", "trailer", "body", "branch"]

HIGH, MEDIUM, LOW = 0.95, 0.7, 0.4


@dataclass(frozen=True, slots=True)
class Mark:
    """One way one agent marks its work."""

    agent: str
    kind: Kind
    pattern: str
    """login, email, label: the exact text in lower case. trailer: a linear regular expression over
    one trailer line in lower case. body: literal text in lower case. branch: a linear regular
    expression over the whole branch name."""
    confidence: float
    source: str
    first_seen: str | None = None
    """ISO month of the first sighting in AIDev or the public histories it was looked for in."""


SOURCES: Mapping[str, str] = {
    "aidev": "AIDev, arXiv 2507.15003: counted in its pull requests",
    "aiblame": "celaldrg/aiblame README and release v0.1.1",
    "chaoss": "chaoss/ai-detection-action detection/@497c2fb",
    "coderbuds": "coderbuds/ai-detector rules/@7e457ce",
    "cve": "marker list of a census of agent-written fixes",
    "dos-kernel": "anthony-chaudhary/dos-kernel scoreboard methodology",
    "eng-stats": "eng-stats detectAITools()",
    "git-ai": "git-ai-project/git-ai src/authorship/agent_detection.rs@55a1d72",
    "histories": "public git histories: the texts themselves",
    "no-ai-marks": "no-ai-marks 0.2.3 data/tools.toml (MIT)",
    "prarena": "aavetis/PRarena collect_data.py@32635b8",
    "swarmia": "help.swarmia.com, AI tool detection and filters",
    "usage": "public commits, workflows and rule files that name it",
    "vscode": "microsoft/vscode#313064: added to hand-written commits by default",
}
"""What the marks were taken from, and who else looks for them."""

_NOREPLY = "users.noreply.github.com"


def _marks(kind: Kind, confidence: float, *rows: tuple[str, ...]) -> tuple[Mark, ...]:
    """Marks from (agent, pattern, sources, first month seen)."""
    return tuple(
        Mark(
            agent,
            kind,
            pattern,
            confidence,
            "; ".join(SOURCES[name] for name in sources.split()),
            seen[0] if seen else None,
        )
        for agent, pattern, sources, *seen in rows
    )


MARKS: tuple[Mark, ...] = (
    *_marks(
        "login", HIGH,  # an account or app of the product
        ("claude-code", "claude[bot]", "no-ai-marks aiblame chaoss", "2025-05"),
        ("claude-code", "claude", "no-ai-marks", "2025-06"),
        ("codex", "chatgpt-codex-connector[bot]", "no-ai-marks chaoss"),
        ("copilot", "copilot", "aidev", "2025-05"),
        ("copilot", "copilot-swe-agent[bot]", "no-ai-marks git-ai", "2025-05"),
        ("copilot", "copilot-swe-agent", "no-ai-marks git-ai"),
        ("copilot", "app/copilot-swe-agent", "prarena"),
        ("cursor", "cursoragent", "aidev no-ai-marks", "2025-05"),
        ("cursor", "cursor[bot]", "git-ai no-ai-marks", "2025-06"),
        ("devin", "devin-ai-integration[bot]", "aidev prarena", "2024-12"),
        ("devin", "devin-ai-integration", "aidev prarena"),
        ("jules", "google-labs-jules[bot]", "prarena no-ai-marks", "2025-06"),
        ("openhands", "openhands-agent", "no-ai-marks cve"),
        ("openhands", "openhands-ai[bot]", "no-ai-marks"),
        ("codegen", "codegen-sh[bot]", "prarena no-ai-marks"),
        ("factory-droid", "factory-droid[bot]", "no-ai-marks aiblame"),
        ("roo", "roomote[bot]", "aiblame cve"),
        ("amazon-q", "amazon-q-developer[bot]", "no-ai-marks"),
        ("kiro", "kiro-agent", "no-ai-marks"),
        ("kiro", "kiro-agent[bot]", "no-ai-marks"),
        ("charlie", "charliecreates[bot]", "no-ai-marks"),
        ("charlie", "charliehelps", "no-ai-marks"),
        ("tembo", "tembo[bot]", "no-ai-marks"),
        ("gitauto", "gitauto-ai[bot]", "usage"),
        ("lovable", "lovable-dev[bot]", "usage"),
        ("v0", "v0[bot]", "usage"),
    ),
    *_marks(
        "login", MEDIUM,  # a partner or younger account; also reviews, or seen rarely
        ("claude-code", "anthropic-code-agent[bot]", "cve"),
        ("codex", "openai-code-agent[bot]", "cve"),
        ("gemini", "gemini-cli[bot]", "aiblame"),
        ("lovable", "gpt-engineer-app[bot]", "usage"),
        ("sweep", "sweep-ai[bot]", "eng-stats"),
        ("sweep", "sweep-ai-bot[bot]", "no-ai-marks"),
        ("coderabbit", "coderabbitai[bot]", "no-ai-marks chaoss"),
    ),
    *_marks(
        "email", HIGH,  # the commit address of the product's account
        ("claude-code", f"209825114+claude[bot]@{_NOREPLY}", "chaoss", "2025-05"),
        ("claude-code", "noreply@anthropic.com", "aidev git-ai dos-kernel", "2025-02"),
        ("claude-code", "no-reply@anthropic.com", "aidev", "2025-04"),
        ("codex", f"199175422+chatgpt-codex-connector[bot]@{_NOREPLY}", "chaoss aiblame"),
        ("copilot", f"198982749+copilot@{_NOREPLY}", "chaoss no-ai-marks git-ai", "2025-05"),
        ("copilot", f"223556219+copilot@{_NOREPLY}", "no-ai-marks", "2026-03"),
        ("cursor", "cursoragent@cursor.com", "aidev git-ai", "2025-06"),
        ("cursor", f"206951365+cursor[bot]@{_NOREPLY}", "chaoss"),
        ("devin", f"158243242+devin-ai-integration[bot]@{_NOREPLY}", "chaoss no-ai-marks git-ai", "2025-01"),
        ("jules", f"161369871+google-labs-jules[bot]@{_NOREPLY}", "no-ai-marks"),
        ("gemini", f"218195315+gemini-cli@{_NOREPLY}", "no-ai-marks"),
        ("openhands", "openhands@all-hands.dev", "no-ai-marks aiblame cve dos-kernel"),
        ("codegen", f"131295404+codegen-sh[bot]@{_NOREPLY}", "no-ai-marks"),
        ("factory-droid", f"138933559+factory-droid[bot]@{_NOREPLY}", "no-ai-marks", "2025-12"),
        ("factory-droid", "droid@factory.ai", "no-ai-marks"),
        ("factory-droid", "factory-droid@factory.ai", "no-ai-marks"),
        ("aider", "noreply@aider.chat", "chaoss cve dos-kernel"),
        ("aider", "aider@aider.chat", "no-ai-marks"),
        ("opencode", "noreply@opencode.ai", "aiblame", "2025-07"),
        ("roo", "roomote@roocode.com", "git-ai cve dos-kernel"),
        ("amazon-q", f"208079219+amazon-q-developer[bot]@{_NOREPLY}", "chaoss no-ai-marks"),
        ("kiro", "noreply@kiro.dev", "no-ai-marks"),
        ("kiro", f"244629292+kiro-agent@{_NOREPLY}", "no-ai-marks"),
        ("junie", "junie@jetbrains.com", "no-ai-marks"),
        ("charlie", "charlie@charlielabs.ai", "no-ai-marks"),
        ("amp", "amp@ampcode.com", "no-ai-marks aiblame", "2025-07"),
        ("crush", "crush@charm.land", "no-ai-marks"),
        ("qwen-code", "qwen-coder@alibabacloud.com", "no-ai-marks cve dos-kernel"),
        ("warp", "agent@warp.dev", "no-ai-marks cve"),
        ("warp", "oz-agent@warp.dev", "no-ai-marks cve"),
        ("continue", "noreply@continue.dev", "no-ai-marks"),
        ("ona", "no-reply@ona.com", "usage"),
        ("v0", f"v0[bot]@{_NOREPLY}", "usage"),
    ),
    *_marks(
        "email", MEDIUM,  # a second account, or one that people may share
        ("claude-code", f"208546643+claude-code-action[bot]@{_NOREPLY}", "chaoss"),
        ("claude-code", f"215619710+anthropic-claude[bot]@{_NOREPLY}", "chaoss"),
        ("claude-code", "claude@anthropic.com", "coderbuds cve", "2025-10"),
        ("codex", f"215057067+openai-codex[bot]@{_NOREPLY}", "chaoss"),
        ("copilot", f"167198135+copilot[bot]@{_NOREPLY}", "chaoss"),
        ("jetbrains-ai", f"220155983+jetbrains-ai[bot]@{_NOREPLY}", "chaoss"),
        ("continue", f"230936708+continue[bot]@{_NOREPLY}", "chaoss"),
        ("mistral-vibe", "vibe@mistral.ai", "cve"),
    ),
    *_marks(
        "email", LOW,  # not found in the product's source, or an address of ordinary people
        ("copilot", "copilot@github.com", "vscode no-ai-marks"),
        ("cline", f"205137888+cline[bot]@{_NOREPLY}", "chaoss"),
        ("cody", f"201248094+sourcegraph-cody[bot]@{_NOREPLY}", "chaoss"),
        ("zed", "zed@zed.dev", "no-ai-marks"),
        ("windsurf", "windsurf@codeium.com", "usage"),
        ("goose", "opensource@block.xyz", "no-ai-marks"),
    ),
    *_marks(
        "trailer", HIGH,  # the product writes it into its commits
        # A first name alone is not enough: people are called Claude. With the product's address
        # (an email mark above) or the model's name it is.
        ("claude-code", r"co-authored-by: claude (?:opus|sonnet|haiku|code|fable)[^<]{0,60}<[^>]{0,80}>", "chaoss histories", "2025-08"),
        ("claude-code", r"claude-session: https://claude\.ai/code/session_.{1,120}", "no-ai-marks", "2026-07"),
        ("codex", r"co-authored-by: codex(?: [^<]{1,40})? <(?:noreply|codex)@openai\.com>", "no-ai-marks aiblame cve", "2025-09"),
        ("cursor", r"co-authored-by: cursor(?: agent)? <cursoragent@cursor\.com>", "chaoss no-ai-marks", "2025-06"),
        ("cursor", r"made-with: cursor", "swarmia no-ai-marks", "2026-03"),
        ("replit", r"replit-commit-author: agent", "chaoss aiblame"),
        ("amp", r"amp-thread-id: https://ampcode\.com/threads/t-.{1,80}", "no-ai-marks aiblame", "2025-10"),
        ("aider", r"co-authored-by: aider(?: \([^)]{1,80}\))? <[^>]{0,80}aider\.(?:chat|dev)>", "no-ai-marks"),
    ),
    *_marks(
        "trailer", MEDIUM,  # says less than who wrote the code
        ("claude-code", r"co-authored-by: claude", "histories", "2025-05"),
        ("cursor", r"co-authored-by: cursor(?: agent)? <(?:noreply|cursor-agent)@cursor\.sh>", "histories", "2026-01"),
        ("copilot", r"agent-logs-url: .{1,200}", "eng-stats"),
        ("rovo-dev", r"co-authored-by: atlassian rovo dev.{0,80}", "cve"),
        ("replit", r"replit-commit-session-id: [0-9a-f-]{36}", "chaoss"),
        ("replit", r"replit-commit-checkpoint-type: full_checkpoint", "usage"),
        # A recorded session; which agent it was stands in a branch of its own.
        ("entire", r"entire-checkpoint: [0-9a-f]{12}", "chaoss"),
    ),
    *_marks(
        "trailer", LOW,  # may be a chat's answer that a person committed
        ("replit", r"replit-commit-author: assistant", "chaoss"),
    ),
    *_marks(
        "body", HIGH,  # text or a link the product leaves in the pull request or the commit
        ("claude-code", "generated with [claude code](", "no-ai-marks chaoss aidev", "2025-02"),
        ("claude-code", "_generated by [claude code](https://claude.ai/code", "no-ai-marks"),
        ("claude-code", "claude.ai/code/session_", "no-ai-marks", "2026-02"),
        ("codex", "chatgpt.com/codex/tasks/", "no-ai-marks aidev", "2025-05"),
        ("codex", "chatgpt.com/codex/cloud/tasks/", "no-ai-marks"),
        ("codex", "chatgpt.com/s/cd_", "aidev"),
        ("codex", "generated with [codex](https://openai.com/codex", "no-ai-marks"),
        ("copilot", "<!-- start copilot coding agent suffix -->", "no-ai-marks aidev"),
        ("copilot", "<!-- start copilot coding agent tips -->", "no-ai-marks", "2025-06"),
        ("copilot", "<!-- start copilot original prompt -->", "no-ai-marks"),
        ("copilot", "gh.io/copilot-coding-agent-tips", "no-ai-marks", "2025-05"),
        ("copilot", "this pull request was created from copilot chat", "no-ai-marks"),
        ("cursor", "cursor.com/agents/bc-", "no-ai-marks", "2026-05"),
        ("devin", "app.devin.ai/sessions/", "no-ai-marks aidev", "2024-12"),
        ("devin", "link to devin run", "aidev", "2024-12"),
        ("devin", "link to devin session", "aidev", "2025-05"),
        ("jules", "pr created automatically by jules for task [", "no-ai-marks"),
        ("openhands", "automatic fix generated by [openhands]", "no-ai-marks"),
        ("codegen", "codegen.com/agent/trace/", "no-ai-marks"),
        ("sweep", "to get sweep to edit this pull request", "no-ai-marks"),
        ("factory-droid", "app.factory.ai/sessions/", "no-ai-marks"),
        ("opencode", "generated with opencode", "no-ai-marks aiblame"),
        ("opencode", "generated with [opencode]", "no-ai-marks aiblame", "2025-07"),
        ("continue", "generated with [continue](https://continue.dev)", "no-ai-marks"),
        ("crush", "💘 generated with crush", "no-ai-marks"),
        ("crush", "💘 generated with [crush]", "no-ai-marks"),
        ("tembo", "app.tembo.io/sessions/", "no-ai-marks"),
        ("coderabbit", "app.coderabbit.ai/code/tasks/", "no-ai-marks"),
    ),
    *_marks(
        "body", MEDIUM,  # text that people quote too
        ("cursor", "cursor.com/background-agent", "coderbuds", "2026-05"),
        ("conductor", "changes auto-committed by conductor", "cve"),
    ),
    *_marks(
        "branch", HIGH,  # all there is on 53.5 % of AIDev's Codex pull requests
        ("codex", r"codex/.+", "prarena no-ai-marks", "2025-05"),
        ("copilot", r"copilot/.+", "prarena no-ai-marks", "2025-05"),
        ("cursor", r"cursor/.+", "prarena no-ai-marks", "2025-06"),
        ("devin", r"devin/.+", "no-ai-marks", "2024-12"),
        ("sweep", r"sweep/.+", "no-ai-marks eng-stats"),
        ("tembo", r"tembo/.+", "no-ai-marks"),
        ("openhands", r"openhands-fix-issue-\d+.*", "no-ai-marks"),
        ("amazon-q", r"[Qq]-[Dd][Ee][Vv]-issue-\d+-\d+.*", "no-ai-marks"),
    ),
    *_marks(
        "branch", MEDIUM,  # people use it by hand as well
        ("claude-code", r"claude/.+", "no-ai-marks", "2026-07"),
        ("codex", r"[A-Za-z0-9-]{1,39}-codex/.+", "coderbuds"),
        ("jules", r"jules-\d+-[0-9a-f]{8}.*", "no-ai-marks"),
        ("coderabbit", r"coderabbit/.+", "no-ai-marks"),
        ("gitauto", r"gitauto/.+", "usage"),
    ),
    *_marks("branch", LOW, ("windsurf", r"windsurf[/-].+", "coderbuds")),
    *_marks("label", HIGH, ("claude-code", "claude-code-assisted", "swarmia")),
    *_marks("label", LOW, ("codex", "codex", "coderbuds"), ("copilot", "copilot", "coderbuds")),
)  # fmt: skip

HARNESSES: Mapping[str, str] = {
    "aider": "aider",
    "amp": "amp",
    "claude": "claude-code",
    "claude-code": "claude-code",
    "claude code": "claude-code",
    "codex": "codex",
    "codex-cli": "codex",
    "copilot": "copilot",
    "github-copilot": "copilot",
    "crush": "crush",
    "cursor": "cursor",
    "devin": "devin",
    "droid": "factory-droid",
    "gemini": "gemini",
    "gemini-cli": "gemini",
    "goose": "goose",
    "junie": "junie",
    "kiro": "kiro",
    "opencode": "opencode",
    "qwen-code": "qwen-code",
    "windsurf": "windsurf",
}
"""What an agent calls itself where the form, not the name, is the mark: `Assisted-by: NAME:MODEL` as the
Linux kernel asks for (Documentation/process/coding-assistants.rst), and the tool of a git-ai note."""

AUTOMATION = frozenset(
    {
        "dependabot[bot]",
        "renovate[bot]",
        "github-actions[bot]",
        "pre-commit-ci[bot]",
        "autofix-ci[bot]",
        "mergify[bot]",
        "imgbot[bot]",
        "allcontributors[bot]",
        "release-please[bot]",
        "getsantry[bot]",
        "snyk-bot",
        "greenkeeper[bot]",
        "codecov[bot]",
        "vercel[bot]",
        "netlify[bot]",
        "sonarcloud[bot]",
        "changeset-bot[bot]",
        "github-advanced-security[bot]",
    }
)
"""Automation that is neither a person nor a coding agent."""

REVIEW_AGENTS: Mapping[str, str] = {
    "coderabbitai": "coderabbit",
    "codiumai-pr-agent-pro": "qodo",
    "copilot-pull-request-reviewer": "copilot-review",
    "cubic-dev-ai": "cubic",
    "ellipsis-dev": "ellipsis",
    "gemini-code-assist": "gemini-review",
    "graphite-app": "graphite",
    "greptile-apps": "greptile",
    "qodo-merge-for-open-source": "qodo",
    "qodo-merge-pro": "qodo",
    "seer-by-sentry": "seer",
    "sourcery-ai": "sourcery",
}
"""Bots that review, by login without `[bot]`. A commit of theirs is a suggestion that somebody applied:
they are reviewers of that pull request, never its authors, and their words are no person's."""

REVIEW_ADDRESSES: Mapping[str, str] = {f"175728472+copilot@{_NOREPLY}": "copilot-review"}
"""Addresses of review bots that do not spell their login (GitHub puts this one on applied suggestions)."""

REVIEWERS = frozenset(REVIEW_AGENTS) | {f"{login}[bot]" for login in REVIEW_AGENTS}

WRONG_LOGINS = frozenset(
    {
        "devin[bot]",
        "cursor-agent[bot]",
        "chatgpt-codex[bot]",
        "claude-code[bot]",
        "copilot[bot]",
        "github-copilot[bot]",
        "devin-ai[bot]",
        "claude-by-anthropic[bot]",
        "claude-bot",
        "cursor-bot",
        "devin-bot",
    }
)
"""Logins that detectors in use list although no product has them; anybody may register one."""


def agents() -> list[str]:
    """Every agent that can be recognised as an author, alphabetical."""
    return sorted({mark.agent for mark in MARKS})


def review_agents() -> list[str]:
    """Every product that can be recognised as a reviewer, alphabetical."""
    return sorted({*REVIEW_AGENTS.values(), *REVIEW_ADDRESSES.values()})
