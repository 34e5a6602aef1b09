-- What a judged batch would do, told without doing it.

-- name: count_rules
-- Rule -> staged rows that would go to quarantine because of it.
SELECT rule.id, count(*)
FROM {stage} AS staged, unnest(staged.failed_rules) AS rule (id)
WHERE staged.outcome = 'quarantined'
GROUP BY rule.id
ORDER BY rule.id

-- name: list_keys
-- Up to so many keys of each kind of row, by key; a row without a key has none to show.
SELECT kind, record_id
FROM (
    SELECT kind, record_id, row_number() OVER (PARTITION BY kind ORDER BY record_id) AS place
    FROM (
        SELECT DISTINCT
            CASE WHEN staged.outcome IS NOT NULL THEN staged.outcome
                 WHEN published.record_id IS NULL THEN 'new'
                 ELSE 'altered' END AS kind,
            staged.record_id
        FROM {stage} AS staged
        LEFT JOIN {standard} AS published USING (record_id)
        WHERE staged.record_id IS NOT NULL
    ) AS told
    WHERE kind <> 'unchanged'
) AS numbered
WHERE place <= %(most)s
ORDER BY kind, record_id

-- name: digest_keys_after
-- Digest of the keys that the hub would hold of the register (see publish.digest_keys).
SELECT count(*),
       coalesce(sum(('x' || left(encode(sha256(convert_to(record_id, 'UTF8')), 'hex'), 15))::bit(60)::bigint), 0)
FROM (
    (
        SELECT record_id FROM {standard}
        UNION
        SELECT record_id FROM quality.quarantined_row
        WHERE stream = %(stream)s AND state = 'open' AND reason_code <> 'NO_KEY'
        UNION
        SELECT record_id FROM {stage}
        WHERE record_id IS NOT NULL AND (outcome IS NULL OR outcome = 'quarantined')
    )
    EXCEPT
    SELECT record_id FROM {stage} WHERE deleted AND outcome IN ('ended', 'unchanged')
) AS held
