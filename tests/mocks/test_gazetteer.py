"""Four provinces by their facts: counts, splits, earlier names, and who lives where."""

import re
from collections import Counter

import numpy as np
import polars as pl
import pytest

from mocks.province.places import draw_homes, settle
from mocks.province.reference import Gazetteer, Province, read_gazetteer

PROVINCES = ("22", "66", "20", "08")
SPLITS = {
    "22": "06655 06820 07042 07093 07180 06799 06886 06853 06868 06877 06880 06946",
    "66": "22024 22312 22315 22246 22252 22228 22225 24550",
    "20": "06622 06625",
    "08": "00688 02494 02497 00988 00967",
}
"""Domain facts: the 27 old communes whose land went to several new ones."""


@pytest.fixture(scope="module", params=PROVINCES)
def gazetteer(request: pytest.FixtureRequest) -> Gazetteer:
    return read_gazetteer(request.param)


def people_of_districts(gazetteer: Gazetteer) -> dict[str, float]:
    """People in each former district, were a new commune's spread evenly over the old ones."""
    sources = gazetteer.old_communes.select("district_code", code="people_to").explode("code")
    counted = sources.join(gazetteer.communes.select("code", "population"), on="code")
    shared = counted.with_columns(pl.col("population") / pl.len().over("code"))
    return dict(shared.group_by("district_code").agg(pl.col("population").sum()).iter_rows())


def share_of_peoples(gazetteer: Gazetteer) -> dict[str, float]:
    totals: Counter[str] = Counter()
    for district, people in people_of_districts(gazetteer).items():
        for code, share in gazetteer.peoples[district]:
            totals[code] += people * share
    return {code: count / sum(totals.values()) for code, count in totals.items()}


def test_the_provinces_are_the_four_and_quang_ninh_where_none_is_named() -> None:
    provinces = [read_gazetteer(code).province for code in PROVINCES]

    assert provinces == [
        Province("22", "Quảng Ninh", "Tỉnh", "57", (100, 101)),
        Province("66", "Đắk Lắk", "Tỉnh", "60", (240, 241, 220, 221)),
        Province("20", "Lạng Sơn", "Tỉnh", "49", (81, 82)),
        Province("08", "Tuyên Quang", "Tỉnh", "50", (70, 71, 73)),
    ]
    assert read_gazetteer().province == provinces[0]
    assert provinces[1].full_name == "Tỉnh Đắk Lắk"


def test_a_province_that_is_not_there_is_refused_in_one_sentence() -> None:
    sentence = "There is no province '54'; choose one of 22, 66, 20, 08."
    with pytest.raises(ValueError, match="^" + re.escape(sentence) + "$"):
        read_gazetteer("54")


@pytest.mark.parametrize(
    ("province", "communes", "old_communes", "districts"),
    [
        ("22", {"Phường": 30, "Xã": 22, "Đặc khu": 2}, {"22": 171}, 13),
        ("66", {"Phường": 14, "Xã": 88}, {"66": 180, "54": 106}, 24),
        ("20", {"Phường": 4, "Xã": 61}, {"20": 194}, 11),
        # The statistics office's table has 329, with one code for two communes.
        ("08", {"Phường": 7, "Xã": 117}, {"08": 137, "02": 193}, 18),
    ],
)
def test_each_province_has_the_units_of_the_statistics_office(
    province: str, communes: dict[str, int], old_communes: dict[str, int], districts: int
) -> None:
    gazetteer = read_gazetteer(province)

    assert Counter(gazetteer.communes["type"]) == communes
    assert Counter(gazetteer.old_communes["old_province_code"]) == old_communes
    assert len(gazetteer.districts) == districts
    assert set(gazetteer.old_communes["district_code"]) == set(gazetteer.districts["code"])
    for units in (gazetteer.communes, gazetteer.old_communes, gazetteer.districts):
        assert units["code"].is_unique().all()
        assert units["code"].str.contains(r"^\d+$").all()


@pytest.mark.parametrize(
    ("province", "people", "area"),
    [
        ("22", 1_497_447, 6_155),
        ("66", 3_346_853, 18_096),
        ("20", 881_384, 8_310),
        ("08", 1_858_056, 13_796),
    ],
)
def test_people_and_land_of_the_communes_add_up(province: str, people: int, area: float) -> None:
    communes = read_gazetteer(province).communes

    assert communes["population"].sum() == people
    assert round(communes["area_km2"].sum()) == area
    assert communes.select(pl.col("population", "area_km2").min() > 0).row(0) == (True, True)


