-- One issue of a repository.
-- layer: observed
-- key: issue_id
CREATE TABLE issue (
    issue_id     VARCHAR NOT NULL,                     -- owner/name#number
    repo         VARCHAR NOT NULL,
    number       BIGINT NOT NULL,
    title        VARCHAR,
    body         VARCHAR,
    state        VARCHAR,
    author_login VARCHAR,
    labels       VARCHAR,                              -- JSON array of names
    created_at   TIMESTAMP,
    created_us   BIGINT,
    closed_at    TIMESTAMP,
    closed_us    BIGINT
);
