"""The figures of a province, read from its folder: counts and shares, nobody's personal data."""

import json
from pathlib import Path
from typing import Any

import polars as pl

from mocks.province.describe.registers import (
    count_births,
    count_cards,
    count_certificates,
    count_dossiers,
    count_events,
    count_noise,
)
from mocks.province.live.journal import read_clock
from mocks.province.reference import read_gazetteer

Figures = dict[str, Any]
_OLDEST_BAND, _OLDEST_INSURED_BAND = 95, 80
_BAND_YEARS = 5
_SURNAMES_SHOWN = 14
#: Share of the country's people, in percent, as public statistics of 2005 have it.
NATIONAL_SURNAMES = {
    "Nguyễn": 38.4, "Trần": 11.5, "Lê": 9.5, "Phạm": 7.0, "Hoàng, Huỳnh": 5.1, "Phan": 4.5,
    "Vũ, Võ": 3.9, "Đặng": 2.1, "Bùi": 2.0, "Đỗ": 1.4, "Hồ": 1.3, "Ngô": 1.3, "Dương": 1.0,
    "Lý": 0.5,
}  # fmt: skip
#: One surname by its form in the north and in the south, counted together as the statistics do.
_TWINS = {"Hoàng": "Hoàng, Huỳnh", "Huỳnh": "Hoàng, Huỳnh", "Vũ": "Vũ, Võ", "Võ": "Vũ, Võ"}
#: Given name first, clan last: the first word says nothing of the family (list of peoples of 2008).
_CLAN_LAST = ("11",)


def describe_province(folder: Path) -> Figures:
    """Everything that the page shows, as plain figures.

    Args:
        folder: what `make_province` wrote, with or without what `live` added.

    Raises:
        ValueError: there is no province in the folder; one sentence.
    """
    told = folder / "province.json"
    if not told.is_file() or not (folder / "truth" / "person.parquet").is_file():
        message = f"There is no province in {folder}; make one with: motlan province make."
        raise ValueError(message)
    made = json.loads(told.read_text(encoding="utf-8"))
    today = read_clock(folder / "truth").get("last_day", made["reference_date"])
    people = _read_people(folder, today)
    living = people.filter("living")
    return {
        "province": _name_province(made) | {"day": today},
        "totals": _count_rows(folder, living),
        "ages": _count_ages(living),
        "communes": _count_communes(living, made.get("province", "22")),
        "surnames": _count_surnames(living),
        "top_full_name_share": _share_of_commonest_name(living),
        "peoples": _count(living, "ethnic_code", "code"),
        "insured": _count_insured(living),
        "cards": count_cards(folder, made["reference_date"]),
        "certificates": count_certificates(folder),
        "noise": count_noise(folder),
        "births": count_births(folder, living),
        "dossiers": count_dossiers(folder),
        "events": count_events(folder),
    }


def _name_province(made: dict[str, Any]) -> Figures:
    province = read_gazetteer(made.get("province", "22")).province
    names = {"code": province.code, "name": province.full_name}
    return names | {key: made[key] for key in ("profile", "seed", "reference_date")}


def _read_people(folder: Path, today: str) -> pl.DataFrame:
    """Everyone of the truth with `age` in years and `living`: alive and in the register."""
    day = pl.lit(today).str.to_date()
    return (
        pl.scan_parquet(folder / "truth" / "person.parquet")
        .select(
            "full_name",
            "birth_date",
            "sex",
            "ethnic_code",
            "commune_code",
            insured=pl.col("insurance_number").is_not_null(),
            age=((day - pl.col("birth_date")).dt.total_days() / 365.2425).floor().cast(pl.Int64),
            living=pl.col("in_population") & pl.col("death_date").is_null(),
        )
        .collect()
    )


def _count_rows(folder: Path, living: pl.DataFrame) -> dict[str, int]:
    """People by the truth of the day, what belongs to them by the registers as they were made."""
    tables = {
        "households": "population/ho",
        "employers": "social_insurance/don_vi",
        "parcels": "land_registry/thua_dat",
        "certificates": "land_registry/gcn",
    }
    rows = {
        name: pl.scan_parquet(folder / f"{table}.parquet").select(pl.len()).collect().item()
        for name, table in tables.items()
    }
    return {"people": len(living), "insured": int(living["insured"].sum())} | rows


def _band(oldest: int) -> pl.Expr:
    """First year of everyone's five-year band, up to `oldest`: that band has no end."""
    return (pl.col("age") // _BAND_YEARS * _BAND_YEARS).clip(0, oldest).alias("from")


def _name_ends(counted: pl.DataFrame, oldest: int) -> list[Figures]:
    """Each band with `to`, its last year; none where it has no end."""
    last = pl.when(pl.col("from") < oldest).then(pl.col("from") + _BAND_YEARS - 1)
    named = counted.sort("from").with_columns(to=last)
    return named.select("from", "to", pl.exclude("from", "to")).to_dicts()


def _count_ages(living: pl.DataFrame) -> list[Figures]:
    counted = living.group_by(_band(_OLDEST_BAND)).agg(
        male=(pl.col("sex") == 1).sum(), female=(pl.col("sex") == 2).sum()
    )
    return _name_ends(counted, _OLDEST_BAND)


def _count_communes(living: pl.DataFrame, province: str) -> list[Figures]:
    counts = living.group_by("commune_code").agg(people=pl.len())
    return (
        read_gazetteer(province)
        .communes.join(counts, left_on="code", right_on="commune_code", how="left")
        .with_columns(pl.col("people").fill_null(0))
        .sort("people", "code", descending=[True, False])
        .select("code", "type", "name", "people", "population", "latitude", "longitude")
        .to_dicts()
    )


def _count_surnames(living: pl.DataFrame) -> list[Figures]:
    """The commonest surnames in percent of all people, beside the nation's; clans count as none."""
    surnames = living.filter(~pl.col("ethnic_code").is_in(_CLAN_LAST)).select(
        name=pl.col("full_name").str.extract(r"^(\S+)").replace(_TWINS)
    )
    counted = (
        surnames.group_by("name").len("people").sort("people", "name", descending=[True, False])
    )
    return [
        {
            "name": row["name"],
            "percent": 100 * row["people"] / len(living),
            "national": NATIONAL_SURNAMES.get(row["name"]),
        }
        for row in counted.head(_SURNAMES_SHOWN).to_dicts()
    ]


def _share_of_commonest_name(living: pl.DataFrame) -> float:
    """Of all people, in percent: who bears the commonest full name."""
    most = living.group_by("full_name").len().select(pl.col("len").max()).item()
    return float(100 * most / len(living))


def _count(frame: pl.DataFrame, column: str, name: str) -> list[Figures]:
    counted = frame.group_by(pl.col(column).alias(name)).len("people")
    return counted.sort("people", name, descending=[True, False]).to_dicts()


def _count_insured(living: pl.DataFrame) -> list[Figures]:
    counted = living.group_by(_band(_OLDEST_INSURED_BAND)).agg(
        people=pl.len(), insured=pl.col("insured").sum()
    )
    return _name_ends(counted, _OLDEST_INSURED_BAND)
