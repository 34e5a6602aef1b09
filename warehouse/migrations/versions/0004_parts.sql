-- Parts: a batch is entered when its run begins, and read in parts that several workers may load.

ALTER TABLE sync.batch DROP CONSTRAINT batch_state_check;
ALTER TABLE sync.batch ADD CONSTRAINT batch_state_check
    CHECK (state IN ('landing', 'landed', 'staged', 'judged', 'published', 'parked', 'overtaken'));
ALTER TABLE sync.batch DROP CONSTRAINT batch_mode_check;
ALTER TABLE sync.batch ADD CONSTRAINT batch_mode_check
    CHECK (mode IN ('snapshot', 'incremental', 'replay', 'reconcile', 'backfill'));
COMMENT ON COLUMN sync.batch.state IS 'landing: its parts are being read; what was read is not known before all of them are.';
COMMENT ON COLUMN sync.batch.source_as_of IS 'Time at the source of which the batch speaks; while it is landing, when its run began.';

CREATE TABLE sync.part (
    batch_id bigint NOT NULL REFERENCES sync.batch,
    number   integer NOT NULL CHECK (number BETWEEN 0 AND 32767),
    spec     jsonb NOT NULL,
    attempt  integer NOT NULL DEFAULT 0,
    facts    jsonb,
    done_at  timestamptz,
    PRIMARY KEY (batch_id, number),
    CONSTRAINT done_with_its_facts CHECK ((facts IS NULL) = (done_at IS NULL))
);
COMMENT ON TABLE sync.part IS 'What a batch is read in: each part by one worker at a time, all of them before it is judged.';
COMMENT ON COLUMN sync.part.spec IS 'What to read: mode, key range, folders; may hold row keys of the source.';
COMMENT ON COLUMN sync.part.attempt IS 'Grows with each worker that begins the part; an older one can no longer end it.';
COMMENT ON COLUMN sync.part.facts IS 'What was read and landed; written in the transaction that stages the rows.';

-- What was landed never changes; while a batch is landing, it is not known yet.
CREATE OR REPLACE FUNCTION sync.guard_batch() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (NEW.batch_id, NEW.stream, NEW.predecessor, NEW.mode, NEW.landed_url, NEW.fence)
       IS DISTINCT FROM
       (OLD.batch_id, OLD.stream, OLD.predecessor, OLD.mode, OLD.landed_url, OLD.fence)
       OR OLD.state <> 'landing' AND (NEW.batch_key, NEW.read) IS DISTINCT FROM (OLD.batch_key, OLD.read)
    THEN
        RAISE EXCEPTION 'what was landed never changes' USING ERRCODE = '42501';
    END IF;
    IF OLD.state = 'parked' AND NEW.state = 'published' AND NOT sync.is_released(NEW) THEN
        RAISE EXCEPTION 'a parked batch is published when two stewards have released it'
            USING ERRCODE = '42501';
    END IF;
    IF (OLD.state = 'parked' AND NEW.state NOT IN ('parked', 'published', 'overtaken'))
       OR (OLD.state IN ('published', 'overtaken') AND NEW.state <> OLD.state)
       OR (OLD.state = 'landing' AND NEW.state NOT IN ('landing', 'staged', 'parked', 'overtaken'))
       OR (OLD.state <> 'landing' AND NEW.state = 'landing') THEN
        RAISE EXCEPTION USING ERRCODE = '42501',
            MESSAGE = 'a batch does not go back from ' || OLD.state || ' to ' || NEW.state;
    END IF;
    RETURN NEW;
END $$;

-- Circuits -------------------------------------------------------------------------------------

CREATE TABLE sync.circuit (
    source     text PRIMARY KEY,
    failures   integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
    open_until timestamptz,
    reason     text,
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE sync.circuit IS 'Failures in a row of a source, and until when it is left alone.';

GRANT SELECT, INSERT, UPDATE ON sync.part, sync.circuit TO motlan_pipeline;
GRANT SELECT ON sync.circuit TO motlan_auditor, motlan_steward;
