"""How many people there are of each age: the shape to which the ages in households are bent.

The bands follow the shape of Vietnam's census of 2019 moved on to 2026 (an assumption: rough, from
general knowledge); men a woman fall with age, from the surplus of boys to the widows.
"""

import numpy as np

from mocks.province.chance import Floats, Ints

#: Percent of the living in bands of five years; the last is everyone of 80 and more.
BANDS = (7.3, 8.0, 8.0, 7.2, 6.6, 6.9, 8.0, 8.3, 7.5, 6.9, 6.2, 5.7, 4.9, 3.8, 2.6, 1.6, 2.2)
_MEN_A_WOMAN = (
    (0, 1.12),
    (15, 1.10),
    (30, 1.06),
    (45, 1.0),
    (60, 0.91),
    (70, 0.78),
    (80, 0.6),
    (100, 0.35),
)
#: Of 80 and more: how many up to 84, 89, 94 and 101.
_ELDEST = (56.0, 30.0, 11.5, 2.5)
_EDGES = (*range(0, 81, 5), 85, 90, 95, 102)
#: Of those whom the register still holds and who would now be as old: the share that is dead.
_DEAD_BY_AGE = (
    (0, 0.001),
    (15, 0.0015),
    (40, 0.006),
    (60, 0.024),
    (70, 0.06),
    (80, 0.21),
    (90, 0.52),
    (102, 0.9),
)


def tell_dead_share(ages: Floats) -> Floats:
    """The chance that someone in the register who would be of that age has died."""
    return _read_curve(_DEAD_BY_AGE, ages)


def bend_ages(sexes: Ints, ages: Floats) -> Floats:
    """The same order of ages within each sex, but as many of each age as the pyramid has."""
    years = np.arange(0, _EDGES[-1] + 1, dtype=np.float64)
    bent = ages.copy()
    for sex in (1, 2):
        rows = np.flatnonzero(sexes == sex)
        ranks = (np.arange(len(rows)) + 0.5) / max(len(rows), 1)
        reached = np.r_[0.0, np.cumsum(_count_by_year(sex))]
        order = np.argsort(ages[rows], kind="stable")
        bent[rows[order]] = np.interp(ranks, reached / reached[-1], years)
    return bent


def _count_by_year(sex: int) -> Floats:
    """How many of a sex there are in the register of each age, the dead among them."""
    bands = np.array([*BANDS[:-1], *(BANDS[-1] * share / 100 for share in _ELDEST)])
    edges = np.array(_EDGES, dtype=np.float64)
    middles = np.arange(_EDGES[-1]) + 0.5
    density = np.interp(middles, (edges[:-1] + edges[1:]) / 2, bands / np.diff(edges))
    ratio = _read_curve(_MEN_A_WOMAN, middles)
    share = ratio / (1 + ratio) if sex == 1 else 1 / (1 + ratio)
    counts: Floats = density * share / (1 - tell_dead_share(middles))
    return counts


def _read_curve(points: tuple[tuple[int, float], ...], ages: Floats) -> Floats:
    """The line through (age, value) points."""
    known, values = np.array(points, dtype=np.float64).T
    read: Floats = np.interp(ages, known, values)
    return read
