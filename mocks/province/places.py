"""Where households live: communes by real population, and addresses in new and old units."""

import numpy as np
import polars as pl

from mocks.province.chance import Ints, draw_index
from mocks.province.reference import Gazetteer

_STREET_SHARE = 0.55


def draw_homes(rng: np.random.Generator, count: int, gazetteer: Gazetteer) -> pl.DataFrame:
    """For each household a commune by real population, the one it was before, all its addresses."""
    communes = gazetteer.communes
    picked = draw_index(rng, communes["population"].to_numpy(), count)
    old = _draw_old_communes(rng, picked, gazetteer)
    street = _draw_streets(rng, gazetteer.old_communes[old], gazetteer)
    homes = pl.DataFrame(
        {
            "commune_code": communes["code"].gather(picked),
            "old_commune_code": gazetteer.old_communes["code"].gather(old),
            "street": street,
        }
    )
    return settle(homes, gazetteer)


def _draw_old_communes(rng: np.random.Generator, picked: Ints, gazetteer: Gazetteer) -> Ints:
    """Rows of `old_communes`, each a commune whose people went to the new one of that row."""
    codes = gazetteer.communes.select(people_to="code").with_row_index("new")
    reach = (
        gazetteer.old_communes.select("people_to")
        .with_row_index("old")
        .explode("people_to")
        .join(codes, on="people_to")
        .sort("new", "old")
    )
    sizes = np.bincount(reach["new"].to_numpy(), minlength=len(codes))
    starts = np.cumsum(sizes) - sizes
    place = np.floor(rng.random(len(picked)) * sizes[picked]).astype(np.int64)
    found: Ints = reach["old"].to_numpy()[starts[picked] + place].astype(np.int64)
    return found


def settle(homes: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Addresses of homes of which commune_code, old_commune_code and street are known.

    Columns: those three, district_code, old_province_code, address (in today's units), old_address
    (in those before July 2025), former_address (in names that were changed before then; null where
    the commune had no other).
    """
    new = gazetteer.communes.select(
        commune_code="code",
        unit=pl.format("{} {}, {}", "type", "name", pl.lit(gazetteer.province.full_name)),
    )
    old = gazetteer.old_communes.select(
        "district_code",
        "old_province_code",
        old_commune_code="code",
        old_unit=pl.format(
            *("{} {}, {} {}, {}", "type", "name"),
            *("district_type", "district_name", "old_province"),
        ),
        former_unit=pl.format("{}, {}", "former_unit", "old_province"),
    )
    return (
        homes.join(new, on="commune_code", how="left", maintain_order="left")
        .join(old, on="old_commune_code", how="left", maintain_order="left")
        .select(
            *("commune_code", "old_commune_code", "district_code", "old_province_code", "street"),
            address=pl.format("{}, {}", "street", "unit"),
            old_address=pl.format("{}, {}", "street", "old_unit"),
            former_address=pl.format("{}, {}", "street", "former_unit"),
        )
    )


def _draw_streets(rng: np.random.Generator, old: pl.DataFrame, gazetteer: Gazetteer) -> pl.Series:
    """Where in the commune: a hamlet in a xã, elsewhere a quarter, often with a street."""
    drawn = _Localities(gazetteer.localities)
    count = len(old)
    parts = pl.DataFrame(
        {
            "rural": old["type"] == "Xã",
            "street": drawn.pick(rng, drawn.pool_of(old["old_province_code"], "street")),
            "quarters": drawn.pick(rng, drawn.pool_of(old["old_province_code"], "quarter")),
            "hamlet": drawn.pick(rng, _draw_hamlet_pools(rng, old, gazetteer)),
            "house": rng.integers(1, 420, count),
            "cell": rng.integers(1, 15, count).astype(str),
            "quarter": rng.integers(1, 11, count).astype(str),
            "form": rng.random(count),
        }
    )
    urban = (
        pl.when(pl.col("form") < _STREET_SHARE)
        .then(pl.format("Số {}, đường {}, {}", "house", "street", _lower_first("quarters")))
        .otherwise("quarters")
    )
    place = pl.when("rural").then("hamlet").otherwise(urban)
    for blank in ("cell", "quarter"):
        place = place.str.replace("{" + blank + "}", pl.col(blank), literal=True)
    return parts.select(place.alias("street")).to_series()


def _lower_first(column: str) -> pl.Expr:
    text = pl.col(column)
    return text.str.head(1).str.to_lowercase() + text.str.slice(1)


def _draw_hamlet_pools(rng: np.random.Generator, old: pl.DataFrame, gazetteer: Gazetteer) -> Ints:
    """Rows of `localities`: those of a people as often as that people lives in the district."""
    hamlets = gazetteer.localities.with_row_index("pool").filter(pl.col("kind") == "hamlet")
    pools = np.zeros(len(old), dtype=np.int64)
    districts = gazetteer.districts.select("code", "old_province_code")
    for district, province in districts.iter_rows():
        rows = np.flatnonzero((old["district_code"] == district).to_numpy())
        mix = dict(gazetteer.peoples[district])
        here = hamlets.filter(pl.col("old_province_code") == province)
        shares = [sum(mix.get(code, 0.0) for code in codes) for codes in here["peoples"]]
        weights = [share or 1.0 - sum(shares) for share in shares]
        pools[rows] = here["pool"].to_numpy()[draw_index(rng, weights, len(rows))]
    return pools


class _Localities:
    """The names of all localities one behind the other; a pool is one row of the table."""

    def __init__(self, table: pl.DataFrame) -> None:
        self._names = table["names"].explode()
        self._sizes = table["names"].list.len().to_numpy().astype(np.int64)
        self._starts = np.cumsum(self._sizes) - self._sizes
        self._pools = table.with_row_index("pool")

    def pool_of(self, provinces: pl.Series, kind: str) -> Ints:
        """The pool of that kind in the province of each row."""
        pools = self._pools.filter(pl.col("kind") == kind)
        found = provinces.replace_strict(pools["old_province_code"], pools["pool"])
        return found.to_numpy().astype(np.int64)

    def pick(self, rng: np.random.Generator, pools: Ints) -> pl.Series:
        """One name out of each row's pool."""
        place = np.floor(rng.random(len(pools)) * self._sizes[pools]).astype(np.int64)
        return self._names.gather(self._starts[pools] + place)
