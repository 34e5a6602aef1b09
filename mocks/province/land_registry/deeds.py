"""Who was granted a certificate for which parcel, when, and by what the paper names the holder."""

import math
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from mocks.province.chance import Bools, Ints, draw_index
from mocks.province.households import HEAD, NOBODY, PARENT, SPOUSE
from mocks.province.land_registry.plots import REGISTER, count_canaries
from mocks.province.land_registry.working_days import take_working_days
from mocks.province.noise import Noise
from mocks.province.people import REFERENCE_DAY, World

PIN, OLD_NUMBER, NO_NUMBER = range(3)
_ADULT_DAYS = 20 * 366
_LATEST = REFERENCE_DAY - 45
#: Days that are left at least in which a paper can be issued: offices are closed on some.
_ROOM = 10
_ROUNDING = 1e-9
_NEIGHBOURS = 40


def day_number(moment: date) -> int:
    """Days since 1970-01-01."""
    return (moment - date(1970, 1, 1)).days


FIRST_ISSUE = day_number(date(1994, 3, 1))
SECOND_FORM = day_number(date(2009, 12, 10))
PIN_ON_PAPER = day_number(date(2016, 1, 1))
THIRD_FORM = day_number(date(2025, 1, 1))
MERGER = day_number(date(2025, 7, 1))
#: Shares of the certificates issued between these days and the next.
_ERAS = ((FIRST_ISSUE, 0.33), (SECOND_FORM, 0.35), (PIN_ON_PAPER, 0.25), (THIRD_FORM, 0.07))


@dataclass(frozen=True)
class Deeds:
    """One element a certificate.

    parcel: row of the plots. first, second: rows of World.people, NOBODY without a second holder.
    buyer: who owns the land in truth, by a paper that no register knows; else NOBODY.
    issued: days since 1970. for_household: granted to a household under its head's name.
    evidence: PIN, OLD_NUMBER or NO_NUMBER.
    """

    parcel: Ints
    first: Ints
    second: Ints
    buyer: Ints
    issued: Ints
    for_household: Bools
    evidence: Ints


def grant_deeds(
    rng: np.random.Generator, world: World, plots: pl.DataFrame, count: int, noise: Noise
) -> Deeds:
    """`count` certificates on as many parcels, then one for each canary's parcel."""
    ordinary = len(plots) - count_canaries(world)
    chosen = np.sort(rng.choice(ordinary, count, replace=False))
    parcel = np.r_[chosen, np.arange(ordinary, len(plots))]
    ours = np.arange(len(parcel)) < count
    household = plots["owner"].to_numpy()[parcel]
    head = np.flatnonzero((world.people["role"] == HEAD).to_numpy())[household]

    def befalls(kind: str, able: Bools, among: Bools) -> Bools:
        """Of those `able`, so many that they are the rate of all `among`, as far as they go."""
        wanted = math.ceil(noise.rate(REGISTER, kind) * int(among.sum()) - _ROUNDING)
        hit = np.zeros(len(able), dtype=np.bool_)
        hit[rng.permutation(np.flatnonzero(able))[:wanted]] = True
        return hit

    dead = _find_dead_holders(world)[household]
    inherited = befalls("owner_dead", ours & (dead != NOBODY), ours)
    farm = plots["farm"].to_numpy()[parcel] & ours & ~inherited
    for_household = befalls("owner_household", farm, farm)
    first = np.where(inherited, dead, head)
    spouse = _find_living_spouses(world)[head]
    since = _find_first_days(world, head, spouse)
    able = ours & ~inherited & ~for_household & (since < _LATEST - _ROOM)
    couple = befalls("owner_couple", able & (spouse != NOBODY), ours)
    second = np.where(couple, spouse, NOBODY)
    issued = _draw_issue_days(rng, world, (first, second), canaries=~ours)
    before_pins = ours & (issued < PIN_ON_PAPER)
    old = befalls("old_number_only", before_pins & _held_old(world, first, second), before_pins)
    bare = befalls("no_number", before_pins & ~old, before_pins)
    sold = befalls("transfer_unregistered", ours, ours)
    return Deeds(
        parcel=parcel,
        first=first,
        second=second,
        buyer=np.where(sold, _draw_buyers(rng, world, household), NOBODY),
        issued=issued,
        for_household=for_household,
        evidence=np.where(bare, NO_NUMBER, np.where(old, OLD_NUMBER, PIN)),
    )


def _find_dead_holders(world: World) -> Ints:
    """By household: its dead spouse or parent, whose land nobody has taken over on paper."""
    people = world.people
    found = np.full(len(world.households), NOBODY, dtype=np.int64)
    household = people["household"].to_numpy()
    for role in (SPOUSE, PARENT):
        died = (people["role"] == role) & people["death_day"].is_not_null()
        dead = np.flatnonzero(died.to_numpy())
        found[household[dead]] = dead
    return found


def _find_living_spouses(world: World) -> Ints:
    """By row of World.people: the spouse if alive."""
    alive = world.people["death_day"].is_null().to_numpy()
    spouses: Ints = np.where(alive[world.spouse], world.spouse, NOBODY)
    return spouses


def _draw_buyers(rng: np.random.Generator, world: World, sellers: Ints) -> Ints:
    """The head of another household, mostly of the same old commune (rows of World.people)."""
    heads = np.flatnonzero((world.people["role"] == HEAD).to_numpy())
    order = np.argsort(world.households["old_commune_code"].to_numpy(), kind="stable")
    seat = np.empty_like(order)
    seat[order] = np.arange(len(order))
    steps = rng.integers(1, min(_NEIGHBOURS, len(order)), len(sellers))
    buyers: Ints = heads[order[(seat[sellers] + steps) % len(order)]]
    return buyers


def _held_old(world: World, first: Ints, second: Ints) -> Bools:
    """Whether all who are named ever held a 9-digit number."""
    held = world.people["old_number"].is_not_null().to_numpy()
    both: Bools = held[first] & ((second == NOBODY) | held[second])
    return both


def _find_first_days(world: World, first: Ints, second: Ints) -> Ints:
    """The first day on which these may be named together: both 20 years old, and married."""
    birth = world.people["birth_day"].to_numpy()
    wedding = world.people["marriage_day"].fill_null(FIRST_ISSUE).to_numpy()[first]
    alone = second == NOBODY
    of_age = np.maximum(birth[first], np.where(alone, birth[first], birth[second])) + _ADULT_DAYS
    days: Ints = np.maximum(np.maximum(of_age, FIRST_ISSUE), np.where(alone, of_age, wedding))
    return days


def _draw_issue_days(
    rng: np.random.Generator, world: World, holders: tuple[Ints, Ints], *, canaries: Bools
) -> Ints:
    """On working days, to couples after their wedding, to the living, of 20 years and more.

    Heads of households who are not yet 20 today got theirs lately.
    """
    first, second = holders
    count = len(first)
    last = world.people["death_day"].fill_null(REFERENCE_DAY).to_numpy()[first] - 45
    edges = np.array([start for start, _ in _ERAS] + [_LATEST])
    era = draw_index(rng, [share for _, share in _ERAS], count)
    width = edges[era + 1] - edges[era]
    day = edges[era] + np.floor(rng.random(count) * width).astype(np.int64)
    earliest = np.minimum(_find_first_days(world, first, second), last - _ROOM)
    again = earliest + np.floor(rng.random(count) * (last - earliest)).astype(np.int64)
    day = np.where((day < earliest) | (day > last), again, day)
    late = PIN_ON_PAPER + 400 + rng.integers(0, 3000, count)
    day = np.where(canaries, np.maximum(day, late), day)
    return take_working_days(day, earliest)
