-- A person's decision on a rule, in order.
-- layer: concluded
-- key: seq
CREATE TABLE decision (
    seq         BIGINT NOT NULL,                       -- the journal event
    rule_id     VARCHAR NOT NULL,
    action      VARCHAR NOT NULL,                      -- accept | edit | reject | snooze | retire
    actor       VARCHAR NOT NULL,
    reason      VARCHAR,
    text_sha256 VARCHAR,
    decided_at  TIMESTAMP,
    decided_us  BIGINT
);
