-- One release of a repository.
-- layer: observed
-- key: repo, tag
CREATE TABLE release (
    repo         VARCHAR NOT NULL,
    tag          VARCHAR NOT NULL,
    sha          VARCHAR,
    published_at TIMESTAMP,
    published_us BIGINT
);
