-- Rows in quarantine: of what version they are, and since which batch they wait. Rows that went back.

ALTER TABLE quality.quarantined_row
    ADD COLUMN source_version timestamptz,
    ADD COLUMN first_batch_id bigint REFERENCES sync.batch;
UPDATE quality.quarantined_row SET first_batch_id = batch_id;
ALTER TABLE quality.quarantined_row ALTER COLUMN first_batch_id SET NOT NULL;
COMMENT ON COLUMN quality.quarantined_row.source_version IS 'The newest version of the sealed rows; NULL where none can be read. An older row of the key does not close it.';
COMMENT ON COLUMN quality.quarantined_row.first_batch_id IS 'The batch in which the row went to quarantine; it has waited since.';
COMMENT ON COLUMN quality.quarantined_row.batch_id IS 'The last batch that brought the row.';
GRANT SELECT (first_batch_id) ON quality.quarantined_row
    TO motlan_auditor, motlan_steward;

ALTER TABLE sync.parking ALTER COLUMN releasable
    SET EXPRESSION AS (causes <@ ARRAY['quarantine', 'deletes', 'changes', 'went_back']);
COMMENT ON COLUMN sync.parking.releasable IS 'Whether two stewards may release it: bounds on how much changes, and rows that went back; nothing else.';
