-- When a rule's line stood on the default branch, read back from git.
-- layer: concluded
-- key: rule_id, repo, path, from_us
CREATE TABLE exposure (
    rule_id VARCHAR NOT NULL,
    repo    VARCHAR NOT NULL,
    path    VARCHAR NOT NULL,
    from_us BIGINT NOT NULL,
    to_us   BIGINT                                     -- null while it still stands
);
