-- What an experiment says now.
-- layer: concluded
-- key: experiment_id, method
CREATE TABLE verdict (
    experiment_id   VARCHAR NOT NULL,
    method          VARCHAR NOT NULL,
    n_control       BIGINT NOT NULL,
    n_treatment     BIGINT NOT NULL,
    control_value   DOUBLE,
    treatment_value DOUBLE,
    effect          DOUBLE,                            -- treatment minus control
    low             DOUBLE,
    high            DOUBLE,
    p_value         DOUBLE,                            -- always valid
    verdict         VARCHAR NOT NULL,                  -- helps | hurts | not clear | too few
    reason          VARCHAR NOT NULL
);
