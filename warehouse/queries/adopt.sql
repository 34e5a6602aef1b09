-- The stage table of a first load becomes the register.

-- name: find_table
SELECT to_regclass(%(name)s)

-- name: holds_nothing
SELECT NOT EXISTS (SELECT FROM {standard})

-- name: is_logged
SELECT relpersistence = 'p' FROM pg_class
WHERE relnamespace = 'stage'::regnamespace AND relname = %(name)s

-- name: is_as_made
-- Whether the empty register is as the hub made it: nothing would be lost with it, or hinder its drop.
SELECT relowner = current_user::regrole AND relpersistence = 'p' AND relreplident = 'd'
   AND relam = (SELECT oid FROM pg_am WHERE amname = 'heap')
   AND reltablespace = 0 AND reloptions IS NULL AND relacl IS NULL AND reloftype = 0
   AND NOT (relhastriggers OR relhasrules OR relrowsecurity OR relforcerowsecurity)
   -- columns: grants, defaults, promises, and how they are kept
   AND NOT EXISTS (
       SELECT FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
       WHERE attrelid = made.oid AND attnum > 0 AND NOT attisdropped
         AND (attacl IS NOT NULL OR attoptions IS NOT NULL OR atthasdef OR attidentity <> ''
              OR attnotnull <> (attname = ANY(%(required)s)) OR attcollation <> typcollation
              OR attstorage <> typstorage OR attcompression <> '' OR attstattarget >= 0)
   )
   -- the key and no other constraint, neither on it nor towards it
   AND NOT EXISTS (
       SELECT FROM pg_constraint
       WHERE made.oid IN (conrelid, confrelid) AND contype NOT IN ('p', 'n')
   )
   -- the key's index and that of failed rules, both as made
   AND (
       SELECT count(*) = 2 AND bool_and(
           (indisprimary OR indpred IS NOT NULL AND amname = 'gin')
           AND indisvalid AND NOT indisclustered AND NOT indisreplident
           AND kept.reloptions IS NULL AND kept.reltablespace = 0
       )
       FROM pg_index JOIN pg_class AS kept ON kept.oid = indexrelid JOIN pg_am ON pg_am.oid = kept.relam
       WHERE indrelid = made.oid
   )
   AND NOT EXISTS (SELECT FROM pg_class WHERE oid = made.reltoastrelid AND reloptions IS NOT NULL)
   AND NOT EXISTS (SELECT FROM pg_statistic_ext WHERE stxrelid = made.oid)
   AND NOT EXISTS (SELECT FROM pg_inherits WHERE made.oid IN (inhrelid, inhparent))
   -- words about it, its columns, its indexes and its key
   AND NOT EXISTS (
       SELECT FROM (
           SELECT classoid, objoid FROM pg_description UNION ALL SELECT classoid, objoid FROM pg_seclabel
       ) AS said
       WHERE (classoid, objoid) IN (
           SELECT 'pg_class'::regclass::oid, made.oid
           UNION ALL SELECT 'pg_class'::regclass, indexrelid FROM pg_index WHERE indrelid = made.oid
           UNION ALL SELECT 'pg_constraint'::regclass, oid FROM pg_constraint WHERE conrelid = made.oid
       )
   )
   -- what stands on it or on its row type: views, policies, publications, functions, other tables
   AND NOT EXISTS (
       SELECT FROM pg_depend
       WHERE refclassid = 'pg_class'::regclass AND refobjid = made.oid
         AND (deptype = 'n' OR classid NOT IN (
             'pg_class'::regclass, 'pg_type'::regclass, 'pg_constraint'::regclass,
             'pg_attrdef'::regclass))
   )
   AND NOT EXISTS (
       SELECT FROM pg_depend JOIN pg_type ON pg_type.oid = refobjid
       WHERE refclassid = 'pg_type'::regclass AND deptype = 'n'
         AND made.reltype IN (pg_type.oid, typelem)
   )
FROM pg_class AS made
WHERE relnamespace = 'standard'::regnamespace AND relname = %(name)s

-- name: lock_stage
LOCK TABLE {stage} IN ACCESS EXCLUSIVE MODE

-- name: leave_out
DELETE FROM {stage} WHERE outcome IS NOT NULL

-- name: date_register
-- No row has a version of its own: the time that is the same in all of them is kept once.
ALTER TABLE {stage} DROP COLUMN valid_from, ADD COLUMN valid_from timestamptz DEFAULT {as_of}

-- name: date_rows
UPDATE {stage} SET valid_from = {as_of} WHERE valid_from IS NULL

-- name: drop_empty
DROP TABLE {standard}

-- name: shape_rows
-- No row is written again: dropped columns stay where they are, and what is the same in every row is
-- kept once.
ALTER TABLE {stage} {dropped},
    ADD COLUMN recorded_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN batch_id bigint NOT NULL DEFAULT {batch_id},
    ALTER COLUMN valid_from SET NOT NULL,
    ALTER COLUMN failed_rules DROP DEFAULT,
    ADD CONSTRAINT {key} PRIMARY KEY (record_id)

-- name: end_shaping
ALTER TABLE {stage}
    ALTER COLUMN valid_from DROP DEFAULT,
    ALTER COLUMN recorded_at DROP DEFAULT,
    ALTER COLUMN batch_id DROP DEFAULT,
    RESET (autovacuum_enabled, toast.autovacuum_enabled)

-- name: forget_note
-- What staging has found out about the batch says nothing of the register.
COMMENT ON TABLE {stage} IS NULL

-- name: move_stage
ALTER TABLE {stage} SET SCHEMA standard

-- name: name_register
ALTER TABLE {moved} RENAME TO {name}

-- name: index_failing
CREATE INDEX ON {standard} USING gin (failed_rules) WHERE failed_rules <> '{{}}'

-- name: sample_lightly
-- For this transaction alone: the server's own vacuum samples the register again soon.
SET LOCAL default_statistics_target = 10

-- name: analyse
ANALYZE {standard} (record_id, failed_rules, source_partition)
