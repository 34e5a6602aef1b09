"""Who has died, who heads a household since, and who married, divorced or was widowed when."""

import numpy as np
import polars as pl

from mocks.province.calendar import REFERENCE_DAY, YEAR_DAYS
from mocks.province.chance import Bools, Floats, Ints
from mocks.province.households import (
    CHILD,
    GRANDCHILD,
    HEAD,
    MALE,
    NOBODY,
    OTHER,
    PARENT,
    SIBLING,
    SPOUSE,
    Members,
)
from mocks.province.pyramid import tell_dead_share

_REMEMBERED_YEARS = 14
_LAST_DEATH = REFERENCE_DAY - 15
_ADULT_DAYS = round(18 * YEAR_DAYS)
#: Who takes over from a dead head, in this order; among children the eldest.
_HEIRS = (SPOUSE, CHILD, PARENT, SIBLING, OTHER, GRANDCHILD)
_NEVER = np.iinfo(np.int64).max // 2
_SINGLE, _MARRIED, _DIVORCED, _WIDOWED = "chua_ket_hon", "co_vo_chong", "ly_hon", "goa"


def end_lives(rng: np.random.Generator, people: pl.DataFrame, members: Members) -> pl.DataFrame:
    """Add death_day and death_date; a dead head's place goes to a living adult of the house.

    Mostly the old, some of the young and of the heads, no canary and no outsider; somebody of age
    is left alive in every household. Nobody dies before a child of theirs is born or before 23
    once married.
    """
    birth = people["birth_day"].to_numpy()
    ages = (REFERENCE_DAY - birth) / YEAR_DAYS
    mortal = people["in_population"].to_numpy() & (people["canary"] == 0).to_numpy()
    wed = members.spouse != NOBODY
    youngest = _find_births(birth, members, np.maximum, -_NEVER)
    mortal &= np.maximum(birth, youngest) < _LAST_DEATH - 1
    mortal &= ~wed | (np.minimum(ages, ages[members.spouse]) > 25)
    dead = mortal & (rng.random(len(people)) < tell_dead_share(ages))
    dead &= ~_strip_of_adults(members, dead, ages)
    days = _draw_death_days(rng, birth, members.spouse, np.flatnonzero(dead), youngest)
    death_day = (
        pl.Series([None], dtype=pl.Int64)
        .new_from_index(0, len(people))
        .scatter(np.flatnonzero(dead), days)
    )
    return people.with_columns(
        role=pl.Series(_pass_on(members, dead, birth)),
        death_day=death_day,
        death_date=death_day.cast(pl.Int32).cast(pl.Date),
    )


def _strip_of_adults(members: Members, dead: Bools, ages: Floats) -> Bools:
    """Everyone of a household in which no adult would be left."""
    housed = members.household != NOBODY
    left = np.bincount(
        members.household[housed & ~dead & (ages >= 18)],
        minlength=int(members.household.max()) + 1,
    )
    stripped: Bools = housed & (left[members.household] == 0)
    return stripped


def _draw_death_days(
    rng: np.random.Generator, birth: Ints, spouses: Ints, dead: Ints, youngest: Ints
) -> Ints:
    """In the last 14 years, after the last child is born; the married after their 23rd birthday."""
    spouse = spouses[dead]
    younger = np.maximum(birth[dead], np.where(spouse == NOBODY, birth[dead], birth[spouse]))
    floor = np.where(spouse == NOBODY, birth[dead] + 1, younger + round(23 * YEAR_DAYS))
    since = REFERENCE_DAY - round(_REMEMBERED_YEARS * YEAR_DAYS)
    earliest = np.maximum(np.maximum(floor, youngest[dead] + 1), since)
    earliest = np.minimum(earliest, _LAST_DEATH - 1)
    span = _LAST_DEATH - earliest
    days: Ints = earliest + np.floor(rng.random(len(dead)) * span).astype(np.int64)
    return days


def _pass_on(members: Members, dead: Bools, birth: Ints) -> Ints:
    """Roles after every dead head has given way: the others' are told anew from the heir."""
    role = members.role.copy()
    bereft = np.unique(members.household[dead & (role == HEAD)])
    touched = np.zeros(int(members.household.max()) + 1, dtype=bool)
    touched[bereft] = True
    rows = np.flatnonzero((members.household != NOBODY) & touched[members.household])
    heirs = rows[~dead[rows] & (birth[rows] <= REFERENCE_DAY - _ADULT_DAYS)]
    rank = np.empty(len(_HEIRS) + 1, dtype=np.int64)
    rank[list(_HEIRS)] = np.arange(len(_HEIRS))
    order = np.lexsort((birth[heirs], rank[role[heirs]], members.household[heirs]))
    houses, first = np.unique(members.household[heirs[order]], return_index=True)
    head_of = np.full(len(touched), NOBODY, dtype=np.int64)
    head_of[houses] = heirs[order][first]
    role[rows] = _tell_roles(members, rows, head_of[members.household[rows]])
    return role


