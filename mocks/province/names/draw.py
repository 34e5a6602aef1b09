"""Draw surnames and first names, whole columns at a time.

A first name is all but the surname or clan: "Thị Thu Hà", "A Páo", "H'Nghia".
"""

from functools import cache

import numpy as np
import polars as pl

from mocks.province.chance import Bools, Floats, Ints, draw_index
from mocks.province.names.kinh import (
    ERA_STARTS,
    FEMALE,
    FORE_MIDDLE_SHARE,
    FORE_MIDDLES,
    GIVENS,
    HIGHLANDS,
    MALE,
    MIDDLES,
    NORTH,
    NORTH_CENTRE,
    PAIR_SHARE,
    PAIRS,
    RARE_GIVENS,
    SOUTH,
    SOUTHERN_GIVENS,
    SOUTHERN_MIDDLES,
)
from mocks.province.names.kinh import SURNAMES as KINH_SURNAMES
from mocks.province.names.peoples import GIVEN_FIRST, STYLES, SURNAMES, Style

#: Years by which the fashion of a decade comes early to some and late to others.
_FASHION_SPREAD = 4.0
_RARE_SHARE = 0.09
_SOUTHERN_SHARE = 0.45
#: The larger, the less the first names of a list stand out from the next.
_FLATNESS = 14.0


def tell_regions(birth_prefixes: pl.Series) -> Ints:
    """North, north of the Centre, South or Central Highlands, by the number's first digits."""
    codes = birth_prefixes.cast(pl.Int64).to_numpy()
    regions = np.where(codes < 38, NORTH, np.where(codes < 45, NORTH_CENTRE, SOUTH))
    found: Ints = np.where((codes >= 62) & (codes <= 67), HIGHLANDS, regions).astype(np.int64)
    return found


def draw_surnames(rng: np.random.Generator, ethnic_codes: pl.Series, regions: Ints) -> pl.Series:
    """A surname or clan a person: by people; for the Kinh by region. Empty where they have none."""
    drawn = _empty(len(ethnic_codes))
    for region, table in KINH_SURNAMES.items():
        rows = np.flatnonzero(regions == region)
        drawn = drawn.scatter(rows, _draw_weighted(rng, table, len(rows)))
    for code, table in SURNAMES.items():
        rows = np.flatnonzero((ethnic_codes == code).to_numpy())
        drawn = drawn.scatter(rows, _draw_weighted(rng, table, len(rows)))
    return drawn


def draw_first_names(rng: np.random.Generator, people: pl.DataFrame, regions: Ints) -> pl.Series:
    """Middle and given name of each of `people` (sex, birth_year, ethnic_code)."""
    sexes, years = people["sex"].to_numpy(), people["birth_year"].to_numpy()
    result = _draw_kinh(rng, sexes, years, southern=regions >= SOUTH)
    luck = rng.random(len(people))
    for code, style in STYLES.items():
        own = (people["ethnic_code"] == code).to_numpy()
        if own.any():
            own &= luck < np.interp(years, [1950, 1990, 2020], style.share)
        for sex in (MALE, FEMALE):
            rows = np.flatnonzero(own & (sexes == sex))
            result = result.scatter(rows, _draw_own(rng, style, sex, years[rows]))
    return _mark_given_first(result, people)


def find_given_names(first_names: pl.Series) -> pl.Series:
    """The name people are called by: the last word, without the marker joined to it."""
    return first_names.str.extract("([^ ']+)$")


def join_names(surnames: pl.Series, first_names: pl.Series, ethnic_codes: pl.Series) -> pl.Series:
    """Whole names in the order of each people; a middle name that repeats the surname goes."""
    parts = pl.DataFrame({"surname": surnames, "first": first_names, "code": ethnic_codes})
    first = pl.col("first").str.strip_prefix(pl.col("surname") + " ")
    given_first = pl.col("code").is_in(list(GIVEN_FIRST))
    return parts.select(
        full_name=pl.when(pl.col("surname") == "")
        .then("first")
        .when(given_first)
        .then(pl.format("{} {}", "first", "surname"))
        .otherwise(pl.format("{} {}", "surname", first))
    ).to_series()


