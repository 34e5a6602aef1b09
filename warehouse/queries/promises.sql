-- What each dataset promised when its contract was applied.

-- name: find_promise
SELECT promise FROM sync.promise WHERE stream = %(stream)s ORDER BY promise_id DESC LIMIT 1

-- name: keep_promise
INSERT INTO sync.promise (stream, contract_hash, promise)
VALUES (%(stream)s, %(contract_hash)s, %(promise)s)

-- name: count_published
SELECT count(*) FROM {standard} WHERE {condition}
