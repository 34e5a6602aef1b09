"""Peoples and names handed down: who takes after whom, and who is called the same as another."""

import numpy as np
import polars as pl

from mocks.province import names
from mocks.province.chance import Bools, Ints, count_within, draw_index
from mocks.province.ethnic_codes import EDE, GIA_RAI, KHMER, MNONG, SAN_DIU, XO_DANG
from mocks.province.households import (
    CHILD,
    FEMALE,
    GRANDCHILD,
    HEAD,
    NOBODY,
    OTHER,
    PARENT,
    SIBLING,
    SPOUSE,
    Members,
)
from mocks.province.reference import Gazetteer

_MIXED_SHARE = 0.15
#: Lodgers from far away: a people and the province of birth registration that it is known in.
_FAR_PEOPLES = (
    (EDE, "066"),
    (MNONG, "067"),
    (GIA_RAI, "064"),
    (XO_DANG, "062"),
    (KHMER, "094"),
    (SAN_DIU, "019"),
)
_FAR_SHARE, _FEWEST_FAR = 0.15, 6
#: More than there are given names.
_MANY = 1 << 24
_KEY = ("commune_code", "surname", "ethnic_code", "sex", "birth_year")


def draw_peoples(
    rng: np.random.Generator, members: Members, districts: pl.Series, gazetteer: Gazetteer
) -> tuple[pl.Series, Ints, pl.DataFrame]:
    """Everyone's people (2008 list); whom each has it and the surname from; who is from far away.

    `districts`: by person. A household is of one people of its district; some of those who married
    in are of another. Children follow the father, in matrilineal peoples the mother; who follows
    nobody in the household stands in the second result with their own row number. The third has
    the columns row and birth_prefix.
    """
    codes = _draw_households(rng, members, districts, gazetteer)
    married_in = np.isin(members.role, [SPOUSE, OTHER]) & (members.spouse != NOBODY)
    married_in |= (members.role == PARENT) & (members.sex == FEMALE) & (members.spouse != NOBODY)
    mixed = np.flatnonzero(married_in & (rng.random(len(codes)) < _MIXED_SHARE))
    others = _draw_from_mix(rng, districts.gather(mixed), gazetteer)
    codes = codes.scatter(mixed, others)
    lodgers = np.flatnonzero(
        (members.role == OTHER) & (members.household != NOBODY) & (members.spouse == NOBODY)
    )
    wanted = min(max(_FEWEST_FAR, round(_FAR_SHARE * len(lodgers))), len(lodgers))
    far = _choose_far(rng, lodgers, members.sex, wanted)
    origin = np.arange(wanted) % len(_FAR_PEOPLES)
    codes = codes.scatter(far, pl.Series([code for code, _ in _FAR_PEOPLES]).gather(origin))
    prefixes = pl.Series([prefix for _, prefix in _FAR_PEOPLES]).gather(origin)
    codes, line = _hand_down(codes, members)
    return codes, line, pl.DataFrame({"row": far, "birth_prefix": prefixes})


def _choose_far(rng: np.random.Generator, lodgers: Ints, sex: Ints, wanted: int) -> Ints:
    """`wanted` lodgers, a woman first: the first is Ê Đê, and only women's names show it by H'."""
    woman = rng.permutation(lodgers[sex[lodgers] == FEMALE])[: min(wanted, 1)]
    others = rng.choice(np.setdiff1d(lodgers, woman), wanted - len(woman), replace=False)
    chosen: Ints = np.r_[woman, np.sort(others)]
    return chosen


def _draw_households(
    rng: np.random.Generator, members: Members, districts: pl.Series, gazetteer: Gazetteer
) -> pl.Series:
    """By person, one people a household; those without household each their own."""
    first = np.r_[True, members.household[1:] != members.household[:-1]]
    first |= members.household == NOBODY
    drawn = _draw_from_mix(rng, districts.gather(np.flatnonzero(first)), gazetteer)
    return drawn.gather(np.cumsum(first) - 1)


def _draw_from_mix(
    rng: np.random.Generator, districts: pl.Series, gazetteer: Gazetteer
) -> pl.Series:
    result = pl.Series([""], dtype=pl.String).new_from_index(0, len(districts))
    for district in sorted(districts.unique()):
        rows = np.flatnonzero((districts == district).to_numpy())
        mix = gazetteer.peoples[district]
        drawn = draw_index(rng, [share for _, share in mix], len(rows))
        result = result.scatter(rows, pl.Series([code for code, _ in mix]).gather(drawn))
    return result


def _hand_down(codes: pl.Series, members: Members) -> tuple[pl.Series, Ints]:
    """Generation by generation; who has neither parent in the house keeps their own."""
    own = np.arange(len(codes))
    giver = own.copy()
    for roles in ((HEAD, SIBLING), (CHILD,), (GRANDCHILD,)):
        rows = np.flatnonzero(np.isin(members.role, roles))
        father, mother = members.father[rows], members.mother[rows]
        motherly = codes.gather(np.where(mother == NOBODY, 0, mother)).is_in(
            list(names.MATRILINEAL)
        )
        by_mother = (mother != NOBODY) & (motherly.to_numpy() | (father == NOBODY))
        parent = np.where(by_mother, mother, np.where(father != NOBODY, father, rows))
        giver[rows] = giver[parent]
        codes = codes.scatter(rows, codes.gather(parent))
    return codes, giver


