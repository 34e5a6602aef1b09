"""People as they are: names, ages, kin and numbers of a world, before any register writes it."""

import unicodedata
from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from mocks.province.calendar import REFERENCE_DAY, YEAR_DAYS
from mocks.province.canaries import canary_name
from mocks.province.ethnic_codes import to_1979_list
from mocks.province.households import CHILD, FEMALE, HEAD, MALE, NOBODY, PARENT, SPOUSE
from mocks.province.identifiers import issue_insurance_numbers, issue_tax_codes
from mocks.province.names import GIVEN_FIRST, find_given_names
from mocks.province.people import World, make_world
from mocks.province.profiles import PROFILES
from mocks.province.pyramid import BANDS
from mocks.province.reference import Gazetteer, read_gazetteer

CANARIES = 8
PROVINCES = ("22", "66", "20", "08")
KINH, EDE, MONG, DAO = "01", "11", "08", "09"
Worlds = Callable[[str, str], World]


@cache
def gazetteer(province: str) -> Gazetteer:
    return read_gazetteer(province)


@pytest.fixture(scope="module")
def worlds() -> Worlds:
    """Worlds by profile and province, each made once."""

    @cache
    def make(profile: str, province: str) -> World:
        return make_world(PROFILES[profile], 7, gazetteer(province), canaries=CANARIES)

    return make


@pytest.fixture(scope="module")
def demo(worlds: Worlds) -> World:
    return worlds("demo", "22")


def ordinary(world: World) -> pl.DataFrame:
    return world.people.filter("in_population", pl.col("canary") == 0)


def shares(texts: pl.Series) -> dict[str, float]:
    """Percent of each."""
    counts = texts.value_counts(normalize=True)
    return {text: share * 100 for text, share in counts.iter_rows()}


def surnames_of(world: World, code: str) -> dict[str, float]:
    return shares(ordinary(world).filter(pl.col("ethnic_code") == code)["surname"])


def column(world: World, name: str) -> npt.NDArray[np.int64]:
    return world.people[name].to_numpy()


def are_alive(world: World) -> npt.NDArray[np.bool_]:
    listed = world.people["death_day"].is_null() & world.people["in_population"]
    alive: npt.NDArray[np.bool_] = listed.to_numpy()
    return alive


# Names


def test_surnames_of_the_kinh_of_the_north_follow_the_national_statistic(demo: World) -> None:
    found = surnames_of(demo, KINH)
    known = {"Nguyễn": 38.4, "Trần": 11.5, "Lê": 9.5, "Phạm": 7, "Hoàng": 5.1, "Vũ": 3.9}
    smaller = {"Đặng": 2.1, "Bùi": 2.0, "Đỗ": 1.4, "Ngô": 1.3, "Dương": 1.0, "Lý": 0.5}

    # Points of a percent; a family of four is drawn once.
    assert {name: found[name] for name in known} == pytest.approx(known, abs=2.0)
    assert {name: found[name] for name in smaller} == pytest.approx(smaller, abs=1.0)
    assert found["Hoàng"] > 5 * found.get("Huỳnh", 0)
    assert found["Vũ"] > 5 * found.get("Võ", 0)


def test_surnames_of_dak_lak_follow_its_own_sample(worlds: Worlds) -> None:
    people = ordinary(worlds("demo", "66"))
    found = shares(
        people.filter(
            pl.col("birth_prefix") == "066", ~pl.col("ethnic_code").is_in(["10", "11", "16", "20"])
        )["surname"]
    )
    sample = {
        "Nguyễn": 29.64, "Trần": 10.14, "Lê": 8.37, "Phạm": 5.93, "Hoàng": 4.06, "Phan": 3.18,
        "Bùi": 2.68, "Võ": 2.57, "Hồ": 2.17, "Vũ": 1.99, "Đặng": 1.9, "Đỗ": 1.78, "Trương": 1.68,
        "Huỳnh": 1.62, "Nông": 0.98, "Mai": 0.98, "Triệu": 0.49, "Vi": 0.3, "Hứa": 0.23,
    }  # fmt: skip
    south = surnames_of(worlds("demo", "66"), KINH)

    assert found["Nguyễn"] == pytest.approx(sample["Nguyễn"], abs=3)
    assert {name: found[name] for name in sample if name != "Nguyễn"} == pytest.approx(
        {name: share for name, share in sample.items() if name != "Nguyễn"}, abs=1.2
    )
    assert south["Võ"] > south["Vũ"]


