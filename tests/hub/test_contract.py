"""What a contract may say, and how a slip of the pen is named."""

from datetime import timedelta
from pathlib import Path

import pytest

from connectors.ingest import check_options
from golden.survivorship import list_survivors
from hub.contract import (
    OWN_COLUMNS,
    RECONCILE_SCHEDULE,
    Bound,
    Contract,
    find_dataset,
    get_contract,
    load_contracts,
    parse_contract,
    read_contracts,
)
from hub.errors import ContractError

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: motlan.source.fishing
name: fishing
version: 1.0.0
status: active
slaProperties: [{property: latency, value: 26, unit: h}]
customProperties:
  - {property: title, value: Fishing boats}
  - {property: owner, value: fishing-desk}
  - {property: connector, value: sql}
  - {property: schedule, value: "0 1 * * *"}
  - {property: options, value: {schema: tau}}
schema:
  - name: skipper
    physicalName: thuyen_truong
    customProperties:
      - {property: sync, value: {mode: snapshot, deletes: snapshot, completeness: keys}}
      - {property: linkage, value: {entity: person}}
    quality:
      - {type: sql, name: F-1, dimension: accuracy, severity: warning, mustBe: 0,
         query: "SELECT COUNT(*) FROM {object} WHERE pin = ''"}
    properties:
      - {name: skipper_id, physicalName: ma, primaryKey: true, primaryKeyPosition: 1,
         customProperties: [{property: standardiser, value: key}]}
      - {name: pin, physicalName: so, logicalType: string,
         customProperties: [{property: standardiser, value: pin}, {property: linkRole, value: pin}],
         quality: [{type: library, name: F-2, metric: nullValues, mustBe: 0,
                    dimension: completeness, severity: warning}]}
      - {name: full_name, physicalName: ten, logicalType: string,
         customProperties: [{property: standardiser, value: person_name},
                            {property: golden, value: full_name}]}
