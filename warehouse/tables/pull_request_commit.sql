-- The commits of a pull request before any squash, in order.
-- layer: observed
-- key: pull_request_id, sha
CREATE TABLE pull_request_commit (
    pull_request_id VARCHAR NOT NULL,
    sha             VARCHAR NOT NULL,
    repo            VARCHAR NOT NULL,
    position        BIGINT,                            -- 0 is the oldest
    is_landing      BOOLEAN,                           -- true: the squash or merge on the default branch, not a commit pushed to the pull request
    author_login    VARCHAR,
    author_name     VARCHAR,
    author_email    VARCHAR,
    committer_login VARCHAR,
    committer_email VARCHAR,
    message         VARCHAR,
    authored_at     TIMESTAMP,
    authored_us     BIGINT,
    committed_at    TIMESTAMP,
    committed_us    BIGINT
);
