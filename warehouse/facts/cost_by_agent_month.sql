-- One row per agent, month, currency and basis of cost, costs of no pull request included.
-- key: agent, month, currency, basis
-- agent: the agent the bill names, else the pull request's lead agent, else unknown
-- month: first day of the month the costs' period starts in
-- currency: currency of the amount
-- basis: billed, estimated or unpriced
-- lines: cost lines
-- amount: their sum; null when unpriced
WITH named AS (
    SELECT
        COALESCE(u.agent, r.agent, o.agent, 'unknown') AS agent,
        DATE_TRUNC('MONTH', u.period_start_at) AS month,
        u.currency, u.basis, u.amount
    FROM usage_cost AS u
    LEFT JOIN agent_run AS r ON r.agent_run_id = u.agent_run_id
    LEFT JOIN pull_request_outcome AS o
        ON o.pull_request_id = COALESCE(u.pull_request_id, r.pull_request_id)
)
SELECT agent, month, currency, basis, COUNT(*) AS lines, SUM(amount) AS amount
FROM named
GROUP BY agent, month, currency, basis
