-- One proposed, accepted or retired rule.
-- layer: concluded
-- key: rule_id
CREATE TABLE rule (
    rule_id         VARCHAR NOT NULL,
    failure_mode_id VARCHAR NOT NULL,
    repo            VARCHAR NOT NULL,
    kind            VARCHAR NOT NULL,                  -- do-not-use | use-instead | run-before | change-together | gotcha | procedure
    state           VARCHAR NOT NULL,                  -- proposed | unattested | accepted | rejected | snoozed | published | retired
    title           VARCHAR NOT NULL,
    version         BIGINT NOT NULL,
    target          VARCHAR NOT NULL                   -- agents_md | skill
);
