"""The people of the demo: one for each of three procedures, with clean rows in all registers.

1.004222 permanent residence, 1.013225 building permit: an owner of residential land in a commune
never split. 1.014027 social pension: 75 or older, no pension, permanent residence.
Expected values are in the hub's words, so that a prefill can be compared with them as it is.
"""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mocks.province.chance import Bools
from mocks.province.faults import Note, Truth, join_links
from mocks.province.noise import FORMS
from mocks.province.people import World
from mocks.province.reference import Gazetteer

_LAND_PROCEDURES = ("1.004222", "1.013225")
_PENSION = "1.014027"
#: What may be said against a certificate or its parcel: how it is written, not whose it is.
_HARMLESS = ("owner_titled", "address_before_merger", "older_unit_names", "parcel_number_shared")
_PENSION_AGE = 75
_ADULT_AGE = 30
_MARITAL_CODES = {
    "chua_ket_hon": "single",
    "co_vo_chong": "married",
    "ly_hon": "divorced",
    "goa": "widowed",
}
_RESIDENCE_CODES = {"thuong_tru": "permanent", "tam_tru": "temporary"}
_USE_FORMS = {"Sử dụng riêng": "own", "Sử dụng chung": "shared"}


def choose_showcase(
    folder: Path, world: World, gazetteer: Gazetteer, truth: Truth
) -> list[dict[str, Any]]:
    """procedure, truth_id, pin, full_name, birth_date and expected {golden field: value} of each.

    `folder` holds the registers' files. Owners whose certificate carries the personal number come
    before those by old number. A very noisy province has nobody for some procedures, or for any.
    """
    links = join_links(truth)
    clean = _have_clean_rows(folder, world, truth, links)
    clean_adults = clean & (world.ages >= _ADULT_AGE)
    best, fair = (
        np.flatnonzero(
            clean_adults & _hold_just(world, _list_homes(folder, gazetteer, truth, kinds), links)
        )
        for kinds in (_HARMLESS, (*_HARMLESS, "old_number_only"))
    )
    owners = np.r_[best, np.setdiff1d(fair, best)]
    eligible = ~world.people["receives_pension"].to_numpy() & (world.ages >= _PENSION_AGE)
    eldest = np.flatnonzero(clean & eligible)
    chosen = [*zip(_LAND_PROCEDURES, owners, strict=False), *zip((_PENSION,), eldest, strict=False)]
    described = []
    for procedure, row in chosen:
        person = _describe(world.people.row(int(row), named=True), folder, links)
        if procedure in _LAND_PROCEDURES:
            person["expected"]["certificates"] = _list_certificates(folder, links, person)
        described.append({"procedure": procedure, **person})
    return described


def _spoilt(notes: list[Note]) -> pl.DataFrame:
    """dataset and record_id of the rows that those notes speak of, each once."""
    frames = [
        note.records.select(pl.lit(note.dataset).alias("dataset"), "record_id") for note in notes
    ]
    empty = pl.DataFrame(schema={"dataset": pl.String, "record_id": pl.String})
    return pl.concat([empty, *frames]).unique()


def _have_clean_rows(folder: Path, world: World, truth: Truth, links: pl.DataFrame) -> Bools:
    """Alive, no canary, once in the population and insurance registers, no fault in their rows,
    residences among them.

    Nobody else has the same name, so that a clerk could not take one for the other.
    """
    people, ids = world.people, world.people["truth_id"]
    spoilt = _spoilt([note for note in truth.notes if note.kind not in FORMS])
    homes = _scan(folder, "population/cu_tru").select(residence="ma_ct", record_id="ma_cd")
    moved = (
        spoilt.lazy().filter(pl.col("dataset") == "residence").rename({"record_id": "residence"})
    )
    lived = moved.join(homes, on="residence").select(pl.lit("person").alias("dataset"), "record_id")
    spoilt = pl.concat([spoilt, lived.collect()]).unique()
    bad = links.join(spoilt, on=["dataset", "record_id"], how="semi")["truth_id"]
    counts = links.group_by("truth_id", "dataset").len().filter(pl.col("len") == 1)
    once = [
        ids.is_in(counts.filter(pl.col("dataset") == dataset)["truth_id"].implode())
        for dataset in ("person", "participant")
    ]
    good = people["death_date"].is_null() & (people["canary"] == 0) & once[0] & once[1]
    clean: Bools = (
        good & ~ids.is_in(bad.implode()) & ~people["full_name"].is_duplicated()
    ).to_numpy()
    return clean


