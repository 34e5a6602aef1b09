"""How often things happen. All figures are assumptions of the generator, in round numbers.

Vital events follow the orders of magnitude of national statistics; the others are what makes a
demo move. An office works from Monday to Friday: what its clerks write then makes up for the
weekend. At least one event of every kind happens on every day, so that tiny worlds move too.
"""

from datetime import date

import numpy as np

_DAYS_A_YEAR = 365.25
_SATURDAY = 5
_WORKING_SHARE = 7 / 5
#: Events a year for each thousand people, every day of the week.
VITAL = {"birth": 12.0, "birth_without_number": 3.0, "death": 6.0}
#: Events a year for each thousand people, on working days.
OFFICE = {
    "move": 20.0,
    "marriage": 7.0,
    "divorce": 0.7,
    "job_begun": 42.0,
    "job_ended": 38.0,
    "card_issued": 3.0,
    "card_closed": 1.0,
    "value_mended": 20.0,
    "typing_error": 4.0,
    "number_reissued": 0.2,
    "removed_with_tombstone": 2.0,
    "removed_without_tombstone": 1.0,
    "committed_late": 2.0,
}
#: Events a year for each thousand certificates, on working days.
LAND = {
    "land_sold": 10.0,
    "land_sold_unregistered": 0.5,
    "mortgage_registered": 12.0,
    "mortgage_cleared": 9.0,
}
#: Rows saved again at one instant: more than a page of the population register's API holds (1,000).
EQUAL_CLOCK_ROWS = 1_200
#: Minutes that the hub reads again by contract (`overlapMinutes`, 15 where it says nothing).
OVERLAP_MINUTES = 15


def draw_count(rng: np.random.Generator, kind: str, day: date, population: int) -> int:
    """How many events of a kind happen on a day; `population`: people, or certificates for land."""
    yearly = (VITAL | OFFICE | LAND)[kind] * population / 1_000
    if kind not in VITAL:
        yearly *= 0 if day.weekday() >= _SATURDAY else _WORKING_SHARE
    return max(1, int(rng.poisson(yearly / _DAYS_A_YEAR)))
