"""The truth: people as they are, before any register writes them down."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from mocks.province import canaries as canary_people
from mocks.province.calendar import REFERENCE_DAY as REFERENCE_DAY
from mocks.province.calendar import YEAR_DAYS as YEAR_DAYS
from mocks.province.calendar import tell_birth_days
from mocks.province.chance import Floats, Ints, draw_index, open_stream
from mocks.province.households import (
    CHILD,
    FEMALE,
    GRANDCHILD,
    HEAD,
    MALE,
    NOBODY,
    OTHER,
    SPOUSE,
    Members,
    form_households,
)
from mocks.province.identifiers import issue_old_numbers, issue_pins
from mocks.province.lineage import draw_peoples, name_people, share_names
from mocks.province.lives import end_lives, settle_marriages
from mocks.province.places import draw_homes
from mocks.province.profiles import Profile
from mocks.province.reference import Gazetteer

_LAST_OLD_NUMBER_YEAR = 1998
_OUTSIDER_SHARE = 0.004
#: How much likelier than the average those of a role come from elsewhere; of other roles, the last.
_COMES_FROM_AWAY = {CHILD: 0.45, GRANDCHILD: 0.3, SPOUSE: 1.6, OTHER: 1.6}
_COMES_FROM_AWAY_ELSE = 1.2
#: Share of those born elsewhere who got the old card only after they had come.
_CARD_AFTER_MOVE = 0.5


@dataclass(frozen=True)
class World:
    """Everyone (`people`, one row a person) and every household, and kin by row number of `people`.

    people: truth_id, full_name, surname (or clan; empty where there is none), pin, old_number,
    birth_day (days since 1970), birth_date, birth_year, birth_prefix (of the personal number), sex,
    ethnic_code (list of 2008), household (row of `households`, -1 for outsiders), role (to the
    living head), marital, marriage_day and divorce_day (null without), death_day and death_date
    (null while alive), commune_code, address, works, pays_freely, receives_pension, in_population,
    namesake (shares name, year of birth and commune with another), canary (from 1; 0: none).
    households: as `places.settle` writes them.
    """

    people: pl.DataFrame
    households: pl.DataFrame
    father: Ints
    mother: Ints
    spouse: Ints

    @property
    def ages(self) -> Floats:
        """Age in years on the reference date."""
        return (REFERENCE_DAY - self.people["birth_day"].to_numpy()) / YEAR_DAYS


def make_world(
    profile: Profile,
    seed: int,
    gazetteer: Gazetteer,
    *,
    canaries: int,
    namesake_rate: float = 0.002,
) -> World:
    """`profile.people` in households, then outsiders who are only insured, then canaries.

    namesake_rate: see `lineage.share_names`.
    """
    members = form_households(open_stream(seed, "households"), profile.people, profile.households)
    outsiders = max(3, round(profile.insured * _OUTSIDER_SHARE))
    members = _append_singles(
        open_stream(seed, "singles"), members, outsiders=outsiders, canaries=canaries
    )
    households = draw_homes(open_stream(seed, "places"), profile.households + canaries, gazetteer)
    households = canary_people.name_places(households, canaries, gazetteer)
    seats = _find_seats(open_stream(seed, "seats"), members, len(households))
    people = _describe(members, households, seats, canaries)
    districts = households["district_code"].gather(seats)
    codes, givers, far = draw_peoples(open_stream(seed, "peoples"), members, districts, gazetteer)
    homes = households["old_province_code"].gather(seats)
    born = _draw_birth_provinces(open_stream(seed, "births"), members, homes, gazetteer)
    people = people.with_columns(
        ethnic_code=codes, birth_prefix=born.scatter(far["row"], far["birth_prefix"])
    )
    people = name_people(open_stream(seed, "names"), people, members, givers)
    people = share_names(open_stream(seed, "namesakes"), people, members, namesake_rate)
    people = _rename_canaries(people.drop("first_name"))
    people = _number_people(open_stream(seed, "numbers"), people, gazetteer)
    people = end_lives(open_stream(seed, "deaths"), people, members)
    people = settle_marriages(open_stream(seed, "marriages"), people, members)
    people = _earn(open_stream(seed, "work"), people)
    return World(people, households, members.father, members.mother, members.spouse)


def _rename_canaries(people: pl.DataFrame) -> pl.DataFrame:
    """Canaries by names of their own, whose first word counts as the surname."""
    renamed = canary_people.rename(people)
    rows = np.flatnonzero((people["canary"] > 0).to_numpy())
    surnames = renamed["full_name"].gather(rows).str.split(" ").list.first()
    return renamed.with_columns(renamed["surname"].scatter(rows, surnames))


def _append_singles(
    rng: np.random.Generator, members: Members, *, outsiders: int, canaries: int
) -> Members:
    """After the members: outsiders without a household, canaries as heads of their own."""
    count = outsiders + canaries
    nobody = np.full(count, NOBODY, dtype=np.int64)
    first_household = int(members.household.max()) + 1
    household = np.r_[nobody[:outsiders], np.arange(first_household, first_household + canaries)]
    role = np.r_[np.full(outsiders, OTHER), np.full(canaries, HEAD)]
    sex = np.where(rng.random(count) < 0.5, MALE, FEMALE)
    age = np.r_[19 + rng.random(outsiders) * 40, 36 + rng.random(canaries) * 20]
    return Members(
        np.r_[members.household, household],
        np.r_[members.role, role],
        np.r_[members.sex, sex],
        np.r_[members.age, age],
        *(np.r_[kin, nobody] for kin in (members.father, members.mother, members.spouse)),
    )


def _find_seats(rng: np.random.Generator, members: Members, households: int) -> Ints:
    """The household of each; of outsiders, one in whose commune they are met."""
    anywhere = rng.integers(0, households, len(members.household))
    seats: Ints = np.where(members.household != NOBODY, members.household, anywhere)
    return seats


def _describe(
    members: Members, households: pl.DataFrame, seats: Ints, canaries: int
) -> pl.DataFrame:
    """Who everyone is by birth day, sex, place in the household and home."""
    count = len(members.age)
    birth_day = tell_birth_days(members.age)
    born = pl.Series(birth_day).cast(pl.Int32).cast(pl.Date)
    canary = np.maximum(np.arange(count) - (count - canaries) + 1, 0)
    return pl.DataFrame(
        {
            "truth_id": pl.select(
                pl.format("P{}", pl.int_range(1, count + 1).cast(pl.String).str.zfill(9))
            ).to_series(),
            "birth_day": birth_day,
            "birth_date": born,
            "birth_year": born.dt.year().cast(pl.Int64),
            "sex": members.sex,
            "household": members.household,
            "role": members.role,
            "commune_code": households["commune_code"].gather(seats),
            "address": households["address"].gather(seats),
            "in_population": members.household != NOBODY,
            "canary": canary,
        }
    )


def _draw_birth_provinces(
    rng: np.random.Generator, members: Members, homes: pl.Series, gazetteer: Gazetteer
) -> pl.Series:
    """First digits of the personal number: the old province they live in, or one they came from."""
    born = gazetteer.birth_provinces.with_columns(
        is_own=pl.col("pin_prefix").is_in(_list_own_prefixes(gazetteer).implode())
    )
    weights = np.where(born["is_own"].to_numpy(), 0.0, born["weight"].to_numpy())
    drawn = born["pin_prefix"].gather(draw_index(rng, weights, len(homes)))
    share = np.full(int(members.role.max()) + 1, _COMES_FROM_AWAY_ELSE)
    for role, factor in _COMES_FROM_AWAY.items():
        share[role] = factor
    share *= weights.sum() / float(born["weight"].sum())
    away = rng.random(len(homes)) < share[members.role]
    return drawn.zip_with(pl.Series(away), homes.str.zfill(3))


def _list_own_prefixes(gazetteer: Gazetteer) -> pl.Series:
    """The personal number's first digits of the old provinces that this one was made of."""
    return gazetteer.old_communes["old_province_code"].unique().sort().str.zfill(3)


