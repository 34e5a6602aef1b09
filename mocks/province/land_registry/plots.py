"""Parcels as they lie on the cadastral maps of the old communes: whose, where, how large."""

import numpy as np
import polars as pl

from mocks.province.chance import Bools, Floats, Ints, draw_index
from mocks.province.identifiers import encode_geohashes
from mocks.province.land_registry.uses import HOME, draw_areas, draw_uses, is_farm
from mocks.province.noise import Noise
from mocks.province.people import World
from mocks.province.reference import Gazetteer

REGISTER = "land_registry"
_AWAY_SHARE = 0.15
_SPREAD_DEGREES = 0.012
_BORDER_DEGREES = 0.03
_SHEETS, _PARCELS_A_SHEET = 3, 135
_PIECE_SHARE = 0.02
_GEOHASH_ROWS = 200_000


def count_canaries(world: World) -> int:
    """Canaries each have a household, the last ones, and a parcel, the last ones."""
    return int((world.people["canary"] > 0).sum())


def lay_out_plots(
    rng: np.random.Generator, world: World, count: int, gazetteer: Gazetteer, noise: Noise
) -> pl.DataFrame:
    """`count` parcels, then one for each canary.

    Columns: owner (row of World.households), place and commune (rows of the gazetteer's
    old_communes and communes: where it was, where it is), district, district_name, old_office
    (writes TCVN3), was_urban and is_urban (of the unit before and since July 2025), use and garden
    (see `uses`), farm, area (m2), sheet, number (text), geohash, key.
    """
    households, canaries = world.households, count_canaries(world)
    owner = _draw_owners(rng, len(households), count, canaries=canaries)
    total, firsts = len(owner), min(len(households) - canaries, count)
    ordinary = np.arange(total) < count
    away = ordinary & (np.arange(total) >= firsts) & (rng.random(total) < _AWAY_SHARE)
    place, commune = _draw_places(rng, households, owner, away=away, gazetteer=gazetteer)
    units = _describe_units(place, commune, gazetteer)
    rural = ~units["was_urban"].to_numpy()
    use, garden = draw_uses(rng, rural, firsts)
    use[~ordinary] = HOME
    plots = units.with_columns(
        owner=pl.Series(owner),
        use=pl.Series(use),
        garden=pl.Series(garden),
        farm=pl.Series(is_farm(use)),
        area=pl.Series(draw_areas(rng, use, rural)),
        geohash=_locate(rng, place, gazetteer.old_communes),
    )
    return _number_plots(rng, plots, noise.rate(REGISTER, "parcel_number_shared"))


def _draw_owners(rng: np.random.Generator, households: int, count: int, *, canaries: int) -> Ints:
    """A first parcel each, then a few households most of the rest; canaries one each."""
    ordinary = households - canaries
    wealth = rng.exponential(1.0, ordinary) ** 2.5
    first = np.arange(min(ordinary, count))
    rest = draw_index(rng, wealth, count - len(first))
    owners: Ints = np.r_[first, rest, np.arange(ordinary, households)]
    return owners


def _draw_places(
    rng: np.random.Generator,
    households: pl.DataFrame,
    owner: Ints,
    *,
    away: Bools,
    gazetteer: Gazetteer,
) -> tuple[Ints, Ints]:
    """Old and new commune of each parcel: where the owner lives, or anywhere if `away`."""
    old, new = gazetteer.old_communes, gazetteer.communes
    home_old = _rows_of(households["old_commune_code"], old["code"])[owner]
    home_new = _rows_of(households["commune_code"], new["code"])[owner]
    place = np.where(away, rng.integers(0, len(old), len(owner)), home_old)
    sizes = old["land_to"].list.len().to_numpy().astype(np.int64)
    targets = _rows_of(old["land_to"].explode(), new["code"])
    part = np.floor(rng.random(len(owner)) * sizes[place]).astype(np.int64)
    anywhere = targets[(np.cumsum(sizes) - sizes)[place] + part]
    return place, np.where(away, anywhere, home_new)


def _describe_units(place: Ints, commune: Ints, gazetteer: Gazetteer) -> pl.DataFrame:
    """Of each parcel, by row of the old and of the new communes.

    A special zone is neither town nor country: land there is called as it was before.
    """
    old_offices = gazetteer.districts.select(
        district_code="code", old_office=pl.col("encoding") == "TCVN3"
    )
    before = gazetteer.old_communes.join(
        old_offices, on="district_code", how="left", maintain_order="left"
    ).select(
        "old_office",
        "district_name",
        district="district_code",
        was_urban=pl.col("type") != "Xã",
    )
    now = gazetteer.communes["type"].gather(commune)
    return before[place].with_columns(
        is_urban=pl.when(now == "Đặc khu").then("was_urban").otherwise(now == "Phường"),
        place=pl.Series(place),
        commune=pl.Series(commune),
    )


def _rows_of(codes: pl.Series, known: pl.Series) -> Ints:
    rows = codes.replace_strict(known, pl.Series(range(len(known))), return_dtype=pl.Int64)
    found: Ints = rows.to_numpy()
    return found


def _locate(rng: np.random.Generator, place: Ints, old_communes: pl.DataFrame) -> pl.Series:
    """The identifier of a point near the middle of the old commune, and inside the province."""
    points = []
    for column in ("latitude", "longitude"):
        middles = old_communes[column].to_numpy()
        spread: Floats = middles[place] + rng.normal(0, _SPREAD_DEGREES, len(place))
        points.append(
            np.clip(spread, middles.min() - _BORDER_DEGREES, middles.max() + _BORDER_DEGREES)
        )
    starts = range(0, len(place), _GEOHASH_ROWS)
    parts = [
        encode_geohashes(*(degrees[start : start + _GEOHASH_ROWS] for degrees in points))
        for start in starts
    ]
    return pl.concat(parts)


def _number_plots(rng: np.random.Generator, plots: pl.DataFrame, shared: float) -> pl.DataFrame:
    """Sheet and number: no two parcels of an old commune share both. More parcels, more sheets.

    shared: share of the old communes that count their sheets from 1; those of the others follow
    each other through the province, so that no merger can bring two alike together.
    """
    place = plots["place"].to_numpy()
    sizes = np.bincount(place)
    sheets = _SHEETS + sizes // _PARCELS_A_SHEET
    apart = rng.random(len(sizes)) >= shared
    highest = int(sheets.max())
    following = highest + np.cumsum(np.where(apart, sheets, 0)) - sheets
    sheet = 1 + np.floor(rng.random(len(plots)) * sheets[place]).astype(np.int64)
    sheet += np.where(apart, following, 0)[place]
    gaps, luck = rng.integers(1, 4, len(plots)), pl.Series(rng.random(len(plots)))
    numbered = pl.DataFrame({"place": place, "sheet": sheet, "gap": gaps}).select(
        number=pl.col("gap").cum_sum().over("place", "sheet").cast(pl.String)
    )
    piece = pl.when(luck < _PIECE_SHARE / 3).then(pl.lit("(1)")).otherwise(pl.lit("a"))
    row_number = pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(7)
    return plots.with_columns(
        sheet=pl.Series(sheet),
        number=numbered.select(
            pl.when(luck < _PIECE_SHARE)
            .then(pl.col("number") + piece)
            .otherwise("number")
            .alias("n")
        ).to_series(),
        key=pl.format("TD{}{}", "district", row_number),
    )
