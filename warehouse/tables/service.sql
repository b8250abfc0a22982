-- One row per deployable service.
-- layer: observed
-- key: service
CREATE TABLE service (
    service VARCHAR NOT NULL,
    repo    VARCHAR,
    team    VARCHAR
);
