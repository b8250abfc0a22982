-- One version of one instruction file (AGENTS.md, CLAUDE.md, SKILL.md ...) on the default branch.
-- layer: observed
-- key: repo, path, sha
CREATE TABLE instruction_file_version (
    repo         VARCHAR NOT NULL,
    path         VARCHAR NOT NULL,
    sha          VARCHAR NOT NULL,                     -- the commit
    change       VARCHAR,                              -- added | modified | removed
    blob_sha     VARCHAR,
    text         VARCHAR,                              -- null when removed
    committed_at TIMESTAMP,
    committed_us BIGINT
);
