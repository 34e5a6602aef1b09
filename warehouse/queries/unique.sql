-- Unique fields: rows of a batch whose value another record holds.

-- name: make_taken
-- giver: the newer row of the batch by which the published holder gives the value up; null where it
-- does not, and the row at position breaks its rule.
CREATE UNLOGGED TABLE {taken} AS {found}

-- name: is_published
SELECT EXISTS (SELECT FROM {standard})

-- name: find_repeated
-- Living rows whose value another living row has, and which their record did not have.
SELECT {rule}::text AS rule, staged.position, NULL::bigint AS giver
FROM {stage} AS staged
LEFT JOIN {standard} AS own ON own.record_id = staged.record_id
WHERE {living} AND own.{field} IS DISTINCT FROM staged.{field} AND staged.{field} IN (
    SELECT staged.{field} FROM {stage} AS staged
    WHERE {living} AND staged.{field} IS NOT NULL
    GROUP BY staged.{field} HAVING count(*) > 1
)

-- name: find_held
-- Rows that bring a value which their record did not have, and another published record has. That
-- one gives it up by a newest row that is no older than what is published, and ends or has another.
SELECT {rule}::text AS rule, fresh.position, giver.position AS giver
FROM (
    SELECT staged.position, staged.record_id, staged.{field} AS value
    FROM {stage} AS staged
    LEFT JOIN {standard} AS own ON own.record_id = staged.record_id
    WHERE {living} AND staged.{field} IS NOT NULL AND own.{field} IS DISTINCT FROM staged.{field}
) AS fresh
JOIN {standard} AS held
    ON held.{field} = fresh.value AND held.record_id IS DISTINCT FROM fresh.record_id
LEFT JOIN LATERAL (
    SELECT staged.position
    FROM {stage} AS staged
    WHERE staged.record_id = held.record_id AND {newest}
      AND coalesce(staged.source_version >= held.source_version, true)
      AND coalesce({cursor} <> ALL (staged.unreadable), true)
      AND (staged.deleted OR staged.{field} IS DISTINCT FROM fresh.value)
) AS giver ON true

-- name: list_broken
SELECT DISTINCT rule FROM {taken}

-- name: is_taken
staged.position IN (SELECT position FROM {taken} WHERE rule = {rule} AND giver IS NULL)

-- name: find_table
SELECT to_regclass(%(name)s) IS NOT NULL

-- name: keep_values
UPDATE {taken} SET giver = NULL WHERE giver = ANY (%(refused)s)
