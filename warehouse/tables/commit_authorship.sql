-- One reason to believe an agent had a part in a commit that belongs to no known pull request.
-- layer: concluded
-- key: repo, sha, agent, role, method, evidence
CREATE TABLE commit_authorship (
    repo         VARCHAR NOT NULL,
    sha          VARCHAR NOT NULL,
    agent        VARCHAR NOT NULL,
    role         VARCHAR NOT NULL,
    method       VARCHAR NOT NULL,
    evidence     VARCHAR NOT NULL,
    confidence   DOUBLE NOT NULL,
    rung         BIGINT NOT NULL,
    model        VARCHAR,
    committed_at TIMESTAMP,
    committed_us BIGINT
);
