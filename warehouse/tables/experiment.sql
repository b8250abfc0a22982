-- One pre-registered experiment.
-- layer: concluded
-- key: experiment_id
CREATE TABLE experiment (
    experiment_id  VARCHAR NOT NULL,
    rule_id        VARCHAR,
    title          VARCHAR NOT NULL,
    metric         VARCHAR NOT NULL,
    planned        BIGINT NOT NULL,                    -- maximum pull requests per arm
    alpha          DOUBLE NOT NULL,
    registered_seq BIGINT NOT NULL,
    registered_at  TIMESTAMP,
    registered_us  BIGINT
);
