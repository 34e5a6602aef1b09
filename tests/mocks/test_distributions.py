"""The province against what is known of real ones: shares, spreads, and the noise on top.

Each expectation stands with its tolerance. The figures come from the `demo` profile: 50,000 people
in 14,000 households, so that a share p over households has a standard error of sqrt(p (1 - p) /
14,000). Where a tolerance is wider, the real figure is itself rough.
"""

import json
import re
import unicodedata
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mocks.province import make_province
from mocks.province.noise import CATALOGUE, REGISTERS, Noise
from mocks.province.pyramid import BANDS
from mocks.province.reference import read_gazetteer

SEED = 7
TODAY = date(2026, 11, 1)
ANY = pl.lit(True)
FORMS = [kind.name for kind in CATALOGUE if kind.is_form]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "the-synthetic-province.md"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    make_province(folder, "demo", SEED)
    return folder


@pytest.fixture(scope="module")
def faults(demo: Path) -> pl.DataFrame:
    injected = read(demo, "truth/injected_fault")
    return injected.with_columns(read(demo, "truth/true_value")["true_value"])


@pytest.fixture(scope="module")
def living(demo: Path) -> pl.DataFrame:
    """Everyone who lives in the province, with `age` in years."""
    people = read(demo, "truth/person").filter("in_population", pl.col("death_date").is_null())
    days = (pl.lit(TODAY) - pl.col("birth_date")).dt.total_days()
    return people.with_columns(age=days / 365.2425)


def read(province: Path, table: str) -> pl.DataFrame:
    return pl.read_parquet(province / f"{table}.parquet")


def percent(frame: pl.DataFrame, condition: pl.Expr) -> float:
    return float(frame.select(condition.mean() * 100).item())


def assert_near(found: dict[str, float], expected: dict[str, tuple[float, float]]) -> None:
    """Every figure is within its tolerance: {name: (expected, tolerance)}."""
    told = {name: round(found.get(name, 0.0), 2) for name in expected}
    off = {
        name: f"{told[name]}, expected {value} ± {tolerance}"
        for name, (value, tolerance) in expected.items()
        if abs(found.get(name, 0.0) - value) > tolerance
    }
    assert off == {}


# People


def test_the_surnames_of_the_kinh_have_their_national_shares(living: pl.DataFrame) -> None:
    kinh = living.filter(pl.col("ethnic_code") == "01")
    surname = kinh.select(pl.col("full_name").str.split(" ").list.first().alias("surname"))
    counted = surname.group_by("surname").len()
    found = {name: 100 * count / len(kinh) for name, count in counted.iter_rows()}
    found["Hoàng, Huỳnh"] = found["Hoàng"] + found["Huỳnh"]
    found["Vũ, Võ"] = found["Vũ"] + found["Võ"]

    assert_near(
        found,
        {
            "Nguyễn": (38.4, 2.5),
            "Trần": (11.5, 1.5),
            "Lê": (9.5, 2.5),
            "Phạm": (7.0, 1.5),
            "Hoàng, Huỳnh": (5.1, 1.0),
            "Vũ, Võ": (3.9, 2.0),
            "Đặng": (2.1, 0.7),
            "Bùi": (2.0, 1.2),
            "Đỗ": (1.4, 1.3),
            "Ngô": (1.3, 0.6),
            "Dương": (1.0, 0.6),
            "Lý": (0.5, 0.5),
        },
    )


def test_the_north_says_vu_and_hoang_where_the_south_says_vo_and_huynh(
    living: pl.DataFrame,
) -> None:
    counted = living.group_by(pl.col("full_name").str.split(" ").list.first()).len()
    people = dict(counted.iter_rows())

    assert people["Vũ"] > 5 * people.get("Võ", 0)
    assert people["Hoàng"] > 5 * people.get("Huỳnh", 0)


def test_no_full_name_is_borne_by_more_people_than_is_plausible(living: pl.DataFrame) -> None:
    counts = living.group_by("full_name").len()["len"]

    assert 100 * counts.max() / len(living) < 0.3
    assert counts.len() > 0.3 * len(living)


