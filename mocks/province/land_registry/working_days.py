"""When a land office is open: Monday to Friday, but for the holidays that fall on fixed days.

Labour Code 2019, art. 112: 1 January, 30 April, 1 May and 2 September. Tết moves and is left out.
"""

from datetime import date, timedelta

import numpy as np

from mocks.province.chance import Ints

_HOLIDAYS = ((1, 1), (4, 30), (5, 1), (9, 2))
_YEARS = range(1990, 2061)
_CLOSED = np.busdaycalendar(
    holidays=[date(year, month, day) for year in _YEARS for month, day in _HOLIDAYS]
)
_SATURDAY = 5


def take_working_days(days: Ints, earliest: Ints) -> Ints:
    """Each day or the last working day before it; the next one where that is before `earliest`.

    days, earliest: days since 1970.
    """
    wished = days.astype("datetime64[D]")
    before = np.busday_offset(wished, 0, roll="backward", busdaycal=_CLOSED).astype(np.int64)
    after = np.busday_offset(wished, 0, roll="forward", busdaycal=_CLOSED).astype(np.int64)
    taken: Ints = np.where(before < earliest, after, before)
    return taken


def last_working_day(day: date) -> date:
    """The day itself, or the last one before it on which offices were open."""
    while day.weekday() >= _SATURDAY or (day.month, day.day) in _HOLIDAYS:
        day -= timedelta(days=1)
    return day
