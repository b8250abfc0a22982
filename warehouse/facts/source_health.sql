-- One row per source that has been loaded.
-- key: source
-- source: the source
-- loads: raw loads applied
-- rows: payloads in them
-- last_fetched_us: when the newest load was fetched
-- problems: records that could not be used as they were
-- notes: JSON array of sentences of the newest load that has any
WITH noted AS (
    SELECT
        source, notes,
        ROW_NUMBER() OVER (PARTITION BY source ORDER BY load_id DESC) AS place
    FROM load
    WHERE notes IS NOT NULL AND notes <> '[]'
),
troubled AS (
    SELECT l.source, COUNT(*) AS problems
    FROM data_issue AS i
    JOIN load AS l ON l.load_id = i.load_id
    GROUP BY l.source
),
totals AS (
    SELECT
        source,
        COUNT(*) AS loads,
        CAST(SUM(rows) AS BIGINT) AS rows,
        MAX(fetched_us) AS last_fetched_us
    FROM load
    GROUP BY source
)
SELECT
    t.source,
    t.loads,
    t.rows,
    t.last_fetched_us,
    COALESCE(p.problems, 0) AS problems,
    n.notes
FROM totals AS t
LEFT JOIN troubled AS p ON p.source = t.source
LEFT JOIN noted AS n ON n.source = t.source AND n.place = 1
