"""Comparing a dossier with the truth: what must be found, and what is no difference."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli.dossier import Case, agrees, compare, describe_value, render_dossier
from cli.dossier_words import LEFT_OUT, PARTS, read_code
from hub.contract import load_contracts

PROCEDURE = {
    "fields": [
        {"name": "pin", "parts": None},
        {"name": "certificates", "parts": ["serial", "parcel"]},
        {"name": "old_number", "parts": None},
    ]
}
EXPECTED = {
    "pin": "022185000123",
    "certificates": [{"serial": "AA 1", "term": "Lâu dài", "parcel": {"area_m2": 12.5}}],
    "old_number": None,
    "receives_pension": False,
}


def answer(**values: Any) -> dict[str, Any]:
    """An answer that is right but for some values."""
    right = {
        "pin": "022185000123",
        "certificates": [{"serial": "AA 1", "record_id": "1", "parcel": {"area_m2": 12.5}}],
        "old_number": None,
    }
    fields = {
        name: {"value": value, "verdict": "unknown" if value in (None, []) else "known"}
        for name, value in (right | values).items()
    }
    return {"fields": fields}


def differences(given: dict[str, Any]) -> list[str]:
    """Where an answer differs from the truth."""
    return compare(Case("1.004222", "H49.12-260930-0001", {}, EXPECTED), given, PROCEDURE)


def test_a_right_answer_has_no_differences() -> None:
    assert differences(answer()) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pin", "022185000124"),
        ("pin", None),
        ("certificates", []),
        ("certificates", [{"serial": "AA 1", "parcel": {"area_m2": 12.6}}]),
        ("certificates", [{"serial": "AA 1", "parcel": {"area_m2": 12.5}}] * 2),
        ("old_number", "101054302"),
    ],
)
def test_a_wrong_value_is_found(name: str, value: Any) -> None:
    assert differences(answer(**{name: value})) == [name]


@pytest.mark.parametrize("verdict", ["stale", "conflicting", "unknown", "not_allowed"])
def test_a_right_value_with_a_wrong_verdict_is_found(verdict: str) -> None:
    given = answer()
    given["fields"]["pin"]["verdict"] = verdict
    assert differences(given) == ["pin"]


def test_a_field_that_is_missing_is_found() -> None:
    given = answer()
    del given["fields"]["pin"]
    assert differences(given) == ["pin"]


def test_the_order_of_a_list_is_no_difference() -> None:
    assert agrees([{"a": 1}, {"a": 2}], [{"a": 2, "b": 3}, {"a": 1}])
    assert not agrees([{"a": 1}, {"a": 1}], [{"a": 1}, {"a": 2}])


def test_a_value_reads_by_the_names_of_its_parts() -> None:
    certificate = {"area_m2": 12.5, "serial": "AA 1", "record_id": "9", "term": None}
    parcel = {"commune_match": "exact", "commune_candidates": ["06652"], "sheet_number": "12"}
    shown = describe_value([certificate | {"parcel": parcel}], "certificates")
    assert shown == "số phát hành: AA 1 · diện tích (m²): 12.5 · thửa đất: số tờ: 12"


def test_a_printed_dossier_has_names_for_fields_and_words_for_codes() -> None:
    said = dict.fromkeys(("source", "as_of"))
    documents = [
        {"name": {"vi": name}, "action": action, "only_if": only_if, "replaced_by": replaced_by}
        for name, action, only_if, replaced_by in (
            ("Giấy thuê nhà", "bring", {"vi": "nhà thuê"}, []),
            ("Giấy nhà đất", "not_needed", {"vi": "nhà mình"}, [{"field": "relations"} | said]),
            ("Ảnh", "bring", None, []),
        )
    ]
    answer = {
        "procedure": {"code": "1.004222", "title": {"vi": "Đăng ký", "en": "Registration"}},
        "fields": {
            name: {"value": value, "verdict": "known"}
            for name, value in (
                ("sex_code", "2"),
                ("marital_code", "married"),
                ("household_relation_code", "head"),
                ("relations", [{"kind_code": "father", "full_name": "Trần Văn Mẫu"}]),
                ("receives_pension", True),
            )
        },
        "documents": documents,
        "receipt": {"id": "r"},
        "dossier_code": "d",
    }
    console = Console(width=200, record=True, file=io.StringIO())
    render_dossier(Case("1.004222", "d", {}, {}), answer, console)
    shown = console.export_text()
    for words in (
        "Giới tính            │ Nữ",
        "có vợ, chồng",
        "chủ hộ",
        "loại: cha · họ tên: Trần Văn Mẫu",
        "Đang hưởng lương hưu",
        "Quan hệ nhân thân (None)",
    ):
        assert words in shown
    assert shown.index("Giấy nhà đất") < shown.index("Ảnh") < shown.index("Giấy thuê nhà")
    assert "_" not in shown


def test_every_part_and_code_that_a_contract_states_has_a_word() -> None:
    for contract in load_contracts([Path(__file__).parents[2] / "contracts"]).values():
        for dataset in contract.datasets:
            for field in dataset.fields:
                if not field.golden:
                    continue
                stated = set(field.golden.columns(field.name))
                if dataset.golden:
                    assert stated <= {*PARTS, *LEFT_OUT}, stated
                for code in (field.options.get("values") or {}).values():
                    assert read_code(field.golden.field, code) != code
