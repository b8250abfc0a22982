-- One attempt of one check (a CI job or a commit status).
-- layer: observed
-- key: check_run_id
CREATE TABLE check_run (
    check_run_id    VARCHAR NOT NULL,
    repo            VARCHAR NOT NULL,
    pull_request_id VARCHAR,
    run_id          VARCHAR,
    name            VARCHAR NOT NULL,
    app             VARCHAR,
    attempt         BIGINT,
    head_sha        VARCHAR,
    is_fork         BOOLEAN,                           -- a fork's or outsider's run supports no rule
    status          VARCHAR,
    conclusion      VARCHAR,                           -- success | failure | timed_out | cancelled | skipped | neutral | action_required
    summary         VARCHAR,
    started_at      TIMESTAMP,
    started_us      BIGINT,
    completed_at    TIMESTAMP,
    completed_us    BIGINT
);
