"""The people of the demo: one for each of three procedures, whose rows are clean and linked in all three registers.

1.004222 permanent residence and 1.013225 building permit: an owner of residential land in a commune never split.
1.014027 social pension: 75 or older, no pension, permanent residence.
"""

from typing import Any

import numpy as np
import polars as pl

from mocks.province.chance import Bools
from mocks.province.people import World

_PENSION_AGE = 75
_ADULT_AGE = 30
Tables = dict[str, dict[str, pl.DataFrame]]


def choose_showcase(
    world: World, tables: Tables, *, faults: pl.DataFrame, links: pl.DataFrame
) -> list[dict[str, Any]]:
    """One entry a procedure: procedure, pin, full_name, birth_date and expected {golden field: value}.

    ValueError if the province holds nobody of that kind, which a profile of the sizes offered never shows.
    """
    clean = _have_clean_rows(world, faults, links)
    owners = np.flatnonzero(
        clean & _own_one_home(world, tables, links=links) & (world.ages >= _ADULT_AGE)
    )
    eldest = np.flatnonzero(
        clean & ~world.people["receives_pension"].to_numpy() & (world.ages >= _PENSION_AGE)
    )
    if len(owners) < 2 or len(eldest) < 1:
        message = (
            "The province has no clean showcase people; choose another seed or a larger profile."
        )
        raise ValueError(message)
    rows = {"1.004222": int(owners[0]), "1.013225": int(owners[1]), "1.014027": int(eldest[0])}
    return [
        _describe(world, tables, row, procedure=procedure, links=links)
        for procedure, row in rows.items()
    ]


def _have_clean_rows(world: World, faults: pl.DataFrame, links: pl.DataFrame) -> Bools:
    """Alive, no canary, in the population and insurance registers once each, and no fault in any row of theirs."""
    people = world.people
    spoilt = faults.with_columns(pl.col("record_id").str.split("#").list.first()).select(
        "source", "dataset", "record_id"
    )
    plain = links.with_columns(record_id=pl.col("record_id").str.split("#").list.first())
    bad = plain.join(spoilt.unique(), on=["source", "dataset", "record_id"], how="semi")
    bad = bad.filter(pl.col("dataset") != "certificate")
    counts = links.group_by("truth_id", "dataset").len()
    once = [
        counts.filter((pl.col("dataset") == name) & (pl.col("len") == 1))["truth_id"]
        for name in ("person", "participant")
    ]
    ids = people["truth_id"]
    good = (
        people["death_day"].is_null()
        & (people["canary"] == 0)
        & ids.is_in(once[0].implode())
        & ids.is_in(once[1].implode())
    )
    shared = people["full_name"].is_duplicated()
    return (good & ~ids.is_in(bad["truth_id"].implode()) & ~shared).to_numpy()


def _own_one_home(world: World, tables: Tables, *, links: pl.DataFrame) -> Bools:
    """Single holder, named by personal number, of exactly one certificate, clean, residential, unsplit."""
    gcn, parcels = tables["land_registry"]["gcn"], tables["land_registry"]["thua_dat"]
    held = links.filter(pl.col("dataset") == "certificate")
    single = held.group_by("truth_id").len().filter(pl.col("len") == 1)
    held = held.join(single, on="truth_id", how="semi", maintain_order="left")
    held = held.with_columns(ma_gcn=pl.col("record_id").str.split("#").list.first())
    homes = gcn.filter(
        pl.col("muc_dich").is_in(["ONT", "ODT"])
        & pl.col("so_giay_to").str.contains(r"^\d{12}$")
        & pl.col("the_chap").is_null()
        & pl.col("so_phat_hanh").str.contains(r"^[A-ZĐ]{2} (?:\d{6}|\d{8})$")
    ).join(parcels, on="ma_thua", suffix="_parcel")
    homes = homes.filter(
        pl.col("ma_xa_cu").str.contains(r"^0\d{4}$")
        & ~pl.col("ma_xa_cu").is_in(sorted(_SPLIT_COMMUNES))
        & (pl.col("dien_tich") == pl.col("dien_tich_cap"))
        & pl.col("ma_dinh_danh").is_not_null()
        & pl.col("chu_su_dung").str.contains(r"^(?:Ông |Bà )\p{Lu}\p{Ll}")
        & ~pl.col("chu_su_dung").str.contains(r" và |\(")
        & pl.col("dia_chi").str.contains(", Tỉnh ")
        & pl.col("dia_chi_chu").str.contains(", Tỉnh ")
    )
    owners = held.join(homes, on="ma_gcn", how="semi", maintain_order="left")["truth_id"]
    named = _named_as_is(world, tables, held=held)
    return (
        world.people["truth_id"].is_in(owners.implode())
        & world.people["truth_id"].is_in(named.implode())
    ).to_numpy()


