"""Old communes and what they became: never a silent guess."""

import json
import re
from collections import Counter
from datetime import date

import polars as pl
import pytest

from mocks.province.reference import read_gazetteer
from standardisation.codes import old_commune_columns
from standardisation.reference.build import change_units
from standardisation.units import Unit, find_unit, read_successors, read_units

BEFORE, AFTER = date(2025, 6, 30), date(2025, 7, 1)
SPLIT = {
    # Quảng Ninh
    "06655": ["06661", "06706"],
    "06820": ["06811", "06820"],
    "07042": ["07030", "07060"],
    "07093": ["07090", "07093"],
    "07180": ["07168", "07180"],
    "06799": ["06799", "06886"],
    "06886": ["06799", "06886", "06970"],
    "06853": ["06838", "06862"],
    "06868": ["06862", "06877"],
    "06877": ["06862", "06877"],
    "06880": ["06862", "06874"],
    "06946": ["06922", "06946"],
    # Đắk Lắk
    "22024": ["22015", "22045"],
    "22312": ["22015", "22303"],
    "22315": ["22015", "22319"],
    "22246": ["22240", "22261"],
    "22252": ["22240", "22255"],
    "22228": ["22207", "22222"],
    "22225": ["22225", "22237"],
    "24550": ["24544", "24561"],
    # Lạng Sơn
    "06622": ["06613", "06625"],
    "06625": ["06625", "06637"],
    # Tuyên Quang
    "00688": ["00691", "00694"],
    "02494": ["02212", "02494"],
    "02497": ["02215", "02509"],
    "00988": ["00700", "00994"],
    "00967": ["00913", "00967"],
}
"""Domain facts: the 27 split communes of the four provinces, and where their land went."""
LAND_ONLY = {("07180", "07168"), ("06799", "06799")}
"""Domain facts: old and new communes where land moved and nobody with it."""
ADDRESSES = [
    (("Phường Hồng Gai", "Thành phố Hạ Long"), ["06685"]),
    (("Phường Hà Khẩu", "Thành phố Hạ Long"), ["06661", "06706"]),
    (("Xã Hải Lạng", "Huyện Tiên Yên"), ["06799", "06886", "06970"]),
    (("Thị trấn Cái Rồng", "Huyện Vân Đồn"), ["06994"]),
    (("Phường Tân Lợi", "Thành phố Buôn Ma Thuột"), ["24133"]),
    (("Xã Ea Tu", "Thành phố Buôn Ma Thuột"), ["24163"]),
    (("Phường 9", "Thành phố Tuy Hòa"), ["22015", "22045"]),
    (("Xã Hòa Lạc", "Huyện Hữu Lũng"), ["06445"]),
    (("Xã Hồng Phong", "Huyện Bình Gia"), ["06079"]),
    (("Xã Hồng Phong", "Huyện Cao Lộc"), ["06184"]),
    (("Xã Tát Ngà", "Huyện Mèo Vạc"), ["00808"]),
    (("Xã Phú Thịnh", "Huyện Yên Sơn"), ["02494"]),
    (("Thị trấn Vĩnh Lộc", "Huyện Chiêm Hóa"), ["02287"]),
    (("Xã Ea Kly", "Huyện Krông Pắc"), ["24496"]),
    (("Thị trấn M'Đrắk", "Huyện M'Đrắk"), ["24412"]),
]
"""Real addresses of before July 2025, and the communes they may lie in now."""


def read(code: str | None, **options: str) -> dict[str, object]:
    frame = pl.DataFrame({"raw": [code]}, schema={"raw": pl.String})
    columns = old_commune_columns(pl.col("raw"), options)
    made = frame.select(expr.alias(suffix or "value") for suffix, expr in columns.items())
    return dict(made.to_dicts()[0])


def province_of(unit: Unit, day: date) -> str:
    """The code of the province that a unit lay in on that day."""
    while unit.part_of:
        above = find_unit(unit.part_of, day)
        assert above is not None
        unit = above
    return unit.code


def communes_on(day: date) -> list[Unit]:
    return [unit for unit in read_units() if len(unit.code) == 5 and unit.holds_on(day)]


@pytest.mark.parametrize(
    ("day", "counts"),
    [
        # Tuyên Quang had 330: the statistics office's table lists 329, one code standing for two.
        (BEFORE, {"22": 171, "66": 180, "54": 106, "20": 194, "08": 137, "02": 193}),
        (AFTER, {"22": 54, "66": 102, "20": 65, "08": 124}),
    ],
)
def test_each_province_has_its_communes_on_that_day(day: date, counts: dict[str, int]) -> None:
    assert Counter(province_of(unit, day) for unit in communes_on(day)) == counts


