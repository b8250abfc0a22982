-- One comment in a pull request's conversation.
-- layer: observed
-- key: comment_id
CREATE TABLE comment (
    comment_id         VARCHAR NOT NULL,
    pull_request_id    VARCHAR NOT NULL,
    author_login       VARCHAR,
    author_type        VARCHAR,
    author_association VARCHAR,
    body               VARCHAR,
    created_at         TIMESTAMP,
    created_us         BIGINT
);
