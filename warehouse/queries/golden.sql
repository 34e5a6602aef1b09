-- Golden records: what is fixed about building them.

-- name: record_survivor
INSERT INTO golden.survivorship (field, source, stream, rank)
VALUES (%(field)s, %(source)s, %(stream)s, %(rank)s)

-- name: begin_build
INSERT INTO golden.build DEFAULT VALUES RETURNING build_id

-- name: forget_built_from
DELETE FROM golden.built_from

-- name: record_built_from
-- Which version of each register this build took up: lookups say of what time they speak.
INSERT INTO golden.built_from (stream, as_of, build_id)
SELECT name, as_of, %(build_id)s FROM sync.stream

-- name: end_build
UPDATE golden.build
SET finished_at = clock_timestamp(), people = %(people)s, changed = %(changed)s,
    linked = %(linked)s, unlinked = %(unlinked)s, doubtful = %(doubtful)s
WHERE build_id = %(build_id)s

-- name: make_draft
CREATE TEMPORARY TABLE golden_draft (person_id text, document jsonb) ON COMMIT DROP

-- name: publish_people
-- Columns that are searched come from the winning statements. A number that two persons carry
-- identifies neither. Records that did not change keep their version and time.
WITH found AS (
    SELECT
        person_id,
        document #>> '{pin,value}' AS pin,
        count(*) OVER (PARTITION BY document #>> '{pin,value}') AS carriers,
        document
    FROM golden_draft
),
ready AS (
    SELECT
        person_id,
        CASE WHEN carriers = 1 THEN pin END AS pin,
        document #>> '{full_name,value}' AS full_name,
        document #>> '{full_name,key}' AS name_key,
        document #>> '{birth_date,value}' AS birth,
        document ? 'death_date' AS deceased,
        (SELECT residence ->> 'commune_code'
         FROM jsonb_array_elements(document #> '{residences,value}') AS residence
         WHERE residence ->> 'kind_code' = 'permanent' AND residence ->> 'to_date' IS NULL
         ORDER BY residence ->> 'from_date' DESC NULLS LAST, residence ->> 'record_id' LIMIT 1) AS commune_code,
        document
    FROM found
)
INSERT INTO golden.person AS person (person_id, pin, full_name, name_key, birth_date,
    birth_date_precision, commune_code, deceased, document)
SELECT
    person_id, pin, full_name, name_key,
    CASE length(birth) WHEN 10 THEN birth WHEN 7 THEN birth || '-01' WHEN 4 THEN birth || '-01-01' END::date,
    CASE length(birth) WHEN 10 THEN 'day' WHEN 7 THEN 'month' WHEN 4 THEN 'year' END,
    commune_code, deceased, document
FROM ready
ON CONFLICT (person_id) DO UPDATE
SET pin = excluded.pin, full_name = excluded.full_name, name_key = excluded.name_key,
    birth_date = excluded.birth_date, birth_date_precision = excluded.birth_date_precision,
    commune_code = excluded.commune_code, deceased = excluded.deceased,
    document = excluded.document, version = person.version + 1, updated_at = now()
WHERE (person.document, person.pin) IS DISTINCT FROM (excluded.document, excluded.pin)

-- name: end_people
DELETE FROM golden.person AS person
WHERE NOT EXISTS (SELECT 1 FROM golden_draft AS draft WHERE draft.person_id = person.person_id)

-- name: count_people
SELECT
    (SELECT count(*) FROM golden.person) AS people,
    (SELECT count(*) FROM link.cluster_member WHERE rung > 0) AS linked,
    (SELECT count(*) FROM link.node WHERE NOT anchor)
        - (SELECT count(*) FROM link.cluster_member WHERE rung > 0) AS unlinked,
    (SELECT count(DISTINCT (stream, record_id, part)) FROM link.judgement WHERE verdict = 'unsure') AS doubtful
