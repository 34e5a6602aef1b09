-- Stewards: who signs in by name, and what each has signed.
--
-- A steward has a login of their own, motlan_steward_<name>, and is asked for its password by the
-- server itself. What only a signed-in steward may do are functions that record who called them;
-- they run as motlan_signing_functions, which nobody can log in as. No other login may call them.

DO $$
BEGIN
    CREATE ROLE motlan_signing NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;  -- roles belong to the whole cluster, and another database of it made this one
END $$;
DO $$
BEGIN
    CREATE ROLE motlan_signing_functions NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END $$;

CREATE TABLE sync.steward (
    name       text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_]{1,30}$'),
    login      text NOT NULL UNIQUE GENERATED ALWAYS AS ('motlan_steward_' || name) STORED,
    added_at   timestamptz NOT NULL DEFAULT now(),
    added_by   text NOT NULL DEFAULT session_user,
    stopped_at timestamptz
);
COMMENT ON TABLE sync.steward IS 'Who may sign. A name stays for ever, so that no signature changes its person.';

-- Who is signed in: a steward whose own password the server has checked over this connection.
-- SET ROLE changes neither word; a login that was trusted without a password has no system_user.
CREATE FUNCTION sync.signed_in_steward() RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_name text;
BEGIN
    SELECT name INTO v_name FROM sync.steward
    WHERE login = session_user AND stopped_at IS NULL
      AND system_user = 'scram-sha-256:' || session_user;
    IF v_name IS NULL THEN
        RAISE EXCEPTION 'no steward is signed in' USING ERRCODE = '42501';
    END IF;
    RETURN v_name;
END $$;

CREATE FUNCTION sync.refuse_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = '42501',
        MESSAGE = TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME || ' is only ever added to';
END $$;

-- Release of parked batches -----------------------------------------------------------------

