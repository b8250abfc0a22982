-- One file changed by a pull request or, where sha is not empty, by one commit.
-- layer: observed
-- key: repo, pull_request_id, sha, path
CREATE TABLE changed_file (
    repo            VARCHAR NOT NULL,
    pull_request_id VARCHAR NOT NULL,                  -- empty when known by commit only
    sha             VARCHAR NOT NULL,                  -- empty when known by pull request only
    path            VARCHAR NOT NULL,
    change          VARCHAR,                           -- added | modified | removed | renamed
    additions       BIGINT,
    deletions       BIGINT
);
