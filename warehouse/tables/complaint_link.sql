-- A pull request that may have caused a complaint.
-- layer: concluded
-- key: complaint_id, pull_request_id, method
CREATE TABLE complaint_link (
    complaint_id    VARCHAR NOT NULL,
    pull_request_id VARCHAR NOT NULL,
    method          VARCHAR NOT NULL,
    confidence      DOUBLE NOT NULL,
    evidence        VARCHAR
);