def test_a_unit_is_known_by_code_and_day_and_means_one_thing_at_a_time() -> None:
    was, now = find_unit("22319", BEFORE), find_unit("22319", AFTER)

    assert was == Unit("22319", "", "2025-07-01", "Thị trấn", "Phú Hòa", "563")
    assert now == Unit("22319", "2025-07-01", "", "Xã", "Phú Hòa 1", "66")
    assert (was.full_name, now.full_name) == ("Thị trấn Phú Hòa", "Xã Phú Hòa 1")
    assert find_unit("07180", date(2026, 8, 24)) == find_unit("07180", AFTER)
    assert find_unit("563", AFTER) is None
    for day in (BEFORE, AFTER):
        codes = [unit.code for unit in read_units() if unit.holds_on(day)]
        assert len(codes) == len(set(codes))


def test_every_old_commune_leads_to_communes_of_its_own_province_that_are_there() -> None:
    became = {unit.code: {province_of(unit, AFTER)} for unit in communes_on(AFTER)}
    merged = {"54": "66", "02": "08"}

    land = read_successors().land
    assert set(land) == {unit.code for unit in communes_on(BEFORE)}
    assert {new for after in land.values() for new in after} == set(became)
    for unit in communes_on(BEFORE):
        province = province_of(unit, BEFORE)
        provinces = set().union(*(became[new] for new in land[unit.code]))
        assert provinces == {merged.get(province, province)}


@pytest.mark.parametrize("province", ["22", "66", "20", "08"])
def test_the_synthetic_provinces_lie_in_the_same_communes(province: str) -> None:
    """Both were made from one source, apart from each other."""
    gazetteer = read_gazetteer(province)
    land, people = read_successors()
    units = gazetteer.old_communes.select("code", "type", "name", "district_code").rows()
    now = gazetteer.communes.select("code", "type", "name").rows()
    ways = gazetteer.old_communes.select("code", "land_to", "people_to").rows()

    assert [find_unit(unit[0], BEFORE) for unit in units] == [
        Unit(code, "", "2025-07-01", kind, name, district) for code, kind, name, district in units
    ]
    assert [find_unit(unit[0], AFTER) for unit in now] == [
        Unit(code, "2025-07-01", "", kind, name, province) for code, kind, name in now
    ]
    assert ways == [(code, list(land[code]), list(people[code])) for code, _, _ in ways]


def test_exactly_the_split_communes_have_several_successors() -> None:
    land, people = read_successors()

    assert {old: list(new) for old, new in land.items() if len(new) > 1} == SPLIT
    moved = {(old, new) for old, after in land.items() for new in after if new not in people[old]}
    assert moved == LAND_ONLY
    assert all(set(after) <= set(land[old]) for old, after in people.items())


@pytest.mark.parametrize(("place", "successors"), ADDRESSES)
def test_an_old_address_leads_to_its_communes_by_the_code_of_before(
    place: tuple[str, str], successors: list[str]
) -> None:
    found = []
    for unit in communes_on(BEFORE):
        district = find_unit(unit.part_of, BEFORE)
        assert district is not None
        if (unit.full_name, district.full_name) == place:
            found.append(unit.code)

    assert len(found) == 1
    made = read(found[0])
    assert json.loads(str(made["_candidates"])) == successors
    assert (made["_match"], made["_new"]) == (
        ("exact", successors[0]) if len(successors) == 1 else ("candidates", None)
    )


def test_a_split_commune_gives_candidates_and_no_answer() -> None:
    expected = {"value": "06655", "_new": None, "_match": "candidates"}
    assert read("06655") == {**expected, "_candidates": '["06661", "06706"]'}


def test_people_follow_where_only_land_went_elsewhere() -> None:
    assert read("07180")["_match"] == "candidates"
    assert read("07180", follow="people") == {
        "value": "07180",
        "_new": "07180",
        "_match": "exact",
        "_candidates": '["07180"]',
    }
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


def test_a_later_change_of_kind_and_name_ends_one_unit_and_begins_another() -> None:
    """As was reported of August 2026: a province becomes a city, a xã a phường, codes as before."""
    day = "2026-08-24"
    units = change_units(
        [tuple(unit) for unit in read_units()],
        [
            {"code": "22", "valid_from": day, "kind": "Thành phố", "name": "Quảng Ninh"},
            {"code": "06862", "valid_from": day, "kind": "Phường", "name": "Tiên Yên"},
        ],
    )
    made = [Unit(*unit) for unit in units]

    assert len(made) == len(read_units()) + 2
    for code, was, now in (
        ("22", "Tỉnh Quảng Ninh", "Thành phố Quảng Ninh"),
        ("06862", "Xã Tiên Yên", "Phường Tiên Yên"),
    ):
        names = [find_unit(code, date(2026, 8, day_of), made) for day_of in (23, 24)]
        assert [unit and unit.full_name for unit in names] == [was, now]
    assert find_unit("06862", BEFORE, made) == find_unit("06862", BEFORE)


@pytest.mark.parametrize("code", ["99999", "563"])
def test_a_later_change_of_what_is_not_there_is_refused(code: str) -> None:
    change = {"code": code, "valid_from": "2026-08-24", "kind": "Phường", "name": "X"}
    sentence = f"The change of {code} on 2026-08-24 finds no unit that was there before."

    with pytest.raises(ValueError, match="^" + re.escape(sentence) + "$"):
        change_units([tuple(unit) for unit in read_units()], [change])
