-- One recurring failure of one repository.
-- layer: concluded
-- key: failure_mode_id
CREATE TABLE failure_mode (
    failure_mode_id         VARCHAR NOT NULL,
    repo                    VARCHAR NOT NULL,
    signature_type          VARCHAR NOT NULL,
    signature               VARCHAR NOT NULL,
    title                   VARCHAR NOT NULL,          -- a person's name for it, else one made of its slots
    slots                   VARCHAR NOT NULL,
    failures                BIGINT NOT NULL,
    pull_requests           BIGINT NOT NULL,
    pull_requests_supported BIGINT NOT NULL,           -- those where a person or CI itself says so
    people                  BIGINT NOT NULL,           -- distinct trusted people
    ci_pull_requests        BIGINT NOT NULL,
    agents                  VARCHAR NOT NULL,          -- JSON array, alphabetical
    stage                   VARCHAR NOT NULL,          -- how far it came: typed | supported | recurring | attested | proposed
    drop_reason             VARCHAR,                   -- why it went no further; null when proposed
    first_at                TIMESTAMP,
    first_us                BIGINT,
    last_at                 TIMESTAMP,
    last_us                 BIGINT
);
