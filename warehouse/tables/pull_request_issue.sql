-- A pull request and an issue it refers to or closes.
-- layer: observed
-- key: pull_request_id, issue_id
CREATE TABLE pull_request_issue (
    pull_request_id VARCHAR NOT NULL,
    issue_id        VARCHAR NOT NULL,                  -- owner/name#number
    how             VARCHAR                            -- body, comment, closing reference ...
);
