"""The land register: papers of their time, the nine causes why owners are hard to find, noise."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import polars as pl
import pytest

from mocks.land_registry.tcvn3 import encode_tcvn3
from mocks.province.chance import open_stream
from mocks.province.faults import Truth
from mocks.province.households import HEAD, NOBODY
from mocks.province.land_registry import register_land
from mocks.province.land_registry.deeds import (
    NO_NUMBER,
    OLD_NUMBER,
    PIN,
    PIN_ON_PAPER,
    Deeds,
    grant_deeds,
)
from mocks.province.land_registry.plots import lay_out_plots
from mocks.province.noise import CATALOGUE, FORMS, KINDS, Noise
from mocks.province.people import World, make_world
from mocks.province.profiles import find_profile
from mocks.province.reference import Gazetteer, read_gazetteer

SEED = 7
#: Kinds by which a register or a paper is as it is; all others are put into it afterwards.
CONTENT = (
    *("old_number_only", "no_number", "owner_household", "owner_couple", "owner_dead"),
    *("transfer_unregistered", "address_before_merger", "parcel_number_shared"),
    *("owner_titled", "older_unit_names"),
)
OWN = [kind.name for kind in CATALOGUE if kind.rate("land_registry")]
AFTERWARDS = tuple(f"land_registry.{name}=0" for name in OWN if name not in CONTENT)


@dataclass(frozen=True)
class Land:
    """A land register, the people behind it, and what is wrong with it."""

    world: World
    gazetteer: Gazetteer
    parcels: pl.DataFrame
    certificates: pl.DataFrame
    offices: pl.DataFrame
    faults: pl.DataFrame
    links: pl.DataFrame

    def told(self, kind: str, dataset: str = "certificate") -> pl.DataFrame:
        """The faults of a kind: record_id, field, outcome, true_value."""
        return self.faults.filter(pl.col("kind") == kind, pl.col("dataset") == dataset)

    def papers(self, kind: str) -> pl.DataFrame:
        """The certificates that have it, and the true value beside them."""
        notes = self.told(kind).select("record_id", "field", "true_value")
        return notes.join(self.certificates, left_on="record_id", right_on="ma_gcn")


@lru_cache(maxsize=3)
def make_land(profile: str = "tiny", province: str = "22", noise: tuple[str, ...] = ()) -> Land:
    """A register of its own, without the other two."""
    gazetteer, sizes = read_gazetteer(province), find_profile(profile, seed=SEED, canaries=0)
    world, truth = make_world(sizes, SEED, gazetteer, canaries=0), Truth(Noise.parse(noise))
    tables = register_land(world, sizes, SEED, gazetteer=gazetteer, truth=truth)
    return Land(
        world,
        gazetteer,
        tables["thua_dat"],
        tables["gcn"],
        tables["don_vi"],
        pl.concat(note.frame for note in truth.notes),
        pl.concat(truth.links),
    )


def make_deeds(profile: str, *words: str) -> tuple[World, pl.DataFrame, Deeds]:
    """People, parcels and deeds before anybody writes them down."""
    gazetteer, sizes = read_gazetteer(), find_profile(profile, seed=SEED, canaries=0)
    world, noise = make_world(sizes, SEED, gazetteer, canaries=0), Noise.parse(words)
    plots = lay_out_plots(open_stream(SEED, "plot"), world, sizes.parcels, gazetteer, noise)
    deeds = grant_deeds(open_stream(SEED, "deed"), world, plots, sizes.certificates, noise)
    return world, plots, deeds


def issue_days(papers: pl.DataFrame) -> pl.Series:
    return papers["ngay_cap"].str.to_date("%d/%m/%Y", strict=False)


@pytest.fixture(scope="module")
def land() -> Land:
    """The usual tiny register."""
    return make_land()


@pytest.fixture(scope="module")
def clean() -> Land:
    """The same register before noise."""
    return make_land(noise=AFTERWARDS)


def test_every_kind_that_land_can_have_is_in_the_smallest_province(land: Land) -> None:
    found = set(land.faults["kind"])
    without_highlanders = {"apostrophe"}

    assert set(OWN) - without_highlanders <= found
    assert "apostrophe" in set(make_land(province="66").faults["kind"])
    for kind, column, outcome in land.faults.select("kind", "field", "outcome").unique().rows():
        assert KINDS[kind].rate("land_registry") is not None, (kind, column, outcome)


def test_the_true_values_put_back_give_the_register_before_the_noise(
    land: Land, clean: Land
) -> None:
    spoilt = land.faults.filter(~pl.col("kind").is_in(CONTENT))
    for dataset, key, before, after in (
        ("parcel", "ma_thua", clean.parcels, land.parcels),
        ("certificate", "ma_gcn", clean.certificates, land.certificates),
    ):
        mine = spoilt.filter(pl.col("dataset") == dataset)
        assert mine.select("record_id", "field").is_unique().all()
        for column in mine["field"].unique():
            true = mine.filter(pl.col("field") == column).select("record_id", "true_value")
            joined = after.join(true, left_on=key, right_on="record_id", how="left")
            restored = joined.select(pl.coalesce("true_value", column).alias(column))
            assert restored[column].equals(before[column]), column
            spoilt_rows = after.filter(pl.col(key).is_in(true["record_id"].implode()))
            unspoilt = before.filter(pl.col(key).is_in(true["record_id"].implode()))
            assert spoilt_rows[column].ne_missing(unspoilt[column]).all(), column


def test_all_of_it_can_be_switched_off() -> None:
    plain = make_land(noise=("land_registry.all=0",))
    today = plain.world.households["address"].unique()

    assert plain.faults["kind"].to_list() == []
    assert plain.certificates["chu_su_dung"].is_in(plain.world.people["full_name"].implode()).all()
    assert plain.certificates["so_giay_to"].is_in(plain.world.people["pin"].implode()).all()
    assert plain.certificates["dia_chi_chu"].is_in(today.implode()).all()
    assert plain.certificates["nam_sinh"].str.contains(r"^(?:\d\d/\d\d/)?\d{4}$").all()
    assert plain.parcels["ma_dinh_danh"].null_count() == 0


@pytest.mark.parametrize("kind", CONTENT)
def test_each_cause_has_a_switch_of_its_own(kind: str) -> None:
    without = make_land(noise=(f"land_registry.{kind}=0",))
    assert set(CONTENT) - set(without.faults["kind"]) == {kind}


@pytest.mark.parametrize("profile", ["tiny", "demo"])
def test_of_certificates_a_quarter_to_a_third_are_clean(profile: str) -> None:
    made = make_land(profile)
    dirty = made.faults.filter(pl.col("dataset") == "certificate", ~pl.col("kind").is_in(FORMS))[
        "record_id"
    ].n_unique()

    assert 1 / 4 < 1 - dirty / len(made.certificates) < 1 / 3


@pytest.mark.parametrize("dataset", ["parcel", "certificate"])
def test_few_rows_cannot_be_read(dataset: str) -> None:
    made = make_land("demo")
    rows = len(made.parcels if dataset == "parcel" else made.certificates)
    lost = made.faults.filter(pl.col("dataset") == dataset, pl.col("outcome") == "quarantine")

    assert 0 < lost["record_id"].n_unique() < 0.005 * rows


def test_the_causes_come_as_often_as_the_catalogue_says() -> None:
    world, plots, deeds = make_deeds("demo")
    old = deeds.issued < PIN_ON_PAPER
    dead = world.people["death_day"].is_not_null().to_numpy()[deeds.first]
    farm = plots["farm"].to_numpy()[deeds.parcel]
    shares = {
        "no_number": (deeds.evidence == NO_NUMBER)[old].mean(),
        "old_number_only": (deeds.evidence == OLD_NUMBER)[old].mean(),
        "owner_household": deeds.for_household[farm & ~dead].mean(),
        "owner_couple": (deeds.second != NOBODY).mean(),
        "owner_dead": dead.mean(),
        "transfer_unregistered": (deeds.buyer != NOBODY).mean(),
    }

    assert (deeds.evidence == PIN)[~old].all()
    for kind, share in shares.items():
        assert share == pytest.approx(Noise().rate("land_registry", kind), abs=0.001), kind


def test_old_papers_show_the_cancelled_number_one_entered_since_or_none(clean: Land) -> None:
    old = clean.certificates.filter(issue_days(clean.certificates) < date(2016, 1, 1))
    numbers = old["so_giay_to"]

    assert (numbers == "").mean() == pytest.approx(0.15, abs=0.002)
    cancelled = numbers.str.contains(r"^\d{9}(?:; \d{9})?$")
    assert cancelled.mean() == pytest.approx(0.45, abs=0.002)
    assert numbers.filter(~cancelled).str.contains(r"^(?:\d{12}(?:; \d{12})?)?$").all()


def test_couples_hold_papers_from_their_wedding_on_and_hardly_anybody_before_20() -> None:
    world, _, deeds = make_deeds("demo")
    birth = world.people["birth_day"].to_numpy()
    wedding = world.people["marriage_day"].to_numpy()
    couples = deeds.second != NOBODY
    first, second, issued = deeds.first[couples], deeds.second[couples], deeds.issued[couples]

    assert (world.spouse[first] == second).all()
    assert (issued >= wedding[first]).all()
    assert (issued >= np.maximum(birth[first], birth[second]) + 20 * 365.25).all()
    ages = (deeds.issued - birth[deeds.first]) / 365.25
    assert (ages < 20).mean() < 0.001
    assert ages.min() > 18


def test_noise_comes_as_often_as_the_catalogue_says() -> None:
    made = make_land("demo")
    papers = len(made.certificates)
    for kind, field in (
        ("serial_misread", "so_phat_hanh"),
        ("address_abbreviated", "dia_chi_chu"),
        ("marks_missing", "chu_su_dung"),
        ("date_form", "ngay_cap"),
    ):
        found = made.told(kind).filter(pl.col("field") == field).height / papers
        assert found == pytest.approx(Noise().rate("land_registry", kind), rel=0.15), kind


def test_a_paper_without_numbers_tells_the_year_of_birth_and_no_more(clean: Land) -> None:
    bare = clean.papers("no_number")

    assert set(bare["so_giay_to"]) == {""}
    assert bare["nam_sinh"].str.contains(r"^\d{4}(?:; \d{4})?$").all()
    assert bare["true_value"].str.contains(r"^\d{12}(?:; \d{12})?$").all()


def test_old_papers_alone_know_their_holder_by_the_cancelled_number(clean: Land) -> None:
    old = clean.papers("old_number_only")

    assert issue_days(old).max() < date(2016, 1, 1)
    assert old["so_giay_to"].str.contains(r"^\d{9}(?:; \d{9})?$").all()
    modern = clean.certificates.filter(issue_days(clean.certificates) >= date(2016, 1, 1))
    assert modern["so_giay_to"].str.contains(r"^\d{12}(?:; \d{12})?$").all()


def test_households_couples_and_the_dead_are_named_as_offices_name_them(clean: Land) -> None:
    dead = clean.papers("owner_dead")
    couple = "|".join(
        (
            "(?:Ông|Bà) .+ và (?:vợ là |chồng là )?(?:bà|ông) .+",
            "Vợ chồng (?:ông|bà) .+, (?:ông|bà) .+",
            "(?:Ông|Bà) .+; (?:ông|bà) .+",
        )
    )

    assert (
        clean.papers("owner_household")["chu_su_dung"]
        .str.contains("^Hộ (?:gia đình )?(?:ông|bà) ")
        .all()
    )
    assert clean.papers("owner_couple")["chu_su_dung"].str.contains(f"^(?:{couple})$").all()
    assert 0.05 < dead["chu_su_dung"].str.contains(r"\(đã chết\)$").mean() < 0.5
    titles = clean.papers("owner_titled")["chu_su_dung"].str.extract("^([^ ]+) ", 1)
    assert set(titles) == {"Ông", "Bà", "Ông:", "Bà:"}


def test_who_bought_by_hand_written_paper_owns_what_another_household_holds(clean: Land) -> None:
    sold = clean.papers("transfer_unregistered").select(
        "chu_su_dung", owner=pl.col("true_value"), record_id=pl.col("record_id") + "#1"
    )
    people = clean.world.people.select("truth_id", "full_name", "household", "role")
    seller = sold.join(clean.links, on="record_id").join(people, on="truth_id")
    buyer = sold.with_columns(truth_id=pl.col("owner").str.extract(r"\((P\d{9})\)$", 1)).join(
        people, on="truth_id"
    )

    assert len(seller) == len(buyer) == len(sold) > 50
    assert (buyer["owner"] == buyer["full_name"] + " (" + buyer["truth_id"] + ")").all()
    assert set(buyer["role"]) == {HEAD}
    pairs = seller.join(buyer, on="record_id", suffix="_buyer")
    assert (pairs["household"] != pairs["household_buyer"]).all()
    assert pairs.select(
        pl.col("chu_su_dung").str.contains(pl.col("full_name"), literal=True).all()
    ).item()


def test_serials_and_registry_numbers_are_of_the_day_of_issue(clean: Land) -> None:
    issued = issue_days(clean.certificates)
    seen = set()
    for serial, book, day in zip(
        clean.certificates["so_phat_hanh"], clean.certificates["so_vao_so"], issued, strict=True
    ):
        form = r"[A-ZĐ] \d{6,7}" if day < date(2009, 12, 10) else r"[A-ZĐ]{2} \d{6}"
        form = r"AA \d{8}" if day >= date(2025, 1, 1) else form
        number = r"\d{5}/QSDĐ/\p{L}+" if day < date(2009, 12, 10) else r"(?:CH|CS|CN|CT) \d{4,6}"
        number = number.replace(r"\p{L}", "[^\\W\\d_]")
        assert re.fullmatch(form, serial)
        assert re.fullmatch(number, book)
        seen.add((form, book[:2] if day >= date(2009, 12, 10) else "/"))
    assert {book for _, book in seen} == {"CH", "CS", "CN", "CT", "/"}
    assert len({form for form, _ in seen}) == 3
    assert clean.certificates["so_phat_hanh"].is_unique().all()
    assert are_working_days(issued)


def are_working_days(days: pl.Series) -> bool:
    """Monday to Friday, all five, and none of the four holidays on fixed days."""
    holidays = ["01/01", "30/04", "01/05", "02/09"]
    closed = days.dt.strftime("%d/%m").is_in(holidays).any()
    return set(days.dt.weekday()) == {1, 2, 3, 4, 5} and not closed


def test_series_of_two_letters_begin_with_those_of_their_years() -> None:
    made = make_land("demo", noise=AFTERWARDS)
    papers = made.certificates.select(
        "so_phat_hanh",
        year=issue_days(made.certificates).dt.year(),
        series=pl.col("so_phat_hanh").str.extract(r"^([A-ZĐ]{2}) \d{6}$"),
    )
    heads = papers.drop_nulls("series").with_columns(head=pl.col("series").str.head(1))
    years = {
        head: (int(group["year"].min()), int(group["year"].max()))
        for (head,), group in heads.partition_by("head", as_dict=True).items()
    }

    assert years == {
        "A": (2009, 2010),
        "B": (2011, 2014),
        "C": (2015, 2019),
        "D": (2019, 2024),
        "Đ": (2024, 2024),
    }
    assert set(heads.filter(pl.col("head") == "Đ")["series"]) == {"ĐA", "ĐB", "ĐC", "ĐD", "ĐĐ"}
    assert heads.filter(pl.col("year") == 2010)["series"].min() >= "AM"
    assert papers["so_phat_hanh"].is_unique().all()


def test_a_misread_serial_is_like_the_true_one_and_some_have_a_form_that_does_not_exist(
    land: Land,
) -> None:
    misread = land.papers("serial_misread")
    letters = str.maketrans("OISBZG", "015826")
    for serial, true in misread.select("so_phat_hanh", "true_value").iter_rows():
        head, digits = true.split(" ")
        same = re.sub("[ -]", "", serial)
        read = same[: len(head)] + same[len(head) :].translate(letters)
        assert read == head + digits or serial == f"CS {digits}"
    strange = misread.filter(pl.col("so_phat_hanh").str.contains(r"^CS \d{8}$"))
    assert strange["true_value"].str.contains(r"^AA \d{8}$").all()
    assert len(strange) > 0


def test_dwellings_are_of_the_town_or_the_country_by_the_unit_on_the_day_of_issue() -> None:
    made = make_land("demo", noise=AFTERWARDS)
    old, new = made.gazetteer.old_communes, made.gazetteer.communes
    single = old.filter(pl.col("land_to").list.len() == 1).select(
        ma_xa_cu="code", before="type", code=pl.col("land_to").list.first()
    )
    where = single.join(new.select("code", now="type"), on="code")
    papers = made.certificates.join(made.parcels, on="ma_thua").join(where, on="ma_xa_cu")
    homes = papers.filter(pl.col("muc_dich").str.contains("^O[DN]T")).with_columns(
        merged=issue_days(papers.filter(pl.col("muc_dich").str.contains("^O[DN]T")))
        >= date(2025, 7, 1),
        urban=pl.col("muc_dich").str.starts_with("ODT"),
    )
    before = homes.filter(~pl.col("merged"))
    after = homes.filter("merged", pl.col("now") != "Đặc khu")

    assert (before["urban"] == (before["before"] != "Xã")).all()
    assert (after["urban"] == (after["now"] == "Phường")).all()
    assert {"Phường", "Thị trấn", "Xã"} == set(before["before"])
    changed = after.filter((pl.col("before") == "Xã") & (pl.col("now") == "Phường"))
    assert len(changed) > 20


def test_land_use_is_in_the_list_of_the_day() -> None:
    made = make_land("demo", noise=AFTERWARDS)
    issued = issue_days(made.certificates)
    codes = made.certificates["muc_dich"].str.split("+")
    old_only, new_only = {"BHK", "NHK", "LUN", "T"}, {"CNT"}

    def codes_between(start: date, end: date) -> set[str]:
        return set(codes.filter(issued.is_between(start, end, closed="left")).explode())

    first = codes_between(date(1994, 1, 1), date(2004, 7, 1))
    second = codes_between(date(2004, 7, 1), date(2024, 8, 1))
    third = codes_between(date(2024, 8, 1), date(2026, 12, 31))
    maps = set(made.parcels["loai_dat"].str.split("+").explode())
    assert (first & old_only, first & new_only) == (old_only, set())
    assert (second & old_only, second & new_only) == (old_only - {"T"}, set())
    assert (third & old_only, third & new_only) == (set(), new_only)
    assert {"LUC", "LUK", "HNK", "CLN", "NTS", "LMU", "RSX", "TMD", "SKC", "ODT", "ONT"} <= third
    assert maps >= old_only | new_only | {"RPH", "RDD"}


def test_terms_and_forms_of_use_follow_from_purpose_and_holders(clean: Land) -> None:
    papers = clean.certificates.with_columns(issued=issue_days(clean.certificates))
    home = pl.col("muc_dich").str.contains("O[DN]T|T|RPH|RDD") & (pl.col("muc_dich") != "NTS")
    lasting = papers.filter(home, ~pl.col("muc_dich").is_in(["TMD"]))
    ending = papers.filter(pl.col("muc_dich").is_in(["LUC", "BHK", "HNK", "CLN", "NTS", "SKC"]))
    couples = clean.papers("owner_couple")["record_id"]
    shared = papers.filter(pl.col("hinh_thuc") == "Sử dụng chung")

    assert set(lasting["thoi_han"]) == {"Lâu dài"}
    assert (
        ending["thoi_han"].str.to_date("%d/%m/%Y") == ending["issued"].dt.offset_by("50y")
    ).all()
    assert shared["ma_gcn"].is_in(couples.implode()).all()
    assert len(shared) > 20


def test_mortgages_name_a_lender_a_number_and_a_working_day_in_the_holders_life() -> None:
    made = make_land("demo", noise=AFTERWARDS)
    people = made.world.people.select("truth_id", "death_date")
    holders = made.links.join(people, on="truth_id")
    held = made.certificates.filter(pl.col("the_chap").is_not_null()).with_columns(
        found=pl.col("the_chap").str.extract_groups(
            r"^Thế chấp tại (.+), đăng ký ngày (\d\d/\d\d/\d{4}), số \d{4}$"
        )
    )
    dated = held.with_columns(
        day=pl.col("found").struct.field("2").str.to_date("%d/%m/%Y"),
        record_id=pl.col("ma_gcn") + "#1",
    ).join(holders, on="record_id", maintain_order="left")

    assert 0.05 < len(held) / len(made.certificates) < 0.15
    assert (dated["day"] > issue_days(held)).all()
    assert dated["day"].max() < date(2026, 11, 1)
    assert are_working_days(dated["day"])
    assert dated["death_date"].count() > 20
    assert (dated["day"] < dated["death_date"]).all()
    assert held["found"].struct.field("1").str.contains("^(?:Ngân hàng|Quỹ tín dụng) ").all()


def test_papers_name_units_as_they_were_called_on_their_day(clean: Land) -> None:
    households = clean.world.households
    issued = issue_days(clean.certificates)
    old = clean.certificates.filter(issued < date(2025, 7, 1))
    new = clean.certificates.filter(issued >= date(2025, 7, 1))
    former, before = clean.papers("older_unit_names"), clean.papers("address_before_merger")

    assert new["dia_chi_chu"].is_in(households["address"].implode()).all()
    assert sorted(before["record_id"]) == sorted(old["ma_gcn"])
    assert before["true_value"].is_in(households["address"].implode()).all()
    assert former["dia_chi_chu"].is_in(households["former_address"].drop_nulls().implode()).all()
    assert issue_days(former).max() < date(2008, 1, 1)
    rest = old.filter(~pl.col("ma_gcn").is_in(former["record_id"].implode()))
    assert rest["dia_chi_chu"].is_in(households["old_address"].implode()).all()


def places(land: Land, column: str) -> pl.DataFrame:
    """Sheet and number of each parcel in the unit of a column of the plots."""
    return land.parcels.select(column, "so_to", "so_thua")


def test_sheet_and_number_are_unique_in_the_old_commune_alone(clean: Land) -> None:
    shared = clean.told("parcel_number_shared", "parcel").join(
        clean.parcels, left_on="record_id", right_on="ma_thua"
    )
    full = shared["ma_xa_cu"] + "/" + shared["so_to"] + "/" + shared["so_thua"]

    assert places(clean, "ma_xa_cu").is_unique().all()
    assert (shared["true_value"] == full).all()
    assert len(shared) > 500


def test_numbered_through_the_province_no_merger_makes_two_parcels_alike() -> None:
    apart = make_land(noise=("land_registry.parcel_number_shared=0",))

    assert apart.told("parcel_number_shared", "parcel").height == 0
    whole = apart.parcels.filter(pl.col("so_thua") != "")
    assert whole.select("so_to", "so_thua").is_unique().all()


def test_sheets_are_more_where_parcels_are_and_some_parcels_are_pieces() -> None:
    made = make_land("demo", noise=AFTERWARDS)
    by_commune = made.parcels.group_by("ma_xa_cu").agg(
        parcels=pl.len(), sheets=pl.col("so_to").n_unique()
    )
    pieces = made.parcels["so_thua"].str.extract(r"^\d+(.*)$", 1)

    assert by_commune.select(pl.corr("parcels", "sheets")).item() > 0.8
    assert set(pieces) == {"", "a", "(1)"}
    assert 0.01 < (pieces != "").mean() < 0.03


@pytest.mark.parametrize("province", ["22", "66", "20", "08"])
def test_what_old_offices_write_fits_their_files(province: str) -> None:
    made = make_land(province=province)
    written = dict(made.offices.select("ma_don_vi", "bang_ma").iter_rows())
    old = [code for code, encoding in written.items() if encoding == "TCVN3"]
    highland_letters = re.compile("[čĕĭŏŭñ]", re.IGNORECASE)

    assert 0 < len(old) < len(written)
    assert made.offices["thu_muc"].str.contains(r"^\d{3}-[a-z0-9-]+$").all()
    for table in (made.parcels, made.certificates):
        texts = table.filter(pl.col("ma_don_vi").is_in(old)).select(pl.col(pl.String))
        whole = "\n".join(text for column in texts for text in column.drop_nulls())
        assert encode_tcvn3(whole)
        assert not highland_letters.search(whole)
    if province == "66":
        told = made.told("marks_missing")["true_value"].str.contains("(?i)[čĕĭŏŭñ]")
        assert told.any()
        modern = made.certificates.filter(~pl.col("ma_don_vi").is_in(old))["chu_su_dung"]
        assert modern.str.contains("(?i)[ĭŏčñ]").any()


@pytest.mark.parametrize("province", ["22", "66", "20", "08"])
def test_true_identifiers_lie_in_the_province(province: str) -> None:
    made = make_land(province=province, noise=AFTERWARDS)
    alphabet = {letter: value for value, letter in enumerate("0123456789bcdefghjkmnpqrstuvwxyz")}
    communes = made.gazetteer.old_communes
    for geohash in made.parcels["ma_dinh_danh"].head(400):
        bits = "".join(f"{alphabet[letter]:05b}" for letter in geohash)
        longitude = int(bits[::2], 2) / 2**30 * 360 - 180
        latitude = int(bits[1::2], 2) / 2**30 * 180 - 90
        assert len(geohash) == 12
        for degrees, column in ((longitude, "longitude"), (latitude, "latitude")):
            assert communes[column].min() - 0.031 < degrees < communes[column].max() + 0.031


@pytest.mark.parametrize(
    ("kind", "field", "looks"),
    [
        ("zero_lost", "so_giay_to", r"^[1-9]\d{10}$"),
        ("scientific", "so_giay_to", r"^\d\.\d{4}E\+10$"),
        ("separators", "so_giay_to", r"^\d{3}(?: \d{3}){2,3}(?:; \d{3}(?: \d{3}){2,3})?$"),
        ("letter_for_digit", "so_giay_to", r"[OISBZG]"),
        ("date_form", "ngay_cap", r"^(?:\d{1,2}/\d{1,2}/\d\d|[1-9]\d{4})$"),
        ("year_only", "nam_sinh", r"^(?:01/01/)?\d{4}(?:; (?:01/01/)?\d{4})?$"),
        ("date_impossible", "ngay_cap", r"^31/02/\d{4}$"),
        ("number_form", "dien_tich_cap", r"^\d+,\d$"),
    ],
)
def test_noise_looks_as_it_does_in_registers(kind: str, field: str, looks: str) -> None:
    made = make_land("demo")
    found = made.papers(kind).filter(pl.col("field") == field)[field]

    assert len(found) > 0
    assert found.str.contains(looks).all()


def test_the_same_seed_gives_the_same_register(land: Land) -> None:
    make: Callable[[], Land] = make_land.__wrapped__
    again = make()

    assert again.parcels.equals(land.parcels)
    assert again.certificates.equals(land.certificates)
    assert again.faults.equals(land.faults)
