"""thua_dat: parcels on the cadastral maps of the old communes."""

import numpy as np
import polars as pl

from mocks.province.chance import Bools, Ints, draw_index, draw_texts
from mocks.province.faults import ACCEPT, QUARANTINE, REPAIR, Fault, Spoiler, Truth
from mocks.province.identifiers import encode_geohashes
from mocks.province.people import World
from mocks.province.reference import PROVINCE, Gazetteer
from mocks.province.spelling import abbreviate, lose_zero

TABLE = ("land_registry", "parcel")
RESIDENTIAL, MIXED = 0, 1
OLD_RESIDENTIAL_CODE = "T"
#: Kind of land: (name or code, share in a xã, share elsewhere, median area in m2). The order
#: counts: dwellings without and with a garden first, their old code last, farm land between.
_LAND = (
    ("residential", 0.26, 0.62, 160.0),
    ("mixed", 0.14, 0.12, 420.0),
    ("LUC", 0.22, 0.09, 820.0),
    ("HNK", 0.09, 0.05, 560.0),
    ("CLN", 0.11, 0.07, 1_150.0),
    ("RSX", 0.13, 0.01, 14_500.0),
    ("NTS", 0.04, 0.03, 3_600.0),
    ("LMU", 0.003, 0.002, 2_200.0),
    (OLD_RESIDENTIAL_CODE, 0.007, 0.008, 330.0),
)
_FARM = range(2, len(_LAND) - 1)
_AWAY_SHARE = 0.15
_SURVEYED_SHARE = 0.72
_SPREAD_DEGREES = 0.012
_AREA, _COMMUNE, _ADDRESS, _HASH = "dien_tich", "ma_xa_cu", "dia_chi", "ma_dinh_danh"
_FAULTS = (
    Fault("measure_wrong", _AREA, QUARANTINE, pl.lit("không rõ"), weight=0.1),
    Fault("number_form", _AREA, REPAIR, pl.col(_AREA).str.replace(".", ",", literal=True)),
    Fault("zero_lost", _COMMUNE, REPAIR, lose_zero(pl.col(_COMMUNE)), weight=0.5),
    Fault("address_abbreviated", _ADDRESS, REPAIR, abbreviate(pl.col(_ADDRESS))),
    Fault("measure_wrong", _HASH, ACCEPT, "w3gv" + pl.col(_HASH).str.slice(4)),
    Fault("measure_wrong", _AREA, ACCEPT, pl.lit("0.0"), weight=0.5),
)


def lay_out_plots(
    rng: np.random.Generator, world: World, count: int, gazetteer: Gazetteer, *, canaries: int
) -> pl.DataFrame:
    """`count` parcels, then one for each canary.

    Columns: owner (row of World.households), code (old commune), district, kind (row of _LAND),
    farm, rural, area (m2), sheet, number, land, street, unit, geohash, key.
    """
    owner = _draw_owners(rng, len(world.households), count, canaries=canaries)
    total, firsts = len(owner), min(len(world.households) - canaries, count)
    ordinary = np.arange(total) < count
    away = ordinary & (np.arange(total) >= firsts) & (rng.random(total) < _AWAY_SHARE)
    home = world.households["old_commune_code"].gather(owner)
    elsewhere = rng.integers(0, len(gazetteer.old_communes), total)
    commune = gazetteer.old_communes["code"].gather(elsewhere).zip_with(pl.Series(away), home)
    old_communes = gazetteer.old_communes.rename({"type": "kind_of_unit"})
    place = pl.DataFrame({"code": commune}).join(
        old_communes, on="code", how="left", maintain_order="left"
    )
    rural = (place["kind_of_unit"] == "Xã").to_numpy()
    kind = _draw_kinds(rng, rural, firsts)
    kind[~ordinary] = RESIDENTIAL
    jitter = rng.normal(0, _SPREAD_DEGREES, (2, total))
    plots = place.select(
        "code",
        district="district_code",
        unit=pl.format("{} {}, {} {}", "kind_of_unit", "name", "district_type", "district_name"),
        owner=pl.Series(owner),
        kind=pl.Series(kind),
        farm=pl.Series(np.isin(kind, _FARM)),
        rural=pl.Series(rural),
        area=pl.Series(_draw_areas(rng, kind, rural)),
        street=world.households["street"].gather(owner),
        geohash=encode_geohashes(
            place["latitude"].to_numpy() + jitter[0], place["longitude"].to_numpy() + jitter[1]
        ),
    )
    return _number_plots(rng, plots)


