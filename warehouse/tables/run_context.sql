-- One row: what this warehouse was computed as of.
-- layer: technical
-- key: as_of_us
CREATE TABLE run_context (
    as_of_us    BIGINT NOT NULL,
    as_of       TIMESTAMP NOT NULL,
    is_sample   BOOLEAN NOT NULL,
    version     VARCHAR NOT NULL,
    journal_seq BIGINT NOT NULL                        -- the last journal event that was applied
);
