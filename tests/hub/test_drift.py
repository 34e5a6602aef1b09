"""Every kind of change to a contract is told, and whether it breaks anything."""

import pytest

from hub.contract import Contract, parse_contract
from hub.drift import compare_contracts

HEAD = """
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
"""
BOAT = """
  - name: boat
    physicalName: pha
    customProperties:
      - {property: sync, value: {mode: snapshot, deletes: snapshot, completeness: keys}}
    properties:
      - {name: boat_id, physicalName: ma, primaryKey: true, primaryKeyPosition: 1}
      - {name: seat_count, physicalName: ghe, logicalType: integer}
      - {name: harbour, physicalName: ben, logicalType: string, required: true}
"""
CREW = BOAT.replace("name: boat\n", "name: crew\n").replace("boat_id", "crew_id")
BUILT = "      - {name: built_date, physicalName: dong, logicalType: date}\n"
COUNT = "      - {name: seat_count, physicalName: ghe, logicalType: integer}\n"


def read(text: str) -> Contract:
    return parse_contract(HEAD + text)


def told(old: str, new: str) -> list[str]:
    return [str(change) for change in compare_contracts(read(old), read(new))]


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (BOAT + BUILT, "additive  ferry.boat.built_date: added; was nothing, is date"),
        (
            BOAT + BUILT.replace("date}", "date, required: true}"),
            "breaking  ferry.boat.built_date: added; was nothing, is date, required",
        ),
        (
            BOAT.replace(COUNT, ""),
            "breaking  ferry.boat.seat_count: removed; was integer, is nothing",
        ),
        (
            BOAT.replace("ghe, logicalType: integer", "ghe, logicalType: number"),
            "breaking  ferry.boat.seat_count: retyped; was integer, is decimal",
        ),
        (
            BOAT.replace("physicalName: ghe", "physicalName: so_ghe"),
            "breaking  ferry.boat.seat_count: moved; was column ghe, is column so_ghe",
        ),
        (
            BOAT.replace("integer}", "integer, required: true}"),
            "breaking  ferry.boat.seat_count: required; was optional, is required",
        ),
        (
            BOAT.replace("string, required: true", "string"),
            "additive  ferry.boat.harbour: required; was required, is optional",
        ),
        (
            BOAT.replace("integer}", "integer, unique: true}"),
            "breaking  ferry.boat.seat_count: unique; was not unique, is unique",
        ),
        (
            BOAT.replace("deletes: snapshot", "deletes: none"),
            "breaking  ferry.boat sync.deletes: sync; was snapshot, is none",
        ),
        (
            BOAT.replace("completeness: keys", "completeness: none"),
            "breaking  ferry.boat sync.completeness: sync; was keys, is none",
        ),
        (
            BOAT.replace("completeness: keys", "completeness: manifest"),
            "additive  ferry.boat sync.completeness: sync; was keys, is manifest",
        ),
        (
            BOAT.replace(
                "string, required: true",
                "string, required: true, primaryKey: true, primaryKeyPosition: 2",
            ),
            "breaking  ferry.boat: key; was boat_id, is boat_id, harbour",
        ),
        (BOAT + CREW, "additive  ferry.crew: added; was nothing, is a dataset"),
    ],
)
def test_each_change_is_told_with_what_was_promised_and_what_came(new: str, said: str) -> None:
    assert told(BOAT, new) == [said]


def test_a_dataset_that_is_gone_breaks() -> None:
    assert told(BOAT + CREW, BOAT) == ["breaking  ferry.crew: removed; was a dataset, is nothing"]


def test_what_nobody_relies_on_is_no_change() -> None:
    other = HEAD.replace("Ferries", "Boats").replace("0 1 * * *", "0 2 * * *")
    bounds = BOAT.replace("keys}}", "keys, brakeDeletes: {rows: 5, percent: 1}}}")
    assert compare_contracts(read(BOAT), parse_contract(other + bounds)) == []


def test_another_way_to_read_the_whole_source_breaks() -> None:
    other = HEAD.replace("schema:", "  - {property: encoding, value: TCVN3}\nschema:")
    (change,) = compare_contracts(read(BOAT), parse_contract(other + BOAT))
    assert (change.place, change.promised, change.came, change.breaking) == (
        *("ferry.encoding", "UTF-8", "TCVN3"),
        True,
    )
