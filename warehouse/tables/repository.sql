-- One row per repository seen by any source.
-- layer: observed
-- key: repo
CREATE TABLE repository (
    repo           VARCHAR NOT NULL,                   -- owner/name as the source spells it
    node_id        VARCHAR,                            -- the forge's own id; survives renames
    source_host    VARCHAR,                            -- github.com, local, ...
    default_branch VARCHAR,
    language       VARCHAR,
    stars          BIGINT,
    is_private     BOOLEAN
);
