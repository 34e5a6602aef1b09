-- Judging a batch: the table its suite runs on, and the marks that the suite leaves.

-- name: make_judged_table
-- The newest row of each key, tombstones apart; a row without a key stays, to be found keyless.
-- A row whose version cannot be read is no newer than any other.
CREATE UNLOGGED TABLE {judged} AS
SELECT {columns}
FROM {stage} AS staged
WHERE NOT coalesce(staged.deleted, false)
  AND NOT EXISTS (
      SELECT 1 FROM {stage} AS newer
      WHERE newer.record_id = staged.record_id
        AND (coalesce(newer.source_version, '-infinity'), newer.position)
            > (coalesce(staged.source_version, '-infinity'), staged.position)
        AND NOT coalesce({cursor} = ANY(newer.unreadable), false)
  )

-- name: make_failure_table
CREATE TEMPORARY TABLE failure (position bigint, rule_id text, blocking boolean) ON COMMIT DROP

-- name: copy_failures
COPY failure (position, rule_id, blocking) FROM STDIN

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

-- name: mark_unreadable_versions
-- A row that cannot be put in order is quarantined, before the rows of its key are.
UPDATE {stage} SET failed_rules = ARRAY[%(rule_id)s::text], outcome = 'quarantined'
WHERE outcome IS NULL AND %(cursor)s = ANY(unreadable)

-- name: record_suite_run
INSERT INTO quality.suite_run
    (batch_id, stream, suite, suite_hash, expectations, success, result)
VALUES (%(batch_id)s, %(stream)s, %(suite)s, %(suite_hash)s, %(expectations)s, %(success)s,
        %(result)s)
ON CONFLICT (batch_id) DO UPDATE
SET suite_hash = excluded.suite_hash, expectations = excluded.expectations,
    success = excluded.success, result = excluded.result, judged_at = now()