def _draw_owners(rng: np.random.Generator, households: int, count: int, *, canaries: int) -> Ints:
    """A first parcel each, then a few households most of the rest; canaries one each."""
    ordinary = households - canaries
    wealth = rng.exponential(1.0, ordinary) ** 2.5
    first = np.arange(min(ordinary, count))
    rest = draw_index(rng, wealth, count - len(first))
    owners: Ints = np.r_[first, rest, np.arange(ordinary, households)]
    return owners


def _draw_kinds(rng: np.random.Generator, rural: Bools, firsts: int) -> Ints:
    """By commune; a household's first parcel is where it lives."""
    country, town = (
        draw_index(rng, list(shares), len(rural))
        for shares in zip(*(row[1:3] for row in _LAND), strict=True)
    )
    kind = np.where(rural, country, town)
    kind[:firsts] = draw_index(rng, [0.72, 0.28], firsts)
    return kind


def _draw_areas(rng: np.random.Generator, kind: Ints, rural: Bools) -> pl.Series:
    medians = np.array([median for *_, median in _LAND])[kind]
    roomy = np.where(rural & (kind <= MIXED), 2.1, 1.0)
    areas = np.clip(rng.lognormal(np.log(medians * roomy), 0.45), 28, 90_000)
    return pl.Series(np.round(areas, 1))


def _number_plots(rng: np.random.Generator, plots: pl.DataFrame) -> pl.DataFrame:
    """Sheet and number: no two parcels of an old commune share both. More parcels, more sheets."""
    sizes = plots.select(pl.len().over("code")).to_series().to_numpy()
    sheet = 1 + np.floor(rng.random(len(plots)) * (8 + sizes / 60)).astype(np.int64)
    row_number = pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(7)
    return plots.with_columns(
        sheet=pl.Series(sheet),
        gap=pl.Series(rng.integers(1, 4, len(plots))),
        land=_land_codes(rng, plots),
        key=pl.format("TD{}{}", "district", row_number),
    ).with_columns(number=pl.col("gap").cum_sum().over("code", "sheet"))


def _land_codes(rng: np.random.Generator, plots: pl.DataFrame) -> pl.Series:
    """ONT in a xã, ODT elsewhere, by the unit before July 2025: that is what the map says."""
    frame = plots.select(
        "rural",
        code=pl.Series([row[0] for row in _LAND]).gather(plots["kind"]),
        garden=draw_texts(rng, ["CLN", "HNK", "NTS"], len(plots), weights=[8, 1.5, 0.5]),
    )
    home = pl.when("rural").then(pl.lit("ONT")).otherwise(pl.lit("ODT"))
    code = pl.col("code")
    mixed = pl.when(code == "mixed").then(pl.format("{}+{}", home, "garden")).otherwise("code")
    land = pl.when(code == "residential").then(home).otherwise(mixed)
    return frame.select(land.alias("land")).to_series()


def write_parcels(rng: np.random.Generator, plots: pl.DataFrame, truth: Truth) -> pl.DataFrame:
    """The register's rows; parcels that nobody has surveyed yet have no national identifier."""
    surveyed = pl.Series(rng.random(len(plots)) < _SURVEYED_SHARE)
    truth.note(
        TABLE,
        ("value_missing", _HASH, ACCEPT),
        plots["key"].filter(~surveyed),
        plots["geohash"].filter(~surveyed),
    )
    return plots.select(
        ma_don_vi="district",
        ma_thua="key",
        so_to=pl.col("sheet").cast(pl.String),
        so_thua=pl.col("number").cast(pl.String),
        ma_xa_cu="code",
        dia_chi=pl.format("{}, {}, {}", "street", "unit", pl.lit(PROVINCE)),
        dien_tich=area_text("area"),
        loai_dat="land",
        ma_dinh_danh=pl.when(surveyed).then("geohash"),
    )


def area_text(column: str) -> pl.Expr:
    """An area in m2 with one decimal."""
    tenths = (pl.col(column) * 10).round().cast(pl.Int64)
    return pl.format("{}.{}", tenths // 10, tenths % 10)


def spoil_parcels(
    rng: np.random.Generator, parcels: pl.DataFrame, canaries: int, truth: Truth
) -> pl.DataFrame:
    """Noise in about a fifth of the rows, none in the canaries' (the last ones)."""
    spoiler = Spoiler(parcels, table=TABLE, key="ma_thua", truth=truth)
    spoiler.protect(np.arange(len(parcels)) >= len(parcels) - canaries)
    spoiler.spread(rng, _FAULTS)
    return spoiler.finish()
