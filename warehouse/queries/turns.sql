-- Whose turn it is.

-- name: find_run_under_way
-- A batch that is neither published, parked nor overtaken, by the run that holds its stream.
SELECT batch.batch_id
FROM sync.batch
JOIN sync.stream ON stream.name = batch.stream AND stream.fence = batch.fence
WHERE stream.name = %(name)s AND batch.mode <> %(mode)s
  AND batch.state IN ('landing', 'landed', 'staged', 'judged')
  AND batch.landed_at > now() - %(age_max)s::interval
LIMIT 1
