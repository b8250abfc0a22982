-- One customer complaint.
-- layer: observed
-- key: complaint_id
CREATE TABLE complaint (
    complaint_id    VARCHAR NOT NULL,
    channel         VARCHAR,
    repo            VARCHAR,
    title           VARCHAR,
    text            VARCHAR,
    severity        VARCHAR,
    product_version VARCHAR,
    pull_request_id VARCHAR,                           -- as stated by the source, not inferred
    created_at      TIMESTAMP,
    created_us      BIGINT
);
