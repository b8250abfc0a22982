-- One run of a coding agent.
-- layer: observed
-- key: agent_run_id
CREATE TABLE agent_run (
    agent_run_id    VARCHAR NOT NULL,
    agent           VARCHAR NOT NULL,
    model           VARCHAR,
    repo            VARCHAR,
    pull_request_id VARCHAR,
    outcome         VARCHAR,
    experiment_id   VARCHAR,                           -- the experiment this run was assigned in, if any
    arm             VARCHAR,                           -- control | treatment
    started_at      TIMESTAMP,
    started_us      BIGINT,
    ended_at        TIMESTAMP,
    ended_us        BIGINT
);
