-- One input of the return model, with where it comes from.
-- layer: concluded
-- key: input_id
CREATE TABLE roi_input (
    input_id VARCHAR NOT NULL,
    title    VARCHAR NOT NULL,
    unit     VARCHAR NOT NULL,
    low      DOUBLE,
    mode     DOUBLE,
    high     DOUBLE,
    n        BIGINT,                                   -- null when assumed
    basis    VARCHAR NOT NULL,                         -- measured | sourced | assumed
    source   VARCHAR NOT NULL
);
