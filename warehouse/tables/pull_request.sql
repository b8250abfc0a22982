-- One row per pull request.
-- layer: observed
-- key: pull_request_id
CREATE TABLE pull_request (
    pull_request_id    VARCHAR NOT NULL,               -- owner/name#number
    repo               VARCHAR NOT NULL,
    number             BIGINT NOT NULL,
    node_id            VARCHAR,
    title              VARCHAR,
    body               VARCHAR,
    state              VARCHAR NOT NULL,               -- open | closed | merged
    is_draft           BOOLEAN,
    author_login       VARCHAR,                        -- null for a deleted account
    author_type        VARCHAR,                        -- User | Bot
    author_association VARCHAR,                        -- OWNER, MEMBER, COLLABORATOR, CONTRIBUTOR, NONE ...
    head_ref           VARCHAR,
    head_repo          VARCHAR,
    head_sha           VARCHAR,
    base_ref           VARCHAR,
    merge_commit_sha   VARCHAR,
    merged_by_login    VARCHAR,
    created_at         TIMESTAMP,
    created_us         BIGINT,
    ready_at           TIMESTAMP,                      -- when it stopped being a draft; null when the source does not say
    ready_us           BIGINT,
    closed_at          TIMESTAMP,
    closed_us          BIGINT,
    merged_at          TIMESTAMP,
    merged_us          BIGINT,
    additions          BIGINT,
    deletions          BIGINT,
    changed_files      BIGINT,
    labels             VARCHAR,                        -- JSON array of names
    stated_agent       VARCHAR,                        -- the agent the source itself states: manual evidence
    merges_only        BOOLEAN                         -- true when the source shows merged pull requests only (a git history): shares of them mean nothing
);