def test_no_name_is_as_common_as_a_short_list_would_make_it(worlds: Worlds) -> None:
    for province in PROVINCES:
        names = ordinary(worlds("demo", province))["full_name"]
        commonest = names.value_counts(sort=True).row(0)
        # Among 50,000 Vietnamese, well over half of the names are borne once or twice.
        assert commonest[1] / len(names) < 0.0035, commonest
        assert 25_000 < names.n_unique() < 36_000


@pytest.mark.parametrize(("sex", "word"), [(MALE, "Văn"), (FEMALE, "Thị")])
def test_van_and_thi_fall_with_the_decades(demo: World, sex: int, word: str) -> None:
    kinh = ordinary(demo).filter(pl.col("ethnic_code") == KINH, pl.col("sex") == sex)
    middle = kinh.select("birth_year", is_in=pl.col("full_name").str.split(" ").list.get(1) == word)
    until_1975, after_2008 = (
        middle.filter(born)["is_in"].mean()
        for born in (pl.col("birth_year") < 1975, pl.col("birth_year") > 2008)
    )

    assert isinstance(until_1975, float)
    assert isinstance(after_2008, float)
    assert until_1975 > 0.5
    assert after_2008 < 0.3 < until_1975 - 0.2


def test_double_middle_names_came_with_the_century(demo: World) -> None:
    kinh = ordinary(demo).filter(pl.col("ethnic_code") == KINH)
    four = kinh.select(
        "birth_year", "sex", is_long=pl.col("full_name").str.split(" ").list.len() > 3
    )
    men = four.filter(pl.col("sex") == MALE)
    old, young = (
        men.filter(born)["is_long"].mean()
        for born in (pl.col("birth_year") < 1985, pl.col("birth_year") > 2006)
    )

    assert (old, young) == (pytest.approx(0, abs=0.02), pytest.approx(0.25, abs=0.1))


def test_given_names_have_their_time(demo: World) -> None:
    people = ordinary(demo).filter(pl.col("ethnic_code") == KINH)
    ends = people.with_columns(
        two=pl.col("full_name").str.split(" ").list.tail(2).list.join(" "),
        given=find_given_names(people["full_name"]),
    )
    young, old = ends.filter(pl.col("birth_year") > 2008), ends.filter(pl.col("birth_year") < 1960)
    modern = ["Gia Bảo", "Minh Khôi", "Bảo Ngọc", "Khánh Linh"]

    assert young["two"].is_in(modern).sum() > 50
    assert old["two"].is_in(modern).sum() == 0
    assert old["given"].is_in(["Sửu", "Tý", "Dậu", "Gái", "Thìn"]).sum() > 30
    assert young["given"].is_in(["Sửu", "Dậu", "Gái"]).sum() < 5


def test_ede_names_have_the_given_name_first_a_marker_and_the_clan_last(worlds: Worlds) -> None:
    ede = ordinary(worlds("demo", "66")).filter(pl.col("ethnic_code") == EDE)
    marked = ede.select(
        man=pl.col("full_name").str.contains(r"^Y \p{Lu}\p{L}* "),
        woman=pl.col("full_name").str.contains(r"^H'\p{Lu}\p{L}* "),
        clan_last=pl.col("full_name").str.ends_with(pl.format(" {}", "surname")),
        is_man=pl.col("sex") == MALE,
    )
    letters = set("".join(ede["full_name"]))

    assert len(ede) > 5_000
    assert marked["clan_last"].all()
    assert (marked["man"] == marked["is_man"]).all()
    assert (marked["woman"] != marked["is_man"]).all()
    assert {"č", "ĭ", "ŏ"} <= letters
    assert {"Niê", "Mlô", "Êban", "Niê Kdăm", "Buôn Yă"} <= set(ede["surname"])


def test_ede_children_have_the_mothers_clan_and_parents_are_of_two_clans(worlds: Worlds) -> None:
    world = worlds("demo", "66")
    codes, clans = world.people["ethnic_code"], world.people["surname"]
    children = np.flatnonzero(world.mother != NOBODY)
    mothers = world.mother[children]
    mine = (codes.gather(mothers) == EDE).to_numpy()
    wed = np.flatnonzero((world.spouse != NOBODY) & (codes == EDE).to_numpy())
    both = wed[(codes.gather(world.spouse[wed]) == EDE).to_numpy()]

    assert mine.sum() > 2_000
    assert (clans.gather(children[mine]) == clans.gather(mothers[mine])).all()
    assert (codes.gather(children[mine]) == EDE).all()
    assert len(both) > 2_000
    assert (clans.gather(both) != clans.gather(world.spouse[both])).all()