"""


def changed(old: str, new: str, text: str = CONTRACT) -> str:
    """The contract with one slip of the pen."""
    assert text.count(old) == 1, old
    return text.replace(old, new)


def test_the_contract_as_it_should_be_is_read_whole() -> None:
    contract = parse_contract(CONTRACT)
    (dataset,) = contract.datasets
    assert (contract.source, contract.timezone, contract.encoding) == (
        "fishing",
        "Asia/Ho_Chi_Minh",
        "UTF-8",
    )
    assert (dataset.stream, dataset.table) == ("fishing.skipper", "fishing__skipper")
    assert dataset.columns == dict.fromkeys(
        ("skipper_id", "pin", "full_name", "full_name_key"), "text"
    )
    assert [rule.rule_id for rule in dataset.rules] == ["F-2", "F-1"]
    assert dataset.fields_with_role() == {"pin": "pin"}
    assert dataset.sync.brake_deletes == Bound(rows=100, percent=0.5)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("status: active", "statos: active", "unknown key 'statos'; did you mean 'status'?"),
        (
            "physicalName: thuyen_truong",
            "physicalNam: thuyen_truong",
            "unknown key schema.'physicalNam'; did you mean 'physicalName'?",
        ),
        (
            "name: F-1, dimension",
            "name: F-1, dimensoin",
            "unknown key schema.quality.'dimensoin'; did you mean 'dimension'?",
        ),
        (
            "physicalName: so, logicalType",
            "physicalName: so, logicaltype",
            "unknown key schema.properties.'logicaltype'; did you mean 'logicalType'?",
        ),
        (
            "metric: nullValues",
            "metrik: nullValues",
            "unknown key schema.properties.quality.'metrik'; did you mean 'metric'?",
        ),
        (
            "{mode: snapshot, deletes",
            "{mode: snapshot, delets: none, deletes",
            "fishing.skipper: sync: unknown key 'delets'; did you mean 'deletes'?",
        ),
        (
            "{mode: snapshot, deletes",
            "{mode: snapshot, rowfloor: 3, deletes",
            "fishing.skipper: sync: unknown key 'rowfloor'; did you mean 'rowFloor'?",
        ),
        (
            "deletes: snapshot, completeness",
            "deletes: snapshop, completeness",
            "fishing.skipper: sync: deletes: Input should be 'none', 'tombstone' or 'snapshot'",
        ),
        (
            "{entity: person}",
            "{entity: person, anchr: true}",
            "fishing.skipper: linkage: unknown key 'anchr'; did you mean 'anchor'?",
        ),
        (
            "property: golden, value: full_name",
            "property: golden, value: {field: full_name, rnk: 2}",
            "fishing.skipper.full_name: golden: unknown key 'rnk'; did you mean 'rank'?",
        ),
        (
            "property: linkRole, value: pin",
            "property: linkRole, value: pinn",
            "fishing.skipper.pin: linkRole: Input should be 'pin', 'old_number'",
        ),
        (
            "property: connector",
            "property: conector",
            "fishing lacks the custom property 'connector'; did you mean it by 'conector'?",
        ),
        (
            "{property: linkRole, value: pin}",
            "{property: linkrole, value: pin}",
            "fishing.skipper.pin has unknown custom properties: linkrole",
        ),
        (
            "standardiser, value: person_name",
            "standardiser, value: persn_name",
            "fishing.skipper.full_name: there is no standardiser 'persn_name'; did you mean 'pers",
        ),
        (
            "name: F-2",
            "name: F-1",
            "fishing.skipper has two rules called F-1",
        ),
        (
            "name: full_name, physicalName",
            "name: row_hash, physicalName",
            "fishing.skipper.row_hash would make a column row_hash, which is taken",
        ),
        ("primaryKey: true,", "", "fishing.skipper has no primaryKey"),
        ("unit: h", "unit: y", "slaProperties must hold a 'latency'"),
        (
            "unit: h}",
            "unit: h}, {property: retention, value: 90, unit: h}",
            "the 'retention' of slaProperties must be a whole value with unit d or y",
        ),
        ("apiVersion: v3.1.0", "apiVersion: v3.0.0", "apiVersion is v3.0.0; this hub reads v3.1.0"),
        ("mode: snapshot", "mode: incremental", "is incremental and needs sync.cursor"),
        (
            "mode: snapshot",
            "mode: snapshot, cursor: updated",
            "fishing.skipper has no field 'updated'; its fields are skipper_id, pin, full_name",
        ),
        (
            "FROM {object} WHERE",
            "FROM boats WHERE",
            "rule F-1 of fishing.skipper: its query must read",
        ),
        (
            "severity: warning, mustBe: 0,",
            "severity: warning, mustBe: 0, mustBeLessThan: 1,",
            "rule F-1 of fishing.skipper: mustBeLessThan stands alone",
        ),
        (
            "severity: warning, mustBe: 0,",
            "severity: warning, mustBeLessThan: 1, unit: skippers,",
            "has unit rows or percent",
        ),
        ("severity: warning, mustBe: 0,", "severity: warning, mustBeLessThan: 0,", "more than 0"),
        ("dimension: accuracy", "dimension: accurate", "needs a name and a dimension, one of"),
        (
            "value: Fishing boats",
            "value: [",
            "is not valid YAML",
        ),
    ],
)
def test_a_slip_of_the_pen_is_refused_by_place_and_nearest_word(
    old: str, new: str, said: str
) -> None:
    with pytest.raises(ContractError) as refused:
        parse_contract(changed(old, new), name="fishing.yml")
    assert str(refused.value).startswith("fishing.yml")
    assert said in str(refused.value)


def test_every_column_of_the_hubs_own_is_a_reserved_name() -> None:
    for name in sorted(OWN_COLUMNS):
        with pytest.raises(ContractError, match=f"make a column {name}, which is taken"):
            parse_contract(changed("name: full_name,", f"name: {name},"))


def test_a_field_may_not_be_called_as_another_fields_second_column() -> None:
    with pytest.raises(ContractError, match="make a column full_name_key, which is taken"):
        parse_contract(CONTRACT + "      - {name: full_name_key, physicalName: x}\n")


def test_a_misspelt_connector_option_is_named() -> None:
    contract = parse_contract(changed("{schema: tau}", "{schema: tau, chunkrows: 5}"))
    with pytest.raises(ContractError, match=r"fishing\.skipper: .*chunkrows: Extra inputs"):
        check_options(contract)


def twin(source: str, field: str = "full_name") -> Contract:
    """The same contract for another source, stating a golden field."""
    text = changed("name: fishing\n", f"name: {source}\n")
    return parse_contract(changed("golden, value: full_name", f"golden, value: {field}", text))


def test_two_datasets_that_claim_one_golden_rank_are_both_named() -> None:
    with pytest.raises(ContractError) as refused:
        list_survivors([twin("fishing"), twin("ferries")])
    assert str(refused.value) == (
        "Golden field full_name has rank 1 in both ferries.skipper and fishing.skipper; "
        "give one of them another rank."
    )


def test_survivorship_is_the_same_for_any_order_of_the_contracts() -> None:
    contracts = [twin("fishing"), twin("ferries", "{field: full_name, rank: 2}")]
    lines = list_survivors(contracts)
    assert [(line.field, line.source, line.rank) for line in lines] == [
        ("full_name", "fishing", 1),
        ("full_name", "ferries", 2),
    ]
    assert list_survivors(reversed(contracts)) == lines


def test_folders_are_read_together_and_a_source_has_one_contract(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "fishing.yml").write_text(CONTRACT, encoding="utf-8")
    with pytest.raises(ContractError, match="source 'fishing' has a contract already"):
        load_contracts([tmp_path / "one", tmp_path / "two"])
    with pytest.raises(ContractError, match="There is no contract folder"):
        load_contracts([tmp_path / "three"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(ContractError, match="No contract was found"):
        load_contracts([tmp_path / "empty"])


def test_an_unknown_source_is_answered_with_the_nearest(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "fishing.yml").write_text(CONTRACT, encoding="utf-8")
    monkeypatch.setenv("MOTLAN_CONTRACTS", str(tmp_path))
    with pytest.raises(ContractError, match="source 'fishin'; did you mean 'fishing'"):
        get_contract("fishin")


@pytest.mark.parametrize(
    "broken", ["name: ferries\nversio: 1\n", "name: [\n", "", "- one\n", "name: ferries\n\ud8ff"]
)
def test_a_broken_contract_stops_no_other_source(
    broken: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "fishing.yml").write_text(CONTRACT, encoding="utf-8")
    (tmp_path / "ferries.yml").write_bytes(broken.encode(errors="surrogatepass"))
    monkeypatch.setenv("MOTLAN_CONTRACTS", str(tmp_path))
    assert find_dataset("fishing.skipper")[0].source == "fishing"
    with pytest.raises(ContractError, match=r"^ferries\.yml"):
        get_contract("ferries")
    with pytest.raises(ContractError, match=r"^ferries\.yml"):
        load_contracts([tmp_path])
    found = read_contracts([tmp_path])
    assert isinstance(found["fishing"], Contract)
    assert isinstance(found["ferries"], ContractError)


def test_the_three_contracts_are_read_and_keep_to_their_length() -> None:
    folder = Path(__file__).parents[2] / "contracts"
    found = load_contracts([folder])
    assert list(found) == ["land_registry", "population", "social_insurance"]
    for contract in found.values():
        check_options(contract)
        lines = (folder / f"{contract.source}.yml").read_text(encoding="utf-8").splitlines()
        assert len(lines) < 140
    assert list_survivors(found.values())


def test_the_hash_is_of_every_byte() -> None:
    assert parse_contract(CONTRACT).hash != parse_contract(CONTRACT + "# a remark\n").hash
    assert parse_contract(CONTRACT).hash == parse_contract(CONTRACT).hash


def test_a_contract_says_how_long_records_are_kept_and_when_keys_are_compared() -> None:
    silent = parse_contract(CONTRACT)
    assert (silent.retention, silent.reconcile_schedule) == (None, RECONCILE_SCHEDULE)
    kept = changed("unit: h}", "unit: h}, {property: retention, value: 10, unit: y}")
    asked = changed(
        "  - {property: options",
        "  - {property: reconcile, value: never}\n  - {property: options",
        kept,
    )
    said = parse_contract(asked)
    assert (said.retention, said.reconcile_schedule) == (timedelta(days=3650), None)
