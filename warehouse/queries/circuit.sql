-- The circuit of each source: how often it failed in a row, and until when it is left alone.

-- name: take_trial
-- The time of an open circuit is over: one caller may try the source, others wait for its word.
UPDATE sync.circuit
SET open_until = clock_timestamp() + make_interval(secs => %(trial)s),
    updated_at = clock_timestamp()
WHERE source = %(source)s AND open_until <= clock_timestamp()
RETURNING source

-- name: give_back_trial
UPDATE sync.circuit SET open_until = clock_timestamp(), updated_at = clock_timestamp()
WHERE source = %(source)s AND open_until > clock_timestamp()

-- name: find_open
SELECT failures, open_until, reason FROM sync.circuit
WHERE source = %(source)s AND open_until > clock_timestamp()

-- name: count_failures
-- Every further `most` failures in a row leave the source alone for twice as long.
INSERT INTO sync.circuit AS circuit (source, failures, reason)
VALUES (%(source)s, %(failures)s, %(reason)s)
ON CONFLICT (source) DO UPDATE
SET failures = circuit.failures + excluded.failures, reason = excluded.reason,
    updated_at = clock_timestamp()
RETURNING failures

-- name: open_circuit
UPDATE sync.circuit
SET open_until = clock_timestamp() + make_interval(secs => %(seconds)s)
WHERE source = %(source)s

-- name: close_circuit
UPDATE sync.circuit
SET failures = 0, open_until = NULL, reason = NULL, updated_at = clock_timestamp()
WHERE source = %(source)s AND (failures > 0 OR open_until IS NOT NULL)
