-- One row per failure mode and week in which it happened.
-- key: failure_mode_id, week
-- failure_mode_id: the failure mode
-- week: the Monday of the week; null for failures whose time is not known
-- failures: failures of the mode in that week
-- pull_requests: pull requests it was seen on in that week
SELECT
    m.failure_mode_id,
    DATE_TRUNC('WEEK', f.happened_at) AS week,
    COUNT(*) AS failures,
    COUNT(DISTINCT f.pull_request_id) AS pull_requests
FROM failure_mode_member AS m
JOIN failure AS f ON f.failure_id = m.failure_id
GROUP BY m.failure_mode_id, DATE_TRUNC('WEEK', f.happened_at)
