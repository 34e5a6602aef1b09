"""Facts about four provinces: their communes before and after 1 July 2025, and who lives there.

The tables in `reference/` hold public facts: codes, kinds, names, areas, positions and populations
of units (Statistics Office numbering), and the 63 frozen province prefixes of the personal number
(Circular 59/2021/TT-BCA, art. 4). In `old_commune.csv`, `people_to` and `land_to` list the new
communes, separated by `|`: they differ where a split moved land only.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

FOLDER = Path(__file__).parent / "reference"

Mix = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Province:
    """A province since 1 July 2025: `code` "22", `name` "Quảng Ninh", `kind` "Tỉnh".

    `tax_prefix`: first two digits of the tax codes given out there. `old_number_prefixes`: first
    three digits of the nine-digit identity numbers given out there, 80 for "080".
    """

    code: str
    name: str
    kind: str
    tax_prefix: str
    old_number_prefixes: tuple[int, ...]

    @property
    def full_name(self) -> str:
        """Kind and name, as an address ends: "Tỉnh Quảng Ninh"."""
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Gazetteer:
    """The units of one province and who lives in them.

    communes: code, type, name, population, area_km2, latitude, longitude; since 1 July 2025.
    old_communes: code, type, name, district_code, district_type, district_name, old_province_code,
    old_province ("Tỉnh Phú Yên"), former_unit (commune and district by an earlier name; null where
    neither had one), people_to and land_to (lists of new codes), latitude, longitude.
    districts: code, type, name, old_province_code, encoding ("UTF-8" or "TCVN3": how the former
    district's land office writes its files), former_name (null where it had none).
    birth_provinces: pin_prefix, name, weight, for those who live in this province (63 rows).
    peoples: district code -> (code of the 2008 list of peoples, share), shares adding up to 1.
    localities: old_province_code, kind ("street", "quarter" or "hamlet"), peoples (codes of those
    who live in such hamlets, none for the others), names (with places for {cell} and {quarter}).
    """

    province: Province
    communes: pl.DataFrame
    old_communes: pl.DataFrame
    districts: pl.DataFrame
    birth_provinces: pl.DataFrame
    peoples: dict[str, Mix]
    localities: pl.DataFrame


def read_gazetteer(province: str = "22") -> Gazetteer:
    """The tables of one province; codes stay text, numbers become numbers.

    Raises:
        ValueError: there is no such province.
    """
    described = _find_province(province)
    districts = _read("district").filter(pl.col("province_code") == province)
    peoples = dict(districts.select("code", "peoples").iter_rows())
    return Gazetteer(
        province=described,
        communes=_read_communes(province),
        old_communes=_read_old_communes(districts),
        districts=districts.drop("province_code", "peoples"),
        birth_provinces=_read("birth_province").select(
            "pin_prefix", "name", weight=pl.col(province).cast(pl.Float64)
        ),
        peoples={code: _parse_mix(mix) for code, mix in peoples.items()},
        localities=_read("locality")
        .with_columns(
            pl.col("names").str.split("|"), pl.col("peoples").fill_null("").str.split("|")
        )
        .filter(pl.col("old_province_code").is_in(districts["old_province_code"].implode())),
    )


def _find_province(code: str) -> Province:
    rows: dict[str, dict[str, Any]] = {
        row["code"]: row for row in _read("province").iter_rows(named=True)
    }
    if code not in rows:
        message = f"There is no province {code!r}; choose one of {', '.join(rows)}."
        raise ValueError(message)
    row = rows[code]
    prefixes = tuple(int(prefix) for prefix in row.pop("old_number_prefixes").split("|"))
    return Province(**row, old_number_prefixes=prefixes)


def _read_communes(province: str) -> pl.DataFrame:
    return (
        _read("commune")
        .filter(pl.col("province_code") == province)
        .join(_read("commune_size"), on="code", how="left", maintain_order="left")
        .select(
            *("code", "type", "name"),
            pl.col("population").cast(pl.Int64),
            pl.col("area_km2", "latitude", "longitude").cast(pl.Float64),
        )
    )


def _read_old_communes(districts: pl.DataFrame) -> pl.DataFrame:
    names = _read("birth_province").select(
        old_province_code=pl.col("pin_prefix").str.slice(1),
        old_province=pl.format("Tỉnh {}", "name"),
    )
    of_district = districts.select(
        "old_province_code",
        district_code="code",
        district_type="type",
        district_name="name",
    ).join(names, on="old_province_code", how="left", maintain_order="left")
    return (
        _read("old_commune")
        .join(of_district, on="district_code", maintain_order="left")
        .select(
            *("code", "type", "name", "district_code", "district_type", "district_name"),
            *("old_province_code", "old_province", "former_unit"),
            pl.col("people_to", "land_to").str.split("|"),
            pl.col("latitude", "longitude").cast(pl.Float64),
        )
    )


def _parse_mix(text: str) -> Mix:
    """ "01:78|09:22" as codes with shares that add up to 1."""
    parts = [part.split(":") for part in text.split("|")]
    total = sum(float(weight) for _, weight in parts)
    return tuple((code, float(weight) / total) for code, weight in parts)


def _read(table: str) -> pl.DataFrame:
    return pl.read_csv(FOLDER / f"{table}.csv", infer_schema=False)
