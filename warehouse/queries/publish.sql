-- What the publish transaction writes beside the data.

-- name: make_room
-- For this transaction alone: sorts and joins of a whole register fit in memory, a plan is not
-- compiled for the one time that it runs, and keys of a batch that are few are looked up in the
-- register's index.
SELECT set_config('work_mem', '128MB', true), set_config('maintenance_work_mem', '256MB', true),
       set_config('jit', 'off', true), set_config('random_page_cost', '1.1', true)

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

-- name: make_swept_keys
CREATE TEMPORARY TABLE swept_key (record_id text PRIMARY KEY) ON COMMIT DROP

-- name: fill_swept_keys
-- The published keys of the buckets that were read whole (hub.digest).
INSERT INTO swept_key
SELECT record_id FROM {standard}
WHERE ('x' || left(encode(sha256(convert_to(record_id, 'UTF8')), 'hex'), 15))::bit(60)::bigint
      %% %(bucket_count)s = ANY(%(buckets)s)

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
