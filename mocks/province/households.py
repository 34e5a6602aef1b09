"""Who lives with whom: households of three generations, their ages and ties consistent."""

from dataclasses import dataclass

import numpy as np

from mocks.province.chance import Bools, Floats, Ints, count_within, draw_index
from mocks.province.pyramid import bend_ages

HEAD, SPOUSE, CHILD, PARENT, SIBLING, GRANDCHILD, OTHER = range(7)
MALE, FEMALE = 1, 2
NOBODY = -1
#: Whoever is married to a child of the head; to the registers one of the others.
_IN_LAW = 7
#: Nobody marries younger: a man, a woman.
_WEDDING_YEARS = {MALE: 20.3, FEMALE: 18.3}
#: A parent is at least so much older than a child, a mother at most so much.
_LEAST_GAP, _LARGEST_GAP = 17.0, 47.0
_TWIN_SHARE = 0.012
_BOY_SHARE = 0.518
_SON_STAYS = 0.4
_CHILD_SPACING = 3.1
_MOST_CHILDREN = 5
_HEAD_AGE_BANDS = (
    (23, 30, 8),
    (30, 40, 24),
    (40, 50, 26),
    (50, 60, 19),
    (60, 70, 14),
    (70, 86, 8),
)


@dataclass(frozen=True)
class Members:
    """One element a person, sorted by household: its number, role, sex, age in years, kin.

    `father`, `mother`, `spouse` hold the position of that person, or NOBODY.
    """

    household: Ints
    role: Ints
    sex: Ints
    age: Floats
    father: Ints
    mother: Ints
    spouse: Ints


@dataclass(frozen=True)
class _Plan:
    """One element a household."""

    head_age: Floats
    head_sex: Ints
    married: Bools
    spouse_age: Floats
    first_birth_age: Floats
    generation: Floats
    counts: dict[int, Ints]

    @property
    def parent_age(self) -> Floats:
        """Age of the younger of the couple: a child is counted back from it."""
        return np.where(self.married, np.minimum(self.head_age, self.spouse_age), self.head_age)

    @property
    def child_age(self) -> Floats:
        """Age of the eldest child there can be; below 0 where it is too early for any."""
        return self.parent_age - self.first_birth_age

    @property
    def grandchild_age(self) -> Floats:
        """Age of the eldest grandchild there can be."""
        return self.child_age - self.generation


def form_households(rng: np.random.Generator, people: int, households: int) -> Members:
    """Exactly `people` persons in `households` households, at least one in each."""
    plan = _plan_households(rng, people, households)
    household, role, sex, age = _fill_places(rng, plan)
    # Within a role the elder stand first, fathers before mothers, as they were placed.
    order = np.lexsort((np.arange(len(role)), role, household))
    household, role, sex, age = household[order], role[order], sex[order], age[order]
    father, mother, spouse = _tie_kin(household, role, sex, plan)
    members = Members(
        household,
        np.where(role == _IN_LAW, OTHER, role),
        sex,
        bend_ages(sex, age),
        father,
        mother,
        spouse,
    )
    _reconcile_ages(members)
    _make_twins(rng, members)
    return members


def _reconcile_ages(members: Members) -> None:
    """After bending: nobody married too young, no parent too young or mother too old.

    Ages beyond a bound come back inside by as much as they were outside, so that none pile up.
    """
    age, wed = members.age, members.spouse != NOBODY
    for sex, years in _WEDDING_YEARS.items():
        rows = wed & (members.sex == sex) & (age < years)
        age[rows] = 2 * years - age[rows]
    for role in (HEAD, SIBLING, CHILD, GRANDCHILD):
        rows = np.flatnonzero(members.role == role)
        mother, father = members.mother[rows], members.father[rows]
        has_mother, has_father = mother != NOBODY, father != NOBODY
        least = np.where(has_mother, age[mother] - _LARGEST_GAP, 0.0)
        most = np.minimum(
            np.where(has_mother, age[mother], 200.0), np.where(has_father, age[father], 200.0)
        )
        most -= _LEAST_GAP
        inside = np.maximum(age[rows], 2 * least - age[rows])
        inside = np.minimum(inside, 2 * most - inside)
        # There is no coming back for the newborn: anywhere between birth and the bound.
        inside = np.where(inside < 0.02, most * (np.abs(inside) % 1), inside)
        age[rows] = np.minimum(inside, most)


def _make_twins(rng: np.random.Generator, members: Members) -> None:
    """A few children are born on the day of the child before them."""
    younger = np.flatnonzero(
        (members.role[1:] == CHILD)
        & (members.role[:-1] == CHILD)
        & (members.household[1:] == members.household[:-1])
    )
    childless = np.ones(len(members.role), dtype=bool)
    for parents in (members.father, members.mother):
        childless[parents[parents != NOBODY]] = False
    twins = younger[rng.random(len(younger)) < _TWIN_SHARE] + 1
    twins = twins[childless[twins] & (members.spouse[twins] == NOBODY)]
    members.age[twins] = members.age[twins - 1]


