"""The catalogue refuses what it does not understand; conditions mean what they say."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.contract import load_contracts
from lookup.documents import holds, is_aged
from lookup.fields import GOLDEN_FIELDS
from lookup.procedures import (
    AnyItem,
    Equals,
    Present,
    Procedure,
    ProcedureError,
    load_catalogue,
)

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "lookup" / "procedures"
TODAY = date(2026, 11, 21)


def source(code: str = "1.013225") -> Any:
    return yaml.safe_load((FOLDER / f"{code}.yml").read_text(encoding="utf-8"))


def test_the_three_procedures_are_there_in_both_languages() -> None:
    procedures = load_catalogue().in_force(TODAY)
    assert [item.code for item in procedures] == ["1.004222", "1.013225", "1.014027"]
    assert all(item.title.vi != item.title.en for item in procedures)
    assert all(item.legal_basis.act for one in procedures for item in one.components)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p.update(titel="x"), "titel"),
        (lambda p: p["fields"].append({"name": "religion"}), "not a golden field"),
        (lambda p: p["fields"].append({"name": "pin"}), "named twice"),
        (lambda p: p["fields"].append({"name": "old_number"}), "needed by no component"),
        (lambda p: p["components"][2].update(needs=["sex_code"]), "not listed under fields"),
        (lambda p: p["components"][1].update({"class": "PROOF"}), "class"),
        (lambda p: p["components"][1]["replaced_by"][0].update(when=[]), "when"),
        (lambda p: p.update(code="1.13225"), "code"),
        (lambda p: p["title"].pop("vi"), "title.vi"),
    ],
)
def test_a_misspelt_procedure_stops_the_catalogue(
    tmp_path: Path, change: Any, message: str
) -> None:
    content = source()
    change(content)
    (tmp_path / "x.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(ProcedureError, match=re.escape(message)) as refused:
        load_catalogue(tmp_path)
    assert "x.yml" in str(refused.value)


def test_the_newest_version_in_force_counts(tmp_path: Path) -> None:
    for day, until in (("2026-01-01", None), ("2026-06-01", None), ("2027-01-01", None)):
        content = source() | {"valid_from": day, "valid_to": until}
        (tmp_path / f"{day}.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    catalogue = load_catalogue(tmp_path)
    found = catalogue.find("1.013225", TODAY)
    assert found is not None
    assert found.valid_from == date(2026, 6, 1)
    assert catalogue.find("1.013225", date(2025, 12, 31)) is None
    ended = Procedure.model_validate(source() | {"valid_to": "2026-11-21"})
    assert not ended.holds_on(TODAY)


def test_any_change_of_meaning_changes_the_hash() -> None:
    one = Procedure.model_validate(source())
    content = source()
    content["fields"][4]["parts"].remove("encumbrance")
    assert one.document_hash == Procedure.model_validate(source()).document_hash
    assert one.document_hash != Procedure.model_validate(content).document_hash


@pytest.mark.parametrize(
    ("birth_date", "aged"),
    [
        ("1951-11-21", True),
        ("1951-11-22", False),
        ("1950", True),
        ("1951", False),
        ("1952", False),
        ("1940-02-29", True),
    ],
)
def test_seventy_five_years_are_full_years(birth_date: str, aged: bool) -> None:
    assert is_aged(birth_date, 75, today=TODAY) is aged


@pytest.mark.parametrize(
    ("land_use", "residential"),
    [
        ("ONT", True),
        ("ONT+CLN", True),
        ("CLN, ODT", True),
        ("CLN", False),
        ("T", False),
        ("ONTX", False),
        (None, False),
        (["ODT"], True),
    ],
)
def test_residential_land_is_told_by_whole_codes(land_use: Any, residential: bool) -> None:
    condition = AnyItem(test="any_item", field="certificates", key="land_use", codes=("ONT", "ODT"))
    assert holds(condition, [{"land_use": "LUC"}, {"land_use": land_use}], today=TODAY) is (
        residential
    )


def test_present_and_equals() -> None:
    assert holds(Present(test="present", field="relations"), [{}], today=TODAY)
    assert not holds(Present(test="present", field="relations"), [], today=TODAY)
    condition = Equals(test="equals", field="receives_pension", value=False)
    assert holds(condition, False, today=TODAY)
    assert not holds(condition, None, today=TODAY)
    assert not holds(condition, True, today=TODAY)


def test_every_golden_field_has_two_names() -> None:
    assert all(label.vi and label.en for label in GOLDEN_FIELDS.values())


def test_what_the_procedures_name_is_what_the_contracts_state() -> None:
    contracts = load_contracts([ROOT / "contracts"]).values()
    datasets = [dataset for contract in contracts for dataset in contract.datasets]
    lists = {item.golden.list: item for item in datasets if item.golden}
    stated = {
        field.golden.field
        for item in datasets
        if item.linkage and not item.golden
        for field in item.fields
        if field.golden
    }
    assert stated | set(lists) == set(GOLDEN_FIELDS)
    for procedure in load_catalogue().procedures:
        for shown in procedure.fields:
            if shown.parts is None:
                assert shown.name in stated, "of a list, a procedure names the parts it may see"
                continue
            dataset = lists[shown.name]
            known = {field.golden.field for field in dataset.fields if field.golden}
            assert set(shown.parts) <= known | set(dataset.golden.embed) | {"record_id"}
