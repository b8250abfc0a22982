-- Something that happened to a pull request.
-- layer: observed
-- key: event_id
CREATE TABLE timeline_event (
    event_id        VARCHAR NOT NULL,
    pull_request_id VARCHAR NOT NULL,
    event           VARCHAR NOT NULL,                  -- merged, closed, reopened, ready_for_review, head_ref_force_pushed, labeled ...
    actor_login     VARCHAR,
    actor_type      VARCHAR,
    commit_sha      VARCHAR,
    label           VARCHAR,
    detail          VARCHAR,
    created_at      TIMESTAMP,
    created_us      BIGINT
);
