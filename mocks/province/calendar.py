"""Days since 1970, counted to the reference date, and the seasons of births."""

import numpy as np

from mocks.province.chance import Ints
from mocks.province.profiles import REFERENCE_DATE

REFERENCE_DAY = int(np.datetime64(REFERENCE_DATE).astype("datetime64[D]").astype(np.int64))
YEAR_DAYS = 365.2425
#: More births in autumn than in spring: at most 8 % above and below the mean (an assumption).
_SWING, _PEAK = 0.08, 0.76


def give_seasons(birth_days: Ints) -> Ints:
    """Days moved within their year, by 5 at most, so that months follow the seasons; order kept."""
    years = birth_days.astype("datetime64[D]").astype("datetime64[Y]")
    starts = years.astype("datetime64[D]").astype(np.int64)
    lengths = (years + 1).astype("datetime64[D]").astype(np.int64) - starts
    grid = np.linspace(0.0, 1.0, 733)
    turn = 2 * np.pi
    waves = np.sin(turn * (grid - _PEAK)) - np.sin(-turn * _PEAK)
    born_by = grid + _SWING / turn * waves
    moved = np.interp((birth_days - starts + 0.5) / lengths, born_by, grid)
    days: Ints = starts + np.floor(moved * lengths).astype(np.int64)
    return np.minimum(days, REFERENCE_DAY - 1)
