-- The kept part of one failed job's log: head and tail, at most 64 KiB.
-- layer: observed
-- key: check_run_id, chunk
CREATE TABLE ci_log_chunk (
    check_run_id    VARCHAR NOT NULL,
    chunk           BIGINT NOT NULL,
    repo            VARCHAR NOT NULL,
    pull_request_id VARCHAR,
    text            VARCHAR NOT NULL
);
