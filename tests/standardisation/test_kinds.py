"""Each standardiser has its table: what came, what it became, and which flags say so."""

import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from hub.errors import ContractError
from hub.kinds import COLUMNS
from hub.names import name_key
from standardisation.kinds import KINDS
from standardisation.text import name_key_expr

NOTHING: dict[str, Any] = {}
ISO = "timestamp"
FORMS: dict[str, Any] = {
    **{"formats": ["%d/%m/%Y"], "otherFormats": ["%Y-%m-%d"]},
    **{"twoDigitYearsFrom": 30, "serials": True},
}
OF_ISSUE: dict[str, Any] = {
    **{"formats": ["%d/%m/%Y"], "otherFormats": ["%d/%m/%y"], "serials": True},
}
SEXES: dict[str, Any] = {
    **{"values": {"Nam": "1", "Nữ": "2"}},
    **{"otherValues": {"M": "1", "F": "2"}},
}
OF_1979: dict[str, Any] = {"codeList": "1979"}


def misread(text: str) -> str:
    """The text's UTF-8 read as code page 1252, control characters where that has gaps."""
    parts = (bytes([byte]) for byte in text.encode())
    return "".join(part.decode("cp1252", "ignore") or part.decode("latin-1") for part in parts)


CASES = [
    # kind, options, raw, value, flags
    ("text", NOTHING, " Tổ  5,\u00a0khu 3 ", "Tổ 5, khu 3", {"SPACES"}),
    ("text", NOTHING, unicodedata.normalize("NFD", "Hạ Long"), "Hạ Long", {"NFC"}),
    ("text", NOTHING, "Ðông Triều", "Đông Triều", {"ETH"}),
    ("text", NOTHING, "Cẩm\u200b Phả", "Cẩm Phả", {"INVISIBLE"}),
    ("text", NOTHING, "\ufeffUông Bí", "Uông Bí", {"INVISIBLE"}),
    ("text", NOTHING, "a\u202eb", "ab", {"INVISIBLE"}),
    ("text", NOTHING, misread("Thôn Đoài, Xã Bình Dân"), "Thôn Đoài, Xã Bình Dân", {"MISREAD"}),
    ("text", NOTHING, "XÃ\u00a0AN, KHU Ã’", "XÃ AN, KHU Ã'", {"SPACES", "APOSTROPHE"}),
    ("text", NOTHING, "Công ty 'An'", "Công ty 'An'", set()),
    ("text", NOTHING, "a\x00b", None, set()),
    ("text", NOTHING, "a\x07b", None, set()),
    ("text", NOTHING, "a\ufffdb", None, set()),
    ("text", NOTHING, "   ", None, set()),
    ("text", NOTHING, None, None, set()),
    ("key", NOTHING, " CD1 ", "CD1", set()),
    ("key", NOTHING, 17, "17", set()),
    ("person_name", NOTHING, "Nguyễn Văn Định", "Nguyễn Văn Định", set()),
    ("person_name", NOTHING, "NGUYỄN VĂN ĐỊNH", "NGUYỄN VĂN ĐỊNH", {"CAPS"}),
    ("person_name", NOTHING, "Trần Thị Hoà", "Trần Thị Hoà", set()),
    ("person_name", NOTHING, "H’Nghia Êban", "H'Nghia Êban", {"APOSTROPHE"}),
    ("person_name", NOTHING, "H`Nghia Êban", "H'Nghia Êban", {"APOSTROPHE"}),
    ("person_name", NOTHING, "HʼNghia Êban", "H'Nghia Êban", {"APOSTROPHE"}),
    ("person_name", NOTHING, "H´Nghia Êban", "H'Nghia Êban", {"APOSTROPHE"}),
    ("person_name", NOTHING, "H'Nghia Êban", "H'Nghia Êban", set()),
    ("person_name", NOTHING, misread("Nguyễn Văn Định"), "Nguyễn Văn Định", {"MISREAD"}),
    ("person_name", NOTHING, misread("Hoàng Anh"), "Hoàng Anh", {"MISREAD"}),
    ("person_name", NOTHING, misread("Nguyễn") + " Ơ", misread("Nguyễn") + " Ơ", set()),
    ("person_name", NOTHING, "Nguyễn Văn Định.", "Nguyễn Văn Định", {"PUNCTUATION"}),
    ("person_name", NOTHING, ".", None, {"PUNCTUATION"}),
    ("person_name", NOTHING, "Y Čăm", "Y Čăm", set()),
    ("person_name", NOTHING, "Mình", "Mình", set()),
    ("person_name", NOTHING, "12345", None, set()),
    ("pin", NOTHING, "022085001234", "022085001234", set()),
    ("pin", NOTHING, "022 085 001 234", "022085001234", {"SEPARATORS"}),
    ("pin", NOTHING, "022.085-001234", "022085001234", {"SEPARATORS"}),
    ("pin", NOTHING, "22085001234", "022085001234", {"REPAIRED_LEADING_ZERO"}),
    ("pin", NOTHING, "23085001234", None, set()),
    ("pin", NOTHING, "22985001234", None, set()),
    ("pin", NOTHING, "O22O85001234", "022085001234", {"OCR_DIGIT"}),
    ("pin", NOTHING, "OOO085001234", None, set()),
    ("pin", NOTHING, "2.2085E+10", None, {"SEPARATORS"}),
    ("pin", NOTHING, "02208500123", None, set()),
    ("pin", NOTHING, "0220850012345", None, set()),
    ("pin", NOTHING, "٠٢٢٠٨٥٠٠١٢٣٤", None, set()),
    ("pin", NOTHING, "022085001234\n", "022085001234", set()),
    ("pin", NOTHING, 22085001234, "022085001234", {"REPAIRED_LEADING_ZERO"}),
    ("old_number", NOTHING, "100123456", "100123456", set()),
    ("old_number", NOTHING, "100 123 456", "100123456", {"SEPARATORS"}),
    ("old_number", NOTHING, "10123456", None, set()),
    ("old_number", NOTHING, "022085001234", "022085001234", set()),
    ("old_number", NOTHING, "1001234567", None, set()),
    ("insurance_number", NOTHING, "2212345678", "2212345678", set()),
    ("insurance_number", NOTHING, "112345678", None, set()),
    ("insurance_number", NOTHING, "22123456789", None, set()),
    ("insurance_number", NOTHING, "22I2345608", "2212345608", {"OCR_DIGIT"}),
    ("insurance_number", NOTHING, "22I23456O8", None, set()),
    ("insurance_number", NOTHING, "22 I234 5678", "2212345678", {"OCR_DIGIT", "SEPARATORS"}),
    ("insurance_number", NOTHING, "22OOO45678", None, set()),
    ("insurance_number", NOTHING, "2212A45678", None, set()),
    ("card_number", NOTHING, "DN 4 22 0123456789", "DN4220123456789", {"SEPARATORS"}),
    ("card_number", NOTHING, "dn4220123456789", "DN4220123456789", set()),
    ("card_number", NOTHING, "0123456789", "0123456789", set()),
    ("card_number", NOTHING, "DN 9 22 0123456789", None, {"SEPARATORS"}),
    ("tax_code", NOTHING, "0123456789", "0123456789", set()),
    ("tax_code", NOTHING, "0123456789-001", "0123456789-001", set()),
    ("tax_code", NOTHING, "0123 456 789", "0123456789", {"SEPARATORS"}),
    ("tax_code", NOTHING, "123456789", None, set()),
    ("integer", NOTHING, "+12", 12, set()),
    ("integer", NOTHING, 12, 12, set()),
    ("integer", NOTHING, "9223372036854775808", None, set()),
    ("integer", NOTHING, "1.5", None, set()),
    ("decimal", NOTHING, "120.5", Decimal("120.5"), set()),
    ("decimal", NOTHING, "120.5000000000", Decimal("120.5"), set()),
    ("decimal", NOTHING, "0.1234567", None, set()),
    ("decimal", NOTHING, "NaN", None, set()),
    ("decimal", NOTHING, "Infinity", None, set()),
    ("decimal", NOTHING, "1e5", None, set()),
    ("decimal", NOTHING, "120,5", Decimal("120.5"), {"SEPARATORS"}),
    ("decimal", NOTHING, "1,234", None, set()),
    ("decimal", NOTHING, "1.234,5", None, set()),
    ("decimal", {"decimalSeparator": ","}, "120,5", Decimal("120.5"), set()),
    ("decimal", {"decimalSeparator": ","}, "120.5", None, set()),
    (
        "decimal",
        {"decimalSeparator": ",", "thousandsSeparator": "."},
        "1.234.567,8",
        Decimal("1234567.8"),
        {"SEPARATORS"},
    ),
    ("date", NOTHING, "1985-07-03", date(1985, 7, 3), set()),
    ("date", NOTHING, "1985-02-29", None, set()),
    ("date", OF_ISSUE, "03/07/2005", date(2005, 7, 3), set()),
    ("date", OF_ISSUE, "3/7/05", date(2005, 7, 3), {"OTHER_FORM"}),
    ("date", OF_ISSUE, "38536", date(2005, 7, 3), {"OTHER_FORM"}),
    ("date", OF_ISSUE, "31/02/2005", None, set()),
    ("date", OF_ISSUE, "99999", None, set()),
    ("date", {**OF_ISSUE, "asOf": date(2005, 7, 3)}, "38536", date(2005, 7, 3), {"OTHER_FORM"}),
    ("date", {**OF_ISSUE, "asOf": date(2005, 7, 2)}, "38536", None, set()),
    ("date", NOTHING, "2024-02-29", date(2024, 2, 29), set()),
    ("date", NOTHING, "infinity", None, set()),
    ("date", NOTHING, "03/07/1985", None, set()),
    ("date", {"formats": ["%d/%m/%Y"]}, "03/07/1985", date(1985, 7, 3), set()),
    ("date", {"formats": ["%d/%m/%Y"]}, "31/04/1985", None, set()),
    ("date", {"formats": ["%d/%m/%Y"]}, "03/07/85", None, set()),
    ("date", {"formats": ["%d/%m/%Y"]}, "00/00/1950", None, set()),
    ("date", NOTHING, date(1911, 4, 30), date(1911, 4, 30), set()),
    ("partial_date", NOTHING, "1950", "1950", {"YEAR_ONLY"}),
    ("partial_date", NOTHING, "1950-07", "1950-07", {"MONTH_ONLY"}),
    ("partial_date", NOTHING, "1950-01-01", "1950-01-01", set()),
    ("partial_date", {"formats": ["%d/%m/%Y"]}, "03/07/1985", "1985-07-03", set()),
    ("partial_date", {"formats": ["%d/%m/%Y"]}, "00/00/1954", "1954", {"YEAR_ONLY"}),
    ("partial_date", {"formats": ["%d/%m/%Y"]}, "00/07/1954", "1954-07", {"MONTH_ONLY"}),
    ("partial_date", {"formats": ["%d/%m/%Y"]}, "07/1954", "1954-07", {"MONTH_ONLY"}),
    ("partial_date", {"formats": ["%d/%m/%Y"]}, "31/04/1985", None, set()),
    ("partial_date", {"formats": ["%d/%m/%Y"]}, "29/02/1985", None, set()),
    ("partial_date", {"formats": ["%d/%m/%Y"]}, "13/1954", None, set()),
    ("partial_date", {"formats": ["%d/%m/%Y"]}, "0000", None, set()),
    ("partial_date", {"yearOnly": False}, "1950", None, set()),
    ("partial_date", FORMS, "03/07/1985", "1985-07-03", set()),
    ("partial_date", FORMS, "3/7/85", "1985-07-03", {"OTHER_FORM"}),
    ("partial_date", FORMS, "29/2/85", None, set()),
    ("partial_date", FORMS, "3/7/15", None, set()),
    ("partial_date", FORMS, "31234", "1985-07-06", {"OTHER_FORM"}),
    ("partial_date", {**FORMS, "asOf": date(1985, 7, 5)}, "31234", None, set()),
    ("partial_date", FORMS, "1985-07-06", "1985-07-06", {"OTHER_FORM"}),
    ("partial_date", FORMS, "1985", "1985", {"YEAR_ONLY"}),
    ("partial_date", {"formats": ["%d/%m/%Y"]}, "31234", None, set()),
    ("timestamp", NOTHING, "2025-07-01T10:00:00.123+07:00", "2025-07-01T03:00:00.123", set()),
    ("timestamp", NOTHING, "2025-07-01T03:00:00Z", "2025-07-01T03:00:00", set()),
    ("timestamp", NOTHING, "2025-07-01 10:00:00", "2025-07-01T03:00:00", set()),
    ("timestamp", NOTHING, "2025-07-01 03:00:00.5+00", "2025-07-01T03:00:00.5", set()),
    ("timestamp", NOTHING, datetime(2025, 7, 1, 10), "2025-07-01T03:00:00", set()),  # noqa: DTZ001
    ("timestamp", NOTHING, "2025-07-01", None, set()),
    ("timestamp", NOTHING, "infinity", None, set()),
    ("month", NOTHING, "2019-03", "2019-03", set()),
    ("month", NOTHING, "2019-13", None, set()),
    ("month", {"formats": ["%m/%Y"]}, "3/2019", "2019-03", set()),
    ("sex", NOTHING, "Nam", "1", set()),
    ("sex", NOTHING, "NỮ", "2", set()),
    ("sex", NOTHING, 2, "2", set()),
    ("sex", NOTHING, "M", None, set()),
    ("sex", {"values": {"0": "2", "1": "1"}}, "0", "2", set()),
    ("sex", SEXES, "Nữ", "2", set()),
    ("sex", SEXES, "nữ", "2", {"OTHER_CODE"}),
    ("sex", SEXES, "F", "2", {"OTHER_CODE"}),
    ("sex", SEXES, "0", None, set()),
    ("boolean", NOTHING, True, True, set()),
    ("boolean", NOTHING, "false", False, set()),
    ("boolean", NOTHING, "maybe", None, set()),
    ("code", NOTHING, "goa", "goa", set()),
    ("code", {"width": 2}, "1", "01", {"REPAIRED_LEADING_ZERO"}),
    ("code", {"width": 2}, "01", "01", set()),
    ("code", {"pattern": "[0-9]{2}"}, "1x", None, set()),
    ("code", {"values": {"bat_buoc": "compulsory"}}, "bat_buoc", "compulsory", set()),
    ("code", {"values": {"bat_buoc": "compulsory"}}, "khac", None, set()),
    ("code", {"values": {"Sử dụng riêng": "own"}}, "Sử dụng  riêng", "own", set()),
    ("ethnic_code", NOTHING, "04", "04", set()),
    ("ethnic_code", OF_1979, "04", "06", set()),
    ("ethnic_code", OF_1979, "05", "05", set()),
    ("ethnic_code", OF_1979, "6", "04", {"REPAIRED_LEADING_ZERO"}),
    ("ethnic_code", OF_1979, "09", "09", set()),
    ("ethnic_code", OF_1979, "55", None, set()),
    ("facility", NOTHING, "22001", "22001", set()),
    ("commune", NOTHING, "6685", "06685", {"REPAIRED_LEADING_ZERO"}),
    ("commune", NOTHING, "6", None, set()),
    ("identity_numbers", NOTHING, "022085001234", "022085001234", set()),
    ("identity_numbers", NOTHING, "022 085 001 234", "022085001234", {"SEPARATORS"}),
    (
        "identity_numbers",
        NOTHING,
        "100.123.456; 22085001234",
        "100123456; 022085001234",
        {"SEPARATORS", "REPAIRED_LEADING_ZERO"},
    ),
    ("identity_numbers", NOTHING, "; O22085001234", "; 022085001234", {"OCR_DIGIT"}),
    ("identity_numbers", NOTHING, "2.2085E+10", "2.2085E+10", set()),
    ("identity_numbers", NOTHING, "IOO123456", "IOO123456", set()),
    ("identity_numbers", NOTHING, "", None, set()),
    ("geohash", NOTHING, "W7RSXBPBCDEF", "w7rsxbpbcdef", set()),
    ("geohash", NOTHING, "w7rsxbpbcdea", None, set()),
    ("certificate_serial", NOTHING, "CS 012345", "CS 012345", set()),
    ("certificate_serial", NOTHING, "cs012345", "CS 012345", {"SEPARATORS"}),
    ("certificate_serial", NOTHING, "ĐĐ-001.234", "ĐĐ 001234", {"SEPARATORS"}),
    ("certificate_serial", NOTHING, "ÐÐ 001234", "ĐĐ 001234", set()),
    ("certificate_serial", NOTHING, "CS O1234S", "CS 012345", {"OCR_DIGIT"}),
    ("certificate_serial", NOTHING, "D 1234567", "D 1234567", set()),
    ("certificate_serial", NOTHING, "BO12345", "B 012345", {"OCR_DIGIT", "SEPARATORS"}),
    ("certificate_serial", NOTHING, "D I234567", "D 1234567", {"OCR_DIGIT"}),
    ("certificate_serial", NOTHING, "DI 234567", "DI 234567", set()),
    ("certificate_serial", NOTHING, "DI234567", None, {"SEPARATORS"}),
    ("certificate_serial", NOTHING, "D-I234567", "D 1234567", {"OCR_DIGIT", "SEPARATORS"}),
    ("certificate_serial", NOTHING, "AA-0I695788", "AA 01695788", {"OCR_DIGIT", "SEPARATORS"}),
    ("certificate_serial", NOTHING, "AA 01695788", "AA 01695788", set()),
    ("certificate_serial", NOTHING, "AM 143443;AM 143444", "AM 143443; AM 143444", set()),
    ("certificate_serial", NOTHING, "AM 143443; ?", None, set()),
    ("certificate_serial", NOTHING, "AM 1434430", None, set()),
    ("certificate_serial", NOTHING, "ABC 123456", None, set()),
    ("land_use", NOTHING, "ONT", "ONT", set()),
    ("land_use", NOTHING, "ont + cln", "ONT+CLN", {"SEPARATORS"}),
    ("land_use", NOTHING, "ODT;BHK", "ODT+BHK", {"SEPARATORS", "OLD_LAND_USE"}),
    ("land_use", NOTHING, "T", "T", {"OLD_LAND_USE"}),
    ("land_use", NOTHING, "XYZ", None, set()),
    ("address", NOTHING, "Tổ 5, P. Hồng Gai, TP.Hạ Long", "Tổ 5, P. Hồng Gai, TP.Hạ Long", set()),
    ("address", NOTHING, "Buôn A, Xã M’Drắk.", "Buôn A, Xã M'Drắk", {"APOSTROPHE", "PUNCTUATION"}),
]


