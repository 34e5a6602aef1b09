"""Facts about Quang Ninh: communes before and after 1 July 2025, provinces of birth registration.

The tables in `reference/` hold public facts: codes, kinds, names and populations of units
(Statistics Office numbering), and the 63 frozen province prefixes of the personal number (Circular
59/2021/TT-BCA, art. 4). In `old_commune.csv`, `people_to` and `land_to` list the new communes,
separated by `|`: they differ where a split moved land only.
"""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

PROVINCE = "Tỉnh Quảng Ninh"
FOLDER = Path(__file__).parent / "reference"
#: Former districts whose land office delivers TCVN3 text files; the others deliver Parquet.
TCVN3_DISTRICTS = frozenset({"194", "196", "199", "201", "203", "206"})


@dataclass(frozen=True)
class Gazetteer:
    """Communes (54 rows), old communes (171 rows) and birth-registration provinces (63 rows)."""

    communes: pl.DataFrame
    old_communes: pl.DataFrame
    birth_provinces: pl.DataFrame


def read_gazetteer() -> Gazetteer:
    """Read the reference tables; codes stay text, populations and coordinates become numbers."""
    communes = _read("commune").with_columns(pl.col("population").cast(pl.Int64))
    old_communes = _read("old_commune").with_columns(
        pl.col("people_to", "land_to").str.split("|"),
        pl.col("latitude", "longitude").cast(pl.Float64),
    )
    birth_provinces = _read("birth_province").with_columns(pl.col("weight").cast(pl.Float64))
    return Gazetteer(communes, old_communes, birth_provinces)


def _read(table: str) -> pl.DataFrame:
    return pl.read_csv(FOLDER / f"{table}.csv", infer_schema=False)
