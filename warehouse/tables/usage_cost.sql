-- One line of cost of agents, as billed or as estimated.
-- layer: observed
-- key: cost_id
CREATE TABLE usage_cost (
    cost_id         VARCHAR NOT NULL,
    agent           VARCHAR,
    model           VARCHAR,
    repo            VARCHAR,
    pull_request_id VARCHAR,
    agent_run_id    VARCHAR,
    amount          DECIMAL(38,12),                    -- null when unpriced
    currency        VARCHAR,
    basis           VARCHAR NOT NULL,                  -- billed | estimated | unpriced
    quantity        DOUBLE,
    unit            VARCHAR,
    period_start_at TIMESTAMP,
    period_start_us BIGINT,
    period_end_at   TIMESTAMP,
    period_end_us   BIGINT,
    extra           VARCHAR                            -- JSON of the columns we have no name for
);
