"""Old communes and what they became: never a silent guess."""

import json

import polars as pl
import pytest

from standardisation.codes import old_commune_columns, read_successors

SPLIT = (
    *("06655", "06820", "07042", "07093", "07180", "06799", "06886", "06853", "06868", "06877"),
    *("06880", "06946", "22024", "22312", "22315", "22246", "22252", "22228", "22225", "24550"),
    *("06622", "06625", "00688", "02494", "02497", "00988", "00967"),
)
"""Domain facts: the 27 split communes of the four provinces."""


def read(code: str | None, **options: str) -> dict[str, object]:
    frame = pl.DataFrame({"raw": [code]}, schema={"raw": pl.String})
    columns = old_commune_columns(pl.col("raw"), options)
    made = frame.select(expr.alias(suffix or "value") for suffix, expr in columns.items())
    return dict(made.to_dicts()[0])


def test_exactly_the_split_communes_have_several_successors() -> None:
    several = {old for old, new in read_successors().candidates.items() if len(new) > 1}
    assert several == set(SPLIT)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("06079", "06079"),  # Hồng Phong of Bình Gia, not its namesake of Cao Lộc
        ("24412", "24412"),  # M'Đrắk
    ],
)
def test_a_commune_that_was_not_split_has_one_successor(old: str, new: str) -> None:
    expected = {"value": old, "_new": new, "_match": "exact", "_candidates": json.dumps([new])}
    assert read(old) == expected


def test_a_split_commune_gives_candidates_and_no_answer() -> None:
    made = read("06655")
    assert made["_match"] == "candidates"
    assert made["_new"] is None
    assert json.loads(str(made["_candidates"])) == ["06661", "06706"]


def test_people_follow_where_only_land_went_elsewhere() -> None:
    assert read("07180")["_match"] == "candidates"
    people = read("07180", follow="people")
    assert (people["_match"], people["_new"]) == ("exact", "07180")
    assert read("06799", follow="people")["_new"] == "06886"
    assert read("06655", follow="people")["_match"] == "candidates"


def test_a_code_nobody_knows_is_unknown_and_a_blank_is_blank() -> None:
    assert read("99999") == {
        "value": "99999",
        "_new": None,
        "_match": "unknown",
        "_candidates": "[]",
    }
    assert set(read(None).values()) == {None}
