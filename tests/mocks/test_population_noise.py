"""Noise of the population register: every kind is put in, told truly, read as told, and rare."""

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from hub.contract import load_contracts
from hub.names import name_key
from mocks.province.faults import Truth
from mocks.province.noise import CATALOGUE, FORMS, KINDS, Noise
from mocks.province.people import REFERENCE_DAY, World, make_world
from mocks.province.population import register_population
from mocks.province.profiles import PROFILES
from mocks.province.reference import read_gazetteer
from mocks.province.spelling import has_movable_tone, has_y
from standardisation import standardise

SEED, CANARIES = 7, 8
CONTRACT = load_contracts([Path("contracts")])["population"]
TABLES = {
    "person": ("cong_dan", "ma_cd"),
    "household": ("ho", "ma_ho"),
    "residence": ("cu_tru", "ma_ct"),
    "relation": ("quan_he", "ma_qh"),
}
RATES = {kind.name: kind.rate("population") or 0.0 for kind in CATALOGUE}
RATED = sorted(kind for kind, rate in RATES.items() if rate)
PLACE = ("source", "dataset", "record_id", "field", "kind", "noise", "outcome", "true_value")
NO_FAULTS = pl.DataFrame(schema=dict.fromkeys(PLACE, pl.String))
APOSTROPHES = str.maketrans("’ʼ`´", "''''")


@cache
def world_of(profile: str, province: str = "22", canaries: int = 0) -> World:
    return make_world(PROFILES[profile], SEED, read_gazetteer(province), canaries=canaries)


class Register:
    """The tables by dataset, and the truth, of one world."""

    def __init__(self, world: World, *settings: str) -> None:
        truth = Truth(Noise.parse(settings))
        tables = register_population(world, SEED, truth)
        self.world = world
        self.tables = {dataset: tables[name] for dataset, (name, _) in TABLES.items()}
        self.links = pl.concat(truth.links)
        self.faults = pl.concat([NO_FAULTS, *(note.frame for note in truth.notes)])

    def told(self, dataset: str, field: str) -> pl.DataFrame:
        """The faults in one column, and the value that stands there."""
        key = TABLES[dataset][1]
        rows = self.tables[dataset].select(record_id=key, value=pl.col(field).cast(pl.String))
        mine = self.faults.filter(pl.col("dataset") == dataset, pl.col("field") == field)
        return mine.join(rows, on="record_id", how="left", maintain_order="left")

    def fields(self, dataset: str) -> list[str]:
        """The columns of a dataset that hold a fault."""
        mine = self.faults.filter(pl.col("dataset") == dataset)
        return mine["field"].unique(maintain_order=True).to_list()

    def true_table(self, dataset: str) -> pl.DataFrame:
        """The table without the noise and without second rows of people."""
        key, table = TABLES[dataset][1], self.tables[dataset]
        if dataset == "person":
            table = table.head(int(self.world.people["in_population"].sum()))
        for field in self.fields(dataset):
            true = self.told(dataset, field).unique("record_id")
            true = true.select(
                pl.col("record_id").alias(key), _true=pl.col("true_value").cast(table[field].dtype)
            )
            joined = table.join(true, on=key, how="left", maintain_order="left")
            table = joined.with_columns(pl.coalesce("_true", field).alias(field)).drop("_true")
        return table


@pytest.fixture(scope="module")
def tiny() -> Register:
    return Register(world_of("tiny"))


@pytest.fixture(scope="module")
def demo() -> Register:
    return Register(world_of("demo"))


@pytest.mark.parametrize("province", ["22", "66", "20", "08"])
def test_every_kind_is_found_in_the_smallest_province(province: str) -> None:
    faults = Register(world_of("tiny", province)).faults

    assert sorted(faults["kind"].unique()) == RATED
    codes = dict(faults.select("kind", "noise").unique().iter_rows())
    assert codes == {kind: KINDS[kind].code for kind in RATED}


