-- One answer to one survey item. Respondents are pseudonyms before they reach the raw store.
-- layer: observed
-- key: answer_id
CREATE TABLE survey_answer (
    answer_id   VARCHAR NOT NULL,
    respondent  VARCHAR,
    team        VARCHAR,
    wave        VARCHAR,
    instrument  VARCHAR,
    item        VARCHAR,
    score       DOUBLE,
    answered_at TIMESTAMP,
    answered_us BIGINT
);
