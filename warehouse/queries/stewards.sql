-- Stewards, and what they sign.

-- name: add_steward
INSERT INTO sync.steward (name) VALUES (%(name)s) RETURNING login

-- name: stop_steward
UPDATE sync.steward SET stopped_at = now()
WHERE name = %(name)s AND stopped_at IS NULL
RETURNING login

-- name: end_sessions
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %(login)s

-- name: list_stewards
SELECT name, added_at, stopped_at FROM sync.steward ORDER BY name

-- name: list_waiting
SELECT batch_id, stream, parking_id, causes, releasable, reason, counts, parked_at, current,
       signed_by
FROM sync.waiting ORDER BY parked_at, batch_id

-- name: find_waiting
SELECT batch_id, stream, parking_id, causes, releasable, reason, counts, parked_at, current,
       signed_by
FROM sync.waiting WHERE batch_id = %(batch_id)s

-- name: sign_release
SELECT verdict, stewards
FROM sync.sign_release(%(batch_id)s, %(parking_id)s, %(reason)s)
