-- What is kept of reading: no key of a row once a batch is read, and nothing of a dry run but its line.

-- The bounds of key ranges are keys of rows, perhaps personal numbers. Whoever reads a part again needs
-- them; once a batch has left `landing`, nobody does.
CREATE FUNCTION sync.forget_key_ranges() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE sync.part SET spec = spec - 'keys' WHERE batch_id = NEW.batch_id AND spec ? 'keys';
    RETURN NULL;
END $$;
CREATE TRIGGER batch_is_read AFTER UPDATE OF state ON sync.batch
    FOR EACH ROW WHEN (OLD.state = 'landing' AND NEW.state <> 'landing')
    EXECUTE FUNCTION sync.forget_key_ranges();
UPDATE sync.part SET spec = spec - 'keys'
FROM sync.batch WHERE batch.batch_id = part.batch_id AND batch.state <> 'landing' AND spec ? 'keys';
COMMENT ON COLUMN sync.part.spec IS 'What to read: mode, key range, folders. A key range is forgotten when the batch is read.';

-- A dry run, of fence 0, ends by being set aside; however it came to that.
CREATE FUNCTION sync.forget_dry_run() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM sync.part WHERE batch_id = NEW.batch_id;
    DELETE FROM quality.suite_run WHERE batch_id = NEW.batch_id;
    RETURN NULL;
END $$;
CREATE TRIGGER dry_run_is_over AFTER UPDATE OF state ON sync.batch
    FOR EACH ROW WHEN (NEW.fence = 0 AND NEW.state = 'overtaken')
    EXECUTE FUNCTION sync.forget_dry_run();
DELETE FROM sync.part USING sync.batch
WHERE batch.batch_id = part.batch_id AND batch.fence = 0 AND batch.state = 'overtaken';
DELETE FROM quality.suite_run USING sync.batch
WHERE batch.batch_id = suite_run.batch_id AND batch.fence = 0 AND batch.state = 'overtaken';

REVOKE ALL ON FUNCTION sync.forget_key_ranges, sync.forget_dry_run FROM PUBLIC;
GRANT DELETE ON sync.part, quality.suite_run TO motlan_pipeline;
