-- One comment on a line of a pull request's diff.
-- layer: observed
-- key: review_comment_id
CREATE TABLE review_comment (
    review_comment_id  VARCHAR NOT NULL,
    pull_request_id    VARCHAR NOT NULL,
    review_id          VARCHAR,
    thread_id          VARCHAR,
    is_resolved        BOOLEAN,
    author_login       VARCHAR,
    author_type        VARCHAR,
    author_association VARCHAR,
    path               VARCHAR,
    line               BIGINT,
    diff_hunk          VARCHAR,
    body               VARCHAR,
    created_at         TIMESTAMP,
    created_us         BIGINT
);
