-- One wording of a rule.
-- layer: concluded
-- key: rule_id, version
CREATE TABLE rule_version (
    rule_id     VARCHAR NOT NULL,
    version     BIGINT NOT NULL,
    text        VARCHAR NOT NULL,                      -- the rendered line, at most 240 characters; or a whole SKILL.md
    text_sha256 VARCHAR NOT NULL,
    template    VARCHAR NOT NULL,
    slots       VARCHAR NOT NULL,
    tokens      BIGINT NOT NULL,
    editor      VARCHAR                                -- pseudonymous actor id; null when generated
);
