-- Batches that wait for a person: of a stream one at a time.

-- name: hold_older
-- Held, so that no steward signs what is overtaken in the same moment; a signature holds its batch.
SELECT batch_id FROM sync.batch
WHERE stream = %(stream)s AND state = 'parked' AND batch_id < %(batch_id)s
FOR UPDATE

-- name: list_older
-- Batches that a steward could still release, or wait for a newer one.
SELECT batch_id, waiting.batch_key, batch.contract_hash, causes, counts,
       current AND signed_by <> '{}' AS signed
FROM sync.waiting JOIN sync.batch USING (batch_id)
WHERE waiting.stream = %(stream)s AND batch_id < %(batch_id)s
ORDER BY batch_id

-- name: overtake_older
UPDATE sync.batch
SET state = 'overtaken', reason = 'by batch ' || %(batch_id)s || ', which waits now; ' || reason
WHERE stream = %(stream)s AND state = 'parked' AND batch_id < %(batch_id)s

-- name: record_parking
INSERT INTO sync.parking (batch_id, causes, reason, counts)
VALUES (%(batch_id)s, %(causes)s, %(reason)s, %(counts)s)