def test_ages_follow_the_pyramid_that_is_assumed(living: pl.DataFrame) -> None:
    bands = living.group_by((pl.col("age") // 5).clip(0, 16).cast(pl.Int64).alias("band")).len()
    found = {str(5 * band): 100 * count / len(living) for band, count in bands.iter_rows()}

    assert_near(found, {str(5 * band): (share, 0.8) for band, share in enumerate(BANDS)})


def test_boys_are_more_at_birth_and_widows_more_in_old_age(living: pl.DataFrame) -> None:
    def men_a_hundred_women(low: int, high: int) -> float:
        sexes = living.filter(pl.col("age").is_between(low, high, closed="left"))["sex"]
        return float(100 * (sexes == 1).sum() / (sexes == 2).sum())

    found = {"under 15": men_a_hundred_women(0, 15), "from 70": men_a_hundred_women(70, 120)}
    assert_near(found, {"under 15": (111, 6), "from 70": (68, 12)})


def test_days_of_birth_have_no_peak_on_the_first_of_january_but_in_registers(
    demo: Path, living: pl.DataFrame
) -> None:
    def times_an_even_day(births: pl.Series) -> float:
        return float(365.2425 * births.mean())

    born = living["birth_date"]
    insured = read(demo, "social_insurance/nguoi_tham_gia")["ngay_sinh"]
    population = read(demo, "population/cong_dan")["ngay_sinh"]
    found = {
        "truth": times_an_even_day((born.dt.month() == 1) & (born.dt.day() == 1)),
        "population": times_an_even_day(population.str.ends_with("-01-01")),
        "insurance": times_an_even_day(insured.str.starts_with("01/01/")),
    }

    # 50,000 people, 137 born on an even day: a standard error of 0.09.
    assert abs(found["truth"] - 1) < 0.3
    assert found["population"] > found["truth"]
    assert found["insurance"] > found["truth"] + 0.5


def test_no_day_of_the_year_stands_out_in_truth(living: pl.DataFrame) -> None:
    born = living.group_by(
        month=pl.col("birth_date").dt.month(), day=pl.col("birth_date").dt.day()
    ).len()
    usual = born.filter((pl.col("month") != 2) | (pl.col("day") != 29))
    times = usual["len"] * 365.2425 / len(living)

    # A standard error of 0.09 a day, the extremes of 365 days, and seasons of up to 0.1.
    assert len(usual) == 365
    assert times.min() > 0.55
    assert times.max() < 1.45


def test_peoples_have_the_shares_of_the_province(living: pl.DataFrame) -> None:
    found = {
        name: percent(living, pl.col("ethnic_code") == code)
        for name, code in (("Kinh", "01"), ("Dao", "09"), ("Tày", "02"))
    }

    assert_near(found, {"Kinh": (88, 3), "Dao": (5, 2), "Tày": (3, 2)})


# Places


def test_communes_are_as_large_as_they_are(demo: Path, living: pl.DataFrame) -> None:
    people = living.group_by("commune_code").agg(people=pl.len())
    sizes = read_gazetteer().communes.join(
        people, left_on="code", right_on="commune_code", how="left"
    )
    real = sizes["population"] / sizes["population"].sum()
    made = sizes["people"].fill_null(0) / len(living)
    ranks = np.corrcoef(real.rank().to_numpy(), made.rank().to_numpy())[0, 1]
    # Households are drawn, 14,000 of them: five standard errors.
    error = 5 * (real * (1 - real) / 14_000).sqrt()
    large = real > 0.02

    assert len(sizes) == 54
    assert ranks > 0.98
    assert ((real - made).abs().filter(large) < error.filter(large)).all()
    assert large.sum() > 15


def test_a_household_has_three_and_a_half_people(demo: Path, living: pl.DataFrame) -> None:
    size = len(living) / read(demo, "population/ho").height

    assert abs(size - 3.5) < 0.15


# Social insurance


def test_as_many_are_insured_as_reported_and_nearly_all_are_found(
    demo: Path, faults: pl.DataFrame, living: pl.DataFrame
) -> None:
    links = read(demo, "truth/same_person").filter(pl.col("dataset") == "participant")
    wrong = faults.filter(
        pl.col("dataset") == "participant",
        pl.col("field") == "so_dinh_danh",
        pl.col("outcome") != "repair",
    )
    known = links.join(wrong, on="record_id", how="anti")["truth_id"].implode()
    insured = read(demo, "truth/person").filter(
        pl.col("truth_id").is_in(links["truth_id"].implode())
    )
    found = {
        "insured": percent(living, pl.col("truth_id").is_in(insured["truth_id"].implode())),
        "found in the population register": percent(
            insured, pl.col("in_population") & pl.col("truth_id").is_in(known)
        ),
    }

    assert_near(found, {"insured": (95.71, 0.5), "found in the population register": (99.23, 0.15)})


def test_object_codes_go_to_those_whom_they_are_for(
    demo: Path, faults: pl.DataFrame, living: pl.DataFrame
) -> None:
    spoilt = faults.filter(pl.col("dataset") == "card")["record_id"].cast(pl.Int64)
    owners = read(demo, "truth/same_person").filter(pl.col("dataset") == "participant")
    cards = (
        read(demo, "social_insurance/the_bhyt")
        .filter(
            ~pl.col("id").is_in(spoilt.implode()),
            pl.col("gia_tri_tu") <= TODAY,
            pl.col("gia_tri_den").is_null() | (pl.col("gia_tri_den") >= TODAY),
        )
        .with_columns(object=pl.col("so_the").str.extract(r"^([A-ZĐ]{2})"))
        .drop_nulls("object")
        .join(owners.select("truth_id", nguoi_id=pl.col("record_id").cast(pl.Int64)), on="nguoi_id")
        .join(living, on="truth_id")
    )
    kinds = set(cards["object"])
    shares = {
        name: percent(cards, pl.col("object") == name) for name in ("TE", "HS", "DN", "HT", "GD")
    }

    assert {"TE", "HS", "SV", "DN", "HT", "GD", "HN", "CN", "DT", "DK", "BT"} <= kinds
    assert cards.filter(pl.col("object") == "TE")["age"].max() < 6.01
    assert cards.filter(pl.col("age") < 5.5)["object"].unique().to_list() == ["TE"]
    assert cards.filter(pl.col("object") == "HT")["receives_pension"].all()
    assert_near(
        shares,
        {"TE": (9, 2.5), "HS": (17, 4.5), "DN": (22, 6), "HT": (5.5, 2.5), "GD": (33, 10)},
    )


# Land


def dated(demo: Path, faults: pl.DataFrame) -> pl.DataFrame:
    """Certificates with their true serial, book number and `day` of issue."""
    gcn = read(demo, "land_registry/gcn")
    for column in ("ngay_cap", "so_phat_hanh", "so_vao_so"):
        gcn = mend(gcn, faults, column, ("land_registry", "certificate", "ma_gcn"))
    return gcn.with_columns(day=pl.col("ngay_cap").str.to_date("%d/%m/%Y", strict=False))


def mend(
    frame: pl.DataFrame, faults: pl.DataFrame, column: str, table: tuple[str, str, str]
) -> pl.DataFrame:
    """The table with the true values of one column put back."""
    source, dataset, key = table
    mine = faults.filter(
        pl.col("source") == source, pl.col("dataset") == dataset, pl.col("field") == column
    )
    true = mine.select(_key="record_id", _true="true_value", _hit=pl.lit(True)).unique("_key")
    joined = frame.with_columns(_key=pl.col(key).cast(pl.String)).join(
        true, on="_key", how="left", maintain_order="left"
    )
    mended = pl.when("_hit").then("_true").otherwise(pl.col(column).cast(pl.String))
    return joined.with_columns(mended.alias(column)).drop("_key", "_true", "_hit")


SERIALS = {
    "one letter": r"^[A-ZĐ] ?\d{6,7}$",
    "two letters": r"^[A-ZĐ]{2} ?\d{6}$",
    "AA": r"^AA ?\d{8}$",
}


def test_serials_are_those_of_their_time(demo: Path, faults: pl.DataFrame) -> None:
    gcn = dated(demo, faults).filter(pl.col("day").is_not_null())
    eras = {
        "one letter": pl.col("day") < date(2009, 12, 10),
        "two letters": pl.col("day").is_between(date(2009, 12, 10), date(2024, 12, 31)),
        "AA": pl.col("day") >= date(2025, 1, 1),
    }
    found = {name: percent(gcn, when) for name, when in eras.items()}
    shaped = {
        name: percent(gcn.filter(when), pl.col("so_phat_hanh").str.contains(SERIALS[name]))
        for name, when in eras.items()
    }

    assert_near(shaped, dict.fromkeys(eras, (100.0, 0.5)))
    assert_near(found, {"one letter": (25, 15), "two letters": (63, 15), "AA": (10, 7)})


def test_book_numbers_are_those_of_their_time(demo: Path, faults: pl.DataFrame) -> None:
    gcn = dated(demo, faults).filter(pl.col("day").is_not_null(), pl.col("so_vao_so") != "")
    old = pl.col("so_vao_so").str.contains("QSDĐ")
    new = pl.col("so_vao_so").str.contains(r"^C[HSNT] ?-?\d{4,6}$")
    heads = set(gcn.filter(new)["so_vao_so"].str.head(2))

    assert percent(gcn, old | new) > 99.5
    assert heads >= {"CH", "CS", "CN"}
    assert gcn.filter(old)["day"].max() < date(2010, 6, 1)
    assert gcn.filter(new)["day"].min() > date(2004, 1, 1)


def test_land_is_as_hard_to_link_as_supposed(demo: Path, faults: pl.DataFrame) -> None:
    gcn = dated(demo, faults)
    mine = faults.filter(pl.col("dataset") == "certificate")
    hit = {
        kind: pl.col("ma_gcn").is_in(mine.filter(pl.col("kind") == kind)["record_id"].implode())
        for kind in ("old_number_only", "no_number", "owner_household", "owner_couple",
                     "owner_dead", "transfer_unregistered")
    }  # fmt: skip
    old = pl.col("day") < date(2016, 1, 1)
    farm = ~pl.col("muc_dich").str.contains("^(?:ON|OD|T)")
    papers = {
        "old_number_only": old,
        "no_number": old,
        "owner_household": farm,
        "owner_couple": ANY,
        "owner_dead": ANY,
        "transfer_unregistered": ANY,
    }
    found = {kind: percent(gcn.filter(among), hit[kind]) for kind, among in papers.items()}

    assert_near(
        found,
        {
            "old_number_only": (45, 0.5),
            "no_number": (15, 0.5),
            "owner_household": (30, 3),
            "owner_couple": (20, 0.2),
            "owner_dead": (5, 0.2),
            "transfer_unregistered": (4, 0.2),
        },
    )


# Noise


def clean_share(demo: Path, faults: pl.DataFrame, dataset: str, table: str) -> float:
    spoilt = faults.filter(pl.col("dataset") == dataset, ~pl.col("kind").is_in(FORMS))
    return 100 * (1 - spoilt["record_id"].n_unique() / read(demo, table).height)


def test_population_is_green_insurance_green_to_amber_and_land_red(
    demo: Path, faults: pl.DataFrame
) -> None:
    population, insurance, land = (
        clean_share(demo, faults, dataset, table)
        for dataset, table in (
            ("person", "population/cong_dan"),
            ("participant", "social_insurance/nguoi_tham_gia"),
            ("certificate", "land_registry/gcn"),
        )
    )

    assert population > 99
    assert 94 < insurance < 97
    assert 100 / 4 < land < 100 / 3


def take_apart(text: str) -> str:
    """Base letters, each followed by its marks."""
    return unicodedata.normalize("NFD", text)


def drop_marks(text: str) -> str:
    return "".join(letter for letter in take_apart(text) if not unicodedata.combining(letter))


def has_tone_on_the_first_of_two_vowels(name: str) -> bool:
    """Hòa and Thủy may be Hoà and Thuỷ; in Quý and Hoàn the tone has one place only."""
    words = [take_apart(word) for word in name.lower().split()]
    two_vowels = re.compile("[^q](?:o[\u0300-\u0323][ae]|u[\u0300-\u0323]y)$")
    return any(two_vowels.search(word) for word in words)


def has_lone_y(name: str) -> bool:
    """Lý may be Lí, and Quý Quí; in Duy and Huyền no i can stand for the y."""
    return any(re.fullmatch("([hklmstv]|qu)y", drop_marks(word).lower()) for word in name.split())


#: Which true names can have a kind, by rules of this test's own.
ELIGIBLE: dict[str, Callable[[str], bool]] = {
    "decomposed": lambda name: take_apart(name) != name,
    "tone_moved": has_tone_on_the_first_of_two_vowels,
    "i_for_y": has_lone_y,
    "eth_for_d": lambda name: "Đ" in name,
    "marks_missing": lambda name: not name.isascii(),
    "untidy": lambda _name: True,
}


@pytest.mark.parametrize(
    ("kind", "able", "unable"),
    [
        ("decomposed", ["Trần Văn An"], ["Y Bih", "Đan"]),
        ("tone_moved", ["Lê Hòa", "Bùi Thủy", "Khỏe"], ["Quý", "Hoàn", "Hoà", "Thuỷ", "Lý"]),
        ("i_for_y", ["Lý An", "Phạm Quý", "Mỹ"], ["Duy", "Huyền", "Ý", "Thúy"]),
        ("eth_for_d", ["Đặng An"], ["An đi"]),
        ("marks_missing", ["Đan", "Lê An"], ["Y Bih"]),
    ],
)
def test_which_names_can_be_spoilt_is_known_without_the_generator(
    kind: str, able: list[str], unable: list[str]
) -> None:
    eligible = ELIGIBLE[kind]

    assert [name for name in able + unable if eligible(name)] == able


NAMES = {
    "population": ("population", "person", "ma_cd", "population/cong_dan", "ho_ten"),
    "social_insurance": (
        "social_insurance", "participant", "id", "social_insurance/nguoi_tham_gia", "ho_va_ten",
    ),
    "land_registry": (
        "land_registry", "certificate", "ma_gcn", "land_registry/gcn", "chu_su_dung",
    ),
}  # fmt: skip


@pytest.mark.parametrize("register", REGISTERS)
def test_names_are_spoilt_as_often_as_their_rates_say(
    demo: Path, faults: pl.DataFrame, register: str
) -> None:
    source, dataset, key, table, column = NAMES[register]
    true = mend(read(demo, table), faults, column, (source, dataset, key))
    # A file in TCVN3 cannot hold these.
    tcvn3 = read_gazetteer().districts.filter(pl.col("encoding") == "TCVN3")["code"]
    modern = ~pl.col("ma_don_vi").is_in(tcvn3.implode()) if register == "land_registry" else ANY
    mine = faults.filter(pl.col("dataset") == dataset, pl.col("field") == column)
    off = {}
    for kind, eligible in ELIGIBLE.items():
        rate = Noise().rate(register, kind)
        among = modern if kind in ("decomposed", "eth_for_d") else ANY
        able = sum(eligible(name) for name in true.filter(among)[column].drop_nulls())
        found = mine.filter(pl.col("kind") == kind).height
        # Exactly the rate is spoilt: what is left is rounding, and values already spoilt.
        if abs(found - rate * able) > 2 + 0.12 * rate * able:
            off[kind] = f"{found} of {able}, expected {rate * able:.0f}"

    assert off == {}


def test_birth_years_alone_stand_where_people_are_old(demo: Path, faults: pl.DataFrame) -> None:
    people = read(demo, "truth/person").select("truth_id", "birth_date")
    links = read(demo, "truth/same_person").join(people, on="truth_id")
    found = {}
    for register in ("population", "social_insurance"):
        _, dataset, *_ = NAMES[register]
        aged = links.filter(
            pl.col("dataset") == dataset, pl.col("birth_date").dt.year() < TODAY.year - 59
        )
        mine = faults.filter(pl.col("dataset") == dataset, pl.col("kind") == "year_only")
        found[register] = mine.height / len(aged) / Noise().rate(register, "year_only")

    assert_near(found, {"population": (1.0, 0.15), "social_insurance": (1.0, 0.1)})


def test_every_kind_that_is_on_is_found_and_its_number_stands_beside_it(
    faults: pl.DataFrame,
) -> None:
    numbers = dict(faults.select("kind", "noise").unique().iter_rows())
    found = set(faults.select("source", "kind").unique().iter_rows())
    missing = {
        f"{kind.code} {kind.name} in {register}"
        for kind in CATALOGUE
        for register in REGISTERS
        if kind.rate(register) and (register, kind.name) not in found
    }

    assert numbers == {kind.name: kind.code for kind in CATALOGUE if kind.name in numbers}
    assert missing == set()


def test_a_rate_twice_as_high_spoils_twice_as_many(tmp_path: Path) -> None:
    from mocks.province import Options

    counts = []
    for rate in (0.02, 0.04):
        noise = Noise.parse(["all=0", f"population.N5={rate}"])
        make_province(tmp_path, "tiny", SEED, Options(noise=noise))
        told = json.loads((tmp_path / "province.json").read_text(encoding="utf-8"))["faults"]
        counts.append(told["population.person"]["marks_missing"])

    assert counts[0] > 30
    assert abs(counts[1] - 2 * counts[0]) <= 2


# The desks


def test_a_third_of_the_dossiers_is_filed_outside_the_commune_of_residence(demo: Path) -> None:
    desks = read(demo, "desks/desk").select("kind", "commune_code", desk="code")
    dossiers = read(demo, "desks/dossier").join(desks, on="desk")
    at_home = (pl.col("commune_code") == pl.col("applicant_commune")).fill_null(False)
    found = {
        "elsewhere": percent(dossiers, ~at_home),
        "online": percent(dossiers, pl.col("channel") == 2),
    }

    assert_near(found, {"elsewhere": (35, 5), "online": (92.8, 0.7)})
    assert desks["kind"].value_counts(sort=True).rows() == [
        ("commune", 54),
        ("provincial centre", 1),
    ]
    assert (read(demo, "desks/officer").height, dossiers.height) == (120, 150)


def test_dossiers_have_codes_of_the_day_and_come_from_people_who_may_ask(demo: Path) -> None:
    dossiers = read(demo, "desks/dossier")
    truth = read(demo, "truth/applicant")
    people = read(demo, "truth/person")
    asked = dossiers.join(truth, left_on="code", right_on="dossier").join(people, on="truth_id")
    age = (pl.lit(TODAY) - pl.col("birth_date_right")).dt.total_days() / 365.2425
    pension = asked.filter(pl.col("procedure") == "1.014027")

    assert dossiers["code"].is_unique().all()
    assert dossiers["code"].str.contains(r"^H49\.\d{2}\.\d{2}-261030-\d{4}$").all()
    assert dossiers["procedure"].str.contains(r"^[12]\.\d{6}$").all()
    assert truth["dossier"].to_list() == dossiers["code"].to_list()
    assert asked.height == dossiers.height
    assert percent(asked, age >= 18) == 100
    assert asked["death_date"].is_null().all()
    assert percent(pension, (age >= 75) & ~pl.col("receives_pension")) == 100
    assert set(dossiers["officer"]) <= set(read(demo, "desks/officer")["code"])
    assert (dossiers["officer"].str.split("-").list.first() == dossiers["desk"]).all()


def test_what_applicants_misstate_is_what_differs_from_the_truth(demo: Path) -> None:
    truth = read(demo, "truth/applicant")
    people = read(demo, "truth/person").select("truth_id", "pin", "full_name", "birth_date")
    asked = read(demo, "desks/dossier").join(truth, left_on="code", right_on="dossier")
    both = asked.join(people, on="truth_id", suffix="_true", maintain_order="left")
    differs = {
        (code, column, str(true))
        for column in ("pin", "full_name", "birth_date")
        for code, true in both.filter(pl.col(column) != pl.col(f"{column}_true"))
        .select("code", f"{column}_true")
        .iter_rows()
    }
    told = truth.drop_nulls("kind")

    assert differs == set(told.select("dossier", "field", "true_value").iter_rows())
    assert set(told["kind"]) == {
        "marks_missing", "tone_moved", "typing_error", "day_month_swapped",
    }  # fmt: skip
    assert 0.04 < len(told) / len(truth) < 0.12


# The page that tells of it


def test_the_page_lists_the_kinds_of_noise_as_the_catalogue_has_them() -> None:
    def share(rate: float | None) -> str:
        return "–" if rate is None else f"{100 * rate:g} %"

    expected = [
        f"| {kind.code} | `{kind.name}` | {kind.says}{' (form)' if kind.is_form else ''} | "
        + " | ".join(share(kind.rate(register)) for register in REGISTERS)
        + " |"
        for kind in CATALOGUE
    ]
    page = PAGE.read_text(encoding="utf-8").splitlines()

    assert [line for line in page if re.match(r"\| [NLD]\d+ \|", line)] == expected
