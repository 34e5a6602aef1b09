-- Schemas lookup and audit: who may ask, for what and how often; and the record of each question.
--
-- The API's role may execute eight functions and nothing else. The functions run as
-- motlan_lookup_functions, which nobody can log in as and which may read golden.person and add
-- to the audit, but never change or delete an entry.

DO $$
BEGIN
    CREATE ROLE motlan_lookup_functions NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;  -- roles belong to the whole cluster, and another database of it made this one
END $$;

-- Names -------------------------------------------------------------------------------------

CREATE FUNCTION lookup.name_key(p_text text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    RETURN trim(regexp_replace(
        replace(
            lower(translate(
                regexp_replace(
                    normalize(p_text, NFD),
                    '[\u0027\u0060\u00b4\u02b9-\u02bd\u02c8\u2018-\u201b\u2032'
                    '\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff\u0300-\u036f]',
                    '', 'g'),
                'ĐđÐð', 'dddd') COLLATE "C"),
            'y', 'i'),
        '[^a-z0-9]+', ' ', 'g'));
COMMENT ON FUNCTION lookup.name_key(text) IS
    'The compared form of a name; the same answer as hub.names.name_key.';

-- Procedures: what each may see -------------------------------------------------------------

CREATE TABLE lookup.procedure (
    procedure_code text NOT NULL CHECK (procedure_code ~ '^[1-9]\.[0-9]{6}$'),
    valid_from date NOT NULL,
    valid_to date CHECK (valid_to > valid_from),
    answers_deceased boolean NOT NULL,
    document_hash text NOT NULL,
    PRIMARY KEY (procedure_code, valid_from)
);
COMMENT ON TABLE lookup.procedure IS
    'The published procedure catalogue; valid_to is the first day on which it no longer holds.';

CREATE TABLE lookup.procedure_field (
    procedure_code text NOT NULL,
    valid_from date NOT NULL,
    position smallint NOT NULL,
    field text NOT NULL CHECK (field ~ '^[a-z][a-z0-9_]*$'),
    parts text[],
    PRIMARY KEY (procedure_code, valid_from, field),
    FOREIGN KEY (procedure_code, valid_from) REFERENCES lookup.procedure ON DELETE CASCADE
);
COMMENT ON COLUMN lookup.procedure_field.parts IS
    'Of a list or object, only these keys are shown; null shows the whole value.';

-- Clients: who may ask ----------------------------------------------------------------------

CREATE TABLE lookup.client (
    client_id text PRIMARY KEY CHECK (client_id ~ '^[a-z][a-z0-9-]{2,62}$'),
    organisation text NOT NULL CHECK (organisation <> ''),
    desk text NOT NULL CHECK (desk <> ''),
    secret_hash text NOT NULL,
    active boolean NOT NULL DEFAULT true,
    registered_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE lookup.permission (
    client_id text NOT NULL REFERENCES lookup.client ON DELETE CASCADE,
    procedure_code text NOT NULL,
    fields text[],
    PRIMARY KEY (client_id, procedure_code)
);
COMMENT ON COLUMN lookup.permission.fields IS
    'The fields of the procedure that this client may see; null means all of them.';

-- Guards ------------------------------------------------------------------------------------

CREATE TABLE lookup.miss_budget (
    scope text PRIMARY KEY CHECK (scope IN ('officer', 'organisation', 'subject')),
    misses_per_day integer NOT NULL CHECK (misses_per_day > 0)
);
INSERT INTO lookup.miss_budget VALUES ('officer', 20), ('organisation', 200), ('subject', 5);
COMMENT ON TABLE lookup.miss_budget IS
    'How many lookups a day may find nobody: by one officer, by one organisation, about one '
    'number. Of 107 guessed numbers one is somebody''s, so misses are what guessing looks like.';

CREATE TABLE lookup.miss (
    counted_on date NOT NULL,
    scope text NOT NULL REFERENCES lookup.miss_budget,
    key bytea NOT NULL,
    misses integer NOT NULL,
    PRIMARY KEY (counted_on, scope, key)
);

CREATE TABLE lookup.dossier (
    dossier_code text PRIMARY KEY,
    organisation text NOT NULL,
    procedure_code text NOT NULL,
    subject bytea NOT NULL,
    opened_at timestamptz NOT NULL
);
COMMENT ON TABLE lookup.dossier IS
    'A dossier belongs to the organisation, procedure and person of its first answered lookup.';

CREATE TABLE lookup.request (
    client_id text NOT NULL REFERENCES lookup.client,
    request_id uuid NOT NULL,
    request_mac bytea NOT NULL,
    receipt_id uuid NOT NULL UNIQUE,
    opened_at timestamptz NOT NULL,
    officer bytea NOT NULL,
    subject bytea NOT NULL,
    key_id text NOT NULL,
    procedure_code text NOT NULL,
    valid_from date NOT NULL,
    dossier_code text NOT NULL,
    person_id text,
    ticket uuid UNIQUE,
    ticket_at timestamptz,
    PRIMARY KEY (client_id, request_id),
    FOREIGN KEY (procedure_code, valid_from) REFERENCES lookup.procedure
);
COMMENT ON COLUMN lookup.request.request_mac IS
    'Keyed hash of the request''s SHA-256: ties the desk''s receipt to the request without '
    'letting a reader of the table try numbers against it.';
COMMENT ON COLUMN lookup.request.person_id IS 'Null: nobody matched, or nobody who may be shown.';

-- Audit -------------------------------------------------------------------------------------

CREATE TABLE audit.entry (
    entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recorded_at timestamptz NOT NULL,
    kind text NOT NULL
        CHECK (kind IN ('intent', 'outcome', 'replay', 'refusal', 'token', 'receipt')),
    receipt_id uuid NOT NULL,
    outcome text NOT NULL,
    reason text,
    client_id text,
    organisation text,
    desk text,
    officer bytea,
    subject bytea,
    key_id text,
    procedure_code text,
    dossier_code text,
    request_id uuid,
    request_mac bytea,
    fields text[] NOT NULL DEFAULT '{}',
    body bytea NOT NULL,
    leaf bytea NOT NULL GENERATED ALWAYS AS (sha256('\x00'::bytea || body)) STORED
);
CREATE INDEX entry_receipt ON audit.entry (receipt_id);
CREATE INDEX entry_subject ON audit.entry (subject, recorded_at) WHERE subject IS NOT NULL;
CREATE INDEX entry_recorded ON audit.entry (recorded_at);
COMMENT ON TABLE audit.entry IS
    'One line for each thing a client did or was refused. Citizens and officers appear only as '
    'keyed hashes (key_id names the key, which the database does not hold). body is the entry; '
    'the other columns repeat it for search. leaf is its RFC 6962 leaf hash.';

CREATE FUNCTION audit.part(p_bytes bytea) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN p_bytes IS NULL THEN int4send(-1)
                ELSE int4send(length(p_bytes)) || p_bytes END;
COMMENT ON FUNCTION audit.part(bytea) IS 'Length in four bytes, then the bytes; null is -1.';

CREATE FUNCTION audit.text_part(p_text text) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN audit.part(convert_to(normalize(p_text, NFC), 'UTF8'));

CREATE FUNCTION audit.encode_entry(p_entry audit.entry) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    RETURN '\x01'::bytea
        || int8send((extract(epoch FROM p_entry.recorded_at) * 1000000)::bigint)
        || audit.text_part(p_entry.kind)
        || audit.part(uuid_send(p_entry.receipt_id))
        || audit.text_part(p_entry.outcome)
        || audit.text_part(p_entry.reason)
        || audit.text_part(p_entry.client_id)
        || audit.text_part(p_entry.organisation)
        || audit.text_part(p_entry.desk)
        || audit.part(p_entry.officer)
        || audit.part(p_entry.subject)
        || audit.text_part(p_entry.key_id)
        || audit.text_part(p_entry.procedure_code)
        || audit.text_part(p_entry.dossier_code)
        || audit.part(uuid_send(p_entry.request_id))
        || audit.part(p_entry.request_mac)
        || audit.text_part(array_to_string(p_entry.fields, ','));
COMMENT ON FUNCTION audit.encode_entry(audit.entry) IS
    'Canonical bytes of an entry, the same under every TimeZone and DateStyle: version 1, the '
    'time in microseconds UTC, then each column in this order as audit.part.';

CREATE FUNCTION audit.append(p_entry audit.entry) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO audit.entry (
        recorded_at, kind, receipt_id, outcome, reason, client_id, organisation, desk, officer,
        subject, key_id, procedure_code, dossier_code, request_id, request_mac, fields, body
    ) VALUES (
        p_entry.recorded_at, p_entry.kind, p_entry.receipt_id, p_entry.outcome, p_entry.reason,
        p_entry.client_id, p_entry.organisation, p_entry.desk, p_entry.officer, p_entry.subject,
        p_entry.key_id, p_entry.procedure_code, p_entry.dossier_code, p_entry.request_id,
        p_entry.request_mac, p_entry.fields, audit.encode_entry(p_entry)
    );
END $$;

CREATE FUNCTION audit.refuse_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'an audit entry is never changed or deleted' USING ERRCODE = '42501';
END $$;
CREATE TRIGGER entry_is_never_changed BEFORE UPDATE OR DELETE ON audit.entry
    FOR EACH ROW EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER entry_is_never_emptied BEFORE TRUNCATE ON audit.entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE VIEW audit.unclosed_intent AS
    SELECT intent.entry_id, intent.recorded_at, intent.receipt_id, intent.client_id,
           intent.organisation, intent.procedure_code, intent.dossier_code
    FROM audit.entry AS intent
    WHERE intent.kind = 'intent'
      AND intent.recorded_at < now() - interval '60 seconds'
      AND NOT EXISTS (SELECT FROM audit.entry AS outcome
                      WHERE outcome.receipt_id = intent.receipt_id AND outcome.kind = 'outcome');
COMMENT ON VIEW audit.unclosed_intent IS
    'Lookups that were opened and never closed: something may have been read.';

-- Policy: the steps of lookup.open ----------------------------------------------------------

CREATE FUNCTION lookup.today() RETURNS date
    LANGUAGE sql STABLE
    RETURN (clock_timestamp() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date;

CREATE FUNCTION lookup.version_in_force(p_procedure_code text) RETURNS date
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT max(valid_from) FROM lookup.procedure
    WHERE procedure_code = p_procedure_code AND valid_from <= lookup.today()
      AND (valid_to IS NULL OR lookup.today() < valid_to)
$$;

CREATE FUNCTION lookup.over_budget(p_scope text, p_key bytea) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce((SELECT misses FROM lookup.miss
                     WHERE counted_on = lookup.today() AND scope = p_scope AND key = p_key), 0)
           >= misses_per_day
    FROM lookup.miss_budget WHERE scope = p_scope
$$;

CREATE FUNCTION lookup.count_miss(p_organisation text, p_officer bytea, p_subject bytea)
    RETURNS void LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO lookup.miss AS counted (counted_on, scope, key, misses)
    VALUES (lookup.today(), 'officer', p_officer, 1),
           (lookup.today(), 'subject', p_subject, 1),
           (lookup.today(), 'organisation', convert_to(p_organisation, 'UTF8'), 1)
    ON CONFLICT (counted_on, scope, key) DO UPDATE SET misses = counted.misses + 1
$$;

CREATE FUNCTION lookup.reason_to_refuse(p_request lookup.request, p_organisation text)
    RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_request.valid_from IS NULL THEN
        RETURN 'procedure_unknown';
    END IF;
    IF NOT EXISTS (SELECT FROM lookup.permission
                   WHERE client_id = p_request.client_id
                     AND procedure_code = p_request.procedure_code) THEN
        RETURN 'procedure_not_allowed';
    END IF;
    IF EXISTS (SELECT FROM lookup.dossier
               WHERE dossier_code = p_request.dossier_code
                 AND (organisation, procedure_code, subject) IS DISTINCT FROM
                     (p_organisation, p_request.procedure_code, p_request.subject)) THEN
        RETURN 'dossier_bound';
    END IF;
    IF lookup.over_budget('officer', p_request.officer)
       OR lookup.over_budget('organisation', convert_to(p_organisation, 'UTF8'))
       OR lookup.over_budget('subject', p_request.subject) THEN
        RETURN 'over_budget';
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION lookup.reason_to_refuse(lookup.request, text) IS
    'Everything about the caller is decided here, before any person is looked at.';

CREATE FUNCTION lookup.find_person(
    p_request lookup.request, p_pin text, p_full_name text, p_birth_date text
) RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- Worked out before the index is read, so that a known and an unknown number cost the same.
    v_name_key text := lookup.name_key(p_full_name);
    v_answers_deceased boolean := (
        SELECT answers_deceased FROM lookup.procedure
        WHERE procedure_code = p_request.procedure_code AND valid_from = p_request.valid_from);
BEGIN
    RETURN (
        SELECT person_id FROM golden.person
        WHERE pin = p_pin
          AND name_key = v_name_key AND v_name_key <> ''
          AND (v_answers_deceased OR NOT deceased)
          AND p_birth_date = CASE WHEN birth_date_precision = 'day'
                                  THEN to_char(birth_date, 'YYYY-MM-DD')
                                  ELSE document #>> '{birth_date,value}' END);
END $$;
COMMENT ON FUNCTION lookup.find_person(lookup.request, text, text, text) IS
    'The one person with this number and this name and this birth date, or nobody. A year alone '
    'corroborates only a person whose register holds no more than the year: the year is part of '
    'the number.';

CREATE FUNCTION lookup.describe(p_request lookup.request, p_kind text, p_outcome text)
    RETURNS audit.entry LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_entry audit.entry;
BEGIN
    SELECT organisation, desk, client_id INTO v_entry.organisation, v_entry.desk, v_entry.client_id
    FROM lookup.client WHERE client_id = p_request.client_id;
    v_entry.recorded_at := clock_timestamp();
    v_entry.kind := p_kind;
    v_entry.outcome := p_outcome;
    v_entry.receipt_id := p_request.receipt_id;
    v_entry.officer := p_request.officer;
    v_entry.subject := p_request.subject;
    v_entry.key_id := p_request.key_id;
    v_entry.procedure_code := p_request.procedure_code;
    v_entry.dossier_code := p_request.dossier_code;
    v_entry.request_id := p_request.request_id;
    v_entry.request_mac := p_request.request_mac;
    v_entry.fields := '{}';
    RETURN v_entry;
END $$;

CREATE FUNCTION lookup.refuse(p_request lookup.request, p_reason text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_entry audit.entry := lookup.describe(p_request, 'refusal', 'refused');
BEGIN
    v_entry.reason := p_reason;
    PERFORM audit.append(v_entry);
END $$;

-- The functions of the API ------------------------------------------------------------------

CREATE FUNCTION lookup.open(
    p_receipt_id uuid, p_client_id text, p_request_id uuid, p_request_mac bytea,
    p_procedure_code text, p_dossier_code text, p_officer bytea, p_subject bytea, p_key_id text,
    p_pin text, p_full_name text, p_birth_date text
) RETURNS TABLE (receipt_id uuid, opened_at timestamptz, valid_from date, ticket uuid, reason text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_request lookup.request;
    v_before lookup.request;
    v_client lookup.client;
    v_reason text;
BEGIN
    v_request.client_id := p_client_id;
    v_request.request_id := p_request_id;
    v_request.request_mac := p_request_mac;
    v_request.receipt_id := p_receipt_id;
    v_request.opened_at := clock_timestamp();
    v_request.officer := p_officer;
    v_request.subject := p_subject;
    v_request.key_id := p_key_id;
    v_request.procedure_code := p_procedure_code;
    v_request.valid_from := lookup.version_in_force(p_procedure_code);
    v_request.dossier_code := p_dossier_code;

    SELECT * INTO v_client FROM lookup.client AS c WHERE c.client_id = p_client_id AND c.active;
    IF NOT FOUND THEN
        PERFORM lookup.refuse(v_request, 'client_unknown');
        RETURN QUERY SELECT p_receipt_id, v_request.opened_at, NULL::date, NULL::uuid,
                            'client_unknown'::text;
        RETURN;
    END IF;
    -- One officer and one number at a time, always in this order: so that parallel guesses
    -- cannot each find the budget unspent, and two callers cannot wait for each other.
    PERFORM pg_advisory_xact_lock(1, hashtext(encode(p_officer, 'hex')));
    PERFORM pg_advisory_xact_lock(2, hashtext(encode(p_subject, 'hex')));

    SELECT * INTO v_before FROM lookup.request AS r
    WHERE r.client_id = p_client_id AND r.request_id = p_request_id;
    IF FOUND THEN
        RETURN QUERY SELECT * FROM lookup.open_again(v_before, v_request);
        RETURN;
    END IF;
    v_reason := lookup.reason_to_refuse(v_request, v_client.organisation);
    IF v_reason IS NOT NULL THEN
        PERFORM lookup.refuse(v_request, v_reason);
        RETURN QUERY SELECT p_receipt_id, v_request.opened_at, v_request.valid_from, NULL::uuid,
                            v_reason;
        RETURN;
    END IF;
    v_request.person_id := lookup.find_person(v_request, p_pin, p_full_name, p_birth_date);
    v_request.ticket := gen_random_uuid();
    v_request.ticket_at := v_request.opened_at;
    PERFORM lookup.commit_intent(v_request, v_client.organisation);
    RETURN QUERY SELECT p_receipt_id, v_request.opened_at, v_request.valid_from,
                        v_request.ticket, NULL::text;
END $$;
COMMENT ON FUNCTION lookup.open IS
    'Policy, budgets, dossier and the audit intent in one transaction. Gives a ticket whether or '
    'not somebody matched, or the reason why not. Nothing about a person leaves here.';

CREATE FUNCTION lookup.commit_intent(p_request lookup.request, p_organisation text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_request.person_id IS NULL THEN
        PERFORM lookup.count_miss(p_organisation, p_request.officer, p_request.subject);
    ELSE
        INSERT INTO lookup.dossier (dossier_code, organisation, procedure_code, subject, opened_at)
        VALUES (p_request.dossier_code, p_organisation, p_request.procedure_code,
                p_request.subject, p_request.opened_at)
        ON CONFLICT (dossier_code) DO NOTHING;
        IF lookup.reason_to_refuse(p_request, p_organisation) = 'dossier_bound' THEN
            RAISE EXCEPTION 'the dossier was bound by another request at the same moment'
                USING ERRCODE = '40001';
        END IF;
    END IF;
    INSERT INTO lookup.request SELECT (p_request).*;
    PERFORM audit.append(lookup.describe(p_request, 'intent', 'opened'));
END $$;

CREATE FUNCTION lookup.open_again(p_before lookup.request, p_request lookup.request)
    RETURNS TABLE (receipt_id uuid, opened_at timestamptz, valid_from date, ticket uuid,
                   reason text)
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_ticket uuid := gen_random_uuid();
BEGIN
    IF p_before.request_mac <> p_request.request_mac
        OR p_before.opened_at < p_request.opened_at - interval '24 hours' THEN
        PERFORM lookup.refuse(p_request, 'request_reused');
        RETURN QUERY SELECT p_request.receipt_id, p_request.opened_at, NULL::date, NULL::uuid,
                            'request_reused'::text;
        RETURN;
    END IF;
    IF NOT EXISTS (SELECT FROM lookup.permission AS p
                   WHERE p.client_id = p_before.client_id
                     AND p.procedure_code = p_before.procedure_code) THEN
        PERFORM lookup.refuse(p_request, 'procedure_not_allowed');
        RETURN QUERY SELECT p_request.receipt_id, p_request.opened_at, NULL::date, NULL::uuid,
                            'procedure_not_allowed'::text;
        RETURN;
    END IF;
    UPDATE lookup.request AS r SET ticket = v_ticket, ticket_at = clock_timestamp()
    WHERE r.receipt_id = p_before.receipt_id;
    PERFORM audit.append(lookup.describe(p_before, 'replay', 'opened'));
    RETURN QUERY SELECT p_before.receipt_id, p_before.opened_at, p_before.valid_from, v_ticket,
                        NULL::text;
END $$;
COMMENT ON FUNCTION lookup.open_again(lookup.request, lookup.request) IS
    'The same request once more, within a day: the same receipt, the same person, no second miss.';

CREATE FUNCTION lookup.pick(p_value jsonb, p_parts text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN p_parts IS NULL THEN p_value
        WHEN jsonb_typeof(p_value) = 'object' THEN
            (SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(p_value)
             WHERE key = ANY (p_parts))
        WHEN jsonb_typeof(p_value) = 'array' THEN
            (SELECT coalesce(jsonb_agg(lookup.pick(item, p_parts) ORDER BY place), '[]')
             FROM jsonb_array_elements(p_value) WITH ORDINALITY AS items (item, place))
        END
$$;
COMMENT ON FUNCTION lookup.pick(jsonb, text[]) IS
    'Only these keys of an object, or of each object in a list; of anything else nothing.';

CREATE FUNCTION lookup.verdict(p_statement jsonb, p_as_of timestamptz, p_freshness interval)
    RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN coalesce(p_statement -> 'value', 'null') IN ('null', '[]', '{}') THEN 'unknown'
        WHEN p_statement ->> 'verdict' = 'conflicting' THEN 'conflicting'
        WHEN p_as_of IS NULL OR p_as_of < clock_timestamp() - p_freshness THEN 'stale'
        ELSE 'known'
    END
$$;
COMMENT ON FUNCTION lookup.verdict(jsonb, timestamptz, interval) IS
    'known only if nothing contradicts the value and the version of its register that the golden '
    'records were built from is within the register''s promise.';

CREATE FUNCTION lookup.read(p_ticket uuid) RETURNS TABLE (field text, answer jsonb)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_request lookup.request;
BEGIN
    UPDATE lookup.request SET ticket = NULL
    WHERE ticket = p_ticket AND ticket_at > clock_timestamp() - interval '5 seconds'
    RETURNING * INTO v_request;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the ticket is unknown, used or older than five seconds'
            USING ERRCODE = 'ML001';
    END IF;
    RETURN QUERY
        SELECT f.field,
               CASE WHEN p.fields IS NULL OR f.field = ANY (p.fields) THEN jsonb_build_object(
                   'value', CASE WHEN f.parts IS NULL THEN stated.s -> 'value'
                                 ELSE lookup.pick(stated.s -> 'value', f.parts) END,
                   'source', stated.s -> 'source',
                   'as_of', stated.s -> 'as_of',
                   'verdict', lookup.verdict(stated.s, taken.as_of, register.freshness),
                   'classification', stated.s -> 'classification',
                   'provenance', jsonb_build_object(
                       'stream', stated.s -> 'stream',
                       'record_id', stated.s -> 'record_id',
                       'batch_id', stated.s -> 'batch_id',
                       'contract_hash', landed.contract_hash,
                       'landed_at', landed.landed_at,
                       'read_at', taken.as_of,
                       'flags', coalesce(stated.s -> 'flags', '[]'),
                       'failed_rules', coalesce(stated.s -> 'failed_rules', '[]'),
                       'conflicting_sources', coalesce(
                           jsonb_path_query_array(stated.s, '$.conflicts[*].source'), '[]')))
               ELSE jsonb_build_object('value', NULL, 'verdict', 'not_allowed') END
        FROM lookup.procedure_field AS f
        JOIN lookup.permission AS p
          ON p.client_id = v_request.client_id AND p.procedure_code = f.procedure_code
        JOIN golden.person AS g ON g.person_id = v_request.person_id
        CROSS JOIN LATERAL (SELECT g.document -> f.field AS s) AS stated
        LEFT JOIN sync.stream AS register ON register.name = stated.s ->> 'stream'
        LEFT JOIN golden.built_from AS taken ON taken.stream = stated.s ->> 'stream'
        LEFT JOIN sync.batch AS landed ON landed.batch_id = (stated.s ->> 'batch_id')::bigint
        WHERE f.procedure_code = v_request.procedure_code AND f.valid_from = v_request.valid_from
        ORDER BY f.position;
END $$;
COMMENT ON FUNCTION lookup.read IS
    'The fields of one ticket, once, within five seconds of its intent: those of the procedure '
    'that the client may see. No row: nobody matched.';

CREATE FUNCTION lookup.close(p_receipt_id uuid, p_outcome text, p_fields text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_request lookup.request;
    v_entry audit.entry;
BEGIN
    SELECT * INTO STRICT v_request FROM lookup.request WHERE receipt_id = p_receipt_id;
    v_entry := lookup.describe(v_request, 'outcome', p_outcome);
    v_entry.fields := p_fields;
    PERFORM audit.append(v_entry);
END $$;
COMMENT ON FUNCTION lookup.close IS 'How a lookup ended: answered (with which fields) or no_match.';

CREATE FUNCTION lookup.record(
    p_receipt_id uuid, p_kind text, p_outcome text, p_reason text, p_client_id text
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_request lookup.request;
    v_entry audit.entry;
BEGIN
    IF p_kind NOT IN ('refusal', 'token', 'receipt') THEN
        RAISE EXCEPTION 'entries of this kind come from lookup.open and lookup.close'
            USING ERRCODE = '42501';
    END IF;
    v_request.client_id := p_client_id;
    v_request.receipt_id := p_receipt_id;
    v_entry := lookup.describe(v_request, p_kind, p_outcome);
    v_entry.reason := p_reason;
    PERFORM audit.append(v_entry);
END $$;
COMMENT ON FUNCTION lookup.record IS
    'An entry about a call that never became a lookup. A client that is not registered is not '
    'named: the text it sent may be anybody''s number.';

CREATE FUNCTION lookup.client_secret(p_client_id text) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT secret_hash FROM lookup.client WHERE client_id = p_client_id AND active
$$;

CREATE FUNCTION lookup.show_receipt(p_receipt_id uuid, p_client_id text)
    RETURNS TABLE (opened_at timestamptz, request_id uuid, request_mac bytea,
                   procedure_code text, dossier_code text, outcome text, fields text[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.opened_at, r.request_id, r.request_mac, r.procedure_code, r.dossier_code,
           coalesce(last.outcome, 'opened'), coalesce(last.fields, '{}')
    FROM lookup.request AS r
    LEFT JOIN LATERAL (
        SELECT e.outcome, e.fields FROM audit.entry AS e
        WHERE e.receipt_id = r.receipt_id AND e.kind = 'outcome'
        ORDER BY e.entry_id DESC LIMIT 1) AS last ON true
    WHERE r.receipt_id = p_receipt_id AND r.client_id = p_client_id
$$;

CREATE FUNCTION lookup.published_procedures()
    RETURNS TABLE (procedure_code text, valid_from date, document_hash text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT procedure_code, valid_from, document_hash FROM lookup.procedure
$$;

CREATE FUNCTION lookup.schema_version() RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT version_num FROM public.alembic_version
$$;

-- Rights ------------------------------------------------------------------------------------

REVOKE ALL ON ALL TABLES IN SCHEMA lookup, audit FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA lookup, audit FROM PUBLIC;

GRANT USAGE ON SCHEMA lookup, audit, golden, sync TO motlan_lookup_functions;
GRANT USAGE ON SCHEMA public TO motlan_lookup_functions;
GRANT SELECT ON golden.person, golden.built_from, sync.stream, sync.batch, public.alembic_version
    TO motlan_lookup_functions;
GRANT SELECT ON lookup.procedure, lookup.procedure_field, lookup.client, lookup.permission,
    lookup.miss_budget TO motlan_lookup_functions;
GRANT SELECT, INSERT, UPDATE ON lookup.miss, lookup.request TO motlan_lookup_functions;
GRANT SELECT, INSERT ON lookup.dossier, audit.entry TO motlan_lookup_functions;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA lookup, audit TO motlan_lookup_functions;

GRANT USAGE ON SCHEMA lookup TO motlan_lookup;
ALTER FUNCTION lookup.open OWNER TO motlan_lookup_functions;
ALTER FUNCTION lookup.read OWNER TO motlan_lookup_functions;
ALTER FUNCTION lookup.close OWNER TO motlan_lookup_functions;
ALTER FUNCTION lookup.record OWNER TO motlan_lookup_functions;
ALTER FUNCTION lookup.client_secret OWNER TO motlan_lookup_functions;
ALTER FUNCTION lookup.show_receipt OWNER TO motlan_lookup_functions;
ALTER FUNCTION lookup.published_procedures OWNER TO motlan_lookup_functions;
ALTER FUNCTION lookup.schema_version OWNER TO motlan_lookup_functions;
GRANT EXECUTE ON FUNCTION
    lookup.open, lookup.read, lookup.close, lookup.record, lookup.client_secret,
    lookup.show_receipt, lookup.published_procedures, lookup.schema_version
    TO motlan_lookup;

GRANT USAGE ON SCHEMA lookup, audit TO motlan_auditor;
GRANT SELECT ON audit.entry, audit.unclosed_intent, lookup.procedure, lookup.procedure_field,
    lookup.permission, lookup.miss_budget TO motlan_auditor;
GRANT EXECUTE ON FUNCTION audit.encode_entry(audit.entry), audit.part(bytea),
    audit.text_part(text) TO motlan_auditor;
GRANT SELECT (client_id, organisation, desk, active, registered_at) ON lookup.client
    TO motlan_auditor;
