-- One reason to believe an agent had a part in a pull request. Several agents stay several rows.
-- layer: concluded
-- key: pull_request_id, agent, role, method, evidence
CREATE TABLE authorship (
    pull_request_id VARCHAR NOT NULL,
    agent           VARCHAR NOT NULL,                  -- claude-code, codex, copilot ... or human
    role            VARCHAR NOT NULL,                  -- author | co-author | reviewer
    method          VARCHAR NOT NULL,                  -- manual | label | author_login | commit_author | notes | trailer | session_marker | head_ref
    evidence        VARCHAR NOT NULL,                  -- what was seen, at most 200 characters
    confidence      DOUBLE NOT NULL,
    rung            BIGINT NOT NULL,                   -- position on the ladder, 1 is the strongest
    model           VARCHAR                            -- only when named
);
