-- Which team owns which paths of a repository, and when.
-- layer: observed
-- key: team, repo, path_glob, from_us
CREATE TABLE team_path (
    team      VARCHAR NOT NULL,
    repo      VARCHAR NOT NULL,
    path_glob VARCHAR NOT NULL,
    from_us   BIGINT NOT NULL,
    to_us     BIGINT                                   -- null while it still holds
);
