"""Comparing a dossier with the truth: what must be found, and what is no difference."""

from typing import Any

import pytest

from cli.dossier import Case, agrees, compare, describe_value

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
    shown = describe_value([{"area_m2": 12.5, "serial": "AA 1", "record_id": "9", "term": None}])
    assert shown == "serial: AA 1 · area m2: 12.5"