def has_gained(bare: Callable[[str], str]) -> Callable[[str, str], bool]:
    return lambda value, true: bare(value) == true


def misread(text: str) -> str:
    parts = (bytes([byte]) for byte in text.encode())
    return "".join(part.decode("cp1252", "ignore") or part.decode("latin-1") for part in parts)


def is_tidied(value: str, true: str) -> bool:
    bare = re.sub(r"\s+", " ", value.replace("\u200b", "")).strip()
    return true in (bare, bare.removesuffix(".")) or value == true.upper()


def is_swapped(value: str, true: str) -> bool:
    year, month, day = true.split("-")
    return value == f"{year}-{day}-{month}"


def is_spelt_out(value: str, true: str) -> bool:
    short = {"Phường ": "P. ", "Xã ": "X. ", "Tỉnh ": "", "Thị trấn ": "TT. "}
    for full, letters in short.items():
        true = true.replace(full, letters)
    return value == true


def same_words(value: str, true: str) -> bool:
    return name_key(value) == name_key(true)


RELATION_TO_TRUTH: dict[str, Callable[[str, str], bool]] = {
    "decomposed": has_gained(lambda text: unicodedata.normalize("NFC", text)),
    "tone_moved": same_words,
    "i_for_y": same_words,
    "eth_for_d": has_gained(lambda text: text.replace("Ð", "Đ")),
    "marks_missing": lambda value, true: value.isascii() and same_words(value, true),
    "mojibake": lambda value, true: value == misread(true),
    "untidy": is_tidied,
    "day_month_swapped": is_swapped,
    "year_only": lambda value, true: value in (true[:4], f"{true[:4]}-01-01") and true < "1967",
    "zero_lost": has_gained(lambda text: "0" + text),
    "separators": has_gained(lambda text: re.sub("[ .-]", "", text)),
    "address_abbreviated": is_spelt_out,
    "older_unit_names": lambda value, true: value.split(", ")[0] == true.split(", ")[0],
    "person_twice": lambda value, true: value is None and len(true) == 12,
    "apostrophe": has_gained(lambda text: text.translate(APOSTROPHES)),
    "namesake": lambda value, true: name_key(value) == name_key(true) or value == "",
    "value_missing": lambda value, true: value == "" and true != "",
    "date_impossible": lambda value, true: value in (f"{true[:4]}-02-30", f"{true[:4]}-13-01"),
    "typing_error": lambda value, true: sum(a != b for a, b in zip(value, true, strict=True)) == 1,
    "against_number": lambda value, true: (
        {value, true} == {"1", "2"} or int(value[:4]) == int(true[:4]) - 1
    ),
}


@pytest.mark.parametrize("kind", RATED)
def test_the_truth_undoes_every_fault(demo: Register, kind: str) -> None:
    found = 0
    for dataset in TABLES:
        for field in demo.fields(dataset):
            mine = demo.told(dataset, field).filter(pl.col("kind") == kind)
            found += mine.height
            for value, true in mine.select("value", "true_value").iter_rows():
                assert RELATION_TO_TRUTH[kind](value, true), (dataset, field, value, true)
                assert kind == "namesake" or value != true
    assert found > 0


def test_without_noise_the_register_is_the_truth(tiny: Register) -> None:
    clean = Register(world_of("tiny"), "all=0")

    assert clean.faults.is_empty()
    for dataset in TABLES:
        assert clean.tables[dataset].equals(tiny.true_table(dataset)), dataset


@pytest.mark.parametrize("kind", RATED)
def test_one_kind_is_switched_off_and_the_others_stay_where_they_were(
    tiny: Register, kind: str
) -> None:
    without = Register(world_of("tiny"), f"population.{kind}=0").faults
    others = tiny.faults.filter(pl.col("kind") != kind)

    assert kind not in without["kind"].unique()
    assert without.height == others.height
    moved = without.join(others, on=["dataset", "record_id", "field", "kind"], how="anti")
    # A value that the kind no longer takes may be taken by another.
    freed = tiny.faults.filter(pl.col("kind") == kind)
    taken = moved.join(freed, on=["dataset", "record_id", "field"], how="semi")
    assert taken.height == moved.height


