-- One production incident.
-- layer: observed
-- key: incident_id
CREATE TABLE incident (
    incident_id               VARCHAR NOT NULL,
    service                   VARCHAR,
    repo                      VARCHAR,
    title                     VARCHAR,
    severity                  VARCHAR,
    culprit                   VARCHAR,                 -- the frame or transaction the source names
    caused_by_sha             VARCHAR,                 -- as stated by the source, not inferred
    caused_by_pull_request_id VARCHAR,                 -- as stated by the source, not inferred
    started_at                TIMESTAMP,
    started_us                BIGINT,
    detected_at               TIMESTAMP,
    detected_us               BIGINT,
    resolved_at               TIMESTAMP,
    resolved_us               BIGINT
);
