-- One submitted review.
-- layer: observed
-- key: review_id
CREATE TABLE review (
    review_id          VARCHAR NOT NULL,
    pull_request_id    VARCHAR NOT NULL,
    author_login       VARCHAR,
    author_type        VARCHAR,
    author_association VARCHAR,
    state              VARCHAR,                        -- APPROVED | CHANGES_REQUESTED | COMMENTED | DISMISSED | PENDING
    body               VARCHAR,
    submitted_at       TIMESTAMP,
    submitted_us       BIGINT
);