def read(kind: str, options: dict[str, Any], raw: Any) -> tuple[dict[str, Any], set[str]]:
    """One value through its standardiser: suffix -> value, and the flags."""
    frame = pl.DataFrame({"raw": [raw]}, strict=False)
    words = {"timezone": "Asia/Ho_Chi_Minh", **options}
    columns = KINDS[kind].columns(pl.col("raw"), words)
    flags = KINDS[kind].flags(pl.col("raw"), words)
    made = frame.select(expr.alias(suffix or "value") for suffix, expr in columns.items())
    marks = frame.select(expr.alias(name) for name, expr in flags.items()) if flags else None
    raised = {name for name in marks.columns if marks[name][0]} if marks is not None else set()
    return made.to_dicts()[0], raised


@pytest.mark.parametrize(("kind", "options", "raw", "value", "flags"), CASES)
def test_a_value_is_read_and_its_repairs_are_flagged(
    kind: str, options: dict[str, Any], raw: Any, value: Any, flags: set[str]
) -> None:
    made, raised = read(kind, options, raw)
    if kind == ISO and value:
        value = datetime.fromisoformat(value).replace(tzinfo=UTC)
    assert made["value"] == value
    # A line end after a number is a stray space: flagged where texts are, silent in numbers.
    assert raised - {"SPACES"} == flags - {"SPACES"}
    if "SPACES" in flags:
        assert "SPACES" in raised


