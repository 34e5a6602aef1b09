-- What `motlan status` and `motlan sync --watch` show.

-- name: list_streams
-- Each stream with its last batch, its open quarantine and its ages; what it has no cursor for, or
-- was never published, has none. A dry run (without a fence) is no batch of the stream.
SELECT
    stream.source,
    stream.name AS stream,
    stream.as_of,
    stream.freshness,
    stream.row_count,
    last.batch_id,
    last.state,
    last.reason,
    last.read,
    last.accepted,
    last.unchanged,
    last.superseded,
    last.quarantined,
    (SELECT count(*) FROM quality.quarantined_row AS row
     WHERE row.stream = stream.name AND row.state = 'open') AS open_quarantine,
    (SELECT max(published_at) FROM sync.batch WHERE batch.stream = stream.name) AS published_at,
    extract(epoch FROM now() - stream.as_of)::float AS lag_seconds,
    extract(epoch FROM last.source_as_of - stream.as_of)::float AS behind_seconds,
    extract(epoch FROM now() - (stream.cursor ->> 'since')::timestamptz)::float
        AS cursor_age_seconds,
    coalesce(now() - stream.as_of > stream.freshness, false) AS late
FROM sync.stream
LEFT JOIN LATERAL (
    SELECT * FROM sync.batch
    WHERE batch.stream = stream.name AND fence > 0 ORDER BY batch_id DESC LIMIT 1
) AS last ON true
ORDER BY stream.name

-- name: list_open_circuits
SELECT source, failures, open_until, coalesce(reason, '') AS reason
FROM sync.circuit WHERE open_until > now() ORDER BY source

-- name: count_balance
-- Published batches, and those where read <> accepted + unchanged + superseded + quarantined.
SELECT count(*),
       count(*) FILTER (WHERE read <> accepted + unchanged + superseded + quarantined)
FROM sync.batch WHERE state = 'published'
