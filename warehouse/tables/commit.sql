-- One row per commit on the default branch of a repository, read from a clone.
-- layer: observed
-- key: repo, sha
CREATE TABLE commit (
    repo                VARCHAR NOT NULL,
    sha                 VARCHAR NOT NULL,
    author_name         VARCHAR,
    author_email        VARCHAR,
    committer_name      VARCHAR,
    committer_email     VARCHAR,
    message             VARCHAR,
    authored_at         TIMESTAMP,
    authored_us         BIGINT,
    committed_at        TIMESTAMP,
    committed_us        BIGINT,
    parent_count        BIGINT,                        -- 2 or more is a merge
    pull_request_number BIGINT,                        -- from "(#12)" or "Merge pull request #12" in the subject
    reverts_sha         VARCHAR,                       -- from "This reverts commit <sha>"
    reverts_number      BIGINT                         -- from "Reverts #12" or "Reverts owner/name#12"
);
