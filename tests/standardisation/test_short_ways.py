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
