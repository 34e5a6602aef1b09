"""The synthetic province: same seed same bytes, believable people, and a truth that fits."""

import json
import re
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mocks.province import Noise, Options, make_province
from mocks.province.make import digest_folder
from mocks.province.noise import FORMS
from mocks.province.reference import read_gazetteer

REFERENCE_DATE = date(2026, 11, 1)
CANARIES = 8
TABLES = {
    ("population", "person"): ("population/cong_dan", "ma_cd"),
    ("population", "household"): ("population/ho", "ma_ho"),
    ("population", "residence"): ("population/cu_tru", "ma_ct"),
    ("population", "relation"): ("population/quan_he", "ma_qh"),
    ("social_insurance", "participant"): ("social_insurance/nguoi_tham_gia", "id"),
    ("social_insurance", "participation"): ("social_insurance/qua_trinh", "id"),
    ("social_insurance", "card"): ("social_insurance/the_bhyt", "id"),
    ("social_insurance", "employer"): ("social_insurance/don_vi", "ma_don_vi"),
    ("land_registry", "parcel"): ("land_registry/thua_dat", "ma_thua"),
    ("land_registry", "certificate"): ("land_registry/gcn", "ma_gcn"),
}


def read(province: Path, table: str) -> pl.DataFrame:
    return pl.read_parquet(province / f"{table}.parquet")


def true_people(province: Path) -> pl.DataFrame:
    return read(province, "truth/person")


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_bytes(
    province: Path, tmp_path: Path
) -> None:
    seed = json.loads((province / "province.json").read_text(encoding="utf-8"))["seed"]
    made = make_province(tmp_path / "again", "tiny", seed, options=Options(canaries=CANARIES))
    other = make_province(tmp_path / "other", "tiny", seed + 1, options=Options(canaries=CANARIES))

    assert made["digest"] == digest_folder(province)
    assert other["digest"] != made["digest"]
    assert made["people"] == 2_000 + CANARIES


def test_a_province_replaces_what_an_earlier_one_left(tmp_path: Path) -> None:
    make_province(tmp_path, "tiny", 1, options=Options(canaries=4))
    made = make_province(tmp_path, "tiny", 2)

    assert made["digest"] == digest_folder(tmp_path)
    assert json.loads((tmp_path / "truth" / "canary.json").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("profile", "seed", "canaries", "sentence"),
    [
        ("huge", 1, 0, "There is no profile 'huge'; choose one of tiny, demo, province."),
        ("tiny", -1, 0, "The seed must be 0 or more."),
        ("tiny", 1, -1, "Ask for no canaries or at least 4: one clean, one failing a register."),
        ("tiny", 1, 3, "Ask for no canaries or at least 4: one clean, one failing a register."),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_in_one_sentence(
    tmp_path: Path, profile: str, seed: int, canaries: int, sentence: str
) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(sentence) + "$"):
        make_province(tmp_path, profile, seed, options=Options(canaries=canaries))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("rate", "shown"), [("0", 3), ("1", 0)])
def test_any_rate_of_noise_makes_a_province(tmp_path: Path, rate: str, shown: int) -> None:
    options = Options(noise=Noise.parse([f"all={rate}"]))
    made = make_province(tmp_path, "tiny", 2, options)
    showcase = json.loads((tmp_path / "truth" / "showcase.json").read_text(encoding="utf-8"))

    assert made["people"] == 2_000
    assert len(showcase) == shown


def test_the_registers_have_the_sizes_of_the_profile(province: Path) -> None:
    sizes = {
        "people": read(province, "population/cong_dan").filter(~pl.col("da_xoa")).height,
        "removed": read(province, "population/cong_dan").filter("da_xoa").height,
        "households": read(province, "population/ho").height,
        "insured": read(province, "social_insurance/nguoi_tham_gia").height,
        "employers": read(province, "social_insurance/don_vi").height,
        "parcels": read(province, "land_registry/thua_dat").height,
        "certificates": read(province, "land_registry/gcn").height,
    }

    # Two people stand in the register twice.
    assert sizes == {
        "people": 2_000 + CANARIES + 2,
        "removed": 2,
        "households": 560 + CANARIES,
        "insured": 1_910 + CANARIES,
        "employers": 30,
        "parcels": 2_800 + CANARIES,
        "certificates": 2_300 + CANARIES,
    }


