-- One attempt of one CI workflow.
-- layer: observed
-- key: run_id, attempt
CREATE TABLE workflow_run (
    run_id          VARCHAR NOT NULL,
    attempt         BIGINT NOT NULL,
    repo            VARCHAR NOT NULL,
    pull_request_id VARCHAR,
    name            VARCHAR,
    trigger_event   VARCHAR,
    actor_login     VARCHAR,
    head_sha        VARCHAR,
    head_repo       VARCHAR,                           -- differs from repo on a fork
    conclusion      VARCHAR,
    started_at      TIMESTAMP,
    started_us      BIGINT,
    completed_at    TIMESTAMP,
    completed_us    BIGINT
);
