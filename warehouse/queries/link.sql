-- Linking: candidate pairs of the ladder, judgements, clusters.

-- name: list_pin_candidates
-- Rung 1: rows and persons that carry one personal number. birth: agree, differ, or NULL (unknown).
SELECT
    node.stream, node.record_id, node.part,
    anchor.stream AS anchor_stream, anchor.record_id AS anchor_record_id,
    node.name, anchor.name AS anchor_name, node.name_key, anchor.name_key AS anchor_name_key,
    CASE WHEN node.birth_date IS NOT NULL AND anchor.birth_date IS NOT NULL
         THEN CASE WHEN node.birth_date = anchor.birth_date THEN 'agree' ELSE 'differ' END END AS birth,
    count(*) OVER (PARTITION BY node.stream, node.record_id, node.part) AS candidates
FROM link.node AS node
JOIN link.node AS anchor ON anchor.anchor AND anchor.pin = node.pin
WHERE NOT node.anchor

-- name: list_old_number_candidates
-- Rung 2: the old 9-digit number leads to a person through the population register. Rows whose
-- personal number found somebody on rung 1 stay there. birth compares years.
SELECT
    node.stream, node.record_id, node.part,
    anchor.stream AS anchor_stream, anchor.record_id AS anchor_record_id,
    node.name, anchor.name AS anchor_name, node.name_key, anchor.name_key AS anchor_name_key,
    CASE WHEN node.birth_year IS NOT NULL AND anchor.birth_year IS NOT NULL
         THEN CASE WHEN node.birth_year = anchor.birth_year THEN 'agree' ELSE 'differ' END END AS birth,
    count(*) OVER (PARTITION BY node.stream, node.record_id, node.part) AS candidates
FROM link.node AS node
JOIN link.node AS anchor ON anchor.anchor AND anchor.old_number = node.old_number
WHERE NOT node.anchor
  AND NOT EXISTS (SELECT 1 FROM link.node AS named WHERE named.anchor AND named.pin = node.pin)

-- name: clear_ladder_judgements
-- The ladder's own judgements are made anew; what people judged stays.
DELETE FROM link.judgement WHERE judged_by = 'ladder'

-- name: copy_judgements
COPY link.judgement (stream, record_id, part, anchor_stream, anchor_record_id, verdict, rung,
                     evidence, judged_by, reason) FROM STDIN

-- name: clear_clusters
-- Not TRUNCATE: a reader with an older snapshot would see no links at all.
DELETE FROM link.cluster_member

-- name: build_clusters
-- A pure function of nodes and judgements. A steward's word goes before the ladder's, and a pair
-- that any steward rejected never comes back; a row that still points at two persons belongs to none.
WITH anchored AS (
    SELECT stream, record_id,
           'P' || left(encode(sha256(convert_to(stream || '|' || record_id, 'UTF8')), 'hex'), 20) AS person_id
    FROM link.node WHERE anchor
),
weighed AS (
    SELECT judgement.*, judged_by <> 'ladder' AS by_person,
           bool_or(judged_by <> 'ladder') OVER pair AS pair_was_reviewed,
           bool_or(judged_by <> 'ladder' AND verdict = 'negative') OVER pair AS pair_was_rejected
    FROM link.judgement
    WINDOW pair AS (PARTITION BY stream, record_id, part, anchor_stream, anchor_record_id)
),
positive AS (
    SELECT stream, record_id, part, anchor_stream, anchor_record_id, min(rung) AS rung,
           bool_or(by_person) AS by_person
    FROM weighed
    WHERE verdict = 'positive' AND NOT pair_was_rejected AND (by_person OR NOT pair_was_reviewed)
    GROUP BY stream, record_id, part, anchor_stream, anchor_record_id
),
chosen AS (
    SELECT positive.*,
           count(*) OVER (PARTITION BY stream, record_id, part, by_person) AS rivals,
           bool_or(by_person) OVER (PARTITION BY stream, record_id, part) AS row_was_reviewed
    FROM positive
)
INSERT INTO link.cluster_member (stream, record_id, part, person_id, rung)
SELECT stream, record_id, 0, person_id, 0 FROM anchored
UNION ALL
SELECT node.stream, node.record_id, node.part, anchored.person_id, chosen.rung
FROM chosen
JOIN link.node AS node USING (stream, record_id, part)
JOIN anchored ON anchored.stream = chosen.anchor_stream AND anchored.record_id = chosen.anchor_record_id
WHERE chosen.rivals = 1 AND chosen.by_person = chosen.row_was_reviewed

-- name: analyze_clusters
ANALYZE link.cluster_member

-- name: count_links
SELECT
    (SELECT count(*) FROM link.node WHERE anchor) AS people,
    (SELECT count(*) FROM link.cluster_member WHERE rung > 0) AS linked,
    (SELECT count(DISTINCT (stream, record_id, part)) FROM link.judgement WHERE verdict = 'unsure') AS doubtful,
    (SELECT count(*) FROM link.node WHERE NOT anchor) AS nodes
