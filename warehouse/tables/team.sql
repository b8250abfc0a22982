-- One row per team.
-- layer: observed
-- key: team
CREATE TABLE team (
    team  VARCHAR NOT NULL,
    title VARCHAR
);
