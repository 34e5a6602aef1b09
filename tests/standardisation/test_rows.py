"""A landed frame as a whole: keys, flags, what could not be read, hashes."""

import subprocess
import sys

import polars as pl
import pytest

from hub.contract import Contract, Dataset, parse_contract
from hub.errors import ContractError, SchemaDriftError
from standardisation import standardise
from standardisation.kinds import check_field_options
from standardisation.rows import _row_hash

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: motlan.source.demo
name: demo
version: 1.0.0
status: active
slaProperties: [{property: latency, value: 26, unit: h}]
customProperties:
  - {property: title, value: Demo}
  - {property: owner, value: desk}
  - {property: connector, value: files}
  - {property: schedule, value: "0 1 * * *"}
  - {property: encoding, value: ENCODING}
schema:
  - name: person
    physicalName: nguoi
    customProperties:
      - {property: sync, value: {mode: incremental, cursor: updated_at, deletes: tombstone,
         tombstone: is_deleted, completeness: none}}
    properties:
      - {name: office, physicalName: phong, logicalType: string, primaryKey: true,
         primaryKeyPosition: 1, customProperties: [{property: standardiser, value: key}]}
      - {name: person_id, physicalName: ma, logicalType: string, primaryKey: true,
         primaryKeyPosition: 2, customProperties: [{property: standardiser, value: key}]}
      - {name: pin, physicalName: so, logicalType: string,
         customProperties: [{property: standardiser, value: pin}]}
      - {name: full_name, physicalName: ten, logicalType: string,
         customProperties: [{property: standardiser, value: person_name}]}
      - {name: updated_at, physicalName: luc, logicalType: timestamp}
      - {name: is_deleted, physicalName: xoa, logicalType: boolean}
"""
ROW = {
    "phong": "01",
    "ma": "7",
    "so": "022085001234",
    "ten": "Nguyễn Văn Định",
    "luc": "2025-07-01 10:00:00",
    "xoa": "false",
}


def contract(encoding: str = "UTF-8") -> tuple[Contract, Dataset]:
    made = parse_contract(CONTRACT.replace("ENCODING", encoding))
    return made, made.get_dataset("person")


def frame(*rows: dict[str, object]) -> pl.DataFrame:
    listed = [{**ROW, **row, "_chunk": 0, "_row": place} for place, row in enumerate(rows)]
    return pl.DataFrame(listed, infer_schema_length=None)


def test_a_row_keeps_its_place_its_key_and_the_promised_order_of_columns() -> None:
    made, dataset = contract()
    standard = standardise(frame({}), made, dataset)
    tail = ["flags", "unreadable", "source_version", "deleted", "source_partition", "row_hash"]
    assert standard.columns == ["record_id", *dataset.columns, *tail, "_chunk", "_row"]
    row = standard.to_dicts()[0]
    assert row["record_id"] == "01|7"
    assert row["source_version"].isoformat() == "2025-07-01T03:00:00+00:00"
    assert (row["deleted"], row["source_partition"]) == (False, "")
    assert (row["flags"], row["unreadable"]) == ([], [])


def test_a_missing_part_of_the_key_leaves_no_key() -> None:
    made, dataset = contract()
    standard = standardise(frame({"ma": " "}, {"ma": None}), made, dataset)
    assert standard["record_id"].to_list() == [None, None]


def test_repairs_and_unreadable_values_are_named_by_field_and_sorted() -> None:
    made, dataset = contract()
    row = {"so": "22085001234", "ten": "NGUYỄN  VĂN ĐỊNH", "luc": "yesterday"}
    standard = standardise(frame(row, {"so": "unknown"}), made, dataset)
    assert standard["flags"].to_list() == [
        ["CAPS:full_name", "REPAIRED_LEADING_ZERO:pin", "SPACES:full_name"],
        [],
    ]
    assert standard["unreadable"].to_list() == [["updated_at"], ["pin"]]


def test_no_row_is_dropped_and_none_is_added() -> None:
    made, dataset = contract()
    standard = standardise(frame({}, {}, {"ma": None}), made, dataset)
    assert standard["_row"].to_list() == [0, 1, 2]
    assert standardise(frame({}).clear(), made, dataset).height == 0


def test_the_hash_changes_with_what_is_said_and_not_with_when_it_was_said() -> None:
    made, dataset = contract()
    rows = [{}, {"luc": "2025-08-01 10:00:00"}, {"ten": "Nguyễn Văn Đinh"}, {"xoa": "true"}]
    first, later, renamed, deleted = standardise(frame(*rows), made, dataset)["row_hash"]
    assert first == later
    assert len({first, renamed, deleted}) == 3
    assert len(first) == 64


def test_a_legacy_encoding_is_read_as_the_contract_declares_it() -> None:
    made, dataset = contract("TCVN3")
    standard = standardise(
        frame({"ten": b"Nguy\xd4n V\xa8n \xa7\xdenh".decode("latin-1")}), made, dataset
    )
    assert standard["full_name"].to_list() == ["Nguyễn Văn Định"]


def test_the_encoding_of_each_landed_row_wins_over_that_of_the_contract() -> None:
    made, dataset = contract()
    legacy = b"Nguy\xd4n".decode("latin-1")
    rows = frame(
        {"ten": legacy, "_encoding": "TCVN3", "_partition": "a"},
        {"ten": "Nguyễn", "_encoding": "UTF-8", "_partition": "b"},
    )
    standard = standardise(rows, made, dataset)
    assert standard["full_name"].to_list() == ["Nguyễn", "Nguyễn"]
    assert standard["source_partition"].to_list() == ["a", "b"]


def test_a_promised_column_that_is_gone_stops_everything() -> None:
    made, dataset = contract()
    with pytest.raises(SchemaDriftError, match="'ten'"):
        standardise(frame({}).drop("ten"), made, dataset)


def test_a_misspelt_option_of_a_field_is_refused() -> None:
    text = CONTRACT.replace(
        "[{property: standardiser, value: pin}]",
        "[{property: standardiser, value: pin}, {property: options, value: {formatz: [x]}}]",
    )
    with pytest.raises(ContractError, match="formatz"):
        check_field_options(parse_contract(text.replace("ENCODING", "UTF-8")))


def test_the_hub_and_the_connectors_do_not_import_polars() -> None:
    code = (
        "import sys, hub.contract, hub.names, hub.digest, hub.promised, connectors.options\n"
        "assert 'polars' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_value_that_holds_the_separator_of_values_is_not_taken_for_two() -> None:
    made, dataset = contract()
    standard = standardise(frame({}, {}, {}, {}), made, dataset)
    texts = {"full_name": ["a\x1fb", "a", "a\x1fb", "a"], "office": ["c", "b\x1fc", "c", "c"]}
    same, other, again, plain = _row_hash(
        standard.with_columns(pl.Series(name, words) for name, words in texts.items()), dataset
    )
    assert same == again
    assert len({same, other, plain}) == 3
