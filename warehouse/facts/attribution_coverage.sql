-- One row per kind of evidence that decided a pull request's lead agent.
-- key: method
-- method: kind of the evidence; none where the agent is unknown
-- pull_requests: pull requests decided by it
SELECT COALESCE(agent_method, 'none') AS method, COUNT(*) AS pull_requests
FROM pull_request_outcome
GROUP BY COALESCE(agent_method, 'none')
