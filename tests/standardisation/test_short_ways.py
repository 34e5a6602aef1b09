"""The short ways of reading a column give what the long way gives."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.kinds import COLUMNS
from standardisation import rows
from standardisation.kinds import KINDS

from .test_kinds import CASES, SPELLINGS
from .test_rows import contract

KINDS_WITH_PLAIN = sorted(kind for kind, made in KINDS.items() if made.plain)
LETTERS = st.text(
    st.one_of(
        st.sampled_from(list("aăâeêyđĐÐơưAZ09 .,-/'’\u00a0\u0300\u0301\u200b\u0000")),
        st.characters(min_codepoint=0x20, max_codepoint=0x1EFF, exclude_categories=["Cs"]),
    ),
    max_size=12,
)


def assert_same(
    kind: str, texts: list[Any], options: dict[str, Any], **beside: list[str | None]
) -> None:
    made, dataset = contract()
    field = dataset.fields[1].model_copy(update={"kind": kind, "options": options})
    columns = {field.physical_name: texts, **beside}
    raw = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    words = {"timezone": made.timezone, **options}
    long = rows._read_all(raw, field, words)
    short = rows._read_field(raw, field, made)
    assert short.values.equals(long.values)
    assert set(short.flags) == set(long.flags)
    for flag, mark in long.flags.items():
        assert short.flags[flag].to_list() == mark.to_list(), flag


@pytest.mark.parametrize("kind", [kind for kind in COLUMNS if kind != "owner_parties"])
def test_plain_values_and_others_side_by_side(kind: str) -> None:
    texts = [raw for case, options, raw, *_ in CASES if case == kind and not options]
    texts = [raw for raw in texts if raw is None or isinstance(raw, str)]
    texts += [text for pair in SPELLINGS for text in pair] + [None, "", " "]
    assert_same(kind, texts, {})


@pytest.mark.parametrize("kind", [kind for kind in COLUMNS if kind != "owner_parties"])
def test_values_that_repeat(kind: str) -> None:
    texts = [raw for case, options, raw, *_ in CASES if case == kind and not options]
    texts = [raw for raw in texts if raw is None or isinstance(raw, str)] or ["06655", "x", None]
    assert_same(kind, [*texts, None] * 6, {})


@pytest.mark.parametrize("kind", KINDS_WITH_PLAIN)
@settings(max_examples=40, deadline=None)
@given(texts=st.lists(LETTERS, min_size=1, max_size=6))
def test_whatever_text_comes(kind: str, texts: list[str]) -> None:
    assert_same(kind, texts, {})


def test_the_short_way_is_taken() -> None:
    """A kind without a plain form would make the tests above compare the long way with itself."""
    assert {"person_name", "pin", "address", "timestamp", "key", "text"} <= set(KINDS_WITH_PLAIN)
    assert {"date", "partial_date"} <= set(KINDS_WITH_PLAIN)


DATES = [
    *(
        "1985-07-03",
        "1985-02-30",
        "1985-02-29",
        "1984-02-29",
        "1950-00-00",
        "1950-07-00",
        "1950-07",
    ),
    *("1799-12-31", "1800-01-01", "9999-12-31", "0001-01-01", "1985-13-01", "1985-1-1", "1985"),
    *(
        "31/12/1799",
        "01/01/1800",
        "29/02/1984",
        "29/02/1985",
        "31/04/1985",
        "00/07/1985",
        "3/7/1985",
    ),
    *(
        " 1985-07-03",
        "1985-07-03 ",
        "03/07/1985",
        " 03/07/1985",
        "infinity",
        "0044-03-15 BC",
        "45000",
        None,
        "",
    ),
]


@pytest.mark.parametrize("kind", ["date", "partial_date"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"formats": ["%d/%m/%Y"]},
        {"formats": ["%Y-%d-%m", "%Y-%m-%d"]},
        {"formats": ["%Y-%m-%d", "%d/%m/%Y"], "otherFormats": ["%Y-%d-%m"], "serials": True},
    ],
)
def test_dates_of_every_form_and_of_no_day(kind: str, options: dict[str, Any]) -> None:
    assert_same(kind, DATES, options)
    assert_same(kind, DATES * 6, options)


def test_times_as_postgresql_writes_them() -> None:
    texts = [
        *("2025-07-01 10:00:00+00", "2025-07-01 10:00:00.5+00", "2025-07-01 10:00:00.123456+00"),
        *("2025-07-01 10:00:00", "2025-07-01T10:00:00+07:00", "2025-07-01 10:00:00+07", "infinity"),
        *("2025-07-01 99:00:00+00", "2025-02-30 10:00:00+00", "0044-03-15 00:00:00+00 BC", None),
        *("1790-01-01 00:00:00+00", "12025-07-01 10:00:00+00", "2025-07-01 10:00:00+00 "),
    ]
    assert_same("timestamp", texts, {})
    assert_same("timestamp", texts * 6, {})


OWNER_WORDS = st.lists(
    st.sampled_from(
        [
            *("Ông", "ông", "Bà", "BÀ", "anh", "Chị", "cụ", "Hộ", "hộ", "gia đình", "Nguyễn"),
            *("Văn", "An", "Thị", "và", "Và", "VÀ", "vợ", "chồng", "là", "cùng", "đã chết"),
            *("(đã chết)", "Công ty", "UBND xã", "Hội", "Bàng", "A", "Ho", "ong", ",", ";", "-"),
            *("(chết)", ":", ".", "Đỗ", "Y", "O'Neil", '"', "  ", "ÔNG", "Nguye\u0302n", "1"),
            *("\u00b8", "Th\u00e4"),
        ]
    ),
    max_size=9,
).map(" ".join)
NUMBERS = st.sampled_from(
    [
        *(None, "", "022085001234", "100123456", "022085001234; 100123456", "O22085001234"),
        *("22085001234", " 022085001234", "0220850012", "022085001234;", "022 085 001 234"),
    ]
)
YEARS = st.sampled_from([None, "", "1950", "1950; 1952", "03/07/1985", "0950", "2150", " 1950"])


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(st.tuples(OWNER_WORDS, NUMBERS, YEARS), min_size=1, max_size=6))
def test_owners_of_whatever_words_with_whatever_numbers(
    rows: list[tuple[str, str | None, str | None]],
) -> None:
    texts, numbers, years = ([*column, None] for column in zip(*rows, strict=True))
    options = {"numbers": "numbers", "birthYears": "years", "mixedEncoding": "TCVN3"}
    assert_same(
        "owner_parties", [*texts, None], options, numbers=[*numbers, None], years=[*years, None]
    )
    assert_same("owner_parties", [*texts, None], {})


def test_decimals_with_other_separators() -> None:
    texts = ["1", "1.5", "1,5", "1.234,5", "1234.5678901", "+1.5", "-1", "1.", ".5", " 1", "", None]
    for options in (
        {},
        {"decimalSeparator": "."},
        {"decimalSeparator": ","},
        {"thousandsSeparator": ","},
    ):
        assert_same("decimal", texts, options)
        assert_same("decimal", texts * 6, options)


def test_lists_of_numbers_and_serials_of_every_form() -> None:
    numbers = ["022085001234; 100123456", "100123456;100123456", "1", "022085001234; x", None]
    assert_same("identity_numbers", numbers, {})
    serials = ["AB 123456", "AB 12345678", "A 123456", "A 1234567", "AB 1234567", "A 12345678"]
    assert_same("certificate_serial", [*serials, "OI 123456", "O 123456", "AI123456", None], {})
