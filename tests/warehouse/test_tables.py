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
SEEN = "      - {name: seen_at, physicalName: luc, logicalType: timestamp}\n"
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


WHOLE = CONTRACT.replace("logicalType: KIND}", "logicalType: integer}")
REQUIRED = WHOLE.replace("integer}", "integer, required: true}")
BREAKING = {
    "key": (
        WHOLE.replace("integer}", "integer, primaryKey: true, primaryKeyPosition: 2}"),
        "The key of ferry.boat was promised as boat_id and came as boat_id, seat_count; every"
        " record id would change. Give the dataset a new name, or keep its key.",
    ),
    "retyped": (
        WHOLE.replace("standardiser, value: key", "standardiser, value: text"),
        "ferry.boat.boat_id was promised as key and came as text; what is published was read"
        " otherwise. Give the field a new name.",
    ),
    "required": (
        REQUIRED,
        "ferry.boat.seat_count was promised as optional and came as required, but 1 published"
        " rows lack it; keep it optional, synchronise in full, then require it.",
    ),
    "sync mode": (
        WHOLE.replace("mode: snapshot", "mode: incremental, cursor: seen_at") + SEEN,
        "ferry.boat sync.mode was promised as snapshot and came as incremental; what is published"
        " has moved by the earlier promise. Keep it, or give the dataset a new name.",
    ),
    "deletes": (
        WHOLE.replace("deletes: snapshot", "deletes: none"),
        "ferry.boat sync.deletes was promised as snapshot and came as none; what is published"
        " has moved by the earlier promise. Keep it, or give the dataset a new name.",
    ),
    "completeness": (
        WHOLE.replace("completeness: keys", "completeness: none"),
        "ferry.boat sync.completeness was promised as keys and came as none; what is published"
        " has moved by the earlier promise. Keep it, or give the dataset a new name.",
    ),
    "added, required": (
        WHOLE + MORE.replace("date}", "date, required: true}"),
        "ferry.boat.built_date was promised as nothing and came as date, required, but 2"
        " published rows lack it; keep it optional, synchronise in full, then require it.",
    ),
}


def publish_two(warehouse: Any) -> None:
    """Two boats are published, of one of which nobody knows the seats; one has a past."""
    own = "'{}', '{}', NULL, '', 'h', now(), now(), 1"
    rows = f"('B1', 'B1', 40, {own}), ('B2', 'B2', NULL, {own})"
    past = f"('B1', 'B1', 38, {own}, now(), now(), 2)"
    with warehouse.connect() as connection:
        connection.execute(f"INSERT INTO standard.ferry__boat VALUES {rows}")
        connection.execute(f"INSERT INTO standard.ferry__boat_history VALUES {past}")


def content(warehouse: Any) -> list[Any]:
    """Everything in the tables and what was promised."""
    with warehouse.connect() as connection:
        return [
            connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()
            for table in ("standard.ferry__boat", "standard.ferry__boat_history", "sync.promise",
                          "sync.stream")
        ]  # fmt: skip


@pytest.mark.parametrize("kind", BREAKING)
def test_a_change_that_breaks_what_is_published_is_refused_and_changes_nothing(
    warehouse: Any, kind: str
) -> None:
    apply_contract(contract())
    publish_two(warehouse)
    before = content(warehouse)
    text, sentence = BREAKING[kind]
    with pytest.raises(SchemaDriftError) as refused:
        apply_contract(parse_contract(text))
    assert str(refused.value) == sentence
    assert content(warehouse) == before
    apply_contract(contract())
    assert content(warehouse)[:3] == before[:3]


def test_what_can_be_kept_is_applied_and_kept_as_the_new_promise(warehouse: Any) -> None:
    apply_contract(contract())
    publish_two(warehouse)
    with warehouse.connect() as connection:
        connection.execute("UPDATE standard.ferry__boat SET seat_count = 12 WHERE record_id = 'B2'")
    other_proof = REQUIRED.replace("completeness: keys", "completeness: manifest")
    apply_contract(parse_contract(other_proof + MORE))
    assert columns(warehouse, "ferry__boat")["built_date"] == "date"
    rows, history, promises, _ = content(warehouse)
    assert [row[:3] for row in rows] == [("B1", "B1", 40), ("B2", "B2", 12)]
    assert [row[-1] for row in rows + history] == [None] * 3
    first, second = (row[3] for row in promises)
    assert first["fields"]["seat_count"]["required"] is False
    assert second["fields"]["seat_count"]["required"] is True
    proofs = [promise["sync"]["completeness"] for promise in (first, second)]
    assert proofs == ["keys", "manifest"]
    assert sorted(second["fields"]) == ["boat_id", "built_date", "seat_count"]


def test_before_anything_is_published_a_promise_may_change(warehouse: Any) -> None:
    apply_contract(contract())
    text, _ = BREAKING["key"]
    apply_contract(parse_contract(text))
    with warehouse.connect() as connection:
        found = connection.execute("SELECT promise -> 'key' FROM sync.promise ORDER BY promise_id")
        assert [key for (key,) in found] == [["boat_id"], ["boat_id", "seat_count"]]
