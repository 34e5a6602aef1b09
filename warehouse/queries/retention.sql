-- What has outlived its time: found, and deleted in portions that are each a transaction.

-- name: list_stream_names
SELECT name FROM sync.stream

-- name: end_dead_batches
-- Runs that died and whose stream has a new holder since: they can never be published.
UPDATE sync.batch
SET state = 'overtaken', reason = 'its run did not end' || coalesce('; ' || batch.reason, '')
FROM sync.stream
WHERE stream.name = batch.stream AND batch.fence < stream.fence
  AND batch.state IN ('landing', 'landed', 'staged', 'judged')
  AND batch.landed_at < %(before)s

-- name: find_versions_limit
-- The golden records may still state a version that was replaced since they were built.
SELECT least(%(before)s::timestamptz, max(started_at) - interval '1 day')
FROM golden.build WHERE finished_at IS NOT NULL

-- name: delete_versions
DELETE FROM {history}
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM {history} WHERE replaced_at < %(before)s LIMIT %(portion)s
))

-- name: empty_resolved_rows
-- The sealed row goes; which key broke which rule, in which batch, and what closed it, stay.
UPDATE quality.quarantined_row SET raw_row = ''
WHERE quarantine_id IN (
    SELECT quarantine_id
    FROM quality.quarantined_row AS row
    LEFT JOIN sync.batch ON batch.batch_id = row.resolved_by
    WHERE row.state = 'resolved' AND row.raw_row <> ''
      AND coalesce(batch.published_at, row.created_at) < %(before)s
    LIMIT %(portion)s
) AND state = 'resolved'

-- name: list_landed_batches
-- Every batch that may have a folder in the landing zone.
SELECT batch_id, stream, landed_url, state, coalesce(published_at, landed_at) AS since
FROM sync.batch

-- name: find_pointed_to
-- Those of the batches that a row version, or a row that waits in quarantine, was landed with: each
-- table is read once, however many batches are asked for.
SELECT batch_id FROM {standard} WHERE batch_id = ANY(%(batches)s)
UNION
SELECT batch_id FROM {history} WHERE batch_id = ANY(%(batches)s)
UNION
SELECT batch_id FROM quality.quarantined_row WHERE batch_id = ANY(%(batches)s) AND state = 'open'

-- name: list_rows_to_reseal
-- Sealed rows whose envelope names another key than the current one.
SELECT quarantine_id, stream, record_id, raw_row
FROM quality.quarantined_row
WHERE quarantine_id > %(after)s
  AND CASE WHEN length(raw_row) > 5
           THEN substring(raw_row FROM 6 FOR get_byte(raw_row, 4)) <> %(key)s END
ORDER BY quarantine_id
LIMIT %(portion)s

-- name: reseal_row
-- Only what was read is replaced: a run may have put a newer row there.
UPDATE quality.quarantined_row SET raw_row = %(sealed)s
WHERE quarantine_id = %(quarantine_id)s AND raw_row = %(raw_row)s

-- name: list_keys_in_use
-- Keys of sealed rows, and of what batches have landed that are not closed yet.
SELECT convert_from(substring(raw_row FROM 6 FOR get_byte(raw_row, 4)), 'UTF8')
FROM quality.quarantined_row WHERE length(raw_row) > 5
UNION
SELECT chunk ->> 'key_id'
FROM sync.part
JOIN sync.batch USING (batch_id)
CROSS JOIN LATERAL jsonb_array_elements(part.facts -> 'chunks') AS chunk
WHERE batch.state = 'landing'

-- name: delete_runs
-- What the runs add up to stays, in sync.step_total.
WITH old AS (
    SELECT run_id FROM sync.run WHERE ended_at < %(before)s LIMIT %(portion)s
), steps AS (
    DELETE FROM sync.run_step WHERE run_id IN (SELECT run_id FROM old)
)
DELETE FROM sync.run WHERE run_id IN (SELECT run_id FROM old)