@pytest.mark.parametrize("province", PROVINCES)
def test_old_communes_lead_to_communes_that_are_there_and_the_split_ones_to_several(
    province: str,
) -> None:
    gazetteer = read_gazetteer(province)
    old = gazetteer.old_communes
    split = old.filter(pl.col("land_to").list.len() > 1)

    assert set(old["land_to"].explode()) == set(gazetteer.communes["code"])
    assert set(old["people_to"].explode()) == set(gazetteer.communes["code"])
    assert set(split["code"]) == set(SPLITS[province].split())
    # Land of these went to two communes, the people all to one.
    moved = old.filter(pl.col("land_to") != pl.col("people_to"))
    land_only = [("06799", ["06886"]), ("07180", ["07180"])] if province == "22" else []
    assert moved.select("code", "people_to").rows() == land_only


def test_an_old_commune_lies_near_the_communes_it_went_to(gazetteer: Gazetteer) -> None:
    new = gazetteer.communes.select(
        land_to="code", north="latitude", east="longitude", area="area_km2"
    )
    ways = gazetteer.old_communes.explode("land_to").join(new, on="land_to")
    kilometres = (
        ((pl.col("latitude") - pl.col("north")) * 111) ** 2
        + ((pl.col("longitude") - pl.col("east")) * 104) ** 2
    ) ** 0.5

    assert len(ways) >= len(gazetteer.old_communes)
    # The islands of Vân Đồn lie far apart; nearly all lie within the commune.
    assert ways.select(kilometres.max()).item() < 35
    assert ways.select((kilometres < 1.3 * pl.col("area") ** 0.5).mean()).item() > 0.97


def test_names_are_spelt_one_way(gazetteer: Gazetteer) -> None:
    names = pl.concat(
        units["name"] for units in (gazetteer.communes, gazetteer.old_communes, gazetteer.districts)
    )
    kinds = set(gazetteer.old_communes["type"]) | set(gazetteer.districts["type"])

    assert names.filter(names.str.contains(r"\s\s|^\s|\s$|[’(]|[A-ZĐÊ]{2}")).to_list() == []
    assert names.str.normalize("NFC").equals(names)
    assert kinds <= {"Phường", "Thị trấn", "Xã", "Huyện", "Thị xã", "Thành phố"}


@pytest.mark.parametrize(
    ("province", "code", "former_unit"),
    [
        ("22", "07132", "Thị trấn Quảng Yên, Huyện Yên Hưng"),
        ("22", "07135", "Xã Đông Mai, Huyện Yên Hưng"),
        ("22", "07066", "Xã Lê Lợi, Huyện Hoành Bồ"),
        ("22", "06799", "Xã Cộng Hòa, Thị xã Cẩm Phả"),
        ("22", "06691", None),
        ("66", "24136", "Phường Tân Lợi, Thị xã Buôn Ma Thuột"),
        ("66", "24305", "Thị trấn Buôn Hồ, Huyện Krông Búk"),
        ("66", "22258", "Thị trấn Hòa Vinh, Huyện Đông Hòa"),
        ("20", "05971", "Phường Hoàng Văn Thụ, Thị xã Lạng Sơn"),
        ("08", "00688", "Phường Quang Trung, Thị xã Hà Giang"),
        ("08", "02290", "Xã Bình An, Huyện Chiêm Hóa"),
    ],
)
def test_a_commune_keeps_its_earlier_name(
    province: str, code: str, former_unit: str | None
) -> None:
    old = read_gazetteer(province).old_communes
    assert old.filter(pl.col("code") == code)["former_unit"].item() == former_unit


def test_about_two_fifths_of_the_land_offices_write_tcvn3(gazetteer: Gazetteer) -> None:
    encodings = gazetteer.districts["encoding"]

    assert set(encodings) == {"UTF-8", "TCVN3"}
    assert 0.35 < (encodings == "TCVN3").mean() < 0.5


@pytest.mark.parametrize(
    ("province", "expected"),
    [
        ("22", {"01": 0.88, "09": 0.05}),
        ("66", {"01": 0.70, "11": 0.15, "07": 0.04, "02": 0.035}),
        ("20", {"07": 0.43, "02": 0.36, "01": 0.16}),
        ("08", {"01": 0.27, "02": 0.26, "08": 0.20, "09": 0.15, "07": 0.07}),
    ],
)
def test_the_peoples_of_a_province_come_out_as_counted(
    province: str, expected: dict[str, float]
) -> None:
    shares = share_of_peoples(read_gazetteer(province))
    assert {code: shares[code] for code in expected} == pytest.approx(expected, abs=0.025)