def test_a_higher_rate_adds_faults_and_moves_none(tiny: Register) -> None:
    more = Register(world_of("tiny"), "population.decomposed=0.01").faults
    keys = ["dataset", "record_id", "field", "kind"]

    assert more.height > tiny.faults.height
    assert tiny.faults.join(more, on=keys, how="anti").height <= 1


def count_able(register: Register, dataset: str, able: pl.Expr) -> int:
    return register.true_table(dataset).filter(able).height


BORN = pl.col("ngay_sinh")
BORN_DAY, BORN_MONTH = BORN.str.slice(8, 2), BORN.str.slice(5, 2)
MARKED = pl.col("ho_ten").str.contains(r"[^\x00-\x7f]")
EVERY = pl.lit(True)


@pytest.mark.parametrize(
    ("dataset", "field", "kind", "able"),
    [
        ("person", "ho_ten", "decomposed", MARKED),
        ("person", "ho_ten", "tone_moved", has_movable_tone("ho_ten")),
        ("person", "ho_ten", "i_for_y", has_y("ho_ten")),
        ("person", "ho_ten", "eth_for_d", pl.col("ho_ten").str.contains("Đ")),
        ("person", "ho_ten", "marks_missing", MARKED),
        ("person", "ho_ten", "mojibake", MARKED),
        ("person", "ho_ten", "untidy", EVERY),
        ("person", "ngay_sinh", "year_only", BORN < "1967"),
        (
            "person",
            "ngay_sinh",
            "day_month_swapped",
            (BORN_DAY <= "12") & (BORN_DAY != BORN_MONTH),
        ),
        ("person", "so_dinh_danh", "zero_lost", EVERY),
        ("person", "so_dinh_danh", "separators", EVERY),
        ("person", "so_dinh_danh", "person_twice", EVERY),
        ("person", "so_cmnd", "typing_error", pl.col("so_cmnd").is_not_null()),
        ("household", "dia_chi", "address_abbreviated", EVERY),
        ("residence", "dia_chi", "older_unit_names", pl.col("den_ngay") < "2025-07-01"),
        ("relation", "ho_ten_lien_quan", "decomposed", EVERY),
    ],
)
def test_rates_are_those_of_the_catalogue(
    demo: Register, dataset: str, field: str, kind: str, able: pl.Expr
) -> None:
    found = demo.told(dataset, field).filter(pl.col("kind") == kind).height
    expected = RATES[kind] * count_able(demo, dataset, able)

    assert found == pytest.approx(expected, rel=0.05, abs=4 * max(1.0, expected**0.5))


def test_under_one_person_in_a_hundred_is_spoilt(demo: Register) -> None:
    spoilt = demo.faults.filter(~pl.col("kind").is_in(FORMS))
    shares = {
        dataset: spoilt.filter(pl.col("dataset") == dataset)["record_id"].n_unique() / len(table)
        for dataset, table in demo.tables.items()
    }

    assert 0.005 < shares["person"] < 0.01
    assert max(shares.values()) < 0.01


def test_rules_find_next_to_nothing_after_repair(demo: Register) -> None:
    worse = demo.faults.filter(
        ~pl.col("kind").is_in(FORMS),
        (pl.col("outcome") == "quarantine") | (pl.col("kind") == "against_number"),
    )
    persons = worse.filter(pl.col("dataset") == "person")["record_id"].n_unique()

    assert persons / len(demo.tables["person"]) < 0.003


