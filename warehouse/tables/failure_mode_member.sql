-- Which failures make up a failure mode.
-- layer: concluded
-- key: failure_mode_id, failure_id
CREATE TABLE failure_mode_member (
    failure_mode_id VARCHAR NOT NULL,
    failure_id      VARCHAR NOT NULL,
    pull_request_id VARCHAR NOT NULL
);
