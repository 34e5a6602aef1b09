-- What the hub holds of a register, to be compared with what its source holds.

-- name: digest_rows
-- Of the published rows that do not wait in quarantine too, by bucket: their number, and the sum of
-- the digest numbers of the keys or of the keys with their versions (hub.digest).
SELECT {bucket}, count(*), sum({said})
FROM (
    SELECT record_id, source_partition,
           floor(extract(epoch FROM source_version) * %(units)s)::bigint AS version,
           ('x' || left(encode(sha256(convert_to(record_id, 'UTF8')), 'hex'), 15))::bit(60)::bigint
               AS number
    FROM {standard} AS published
    WHERE NOT EXISTS (
        SELECT FROM quality.quarantined_row AS row
        WHERE row.stream = %(stream)s AND row.state = 'open'
          AND row.record_id = published.record_id
    )
) AS held
GROUP BY 1

-- name: list_waiting_rows
-- The rows that wait in quarantine under a key, with the version that is published of each.
SELECT row.record_id, row.source_partition, row.raw_row,
       floor(extract(epoch FROM published.source_version) * %(units)s)::bigint
FROM quality.quarantined_row AS row
LEFT JOIN {standard} AS published USING (record_id)
WHERE row.stream = %(stream)s AND row.state = 'open' AND row.reason_code <> 'NO_KEY'
ORDER BY row.record_id