def test_canaries_are_clean_but_for_their_fate() -> None:
    tiny = Register(world_of("tiny", canaries=CANARIES))
    canaries = tiny.world.people.filter(pl.col("canary") > 0)
    keys = tiny.links.filter(pl.col("truth_id").is_in(canaries["truth_id"].implode()))["record_id"]
    spoilt = tiny.faults.filter(pl.col("record_id").is_in(keys.implode()))
    homes = tiny.tables["household"].filter(pl.col("chu_ho").is_in(keys.implode()))["ma_ho"]

    assert keys.len() == CANARIES
    assert spoilt.select("kind", "outcome").rows() == [("date_impossible", "quarantine")] * 2
    assert tiny.faults.filter(pl.col("record_id").is_in(homes.implode())).is_empty()
    names = set(canaries["full_name"])
    assert names.isdisjoint(tiny.tables["relation"]["ho_ten_lien_quan"])


def read_standard(table: pl.DataFrame, dataset: str) -> pl.DataFrame:
    """What the hub makes of the rows."""
    texts = [pl.col(name).cast(pl.String) for name in table.columns if name != "da_xoa"]
    landed = (
        table.with_columns(pl.col("cap_nhat_luc").dt.strftime("%Y-%m-%dT%H:%M:%S%.3f+00:00"))
        .with_columns(texts)
        .with_columns(_chunk=pl.lit(0), _row=pl.int_range(pl.len()))
    )
    return standardise(landed, CONTRACT, CONTRACT.get_dataset(dataset))


def find_outcomes(register: Register, dataset: str) -> pl.DataFrame:
    """Each fault of a dataset with what ought to become of it, and what does."""
    promised = CONTRACT.get_dataset(dataset)
    names = {field.physical_name: field.name for field in promised.fields}
    required = [pl.col(field.name).is_null() for field in promised.fields if field.required]
    refused = pl.any_horizontal(pl.col("unreadable").list.len() > 0, *required)
    mine = register.faults.filter(pl.col("dataset") == dataset)["record_id"].implode()
    here = pl.col(TABLES[dataset][1]).is_in(mine)
    spoilt = read_standard(register.tables[dataset].filter(here), dataset)
    true = read_standard(register.true_table(dataset).filter(here), dataset)
    frames = []
    for field in register.fields(dataset):
        name = names[field]
        read = spoilt.select("record_id", "flags", refused=refused, read=name)
        told = (
            register.told(dataset, field)
            .join(read, on="record_id")
            .join(true.select("record_id", meant=name), on="record_id", how="left")
        )
        flagged = pl.col("flags").list.eval(pl.element().str.ends_with(f":{name}")).list.any()
        mended = flagged & pl.col("read").eq_missing(pl.col("meant"))
        does = pl.when("refused").then(pl.lit("quarantine")).when(mended).then(pl.lit("repair"))
        frames.append(
            told.select("record_id", "kind", "outcome", does=does.otherwise(pl.lit("accept")))
        )
    return pl.concat(frames)


@pytest.mark.parametrize("dataset", TABLES)
def test_the_hub_treats_each_fault_as_the_truth_says(demo: Register, dataset: str) -> None:
    told = find_outcomes(demo, dataset)
    # A row with two faults is treated as the worse of them.
    single = told.filter(~pl.col("record_id").is_duplicated())
    wrong = single.filter(pl.col("outcome") != pl.col("does"))

    assert wrong.group_by("kind", "outcome", "does").len().rows() == []
    assert single.height > 0.95 * told.height


def test_highland_apostrophes_are_mended_in_names_and_addresses() -> None:
    register = Register(world_of("tiny", "66"), "all=0", "apostrophe=1")
    for dataset in TABLES:
        told = find_outcomes(register, dataset)
        assert told["does"].unique().to_list() == ["repair"], dataset


