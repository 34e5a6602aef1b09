-- The stage table of a first load becomes the register.

-- name: find_table
SELECT to_regclass(%(name)s)

-- name: holds_nothing
SELECT NOT EXISTS (SELECT FROM {standard})

-- name: is_logged
SELECT relpersistence = 'p' FROM pg_class
WHERE relnamespace = 'stage'::regnamespace AND relname = %(name)s

-- name: is_as_made
-- Whether the empty register is as the hub made it: no grant, setting, comment, view, trigger, policy,
-- publication, statistics or index of anybody else's, and no heir.
SELECT relacl IS NULL AND reloptions IS NULL AND NOT relhastriggers AND NOT relrowsecurity
   AND obj_description(made.oid, 'pg_class') IS NULL
   AND (SELECT count(*) = 2 FROM pg_index WHERE indrelid = made.oid)
   AND NOT EXISTS (SELECT FROM pg_inherits WHERE made.oid IN (inhrelid, inhparent))
   AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = made.oid AND attacl IS NOT NULL)
   AND NOT EXISTS (
       SELECT FROM pg_depend
       WHERE refclassid = 'pg_class'::regclass AND refobjid = made.oid
         AND (deptype = 'n' OR classid NOT IN (
             'pg_class'::regclass, 'pg_type'::regclass, 'pg_constraint'::regclass,
             'pg_attrdef'::regclass))
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
