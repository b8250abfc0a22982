-- One status change or note of an incident.
-- layer: observed
-- key: event_id
CREATE TABLE incident_event (
    event_id    VARCHAR NOT NULL,
    incident_id VARCHAR NOT NULL,
    kind        VARCHAR,
    detail      VARCHAR,
    created_at  TIMESTAMP,
    created_us  BIGINT
);
