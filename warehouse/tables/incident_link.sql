-- A pull request that may have caused an incident.
-- layer: concluded
-- key: incident_id, pull_request_id, method
CREATE TABLE incident_link (
    incident_id     VARCHAR NOT NULL,
    pull_request_id VARCHAR NOT NULL,
    method          VARCHAR NOT NULL,                  -- stated | commit | confirmed ...
    confidence      DOUBLE NOT NULL,
    evidence        VARCHAR
);