def test_parents_are_older_than_children_and_spouses_name_each_other(province: Path) -> None:
    births = read(province, "population/cong_dan").select("ma_cd")
    links = read(province, "truth/same_person").filter(pl.col("dataset") == "person")
    born = links.join(true_people(province).select("truth_id", "birth_date"), on="truth_id")
    days = dict(born.select("record_id", "birth_date").iter_rows())
    ties = read(province, "population/quan_he").filter(pl.col("ma_cd_lien_quan").is_not_null())
    kinds = {
        kind: set(
            ties.filter(pl.col("loai") == kind).select("ma_cd", "ma_cd_lien_quan").iter_rows()
        )
        for kind in ("cha", "me", "con", "vo_chong")
    }

    assert len(births) == births["ma_cd"].n_unique()
    for child, parent in kinds["cha"] | kinds["me"]:
        assert (days[child] - days[parent]).days > 16 * 365
    assert kinds["con"] == {(parent, child) for child, parent in kinds["cha"] | kinds["me"]}
    assert kinds["vo_chong"] == {(b, a) for a, b in kinds["vo_chong"]}


def test_people_live_in_all_sizes_of_communes_and_households_have_one_head(province: Path) -> None:
    gazetteer = read_gazetteer()
    households = read(province, "population/ho")
    persons = read(province, "population/cong_dan")
    heads = persons.filter(pl.col("quan_he_chu_ho") == "chu_ho").select("ma_ho", "ma_cd")

    assert (len(gazetteer.communes), len(gazetteer.old_communes)) == (54, 171)
    assert set(households["ma_xa"]) - {""} <= set(gazetteer.communes["code"])
    assert heads.sort("ma_ho").rows() == households.select("ma_ho", "chu_ho").sort("ma_ho").rows()


def test_old_communes_lead_to_new_ones_and_twelve_were_split() -> None:
    gazetteer = read_gazetteer()
    old = gazetteer.old_communes
    targets = set(old["land_to"].explode())

    assert targets == set(gazetteer.communes["code"])
    assert old.filter(pl.col("land_to").list.len() > 1).height == 12
    # Land of these two went to two communes, the people all to one.
    land_only = old.filter(pl.col("land_to") != pl.col("people_to")).select("code", "people_to")
    assert land_only.rows() == [("06799", ["06886"]), ("07180", ["07180"])]


def test_every_fault_points_to_a_row_whose_value_differs_from_the_true_one(
    province: Path, faults: pl.DataFrame
) -> None:
    checked = 0
    for (source, dataset), (table, key) in TABLES.items():
        frame = read(province, table)
        mine = faults.filter(pl.col("source") == source, pl.col("dataset") == dataset)
        # A namesake's name is right: what is told is that it does not tell two people apart.
        mine = mine.filter(pl.col("kind") != "namesake")
        for column in mine["field"].unique():
            values = dict(
                frame.select(
                    pl.col(key).cast(pl.String), pl.col(column).cast(pl.String)
                ).iter_rows()
            )
            for record, true_value in (
                mine.filter(pl.col("field") == column).select("record_id", "true_value").iter_rows()
            ):
                if (source, column) == ("land_registry", "chu_su_dung") and values[
                    record
                ] == true_value:
                    continue  # A dead holder named plainly: the fault is that nobody took over.
                assert values[record] != true_value, (table, column, record)
                checked += 1
    assert checked > 3_000


def test_faults_of_one_value_are_counted_from_the_truth_on(faults: pl.DataFrame) -> None:
    place = ["source", "dataset", "record_id", "field"]
    steps = faults.group_by(place).agg(pl.col("step").sort())

    assert (steps["step"].list.last() == steps["step"].list.len()).all()
    assert steps["step"].list.n_unique().eq(steps["step"].list.len()).all()
    assert steps["step"].list.len().max() > 1


def test_links_cover_every_live_row_that_speaks_of_a_person(province: Path) -> None:
    links = read(province, "truth/same_person")
    people = set(true_people(province)["truth_id"])
    persons = read(province, "population/cong_dan").filter(~pl.col("da_xoa"))["ma_cd"]
    participants = read(province, "social_insurance/nguoi_tham_gia")["id"].cast(pl.String)
    parties = links.filter(pl.col("dataset") == "certificate")["record_id"]
    certificates = read(province, "land_registry/gcn").select("ma_gcn", "so_giay_to", "chu_su_dung")
    couples = certificates.filter(pl.col("chu_su_dung").str.contains(r"(?i) v[àaÀA]\u0300? "))
    expected = [f"{key}#1" for key in certificates["ma_gcn"]]

    assert set(links["truth_id"]) <= people
    assert sorted(links.filter(pl.col("dataset") == "person")["record_id"]) == sorted(persons)
    assert sorted(links.filter(pl.col("dataset") == "participant")["record_id"]) == sorted(
        participants
    )
    assert {party for party in parties if party.endswith("#1")} == set(expected)
    assert {f"{key}#2" for key in couples["ma_gcn"]} <= set(parties)
    assert links.select("dataset", "record_id").is_unique().all()