def _tell_roles(members: Members, rows: Ints, heads: Ints) -> Ints:
    """What each of `rows` is to the head beside it; nieces and nephews count as grandchildren."""
    father, mother = members.father, members.mother

    def is_kin(one: Ints, other: Ints) -> Bools:
        kin: Bools = (one != NOBODY) & (one == other)
        return kin

    def has_parent(children: Ints, parents: Ints) -> Bools:
        kin = is_kin(father[children], parents) | is_kin(mother[children], parents)
        found: Bools = kin & (children != NOBODY)
        return found

    def share_parent(ones: Ints, others: Ints) -> Bools:
        kin = is_kin(father[ones], father[others]) | is_kin(mother[ones], mother[others])
        found: Bools = kin & (ones != NOBODY)
        return found

    up = (father[rows], mother[rows])
    grand = has_parent(up[0], heads) | has_parent(up[1], heads)
    nephew = share_parent(up[0], heads) | share_parent(up[1], heads)
    answers = (
        (rows == heads, HEAD),
        (is_kin(members.spouse[rows], heads), SPOUSE),
        (has_parent(rows, heads), CHILD),
        (has_parent(heads, rows), PARENT),
        (share_parent(rows, heads), SIBLING),
        (grand | nephew, GRANDCHILD),
    )
    told = np.select([found for found, _ in answers], [role for _, role in answers], OTHER)
    roles: Ints = told.astype(np.int64)
    return roles


def settle_marriages(
    rng: np.random.Generator, people: pl.DataFrame, members: Members
) -> pl.DataFrame:
    """Add marital, marriage_day and divorce_day (days since 1970, null where there was none)."""
    birth = people["birth_day"].to_numpy()
    legal = birth + np.where(people["sex"].to_numpy() == MALE, 20, 18) * 366
    end = people["death_day"].fill_null(REFERENCE_DAY).to_numpy() - 1
    marital = _draw_states(rng, people, members)
    wed = members.spouse != NOBODY
    partner = np.where(wed, members.spouse, np.arange(len(people)))
    legal, end = np.maximum(legal, legal[partner]), np.minimum(end, end[partner])
    eldest = _find_births(birth, members, np.minimum, _NEVER)
    eldest = np.minimum(eldest, eldest[partner])
    before = rng.integers(250, 330, len(people)) + rng.exponential(350, len(people))
    custom = np.clip(rng.normal(24.5, 3.2, len(people)), 18.5, 40) * YEAR_DAYS
    wished = np.where(eldest < _NEVER, eldest - before, np.maximum(birth, birth[partner]) + custom)
    day = np.minimum(np.maximum(np.floor(wished).astype(np.int64), legal), end)
    # A couple has one wedding: the one whose row comes first has drawn it.
    day = day[np.minimum(partner, np.arange(len(people)))]
    parted = day + 200 + np.floor(rng.random(len(people)) ** 2 * (end - day)).astype(np.int64)
    return people.with_columns(
        marital=marital,
        marriage_day=pl.Series(day),
        divorce_day=pl.Series(np.minimum(parted, end)),
    ).with_columns(
        marriage_day=pl.when(pl.col("marital") != _SINGLE).then("marriage_day"),
        divorce_day=pl.when(pl.col("marital") == _DIVORCED).then("divorce_day"),
    )


def _find_births(birth: Ints, members: Members, choose: np.ufunc, nothing: int) -> Ints:
    """When the eldest (np.minimum) or youngest known child of each was born; `nothing` without."""
    found = np.full(len(birth), nothing)
    for parents in (members.father, members.mother):
        children = np.flatnonzero(parents != NOBODY)
        choose.at(found, parents[children], birth[children])
    return found


def _draw_states(rng: np.random.Generator, people: pl.DataFrame, members: Members) -> pl.Series:
    """Married with a living spouse, widowed by a dead one; the others by age, sex and children."""
    ages = (REFERENCE_DAY - people["birth_day"].to_numpy()) / YEAR_DAYS
    dead = people["death_day"].is_not_null().to_numpy()
    wed = members.spouse != NOBODY
    parent = np.zeros(len(people), dtype=bool)
    for parents in (members.father, members.mother):
        parent[parents[parents != NOBODY]] = True
    single = np.interp(ages, [20, 25, 32, 45], [1.0, 0.85, 0.35, 0.2])
    single = np.where(parent, 0.12, single)
    divorced = np.where(parent, 0.38, 0.12) * np.interp(ages, [20, 50, 75], [1.0, 1.0, 0.3])
    woman = people["sex"].to_numpy() != MALE
    bereaved = np.clip(ages - 45, 0, 40) / np.where(woman, 45, 90)
    luck = rng.random(len(people))
    state = np.select(
        [
            wed & dead[members.spouse],
            wed,
            ages < 20,
            luck < single,
            luck < single + divorced,
            luck < single + divorced + bereaved,
        ],
        [3, 1, 0, 0, 2, 3],
        1,
    )
    return pl.Series([_SINGLE, _MARRIED, _DIVORCED, _WIDOWED], dtype=pl.String).gather(state)
