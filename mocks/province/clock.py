"""When the registers' rows were last touched."""

import numpy as np
import polars as pl

from mocks.province.chance import Ints
from mocks.province.people import REFERENCE_DAY

_DAY_MS = 86_400_000
_LOCAL_OFFSET_MS = 7 * 3_600_000
#: Mass updates: many rows carry exactly one of these instants (days before the reference date).
_MASS_UPDATE_DAYS = (480, 390, 305, 231, 170, 122, 95, 61, 33, 12)
_MASS_UPDATE_SHARE = 0.3
_FIRST_DAY = 487


def stamp_utc(rng: np.random.Generator, frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Add a column of instants with a zone, to the millisecond."""
    times = pl.Series(_draw_milliseconds(rng, len(frame))).cast(pl.Datetime("ms", "UTC"))
    return frame.with_columns(times.alias(column))


def stamp_local(rng: np.random.Generator, frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Add a column of naive local times (Asia/Ho_Chi_Minh), to the millisecond."""
    times = pl.Series(_draw_milliseconds(rng, len(frame)) + _LOCAL_OFFSET_MS)
    return frame.with_columns(times.cast(pl.Datetime("ms")).alias(column))


def _draw_milliseconds(rng: np.random.Generator, count: int) -> Ints:
    """Since 1970 UTC, all before the reference date; about a third shared by many rows."""
    end = REFERENCE_DAY * _DAY_MS - _LOCAL_OFFSET_MS
    single = end - rng.integers(_DAY_MS, _FIRST_DAY * _DAY_MS, count)
    days = np.array(_MASS_UPDATE_DAYS)[rng.integers(0, len(_MASS_UPDATE_DAYS), count)]
    mass = rng.random(count) < _MASS_UPDATE_SHARE
    drawn: Ints = np.where(mass, end - days * _DAY_MS, single).astype(np.int64)
    return drawn
