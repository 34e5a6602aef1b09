-- What an auditor sees first: each stream's freshness, last batch, quality and quarantine.

-- name: list_streams
-- The last published batch of each stream, and how many of its records pass every rule.
SELECT s.name AS stream, s.source, s.dataset, s.as_of, s.freshness, s.row_count,
       b.batch_id, b.published_at, b.read, b.accepted, b.unchanged, b.superseded, b.quarantined,
       q.records, q.records_passing_all
FROM sync.stream AS s
LEFT JOIN LATERAL (
    SELECT * FROM sync.batch
    WHERE stream = s.name AND state = 'published' ORDER BY batch_id DESC LIMIT 1
) AS b ON true
LEFT JOIN LATERAL (
    SELECT quality.records, quality.records_passing_all
    FROM quality.batch_quality AS quality JOIN sync.batch USING (batch_id)
    WHERE quality.stream = s.name AND batch.state = 'published' ORDER BY batch_id DESC LIMIT 1
) AS q ON true
ORDER BY s.source, s.name

-- name: list_criteria
-- Of the newest published batch with results: per criterion the weights of its rules, and those
-- weights times passed/total (Decree 278/2025 art. 15: a weighted mean, from the bottom up).
WITH newest AS (
    SELECT r.stream, max(r.batch_id) AS batch_id
    FROM quality.rule_result AS r JOIN sync.batch AS b USING (batch_id)
    WHERE b.state = 'published'
    GROUP BY r.stream
)
SELECT r.stream, r.criterion, count(*) AS rules, sum(r.weight) AS weight,
       sum(r.weight * r.passed / r.total) AS weighted
FROM quality.rule_result AS r JOIN newest USING (stream, batch_id)
WHERE r.total > 0
GROUP BY r.stream, r.criterion

-- name: list_quarantine
SELECT stream, rule_id, reason_code, owner, count(*) AS rows, min(created_at) AS oldest_at
FROM quality.quarantined_row
WHERE state = 'open'
GROUP BY stream, rule_id, reason_code, owner
ORDER BY count(*) DESC, stream, rule_id

-- name: list_waiting
-- Batches that wait for a person.
SELECT b.stream, b.batch_id, b.state, b.read, coalesce(b.reason, '') AS reason, b.landed_at
FROM sync.batch AS b
WHERE b.state = 'parked'
ORDER BY b.batch_id DESC
LIMIT 50

-- name: list_alerts
SELECT kind, coalesce(stream, source) AS place, what, todo, opened_at
FROM sync.alert WHERE closed_at IS NULL
ORDER BY opened_at, alert_id
LIMIT 50
