-- Something in a load that could not be used as it was.
-- layer: technical
-- key: load_id, table_name, row_key, problem
CREATE TABLE data_issue (
    load_id    VARCHAR NOT NULL,
    table_name VARCHAR NOT NULL,
    row_key    VARCHAR NOT NULL,
    problem    VARCHAR NOT NULL
);
