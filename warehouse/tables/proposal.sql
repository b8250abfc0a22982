-- Why a rule was proposed.
-- layer: concluded
-- key: rule_id
CREATE TABLE proposal (
    rule_id               VARCHAR NOT NULL,
    support_pull_requests BIGINT NOT NULL,
    support_people        BIGINT NOT NULL,
    support_ci            BIGINT NOT NULL,
    agent_pull_requests   BIGINT NOT NULL,             -- the repository's agent pull requests in the same window
    evidence              VARCHAR NOT NULL,            -- JSON array of pull request ids
    attested              BOOLEAN NOT NULL,
    attestation           VARCHAR NOT NULL,            -- JSON array of {slot, kind, found, where, commit}
    verify_command        VARCHAR,
    first_at              TIMESTAMP,
    first_us              BIGINT,
    last_at               TIMESTAMP,
    last_us               BIGINT
);
