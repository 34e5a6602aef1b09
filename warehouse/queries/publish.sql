-- What the publish transaction writes beside the data.

-- name: make_room
-- For this transaction alone: sorts and joins of a whole register fit in memory, a plan is not
-- compiled for the one time that it runs, and keys of a batch that are few are looked up in the
-- register's index.
SELECT set_config('work_mem', '128MB', true), set_config('maintenance_work_mem', '256MB', true),
       set_config('jit', 'off', true), set_config('random_page_cost', '1.1', true)

-- name: quarantine_row
-- One open row a key: a newer failing version takes the place of the older one, and so does an older
-- one of what was read whole. A replayed row is as old as it was.
INSERT INTO quality.quarantined_row
    (stream, batch_id, first_batch_id, record_id, rule_id, rule_ids, reason_code, owner, raw_row,
     source_partition, source_version)
VALUES (%(stream)s, %(batch_id)s, %(batch_id)s, %(record_id)s, %(rule_id)s, %(rule_ids)s,
        %(reason_code)s, %(owner)s, %(raw_row)s, %(source_partition)s, %(source_version)s)
ON CONFLICT (stream, record_id) WHERE state = 'open' DO UPDATE
SET batch_id = excluded.batch_id, rule_id = excluded.rule_id, rule_ids = excluded.rule_ids,
    reason_code = excluded.reason_code, owner = excluded.owner, raw_row = excluded.raw_row,
    source_partition = excluded.source_partition, source_version = excluded.source_version,
    created_at = CASE WHEN %(replayed)s THEN quarantined_row.created_at ELSE now() END
WHERE %(buckets_whole)s OR quarantined_row.source_partition = ANY(%(partitions)s)
   OR coalesce(excluded.source_version >= quarantined_row.source_version, true)

-- name: resolve_vanished_quarantine
-- After whole snapshots of partitions: a key that they no longer hold leaves quarantine.
UPDATE quality.quarantined_row SET state = 'resolved', resolved_by = %(batch_id)s
WHERE stream = %(stream)s AND state = 'open' AND batch_id <> %(batch_id)s
  AND source_partition = ANY(%(partitions)s)

-- name: make_swept_keys
CREATE TEMPORARY TABLE swept_key (record_id text PRIMARY KEY) ON COMMIT DROP

-- name: fill_swept_keys
-- The published keys of the buckets that were read whole (hub.digest).
INSERT INTO swept_key
SELECT record_id FROM {standard}
WHERE ('x' || left(encode(sha256(convert_to(record_id, 'UTF8')), 'hex'), 15))::bit(60)::bigint
      %% %(bucket_count)s = ANY(%(buckets)s)

-- name: resolve_vanished_keys
-- After buckets were read whole: a key that they no longer hold leaves quarantine.
UPDATE quality.quarantined_row AS row SET state = 'resolved', resolved_by = %(batch_id)s
WHERE stream = %(stream)s AND state = 'open' AND reason_code <> 'NO_KEY'
  AND ('x' || left(encode(sha256(convert_to(record_id, 'UTF8')), 'hex'), 15))::bit(60)::bigint
      %% %(bucket_count)s = ANY(%(buckets)s)
  AND NOT EXISTS (SELECT FROM {stage} AS staged WHERE staged.record_id = row.record_id)

-- name: count_unlike_keys
-- Of the buckets that were read whole: keys that live in the batch and are not held now, or the
-- other way round. A tombstone that nobody can read waits, and is held.
WITH held AS (
    SELECT record_id FROM (
        SELECT record_id FROM {standard}
        UNION
        SELECT record_id FROM quality.quarantined_row
        WHERE stream = %(stream)s AND state = 'open' AND reason_code <> 'NO_KEY'
    ) AS every
    WHERE ('x' || left(encode(sha256(convert_to(record_id, 'UTF8')), 'hex'), 15))::bit(60)::bigint
          %% %(bucket_count)s = ANY(%(buckets)s)
),
came AS (
    SELECT record_id FROM {stage} AS staged WHERE record_id IS NOT NULL
    GROUP BY record_id
    HAVING bool_or(NOT coalesce(deleted, false) OR outcome = 'quarantined')
       AND NOT bool_or(coalesce(deleted, false) AND coalesce(outcome IN ('ended', 'unchanged'), false))
)
SELECT count(*) FROM held FULL JOIN came USING (record_id)
WHERE held.record_id IS NULL OR came.record_id IS NULL

-- name: count_quarantine
SELECT rule.id, count(*)
FROM quality.quarantined_row AS row, unnest(row.rule_ids) AS rule (id)
WHERE row.stream = %(stream)s AND row.state = 'open'
GROUP BY rule.id

-- name: count_open_rows
SELECT count(*) FROM quality.quarantined_row WHERE stream = %(stream)s AND state = 'open'

-- name: record_rule_result
INSERT INTO quality.rule_result
    (batch_id, stream, rule_id, criterion, severity, weight, total, passed)
VALUES (%(batch_id)s, %(stream)s, %(rule_id)s, %(criterion)s, %(severity)s, %(weight)s,
        %(total)s, %(passed)s)

-- name: record_batch_quality
INSERT INTO quality.batch_quality (batch_id, stream, records, records_passing_all)
VALUES (%(batch_id)s, %(stream)s, %(records)s, %(records_passing_all)s)

-- name: list_judged_rules
-- The rules that the batch was judged by, as its validation result names them.
SELECT rule ->> 'rule_id', rule ->> 'criterion', rule ->> 'severity', (rule ->> 'weight')::float
FROM quality.suite_run, jsonb_array_elements(result -> 'rules') AS rule
WHERE batch_id = %(batch_id)s

-- name: digest_keys
-- Digest of the keys that the hub holds of a register, quarantined rows included: their number and
-- the sum of the first 60 bits of their sha256 (hub.digest).
SELECT count(*),
       coalesce(sum(('x' || left(encode(sha256(convert_to(record_id, 'UTF8')), 'hex'), 15))::bit(60)::bigint), 0)
FROM (
    SELECT record_id FROM {standard}
    UNION
    SELECT record_id FROM quality.quarantined_row
    WHERE stream = %(stream)s AND state = 'open' AND reason_code <> 'NO_KEY'
) AS held
