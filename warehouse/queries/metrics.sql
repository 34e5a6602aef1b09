-- What Prometheus asks: how each stream stands, and what its batches and steps add up to.

-- name: list_streams
SELECT
    stream.source,
    stream.name AS stream,
    extract(epoch FROM now() - stream.as_of)::float AS as_of_age,
    extract(epoch FROM stream.freshness)::float AS promise,
    stream.row_count AS rows_held,
    (SELECT count(*) FROM quality.quarantined_row AS row
     WHERE row.stream = stream.name AND row.state = 'open') AS open_quarantine,
    (SELECT state FROM sync.batch WHERE batch.stream = stream.name AND fence > 0
     ORDER BY batch_id DESC LIMIT 1) AS last_state,
    sums.rows_read, sums.accepted, sums.unchanged, sums.superseded, sums.quarantined, sums.ended,
    sums.batches, sums.parked, sums.published_at
FROM sync.stream
CROSS JOIN LATERAL (
    SELECT coalesce(sum(read) FILTER (WHERE state = 'published'), 0)::float AS rows_read,
           coalesce(sum(accepted), 0)::float AS accepted,
           coalesce(sum(unchanged), 0)::float AS unchanged,
           coalesce(sum(superseded), 0)::float AS superseded,
           coalesce(sum(quarantined), 0)::float AS quarantined,
           coalesce(sum(ended), 0)::float AS ended,
           count(*) FILTER (WHERE state = 'published') AS batches,
           count(*) FILTER (WHERE state = 'parked') AS parked,
           extract(epoch FROM max(published_at))::float AS published_at
    FROM sync.batch WHERE batch.stream = stream.name
) AS sums
ORDER BY stream.name

-- name: list_steps
-- Each step of each stream: its sums, and how long it took the last time.
SELECT total.stream, total.step, total.times, total.seconds, total.rows, last.seconds AS last_seconds
FROM sync.step_total AS total
LEFT JOIN LATERAL (
    SELECT sum(done.seconds) AS seconds
    FROM sync.run_step AS done
    WHERE done.step = total.step AND done.run_id = (
        SELECT run.run_id FROM sync.run
        WHERE run.stream = total.stream
          AND EXISTS (SELECT FROM sync.run_step AS any_part
                      WHERE any_part.run_id = run.run_id AND any_part.step = total.step)
        ORDER BY run.run_id DESC LIMIT 1
    )
) AS last ON true
ORDER BY total.stream, total.step

-- name: list_circuits
SELECT source, failures, coalesce(open_until > now(), false) AS open FROM sync.circuit ORDER BY source

-- name: list_open_alerts
SELECT kind, source, count(*) AS alerts FROM sync.alert WHERE closed_at IS NULL GROUP BY kind, source
