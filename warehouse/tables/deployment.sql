-- One deployment to an environment.
-- layer: observed
-- key: deployment_id
CREATE TABLE deployment (
    deployment_id VARCHAR NOT NULL,
    repo          VARCHAR,
    service       VARCHAR,
    environment   VARCHAR,
    sha           VARCHAR,
    status        VARCHAR,                             -- success | failure
    is_rollback   BOOLEAN,
    is_unplanned  BOOLEAN,
    created_at    TIMESTAMP,
    created_us    BIGINT,
    finished_at   TIMESTAMP,
    finished_us   BIGINT
);
