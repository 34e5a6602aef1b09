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


def assert_same(kind: str, texts: list[Any], options: dict[str, Any]) -> None:
    made, dataset = contract()
    field = dataset.fields[1].model_copy(update={"kind": kind, "options": options})
    raw = pl.DataFrame({field.physical_name: texts}, schema={field.physical_name: pl.String})
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
    *(" 1985-07-03", "1985-07-03 ", "03/07/1985", "infinity", "0044-03-15 BC", "45000", None, ""),
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
