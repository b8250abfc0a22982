-- Which arm a pull request was in.
-- layer: concluded
-- key: experiment_id, pull_request_id
CREATE TABLE assignment (
    experiment_id   VARCHAR NOT NULL,
    pull_request_id VARCHAR NOT NULL,
    arm             VARCHAR NOT NULL,                  -- control | treatment
    assigned_at     TIMESTAMP,
    assigned_us     BIGINT
);
