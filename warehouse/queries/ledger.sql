-- Streams and batches: who may write, what was read, what became of it.

-- name: register_stream
-- A contract's dataset becomes a stream, or its promise is renewed.
INSERT INTO sync.stream (name, source, dataset, freshness, contract_hash)
VALUES (%(name)s, %(source)s, %(dataset)s, %(freshness)s, %(contract_hash)s)
ON CONFLICT (name) DO UPDATE
SET freshness = excluded.freshness, contract_hash = excluded.contract_hash, updated_at = now()

-- name: take_stream
-- A new holder invalidates every older one: its fence is larger.
UPDATE sync.stream
SET fence = fence + 1, holder = %(holder)s, updated_at = now()
WHERE name = %(name)s
RETURNING name, fence, cursor, batch_key, as_of, row_count, contract_hash

-- name: read_stream
SELECT name, fence, cursor, batch_key, as_of, row_count, contract_hash FROM sync.stream WHERE name = %(name)s

-- name: lock_stream
-- Held until the publish transaction ends, so that no run can take the stream in between.
SELECT fence, batch_key, row_count, as_of FROM sync.stream WHERE name = %(name)s FOR UPDATE

-- name: record_batch
INSERT INTO sync.batch (
    stream, batch_key, predecessor, state, fence, mode, contract_hash, landed_url, read,
    key_digest, content_digest, proof, cursor_to, source_as_of, warnings
) VALUES (
    %(stream)s, %(batch_key)s, %(predecessor)s, 'landed', %(fence)s, %(mode)s, %(contract_hash)s,
    %(landed_url)s, %(read)s, %(key_digest)s, %(content_digest)s, %(proof)s, %(cursor_to)s,
    %(source_as_of)s, %(warnings)s
)
RETURNING batch_id

-- name: find_batch
SELECT batch_id, stream, batch_key, predecessor, state, fence, mode, contract_hash, landed_url,
       read, accepted, unchanged, superseded, quarantined, ended, cursor_to, source_as_of, reason
FROM sync.batch WHERE batch_id = %(batch_id)s

-- name: find_state
SELECT state FROM sync.batch WHERE batch_id = %(batch_id)s

-- name: move_batch
-- A batch goes forward through its states; a published one never changes.
UPDATE sync.batch SET state = %(state)s, reason = %(reason)s
WHERE batch_id = %(batch_id)s AND state <> 'published'

-- name: find_parking
-- What a batch would have done when it was parked last.
SELECT counts FROM sync.parking WHERE batch_id = %(batch_id)s ORDER BY parking_id DESC LIMIT 1

-- name: overtake_batches
-- Older batches of the stream that never came to be published; a newer one has. A dry run goes on
-- for as long as one may last.
UPDATE sync.batch
SET state = 'overtaken', reason = 'by batch ' || %(batch_id)s || coalesce('; ' || reason, '')
WHERE stream = %(stream)s AND batch_id < %(batch_id)s
  AND (fence > 0 OR landed_at < now() - interval '1 day')
  AND state IN ('landing', 'landed', 'staged', 'judged', 'parked')

-- name: publish_batch
-- From parked only with two signatures: sync.guard_batch refuses it otherwise.
UPDATE sync.batch
SET state = 'published', reason = NULL, published_at = now(), accepted = %(accepted)s,
    unchanged = %(unchanged)s, superseded = %(superseded)s, quarantined = %(quarantined)s,
    ended = %(ended)s
WHERE batch_id = %(batch_id)s AND state IN ('judged', 'parked')

-- name: advance_stream
UPDATE sync.stream
SET cursor = %(cursor)s, batch_key = %(batch_key)s, as_of = %(as_of)s, row_count = %(row_count)s,
    updated_at = now()
WHERE name = %(name)s AND fence = %(fence)s
