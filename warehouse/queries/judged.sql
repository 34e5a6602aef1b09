-- Judging a batch: the view that its suite runs on, and the marks that the suite leaves.

-- name: make_room
-- For this transaction alone: sorts and joins fit in memory, and keys of a batch that are few are
-- looked up in the register's index, most of which is in memory.
SELECT set_config('work_mem', '128MB', true), set_config('random_page_cost', '1.1', true)

-- name: sample_lightly
-- For this transaction alone: a tenth of the usual rows tell the planner as much of a stage.
SET LOCAL default_statistics_target = 10

-- name: note_staged
-- What staging saw of all rows and nobody need look for again.
COMMENT ON TABLE {stage} IS {words}

-- name: find_noted
SELECT coalesce(string_to_array(obj_description(oid, 'pg_class'), ' '), '{}')
FROM pg_class
WHERE relnamespace = 'stage'::regnamespace AND relname = %(name)s

-- name: is_living
-- Where every row is the newest of its key: tombstones are not judged.
NOT coalesce(staged.deleted, false)

-- name: is_newest
-- Where some are not.
NOT EXISTS (SELECT FROM {older} AS older WHERE older.position = staged.position)

-- name: find_older_rows
-- The rows that are not the newest of their key. A row whose version cannot be read is no newer
-- than any other.
CREATE UNLOGGED TABLE {older} AS
WITH repeated AS (
    SELECT record_id FROM {stage} WHERE record_id IS NOT NULL GROUP BY record_id HAVING count(*) > 1
),
twin AS (
    SELECT record_id, position, coalesce(source_version, '-infinity') AS version,
           coalesce({cursor} = ANY(unreadable), false) AS unreadable
    FROM {stage} JOIN repeated USING (record_id)
)
SELECT DISTINCT older.position
FROM twin AS older
JOIN twin AS newer ON newer.record_id = older.record_id
    AND (newer.version, newer.position) > (older.version, older.position)
WHERE NOT newer.unreadable

-- name: make_view
-- The newest row of each key, tombstones apart; a row without a key stays, to be found keyless.
CREATE VIEW {view} AS
SELECT {columns}
FROM {stage} AS staged
WHERE {living}

-- name: count_rows
SELECT count(*) FROM {relation}

-- name: set_apart
-- The judged rows that break one of some rules; what is asked of them is quick to answer here.
CREATE UNLOGGED TABLE {apart} AS SELECT {asked} FROM {view} AS judged WHERE {broken}

-- name: view_rest
CREATE VIEW {rest} AS
SELECT * FROM {view} AS judged
WHERE NOT EXISTS (SELECT FROM {apart} AS apart WHERE apart.position = judged.position)

-- name: drop_view
DROP VIEW IF EXISTS {relation}

-- name: drop_table
DROP TABLE IF EXISTS {relation}

-- name: make_failure_table
CREATE TEMPORARY TABLE failure (position bigint, rule_id text, blocking boolean) ON COMMIT DROP

-- name: copy_failures
COPY failure (position, rule_id, blocking) FROM STDIN

-- name: was_judged
SELECT EXISTS (SELECT FROM quality.suite_run WHERE batch_id = %(batch_id)s)

-- name: clear_failures
UPDATE {stage} SET failed_rules = '{{}}', outcome = NULL
WHERE failed_rules <> '{{}}' OR outcome IS NOT NULL

-- name: mark_failures
UPDATE {stage} AS staged
SET failed_rules = failed.rules,
    outcome = CASE WHEN failed.blocking THEN 'quarantined' END
FROM (
    SELECT position, array_agg(rule_id ORDER BY NOT blocking, rule_id) AS rules,
           bool_or(blocking) AS blocking
    FROM failure GROUP BY position
) AS failed
WHERE staged.position = failed.position

-- name: mark_unplaceable_rows
-- A row without a key or with a version that cannot be read is quarantined, a tombstone too, before
-- the rows of its key are put in order.
UPDATE {stage} SET outcome = 'quarantined', failed_rules = ARRAY[
    CASE WHEN record_id IS NULL THEN %(key_rule)s ELSE %(version_rule)s END
]
WHERE outcome IS NULL AND (record_id IS NULL OR %(cursor)s::text = ANY(unreadable))

-- name: record_suite_run
INSERT INTO quality.suite_run
    (batch_id, stream, suite, suite_hash, expectations, success, result)
VALUES (%(batch_id)s, %(stream)s, %(suite)s, %(suite_hash)s, %(expectations)s, %(success)s,
        %(result)s)
ON CONFLICT (batch_id) DO UPDATE
SET suite_hash = excluded.suite_hash, expectations = excluded.expectations,
    success = excluded.success, result = excluded.result, judged_at = now()
