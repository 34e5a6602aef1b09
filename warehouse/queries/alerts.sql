-- Alerts: opened once, closed when their cause is gone, told by each channel.

-- name: open_alert
-- An alert that is open already stays the one it is, with today's words.
INSERT INTO sync.alert (kind, source, stream, batch_id, what, todo)
VALUES (%(kind)s, %(source)s, %(stream)s, %(batch_id)s, %(what)s, %(todo)s)
ON CONFLICT (kind, source, stream, batch_id) WHERE closed_at IS NULL
DO UPDATE SET what = excluded.what, todo = excluded.todo
RETURNING alert_id

-- name: pass_on_alert
-- Only one of them: what else waited is overtaken, and its alert closes with it.
UPDATE sync.alert SET batch_id = %(batch_id)s
WHERE alert_id = (
    SELECT min(alert_id) FROM sync.alert
    WHERE closed_at IS NULL AND kind = %(kind)s AND stream = %(stream)s
      AND batch_id < %(batch_id)s
)

-- name: close_alerts_of_run
-- A run of the stream got through, or at least to its source.
UPDATE sync.alert SET closed_at = now()
WHERE closed_at IS NULL AND batch_id IS NULL AND source = %(source)s
  AND (stream = %(stream)s OR stream IS NULL) AND kind = ANY(%(kinds)s)

-- name: close_alert
UPDATE sync.alert SET closed_at = now()
WHERE closed_at IS NULL AND kind = %(kind)s AND source = %(source)s AND stream IS NULL

-- name: close_other_alerts
-- Of one kind: those of streams that are not concerned any more.
UPDATE sync.alert SET closed_at = now()
WHERE closed_at IS NULL AND kind = %(kind)s AND batch_id IS NULL
  AND NOT stream = ANY(%(streams)s)

-- name: list_open
SELECT alert_id, kind, source, stream, batch_id, what, todo, opened_at
FROM sync.alert WHERE closed_at IS NULL ORDER BY opened_at, alert_id

-- name: list_late
-- Streams older than promised; one never published counts from its first contract on.
SELECT name, as_of, freshness
FROM sync.stream
WHERE coalesce(
    as_of, (SELECT min(applied_at) FROM sync.promise WHERE promise.stream = stream.name)
) + freshness < now()
ORDER BY name

-- name: list_unbalanced_batches
-- Published batches whose counts do not add up: the ledger's own CHECK was got round.
SELECT stream, array_agg(batch_id ORDER BY batch_id)
FROM sync.batch
WHERE state = 'published' AND read <> accepted + unchanged + superseded + quarantined
GROUP BY stream

-- name: list_registers
SELECT name, row_count FROM sync.stream WHERE batch_key <> '' ORDER BY name

-- name: count_rows
SELECT count(*) FROM {table}

-- name: note_untold
-- Every open alert is to be told by a channel that is configured now.
INSERT INTO sync.alert_told (alert_id, channel)
SELECT alert_id, %(channel)s FROM sync.alert WHERE closed_at IS NULL
ON CONFLICT DO NOTHING

-- name: claim_untold
-- Held until it is told or not, so that no other process tells it meanwhile.
SELECT alert_id, kind, source, stream, batch_id, what, todo, opened_at
FROM sync.alert JOIN sync.alert_told AS told USING (alert_id)
WHERE closed_at IS NULL AND told.channel = %(channel)s AND told.told_at IS NULL
  AND told.next_try_at <= now()
ORDER BY alert_id
LIMIT 1
FOR UPDATE OF told SKIP LOCKED

-- name: record_told
UPDATE sync.alert_told SET told_at = now(), attempts = attempts + 1, error = NULL
WHERE alert_id = %(alert_id)s AND channel = %(channel)s

-- name: record_failed_telling
-- Tried again after 1, 2, 4, ... minutes, at the latest after an hour.
UPDATE sync.alert_told
SET attempts = attempts + 1, error = %(error)s,
    next_try_at = now() + least(interval '1 minute' * 2 ^ least(attempts, 10), interval '1 hour')
WHERE alert_id = %(alert_id)s AND channel = %(channel)s
