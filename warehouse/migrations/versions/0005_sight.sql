-- Sight: what each run did, what somebody must know, and who has been told.

-- Run history ----------------------------------------------------------------------------------

CREATE TABLE sync.run (
    run_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream     text NOT NULL,
    key        text NOT NULL,
    source     text NOT NULL,
    mode       text NOT NULL,
    holder     text NOT NULL,
    lineage_id uuid NOT NULL DEFAULT gen_random_uuid(),
    batch_id   bigint REFERENCES sync.batch,
    step       text NOT NULL,
    part       integer NOT NULL DEFAULT 0,
    began_at   timestamptz NOT NULL DEFAULT now(),
    ended_at   timestamptz,
    outcome    text CHECK (outcome IN ('published', 'nothing_new', 'parked', 'failed', 'refused', 'lost')),
    error      text,
    unreachable boolean NOT NULL DEFAULT false,
    CONSTRAINT run_has_one_key UNIQUE (stream, key),
    CONSTRAINT ended_with_an_outcome CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
COMMENT ON TABLE sync.run IS 'The run history: one row a run of a stream, whatever became of it.';
COMMENT ON COLUMN sync.run.key IS 'The same for every process of one run: Airflow''s run id, or one of the command''s own.';
COMMENT ON COLUMN sync.run.step IS 'The step under way, or the one that the run ended in.';
COMMENT ON COLUMN sync.run.outcome IS 'refused: another run had the stream. lost: it ended without a word; seen when the next one began.';
COMMENT ON COLUMN sync.run.error IS 'Why it did not publish, in one sentence without any value of a row.';
COMMENT ON COLUMN sync.run.unreachable IS 'Whether the source did not answer, or not as promised; the second in a row is told.';
CREATE INDEX run_by_stream ON sync.run (stream, run_id DESC);
CREATE INDEX run_under_way ON sync.run (stream) WHERE ended_at IS NULL;

CREATE TABLE sync.run_step (
    run_id   bigint NOT NULL REFERENCES sync.run,
    step     text NOT NULL,
    part     integer NOT NULL DEFAULT 0,
    seconds  double precision NOT NULL CHECK (seconds >= 0),
    rows     bigint NOT NULL CHECK (rows >= 0),
    ended_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (run_id, step, part)
);
COMMENT ON TABLE sync.run_step IS 'How long each step of a run took that came to its end, and how many rows it moved.';

CREATE TABLE sync.step_total (
    stream  text NOT NULL,
    step    text NOT NULL,
    times   bigint NOT NULL,
    seconds double precision NOT NULL,
    rows    bigint NOT NULL,
    PRIMARY KEY (stream, step)
);
COMMENT ON TABLE sync.step_total IS 'Sums over every step that ever ended: they only grow, whatever is kept of the runs.';

-- Alerts ---------------------------------------------------------------------------------------

CREATE TABLE sync.alert (
    alert_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind      text NOT NULL CHECK (kind IN (
        'late', 'parked', 'brake', 'gate', 'drift', 'source', 'imbalance', 'failed'
    )),
    source    text NOT NULL,
    stream    text,
    batch_id  bigint REFERENCES sync.batch,
    what      text NOT NULL,
    todo      text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz
);
COMMENT ON TABLE sync.alert IS 'What somebody must know: what happened and what to do, without any value of a row. It closes by itself when its cause is gone.';
COMMENT ON COLUMN sync.alert.stream IS 'Null where the whole source is concerned.';
CREATE UNIQUE INDEX alert_is_open_once ON sync.alert (kind, source, stream, batch_id)
    NULLS NOT DISTINCT WHERE closed_at IS NULL;
CREATE INDEX alert_by_batch ON sync.alert (batch_id) WHERE closed_at IS NULL;

CREATE TABLE sync.alert_told (
    alert_id    bigint NOT NULL REFERENCES sync.alert,
    channel     text NOT NULL CHECK (channel IN ('mail', 'webhook')),
    told_at     timestamptz,
    attempts    integer NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL DEFAULT now(),
    error       text,
    PRIMARY KEY (alert_id, channel)
);
COMMENT ON TABLE sync.alert_told IS 'By which channel each alert was told, and when; without told_at it is tried again.';

-- A batch that no longer waits, whatever became of it, is no reason to tell anybody.
CREATE FUNCTION sync.close_alerts_of_batch() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE sync.alert SET closed_at = now() WHERE batch_id = NEW.batch_id AND closed_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER batch_waits_no_longer AFTER UPDATE OF state ON sync.batch
    FOR EACH ROW WHEN (OLD.state = 'parked' AND NEW.state <> 'parked')
    EXECUTE FUNCTION sync.close_alerts_of_batch();

-- A stream that keeps its promise again.
CREATE FUNCTION sync.close_alerts_of_stream() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE sync.alert SET closed_at = now()
    WHERE kind = 'late' AND stream = NEW.name AND closed_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER stream_is_fresh_again AFTER UPDATE OF as_of, freshness ON sync.stream
    FOR EACH ROW WHEN (NEW.as_of + NEW.freshness >= now())
    EXECUTE FUNCTION sync.close_alerts_of_stream();

-- Rights ---------------------------------------------------------------------------------------

REVOKE ALL ON FUNCTION sync.close_alerts_of_batch, sync.close_alerts_of_stream FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE ON sync.run, sync.run_step, sync.step_total, sync.alert, sync.alert_told
    TO motlan_pipeline;
-- Maintenance deletes old runs; alerts and totals stay.
GRANT DELETE ON sync.run, sync.run_step TO motlan_pipeline;
GRANT SELECT ON sync.run, sync.run_step, sync.step_total, sync.alert, sync.alert_told
    TO motlan_auditor, motlan_steward;
