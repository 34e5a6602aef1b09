-- Rows of a batch go to quarantine, and leave it, in the publish transaction.

-- name: quarantine_row
-- One open row a key: a newer failing version takes the place of the older one, and so does an older
-- one of what was read whole. The same row brought again, or replayed, is as old as it was.
INSERT INTO quality.quarantined_row
    (stream, batch_id, first_batch_id, record_id, rule_id, rule_ids, reason_code, owner, raw_row,
     source_partition, source_version)
VALUES (%(stream)s, %(batch_id)s, %(batch_id)s, %(record_id)s, %(rule_id)s, %(rule_ids)s,
        %(reason_code)s, %(owner)s, %(raw_row)s, %(source_partition)s, %(source_version)s)
ON CONFLICT (stream, record_id) WHERE state = 'open' DO UPDATE
SET batch_id = excluded.batch_id, rule_id = excluded.rule_id, rule_ids = excluded.rule_ids,
    reason_code = excluded.reason_code, owner = excluded.owner, raw_row = excluded.raw_row,
    source_partition = excluded.source_partition, source_version = excluded.source_version,
    created_at = CASE WHEN %(same)s THEN quarantined_row.created_at ELSE now() END
WHERE %(buckets_whole)s OR quarantined_row.source_partition = ANY(%(partitions)s)
   OR coalesce(excluded.source_version >= quarantined_row.source_version, true)

-- name: list_keyless_rows
-- The rows without a key that wait, the oldest first.
SELECT record_id, raw_row FROM quality.quarantined_row
WHERE stream = %(stream)s AND state = 'open' AND reason_code = 'NO_KEY'
ORDER BY quarantine_id

-- name: resolve_superseded
-- After a replay: rows whose published version is newer than what lay in quarantine.
UPDATE quality.quarantined_row AS row SET state = 'resolved', resolved_by = %(batch_id)s
FROM {stage} AS staged
WHERE row.stream = %(stream)s AND row.state = 'open' AND row.record_id = staged.record_id
  AND staged.outcome = 'superseded'
  AND NOT EXISTS (SELECT FROM {stage} AS other
                  WHERE other.record_id = staged.record_id AND other.outcome = 'quarantined')

-- name: resolve_vanished_quarantine
-- After whole snapshots of partitions: a key that they no longer hold leaves quarantine.
UPDATE quality.quarantined_row SET state = 'resolved', resolved_by = %(batch_id)s
WHERE stream = %(stream)s AND state = 'open' AND batch_id <> %(batch_id)s
  AND source_partition = ANY(%(partitions)s)

-- name: resolve_vanished_keys
-- After buckets were read whole: a key that they no longer hold leaves quarantine.
UPDATE quality.quarantined_row AS row SET state = 'resolved', resolved_by = %(batch_id)s
WHERE stream = %(stream)s AND state = 'open' AND reason_code <> 'NO_KEY'
  AND ('x' || left(encode(sha256(convert_to(record_id, 'UTF8')), 'hex'), 15))::bit(60)::bigint
      %% %(bucket_count)s = ANY(%(buckets)s)
  AND NOT EXISTS (SELECT FROM {stage} AS staged WHERE staged.record_id = row.record_id)