#: Old communes of Quang Ninh whose people or land went to more than one new commune.
_SPLIT_COMMUNES = frozenset(
    [
        "06655",
        "06799",
        "06820",
        "06853",
        "06868",
        "06877",
        "06880",
        "06886",
        "06946",
        "07042",
        "07093",
        "07180",
    ]
)


def _named_as_is(world: World, tables: Tables, *, held: pl.DataFrame) -> pl.Series:
    """truth_ids whose certificate writes the true name letter by letter."""
    names = world.people.select("truth_id", "full_name")
    written = held.join(
        tables["land_registry"]["gcn"].select("ma_gcn", "chu_su_dung"),
        on="ma_gcn",
        maintain_order="left",
    )
    written = written.join(names, on="truth_id", maintain_order="left")
    return written.filter(pl.col("chu_su_dung").str.ends_with(pl.col("full_name")))["truth_id"]


def _describe(
    world: World, tables: Tables, row: int, *, procedure: str, links: pl.DataFrame
) -> dict[str, Any]:
    person = world.people.row(row, named=True)
    mine = links.filter(pl.col("truth_id") == person["truth_id"])
    keys: dict[str, str] = dict(mine.select("dataset", "record_id").iter_rows())
    participant = tables["social_insurance"]["nguoi_tham_gia"].row(
        by_predicate=pl.col("id") == int(keys["participant"]), named=True
    )
    expected: dict[str, Any] = {
        "pin": person["pin"], "full_name": person["full_name"], "birth_date": person["birth_date"].isoformat(),
        "sex_code": str(person["sex"]), "ethnic_code": person["ethnic_code"], "marital_code": person["marital"],
        "old_number": person["old_number"], "insurance_number": participant["ma_so_bhxh"],
        "receives_pension": person["receives_pension"],
        "residences": _residences(tables["population"]["cu_tru"], keys["person"]),
    }  # fmt: skip
    if "certificate" in keys and procedure != "1.014027":
        expected["certificates"] = [
            _certificate(tables["land_registry"], keys["certificate"].partition("#")[0])
        ]
    return {"procedure": procedure, "truth_id": person["truth_id"], "pin": person["pin"], "full_name": person["full_name"],
            "birth_date": person["birth_date"].isoformat(), "expected": expected}  # fmt: skip


def _residences(table: pl.DataFrame, key: str) -> list[dict[str, Any]]:
    rows = table.filter((pl.col("ma_cd") == key) & ~pl.col("da_xoa")).sort("ma_ct")
    names = {
        "loai": "kind_code",
        "ma_xa": "commune_code",
        "dia_chi": "address",
        "tu_ngay": "from_date",
        "den_ngay": "to_date",
    }
    return rows.select(pl.col(old).alias(new) for old, new in names.items()).to_dicts()


def _certificate(tables: dict[str, pl.DataFrame], key: str) -> dict[str, Any]:
    deed = tables["gcn"].row(by_predicate=pl.col("ma_gcn") == key, named=True)
    plot = tables["thua_dat"].row(by_predicate=pl.col("ma_thua") == deed["ma_thua"], named=True)
    day, month, year = deed["ngay_cap"].split("/")
    return {
        "serial": deed["so_phat_hanh"], "issue_date": f"{year}-{month}-{day}", "area_m2": float(deed["dien_tich_cap"]),
        "land_use": deed["muc_dich"], "use_form": deed["hinh_thuc"], "term": deed["thoi_han"],
        "parcel": {
            "sheet_number": plot["so_to"], "parcel_number": plot["so_thua"], "commune_code_old": plot["ma_xa_cu"],
            "area_m2": float(plot["dien_tich"]), "land_use": plot["loai_dat"], "address": plot["dia_chi"],
        },
    }  # fmt: skip
