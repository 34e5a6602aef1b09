-- Rows in quarantine: listed, opened, replayed. A parameter that is null chooses every row.

-- name: list_rows
SELECT quarantine_id, row.stream, record_id, rule_id, rule_ids, reason_code, owner, row.state,
       created_at, row.batch_id, resolved_by
FROM quality.quarantined_row AS row
JOIN sync.stream ON stream.name = row.stream
WHERE (%(source)s::text IS NULL OR stream.source = %(source)s)
  AND (%(dataset)s::text IS NULL OR stream.dataset = %(dataset)s)
  AND (%(rule)s::text IS NULL OR %(rule)s = ANY(rule_ids))
  AND (%(ids)s::bigint[] IS NULL OR quarantine_id = ANY(%(ids)s))
  AND (%(state)s::text IS NULL OR row.state = %(state)s)
ORDER BY row.stream, created_at, quarantine_id

-- name: record_opening
SELECT quality.record_opening(%(quarantine_id)s, %(reason)s)

-- name: read_opened
SELECT stream, record_id, raw_row FROM quality.read_opened(%(opening_id)s)

-- name: list_streams_to_replay
SELECT DISTINCT row.stream
FROM quality.quarantined_row AS row
JOIN sync.stream ON stream.name = row.stream
WHERE row.state = 'open' AND row.reason_code <> 'NO_KEY'
  AND (%(source)s::text IS NULL OR stream.source = %(source)s)
  AND (%(dataset)s::text IS NULL OR stream.dataset = %(dataset)s)
  AND (%(rule)s::text IS NULL OR %(rule)s = ANY(rule_ids))
  AND (%(ids)s::bigint[] IS NULL OR quarantine_id = ANY(%(ids)s))
ORDER BY row.stream

-- name: read_open_rows
SELECT quarantine_id, record_id, rule_ids, raw_row
FROM quality.quarantined_row
WHERE stream = %(stream)s AND state = 'open' AND reason_code <> 'NO_KEY'
  AND (%(rule)s::text IS NULL OR %(rule)s = ANY(rule_ids))
  AND (%(ids)s::bigint[] IS NULL OR quarantine_id = ANY(%(ids)s))
ORDER BY quarantine_id

-- name: resolve_superseded
-- After a replay: rows whose published version is newer than what lay in quarantine.
UPDATE quality.quarantined_row AS row SET state = 'resolved', resolved_by = %(batch_id)s
FROM {stage} AS staged
WHERE row.stream = %(stream)s AND row.state = 'open' AND row.record_id = staged.record_id
  AND staged.outcome = 'superseded'
  AND NOT EXISTS (SELECT FROM {stage} AS other
                  WHERE other.record_id = staged.record_id AND other.outcome = 'quarantined')

-- name: count_mended
-- Of a replayed batch: rows that no longer wait, or wait for other rules than before.
SELECT count(*)
FROM {stage} AS staged
WHERE staged.outcome <> 'quarantined'
   OR NOT EXISTS (
       SELECT FROM quality.quarantined_row AS row
       JOIN {stage} AS other ON other.record_id = row.record_id
       WHERE row.stream = %(stream)s AND row.state = 'open'
         AND row.record_id = staged.record_id AND row.rule_ids = other.failed_rules
   )
