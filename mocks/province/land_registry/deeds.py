"""Who was granted a certificate for which parcel, when, and by what the paper names the holder."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from mocks.province.chance import Bools, Ints, draw_index
from mocks.province.households import HEAD, NOBODY, PARENT
from mocks.province.people import REFERENCE_DAY, World

PIN, OLD_NUMBER, NO_NUMBER = range(3)
_ADULT_DAYS = 20 * 366
_LATEST = REFERENCE_DAY - 45


def day_number(moment: date) -> int:
    """Days since 1970-01-01."""
    return (moment - date(1970, 1, 1)).days


FIRST_ISSUE = day_number(date(1994, 3, 1))
SECOND_FORM = day_number(date(2009, 12, 10))
PIN_ON_PAPER = day_number(date(2016, 1, 1))
THIRD_FORM = day_number(date(2025, 1, 1))
#: Shares of the certificates issued between these days and the next.
_ERAS = ((FIRST_ISSUE, 0.33), (SECOND_FORM, 0.35), (PIN_ON_PAPER, 0.25), (THIRD_FORM, 0.07))


@dataclass(frozen=True)
class Deeds:
    """One element a certificate.

    parcel: row of the plots. first, second: rows of World.people, NOBODY without a second holder.
    issued: days since 1970. for_household: granted to a household under its head's name.
    evidence: PIN, OLD_NUMBER or NO_NUMBER.
    """

    parcel: Ints
    first: Ints
    second: Ints
    issued: Ints
    for_household: Bools
    evidence: Ints


def grant_deeds(
    rng: np.random.Generator, world: World, plots: pl.DataFrame, count: int, *, canaries: Ints
) -> Deeds:
    """`count` certificates on as many parcels, then one for each canary's parcel."""
    ordinary = len(plots) - len(canaries)
    chosen = np.sort(rng.choice(ordinary, count, replace=False))
    parcel = np.r_[chosen, np.arange(ordinary, len(plots))]
    total = len(parcel)
    is_canary = np.arange(total) >= count
    heads = np.flatnonzero((world.people["role"] == HEAD).to_numpy())
    head = heads[plots["owner"].to_numpy()[parcel]]
    farm, form = plots["farm"].to_numpy()[parcel], rng.random(total)
    dead = _find_dead_parents(world)[world.people["household"].to_numpy()[head]]
    inherited = ~is_canary & (dead != NOBODY) & (rng.random(total) < 0.4)
    for_household = farm & (form < 0.30) & ~is_canary & ~inherited
    couple = ~for_household & ~inherited & ~is_canary & (form < np.where(farm, 0.42, 0.34))
    first = np.where(inherited, dead, head)
    issued = _draw_issue_days(rng, world, first)
    late = PIN_ON_PAPER + 400 + rng.integers(0, 3000, total)
    issued = np.where(is_canary, np.maximum(issued, late), issued)
    evidence = np.where(is_canary, PIN, _draw_evidence(rng, issued))
    second = np.where(couple, world.spouse[head], NOBODY)
    return Deeds(parcel, first, second, issued, for_household, evidence)


def _find_dead_parents(world: World) -> Ints:
    """By household: a dead parent of its head, whose land nobody has taken over on paper."""
    people = world.people
    is_dead = (people["role"] == PARENT) & people["death_day"].is_not_null()
    dead = np.flatnonzero(is_dead.to_numpy())
    found = np.full(len(world.households), NOBODY, dtype=np.int64)
    found[people["household"].to_numpy()[dead]] = dead
    return found


def _draw_issue_days(rng: np.random.Generator, world: World, holders: Ints) -> Ints:
    """Nobody under 20 is granted a certificate, nor anybody dead."""
    count = len(holders)
    birth = world.people["birth_day"].to_numpy()[holders]
    last = world.people["death_day"].fill_null(REFERENCE_DAY).to_numpy()[holders] - 45
    edges = np.array([start for start, _ in _ERAS] + [_LATEST])
    era = draw_index(rng, [share for _, share in _ERAS], count)
    width = edges[era + 1] - edges[era]
    day = edges[era] + np.floor(rng.random(count) * width).astype(np.int64)
    earliest = np.minimum(np.maximum(birth + _ADULT_DAYS, FIRST_ISSUE), last - 1)
    again = earliest + np.floor(rng.random(count) * (last - earliest)).astype(np.int64)
    days: Ints = np.where((day < earliest) | (day > last), again, day)
    return days


def _draw_evidence(rng: np.random.Generator, issued: Ints) -> Ints:
    """Old papers name a holder by number of the old card, or by name and year of birth alone."""
    luck = rng.random(len(issued))
    is_old = issued < PIN_ON_PAPER
    pin, bare = np.where(is_old, 0.26, 0.52), np.where(is_old, 0.16, 0.01)
    drawn = np.where(luck < pin, PIN, np.where(luck < 1 - bare, OLD_NUMBER, NO_NUMBER))
    return drawn.astype(np.int64)