def test_other_children_have_the_fathers_people_and_surname_or_a_lone_mothers(
    worlds: Worlds,
) -> None:
    for province in PROVINCES:
        world = worlds("demo", province)
        codes, surnames = world.people["ethnic_code"], world.people["surname"]
        has_father, has_mother = world.father != NOBODY, world.mother != NOBODY
        motherly = codes.gather(np.where(has_mother, world.mother, 0)).is_in(["10", "11", "20"])
        by_father = np.flatnonzero(has_father & ~(has_mother & motherly.to_numpy()))
        by_mother = np.flatnonzero(has_mother & ~has_father)
        for children, parents in ((by_father, world.father), (by_mother, world.mother)):
            assert len(children) > 2_000
            assert (surnames.gather(children) == surnames.gather(parents[children])).all()
            assert (codes.gather(children) == codes.gather(parents[children])).all()


def test_spouses_keep_their_own_surnames_and_some_are_of_two_peoples(worlds: Worlds) -> None:
    world = worlds("demo", "08")
    wed = np.flatnonzero(world.spouse != NOBODY)
    codes, surnames = world.people["ethnic_code"], world.people["surname"]
    other = codes.gather(wed) != codes.gather(world.spouse[wed])

    assert 0.03 < float(other.mean() or 0) < 0.25
    assert (surnames.gather(wed) == surnames.gather(world.spouse[wed])).mean() < 0.3


def test_mong_and_dao_have_names_of_their_own(worlds: Worlds) -> None:
    people = ordinary(worlds("demo", "08"))
    mong, dao = (people.filter(pl.col("ethnic_code") == code) for code in (MONG, DAO))
    old = mong.filter(pl.col("birth_year") < 1990)
    markers = shares(old.filter(pl.col("sex") == MALE)["full_name"].str.split(" ").list.get(1))

    assert {"Giàng", "Vàng", "Sùng", "Thào", "Lý", "Hạng", "Vừ", "Mua"} <= set(mong["surname"])
    assert markers["A"] + markers["Mí"] + markers["Seo"] > 70
    assert {"Bàn", "Triệu", "Đặng", "Lý", "Phùng"} <= set(dao["surname"])
    # A people's own surnames come before those that it shares with the Kinh.
    assert surnames_of(worlds("demo", "08"), DAO).get("Nguyễn", 0) < 5
    assert dao["full_name"].str.contains(" (?:Mình|Nhậy|Mẩy|Chăn)$").sum() > 50


def test_every_people_of_the_four_provinces_has_names_that_are_not_the_kinhs(
    worlds: Worlds,
) -> None:
    national = surnames_of(worlds("demo", "22"), KINH)
    for province, codes in (("66", ("03", "04", "07", EDE)), ("08", ("02", MONG, DAO, "13"))):
        for code in codes:
            found = surnames_of(worlds("demo", province), code)
            assert len(found) >= 12, code
            assert found.get("Nguyễn", 0) < national["Nguyễn"] / 3, code


def test_no_two_of_a_household_by_blood_have_one_given_name(worlds: Worlds) -> None:
    for profile in ("tiny", "demo"):
        people = ordinary(worlds(profile, "22")).filter(
            pl.col("death_day").is_null(), pl.col("role").is_in([HEAD, CHILD])
        )
        first = people.filter(~pl.col("ethnic_code").is_in(list(GIVEN_FIRST)))
        named = first.select("household", given=find_given_names(first["full_name"]))
        # A head that married in may share the name of a child; children among themselves never.
        children = named.filter(first["role"] == CHILD)
        assert len(children) > 500
        assert not children.is_duplicated().any()


def test_all_names_are_composed_and_no_word_of_a_canary_is_among_them(worlds: Worlds) -> None:
    words = {word for n in range(1, 2_431) for word in canary_name(n).split()}
    for province in PROVINCES:
        names = ordinary(worlds("demo", province))["full_name"]
        assert (names == names.map_elements(lambda n: unicodedata.normalize("NFC", n))).all()
        assert names.str.contains(r"^\S+(?: \S+)+$").all()
        assert words.isdisjoint(names.str.split(" ").explode().unique())


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_namesakes_are_made_at_the_rate_asked_for_and_told(rate: float) -> None:
    world = make_world(PROFILES["tiny"], 7, gazetteer("22"), canaries=CANARIES, namesake_rate=rate)
    people = ordinary(world)
    alike = people.select("commune_code", "full_name", "birth_year").is_duplicated()

    assert (people["namesake"] == alike).all()
    assert not world.people.filter(~pl.col("in_population"))["namesake"].any()
    assert alike.sum() > 20 if rate else alike.sum() < 6


