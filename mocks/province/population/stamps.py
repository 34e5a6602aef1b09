"""When a row of this register was last touched: never before what it tells had happened."""

import numpy as np
import polars as pl

from mocks.province.clock import stamp_utc
from mocks.province.people import REFERENCE_DAY

_DAY_MS, _HOUR_MS = 86_400_000, 3_600_000
_LOCAL_OFFSET_MS = 7 * _HOUR_MS
_END_MS = REFERENCE_DAY * _DAY_MS - _LOCAL_OFFSET_MS


def stamp_rows(rng: np.random.Generator, frame: pl.DataFrame, told: pl.Series) -> pl.DataFrame:
    """Add cap_nhat_luc; told: the last day that each row speaks of (days since 1970, or null)."""
    start = (told.fill_null(0).to_numpy() + 1) * _DAY_MS - _LOCAL_OFFSET_MS
    start = np.minimum(start, _END_MS - _HOUR_MS)
    later = start + np.floor(rng.random(len(frame)) * (_END_MS - start)).astype(np.int64)
    stamped = stamp_utc(rng, frame, "cap_nhat_luc")
    drawn = stamped["cap_nhat_luc"].to_physical()
    times = pl.Series(later).zip_with(pl.Series(start > drawn.to_numpy()), drawn)
    return stamped.with_columns(times.cast(pl.Datetime("ms", "UTC")).alias("cap_nhat_luc"))