def test_each_districts_peoples_add_up_and_none_is_missing(gazetteer: Gazetteer) -> None:
    everyone = {"01", "02", "03", "04", "06", "07", "08", "09", "11", "13"}

    assert set(gazetteer.peoples) == set(gazetteer.districts["code"])
    for mix in gazetteer.peoples.values():
        assert sum(share for _, share in mix) == pytest.approx(1)
        assert {code for code, _ in mix} == everyone
        assert min(share for _, share in mix) > 0


@pytest.mark.parametrize(
    ("province", "own"),
    [("22", ["022"]), ("66", ["066", "054"]), ("20", ["020"]), ("08", ["008", "002"])],
)
def test_most_births_were_registered_in_the_province_itself(province: str, own: list[str]) -> None:
    births = read_gazetteer(province).birth_provinces
    at_home = births.filter(pl.col("pin_prefix").is_in(own))["weight"].sum()

    assert len(births) == births["pin_prefix"].n_unique() == 63
    assert births["weight"].min() > 0
    assert 0.75 < at_home / births["weight"].sum() < 0.95


def test_homes_fill_the_communes_by_population_with_addresses_of_three_times(
    gazetteer: Gazetteer,
) -> None:
    homes = draw_homes(np.random.default_rng(1), 60_000, gazetteer)
    places = gazetteer.communes.with_columns(share=pl.col("population") / pl.sum("population"))
    drawn = homes.group_by(code="commune_code").agg(drawn=pl.len() / len(homes))
    compared = places.join(drawn, on="code", how="left")

    assert compared.select((pl.col("share") - pl.col("drawn")).abs().max()).item() < 0.005
    ways = homes.join(gazetteer.old_communes, left_on="old_commune_code", right_on="code")
    assert ways.select(pl.col("people_to").list.contains(pl.col("commune_code")).all()).item()
    assert homes.select(
        "commune_code", "old_commune_code", "address", "old_address"
    ).null_count().row(0) == (0, 0, 0, 0)
    assert homes["address"].str.ends_with(f", {gazetteer.province.full_name}").all()
    assert homes["street"].str.contains(r"[{}|]").sum() == 0
    former = homes.filter(pl.col("former_address").is_not_null())
    assert (former["former_address"] != former["old_address"]).all()
    assert 0.03 < len(former) / len(homes) < 0.75


def test_old_addresses_name_the_province_of_before() -> None:
    gazetteer = read_gazetteer("66")
    home = pl.DataFrame(
        {"commune_code": ["22240"], "old_commune_code": ["22246"], "street": ["Tổ 2, khu phố 5"]}
    )

    assert settle(home, gazetteer).select(
        "old_province_code", "address", "old_address", "former_address"
    ).row(0) == (
        "54",
        "Tổ 2, khu phố 5, Phường Phú Yên, Tỉnh Đắk Lắk",
        "Tổ 2, khu phố 5, Phường Hòa Hiệp Bắc, Thị xã Đông Hòa, Tỉnh Phú Yên",
        "Tổ 2, khu phố 5, Xã Hòa Hiệp Bắc, Huyện Đông Hòa, Tỉnh Phú Yên",
    )


def test_hamlets_are_called_as_the_people_who_live_there_call_them() -> None:
    gazetteer = read_gazetteer("66")
    homes = draw_homes(np.random.default_rng(2), 60_000, gazetteer)
    homes = homes.with_columns(
        in_xa=pl.col("old_commune_code").is_in(
            gazetteer.old_communes.filter(pl.col("type") == "Xã")["code"].implode()
        )
    )
    rural = homes.filter("in_xa")
    buon = rural.group_by("district_code").agg(
        share=pl.col("street").str.starts_with("Buôn").mean()
    )

    for district, share in buon.iter_rows():
        assert share == pytest.approx(dict(gazetteer.peoples[district])["11"], abs=0.06)
    assert {"Buôn H'Drát", "Buôn Akŏ Dhông"} <= set(rural["street"])
    assert not homes.filter(~pl.col("in_xa"))["street"].str.starts_with("Buôn").any()