CREATE TABLE sync.parking (
    parking_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    batch_id   bigint NOT NULL REFERENCES sync.batch,
    causes     text[] NOT NULL CHECK (cardinality(causes) > 0),
    releasable boolean NOT NULL
        GENERATED ALWAYS AS (causes <@ ARRAY['quarantine', 'deletes', 'changes']) STORED,
    reason     text NOT NULL,
    counts     jsonb NOT NULL,
    parked_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE sync.parking IS 'Why and when a batch was parked, and what it would have done; the newest line of a batch holds.';
COMMENT ON COLUMN sync.parking.releasable IS 'Whether two stewards may release it: brakes and the quarantine bound, nothing else.';
CREATE INDEX parking_by_batch ON sync.parking (batch_id, parking_id DESC);

CREATE TABLE sync.release_signature (
    signature_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parking_id   bigint NOT NULL REFERENCES sync.parking,
    batch_id     bigint NOT NULL REFERENCES sync.batch,
    batch_key    text NOT NULL,
    counts       jsonb NOT NULL,
    steward      text NOT NULL REFERENCES sync.steward,
    reason       text NOT NULL CHECK (length(btrim(reason)) BETWEEN 3 AND 500),
    signed_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT a_steward_signs_once UNIQUE (parking_id, steward)
);
COMMENT ON TABLE sync.release_signature IS 'Who released which batch, with which counts before their eyes, when and why.';

CREATE TRIGGER parking_is_never_changed BEFORE UPDATE OR DELETE ON sync.parking
    FOR EACH ROW EXECUTE FUNCTION sync.refuse_change();
CREATE TRIGGER parking_is_never_emptied BEFORE TRUNCATE ON sync.parking
    FOR EACH STATEMENT EXECUTE FUNCTION sync.refuse_change();
CREATE TRIGGER signature_is_never_changed BEFORE UPDATE OR DELETE ON sync.release_signature
    FOR EACH ROW EXECUTE FUNCTION sync.refuse_change();
CREATE TRIGGER signature_is_never_emptied BEFORE TRUNCATE ON sync.release_signature
    FOR EACH STATEMENT EXECUTE FUNCTION sync.refuse_change();

CREATE VIEW sync.waiting AS
SELECT batch.batch_id, batch.stream, batch.batch_key, batch.mode, batch.source_as_of,
       parking.parking_id, parking.causes, parking.releasable, parking.reason, parking.counts,
       parking.parked_at,
       stream.batch_key = batch.predecessor AS current,
       array(SELECT steward FROM sync.release_signature AS signature
             WHERE signature.parking_id = parking.parking_id ORDER BY signature_id) AS signed_by
FROM sync.batch
JOIN sync.stream ON stream.name = batch.stream
JOIN LATERAL (
    SELECT * FROM sync.parking WHERE parking.batch_id = batch.batch_id
    ORDER BY parking_id DESC LIMIT 1
) AS parking ON true
WHERE batch.state = 'parked';
COMMENT ON VIEW sync.waiting IS 'Parked batches: since when, why, and who has signed the release. current is false once another version was published.';

-- One steward's signature under the release of a batch. The verdict: signed, or why not.
-- Signing the same twice is signing once; stewards lists who has signed this parking by now.
CREATE FUNCTION sync.sign_release(
    p_batch_id bigint, p_parking_id bigint, p_reason text,
    OUT verdict text, OUT stewards text[]
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_steward text := sync.signed_in_steward();
    v_waiting sync.waiting;
BEGIN
    SELECT * INTO v_waiting FROM sync.waiting WHERE batch_id = p_batch_id;
    verdict := CASE
        WHEN v_waiting.batch_id IS NULL THEN 'not_parked'
        WHEN NOT v_waiting.releasable THEN 'never'
        WHEN NOT v_waiting.current THEN 'moved_on'
        WHEN v_waiting.parking_id <> p_parking_id THEN 'parked_anew'
        ELSE 'signed'
    END;
    IF verdict = 'signed' THEN
        INSERT INTO sync.release_signature
            (parking_id, batch_id, batch_key, counts, steward, reason)
        VALUES (p_parking_id, p_batch_id, v_waiting.batch_key, v_waiting.counts, v_steward,
                p_reason)
        ON CONFLICT ON CONSTRAINT a_steward_signs_once DO NOTHING;
    END IF;
    stewards := array(SELECT steward FROM sync.release_signature AS signature
                      WHERE signature.parking_id = p_parking_id ORDER BY signature_id);
END $$;

-- Whether two stewards have signed exactly what the batch is about to be published with.
CREATE FUNCTION sync.is_released(p_batch sync.batch) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce((
        SELECT parking.releasable
           AND parking.counts @> jsonb_build_object(
                   'read', p_batch.read, 'accepted', p_batch.accepted,
                   'unchanged', p_batch.unchanged, 'superseded', p_batch.superseded,
                   'quarantined', p_batch.quarantined, 'ended', p_batch.ended)
           AND (SELECT count(DISTINCT signature.steward) >= 2
                FROM sync.release_signature AS signature
                WHERE signature.parking_id = parking.parking_id
                  AND signature.batch_key = p_batch.batch_key
                  AND signature.counts = parking.counts)
        FROM sync.parking WHERE parking.batch_id = p_batch.batch_id
        ORDER BY parking.parking_id DESC LIMIT 1
    ), false)
$$;

-- What is parked stays parked until a newer batch overtakes it or two stewards release it; what
-- is overtaken or published stays so. The pipeline may write the ledger, and cannot pass this.
CREATE FUNCTION sync.guard_batch() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (NEW.batch_id, NEW.stream, NEW.batch_key, NEW.predecessor, NEW.mode, NEW.landed_url, NEW.read)
       IS DISTINCT FROM
       (OLD.batch_id, OLD.stream, OLD.batch_key, OLD.predecessor, OLD.mode, OLD.landed_url, OLD.read)
    THEN
        RAISE EXCEPTION 'what was landed never changes' USING ERRCODE = '42501';
    END IF;
    IF OLD.state = 'parked' AND NEW.state = 'published' AND NOT sync.is_released(NEW) THEN
        RAISE EXCEPTION 'a parked batch is published when two stewards have released it'
            USING ERRCODE = '42501';
    END IF;
    IF (OLD.state = 'parked' AND NEW.state NOT IN ('parked', 'published', 'overtaken'))
       OR (OLD.state IN ('published', 'overtaken') AND NEW.state <> OLD.state) THEN
        RAISE EXCEPTION USING ERRCODE = '42501',
            MESSAGE = 'a batch does not go back from ' || OLD.state || ' to ' || NEW.state;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER batch_goes_forward BEFORE UPDATE ON sync.batch
    FOR EACH ROW EXECUTE FUNCTION sync.guard_batch();

-- Quarantined rows: opened, and replayed -----------------------------------------------------

ALTER TABLE sync.batch DROP CONSTRAINT batch_mode_check;
ALTER TABLE sync.batch ADD CONSTRAINT batch_mode_check
    CHECK (mode IN ('snapshot', 'incremental', 'replay'));

CREATE TABLE quality.opening (
    opening_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    quarantine_id bigint NOT NULL,
    stream        text NOT NULL,
    record_id     text NOT NULL,
    batch_id      bigint NOT NULL,
    steward       text NOT NULL REFERENCES sync.steward,
    reason        text NOT NULL CHECK (length(btrim(reason)) BETWEEN 3 AND 500),
    opened_at     timestamptz NOT NULL DEFAULT now(),
    opened_in     xid8 NOT NULL DEFAULT pg_current_xact_id()
);
COMMENT ON TABLE quality.opening IS 'Who opened which quarantined row, when and why; written before anything is shown.';
COMMENT ON COLUMN quality.opening.opened_in IS 'The transaction that wrote the line; only another one, later, gives the row.';
CREATE TRIGGER opening_is_never_changed BEFORE UPDATE OR DELETE ON quality.opening
    FOR EACH ROW EXECUTE FUNCTION sync.refuse_change();
CREATE TRIGGER opening_is_never_emptied BEFORE TRUNCATE ON quality.opening
    FOR EACH STATEMENT EXECUTE FUNCTION sync.refuse_change();

-- The line that must be committed before the row is given; NULL where there is no such row.
CREATE FUNCTION quality.record_opening(p_quarantine_id bigint, p_reason text) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO quality.opening (quarantine_id, stream, record_id, batch_id, steward, reason)
    SELECT quarantine_id, stream, record_id, batch_id, sync.signed_in_steward(), p_reason
    FROM quality.quarantined_row WHERE quarantine_id = p_quarantine_id
    RETURNING opening_id
$$;

-- The sealed row of an opening of one's own that was committed less than a minute ago.
CREATE FUNCTION quality.read_opened(p_opening_id bigint)
    RETURNS TABLE (stream text, record_id text, raw_row bytea)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT quarantined.stream, quarantined.record_id, quarantined.raw_row
    FROM quality.opening
    JOIN quality.quarantined_row AS quarantined USING (quarantine_id, batch_id)
    WHERE opening_id = p_opening_id AND steward = sync.signed_in_steward()
      AND opened_at > clock_timestamp() - interval '1 minute'
      AND opened_in IS DISTINCT FROM pg_current_xact_id_if_assigned()
$$;

-- What each dataset promised ------------------------------------------------------------------

CREATE TABLE sync.promise (
    promise_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream        text NOT NULL REFERENCES sync.stream,
    contract_hash text NOT NULL,
    promise       jsonb NOT NULL,
    applied_at    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE sync.promise IS 'What a dataset promised from when on; a contract that is applied is compared with the newest line.';
CREATE INDEX promise_by_stream ON sync.promise (stream, promise_id DESC);
CREATE TRIGGER promise_is_never_changed BEFORE UPDATE OR DELETE ON sync.promise
    FOR EACH ROW EXECUTE FUNCTION sync.refuse_change();
CREATE TRIGGER promise_is_never_emptied BEFORE TRUNCATE ON sync.promise
    FOR EACH STATEMENT EXECUTE FUNCTION sync.refuse_change();

-- Rights ------------------------------------------------------------------------------------

REVOKE ALL ON FUNCTION sync.signed_in_steward, sync.refuse_change, sync.sign_release,
    sync.is_released, sync.guard_batch, quality.record_opening, quality.read_opened FROM PUBLIC;
GRANT USAGE ON SCHEMA sync, quality TO motlan_signing_functions;
GRANT SELECT ON sync.stream, sync.batch, sync.steward, sync.parking, sync.waiting
    TO motlan_signing_functions;
GRANT SELECT, INSERT ON sync.release_signature, quality.opening TO motlan_signing_functions;
GRANT SELECT ON quality.quarantined_row TO motlan_signing_functions;
GRANT EXECUTE ON FUNCTION sync.signed_in_steward, sync.is_released TO motlan_signing_functions;
ALTER FUNCTION sync.signed_in_steward OWNER TO motlan_signing_functions;
ALTER FUNCTION sync.sign_release OWNER TO motlan_signing_functions;
ALTER FUNCTION sync.is_released OWNER TO motlan_signing_functions;
ALTER FUNCTION sync.guard_batch OWNER TO motlan_signing_functions;
ALTER FUNCTION quality.record_opening OWNER TO motlan_signing_functions;
ALTER FUNCTION quality.read_opened OWNER TO motlan_signing_functions;

-- A signed-in steward may read and judge as the stewards' shared login does, and may sign.
GRANT motlan_steward TO motlan_signing;
GRANT EXECUTE ON FUNCTION sync.sign_release, quality.record_opening, quality.read_opened
    TO motlan_signing;

GRANT SELECT, INSERT ON sync.parking, sync.promise TO motlan_pipeline;
GRANT SELECT ON sync.release_signature, sync.waiting TO motlan_pipeline;
GRANT SELECT ON sync.parking, sync.release_signature, sync.waiting, sync.steward, sync.promise,
    quality.opening
    TO motlan_auditor, motlan_steward;
