"""A first load: the stage table becomes the register, or fills it if something stands on that."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg
import pytest

from hub.contract import find_dataset
from hub.failpoint import FailpointError
from warehouse.adopt import can_be_adopted
from warehouse.golden import golden_transaction
from warehouse.publish import publish_batch

from .conftest import SNAPSHOT, Register, counts

FILE = "SELECT pg_relation_filenode('{}') AS file, count(*) AS rows FROM {}"


WITHOUT_CURSOR = SNAPSHOT.replace("cursor: updated_at, ", "")
VERSION = datetime(2025, 7, 1, 3, tzinfo=UTC)
LINKED = SNAPSHOT + "}, {property: linkage, value: {entity: person, anchor: true}"

CAR = "standard.vehicle__car"
CHANGES = {
    "a grant": f"GRANT SELECT ON {CAR} TO motlan_auditor",
    "a grant on a column": f"GRANT SELECT (plate_number) ON {CAR} TO motlan_auditor",
    "another owner": f"ALTER TABLE {CAR} OWNER TO CURRENT_USER",
    "a view": f"CREATE VIEW public.cars AS SELECT * FROM {CAR}",
    "a function of its rows": f"CREATE FUNCTION public.f({CAR}) RETURNS int LANGUAGE sql RETURN 1",
    "a column of its rows": f"CREATE TABLE public.kept (cars {CAR}[])",
    "an heir": f"CREATE TABLE public.heir () INHERITS ({CAR})",
    "a rule": f"CREATE RULE r AS ON DELETE TO {CAR} DO NOTHING",
    "a publication": f"CREATE PUBLICATION cars_told FOR TABLE {CAR}",
    "a trigger": (
        f"CREATE TRIGGER t BEFORE UPDATE ON {CAR} FOR EACH ROW"
        " EXECUTE FUNCTION suppress_redundant_updates_trigger()"
    ),
    "an index": f"CREATE INDEX cars_by_plate ON {CAR} (plate_number)",
    "an index in the place of another": (
        "DROP INDEX standard.vehicle__car_failed_rules_idx;"
        f"CREATE INDEX cars_by_plate ON {CAR} (plate_number)"
    ),
    "a check": f"ALTER TABLE {CAR} ADD CHECK (plate_number <> '')",
    "a unique constraint": f"ALTER TABLE {CAR} ADD UNIQUE (row_hash, record_id)",
    "a foreign key": (
        "CREATE TABLE public.plates (plate text PRIMARY KEY);"
        "INSERT INTO public.plates VALUES ('14A-1'), ('14A-2');"
        f"ALTER TABLE {CAR} ADD FOREIGN KEY (plate_number) REFERENCES public.plates"
    ),
    "a foreign key towards it": f"CREATE TABLE public.fines (car text REFERENCES {CAR})",
    "a column that must not be empty": f"ALTER TABLE {CAR} ALTER plate_number SET NOT NULL",
    "a column that may be empty": f"ALTER TABLE {CAR} ALTER flags DROP NOT NULL",
    "a default": f"ALTER TABLE {CAR} ALTER keeper_name SET DEFAULT 'nobody'",
    "a comment": f"COMMENT ON TABLE {CAR} IS 'cars'",
    "a comment on a column": f"COMMENT ON COLUMN {CAR}.plate_number IS 'as painted'",
    "a comment on its key": f"COMMENT ON CONSTRAINT vehicle__car_pkey ON {CAR} IS 'the key'",
    "a policy": f"CREATE POLICY p ON {CAR} USING (true)",
    "row level security": f"ALTER TABLE {CAR} ENABLE ROW LEVEL SECURITY",
    "row level security for its owner": f"ALTER TABLE {CAR} FORCE ROW LEVEL SECURITY",
    "a replica identity": f"ALTER TABLE {CAR} REPLICA IDENTITY FULL",
    "extended statistics": f"CREATE STATISTICS public.s ON plate_number, row_hash FROM {CAR}",
    "a statistics target": f"ALTER TABLE {CAR} ALTER plate_number SET STATISTICS 1000",
    "a storage option": f"ALTER TABLE {CAR} SET (fillfactor = 70)",
    "a storage option of long values": f"ALTER TABLE {CAR} SET (toast.autovacuum_enabled = false)",
    "a storage option of its key": "ALTER INDEX standard.vehicle__car_pkey SET (fillfactor = 70)",
    "an option of a column": f"ALTER TABLE {CAR} ALTER plate_number SET (n_distinct = 9)",
    "how a column is kept": f"ALTER TABLE {CAR} ALTER plate_number SET STORAGE EXTERNAL",
    "how a column is packed": f"ALTER TABLE {CAR} ALTER plate_number SET COMPRESSION pglz",
    "a tablespace": (
        "UPDATE pg_class SET reltablespace = pg_tablespace.oid FROM pg_tablespace"
        f" WHERE spcname = 'pg_default' AND pg_class.oid = '{CAR}'::regclass"
    ),
    "no log": f"ALTER TABLE {CAR} SET UNLOGGED",
    "an order of its rows": f"ALTER TABLE {CAR} CLUSTER ON vehicle__car_pkey",
}
"""What a province may have done to an empty register."""


def first_batch(register: Register, sync: str = SNAPSHOT) -> int:
    """The judged first batch of three cars, one of which has no plate."""
    register.write_contract(sync)
    register.fill(2)
    register.put("C003", bien_so=None)
    return register.prepare()


def test_a_row_is_written_once(register: Register) -> None:
    batch_id = first_batch(register)
    stage = f"stage.vehicle__car__b{batch_id}"
    (staged,) = register.rows(FILE.format(stage, stage))
    assert counts(publish_batch(batch_id)) == (3, 2, 0, 0, 1, 0)
    (published,) = register.rows(FILE.format("standard.vehicle__car", "standard.vehicle__car"))
    assert published == {"file": staged["file"], "rows": 2}
    assert register.rows(f"SELECT to_regclass('{stage}') AS stage") == [{"stage": None}]


@pytest.mark.parametrize("sync", [SNAPSHOT, WITHOUT_CURSOR], ids=["cursor", "no cursor"])
def test_no_row_is_written_again_when_its_stage_becomes_the_register(
    register: Register, sync: str
) -> None:
    batch_id = first_batch(register, sync)
    places = "SELECT record_id, ctid::text, xmin::text FROM {} WHERE record_id <> 'C003' ORDER BY 1"
    staged = register.rows(places.format(f"stage.vehicle__car__b{batch_id}"))
    publish_batch(batch_id)
    assert register.rows(places.format("standard.vehicle__car")) == staged
    versions = {valid_from for (valid_from,) in register.standard("valid_from").values()}
    as_of = register.batch(batch_id)["source_as_of"]
    assert versions == {VERSION if sync == SNAPSHOT else as_of}


@pytest.mark.parametrize("sync", [SNAPSHOT, WITHOUT_CURSOR], ids=["cursor", "no cursor"])
def test_the_register_has_the_shape_that_its_contract_asks_for(
    register: Register, sync: str
) -> None:
    described = (
        "SELECT attname, atttypid::regtype::text, attnotnull, atthasdef FROM pg_attribute"
        " WHERE attrelid = 'standard.vehicle__car'::regclass AND attnum > 0 AND NOT attisdropped"
        " ORDER BY attname"
    )
    batch_id = first_batch(register, sync)
    before = register.rows(described)
    publish_batch(batch_id)
    after = register.rows(described)
    assert after == before
    kept = (
        "SELECT relpersistence::text, reloptions, obj_description(oid, 'pg_class') AS note"
        " FROM pg_class WHERE relname = 'vehicle__car'"
    )
    assert register.rows(kept) == [{"relpersistence": "p", "reloptions": None, "note": None}]
    assert len(register.rows("SELECT FROM pg_indexes WHERE tablename = 'vehicle__car'")) == 2


def test_a_stage_takes_the_place_of_a_register_that_nobody_has_changed(register: Register) -> None:
    batch_id = first_batch(register)
    _, dataset = find_dataset("vehicle.car")
    found = {}
    with psycopg.connect(register.owner_url) as owner:
        for name, statement in {"nothing": "", **CHANGES}.items():
            owner.execute(statement)
            owner.execute("SET LOCAL ROLE motlan_pipeline")
            found[name] = can_be_adopted(owner, dataset, batch_id)
            owner.rollback()
    assert found == {"nothing": True, **dict.fromkeys(CHANGES, False)}


@pytest.mark.parametrize("change", ["a grant on a column", "a foreign key", "a column of its rows"])
def test_what_somebody_has_put_on_the_empty_register_stays(register: Register, change: str) -> None:
    batch_id = first_batch(register)
    made = f"SELECT '{CAR}'::regclass::oid AS oid"
    before = register.rows(made)
    register.run_as_owner(CHANGES[change])
    publish_batch(batch_id)
    assert register.rows(made) == before
    assert sorted(register.standard("plate_number")) == ["C001", "C002"]


def test_a_publish_that_fails_leaves_the_register_empty_and_the_stage_where_it_was(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = first_batch(register)
    stage = f"stage.vehicle__car__b{batch_id}"
    with monkeypatch.context() as failing:
        failing.setenv("MOTLAN_FAILPOINT", "K10:1:exception")
        with pytest.raises(FailpointError):
            publish_batch(batch_id)
    assert register.standard() == {}
    assert register.rows(FILE.format(stage, stage))[0]["rows"] == 3
    assert counts(publish_batch(batch_id)) == (3, 2, 0, 0, 1, 0)
    assert sorted(register.standard()) == ["C001", "C002"]


def test_the_versions_of_a_register_that_was_a_stage_are_kept_like_any_other(
    register: Register,
) -> None:
    publish_batch(first_batch(register))
    register.put("C001", "12:00", bien_so="14A-NEW")
    register.run("DELETE FROM xe.o_to WHERE ma = 'C002'")
    register.put("C003")
    assert counts(register.sync()) == (2, 2, 0, 0, 0, 1)
    assert register.history("record_id", "plate_number") == [("C001", "14A-1"), ("C002", "14A-2")]
    assert register.standard("plate_number") == {"C001": ("14A-NEW",), "C003": ("14A-C003",)}


def test_a_golden_build_that_began_before_sees_no_refused_row_of_a_first_load(
    register: Register,
) -> None:
    batch_id = first_batch(register, LINKED)
    waiting = "SELECT FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted"
    cars = "SELECT record_id FROM standard.vehicle__car ORDER BY record_id"
    with ThreadPoolExecutor(1) as worker:
        with golden_transaction() as connection:
            connection.exec_driver_sql("SELECT 1")
            publishing = worker.submit(publish_batch, batch_id)
            while not publishing.done() and not register.rows(waiting):
                time.sleep(0.01)
            seen = [car for (car,) in connection.exec_driver_sql(cars)]
        assert counts(publishing.result(20)) == (3, 2, 0, 0, 1, 0)
    with golden_transaction() as connection:
        published = [car for (car,) in connection.exec_driver_sql(cars)]
    assert (seen, published) == ([], ["C001", "C002"])
