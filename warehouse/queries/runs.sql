-- The run history: what each run of a stream did, step by step, and how it ended.

-- name: need_no_disk
-- A note that is lost with the server's last moments is no loss: the next one does not wait for the
-- disk. How a run ended does.
SET LOCAL synchronous_commit TO off

-- name: begin_step
-- The first step of a run makes its row; a later one, or another try, goes on with it. A part that
-- begins after another part of its step has failed does not undo the failure.
WITH begun AS (
    INSERT INTO sync.run (stream, key, source, mode, holder, step, part)
    VALUES (%(stream)s, %(key)s, %(source)s, %(mode)s, %(holder)s, %(step)s, %(part)s)
    ON CONFLICT (stream, key) DO UPDATE
    SET step = excluded.step, part = excluded.part, holder = excluded.holder, ended_at = NULL,
        outcome = NULL, error = NULL, unreachable = false
    WHERE run.outcome IS NULL OR run.step <> excluded.step OR run.part = excluded.part
    RETURNING run_id
)
SELECT run_id FROM begun
UNION ALL
SELECT run_id FROM sync.run WHERE stream = %(stream)s AND key = %(key)s
LIMIT 1

-- name: end_lost_runs
-- Older runs of the stream that never said how they ended: what their batch has become says it, or
-- nothing does. One that is still at work says so itself when it ends.
UPDATE sync.run AS run
SET ended_at = now(),
    outcome = CASE WHEN batch.state IN ('published', 'parked') THEN batch.state ELSE 'lost' END
FROM sync.run AS older
LEFT JOIN sync.batch USING (batch_id)
WHERE older.run_id = run.run_id AND run.stream = %(stream)s AND run.run_id < %(run_id)s
  AND run.ended_at IS NULL

-- name: end_step
WITH kept AS (
    INSERT INTO sync.run_step (run_id, step, part, seconds, rows)
    VALUES (%(run_id)s, %(step)s, %(part)s, %(seconds)s, %(rows)s)
    ON CONFLICT (run_id, step, part) DO UPDATE
    SET seconds = excluded.seconds, rows = excluded.rows, ended_at = now()
),
summed AS (
    INSERT INTO sync.step_total AS total (stream, step, times, seconds, rows)
    VALUES (%(stream)s, %(step)s, 1, %(seconds)s, %(rows)s)
    ON CONFLICT (stream, step) DO UPDATE
    SET times = total.times + 1, seconds = total.seconds + excluded.seconds,
        rows = total.rows + excluded.rows
)
UPDATE sync.run SET batch_id = coalesce(%(batch_id)s, batch_id) WHERE run_id = %(run_id)s

-- name: end_run
UPDATE sync.run
SET ended_at = now(), outcome = %(outcome)s, error = %(error)s, step = %(step)s, part = %(part)s,
    batch_id = coalesce(%(batch_id)s, batch_id), unreachable = %(unreachable)s
WHERE run_id = %(run_id)s

-- name: end_killed_run
-- A run whose process was ended before it could say so; one that has said so is left alone.
UPDATE sync.run SET ended_at = now(), outcome = 'lost', error = %(error)s
WHERE stream = %(stream)s AND key = %(key)s AND ended_at IS NULL

-- name: has_ended
SELECT 1 FROM sync.run WHERE stream = %(stream)s AND key = %(key)s AND ended_at IS NOT NULL

-- name: is_to_be_told
-- Whether the run before this one missed its source too, or the source is left alone by now.
SELECT coalesce((
    SELECT unreachable FROM sync.run
    WHERE stream = %(stream)s AND run_id < %(run_id)s ORDER BY run_id DESC LIMIT 1
), false) OR EXISTS (
    SELECT FROM sync.circuit WHERE source = %(source)s AND open_until > now()
)

-- name: read_lineage
SELECT run.lineage_id, run.batch_id, coalesce(batch.state = 'published', false) AS published,
       coalesce(batch.read, 0) AS read, coalesce(batch.accepted, 0) AS accepted,
       coalesce(suite.result -> 'rules', '[]') AS rules
FROM sync.run
LEFT JOIN sync.batch USING (batch_id)
LEFT JOIN quality.suite_run AS suite USING (batch_id)
WHERE run.stream = %(stream)s AND run.key = %(key)s

-- name: list_runs
-- The last runs, the newest first.
SELECT run.run_id, run.stream, run.mode, run.batch_id, run.step, run.began_at, run.ended_at,
       run.outcome, run.error,
       coalesce((SELECT sum(step.rows) FROM sync.run_step AS step
                 WHERE step.run_id = run.run_id AND step.step = 'load'), 0)::bigint AS rows
FROM sync.run ORDER BY run.run_id DESC LIMIT %(limit)s