def _number_people(
    rng: np.random.Generator, people: pl.DataFrame, gazetteer: Gazetteer
) -> pl.DataFrame:
    years = people["birth_year"].to_numpy()
    pins = issue_pins(
        rng, people["birth_prefix"], sexes=people["sex"].to_numpy(), birth_years=years
    )
    native = people["birth_prefix"].is_in(_list_own_prefixes(gazetteer).implode()).to_numpy()
    held = (years <= _LAST_OLD_NUMBER_YEAR) & (rng.random(len(people)) < 0.97)
    old_numbers = issue_old_numbers(
        rng,
        local=native | (rng.random(len(people)) < _CARD_AFTER_MOVE),
        entitled=held | (people["canary"] > 0).to_numpy(),
        heads=gazetteer.province.old_number_prefixes,
    )
    return people.with_columns(pin=pins, old_number=old_numbers)


def _earn(rng: np.random.Generator, people: pl.DataFrame) -> pl.DataFrame:
    """Who works for an employer, who pays of their own will, who draws a pension.

    The dead count by their age at death: receives_pension says that they drew one until then.
    """
    last_days = people["death_day"].fill_null(REFERENCE_DAY).to_numpy()
    ages = (last_days - people["birth_day"].to_numpy()) / YEAR_DAYS
    alive = people["death_day"].is_null().to_numpy()
    retired = ages >= np.where(people["sex"].to_numpy() == FEMALE, 57.0, 61.5)
    outsider = ~people["in_population"].to_numpy()
    luck = rng.random(len(people))
    working = alive & ~retired & (ages >= 19)
    return people.with_columns(
        works=pl.Series(working & ((luck < 0.42) | outsider)),
        pays_freely=pl.Series(working & ~outsider & (luck >= 0.42) & (luck < 0.50)),
        receives_pension=pl.Series(retired & (luck < 0.36)),
    )