def name_people(
    rng: np.random.Generator, people: pl.DataFrame, members: Members, givers: Ints
) -> pl.DataFrame:
    """Add surname, first_name and full_name; children and spouses as `draw_peoples` says.

    No two of a household's blood have one given name, as children are not named after the family.
    """
    regions = names.tell_regions(people["birth_prefix"])
    surnames = names.draw_surnames(rng, people["ethnic_code"], regions).gather(givers)
    while len(rows := _find_clan_couples(surnames, people, members)):
        again = names.draw_surnames(rng, people["ethnic_code"].gather(rows), regions[rows])
        surnames = surnames.scatter(rows, again).gather(givers)
    first_names = names.draw_first_names(rng, people, regions)
    rows = _find_repeated(first_names, members)
    while len(rows):
        again = names.draw_first_names(rng, people[rows], regions[rows])
        first_names = first_names.scatter(rows, again)
        rows = _find_repeated(first_names, members, within=rows)
    return people.with_columns(surname=surnames, first_name=first_names).with_columns(
        full_name=names.join_names(surnames, first_names, people["ethnic_code"])
    )


def _find_clan_couples(surnames: pl.Series, people: pl.DataFrame, members: Members) -> Ints:
    """Those who married into a household of their own clan, which no Ê Đê does."""
    wed = members.spouse != NOBODY
    wed &= (people["ethnic_code"] == EDE).to_numpy() & np.isin(
        members.role, [SPOUSE, OTHER, PARENT]
    )
    rows = np.flatnonzero(wed)
    same = surnames.gather(rows) == surnames.gather(members.spouse[rows])
    found: Ints = rows[same.to_numpy()]
    return found


def _find_repeated(first_names: pl.Series, members: Members, *, within: Ints | None = None) -> Ints:
    """Rows whose given name somebody of the same household's blood has before them.

    within: rows whose households alone are looked at.
    """
    blood = _are_of_the_blood(members)
    if within is not None:
        touched = np.zeros(int(members.household.max()) + 1, dtype=bool)
        touched[members.household[within]] = True
        blood &= touched[members.household]
    rows = np.flatnonzero(blood)
    given = names.find_given_names(first_names.gather(rows)).cast(pl.Categorical).to_physical()
    pairs = pl.Series(members.household[rows] * _MANY + given.to_numpy())
    repeated: Ints = rows[(~pairs.is_first_distinct()).to_numpy()]
    return repeated


def _are_of_the_blood(members: Members) -> Bools:
    """Heads and their kin, not those who married or moved in."""
    blood: Bools = (members.household != NOBODY) & ~np.isin(members.role, [SPOUSE, OTHER])
    return blood


def share_names(
    rng: np.random.Generator, people: pl.DataFrame, members: Members, rate: float
) -> pl.DataFrame:
    """Let some be called exactly as another of their age in the commune; add `namesake`.

    rate: of the pairs of one commune, surname, sex, people and year of birth (each person in one
    pair at most), the share that comes to share the whole name; at least one pair unless it is 0.
    `namesake` is true for all whose name, year of birth and commune are another's too, by chance
    or made so; outsiders and canaries aside.
    """
    givers, takers = _pair_off(rng, people, members)
    wanted = min(len(givers), max(1, round(rate * len(givers)))) if rate > 0 else 0
    chosen = np.sort(rng.permutation(len(givers))[:wanted])
    giving, taking = givers[chosen], takers[chosen]
    full_name = people["full_name"].scatter(taking, people["full_name"].gather(giving))
    named = people.with_columns(full_name)
    return named.with_columns(namesake=pl.Series(_find_namesakes(named)))


def _pair_off(
    rng: np.random.Generator, people: pl.DataFrame, members: Members
) -> tuple[Ints, Ints]:
    """Two and two of a commune, surname, people, sex and year, of different households."""
    order = rng.permutation(np.flatnonzero(_are_ordinary(people)))
    keys = np.zeros(len(order), dtype=np.int64)
    for column in _KEY:
        codes = _number_values(people[column])
        keys = keys * (int(codes.max()) + 1) + codes[order]
    by_key = np.argsort(keys, kind="stable")
    second = np.flatnonzero(count_within(keys[by_key]) % 2 == 1)
    rows = order[by_key]
    givers, takers = rows[second - 1], rows[second]
    free = members.household[givers] != members.household[takers]
    free &= ~_is_known_at(members.household[takers], givers, people, members)
    return givers[free], takers[free]


def _is_known_at(houses: Ints, rows: Ints, people: pl.DataFrame, members: Members) -> Bools:
    """Whether somebody of that household's blood has the given name of that row."""
    given = names.find_given_names(people["first_name"]).cast(pl.Categorical).to_physical()
    codes = given.to_numpy().astype(np.int64)
    blood = np.flatnonzero(_are_of_the_blood(members))
    known = members.household[blood] * _MANY + codes[blood]
    found: Bools = np.isin(houses * _MANY + codes[rows], known)
    return found


def _number_values(column: pl.Series) -> Ints:
    """0, 1, 2, … for the values of a column in their order."""
    known = column.unique().sort()
    numbers = pl.int_range(len(known), eager=True)
    codes: Ints = column.replace_strict(known, numbers, return_dtype=pl.Int64).to_numpy()
    return codes


def _find_namesakes(people: pl.DataFrame) -> Bools:
    rows = np.flatnonzero(_are_ordinary(people))
    keys = people["full_name"].cast(pl.Categorical).to_physical().to_numpy()[rows].astype(np.int64)
    for column in ("commune_code", "birth_year"):
        codes = _number_values(people[column])
        keys = keys * (int(codes.max()) + 1) + codes[rows]
    found = np.zeros(len(people), dtype=bool)
    found[rows] = pl.Series(keys).is_duplicated().to_numpy()
    return found


def _are_ordinary(people: pl.DataFrame) -> Bools:
    ordinary: Bools = (people["in_population"] & (people["canary"] == 0)).to_numpy()
    return ordinary
