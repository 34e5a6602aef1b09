-- Rows in quarantine: listed, opened, replayed. A parameter that is null chooses every row.

-- name: list_rows
SELECT quarantine_id, row.stream, record_id, rule_id, rule_ids, reason_code, owner, row.state,
       created_at, first_batch_id, row.batch_id, resolved_by
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
