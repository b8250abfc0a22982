-- What a person did to a failure mode.
-- layer: concluded
-- key: seq, failure_mode_id
CREATE TABLE mode_lineage (
    seq             BIGINT NOT NULL,                   -- the journal event
    failure_mode_id VARCHAR NOT NULL,
    event           VARCHAR NOT NULL,                  -- merged | renamed
    other_id        VARCHAR,                           -- the mode it became part of
    title           VARCHAR
);