def test_the_registers_are_as_clean_as_registers_are(province: Path) -> None:
    described = json.loads((province / "province.json").read_text(encoding="utf-8"))
    rows, spoilt = described["rows"], described["rows_with_a_fault"]
    shares = {
        "person": spoilt["population.person"] / rows["population.cong_dan"],
        "participant": spoilt["social_insurance.participant"]
        / rows["social_insurance.nguoi_tham_gia"],
        "certificate": spoilt["land_registry.certificate"] / rows["land_registry.gcn"],
    }

    assert 0.005 < shares["person"] < 0.015
    assert 0.03 < shares["participant"] < 0.07
    assert 2 / 3 < shares["certificate"] < 3 / 4


def test_each_register_has_a_few_rows_that_nobody_can_read(faults: pl.DataFrame) -> None:
    unreadable = faults.filter(pl.col("outcome") == "quarantine").group_by("source").len()

    counts = dict(unreadable.iter_rows())
    assert set(counts) == {"population", "social_insurance", "land_registry"}
    assert max(counts.values()) < 20


def test_the_showcase_people_are_clean_in_every_register(
    province: Path, faults: pl.DataFrame
) -> None:
    showcase = json.loads((province / "truth" / "showcase.json").read_text(encoding="utf-8"))
    links = read(province, "truth/same_person")
    harmless = [*FORMS, "old_number_only"]
    spoilt = set(
        faults.filter(~pl.col("kind").is_in(harmless), pl.col("field") != "ma_dinh_danh")
        .select("dataset", "record_id")
        .iter_rows()
    )
    gcn = read(province, "land_registry/gcn")

    assert [person["procedure"] for person in showcase] == ["1.004222", "1.013225", "1.014027"]
    for person in showcase:
        mine = links.filter(pl.col("truth_id") == person["truth_id"])
        rows = {
            (dataset, record.partition("#")[0])
            for dataset, record in mine.select("dataset", "record_id").iter_rows()
        }
        keys = {record for dataset, record in rows if dataset == "certificate"}
        if person["procedure"] == "1.014027":
            age = (REFERENCE_DATE - date.fromisoformat(person["birth_date"])).days / 365.25
            assert (age >= 75, person["expected"]["receives_pension"]) == (True, False)
            rows = {row for row in rows if row[0] != "certificate"}
        else:
            deed = gcn.filter(pl.col("ma_gcn").is_in(list(keys))).row(0, named=True)
            numbers = {person["pin"], person["expected"]["old_number"]}
            assert deed["so_giay_to"] in numbers
            assert [c["serial"] for c in person["expected"]["certificates"]] == [
                deed["so_phat_hanh"]
            ]
        assert rows & spoilt == set()
        assert {dataset for dataset, _ in rows} >= {"person", "participant"}


def test_canaries_are_unmistakable_and_fail_where_they_should(
    province: Path, faults: pl.DataFrame
) -> None:
    canaries = json.loads((province / "truth" / "canary.json").read_text(encoding="utf-8"))
    links = read(province, "truth/same_person")
    people = true_people(province)
    ordinary = people.filter(~pl.col("canary"))
    syllables = {word for name in ordinary["full_name"] for word in name.split()}
    failing: dict[str, list[str]] = {}
    for canary in canaries:
        mine = links.filter(pl.col("truth_id") == canary["truth_id"])
        keys = mine.with_columns(pl.col("record_id").str.split("#").list.first())
        bad = faults.filter(pl.col("kind") != "owner_titled").join(
            keys, on=["source", "dataset", "record_id"], how="semi"
        )
        bad = bad.filter(pl.col("field") != "ma_dinh_danh", ~pl.col("kind").is_in(FORMS))
        failing[canary["full_name"]] = bad["source"].to_list()
        assert sorted(mine["source"]) == ["land_registry", "population", "social_insurance"]
        assert bad["outcome"].unique().to_list() in ([], ["quarantine"])
        assert set(canary["full_name"].split()).isdisjoint(syllables)
    expected = {c["full_name"]: [c["fails_in"]] if c["fails_in"] else [] for c in canaries}

    assert failing == expected
    assert len(failing) == CANARIES
    fates = [c["fails_in"] for c in canaries[:4]]
    assert fates == [None, "population", "social_insurance", "land_registry"]


def test_update_times_are_before_the_reference_date_and_often_shared(province: Path) -> None:
    times = read(province, "population/cong_dan")["cap_nhat_luc"]
    local = read(province, "social_insurance/nguoi_tham_gia")["cap_nhat"]

    assert times.max() < pl.Series([REFERENCE_DATE]).cast(pl.Datetime("ms", "UTC"))[0]
    assert local.max() < pl.Series([REFERENCE_DATE]).cast(pl.Datetime("ms"))[0]
    assert np.sort(times.value_counts()["count"].to_numpy())[-10] > 20
