"""The tables that contracts ask for: they grow by themselves and never shrink in silence."""

from typing import Any

import psycopg
import pytest

from hub.contract import Contract, parse_contract
from hub.errors import SchemaDriftError
from warehouse.connection import engine
from warehouse.ledger import apply_contract

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: motlan.source.ferry
name: ferry
version: 1.0.0
status: active
slaProperties: [{property: latency, value: 26, unit: h}]
customProperties:
  - {property: title, value: Ferries}
  - {property: owner, value: ferry-desk}
  - {property: connector, value: sql}
  - {property: schedule, value: "0 1 * * *"}
schema:
  - name: boat
    physicalName: pha
    customProperties:
      - {property: sync, value: {mode: snapshot, deletes: snapshot, completeness: keys}}
    properties:
      - {name: boat_id, physicalName: ma, primaryKey: true, primaryKeyPosition: 1,
         customProperties: [{property: standardiser, value: key}]}
      - {name: seat_count, physicalName: ghe, logicalType: KIND}
"""
MORE = "      - {name: built_date, physicalName: dong, logicalType: date}\n"
OWN = {
    "flags": "ARRAY",
    "failed_rules": "ARRAY",
    "source_version": "timestamp with time zone",
    "source_partition": "text",
    "row_hash": "text",
    "valid_from": "timestamp with time zone",
    "recorded_at": "timestamp with time zone",
    "batch_id": "bigint",
}
ENDED = {
    "valid_to": "timestamp with time zone",
    "replaced_at": "timestamp with time zone",
    "replaced_by": "bigint",
}


def contract(kind: str = "integer", more: str = "") -> Contract:
    """The contract of the ferries, its one count of that kind."""
    return parse_contract(CONTRACT.replace("KIND", kind) + more)


def columns(warehouse: Any, table: str) -> dict[str, str]:
    """Column -> type of a table of ``standard``."""
    query = (
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'standard' AND table_name = %s ORDER BY ordinal_position"
    )
    with warehouse.connect() as connection:
        return dict(connection.execute(query, (table,)).fetchall())


@pytest.fixture(autouse=True)
def _close_pool(warehouse: Any) -> Any:
    yield
    engine("pipeline").dispose()


def test_a_contract_makes_the_standard_table_its_history_and_its_stream(warehouse: Any) -> None:
    apply_contract(contract())
    fields = {"record_id": "text", "boat_id": "text", "seat_count": "bigint"}
    assert columns(warehouse, "ferry__boat") == {**fields, **OWN}
    assert columns(warehouse, "ferry__boat_history") == {**fields, **OWN, **ENDED}
    with warehouse.connect() as connection:
        found = connection.execute("SELECT name, fence, cursor, row_count FROM sync.stream")
        assert found.fetchall() == [("ferry.boat", 0, {}, 0)]


def test_a_new_column_is_added_nullable_to_table_and_history(warehouse: Any) -> None:
    apply_contract(contract())
    row = "'B1', 'B1', 40, '{}', '{}', NULL, '', 'h', now(), now(), 1"
    with warehouse.connect() as connection:
        connection.execute(f"INSERT INTO standard.ferry__boat VALUES ({row})")
        connection.execute(
            f"INSERT INTO standard.ferry__boat_history VALUES ({row}, now(), now(), 2)"
        )
    apply_contract(contract(more=MORE))
    apply_contract(contract(more=MORE))
    for table in ("ferry__boat", "ferry__boat_history"):
        assert columns(warehouse, table)["built_date"] == "date"
        with warehouse.connect() as connection:
            found = connection.execute(f"SELECT boat_id, built_date FROM standard.{table}")
            assert found.fetchall() == [("B1", None)]


def test_a_column_of_another_type_is_refused_by_name_promise_and_find(warehouse: Any) -> None:
    apply_contract(contract())
    before = columns(warehouse, "ferry__boat")
    with pytest.raises(SchemaDriftError) as refused:
        apply_contract(contract("number"))
    assert str(refused.value) == (
        "ferry__boat.seat_count is BIGINT in the warehouse, but its contract now asks for NUMERIC; "
        "give the field a new name."
    )
    assert columns(warehouse, "ferry__boat") == before


def test_a_column_that_left_the_contract_is_refused_and_kept(warehouse: Any) -> None:
    apply_contract(contract(more=MORE))
    with pytest.raises(SchemaDriftError, match="no longer has the column built_date of ferry__boa"):
        apply_contract(contract())
    assert "built_date" in columns(warehouse, "ferry__boat")


def test_a_breaking_change_leaves_no_half_of_itself(warehouse: Any) -> None:
    apply_contract(contract())
    with pytest.raises(SchemaDriftError):
        apply_contract(contract("number", more=MORE))
    assert "built_date" not in columns(warehouse, "ferry__boat")
    with warehouse.connect() as connection:
        found = connection.execute("SELECT contract_hash FROM sync.stream").fetchone()
    assert found == (contract().hash,)


def test_a_batch_that_loses_a_row_cannot_be_published(warehouse: Any) -> None:
    apply_contract(contract())
    with (
        pytest.raises(psycopg.errors.CheckViolation, match="nothing_is_lost"),
        warehouse.connect("pipeline") as connection,
    ):
        connection.execute(
            "INSERT INTO sync.batch (stream, batch_key, predecessor, state, fence, mode,"
            " contract_hash, landed_url, read, accepted, key_digest, content_digest,"
            " source_as_of, published_at) VALUES ('ferry.boat', 'k', '', 'published', 1,"
            " 'snapshot', 'h', 'u', 3, 2, 'd', 'c', now(), now())"
        )