def test_every_kind_has_a_standardiser_that_makes_exactly_its_columns() -> None:
    assert set(KINDS) == set(COLUMNS)
    for kind, columns in COLUMNS.items():
        made = KINDS[kind].columns(pl.col("raw"), {"timezone": "Asia/Ho_Chi_Minh"})
        assert set(made) == set(columns), kind


def test_every_kind_has_a_case_in_a_table() -> None:
    assert {case[0] for case in CASES} | {"old_commune", "owner_parties"} == set(KINDS)


def test_a_partial_date_tells_how_much_of_it_is_known() -> None:
    made, _ = read("partial_date", {"formats": ["%d/%m/%Y"]}, "00/00/1954")
    assert made == {"value": "1954", "_date": None, "_year": 1954, "_precision": "year"}
    made, _ = read("partial_date", {"formats": ["%d/%m/%Y"]}, "03/07/1985")
    assert made["_date"] == date(1985, 7, 3)
    assert made["_precision"] == "day"


def test_a_code_of_a_people_keeps_the_list_in_which_it_was_received() -> None:
    assert read("ethnic_code", OF_1979, "04")[0] == {"value": "06", "_list": "1979"}
    assert read("ethnic_code", NOTHING, "04")[0] == {"value": "04", "_list": "2008"}
    assert read("ethnic_code", OF_1979, "")[0] == {"value": None, "_list": None}


