-- One thing that went wrong with an agent's pull request.
-- layer: concluded
-- key: failure_id
CREATE TABLE failure (
    failure_id      VARCHAR NOT NULL,
    pull_request_id VARCHAR NOT NULL,
    repo            VARCHAR NOT NULL,
    kind            VARCHAR NOT NULL,                  -- review_comment | changes_requested | closed_unmerged | check_failed | reverted | fix_up_commit
    agent           VARCHAR NOT NULL,                  -- the lead agent
    maker           VARCHAR NOT NULL,                  -- person | ci | bot | outsider | author | unknown: who or what says that it failed
    maker_id        VARCHAR,                           -- login of the person; never published
    source_table    VARCHAR NOT NULL,
    source_id       VARCHAR NOT NULL,
    path            VARCHAR,
    excerpt         VARCHAR,                           -- at most 4 KiB, redacted; shown escaped, never as Markdown
    signature_type  VARCHAR,                           -- null when no typed signature was found
    signature       VARCHAR,                           -- the exact key within its type
    slots           VARCHAR,                           -- JSON object of the signature's parts
    untyped_reason  VARCHAR,                           -- why there is no signature
    happened_at     TIMESTAMP,
    happened_us     BIGINT
);