def test_a_tiny_world_has_namesakes_of_two_households(worlds: Worlds) -> None:
    for province in PROVINCES:
        same = worlds("tiny", province).people.filter("namesake")
        groups = same.group_by("commune_code", "full_name", "birth_year").agg(
            pl.col("household").n_unique()
        )
        assert len(groups) >= 1
        assert groups["household"].min() == 2


# Ages


def test_the_living_follow_the_age_pyramid(worlds: Worlds) -> None:
    for province in PROVINCES:
        world = worlds("demo", province)
        bands = np.minimum(world.ages[are_alive(world)] // 5, 16).astype(np.int64)
        found = np.bincount(bands, minlength=17) / len(bands) * 100
        assert found == pytest.approx(np.array(BANDS), abs=0.6)


def test_the_pyramid_is_smooth(demo: World) -> None:
    years = np.bincount(demo.ages[are_alive(demo)].astype(np.int64))[:80]
    around = np.convolve(years, np.ones(5) / 5, mode="valid")

    # Against the mean of five years about it, no year of age stands out (beyond chance).
    assert np.abs(years[2:-2] / around - 1).max() < 0.12


def test_boys_are_more_at_birth_and_women_among_the_old(demo: World) -> None:
    sexes, ages = column(demo, "sex")[are_alive(demo)], demo.ages[are_alive(demo)]

    def men_a_woman(low: float, high: float) -> float:
        mine = sexes[(ages >= low) & (ages < high)]
        return float((mine == MALE).sum() / (mine == FEMALE).sum())

    assert 1.10 <= men_a_woman(0, 10) <= 1.14
    assert 0.97 < men_a_woman(25, 50) < 1.08
    assert men_a_woman(65, 80) < 0.85
    assert men_a_woman(80, 110) < 0.6


def test_births_follow_the_seasons_without_a_peak_on_new_years_day(demo: World) -> None:
    born = ordinary(demo)["birth_date"]
    days = born.dt.ordinal_day().value_counts().sort("birth_date")["count"].to_numpy()
    months = np.bincount(born.dt.month().to_numpy(), minlength=13)[1:] / np.array(
        [31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    )

    assert days[0] < days[:30].mean() + 4 * np.sqrt(days[:30].mean())
    assert days[:365].max() < days[:365].mean() * 1.1 + 4 * np.sqrt(days.mean())
    assert days[:365].min() > days[:365].mean() * 0.9 - 4 * np.sqrt(days.mean())
    assert 1.08 < months[7:10].mean() / months[1:4].mean() < 1.25
    assert months.max() / months.min() < 1.35


# Households


def test_households_have_the_size_and_one_living_head_each(worlds: Worlds) -> None:
    for profile in ("tiny", "demo"):
        world = worlds(profile, "22")
        heads = world.people.filter(pl.col("role") == HEAD)
        listed = world.people.filter("in_population")

        assert heads["household"].to_list() == list(range(len(world.households)))
        assert heads["death_day"].is_null().all()
        assert 3.4 < len(listed) / len(world.households) < 3.6
        assert ((REFERENCE_DAY - heads["birth_day"]) / YEAR_DAYS).min() >= 18


def test_roles_are_told_from_the_living_head(demo: World) -> None:
    heads = np.flatnonzero((demo.people["role"] == HEAD).to_numpy())
    household, role = column(demo, "household"), column(demo, "role")
    rows = np.flatnonzero(household != NOBODY)
    head, mine = heads[household[rows]], role[rows]
    is_child = (demo.father[rows] == head) | (demo.mother[rows] == head)
    is_parent = (demo.father[head] == rows) | (demo.mother[head] == rows)

    assert ((mine == SPOUSE) == (demo.spouse[rows] == head)).all()
    assert ((mine == CHILD) == is_child).all()
    assert ((mine == PARENT) == is_parent).all()
    dead = demo.people["death_day"].is_not_null().to_numpy()
    assert (dead & (role == PARENT)).sum() > 100
    assert (dead & (role == SPOUSE)).sum() > 100


def test_parents_are_of_an_age_to_be_parents(worlds: Worlds) -> None:
    for province in PROVINCES:
        world = worlds("demo", province)
        birth = column(world, "birth_day")
        for parents, most in ((world.father, 70), (world.mother, 48)):
            children = np.flatnonzero(parents != NOBODY)
            years = (birth[children] - birth[parents[children]]) / YEAR_DAYS
            assert len(children) > 10_000
            assert 16.9 < years.min() < years.max() < most
        kinds = column(world, "sex")
        assert (kinds[world.father[world.father != NOBODY]] == MALE).all()
        assert (kinds[world.mother[world.mother != NOBODY]] == FEMALE).all()


def test_brothers_and_sisters_are_spaced_or_twins(demo: World) -> None:
    children = demo.people.with_columns(mother=pl.Series(demo.mother)).filter(
        pl.col("mother") != NOBODY
    )
    gaps = (
        children.sort("mother", "birth_day")
        .select(days=(pl.col("birth_day") - pl.col("birth_day").shift().over("mother")))["days"]
        .drop_nulls()
    )
    twins = (gaps == 0).mean()

    assert 0.003 < float(twins or 0) < 0.03
    assert float(((gaps > 0) & (gaps < 240)).mean() or 0) < 0.005


def test_spouses_are_man_and_woman_of_age_and_name_each_other(demo: World) -> None:
    wed = np.flatnonzero(demo.spouse != NOBODY)
    sexes = column(demo, "sex")

    assert (demo.spouse[demo.spouse[wed]] == wed).all()
    assert (sexes[wed] + sexes[demo.spouse[wed]] == MALE + FEMALE).all()
    assert demo.ages[wed[sexes[wed] == MALE]].min() >= 20
    assert demo.ages[wed[sexes[wed] == FEMALE]].min() >= 18
    older = demo.ages[wed] - demo.ages[demo.spouse[wed]]
    assert 1 < older[sexes[wed] == MALE].mean() < 5


def test_weddings_are_between_people_of_age_and_before_any_end(demo: World) -> None:
    people = demo.people
    wed = np.flatnonzero(demo.spouse != NOBODY)
    days, birth = people["marriage_day"].to_numpy(), column(demo, "birth_day")
    years = (days - birth)[wed] / YEAR_DAYS
    ever = people.filter(pl.col("marriage_day").is_not_null())

    assert (days[wed] == days[demo.spouse[wed]]).all()
    assert years.min() > 17.9
    assert (
        people["marriage_day"]
        .is_null()
        .to_numpy()[(people["marital"] == "chua_ket_hon").to_numpy()]
        .all()
    )
    assert ever.filter(pl.col("death_day") <= pl.col("marriage_day")).is_empty()
    assert ever["marriage_day"].max() < REFERENCE_DAY
    parted = people.filter(pl.col("marital") == "ly_hon")
    assert parted["divorce_day"].is_null().sum() == 0
    assert (parted["divorce_day"] >= parted["marriage_day"]).all()
    assert people.filter(pl.col("marital") != "ly_hon")["divorce_day"].is_null().all()


def test_marital_states_fit_the_spouses(demo: World) -> None:
    marital = demo.people["marital"]
    dead = demo.people["death_day"].is_not_null().to_numpy()
    wed = np.flatnonzero(demo.spouse != NOBODY)
    widowed = wed[dead[demo.spouse[wed]]]
    couples = np.setdiff1d(wed, widowed)
    adults = demo.people.filter(pl.Series(are_alive(demo) & (demo.ages >= 20)))
    found = shares(adults["marital"])

    assert marital.gather(widowed).unique().to_list() == ["goa"]
    assert marital.gather(couples).unique().to_list() == ["co_vo_chong"]
    assert demo.people.filter(pl.Series(demo.ages < 18))["marital"].unique().to_list() == [
        "chua_ket_hon"
    ]
    assert 60 < found["co_vo_chong"] < 85
    assert 1.5 < found["ly_hon"] < 6
    assert 3 < found["goa"] < 12


def test_the_dead_are_mostly_old_and_died_after_their_children_were_born(demo: World) -> None:
    people = demo.people
    dead = people.filter(pl.col("death_day").is_not_null())
    birth, death = column(demo, "birth_day"), people["death_day"].to_numpy()
    lived = (dead["death_day"] - dead["birth_day"]) / YEAR_DAYS

    assert 0.018 < len(dead) / int(people["in_population"].sum()) < 0.032
    assert (lived > 0).all()
    assert people["birth_day"].max() < REFERENCE_DAY
    assert float((lived > 60).mean() or 0) > 0.6
    assert (lived < 40).sum() > 20
    assert dead["canary"].sum() == 0
    for parents in (demo.father, demo.mother):
        children = np.flatnonzero(parents != NOBODY)
        gone = children[~np.isnan(death[parents[children]])]
        assert (death[parents[gone]] > birth[gone]).all()


# Numbers


@pytest.mark.parametrize("province", PROVINCES)
def test_personal_numbers_are_built_from_birth_province_century_sex_and_year(
    worlds: Worlds, province: str
) -> None:
    people = worlds("demo", province).people
    parts = people.select(
        "birth_prefix",
        prefix=pl.col("pin").str.slice(0, 3),
        digit=pl.col("pin").str.slice(3, 1).cast(pl.Int64),
        year=pl.col("pin").str.slice(4, 2).cast(pl.Int64),
        true_digit=(pl.col("birth_year") // 100 - 19) * 2 + pl.col("sex") - 1,
        true_year=pl.col("birth_year") % 100,
    )
    reference = gazetteer(province)
    old = {f"0{code}" for code in reference.old_communes["old_province_code"].unique()}
    here = people.filter(pl.col("birth_prefix").is_in(list(old)))
    weights = reference.birth_provinces.with_columns(pl.col("weight") / pl.col("weight").sum())
    own = weights.filter(pl.col("pin_prefix").is_in(list(old)))["weight"].sum()

    assert people["pin"].str.contains(r"^\d{12}$").all()
    assert people["pin"].is_unique().all()
    assert (parts["prefix"] == parts["birth_prefix"]).all()
    assert (parts["digit"] == parts["true_digit"]).all()
    assert (parts["year"] == parts["true_year"]).all()
    assert set(people["birth_prefix"]) <= set(reference.birth_provinces["pin_prefix"])
    # Most are of the province's own old provinces, each of which is there.
    assert set(here["birth_prefix"]) == old
    assert len(here) / len(people) == pytest.approx(own, abs=0.03)


@pytest.mark.parametrize("province", PROVINCES)
def test_old_numbers_begin_as_the_province_of_issue_does(worlds: Worlds, province: str) -> None:
    people = worlds("demo", province).people.filter(pl.col("old_number").is_not_null())
    heads = gazetteer(province).province.old_number_prefixes
    own = people["old_number"].str.slice(0, 3).cast(pl.Int64).is_in(list(heads))

    assert people["old_number"].str.contains(r"^\d{9}$").all()
    assert people["old_number"].is_unique().all()
    assert people["birth_year"].max() <= 1998
    assert 0.7 < float(own.mean() or 0) < 1


def test_tax_codes_and_insurance_numbers_begin_as_the_province_says() -> None:
    rng = np.random.default_rng(1)
    taxes = issue_tax_codes(rng, 500, "60")
    insured = issue_insurance_numbers(rng, 5_000, ("66", "54"))
    heads = shares(insured.str.slice(0, 2))

    assert taxes.str.contains(r"^60\d{8}$").all()
    assert taxes.is_unique().all()
    assert insured.str.contains(r"^\d{10}$").all()
    assert insured.is_unique().all()
    assert heads["66"] + heads["54"] == pytest.approx(94, abs=2)


def test_the_1979_list_of_peoples_differs_in_two_codes() -> None:
    codes = pl.Series("code", ["01", "02", "04", "05", "06", "11", None])
    expected = ["01", "02", "06", "05", "04", "11", None]

    assert to_1979_list(codes).to_list() == expected
    assert codes.to_frame().select(to_1979_list(pl.col("code")))["code"].to_list() == expected


def test_the_same_seed_makes_the_same_world_and_another_seed_another(worlds: Worlds) -> None:
    first = worlds("tiny", "22")
    again = make_world(PROFILES["tiny"], 7, gazetteer("22"), canaries=CANARIES)
    other = make_world(PROFILES["tiny"], 8, gazetteer("22"), canaries=CANARIES)

    assert first.people.equals(again.people)
    assert first.households.equals(again.households)
    assert not first.people["full_name"].equals(other.people["full_name"])


def test_people_of_far_away_live_in_every_tiny_province(worlds: Worlds) -> None:
    strangers = worlds("tiny", "22").people.filter(
        pl.col("ethnic_code").is_in(list(GIVEN_FIRST)), pl.col("in_population")
    )

    assert strangers["full_name"].str.contains("^(?:H'|[YA] )").all()
    assert strangers["full_name"].str.starts_with("H'").any()
    assert EDE in set(strangers["ethnic_code"])
