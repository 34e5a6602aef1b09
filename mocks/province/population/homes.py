"""ho and cu_tru: households, and where people live and lived."""

from datetime import date

import numpy as np
import polars as pl

from mocks.province.chance import Ints
from mocks.province.faults import ACCEPT, QUARANTINE, Fault, Spoiler, Truth, blank
from mocks.province.households import CHILD, GRANDCHILD, HEAD, SPOUSE
from mocks.province.people import REFERENCE_DAY, World
from mocks.province.population.persons import number_rows
from mocks.province.population.stamps import stamp_rows
from mocks.province.population.texts import mendable_faults
from mocks.province.spelling import abbreviate, drop_marks, has_marks, has_movable_tone, move_tones

_ADDRESS, _SINCE, _UNTIL = "dia_chi", "tu_ngay", "den_ngay"
_KINDS = pl.Enum(["tam_tru", "thuong_tru"])
_MOVED_SHARE = 0.10
_LODGER_SHARE = 0.05
_REMOVED_SHARE = 0.01
#: Until June 2025 an address named a commune and a district of before the merger; before 2012, in
#: most places that were renamed, by the name they had then.
_MERGED = (date(2025, 7, 1) - date(1970, 1, 1)).days
_RENAMED = (date(2012, 1, 1) - date(1970, 1, 1)).days
_TEXT = pl.col(_ADDRESS)
_ENDED = pl.col(_UNTIL).is_not_null()
_MARKED = has_marks(_ADDRESS)
_IN_MONTH_13 = pl.col(_SINCE).str.head(4) + "-13-01"
_HOUSEHOLD_FAULTS = (
    *mendable_faults(_ADDRESS),
    Fault("value_missing", "ma_xa", QUARANTINE, blank()),
    Fault("address_abbreviated", _ADDRESS, ACCEPT, abbreviate(_TEXT)),
    Fault("tone_moved", _ADDRESS, ACCEPT, move_tones(_TEXT), among=has_movable_tone(_ADDRESS)),
    Fault("marks_missing", _ADDRESS, ACCEPT, drop_marks(_TEXT), among=_MARKED),
)
_RESIDENCE_FAULTS = (
    *mendable_faults(_ADDRESS, among=_ENDED),
    Fault(
        "date_impossible", _SINCE, QUARANTINE, pl.col(_SINCE).str.head(4) + "-13-01", among=_ENDED
    ),
    Fault("address_abbreviated", _ADDRESS, ACCEPT, abbreviate(_TEXT), among=_ENDED),
    Fault("marks_missing", _ADDRESS, ACCEPT, drop_marks(_TEXT), among=_ENDED & _MARKED),
    Fault(
        "older_unit_names",
        _ADDRESS,
        ACCEPT,
        pl.col("_address_then"),
        among=pl.col("_address_then").is_not_null(),
    ),
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
    told = world.people["birth_day"].gather(heads)
    return stamp_rows(rng, frame, told).with_columns(da_xoa=pl.lit(False))


def spoil_households(
    rng: np.random.Generator, households: pl.DataFrame, world: World, truth: Truth
) -> pl.DataFrame:
    """Noise in about 1 % of the households, none in a canary's."""
    spoiler = Spoiler(households, table=("population", "household"), key="ma_ho", truth=truth)
    heads = world.people.filter(pl.col("role") == HEAD)
    spoiler.protect((heads["canary"] > 0).to_numpy())
    spoiler.spread(rng, _HOUSEHOLD_FAULTS)
    return spoiler.finish()


def write_residences(rng: np.random.Generator, world: World, keys: pl.Series) -> pl.DataFrame:
    """Everyone's permanent residence; an earlier one of some, a temporary one of others.

    `_address_then`: of residences that ended before July 2025, the address as it was then.
    """
    people = world.people.with_row_index("person").filter("in_population")
    spans = _draw_spans(rng, people, len(world.households))
    day = pl.col("since", "until").cast(pl.Int32).cast(pl.Date).cast(pl.String)
    seat = spans["household"]
    frame = spans.with_columns(day).select(
        ma_ct=number_rows("CT", len(spans), 9),
        ma_cd=keys.gather(spans["person"]),
        loai=pl.col("kind").cast(pl.String),
        ma_xa=world.households["commune_code"].gather(seat),
        dia_chi=world.households["address"].gather(seat),
        tu_ngay="since",
        den_ngay="until",
        _address_then=_name_units_then(world.households, seat, spans["until"]),
    )
    removed = pl.Series(rng.random(len(frame)) < _REMOVED_SHARE) & frame[_UNTIL].is_not_null()
    told = spans.select(pl.coalesce("until", "since")).to_series()
    return stamp_rows(rng, frame, told).with_columns(da_xoa=removed)


def _draw_spans(rng: np.random.Generator, people: pl.DataFrame, households: int) -> pl.DataFrame:
    """person, kind, household (rows), since and until of every residence, sorted by person."""
    count = len(people)
    birth = people["birth_day"].to_numpy()
    since = _draw_arrivals(rng, people)
    spans = people.select("person", "household", "canary", until="death_day").with_columns(
        kind=pl.lit("thuong_tru", _KINDS), since=pl.Series(since)
    )
    away = spans.with_columns(household=pl.Series(rng.integers(0, households, count)))
    ordinary = pl.col("canary") == 0
    luck = rng.random(count)
    moved = away.with_columns(until=pl.col("since"), since=pl.Series(birth + 20)).filter(
        pl.Series((luck < _MOVED_SHARE) & (since - birth > 400)) & ordinary
    )
    adult = pl.Series((luck > 1 - _LODGER_SHARE) & (birth < REFERENCE_DAY - 17 * 366))
    lodging = away.with_columns(
        kind=pl.lit("tam_tru", _KINDS),
        since=pl.Series(REFERENCE_DAY - rng.integers(20, 700, count)),
    ).filter(adult & pl.col("until").is_null() & ordinary)
    return pl.concat([spans, moved, lodging]).sort("person", "since", "kind").drop("canary")


def _draw_arrivals(rng: np.random.Generator, people: pl.DataFrame) -> Ints:
    """Days since which people live where they live.

    Most children from birth, who married into the house from soon after the wedding.
    """
    birth = people["birth_day"].to_numpy()
    death = people["death_day"].fill_null(REFERENCE_DAY).to_numpy()
    span = np.maximum(death - birth - 40, 1)
    young = people["role"].is_in([CHILD, GRANDCHILD]).to_numpy()
    settled = young & (rng.random(len(people)) < 0.9)
    wait = np.floor(rng.random(len(people)) * 0.8 * span).astype(np.int64)
    since = birth + np.where(settled, np.minimum(25, span), wait)
    wedding = people["marriage_day"].fill_null(REFERENCE_DAY).to_numpy()
    wed = (people["role"] == SPOUSE).to_numpy() & (wedding + 90 < death)
    arrivals: Ints = np.where(wed, wedding + rng.integers(5, 90, len(people)), since)
    return arrivals


def _name_units_then(households: pl.DataFrame, seats: pl.Series, until: pl.Series) -> pl.Series:
    """Addresses in the units of the time for what ended before the merger, else null."""
    past = np.flatnonzero((until < _MERGED).fill_null(False).to_numpy())
    rows = seats.gather(past)
    then = pl.DataFrame(
        {
            "until": until.gather(past),
            "old": households["old_address"].gather(rows),
            "former": households["former_address"].gather(rows),
        }
    ).select(
        pl.when(pl.col("until") < _RENAMED).then(pl.coalesce("former", "old")).otherwise("old")
    )
    empty = pl.Series([None], dtype=pl.String).new_from_index(0, len(seats))
    return empty.scatter(past, then.to_series())


def spoil_residences(
    rng: np.random.Generator, residences: pl.DataFrame, truth: Truth
) -> pl.DataFrame:
    """Noise in residences that have ended, as nobody corrects those."""
    spoiler = Spoiler(residences, table=("population", "residence"), key="ma_ct", truth=truth)
    spoiler.spread(rng, _RESIDENCE_FAULTS)
    return spoiler.finish()
