"""What the registers hold and how they spoil it, in figures."""

from pathlib import Path
from typing import Any

import polars as pl

from mocks.province.desks import ONLINE
from mocks.province.noise import CATALOGUE, FORMS, REGISTERS
from mocks.province.procedures import PROCEDURES

Figures = dict[str, Any]
TABLES = {
    ("population", "person"): "cong_dan",
    ("population", "household"): "ho",
    ("population", "residence"): "cu_tru",
    ("population", "relation"): "quan_he",
    ("social_insurance", "participant"): "nguoi_tham_gia",
    ("social_insurance", "participation"): "qua_trinh",
    ("social_insurance", "card"): "the_bhyt",
    ("social_insurance", "employer"): "don_vi",
    ("land_registry", "parcel"): "thua_dat",
    ("land_registry", "certificate"): "gcn",
}
#: Where a register writes a whole date of birth, and in which order.
_BIRTH_COLUMNS = {
    "population": ("cong_dan", "ngay_sinh", r"^\d{4}-(?<month>\d{2})-(?<day>\d{2})$"),
    "social_insurance": (
        "nguoi_tham_gia",
        "ngay_sinh",
        r"^(?<day>\d{2})/(?<month>\d{2})/\d{4}$",
    ),
}
_TIME_ZONE = "Asia/Ho_Chi_Minh"
_SERIES = (
    ("one_letter", r"^[A-ZĐ] \d{6,7}$"),
    ("aa", r"^AA \d{8}$"),
    ("two_letters", r"^[A-ZĐ]{2} \d{6}$"),
    ("eight_digits", r"^[A-ZĐ]{2} \d{8}$"),
)


def _scan(folder: Path, table: str) -> pl.LazyFrame:
    return pl.scan_parquet(folder / f"{table}.parquet")


def count_cards(folder: Path, today: str) -> list[Figures]:
    """Cards valid on the day, by object code; what is not written as a card is left out."""
    day = pl.lit(today).str.to_date()
    kind = (
        pl.col("so_the").str.replace_all(r"[^A-ZĐ\d]", "").str.extract(r"^([A-ZĐ]{2})[1-5]\d{12}$")
    )
    counted = (
        _scan(folder, "social_insurance/the_bhyt")
        .filter(
            pl.col("gia_tri_tu") <= day,
            pl.col("gia_tri_den").is_null() | (pl.col("gia_tri_den") >= day),
        )
        .select(code=kind)
        .drop_nulls()
        .group_by("code")
        .agg(cards=pl.len())
        .sort("cards", "code", descending=[True, False])
        .collect()
    )
    return counted.to_dicts()


def count_certificates(folder: Path) -> list[Figures]:
    """By year of issue and series; serial and date as the register has them, `other` if unusual."""
    series = pl.lit("other")
    for name, pattern in reversed(_SERIES):
        series = (
            pl.when(pl.col("so_phat_hanh").str.contains(pattern))
            .then(pl.lit(name))
            .otherwise(series)
        )
    counted = (
        _scan(folder, "land_registry/gcn")
        .select(
            year=pl.col("ngay_cap").str.extract(r"^\d{2}/\d{2}/(\d{4})$").cast(pl.Int64),
            series=series,
        )
        .group_by("year", "series")
        .agg(certificates=pl.len())
        .sort("year", "series", nulls_last=True)
        .collect()
    )
    return counted.to_dicts()


def count_noise(folder: Path) -> Figures:
    """`datasets`: rows, and rows that no fault has touched; `kinds`: spoilt values by register."""
    faults = _scan(folder, "truth/injected_fault")
    kinds = faults.group_by("source", "kind").agg(values=pl.len()).collect()
    found = {(source, kind): values for source, kind, values in kinds.iter_rows()}
    touched = (
        faults.filter(~pl.col("kind").is_in(FORMS))
        .group_by("source", "dataset")
        .agg(rows=pl.col("record_id").n_unique())
        .collect()
    )
    dirty = {(source, dataset): rows for source, dataset, rows in touched.iter_rows()}
    datasets = [
        {
            "register": register,
            "dataset": dataset,
            "rows": (
                rows := _scan(folder, f"{register}/{table}").select(pl.len()).collect().item()
            ),
            "clean": rows - dirty.get((register, dataset), 0),
        }
        for (register, dataset), table in TABLES.items()
    ]
    listed = [
        {
            "code": kind.code,
            "name": kind.name,
            "says": kind.says,
            "is_form": kind.is_form,
            "values": {register: found.get((register, kind.name), 0) for register in REGISTERS},
        }
        for kind in CATALOGUE
    ]
    return {"datasets": datasets, "kinds": listed}


def count_births(folder: Path, living: pl.DataFrame) -> dict[str, list[Figures]]:
    """People by day and month of birth: as they were born, then as each register writes it."""
    born = living.lazy().select(
        day=pl.col("birth_date").dt.day().cast(pl.Int64),
        month=pl.col("birth_date").dt.month().cast(pl.Int64),
    )
    counted = {"truth": _count_days(born)}
    for register, (table, column, pattern) in _BIRTH_COLUMNS.items():
        written = _scan(folder, f"{register}/{table}").select(
            pl.col(column).str.extract_groups(pattern).struct.field(part).cast(pl.Int64)
            for part in ("day", "month")
        )
        counted[register] = _count_days(written)
    return counted


def _count_days(dates: pl.LazyFrame) -> list[Figures]:
    possible = pl.col("day").is_between(1, 31) & pl.col("month").is_between(1, 12)
    counted = dates.filter(possible).group_by("month", "day").agg(people=pl.len())
    return counted.sort("month", "day").collect().to_dicts()


def count_dossiers(folder: Path) -> Figures | None:
    """One day at the desks: by hour and channel, and how many came from another commune."""
    if not (folder / "desks" / "dossier.parquet").is_file():
        return None
    desks = _scan(folder, "desks/desk").select("commune_code", desk="code")
    dossiers = (
        _scan(folder, "desks/dossier")
        .join(desks, on="desk", how="left")
        .with_columns(pl.col("filed_at").dt.convert_time_zone(_TIME_ZONE))
        .collect()
    )
    at_home = (dossiers["commune_code"] == dossiers["applicant_commune"]).fill_null(False)
    hours = dossiers.group_by(hour=pl.col("filed_at").dt.hour().cast(pl.Int64)).agg(
        online=(pl.col("channel") == ONLINE).sum(), other=(pl.col("channel") != ONLINE).sum()
    )
    names = {procedure.code: procedure.name for procedure in PROCEDURES}
    asked = (
        dossiers.group_by(code="procedure")
        .agg(dossiers=pl.len())
        .with_columns(name=pl.col("code").replace_strict(names))
        .sort("dossiers", "code", descending=[True, False])
    )
    return {
        "desks": _scan(folder, "desks/desk").select(pl.len()).collect().item(),
        "officers": _scan(folder, "desks/officer").select(pl.len()).collect().item(),
        "day": str(dossiers["filed_at"].dt.date().min()),
        "total": len(dossiers),
        "elsewhere": int((~at_home).sum()),
        "online": int((dossiers["channel"] == ONLINE).sum()),
        "hours": hours.sort("hour").to_dicts(),
        "procedures": asked.to_dicts(),
    }


def count_events(folder: Path) -> list[Figures]:
    """What has happened since the province was made, by kind; nothing if nothing has."""
    path = folder / "truth" / "event.parquet"
    if not path.is_file():
        return []
    counted = (
        pl.scan_parquet(path).group_by("kind").agg(events=pl.col("event_id").n_unique()).collect()
    )
    return counted.sort("events", "kind", descending=[True, False]).to_dicts()
