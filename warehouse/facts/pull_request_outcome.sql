-- One row per pull request: what became of it.
-- key: pull_request_id
-- pull_request_id: owner/name#number
-- repo: owner/name
-- number: its number in the repository
-- title: as its author wrote it
-- agent: the lead agent, among evidence of confidence 0.5 or more: an agent before a person, then the highest rung, then confidence, then id; else unknown
-- agent_confidence: confidence of the evidence for the lead agent
-- agent_method: kind of the evidence for the lead agent
-- model: the lead agent's model, when some evidence names it
-- state: open, closed (unmerged) or merged
-- created_at: when it was created
-- created_us: the same, in microseconds since 1970
-- ready_us: when it stopped being a draft
-- closed_us: when it was closed or merged
-- merged_us: when it was merged
-- opened_week: the Monday of the week it was created in
-- merged: state is merged
-- hours_to_merge: from created to merged; null when not merged, or when the times contradict each other
-- hours_to_reject: from created to closed unmerged; null likewise
-- human_reviewed: a person other than its author reviewed it, comments included
-- first_review_verdict: the first decisive human review: APPROVED or CHANGES_REQUESTED
-- passed_first_review: approved first, changes never requested, nothing pushed after the first human review; null while no person has reviewed it
-- rescued: somebody who is neither its author nor a bot committed to it; null when no commit's account is known
-- first_ci_verdict: failure if the first attempt of any check failed, success if one succeeded and none failed
-- reverted: a merged commit or pull request says that it reverts this one (a lower bound: fixes forward say nothing)
-- revert_us: when it was first reverted
-- escaped: linked with confidence 0.5 or more to an incident or a complaint; null while the warehouse has neither
-- failures: failures found on it
-- cost: what its agent runs cost; null when nothing priced is known, or in more than one currency
-- cost_currency: the currency of cost
-- cost_basis: billed, estimated, mixed (both), or unpriced
-- size_lines: lines added and deleted
-- task_type: conventional-commit prefix of the title, else other
-- size_band: XS under 10 lines, S under 50, M under 200, L under 1000, else XL
-- survived_14d: merged at least 14 days ago, not reverted within 14 days, not escaped; null when unmerged or too young
-- merges_only: from a source that shows merged pull requests only: shares leave it out
-- is_mature: created at least 14 days before the warehouse's as_of
WITH clock AS (
    SELECT MAX(as_of_us) AS as_of_us, MAX(as_of_us) - 1209600000000 AS mature_us
    FROM run_context
),
lead_ranked AS (
    SELECT
        pull_request_id, agent, confidence, method, model,
        MIN(model) OVER (PARTITION BY pull_request_id, agent) AS any_model,
        ROW_NUMBER() OVER (
            PARTITION BY pull_request_id
            ORDER BY
                CASE WHEN agent = 'human' THEN 1 ELSE 0 END,
                rung, confidence DESC, agent, method, evidence
        ) AS place
    FROM authorship
    -- Below that a mark is as likely an editor's default as an agent's work (microsoft/vscode#313064).
    WHERE role IN ('author', 'co-author') AND confidence >= 0.5
),
-- A person: not a bot and not the author. A deleted account has no login and was a person's.
human_review AS (
    SELECT r.pull_request_id, r.review_id, r.state, r.submitted_us
    FROM review AS r
    JOIN pull_request AS p ON p.pull_request_id = r.pull_request_id
    WHERE COALESCE(r.state, 'COMMENTED') <> 'PENDING'
        AND COALESCE(r.author_type, 'User') <> 'Bot'
        AND COALESCE(r.author_login, '') NOT LIKE '%[bot]'
        AND (
            r.author_login IS NULL
            OR p.author_login IS NULL
            OR LOWER(r.author_login) <> LOWER(p.author_login)
        )
),
reviewed AS (
    SELECT
        pull_request_id,
        MIN(submitted_us) AS first_us,
        SUM(CASE WHEN state = 'CHANGES_REQUESTED' THEN 1 ELSE 0 END) AS changes_requested
    FROM human_review
    GROUP BY pull_request_id
),
decisive AS (
    SELECT
        pull_request_id, state,
        ROW_NUMBER() OVER (
            PARTITION BY pull_request_id ORDER BY submitted_us NULLS LAST, review_id
        ) AS place
    FROM human_review
    WHERE state IN ('APPROVED', 'CHANGES_REQUESTED')
),
push AS (
    -- A clone shows the squash or merge that landed it as well; nobody pushed that for review.
    SELECT pull_request_id, committed_us AS pushed_us
    FROM pull_request_commit
    WHERE is_landing IS NOT TRUE
    UNION ALL
    SELECT pull_request_id, created_us AS pushed_us
    FROM timeline_event
    WHERE event = 'head_ref_force_pushed'
),
pushed AS (
    SELECT pull_request_id, MAX(pushed_us) AS last_us FROM push GROUP BY pull_request_id
),
-- Agents' accounts that are not marked [bot]: the accounts `claude`, `codex`, `Copilot`,
-- `cursoragent` and `openhands-agent` on GitHub. Bringing a branch up to date rescues nothing.
commits_of AS (
    SELECT
        c.pull_request_id,
        COUNT(c.author_login) AS known,
        SUM(
            CASE
                WHEN c.author_login IS NULL OR c.author_login LIKE '%[bot]' THEN 0
                WHEN LOWER(c.author_login) IN (
                    'claude', 'codex', 'copilot', 'cursoragent', 'openhands-agent', 'web-flow'
                ) THEN 0
                WHEN p.author_login IS NULL OR LOWER(c.author_login) = LOWER(p.author_login) THEN 0
                WHEN c.message LIKE 'Merge branch %' OR c.message LIKE 'Merge remote-tracking %'
                    OR c.message LIKE 'Merge pull request %' THEN 0
                ELSE 1
            END
        ) AS foreign_commits
    FROM pull_request_commit AS c
    JOIN pull_request AS p ON p.pull_request_id = c.pull_request_id
    WHERE c.is_landing IS NOT TRUE
    GROUP BY c.pull_request_id
),
first_check AS (
    SELECT
        pull_request_id, conclusion,
        ROW_NUMBER() OVER (
            PARTITION BY pull_request_id, name
            ORDER BY started_us NULLS LAST, attempt NULLS LAST, check_run_id
        ) AS place
    FROM check_run
    WHERE pull_request_id IS NOT NULL
),
ci AS (
    SELECT
        pull_request_id,
        MAX(CASE WHEN conclusion IN ('failure', 'timed_out', 'startup_failure') THEN 1 ELSE 0 END) AS failed,
        MAX(CASE WHEN conclusion = 'success' THEN 1 ELSE 0 END) AS succeeded
    FROM first_check
    WHERE place = 1
    GROUP BY pull_request_id
),
-- GitHub's revert button writes "Reverts owner/name#12" into the body, git writes
-- "This reverts commit <sha>." into the message.
revert_statement AS (
    SELECT
        repo,
        CAST(NULLIF(REGEXP_EXTRACT(body, 'Reverts [A-Za-z0-9_./-]*#([0-9]{1,9})', 1), '') AS BIGINT) AS number,
        CAST(NULL AS STRING) AS sha,
        merged_us AS revert_us
    FROM pull_request
    WHERE state = 'merged'
    UNION ALL
    SELECT
        c.repo,
        CAST(NULL AS BIGINT) AS number,
        NULLIF(REGEXP_EXTRACT(c.message, 'This reverts commit ([0-9a-f]{40})', 1), '') AS sha,
        p.merged_us AS revert_us
    FROM pull_request_commit AS c
    JOIN pull_request AS p ON p.pull_request_id = c.pull_request_id
    WHERE p.state = 'merged'
    UNION ALL
    SELECT repo, reverts_number AS number, CAST(NULL AS STRING) AS sha, committed_us AS revert_us
    FROM commit
    UNION ALL
    SELECT repo, CAST(NULL AS BIGINT) AS number, reverts_sha AS sha, committed_us AS revert_us
    FROM commit
),
revert_of AS (
    SELECT p.pull_request_id, s.revert_us
    FROM revert_statement AS s
    JOIN pull_request AS p ON p.repo = s.repo AND p.number = s.number
    WHERE p.state = 'merged' AND s.number IS NOT NULL
    UNION ALL
    SELECT p.pull_request_id, s.revert_us
    FROM revert_statement AS s
    JOIN pull_request AS p ON p.repo = s.repo AND p.merge_commit_sha = s.sha
    WHERE p.state = 'merged' AND s.sha IS NOT NULL
    UNION ALL
    SELECT f.pull_request_id, f.happened_us AS revert_us
    FROM failure AS f
    WHERE f.kind = 'reverted'
),
reverts AS (
    SELECT r.pull_request_id, MIN(r.revert_us) AS revert_us
    FROM revert_of AS r
    JOIN pull_request AS p ON p.pull_request_id = r.pull_request_id
    WHERE r.revert_us IS NULL OR p.merged_us IS NULL OR r.revert_us >= p.merged_us
    GROUP BY r.pull_request_id
),
escapes AS (
    SELECT pull_request_id FROM incident_link WHERE confidence >= 0.5
    UNION
    SELECT pull_request_id FROM complaint_link WHERE confidence >= 0.5
),
outside_world AS (
    SELECT SUM(n) AS n
    FROM (
        SELECT COUNT(*) AS n FROM incident
        UNION ALL
        SELECT COUNT(*) AS n FROM complaint
    ) AS seen
),
found AS (
    SELECT pull_request_id, COUNT(*) AS failures FROM failure GROUP BY pull_request_id
),
cost_line AS (
    SELECT COALESCE(u.pull_request_id, r.pull_request_id) AS pull_request_id, u.amount, u.currency, u.basis
    FROM usage_cost AS u
    LEFT JOIN agent_run AS r ON r.agent_run_id = u.agent_run_id
),
costs AS (
    SELECT
        pull_request_id,
        SUM(amount) AS amount,
        MIN(CASE WHEN amount IS NOT NULL THEN COALESCE(currency, '') END) AS currency,
        MAX(CASE WHEN amount IS NOT NULL THEN COALESCE(currency, '') END) AS other_currency,
        MIN(CASE WHEN amount IS NOT NULL THEN basis END) AS basis,
        MAX(CASE WHEN amount IS NOT NULL THEN basis END) AS other_basis
    FROM cost_line
    WHERE pull_request_id IS NOT NULL
    GROUP BY pull_request_id
),
joined AS (
    SELECT
        p.pull_request_id, p.repo, p.number, p.title, LOWER(LTRIM(p.title)) AS subject,
        p.state, p.created_at, p.created_us, p.ready_us, p.closed_us, p.merged_us,
        p.additions + p.deletions AS size_lines,
        COALESCE(p.merges_only, FALSE) AS merges_only,
        p.state = 'merged' AS merged,
        COALESCE(l.agent, 'unknown') AS agent,
        l.confidence AS agent_confidence,
        l.method AS agent_method,
        COALESCE(l.model, l.any_model) AS model,
        h.pull_request_id IS NOT NULL AS human_reviewed,
        h.changes_requested,
        d.state AS first_review_verdict,
        COALESCE(w.last_us > h.first_us, FALSE) AS pushed_after_review,
        CASE WHEN m.known > 0 THEN m.foreign_commits > 0 END AS rescued,
        CASE WHEN ci.failed = 1 THEN 'failure' WHEN ci.succeeded = 1 THEN 'success' END AS first_ci_verdict,
        v.pull_request_id IS NOT NULL AS reverted,
        v.revert_us,
        CASE WHEN e.pull_request_id IS NOT NULL THEN TRUE WHEN o.n > 0 THEN FALSE END AS escaped,
        COALESCE(f.failures, 0) AS failures,
        CASE WHEN k.currency = k.other_currency THEN k.amount END AS cost,
        CASE WHEN k.currency = k.other_currency THEN NULLIF(k.currency, '') END AS cost_currency,
        CASE
            WHEN k.pull_request_id IS NULL THEN NULL
            WHEN k.basis IS NULL THEN 'unpriced'
            WHEN k.basis = k.other_basis THEN k.basis
            ELSE 'mixed'
        END AS cost_basis,
        t.mature_us
    FROM pull_request AS p
    CROSS JOIN clock AS t
    CROSS JOIN outside_world AS o
    LEFT JOIN lead_ranked AS l ON l.pull_request_id = p.pull_request_id AND l.place = 1
    LEFT JOIN reviewed AS h ON h.pull_request_id = p.pull_request_id
    LEFT JOIN decisive AS d ON d.pull_request_id = p.pull_request_id AND d.place = 1
    LEFT JOIN pushed AS w ON w.pull_request_id = p.pull_request_id
    LEFT JOIN commits_of AS m ON m.pull_request_id = p.pull_request_id
    LEFT JOIN ci ON ci.pull_request_id = p.pull_request_id
    LEFT JOIN reverts AS v ON v.pull_request_id = p.pull_request_id
    LEFT JOIN escapes AS e ON e.pull_request_id = p.pull_request_id
    LEFT JOIN found AS f ON f.pull_request_id = p.pull_request_id
    LEFT JOIN costs AS k ON k.pull_request_id = p.pull_request_id
)
SELECT
    pull_request_id,
    repo,
    number,
    title,
    agent,
    agent_confidence,
    agent_method,
    model,
    state,
    created_at,
    created_us,
    ready_us,
    closed_us,
    merged_us,
    DATE_TRUNC('WEEK', created_at) AS opened_week,
    merged,
    CASE
        WHEN merged AND merged_us >= created_us
            THEN CAST(merged_us - created_us AS DOUBLE) / 3600000000
    END AS hours_to_merge,
    CASE
        WHEN state = 'closed' AND closed_us >= created_us
            THEN CAST(closed_us - created_us AS DOUBLE) / 3600000000
    END AS hours_to_reject,
    human_reviewed,
    first_review_verdict,
    CASE
        WHEN human_reviewed
            THEN COALESCE(first_review_verdict, '') = 'APPROVED'
                AND changes_requested = 0
                AND NOT pushed_after_review
    END AS passed_first_review,
    rescued,
    first_ci_verdict,
    reverted,
    revert_us,
    escaped,
    failures,
    cost,
    cost_currency,
    cost_basis,
    size_lines,
    CASE
        WHEN subject IS NULL THEN NULL
        WHEN subject LIKE 'feat:%' OR subject LIKE 'feat(%' OR subject LIKE 'feat!:%' THEN 'feat'
        WHEN subject LIKE 'fix:%' OR subject LIKE 'fix(%' OR subject LIKE 'fix!:%' THEN 'fix'
        WHEN subject LIKE 'docs:%' OR subject LIKE 'docs(%' OR subject LIKE 'docs!:%' THEN 'docs'
        WHEN subject LIKE 'test:%' OR subject LIKE 'test(%' OR subject LIKE 'test!:%' THEN 'test'
        WHEN subject LIKE 'refactor:%' OR subject LIKE 'refactor(%' OR subject LIKE 'refactor!:%' THEN 'refactor'
        WHEN subject LIKE 'perf:%' OR subject LIKE 'perf(%' OR subject LIKE 'perf!:%' THEN 'perf'
        WHEN subject LIKE 'chore:%' OR subject LIKE 'chore(%' OR subject LIKE 'chore!:%' THEN 'chore'
        WHEN subject LIKE 'ci:%' OR subject LIKE 'ci(%' OR subject LIKE 'ci!:%' THEN 'ci'
        WHEN subject LIKE 'build:%' OR subject LIKE 'build(%' OR subject LIKE 'build!:%' THEN 'build'
        WHEN subject LIKE 'style:%' OR subject LIKE 'style(%' OR subject LIKE 'style!:%' THEN 'style'
        WHEN subject LIKE 'revert:%' OR subject LIKE 'revert(%' OR subject LIKE 'revert "%' THEN 'revert'
        ELSE 'other'
    END AS task_type,
    CASE
        WHEN size_lines IS NULL OR size_lines < 0 THEN NULL
        WHEN size_lines < 10 THEN 'XS'
        WHEN size_lines < 50 THEN 'S'
        WHEN size_lines < 200 THEN 'M'
        WHEN size_lines < 1000 THEN 'L'
        ELSE 'XL'
    END AS size_band,
    CASE
        WHEN merged AND merged_us <= mature_us
            THEN NOT COALESCE(escaped, FALSE)
                AND NOT (reverted AND COALESCE(revert_us - merged_us <= 1209600000000, TRUE))
    END AS survived_14d,
    merges_only,
    COALESCE(created_us <= mature_us, FALSE) AS is_mature
FROM joined