def _draw_kinh(rng: np.random.Generator, sexes: Ints, years: Ints, *, southern: Bools) -> pl.Series:
    count = len(sexes)
    felt = years + rng.normal(0, _FASHION_SPREAD, count)
    eras = np.searchsorted(np.array(ERA_STARTS), felt, side="right")
    local = southern & (rng.random(count) < _SOUTHERN_SHARE)
    paired = rng.random(count) < np.array([PAIR_SHARE.get(era, 0.0) for era in range(6)])[eras]
    result = _empty(count)
    for (sex, era), givens in GIVENS.items():
        mine = (sexes == sex) & (eras == era)
        for plain, middles, names in (
            (mine & ~paired & ~local, MIDDLES[sex, era], givens),
            (mine & ~paired & local, SOUTHERN_MIDDLES[sex], SOUTHERN_GIVENS[sex]),
        ):
            rows = np.flatnonzero(plain)
            given = _draw_given(rng, names, RARE_GIVENS[sex], len(rows))
            result = result.scatter(
                rows, _join_middle(_draw_weighted(rng, middles, len(rows)), given)
            )
        rows = np.flatnonzero(mine & paired)
        result = result.scatter(rows, _draw_pairs(rng, sex, era, len(rows)))
    return result


def _draw_pairs(rng: np.random.Generator, sex: int, era: int, count: int) -> pl.Series:
    """ "Bảo Ngọc", for some with a middle name before it: "Thị Bảo Ngọc"."""
    pairs = _draw_falling(rng, PAIRS[sex], ", ", count)
    fore = _draw_weighted(rng, FORE_MIDDLES[sex], count)
    bare = pl.Series(rng.random(count) >= FORE_MIDDLE_SHARE.get(era, 0.0))
    return _join_middle(_empty(count).zip_with(bare, fore), pairs)


def _draw_given(rng: np.random.Generator, commoner: str, rarer: str, count: int) -> pl.Series:
    rare = pl.Series(rng.random(count) < _RARE_SHARE)
    common = _draw_falling(rng, commoner, " ", count)
    return _draw_falling(rng, rarer, " ", count).zip_with(rare, common)


def _draw_own(rng: np.random.Generator, style: Style, sex: int, years: Ints) -> pl.Series:
    """Marker and given name of a people's own: "A Páo", "Thị Nhậy", "Y Wăn", "H'Nghia"."""
    count = len(years)
    markers = _draw_weighted(rng, style.markers[sex], count)
    return _join_middle(markers, _draw_falling(rng, style.givens[sex], " ", count))


def _mark_given_first(first_names: pl.Series, people: pl.DataFrame) -> pl.Series:
    """Where the given name stands first, a name like the Kinh's still has the marker."""
    ours = people["ethnic_code"].is_in(list(GIVEN_FIRST)).to_numpy()
    rows = np.flatnonzero(ours)
    first = first_names.gather(rows)
    rows = rows[(~first.str.contains("^(?:[YA] |H')")).to_numpy()]
    plain = first_names.gather(rows).str.replace("^(?:Thị|Văn) ", "")
    bare = plain.str.extract(r"(\S+(?: \S+)?)$")
    man = people["sex"].gather(rows) == MALE
    return first_names.scatter(rows, ("Y " + bare).zip_with(man, "H'" + bare))


def _join_middle(middles: pl.Series, givens: pl.Series) -> pl.Series:
    """ "Thị" + "Lan"; "H'" + "Nghia" joined. A middle name that the given name repeats goes."""
    parts = pl.DataFrame({"m": middles, "g": givens})
    last_middle = pl.col("m").str.split(" ").list.last()
    first_given = pl.col("g").str.split(" ").list.first()
    single = (pl.col("m") == "") | (last_middle == first_given)
    return parts.select(
        pl.when(single)
        .then("g")
        .when(pl.col("m") == "H'")
        .then(pl.format("{}{}", "m", "g"))
        .otherwise(pl.format("{} {}", "m", "g"))
    ).to_series()


def _draw_falling(rng: np.random.Generator, listed: str, mark: str, count: int) -> pl.Series:
    names, shares = _read_list(listed, mark)
    return names.gather(draw_index(rng, shares, count))


def _draw_weighted(rng: np.random.Generator, table: str, count: int) -> pl.Series:
    names, shares = _read_table(table)
    return names.gather(draw_index(rng, shares, count))


@cache
def _read_list(listed: str, mark: str) -> tuple[pl.Series, Floats]:
    """Names set apart by `mark`, the first ones commonest; one listed twice counts twice."""
    names = listed.split(mark)
    shares: Floats = 1.0 / (np.arange(len(names), dtype=np.float64) + _FLATNESS)
    return pl.Series(names, dtype=pl.String), shares


@cache
def _read_table(table: str) -> tuple[pl.Series, Floats]:
    """ "name share name share …"; syllables are joined by "_", and "-" stands for no name."""
    tokens = table.split()
    names = ["" if name == "-" else name.replace("_", " ") for name in tokens[::2]]
    return pl.Series(names, dtype=pl.String), np.array([float(share) for share in tokens[1::2]])


def _empty(count: int) -> pl.Series:
    return pl.Series([""], dtype=pl.String).new_from_index(0, count)
