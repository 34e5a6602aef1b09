"""Days since 1970, counted to the reference date, and the seasons of births."""

import numpy as np

from mocks.province.chance import Floats, Ints
from mocks.province.profiles import REFERENCE_DATE

REFERENCE_DAY = int(np.datetime64(REFERENCE_DATE).astype("datetime64[D]").astype(np.int64))
YEAR_DAYS = 365.2425
#: More births in autumn than in spring: at most 8 % above and below the mean (an assumption).
_SWING, _PEAK = 0.08, 0.76


def tell_birth_days(ages: Floats) -> Ints:
    """Days on which people of these ages were born, the last of them the day before the reference.

    They are moved within their year, by 5 days at most, so that births follow the seasons.
    """
    moments = REFERENCE_DAY - ages * YEAR_DAYS
    years = np.floor(moments).astype("datetime64[D]").astype("datetime64[Y]")
    starts = years.astype("datetime64[D]").astype(np.int64)
    lengths = (years + 1).astype("datetime64[D]").astype(np.int64) - starts
    grid = np.linspace(0.0, 1.0, 733)
    turn = 2 * np.pi
    waves = np.sin(turn * (grid - _PEAK)) - np.sin(-turn * _PEAK)
    moved = np.interp((moments - starts) / lengths, grid + _SWING / turn * waves, grid)
    seasonal = starts + moved * lengths
    days = np.floor(np.where(seasonal < REFERENCE_DAY, seasonal, moments)).astype(np.int64)
    last: Ints = np.minimum(days, REFERENCE_DAY - 1)
    return last
