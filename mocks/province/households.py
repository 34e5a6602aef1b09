"""Who lives with whom: households of three generations, their ages and ties consistent."""

from dataclasses import dataclass

import numpy as np

from mocks.province.chance import Bools, Floats, Ints, count_within, draw_index

HEAD, SPOUSE, CHILD, PARENT, SIBLING, GRANDCHILD, OTHER = range(7)
MALE, FEMALE = 1, 2
NOBODY = -1
_ADULT_YEARS = 18.5
_HEAD_AGE_BANDS = (
    (23, 30, 11),
    (30, 40, 25),
    (40, 50, 23),
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
    counts: dict[int, Ints]

    @property
    def parent_age(self) -> Floats:
        """Age of the younger of the couple: a child is counted back from it."""
        return np.where(self.married, np.minimum(self.head_age, self.spouse_age), self.head_age)


def form_households(rng: np.random.Generator, people: int, households: int) -> Members:
    """Exactly `people` persons in `households` households, at least one in each."""
    plan = _plan_households(rng, people, households)
    household, role, sex, age = _fill_places(rng, plan)
    # Within a role the elder stand first, fathers before mothers, as they were placed.
    order = np.lexsort((np.arange(len(role)), role, household))
    household, role, sex, age = household[order], role[order], sex[order], age[order]
    father, mother, spouse = _tie_kin(household, role, sex, plan)
    return Members(household, role, sex, age, father, mother, spouse)


def _plan_households(rng: np.random.Generator, people: int, households: int) -> _Plan:
    bands = draw_index(rng, [share for _, _, share in _HEAD_AGE_BANDS], households)
    lows = np.array([low for low, _, _ in _HEAD_AGE_BANDS])[bands]
    highs = np.array([high for _, high, _ in _HEAD_AGE_BANDS])[bands]
    head_age = lows + rng.random(households) * (highs - lows)
    head_sex = np.where(rng.random(households) < 0.72, MALE, FEMALE).astype(np.int64)
    chance = np.interp(head_age, [23, 27, 34, 60, 70, 86], [0.45, 0.7, 0.86, 0.86, 0.7, 0.4])
    married = rng.random(households) < chance
    gap = np.where(head_sex == MALE, -2.5, 2.5) + rng.normal(0, 2.8, households)
    spouse_age = np.maximum(head_age + gap, _ADULT_YEARS + rng.random(households))
    first_birth_age = np.clip(rng.normal(25.5, 3.2, households), 19, 36)
    plan = _Plan(head_age, head_sex, married, spouse_age, first_birth_age, {})
    plan.counts.update(_count_members(rng, plan))
    _reach_total(rng, plan, people)
    return plan


def _count_members(rng: np.random.Generator, plan: _Plan) -> dict[int, Ints]:
    households = len(plan.head_age)
    years = plan.parent_age - plan.first_birth_age
    mean = np.interp(years, [-6, 0, 3, 9, 25, 32, 50], [0.0, 0.4, 1.2, 1.9, 1.8, 1.0, 0.5])
    children = np.minimum(rng.poisson(mean), 5).astype(np.int64)
    grown = (children > 0) & (years > 22)
    grandchildren = np.where(grown, draw_index(rng, [50, 27, 23], households), 0)
    parents = np.where(plan.head_age < 60, draw_index(rng, [76, 14, 10], households), 0)
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
    }


def _reach_total(rng: np.random.Generator, plan: _Plan, people: int) -> None:
    """Add or take children, one a household and round, until the province has exactly `people`."""
    counts = plan.counts
    while missing := people - int(sum(column.sum() for column in counts.values())):
        if missing > 0:
            able = np.flatnonzero(plan.married & (plan.parent_age > plan.first_birth_age))
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
    for role, counts in plan.counts.items():
        owner = np.repeat(np.arange(len(counts)), counts)
        place = count_within(owner)
        sex, age = _draw_member(rng, plan, role=role, owner=owner, place=place)
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
    sex = np.where(rng.random(count) < 0.515, MALE, FEMALE)
    head_age = plan.head_age[owner]
    if role == HEAD:
        return plan.head_sex[owner], head_age
    if role == SPOUSE:
        return MALE + FEMALE - plan.head_sex[owner], plan.spouse_age[owner]
    if role in (CHILD, GRANDCHILD):
        eldest = plan.parent_age[owner] - plan.first_birth_age[owner]
        start = eldest if role == CHILD else eldest - np.clip(rng.normal(25, 2.5, count), 20, 34)
        age = start - 3.1 * place - rng.random(count) * 1.6
        ceiling = np.clip(start, 0.3, 9.0)
        return sex, np.where(age > 0.05, age, 0.05 + rng.random(count) * ceiling)
    if role == PARENT:
        alone = plan.counts[PARENT][owner] == 1
        sex = np.where(alone, np.where(rng.random(count) < 0.65, FEMALE, MALE), place + MALE)
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
    child = seat(CHILD)
    child_sex = np.where(child == NOBODY, 0, sex[child])
    fathers = {
        CHILD: man,
        HEAD: old_man,
        SIBLING: old_man,
        GRANDCHILD: np.where(child_sex == MALE, child, NOBODY),
    }
    mothers = {
        CHILD: woman,
        HEAD: old_woman,
        SIBLING: old_woman,
        GRANDCHILD: np.where(child_sex == FEMALE, child, NOBODY),
    }
    father, mother = (_look_up(household, role, table) for table in (fathers, mothers))
    spouse = _look_up(household, role, {HEAD: partner, SPOUSE: head})
    old = role == PARENT
    spouse[old] = np.where(sex[old] == MALE, old_woman[household[old]], old_man[household[old]])
    return father, mother, spouse


def _look_up(household: Ints, role: Ints, table: dict[int, Ints]) -> Ints:
    result = np.full(len(household), NOBODY, dtype=np.int64)
    for wanted, seats in table.items():
        rows = role == wanted
        result[rows] = seats[household[rows]]
    return result
