"""ho and cu_tru: households, and where people live and lived."""

import numpy as np
import polars as pl

from mocks.province.chance import Ints
from mocks.province.clock import stamp_utc
from mocks.province.faults import ACCEPT, QUARANTINE, REPAIR, Fault, Spoiler, Truth, blank
from mocks.province.households import CHILD, HEAD
from mocks.province.people import REFERENCE_DAY, World
from mocks.province.population.persons import number_rows
from mocks.province.spelling import drop_marks, untidy

_ADDRESS, _SINCE = "dia_chi", "tu_ngay"
_MOVED_SHARE = 0.10
_LODGER_SHARE = 0.05
_REMOVED_SHARE = 0.01
_HOUSEHOLD_FAULTS = (
    Fault("value_missing", "ma_xa", QUARANTINE, blank()),
    Fault("untidy", _ADDRESS, REPAIR, untidy(pl.col(_ADDRESS))),
    Fault("marks_missing", _ADDRESS, ACCEPT, drop_marks(pl.col(_ADDRESS))),
)
_ENDED = pl.col("den_ngay").is_not_null()
_RESIDENCE_FAULTS = (
    Fault(
        "date_impossible",
        _SINCE,
        QUARANTINE,
        pl.col(_SINCE).str.head(4) + "-13-01",
        among=_ENDED,
    ),
    Fault("untidy", _ADDRESS, REPAIR, untidy(pl.col(_ADDRESS)), among=_ENDED),
)


def write_households(rng: np.random.Generator, world: World, keys: pl.Series) -> pl.DataFrame:
    """One row a household, its head and its address in today's units."""
    heads = np.flatnonzero((world.people["role"] == HEAD).to_numpy())
    frame = world.households.select(
        ma_ho=number_rows("HO", len(world.households), 8),
        chu_ho=keys.gather(heads),
        ma_xa="commune_code",
        dia_chi="address",
    )
    return stamp_utc(rng, frame, "cap_nhat_luc").with_columns(da_xoa=pl.lit(False))


def spoil_households(
    rng: np.random.Generator, households: pl.DataFrame, world: World, truth: Truth
) -> pl.DataFrame:
    """Noise in about 0.5 % of the households, none in a canary's."""
    spoiler = Spoiler(households, table=("population", "household"), key="ma_ho", truth=truth)
    heads = world.people.filter(pl.col("role") == HEAD)
    spoiler.protect((heads["canary"] > 0).to_numpy())
    spoiler.spread(rng, _HOUSEHOLD_FAULTS)
    return spoiler.finish()


def write_residences(rng: np.random.Generator, world: World, keys: pl.Series) -> pl.DataFrame:
    """Everyone's permanent residence; an earlier one of some, a temporary one of others."""
    people = world.people.with_columns(key=keys).filter("in_population")
    count = len(people)
    birth, since = _draw_arrivals(rng, people)
    spans = people.select(
        "key", "commune_code", "address", "canary", until="death_day"
    ).with_columns(kind=pl.lit("thuong_tru"), since=pl.Series(since))
    places = world.households[rng.integers(0, len(world.households), count)]
    away = spans.with_columns(commune_code=places["commune_code"], address=places["address"])
    luck = rng.random(count)
    moved = away.with_columns(until=pl.col("since"), since=pl.Series(birth + 20)).filter(
        pl.Series((luck < _MOVED_SHARE) & (since - birth > 400)) & (pl.col("canary") == 0)
    )
    adult = pl.Series((luck > 1 - _LODGER_SHARE) & (birth < REFERENCE_DAY - 17 * 366))
    lodging = away.with_columns(
        kind=pl.lit("tam_tru"), since=pl.Series(REFERENCE_DAY - rng.integers(20, 700, count))
    ).filter(adult & pl.col("until").is_null() & (pl.col("canary") == 0))
    frame = pl.concat([spans, moved, lodging]).sort("key", "since", "kind")
    day = pl.col("since", "until").cast(pl.Int32).cast(pl.Date).cast(pl.String)
    frame = frame.with_columns(day).select(
        ma_ct=number_rows("CT", len(frame), 9),
        ma_cd="key",
        loai="kind",
        ma_xa="commune_code",
        dia_chi="address",
        tu_ngay="since",
        den_ngay="until",
    )
    removed = pl.Series(rng.random(len(frame)) < _REMOVED_SHARE) & frame["den_ngay"].is_not_null()
    return stamp_utc(rng, frame, "cap_nhat_luc").with_columns(da_xoa=removed)


def _draw_arrivals(rng: np.random.Generator, people: pl.DataFrame) -> tuple[Ints, Ints]:
    """Days of birth, and days since which people live where they live: most children from birth."""
    birth = people["birth_day"].to_numpy()
    death = people["death_day"].fill_null(REFERENCE_DAY).to_numpy()
    span = np.maximum(death - birth - 40, 1)
    settled = (people["role"] == CHILD).to_numpy() & (rng.random(len(people)) < 0.9)
    wait = np.floor(rng.random(len(people)) * 0.8 * span).astype(np.int64)
    return birth, birth + np.where(settled, np.minimum(25, span), wait)


def spoil_residences(
    rng: np.random.Generator, residences: pl.DataFrame, truth: Truth
) -> pl.DataFrame:
    """Noise in residences that have ended, as nobody corrects those."""
    spoiler = Spoiler(residences, table=("population", "residence"), key="ma_ct", truth=truth)
    spoiler.spread(rng, _RESIDENCE_FAULTS)
    return spoiler.finish()