def test_past_addresses_name_the_units_of_their_time(demo: Register) -> None:
    homes = demo.world.households
    written = demo.tables["residence"].filter(
        pl.col("ma_ct").is_in(
            demo.faults.filter(pl.col("kind") == "older_unit_names")["record_id"].implode()
        )
    )
    old, former = set(homes["old_address"]), set(homes["former_address"].drop_nulls())
    late = written.filter(pl.col("den_ngay") >= "2012-01-01")
    early = written.filter(pl.col("den_ngay") < "2012-01-01")

    assert set(written["den_ngay"].str.slice(0, 4)) <= {str(year) for year in range(1926, 2026)}
    assert set(late["dia_chi"]) <= old
    assert set(early["dia_chi"]) <= old | former
    assert len(set(early["dia_chi"]) & former) > 50


def test_second_rows_of_people_have_no_number_or_are_removed(demo: Register) -> None:
    people = int(demo.world.people["in_population"].sum())
    doubles = demo.tables["person"].tail(-people)
    told = demo.faults.filter(pl.col("kind") == "person_twice")
    first = demo.tables["person"].head(people)["ma_cd"]
    owners = demo.links.filter(pl.col("record_id").is_in(told["record_id"].implode()))

    assert len(doubles) == 2 * told.height == 2 * round(RATES["person_twice"] * people)
    assert doubles.filter("da_xoa")["so_dinh_danh"].null_count() == 0
    assert doubles.filter(~pl.col("da_xoa"))["ma_cd"].to_list() == told["record_id"].to_list()
    assert doubles.filter(~pl.col("da_xoa"))["so_dinh_danh"].null_count() == told.height
    assert first.is_in(doubles["ma_cd"].implode()).sum() == 0
    assert owners["truth_id"].n_unique() == told.height


def test_lives_show_in_the_register(demo: Register) -> None:
    people = demo.world.people.join(demo.links, on="truth_id")
    homes = demo.true_table("residence").join(people, left_on="ma_cd", right_on="record_id")
    ties = demo.true_table("relation")
    ended = ties.filter("da_xoa")
    divorced = people.filter(pl.col("divorce_day").is_not_null(), "in_population").unique(
        "truth_id"
    )

    whole = homes.filter(pl.col("tu_ngay").is_not_null(), pl.col("den_ngay").is_not_null())
    assert (whole["tu_ngay"] <= whole["den_ngay"]).all()
    assert (homes["tu_ngay"] >= homes["birth_date"].cast(pl.String)).all()
    dead = homes.filter(pl.col("death_date").is_not_null(), pl.col("loai") == "thuong_tru")
    assert (dead["den_ngay"] <= dead["death_date"].cast(pl.String)).all()
    assert ended.select("loai", "ma_cd_lien_quan").unique().rows() == [("vo_chong", None)]
    assert len(ended) == len(divorced)
    assert demo.tables["person"]["ngay_chet"].null_count() < len(people)


def test_no_row_was_touched_before_what_it_tells(demo: Register) -> None:
    persons = demo.true_table("person")
    touched = pl.col("cap_nhat_luc").dt.convert_time_zone("Asia/Ho_Chi_Minh").dt.date()
    early = persons.filter(touched < pl.max_horizontal(BORN.str.to_date(), pl.col("ngay_chet")))
    homes = demo.true_table("residence")
    until = pl.coalesce("den_ngay", "tu_ngay").str.to_date()

    assert early.is_empty()
    assert homes.filter(touched < until).is_empty()
    last = pl.select(pl.lit(REFERENCE_DAY).cast(pl.Int32).cast(pl.Date)).item()
    assert persons.filter(touched >= last).is_empty()


def test_fathers_known_by_name_only_are_called_as_differently_as_others(demo: Register) -> None:
    named = demo.true_table("relation").filter(
        pl.col("ma_cd_lien_quan").is_null(), pl.col("loai") == "cha"
    )["ho_ten_lien_quan"]

    assert len(named) > 4_000
    assert named.value_counts()["count"].max() < 0.01 * len(named)
