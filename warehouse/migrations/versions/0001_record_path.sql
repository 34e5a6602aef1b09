-- The record path: streams, batches, quality, links and golden records.
-- Roles exist when this runs; warehouse.migrate makes them with their passwords.

CREATE SCHEMA sync;
CREATE SCHEMA stage;
CREATE SCHEMA standard;
CREATE SCHEMA quality;
CREATE SCHEMA link;
CREATE SCHEMA golden;
CREATE SCHEMA lookup;
CREATE SCHEMA audit;
REVOKE ALL ON SCHEMA public FROM PUBLIC;

-- sync ---------------------------------------------------------------------------------------

CREATE TABLE sync.stream (
    name          text PRIMARY KEY,
    source        text NOT NULL,
    dataset       text NOT NULL,
    fence         bigint NOT NULL DEFAULT 0,
    holder        text,
    cursor        jsonb NOT NULL DEFAULT '{}',
    batch_key     text NOT NULL DEFAULT '',
    as_of         timestamptz,
    row_count     bigint NOT NULL DEFAULT 0,
    freshness     interval NOT NULL,
    contract_hash text NOT NULL,
    updated_at    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE sync.stream IS 'One dataset of one source: who may write it, and how far it has come.';
COMMENT ON COLUMN sync.stream.fence IS 'Grows with each run that takes the stream; a writer with an older number is refused.';
COMMENT ON COLUMN sync.stream.as_of IS 'Time at the source of which the published version speaks.';

CREATE TABLE sync.batch (
    batch_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream         text NOT NULL REFERENCES sync.stream,
    batch_key      text NOT NULL,
    predecessor    text NOT NULL,
    state          text NOT NULL CHECK (state IN ('landed', 'staged', 'judged', 'published', 'parked', 'overtaken')),
    fence          bigint NOT NULL,
    mode           text NOT NULL CHECK (mode IN ('snapshot', 'incremental')),
    contract_hash  text NOT NULL,
    landed_url     text NOT NULL,
    read           bigint NOT NULL,
    accepted       bigint NOT NULL DEFAULT 0,
    unchanged      bigint NOT NULL DEFAULT 0,
    superseded     bigint NOT NULL DEFAULT 0,
    quarantined    bigint NOT NULL DEFAULT 0,
    ended          bigint NOT NULL DEFAULT 0,
    key_digest     text NOT NULL,
    content_digest text NOT NULL,
    proof          jsonb NOT NULL DEFAULT '{}',
    cursor_to      jsonb NOT NULL DEFAULT '{}',
    source_as_of   timestamptz NOT NULL,
    warnings       jsonb NOT NULL DEFAULT '[]',
    reason         text,
    landed_at      timestamptz NOT NULL DEFAULT now(),
    published_at   timestamptz,
    CONSTRAINT nothing_is_lost CHECK (
        state <> 'published' OR read = accepted + unchanged + superseded + quarantined
    ),
    CONSTRAINT published_has_a_time CHECK ((state = 'published') = (published_at IS NOT NULL))
);
COMMENT ON TABLE sync.batch IS 'The ledger: what was read, and what became of each row.';
COMMENT ON COLUMN sync.batch.ended IS 'Rows that left the register: tombstones (also counted as accepted) and keys gone from a complete snapshot.';
COMMENT ON COLUMN sync.batch.warnings IS 'What was odd in what the source gave, as sentences without any value of a row.';
CREATE UNIQUE INDEX batch_is_published_once ON sync.batch (stream, batch_key) WHERE state = 'published';
CREATE INDEX batch_by_stream ON sync.batch (stream, batch_id DESC);

-- quality ------------------------------------------------------------------------------------

CREATE TABLE quality.suite_run (
    batch_id     bigint PRIMARY KEY REFERENCES sync.batch,
    stream       text NOT NULL,
    suite        text NOT NULL,
    suite_hash   text NOT NULL,
    expectations integer NOT NULL,
    success      boolean NOT NULL,
    result       jsonb NOT NULL,
    judged_at    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE quality.suite_run IS 'The validation result of a batch, without any value of a row.';

CREATE TABLE quality.rule_result (
    batch_id   bigint NOT NULL REFERENCES sync.batch,
    stream     text NOT NULL,
    rule_id    text NOT NULL,
    criterion  text NOT NULL CHECK (criterion IN ('dung', 'du', 'sach', 'song', 'thong_nhat')),
    severity   text NOT NULL CHECK (severity IN ('error', 'warning', 'info')),
    weight     double precision NOT NULL,
    total      bigint NOT NULL,
    passed     bigint NOT NULL CHECK (passed BETWEEN 0 AND total),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (batch_id, rule_id)
);
COMMENT ON TABLE quality.rule_result IS 'Each rule over the whole register as it stood after a batch, quarantined rows included.';

CREATE TABLE quality.batch_quality (
    batch_id            bigint PRIMARY KEY REFERENCES sync.batch,
    stream              text NOT NULL,
    records             bigint NOT NULL,
    records_passing_all bigint NOT NULL CHECK (records_passing_all BETWEEN 0 AND records),
    created_at          timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE quality.batch_quality IS 'How many records of a register pass every rule after a batch; an average hides this.';

CREATE TABLE quality.quarantined_row (
    quarantine_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream        text NOT NULL,
    batch_id      bigint NOT NULL REFERENCES sync.batch,
    record_id     text NOT NULL,
    rule_id       text NOT NULL,
    rule_ids      text[] NOT NULL,
    reason_code   text NOT NULL,
    owner         text NOT NULL,
    raw_row       bytea NOT NULL,
    source_partition text NOT NULL DEFAULT '',
    state         text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'resolved')),
    created_at    timestamptz NOT NULL DEFAULT now(),
    resolved_by   bigint REFERENCES sync.batch
);
COMMENT ON COLUMN quality.quarantined_row.raw_row IS 'The rows of the key as landed, a JSON list, sealed with a key that the database does not hold.';
COMMENT ON COLUMN quality.quarantined_row.source_partition IS 'The partition that delivered the row; its next whole snapshot without the key closes the row.';
CREATE UNIQUE INDEX row_is_quarantined_once ON quality.quarantined_row (stream, record_id) WHERE state = 'open';

-- link ---------------------------------------------------------------------------------------

CREATE TABLE link.node (
    stream        text NOT NULL,
    record_id     text NOT NULL,
    part          integer NOT NULL DEFAULT 0,
    anchor        boolean NOT NULL,
    pin           text,
    old_number    text,
    name          text,
    name_key      text,
    birth_date    date,
    birth_year    bigint,
    PRIMARY KEY (stream, record_id, part)
);
COMMENT ON TABLE link.node IS 'A row, or a party in a row, that speaks of a person. part is 0 for a row, from 1 for parties.';
CREATE INDEX node_by_pin ON link.node (pin) WHERE anchor;
CREATE INDEX node_by_old_number ON link.node (old_number) WHERE anchor;

CREATE TABLE link.judgement (
    judgement_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream       text NOT NULL,
    record_id    text NOT NULL,
    part         integer NOT NULL,
    anchor_stream    text NOT NULL,
    anchor_record_id text NOT NULL,
    verdict      text NOT NULL CHECK (verdict IN ('positive', 'negative', 'unsure')),
    rung         smallint,
    evidence     jsonb NOT NULL DEFAULT '{}',
    judged_by    text NOT NULL,
    reason       text NOT NULL,
    judged_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (stream, record_id, part, anchor_stream, anchor_record_id, judged_by)
);
COMMENT ON TABLE link.judgement IS 'Who said that two rows are one person, or not, and why. Evidence holds measures, never values.';

CREATE TABLE link.cluster_member (
    stream    text NOT NULL,
    record_id text NOT NULL,
    part      integer NOT NULL,
    person_id text NOT NULL,
    rung      smallint,
    PRIMARY KEY (stream, record_id, part)
);
COMMENT ON TABLE link.cluster_member IS 'Which person each row speaks of: a pure function of link.judgement.';
CREATE INDEX cluster_member_by_person ON link.cluster_member (person_id);

-- golden -------------------------------------------------------------------------------------

CREATE TABLE golden.person (
    person_id            text PRIMARY KEY,
    pin                  text UNIQUE DEFERRABLE INITIALLY DEFERRED,
    full_name            text,
    name_key             text,
    birth_date           date,
    birth_date_precision text,
    commune_code         text,
    deceased             boolean NOT NULL DEFAULT false,
    document             jsonb NOT NULL,
    version              bigint NOT NULL DEFAULT 1,
    updated_at           timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN golden.person.document IS 'Golden field -> the winning statement, with the values that lost under conflicts.';

CREATE TABLE golden.person_source (
    person_id text NOT NULL,
    source    text NOT NULL,
    document  jsonb NOT NULL,
    PRIMARY KEY (person_id, source)
);
COMMENT ON TABLE golden.person_source IS 'What one source states about one person: golden field -> statement.';

CREATE TABLE golden.survivorship (
    field  text NOT NULL,
    source text NOT NULL,
    stream text NOT NULL,
    rank   integer NOT NULL,
    PRIMARY KEY (field, source)
);
COMMENT ON TABLE golden.survivorship IS 'Which source wins a golden field: the lowest rank that has a value. Written from the contracts.';

CREATE TABLE golden.build (
    build_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    started_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    people      bigint,
    changed     bigint,
    linked      bigint,
    unlinked    bigint,
    doubtful    bigint
);

CREATE TABLE golden.built_from (
    stream   text PRIMARY KEY,
    as_of    timestamptz,
    build_id bigint NOT NULL REFERENCES golden.build
);
COMMENT ON TABLE golden.built_from IS
    'The version of each register that the golden records were built from; a register published since is not in them.';

CREATE VIEW golden.statement AS
SELECT
    person.person_id,
    stated.key AS field,
    person.source,
    said.item -> 'value' AS value,
    said.item ->> 'stream' AS stream,
    said.item ->> 'record_id' AS record_id,
    (said.item ->> 'batch_id')::bigint AS batch_id,
    (said.item ->> 'as_of')::timestamptz AS as_of,
    said.item -> 'flags' AS flags,
    said.newest AND golden.document -> stated.key ->> 'source' = person.source AS survived
FROM golden.person_source AS person
CROSS JOIN LATERAL jsonb_each(person.document) AS stated
CROSS JOIN LATERAL (
    SELECT stated.value AS item, true AS newest
    UNION ALL
    SELECT other, false FROM jsonb_array_elements(stated.value -> 'others') AS other
) AS said
JOIN golden.person AS golden USING (person_id);
COMMENT ON VIEW golden.statement IS 'Every value that any source states about a person, the ones that lost too.';

-- The flags ("CAPS:full_name", say) that speak of one of the fields.
CREATE FUNCTION golden.flags_of(flags text[], VARIADIC fields text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT array(SELECT flag FROM unnest(flags) AS flag WHERE split_part(flag, ':', 2) = ANY (fields))
$$;

CREATE FUNCTION golden.distinct_of(texts text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT array(SELECT DISTINCT item FROM unnest(texts) AS item ORDER BY item)
$$;

-- Every text that stands in any of the arrays, once and sorted; NULL where no array is taken in.
CREATE AGGREGATE golden.gather(text[]) (
    SFUNC = array_cat, STYPE = text[], FINALFUNC = golden.distinct_of, PARALLEL = SAFE
);

-- Agreement of two statements of one field: equal values, equal compared forms, or one date
-- that only says less than the other (1950 and 1950-03-07).
CREATE FUNCTION golden.agrees(one jsonb, other jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT one -> 'value' = other -> 'value'
        OR (one ? 'key' AND one -> 'key' = other -> 'key')
        OR (
            one ->> 'value' ~ '^[0-9]{4}(-[0-9]{2}){0,2}$'
            AND other ->> 'value' ~ '^[0-9]{4}(-[0-9]{2}){0,2}$'
            AND (starts_with(one ->> 'value', other ->> 'value')
                 OR starts_with(other ->> 'value', one ->> 'value'))
        )
$$;

-- What one source states in several rows about one person, the newest row first: of each field the
-- first statement, with those that disagree with it under others.
CREATE FUNCTION golden.combine(documents jsonb[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    WITH stated AS (
        SELECT field.key AS name, field.value AS item, place
        FROM unnest(documents) WITH ORDINALITY AS listed (document, place)
        CROSS JOIN LATERAL jsonb_each(document) AS field
    ),
    newest AS (SELECT DISTINCT ON (name) name, item FROM stated ORDER BY name, place),
    lost AS (
        SELECT name, jsonb_agg(stated.item ORDER BY stated.place) AS others
        FROM stated JOIN newest USING (name)
        WHERE NOT golden.agrees(newest.item, stated.item)
        GROUP BY name
    )
    SELECT coalesce(jsonb_object_agg(name, CASE
        WHEN others IS NULL THEN item ELSE item || jsonb_build_object('others', others)
    END), '{}')
    FROM newest LEFT JOIN lost USING (name)
$$;

-- The first statement of the list wins; the others that disagree, of its own source too, are kept
-- under conflicts.
CREATE FUNCTION golden.resolve(VARIADIC statements jsonb[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    WITH stated AS (
        SELECT said.item, listed.place, said.age
        FROM unnest(statements) WITH ORDINALITY AS listed (item, place)
        CROSS JOIN LATERAL (
            SELECT listed.item - 'others' AS item, 0 AS age
            UNION ALL
            SELECT other, age
            FROM jsonb_array_elements(listed.item -> 'others') WITH ORDINALITY AS older (other, age)
        ) AS said
        WHERE said.item IS NOT NULL AND said.item -> 'value' <> 'null'
    ),
    winner AS (SELECT item FROM stated ORDER BY place, age LIMIT 1),
    lost AS (
        SELECT jsonb_agg(
            jsonb_build_object('source', stated.item -> 'source', 'value', stated.item -> 'value',
                               'as_of', stated.item -> 'as_of') ORDER BY stated.place, stated.age
        ) AS conflicts
        FROM stated, winner
        WHERE NOT golden.agrees(winner.item, stated.item)
    )
    SELECT winner.item || CASE
        WHEN lost.conflicts IS NULL THEN '{"verdict": "known"}'::jsonb
        ELSE jsonb_build_object('verdict', 'conflicting', 'conflicts', lost.conflicts)
    END
    FROM winner, lost
$$;

-- rights -------------------------------------------------------------------------------------

GRANT USAGE ON SCHEMA public, sync, quality, link, golden TO motlan_pipeline;
GRANT SELECT ON public.alembic_version TO motlan_pipeline;
GRANT USAGE, CREATE ON SCHEMA stage, standard TO motlan_pipeline;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA sync, quality TO motlan_pipeline;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA link, golden TO motlan_pipeline;
GRANT MAINTAIN ON link.node, link.cluster_member TO motlan_pipeline;

GRANT USAGE ON SCHEMA sync, quality TO motlan_auditor, motlan_steward;
GRANT SELECT ON sync.stream, sync.batch, quality.suite_run, quality.rule_result, quality.batch_quality
    TO motlan_auditor, motlan_steward;
GRANT SELECT (quarantine_id, stream, batch_id, record_id, rule_id, rule_ids, reason_code, owner, state, created_at, resolved_by)
    ON quality.quarantined_row TO motlan_auditor, motlan_steward;
GRANT USAGE ON SCHEMA golden TO motlan_auditor, motlan_steward;
GRANT SELECT ON golden.build, golden.built_from, golden.survivorship
    TO motlan_auditor, motlan_steward;

GRANT USAGE ON SCHEMA link TO motlan_steward;
GRANT SELECT ON link.judgement, link.cluster_member TO motlan_steward;
GRANT INSERT ON link.judgement TO motlan_steward;