def test_a_list_of_peoples_that_nobody_issued_is_refused() -> None:
    with pytest.raises(ContractError, match="no list of peoples '1989'; choose one of 2008, 1979"):
        read("ethnic_code", {"codeList": "1989"}, "04")


@pytest.mark.parametrize("year", range(1900, 1981, 5))
def test_a_birth_date_is_the_same_date_in_every_year_of_changing_clocks(year: int) -> None:
    made, _ = read("partial_date", NOTHING, f"{year}-04-30")
    assert made["_date"] == date(year, 4, 30)


def test_land_use_gives_the_codes_of_the_new_list_and_does_not_guess_the_rest() -> None:
    assert read("land_use", NOTHING, "ONT+BHK+NHK")[0]["_codes"] == '["ONT", "HNK"]'
    assert read("land_use", NOTHING, "T")[0]["_codes"] == "[]"


def test_addresses_compare_with_their_abbreviations_spelt_out() -> None:
    short = read("address", NOTHING, "Tổ 5, P. Hồng Gai, TP. Hạ Long, T. Quảng Ninh")[0]
    full = read("address", NOTHING, "tổ 5 phường Hồng Gai, thành phố Hạ Long, tỉnh Quảng Ninh")[0]
    assert short["_key"] == full["_key"]


SPELLINGS = [
    ("Nguyễn Văn Định", "NGUYEN VAN DINH"),
    ("Đặng Thị Thuỷ", "Ðặng Thị Thủy"),
    ("Hoà", "Hòa"),
    ("Lý Quý Mỹ", "Lí Quí Mĩ"),
    ("H’Nghia Êban", "H'Nghia Ê Ban".replace(" Ban", "ban")),
    (unicodedata.normalize("NFD", "Trần Thị Ngọc"), "Trần  Thị\u00a0Ngọc."),
    ("Ngu\u200byễn", "Nguyễn"),
]


@pytest.mark.parametrize(("one", "other"), SPELLINGS)
def test_two_spellings_of_one_name_have_one_compared_form(one: str, other: str) -> None:
    assert name_key(one) == name_key(other) != ""


def test_the_compared_form_is_the_same_in_python_and_in_polars() -> None:
    texts = [text for pair in SPELLINGS for text in pair]
    texts += ["", "  ", "...", "Y Ơ̆m", "M'Đrắk", "Ə", "Straße 5", "Kelvin \u212a", "İ"]
    keys = pl.DataFrame({"text": texts}).select(name_key_expr(pl.col("text")))["text"].to_list()
    assert [key or "" for key in keys] == [name_key(text) for text in texts]