def _plan_households(rng: np.random.Generator, people: int, households: int) -> _Plan:
    bands = draw_index(rng, [share for _, _, share in _HEAD_AGE_BANDS], households)
    lows = np.array([low for low, _, _ in _HEAD_AGE_BANDS])[bands]
    highs = np.array([high for _, high, _ in _HEAD_AGE_BANDS])[bands]
    head_age = lows + rng.random(households) * (highs - lows)
    chance = np.interp(head_age, [23, 27, 34, 60, 70, 86], [0.5, 0.75, 0.88, 0.86, 0.66, 0.3])
    married = rng.random(households) < chance
    # Whoever keeps house alone is mostly a widow, the more so the older.
    male = np.where(married, 0.8, np.interp(head_age, [25, 45, 65], [0.42, 0.3, 0.1]))
    head_sex = np.where(rng.random(households) < male, MALE, FEMALE).astype(np.int64)
    gap = np.where(head_sex == MALE, -3.0, 3.0) + rng.normal(0, 2.8, households)
    youngest = np.where(head_sex == MALE, 19.0, 21.5) + rng.random(households)
    spouse_age = np.maximum(head_age + gap, youngest)
    first_birth_age = np.clip(rng.normal(25.5, 3.2, households), 19, 36)
    generation = np.clip(rng.normal(25, 2.5, households), 20, 34)
    plan = _Plan(head_age, head_sex, married, spouse_age, first_birth_age, generation, {})
    plan.counts.update(_count_members(rng, plan))
    _reach_total(rng, plan, people)
    return plan


def _count_members(rng: np.random.Generator, plan: _Plan) -> dict[int, Ints]:
    households = len(plan.head_age)
    years = plan.child_age
    mean = np.interp(years, [-6, 0, 3, 9, 20, 26, 32, 50], [0, 0.25, 0.9, 1.8, 2.1, 1.5, 0.8, 0.35])
    children = np.minimum(rng.poisson(mean), _fit_births(years)).astype(np.int64)
    grown = (children > 0) & (plan.grandchild_age > 0.1)
    wished = np.where(grown, draw_index(rng, [36, 32, 32], households), 0)
    grandchildren = np.minimum(wished, _fit_births(plan.grandchild_age))
    in_laws = (grandchildren > 0) & (rng.random(households) < 0.85)
    parents = np.where(plan.head_age < 60, draw_index(rng, [76, 15, 9], households), 0)
    siblings = (rng.random(households) < 0.05).astype(np.int64)
    others = (rng.random(households) < 0.02).astype(np.int64)
    return {
        HEAD: np.ones(households, dtype=np.int64),
        SPOUSE: plan.married.astype(np.int64),
        CHILD: children,
        PARENT: parents.astype(np.int64),
        SIBLING: siblings,
        GRANDCHILD: grandchildren.astype(np.int64),
        OTHER: others,
        _IN_LAW: in_laws.astype(np.int64),
    }


def _fit_births(years: Floats) -> Ints:
    """So many children as there has been time for since the first, one in little over two years."""
    most: Ints = np.clip(np.floor(1 + years / 2.2), 1, _MOST_CHILDREN).astype(np.int64)
    return most


def _reach_total(rng: np.random.Generator, plan: _Plan, people: int) -> None:
    """Add or take children, one a household and round, until the province has exactly `people`."""
    counts = plan.counts
    while missing := people - int(sum(column.sum() for column in counts.values())):
        if missing > 0:
            able = np.flatnonzero(plan.married & (counts[CHILD] < _fit_births(plan.child_age)))
            chosen = rng.permutation(able)[:missing]
            counts[CHILD][chosen] += 1
            continue
        keep_one = counts[GRANDCHILD] > 0
        role = CHILD if (counts[CHILD] > keep_one).any() else GRANDCHILD
        able = np.flatnonzero(counts[role] > (keep_one if role == CHILD else 0))
        chosen = rng.permutation(able)[:-missing]
        counts[role][chosen] -= 1