def _list_homes(
    folder: Path, gazetteer: Gazetteer, truth: Truth, harmless: tuple[str, ...]
) -> pl.Series:
    """Keys of certificates without a fault or a mortgage, for residential land, never split.

    That a parcel has no national identifier yet is no fault of its certificate.
    """
    spoilt = _spoilt(
        [
            note
            for note in truth.notes
            if note.source == "land_registry"
            and note.kind not in harmless
            and (note.column, note.kind) != ("ma_dinh_danh", "value_missing")
        ]
    )["record_id"]
    whole = gazetteer.old_communes.filter(pl.col("land_to").list.len() == 1)["code"]
    sound = _scan(folder, "land_registry/thua_dat").filter(
        pl.col("ma_xa_cu").is_in(whole.implode()), ~pl.col("ma_thua").is_in(spoilt.implode())
    )
    homes = _scan(folder, "land_registry/gcn").filter(
        pl.col("muc_dich").is_in(["ONT", "ODT"]),
        pl.col("the_chap").is_null(),
        ~pl.col("ma_gcn").is_in(spoilt.implode()),
    )
    return homes.join(sound, on="ma_thua", how="semi").select("ma_gcn").collect().to_series()


def _scan(folder: Path, table: str) -> pl.LazyFrame:
    return pl.scan_parquet(folder / f"{table}.parquet")


def _hold_just(world: World, homes: pl.Series, links: pl.DataFrame) -> Bools:
    """Who holds exactly one certificate, and that one of `homes`."""
    held = links.filter(pl.col("dataset") == "certificate")
    single = held.group_by("truth_id").agg(pl.len(), pl.col("record_id").first())
    key = pl.col("record_id").str.split("#").list.first()
    owners = single.filter(pl.col("len") == 1, key.is_in(homes.implode()))["truth_id"]
    found: Bools = world.people["truth_id"].is_in(owners.implode()).to_numpy()
    return found


def _describe(person: dict[str, Any], folder: Path, links: pl.DataFrame) -> dict[str, Any]:
    mine = links.filter(pl.col("truth_id") == person["truth_id"])
    keys: dict[str, str] = dict(mine.select("dataset", "record_id").iter_rows())
    participants = _scan(folder, "social_insurance/nguoi_tham_gia")
    participant = _only(participants.filter(pl.col("id") == int(keys["participant"])))
    expected: dict[str, Any] = {
        "pin": person["pin"],
        "full_name": person["full_name"],
        "birth_date": person["birth_date"].isoformat(),
        "sex_code": str(person["sex"]),
        "ethnic_code": person["ethnic_code"],
        "marital_code": _MARITAL_CODES[person["marital"]],
        "old_number": person["old_number"],
        "insurance_number": participant["ma_so_bhxh"],
        "receives_pension": person["receives_pension"],
        "residences": _list_residences(folder, keys["person"]),
    }
    identity = {name: expected[name] for name in ("pin", "full_name", "birth_date")}
    return {"truth_id": person["truth_id"], **identity, "expected": expected}


def _only(rows: pl.LazyFrame) -> dict[str, Any]:
    return rows.collect().row(0, named=True)


def _list_residences(folder: Path, key: str) -> list[dict[str, Any]]:
    rows = _scan(folder, "population/cu_tru").filter(pl.col("ma_cd") == key, ~pl.col("da_xoa"))
    return (
        rows.sort("ma_ct")
        .select(
            kind_code=pl.col("loai").replace_strict(_RESIDENCE_CODES, return_dtype=pl.String),
            commune_code="ma_xa",
            address="dia_chi",
            from_date="tu_ngay",
            to_date="den_ngay",
        )
        .collect()
        .to_dicts()
    )


def _list_certificates(
    folder: Path, links: pl.DataFrame, person: dict[str, Any]
) -> list[dict[str, Any]]:
    mine = links.filter(
        pl.col("truth_id") == person["truth_id"], pl.col("dataset") == "certificate"
    )
    keys = mine["record_id"].str.split("#").list.first()
    return [_describe_certificate(folder, key) for key in keys]


def _describe_certificate(folder: Path, key: str) -> dict[str, Any]:
    deed = _only(_scan(folder, "land_registry/gcn").filter(pl.col("ma_gcn") == key))
    parcels = _scan(folder, "land_registry/thua_dat")
    plot = _only(parcels.filter(pl.col("ma_thua") == deed["ma_thua"]))
    day, month, year = deed["ngay_cap"].split("/")
    return {
        "serial": deed["so_phat_hanh"],
        "issue_date": f"{year}-{month}-{day}",
        "area_m2": float(deed["dien_tich_cap"]),
        "land_use": deed["muc_dich"],
        "use_form": _USE_FORMS[deed["hinh_thuc"]],
        "term": deed["thoi_han"],
        "parcel": {
            "sheet_number": plot["so_to"],
            "parcel_number": plot["so_thua"],
            "commune_code_old": plot["ma_xa_cu"],
            "area_m2": float(plot["dien_tich"]),
            "land_use": plot["loai_dat"],
            "address": plot["dia_chi"],
        },
    }
