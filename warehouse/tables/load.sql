-- One immutable raw load that has been applied.
-- layer: technical
-- key: load_id
CREATE TABLE load (
    load_id    VARCHAR NOT NULL,
    source     VARCHAR NOT NULL,
    rows       BIGINT NOT NULL,
    cursor     VARCHAR,
    fetched_us BIGINT NOT NULL,
    sha256     VARCHAR NOT NULL,
    notes      VARCHAR                                 -- JSON array of sentences: what was missing, skipped or repaired
);
