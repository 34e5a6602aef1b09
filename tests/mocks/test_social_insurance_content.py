"""What the social insurance register holds, what is wrong in it, and what the hub makes of that."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import polars as pl
import pytest

from hub.contract import parse_contract
from mocks.province.faults import ACCEPT, QUARANTINE, REPAIR, Truth
from mocks.province.noise import CATALOGUE, Noise
from mocks.province.people import YEAR_DAYS, World, make_world
from mocks.province.profiles import REFERENCE_DATE, find_profile
from mocks.province.reference import read_gazetteer
from mocks.province.social_insurance import register_social_insurance
from standardisation import standardise

SEED, CANARIES = 7, 8
TABLES = {
    "participant": ("nguoi_tham_gia", "id"),
    "participation": ("qua_trinh", "id"),
    "card": ("the_bhyt", "id"),
    "employer": ("don_vi", "ma_don_vi"),
}
KINDS = sorted(kind.name for kind in CATALOGUE if kind.rate("social_insurance") is not None)
LEVELS = {
    "TE": "1", "CC": "1", "CK": "2", "HN": "2", "DT": "2", "DK": "2", "BT": "2", "HT": "3",
    "HS": "4", "SV": "4", "DN": "4", "HC": "4", "CH": "4", "XD": "4", "GD": "4",
}  # fmt: skip
CHANGE = date(2026, 1, 1)
CONTRACT = parse_contract(Path("contracts/social_insurance.yml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Register:
    """The register's tables, the people behind them, their numbers, and the truth."""

    world: World
    tables: dict[str, pl.DataFrame]
    numbers: pl.Series
    truth: Truth

    def notes(self, dataset: str, kind: str | None = None) -> list[tuple[str, str, pl.DataFrame]]:
        """Column, outcome and records of the faults of a dataset, or of one kind of them."""
        return [
            (note.column, note.outcome, note.records)
            for note in self.truth.notes
            if note.dataset == dataset and kind in (None, note.kind)
        ]

    def restored(self, dataset: str) -> pl.DataFrame:
        """The table with every true value back in its place."""
        table, key = TABLES[dataset]
        frame = self.tables[table]
        for column, _, records in self.notes(dataset):
            is_date = frame.schema[column] == pl.Date
            value = pl.col("true_value")
            true = records.select(
                pl.col("record_id").cast(frame.schema[key]),
                value.str.to_date() if is_date else value.cast(frame.schema[column]),
            )
            found = frame.join(
                true, left_on=key, right_on="record_id", how="left", maintain_order="left"
            )
            hit = frame[key].is_in(true["record_id"].implode())
            frame = frame.with_columns(
                found["true_value"].zip_with(hit, frame[column]).alias(column)
            )
        return frame

    def clean(self, dataset: str) -> pl.DataFrame:
        """The rows in which nothing is wrong."""
        table, key = TABLES[dataset]
        spoilt = pl.concat([records["record_id"] for _, _, records in self.notes(dataset)])
        frame = self.tables[table]
        return frame.filter(~pl.col(key).cast(pl.String).is_in(spoilt.implode()))

    def people(self) -> pl.DataFrame:
        """Whose each participant row is: nguoi_id and the person's columns."""
        links = pl.concat(self.truth.links).select(
            "truth_id", nguoi_id=pl.col("record_id").cast(pl.Int64)
        )
        named = self.world.people.with_columns(number=self.numbers)
        return links.join(named, on="truth_id", maintain_order="left")


@lru_cache(maxsize=6)
def make_people(profile: str, province: str, canaries: int) -> World:
    sizes = find_profile(profile, seed=SEED, canaries=canaries)
    return make_world(sizes, SEED, read_gazetteer(province), canaries=canaries)


@lru_cache(maxsize=4)
def make(profile: str, province: str = "22", *settings: str) -> Register:
    """The register of a province, with canaries where the rates are the usual ones."""
    canaries = 0 if settings else CANARIES
    sizes = find_profile(profile, seed=SEED, canaries=canaries)
    world, truth = make_people(profile, province, canaries), Truth(Noise.parse(settings))
    tables, numbers = register_social_insurance(
        world, sizes, SEED, truth=truth, gazetteer=read_gazetteer(province)
    )
    return Register(world, tables, numbers, truth)