def _fill_places(rng: np.random.Generator, plan: _Plan) -> tuple[Ints, Ints, Ints, Floats]:
    households: list[Ints] = []
    roles: list[Ints] = []
    sexes: list[Ints] = []
    ages: list[Floats] = []
    eldest_sex = np.full(len(plan.head_age), MALE, dtype=np.int64)
    eldest_age = np.zeros(len(plan.head_age))
    for role, counts in plan.counts.items():
        owner = np.repeat(np.arange(len(counts)), counts)
        place = count_within(owner)
        sex, age = _draw_member(rng, plan, role=role, owner=owner, place=place)
        if role == CHILD:
            eldest_sex[owner[place == 0]] = sex[place == 0]
            eldest_age[owner[place == 0]] = age[place == 0]
        if role == _IN_LAW:
            sex = MALE + FEMALE - eldest_sex[owner]
            age = eldest_age[owner] + np.where(sex == MALE, 2.5, -2.5) + rng.normal(0, 2, len(age))
        households.append(owner)
        roles.append(np.full(len(owner), role, dtype=np.int64))
        sexes.append(sex.astype(np.int64))
        ages.append(age)
    return (
        np.concatenate(households),
        np.concatenate(roles),
        np.concatenate(sexes),
        np.concatenate(ages),
    )


def _draw_member(
    rng: np.random.Generator, plan: _Plan, *, role: int, owner: Ints, place: Ints
) -> tuple[Ints, Floats]:
    count = len(owner)
    sex = np.where(rng.random(count) < _BOY_SHARE, MALE, FEMALE)
    head_age = plan.head_age[owner]
    if role == HEAD:
        return plan.head_sex[owner], head_age
    if role == SPOUSE:
        return MALE + FEMALE - plan.head_sex[owner], plan.spouse_age[owner]
    if role in (CHILD, GRANDCHILD):
        eldest = (plan.child_age if role == CHILD else plan.grandchild_age)[owner]
        spacing = np.minimum(_CHILD_SPACING, np.maximum(eldest, 0.4) / plan.counts[role][owner])
        age = eldest - spacing * (place + rng.random(count) * 0.4)
        age = np.where(age > 0.02, age, 0.02 + rng.random(count) * 0.8)
        # Sons stay when they are grown, daughters marry into other houses.
        stayed = (age > 21) & (rng.random(count) < _SON_STAYS)
        return np.where(stayed, MALE, sex), age
    if role == PARENT:
        alone = plan.counts[PARENT][owner] == 1
        sex = np.where(alone, np.where(rng.random(count) < 0.8, FEMALE, MALE), place + MALE)
        age = head_age + np.clip(rng.normal(26.5, 3.5, count), 19, 40) + (sex == MALE) * 2
        return sex, np.where(age > 99, head_age + 19.5 + rng.random(count) * 3, age)
    if role == SIBLING:
        return sex, np.maximum(head_age - 8 + rng.random(count) * 9.5, 16)
    return sex, 20 + rng.random(count) * 50


def _tie_kin(household: Ints, role: Ints, sex: Ints, plan: _Plan) -> tuple[Ints, Ints, Ints]:
    """Positions of father, mother and spouse of everyone, from role and sex."""

    def seat(wanted_role: int, wanted_sex: int | None = None) -> Ints:
        found = np.full(len(plan.head_age), NOBODY, dtype=np.int64)
        chosen = (
            role == wanted_role
            if wanted_sex is None
            else (role == wanted_role) & (sex == wanted_sex)
        )
        rows = np.flatnonzero(chosen)[::-1]
        found[household[rows]] = rows
        return found

    head, partner = seat(HEAD), seat(SPOUSE)
    man = np.where(plan.head_sex == MALE, head, partner)
    woman = np.where(plan.head_sex == FEMALE, head, partner)
    old_man, old_woman = seat(PARENT, MALE), seat(PARENT, FEMALE)
    child, in_law = seat(CHILD), seat(_IN_LAW)
    son = np.where((child != NOBODY) & (sex[child] == MALE), child, in_law)
    daughter = np.where((child != NOBODY) & (sex[child] == FEMALE), child, in_law)
    fathers = {
        CHILD: man,
        HEAD: old_man,
        SIBLING: old_man,
        GRANDCHILD: son,
    }
    mothers = {
        CHILD: woman,
        HEAD: old_woman,
        SIBLING: old_woman,
        GRANDCHILD: daughter,
    }
    father, mother = (_look_up(household, role, table) for table in (fathers, mothers))
    spouse = _look_up(household, role, {HEAD: partner, SPOUSE: head, _IN_LAW: child})
    married_in = np.flatnonzero(role == _IN_LAW)
    spouse[spouse[married_in]] = married_in
    old = role == PARENT
    spouse[old] = np.where(sex[old] == MALE, old_woman[household[old]], old_man[household[old]])
    return father, mother, spouse


def _look_up(household: Ints, role: Ints, table: dict[int, Ints]) -> Ints:
    result = np.full(len(household), NOBODY, dtype=np.int64)
    for wanted, seats in table.items():
        rows = role == wanted
        result[rows] = seats[household[rows]]
    return result
