"""The people of the demo: one for each of three procedures, with clean rows in all registers.

1.004222 permanent residence, 1.013225 building permit: an owner of residential land in a commune
never split. 1.014027 social pension: 75 or older, no pension, permanent residence.
Expected values are in the hub's words, so that a prefill can be compared with them as it is.
"""

from typing import Any

import numpy as np
import polars as pl

from mocks.province.chance import Bools
from mocks.province.people import World
from mocks.province.reference import Gazetteer

Tables = dict[str, dict[str, pl.DataFrame]]
_LAND_PROCEDURES = ("1.004222", "1.013225")
#: What may be said against a certificate or its parcel without making it less clean.
_HARMLESS = ("owner_title", "geohash_missing")
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
    world: World,
    tables: Tables,
    gazetteer: Gazetteer,
    *,
    faults: pl.DataFrame,
    links: pl.DataFrame,
) -> list[dict[str, Any]]:
    """procedure, truth_id, pin, full_name, birth_date and expected {golden field: value} of each.

    Owners whose certificate carries the personal number come before those by old number.

    ValueError if the province holds nobody of that kind.
    """
    clean = _have_clean_rows(world, faults, links)
    clean_adults = clean & (world.ages >= _ADULT_AGE)
    best, fair = (
        np.flatnonzero(
            clean_adults & _hold_just(world, _list_homes(tables, gazetteer, faults, kinds), links)
        )
        for kinds in (_HARMLESS, (*_HARMLESS, "old_number_only"))
    )
    owners = np.r_[best, np.setdiff1d(fair, best)]
    eligible = ~world.people["receives_pension"].to_numpy() & (world.ages >= _PENSION_AGE)
    eldest = np.flatnonzero(clean & eligible)
    if len(owners) < 2 or len(eldest) < 1:
        message = "The province has no clean showcase people; choose another seed or profile."
        raise ValueError(message)
    chosen = {"1.004222": owners[0], "1.013225": owners[1], "1.014027": eldest[0]}
    described = []
    for procedure, row in chosen.items():
        person = _describe(world.people.row(int(row), named=True), tables, links)
        if procedure in _LAND_PROCEDURES:
            person["expected"]["certificates"] = _list_certificates(tables, links, person)
        described.append({"procedure": procedure, **person})
    return described


def _have_clean_rows(world: World, faults: pl.DataFrame, links: pl.DataFrame) -> Bools:
    """Alive, no canary, once in the population and insurance registers, no fault in their rows.

    Nobody else has the same name, so that a clerk could not take one for the other.
    """
    people, ids = world.people, world.people["truth_id"]
    key = ["source", "dataset", "record_id"]
    bad = links.join(faults.select(key).unique(), on=key, how="semi")["truth_id"]
    counts = links.group_by("truth_id", "dataset").len().filter(pl.col("len") == 1)
    once = [
        ids.is_in(counts.filter(pl.col("dataset") == dataset)["truth_id"].implode())
        for dataset in ("person", "participant")
    ]
    good = people["death_day"].is_null() & (people["canary"] == 0) & once[0] & once[1]
    clean: Bools = (
        good & ~ids.is_in(bad.implode()) & ~people["full_name"].is_duplicated()
    ).to_numpy()
    return clean


def _list_homes(
    tables: Tables, gazetteer: Gazetteer, faults: pl.DataFrame, harmless: tuple[str, ...]
) -> pl.Series:
    """Keys of certificates without a fault or a mortgage, for residential land, never split."""
    gcn, parcels = tables["land_registry"]["gcn"], tables["land_registry"]["thua_dat"]
    spoilt = faults.filter(pl.col("source") == "land_registry", ~pl.col("kind").is_in(harmless))
    whole = gazetteer.old_communes.filter(pl.col("land_to").list.len() == 1)["code"]
    sound = parcels.filter(
        pl.col("ma_xa_cu").is_in(whole.implode()),
        ~pl.col("ma_thua").is_in(spoilt["record_id"].implode()),
    )
    return gcn.filter(
        pl.col("muc_dich").is_in(["ONT", "ODT"]),
        pl.col("the_chap").is_null(),
        ~pl.col("ma_gcn").is_in(spoilt["record_id"].implode()),
        pl.col("ma_thua").is_in(sound["ma_thua"].implode()),
    )["ma_gcn"]


def _hold_just(world: World, homes: pl.Series, links: pl.DataFrame) -> Bools:
    """Who holds exactly one certificate, and that one of `homes`."""
    held = links.filter(pl.col("dataset") == "certificate")
    single = held.group_by("truth_id").agg(pl.len(), pl.col("record_id").first())
    key = pl.col("record_id").str.split("#").list.first()
    owners = single.filter(pl.col("len") == 1, key.is_in(homes.implode()))["truth_id"]
    found: Bools = world.people["truth_id"].is_in(owners.implode()).to_numpy()
    return found


def _describe(person: dict[str, Any], tables: Tables, links: pl.DataFrame) -> dict[str, Any]:
    mine = links.filter(pl.col("truth_id") == person["truth_id"])
    keys: dict[str, str] = dict(mine.select("dataset", "record_id").iter_rows())
    participants = tables["social_insurance"]["nguoi_tham_gia"]
    participant = participants.filter(pl.col("id") == int(keys["participant"])).row(0, named=True)
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
        "residences": _list_residences(tables["population"]["cu_tru"], keys["person"]),
    }
    identity = {name: expected[name] for name in ("pin", "full_name", "birth_date")}
    return {"truth_id": person["truth_id"], **identity, "expected": expected}


def _list_residences(table: pl.DataFrame, key: str) -> list[dict[str, Any]]:
    rows = table.filter(pl.col("ma_cd") == key, ~pl.col("da_xoa")).sort("ma_ct")
    return rows.select(
        kind_code=pl.col("loai").replace_strict(_RESIDENCE_CODES),
        commune_code="ma_xa",
        address="dia_chi",
        from_date="tu_ngay",
        to_date="den_ngay",
    ).to_dicts()


def _list_certificates(
    tables: Tables, links: pl.DataFrame, person: dict[str, Any]
) -> list[dict[str, Any]]:
    mine = links.filter(
        pl.col("truth_id") == person["truth_id"], pl.col("dataset") == "certificate"
    )
    keys = mine["record_id"].str.split("#").list.first()
    return [_describe_certificate(tables["land_registry"], key) for key in keys]


def _describe_certificate(tables: dict[str, pl.DataFrame], key: str) -> dict[str, Any]:
    deed = tables["gcn"].filter(pl.col("ma_gcn") == key).row(0, named=True)
    parcels = tables["thua_dat"]
    plot = parcels.filter(pl.col("ma_thua") == deed["ma_thua"]).row(0, named=True)
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
