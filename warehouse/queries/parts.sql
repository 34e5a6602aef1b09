-- Batches that are being landed, and the parts that they are read in.

-- name: open_batch
-- What was read is not known yet; the stream's own cursor stands in until it is.
INSERT INTO sync.batch (
    stream, batch_key, predecessor, state, fence, mode, contract_hash, landed_url, read,
    key_digest, content_digest, cursor_to, source_as_of
) VALUES (
    %(stream)s, '', %(predecessor)s, 'landing', %(fence)s, %(mode)s, %(contract_hash)s,
    %(landed_url)s, 0, '', '', %(cursor)s, coalesce(%(as_of)s, now())
)
RETURNING batch_id

-- name: open_part
INSERT INTO sync.part (batch_id, number, spec) VALUES (%(batch_id)s, %(number)s, %(spec)s)

-- name: overtake_landing_batches
-- A run that was begun before and never read to its end; the stream has a new holder.
UPDATE sync.batch SET state = 'overtaken', reason = 'its run did not end'
WHERE stream = %(stream)s AND state = 'landing' AND batch_id < %(batch_id)s AND fence > 0

-- name: begin_part
-- The attempts of other workers at this part can no longer end it.
UPDATE sync.part SET attempt = attempt + 1
WHERE batch_id = %(batch_id)s AND number = %(number)s AND done_at IS NULL
  AND EXISTS (SELECT FROM sync.batch WHERE batch_id = %(batch_id)s AND state = 'landing')
RETURNING attempt, spec

-- name: find_part
SELECT attempt, done_at IS NOT NULL, state FROM sync.part JOIN sync.batch USING (batch_id)
WHERE batch_id = %(batch_id)s AND number = %(number)s

-- name: end_part
UPDATE sync.part SET facts = %(facts)s, done_at = now()
WHERE batch_id = %(batch_id)s AND number = %(number)s AND attempt = %(attempt)s AND done_at IS NULL
  AND EXISTS (SELECT FROM sync.batch WHERE batch_id = %(batch_id)s AND state = 'landing')
RETURNING number

-- name: list_parts
SELECT number, spec, facts FROM sync.part WHERE batch_id = %(batch_id)s ORDER BY number

-- name: close_batch
UPDATE sync.batch
SET state = 'staged', batch_key = %(batch_key)s, read = %(read)s, key_digest = %(key_digest)s,
    content_digest = %(content_digest)s, proof = %(proof)s, cursor_to = %(cursor_to)s,
    source_as_of = %(source_as_of)s, warnings = %(warnings)s, landed_at = now()
WHERE batch_id = %(batch_id)s AND state = 'landing'

-- name: list_left_stages
-- Stage tables of batches of the stream that are over.
SELECT batch.batch_id
FROM sync.batch
JOIN pg_class ON pg_class.relname = %(table)s || '__b' || batch.batch_id
             AND pg_class.relnamespace = 'stage'::regnamespace
WHERE batch.stream = %(stream)s AND batch.state IN ('published', 'overtaken')
ORDER BY batch.batch_id

-- name: end_ghosts
-- Sessions that still write to a stage table that is no longer theirs: of workers that were stopped,
-- or killed on a machine that is gone. Waits a second for each to end.
SELECT count(pg_terminate_backend(pid, 1000))
FROM pg_locks
WHERE relation = to_regclass(%(stage)s) AND database = (
    SELECT oid FROM pg_database WHERE datname = current_database()
) AND pid <> pg_backend_pid() AND mode = 'RowExclusiveLock'
