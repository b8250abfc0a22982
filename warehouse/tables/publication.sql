-- A rule written into a repository.
-- layer: concluded
-- key: seq
CREATE TABLE publication (
    seq          BIGINT NOT NULL,
    rule_id      VARCHAR NOT NULL,
    repo         VARCHAR NOT NULL,
    path         VARCHAR NOT NULL,
    how          VARCHAR NOT NULL,                     -- into | local | patch | pull-request
    text_sha256  VARCHAR NOT NULL,
    published_at TIMESTAMP,
    published_us BIGINT
);