@lru_cache(maxsize=8)
def judge(register: Callable[[], Register], dataset: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The dataset as the hub reads it, as it is and with the true values back."""
    made = register()
    return (
        _read(dataset, made.tables[TABLES[dataset][0]]),
        _read(dataset, made.restored(dataset)),
    )


def _read(dataset: str, frame: pl.DataFrame) -> pl.DataFrame:
    promised = CONTRACT.get_dataset(dataset)
    landed = frame.with_columns(_chunk=pl.lit(0), _row=pl.int_range(0, len(frame)))
    needed = [field.name for field in promised.fields if field.required]
    read = standardise(landed, CONTRACT, promised)
    lost = pl.any_horizontal(pl.col(name).is_null() for name in needed)
    return read.with_columns(quarantined=(pl.col("unreadable").list.len() > 0) | lost)


def demo() -> Register:
    return make("demo")


def highland() -> Register:
    return make("tiny", "66")


def test_every_kind_of_the_catalogue_is_put_into_the_smallest_register() -> None:
    found = {note.kind for note in highland().truth.notes if len(note.records)}

    assert sorted(found) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_that_is_switched_off_is_nowhere(kind: str) -> None:
    quiet = make("tiny", "66", f"social_insurance.{kind}=0")

    found = {note.kind for note in quiet.truth.notes if len(note.records)}
    assert found == set(KINDS) - {kind}


def test_a_register_without_noise_is_read_whole_and_without_a_repair() -> None:
    quiet = make("demo", "22", "all=0")

    assert quiet.truth.notes == []
    for dataset in TABLES:
        read = _read(dataset, quiet.tables[TABLES[dataset][0]])
        assert not read["quarantined"].any()
        flags = set(read["flags"].explode().drop_nulls())
        assert flags == ({"SEPARATORS:card_number"} if dataset == "card" else set())
    assert len(quiet.people()) == quiet.people()["truth_id"].n_unique() == 47_800


def test_with_the_true_values_back_each_row_says_what_the_person_is() -> None:
    register = demo()
    rows = register.restored("participant").join(
        register.people(), left_on="id", right_on="nguoi_id", maintain_order="left"
    )

    assert (rows["ho_va_ten"] == rows["full_name"]).all()
    assert (rows["so_dinh_danh"] == rows["pin"]).all()
    assert (rows["ngay_sinh"] == rows["birth_date"].dt.strftime("%d/%m/%Y")).all()
    assert (rows["gioi_tinh"] == rows["sex"].replace_strict({1: "Nam", 2: "Nữ"})).all()
    later = rows.filter(~pl.col("id").is_in(_older_rows(register).implode()))
    assert (later["ma_so_bhxh"] == later["number"]).all()
    assert len(later) == register.numbers.count()


def test_a_fault_changes_the_value_it_is_told_of() -> None:
    register = highland()
    for dataset, (table, key) in TABLES.items():
        values = register.tables[table].with_columns(pl.all().cast(pl.String))
        for column, _, records in register.notes(dataset):
            told = records.join(values, left_on="record_id", right_on=key)
            assert len(told) == len(records)
            assert told["true_value"].ne_missing(told[column]).all(), (dataset, column)


@pytest.mark.parametrize("dataset", TABLES)
def test_the_hub_does_with_each_fault_what_its_outcome_says(dataset: str) -> None:
    spoilt, true = judge(demo, dataset)
    names = {field.physical_name: field.name for field in CONTRACT.get_dataset(dataset).fields}
    for column, outcome, records in demo().notes(dataset):
        name = names[column]
        columns = ["record_id", name, "flags", "unreadable", "quarantined"]
        rows = records.join(spoilt.select(columns), on="record_id", maintain_order="left")
        known = records.join(true.select("record_id", name), on="record_id", maintain_order="left")
        if outcome == QUARANTINE:
            assert rows["quarantined"].all(), (column, records)
        elif outcome == REPAIR:
            assert rows[name].to_list() == known[name].to_list(), column
            assert rows["flags"].list.join(" ").str.contains(rf":{name}\b").all(), column
        else:
            assert outcome == ACCEPT
            assert not rows["unreadable"].list.contains(name).any(), column


def test_no_more_is_unreadable_than_a_batch_may_hold_and_nothing_but_what_was_meant() -> None:
    for dataset in TABLES:
        spoilt, true = judge(demo, dataset)
        meant = [
            records["record_id"]
            for _, outcome, records in demo().notes(dataset)
            if outcome == QUARANTINE
        ]
        unreadable = set(spoilt.filter("quarantined")["record_id"])
        assert unreadable == set(pl.concat(meant)) if meant else not unreadable
        assert len(unreadable) <= len(spoilt) * 0.01
        assert not true["quarantined"].any()


def test_about_one_participant_in_twenty_has_a_fault() -> None:
    for province in ("22", "66", "20", "08"):
        register = make("demo", province)
        spoilt = pl.concat(
            [records["record_id"] for _, _, records in register.notes("participant")]
        )
        share = spoilt.n_unique() / len(register.tables["nguoi_tham_gia"])
        assert 0.04 < share < 0.06, province


def test_the_rates_of_the_catalogue_are_met() -> None:
    register = demo()
    people = register.people()
    old = people.filter(pl.col("birth_date") <= REFERENCE_DATE - timedelta(days=60 * 365.2425))
    dead = people.filter(pl.col("death_day").is_not_null())
    newborn = people.filter(pl.col("birth_date") >= REFERENCE_DATE - timedelta(days=75))

    def count(dataset: str, kind: str, column: str) -> int:
        return sum(len(r) for c, _, r in register.notes(dataset, kind) if c == column)

    shares = {
        "year only": count("participant", "year_only", "ngay_sinh") / len(old),
        "zero lost": count("participant", "zero_lost", "so_dinh_danh") / len(people),
        "dead with an open card": count("card", "life_event_missed", "gia_tri_den") / len(dead),
        "born without number": count("participant", "life_event_missed", "so_dinh_danh")
        / len(newborn),
        "twice": len(_older_rows(register)) / len(people),
    }
    assert shares == pytest.approx(
        {
            "year only": 0.03,
            "zero lost": 0.005,
            "dead with an open card": 0.3,
            "born without number": 0.3,
            "twice": 0.001,
        },
        rel=0.25,
    )


def test_the_first_of_january_is_a_peak_among_the_old_only() -> None:
    rows = demo().tables["nguoi_tham_gia"].filter(pl.col("ngay_sinh").str.len_chars() == 10)
    first = pl.col("ngay_sinh").str.starts_with("01/01/")
    is_old = pl.col("ngay_sinh").str.slice(6) < "1966"
    peak, even = (rows.filter(part).select(first.mean()).item() for part in (is_old, ~is_old))

    assert peak > 4 / 365
    assert even < 2 / 365


def test_apart_from_outsiders_few_rows_lack_the_number_of_a_person_of_the_province() -> None:
    register = demo()
    rows = register.people().join(
        register.tables["nguoi_tham_gia"], left_on="nguoi_id", right_on="id"
    )
    residents = rows.filter("in_population")
    read = judge(demo, "participant")[0].select(
        pl.col("record_id").cast(pl.Int64).alias("nguoi_id"), read="pin"
    )
    compared = residents.join(read, on="nguoi_id")
    lacking = compared.filter(pl.col("read").is_null() | (pl.col("read") != pl.col("pin")))

    assert 0.003 < len(lacking) / len(residents) < 0.005


def test_each_object_has_the_level_that_was_its_own_when_the_card_began() -> None:
    cards = demo().clean("card").with_columns(code=pl.col("so_the").str.replace_all("[ -]", ""))
    long = cards.filter(pl.col("code").str.len_chars() == 15)
    found = (
        long.select(
            object=pl.col("code").str.head(2),
            level=pl.col("code").str.slice(2, 1),
            new=pl.col("gia_tri_tu") >= CHANGE,
        )
        .unique()
        .rows()
    )
    changed = {("CN", "3", False), ("CN", "2", True), ("LH", "4", False), ("LH", "2", True)}

    assert {row for row in found if row[0] in ("CN", "LH")} == changed
    assert {row[:2] for row in found} - {row[:2] for row in changed} == set(LEVELS.items())


def test_card_numbers_stand_in_full_in_groups_and_as_their_last_ten_digits() -> None:
    cards = demo().clean("card")
    numbers = demo().people().select("nguoi_id", "number")
    forms = {
        "full": r"^[A-Z]{2}[1-5]22\d{10}$",
        "spaces": r"^[A-Z]{2} [1-5] 22 \d{10}$",
        "dashes": r"^[A-Z]{2}-[1-5]-22-\d{10}$",
        "short": r"^\d{10}$",
        "temporary": r"^TE101\d{10}$",
    }
    shares = {name: cards["so_the"].str.contains(pattern).mean() for name, pattern in forms.items()}
    held = cards.join(numbers, on="nguoi_id").filter(~pl.col("so_the").str.starts_with("TE101"))

    assert sum(shares.values()) == pytest.approx(1)
    assert shares.pop("temporary") < 0.005
    assert shares == pytest.approx(
        {"full": 0.73, "spaces": 0.11, "dashes": 0.04, "short": 0.12}, abs=0.01
    )
    assert (held["so_the"].str.tail(10) == held["number"]).all()


def test_newborns_without_a_number_hold_a_temporary_card() -> None:
    register = demo()
    waiting = {
        int(key)
        for column, _, records in register.notes("participant", "life_event_missed")
        if column == "so_dinh_danh"
        for key in records["record_id"]
    }
    temporary = register.clean("card").filter(pl.col("so_the").str.starts_with("TE101"))
    rows = register.tables["nguoi_tham_gia"].filter(pl.col("id").is_in(list(waiting)))

    assert len(waiting) > 10
    assert set(temporary["nguoi_id"]) <= waiting
    assert len(temporary) >= 0.9 * len(waiting)
    assert rows.select("so_dinh_danh", "ma_so_bhxh").null_count().row(0) == (len(rows),) * 2


def test_a_childs_card_runs_from_birth_to_72_months() -> None:
    register = demo()
    cards = register.clean("card").filter(pl.col("so_the").str.starts_with("TE"))
    held = cards.join(register.people(), on="nguoi_id").filter(pl.col("death_date").is_null())

    assert len(held) > 1_000
    assert (held["gia_tri_tu"] == held["birth_date"]).all()
    assert (held["gia_tri_den"] < held["birth_date"].dt.offset_by("6y")).all()


def test_no_two_cards_of_one_person_are_in_force_on_one_day() -> None:
    register = demo()
    cards = register.restored("card").sort("nguoi_id", "gia_tri_tu")
    end = pl.col("gia_tri_den").fill_null(date(9999, 12, 31))
    overlaps = cards.filter(end.shift(1).over("nguoi_id") >= pl.col("gia_tri_tu"))

    assert overlaps.is_empty()
    assert (cards["gia_tri_den"] >= cards["gia_tri_tu"]).all()


def test_a_card_of_the_dead_ends_with_the_day_of_death() -> None:
    register = demo()
    held = register.restored("card").join(register.people(), on="nguoi_id")
    dead = held.filter(pl.col("death_date").is_not_null())

    assert len(dead) > 400
    assert (dead["gia_tri_den"] == dead["death_date"]).mean() > 0.95
    assert (dead["gia_tri_den"] <= dead["death_date"]).all()


def test_the_dead_draw_no_pension_and_pay_nothing_after_the_month_of_death() -> None:
    register = demo()
    dead = register.people().filter(pl.col("death_date").is_not_null())
    rows = dead.join(register.tables["nguoi_tham_gia"], left_on="nguoi_id", right_on="id")
    age = (pl.col("death_day") - pl.col("birth_day")) / YEAR_DAYS
    periods = dead.join(register.restored("participation"), on="nguoi_id")

    assert len(rows) > 400
    assert not rows["huong_luong_huu"].any()
    assert dead.filter("receives_pension").select(age.min()).item() >= 57
    assert len(periods) > 100
    assert (periods["den_thang"] <= periods["death_date"].dt.strftime("%Y-%m")).all()


def test_five_years_of_insurance_are_reached_at_the_fifth_birthday_or_later_in_life() -> None:
    register = demo()
    cards = register.restored("card").join(register.people(), on="nguoi_id")
    told = cards.drop_nulls("du_5_nam")

    assert len(told) > 0.5 * len(cards)
    assert not told["so_the"].str.starts_with("TE").any()
    assert (told["du_5_nam"] >= told["birth_date"].dt.offset_by("5y")).all()
    assert (told["du_5_nam"] <= told["death_date"].fill_null(date(9999, 12, 31))).all()
    assert told.group_by("truth_id").agg(pl.col("du_5_nam").n_unique())["du_5_nam"].max() == 1


def test_pensioners_have_paid_for_15_to_35_years_since_1962() -> None:
    register = demo()
    pensioners = register.people().filter("receives_pension")
    periods = pensioners.join(register.restored("participation"), on="nguoi_id").with_columns(
        months=_count_months("den_thang") - _count_months("tu_thang") + 1
    )
    paid = periods.group_by("truth_id").agg(pl.col("months").sum(), spans=pl.len())

    assert set(paid["truth_id"]) == set(pensioners["truth_id"])
    assert paid["months"].min() >= 15 * 12
    assert paid["months"].max() <= 35 * 12
    assert set(paid["spans"]) == {1, 2, 3}
    assert register.restored("participation")["tu_thang"].min() >= "1962-01"


def test_pay_is_told_in_the_money_of_its_time() -> None:
    ended = demo().restored("participation").filter(pl.col("den_thang") >= "1986")
    pay = dict(
        ended.group_by(pl.col("den_thang").fill_null("2026").str.head(3) + "0")
        .agg(pl.col("muc_dong").median())
        .rows()
    )
    now = demo().restored("participation").filter(pl.col("den_thang").is_null())["muc_dong"]

    assert 300_000 < pay["1990"] < 700_000
    assert pay["1990"] < pay["2000"] < pay["2010"] < pay["2020"] < now.median()
    assert (now.min(), now.max()) >= (4_730_000, 30_000_000)
    assert now.max() <= 46_800_000


def test_workers_and_living_pensioners_are_all_insured() -> None:
    register = demo()
    people = register.world.people.with_columns(number=register.numbers)
    living = people.filter(pl.col("death_day").is_null(), "in_population")
    earning = living.filter(pl.col("works") | pl.col("receives_pension"))
    others = living.filter(~(pl.col("works") | pl.col("receives_pension")))

    assert len(earning) > 10_000
    assert earning["number"].null_count() == 0
    assert others["number"].null_count() > 1_000


@pytest.mark.parametrize("setting", ["social_insurance.N22=1", "all=1"])
def test_no_more_stand_twice_than_can(setting: str) -> None:
    register = make("tiny", "66", setting)
    older = _older_rows(register)
    twice = register.people().filter(pl.col("nguoi_id").is_in(older.implode()))

    assert len(older) > 100
    assert twice["truth_id"].is_unique().all()
    assert twice["old_number"].null_count() == twice["death_day"].count() == 0
    assert len(register.tables["nguoi_tham_gia"]) == 1_910


def test_peoples_stand_by_the_list_of_1979_and_are_read_into_that_of_2008() -> None:
    register = make("demo", "66")
    owners = register.people().select("nguoi_id", "ethnic_code")
    rows = register.tables["nguoi_tham_gia"].join(owners, left_on="id", right_on="nguoi_id")
    read = _read("participant", register.tables["nguoi_tham_gia"]).select(
        "ethnic_code_list", id=pl.col("record_id").cast(pl.Int64), read="ethnic_code"
    )
    found = rows.join(read, on="id")
    swapped = set(found.select("dan_toc", "ethnic_code").unique().rows())

    assert {pair for pair in swapped if pair[0] != pair[1]} == {("04", "06"), ("06", "04")}
    assert (found["read"] == found["ethnic_code"]).all()
    assert found["ethnic_code_list"].unique().to_list() == ["1979"]


def test_who_stands_twice_does_so_once_by_each_number_and_is_one_person() -> None:
    register = demo()
    older = _older_rows(register)
    people = register.people()
    twice = people.filter(pl.col("nguoi_id").is_in(older.implode()))["truth_id"]
    rows = people.filter(pl.col("truth_id").is_in(twice.implode())).join(
        register.restored("participant"), left_on="nguoi_id", right_on="id"
    )
    earlier = register.tables["nguoi_tham_gia"].filter(pl.col("id").is_in(older.implode()))

    assert len(older) == 48
    assert people.group_by("truth_id").len()["len"].value_counts(sort=True).rows() == [
        (1, len(people) - 2 * len(older)),
        (2, len(older)),
    ]
    assert earlier["so_dinh_danh"].null_count() == len(older)
    assert (rows.filter(pl.col("nguoi_id").is_in(older.implode())))["so_cmnd"].null_count() == 0
    assert (rows.filter(~pl.col("nguoi_id").is_in(older.implode())))["so_cmnd"].count() == 0
    assert rows["ma_so_bhxh"].n_unique() == len(rows)


def test_periods_of_one_person_overlap_only_where_two_employers_pay() -> None:
    periods = (
        demo()
        .restored("participation")
        .with_columns(end=pl.col("den_thang").fill_null("9999-12"))
        .sort("nguoi_id", "tu_thang", "end")
    )
    pairs = periods.join(periods, on="nguoi_id").filter(
        pl.col("id") < pl.col("id_right"),
        pl.col("tu_thang") <= pl.col("end_right"),
        pl.col("tu_thang_right") <= pl.col("end"),
    )
    gaps = periods.filter(pl.col("end").shift(1).over("nguoi_id") < pl.col("tu_thang"))

    assert 50 < len(pairs) < 300
    assert (pairs["ma_don_vi"] != pairs["ma_don_vi_right"]).all()
    assert len(gaps) > 5_000
    assert periods["tu_thang"].str.contains(r"^\d{4}-(0[1-9]|1[0-2])$").all()


def test_workers_work_where_their_object_is_found() -> None:
    register = demo()
    employers = register.restored("employer").select("ma_don_vi", "ten_don_vi")
    current = register.restored("participation").filter(pl.col("den_thang").is_null())
    cards = register.clean("card").filter(pl.col("so_the").str.contains("^(?:HC|DN)4"))
    found = current.join(employers, on="ma_don_vi").join(cards, on="nguoi_id")
    public = pl.col("ten_don_vi").str.contains("^(?:Ủy ban nhân dân|Trường|Trạm Y tế) ")
    shares = dict(
        found.group_by(pl.col("so_the").str.head(2)).agg(public.cast(pl.Float64).mean()).rows()
    )

    assert shares["HC"] > 0.95
    assert shares["DN"] == 0


@pytest.mark.parametrize(
    ("province", "tax_prefix", "old_codes"),
    [
        ("22", "57", {"22"}),
        ("66", "60", {"54", "66"}),
        ("20", "49", {"20"}),
        ("08", "50", {"02", "08"}),
    ],
)
def test_numbers_speak_of_the_province_and_of_those_it_was_made_of(
    province: str, tax_prefix: str, old_codes: set[str]
) -> None:
    register = make("demo", province)
    employers, cards = register.restored("employer"), register.restored("card")
    bare = cards["so_the"].str.replace_all("[ -]", "")
    long = bare.filter((bare.str.len_chars() == 15) & ~bare.str.starts_with("TE101"))
    homes = register.world.households["old_province_code"]
    communes = set(read_gazetteer(province).communes["name"])

    assert set(long.str.slice(3, 2)) == set(cards["ma_kcb"].str.head(2)) == old_codes == set(homes)
    assert all(_passes(code) for code in employers["ma_so_thue"])
    assert set(employers["ma_so_thue"].str.head(2)) == {tax_prefix}
    assert (
        employers["ten_don_vi"]
        .map_elements(
            lambda name: any(commune in name for commune in communes), return_dtype=pl.Boolean
        )
        .all()
    )


def test_units_registered_since_august_2025_have_codes_of_the_new_form() -> None:
    register = demo()
    codes = register.tables["don_vi"]["ma_don_vi"]
    new = codes.str.contains(r"^(?:\d{10}-DN|\d{7}-HC)-BB$")
    old = codes.str.contains(r"^(?:TA|YN|IC|DN|HC|BH)\d{5}[A-K]$")
    begun = register.restored("participation").filter(pl.col("ma_don_vi").str.contains("-"))

    assert (new | old).all()
    assert 0.08 < new.mean() < 0.2
    assert codes.is_unique().all()
    assert begun["tu_thang"].min() == "2025-08"
    assert set(register.restored("participation")["ma_don_vi"]) <= set(codes)


def test_canaries_have_no_fault_but_that_of_their_fate() -> None:
    register = demo()
    canaries = register.people().filter(pl.col("canary") > 0)
    keys = canaries["nguoi_id"].cast(pl.String)
    found = [
        (column, key)
        for column, _, records in register.notes("participant")
        for key in records["record_id"]
        if key in set(keys)
    ]
    fated = canaries.filter((pl.col("canary") - 1) % 4 == 2)["nguoi_id"].cast(pl.String)

    assert sorted(found) == sorted(("so_dinh_danh", key) for key in fated)


def _older_rows(register: Register) -> pl.Series:
    """Keys of the earlier rows of those who stand twice."""
    ((_, _, records),) = register.notes("participant", "person_twice")
    return records["record_id"].cast(pl.Int64)


def _count_months(column: str) -> pl.Expr:
    """Months since year 0 of YYYY-MM."""
    text = pl.col(column)
    return text.str.head(4).cast(pl.Int64) * 12 + text.str.slice(5).cast(pl.Int64)


def _passes(code: str) -> bool:
    """Whether the tenth digit is the check digit."""
    weights = (31, 29, 23, 19, 17, 13, 7, 5, 3)
    total = sum(int(digit) * weight for digit, weight in zip(code[:9], weights, strict=True))
    return len(code) == 10 and int(code[9]) == 10 - total % 11
