"""The truth: people as they are, before any register writes them down."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from mocks.province import canaries as canary_people
from mocks.province import names
from mocks.province.chance import Floats, Ints, draw_index, open_stream
from mocks.province.households import (
    CHILD,
    FEMALE,
    HEAD,
    MALE,
    NOBODY,
    OTHER,
    PARENT,
    SPOUSE,
    Members,
    form_households,
)
from mocks.province.identifiers import issue_old_numbers, issue_pins
from mocks.province.places import draw_homes
from mocks.province.profiles import REFERENCE_DATE, Profile
from mocks.province.reference import Gazetteer

_DAY = np.timedelta64(1, "D")
REFERENCE_DAY = int((np.datetime64(REFERENCE_DATE) - np.datetime64("1970-01-01")) / _DAY)
YEAR_DAYS = 365.2425
_LAST_OLD_NUMBER_YEAR = 1998
_DEAD_SHARE = 0.025
_OUTSIDER_SHARE = 0.008
#: Peoples by former district where not nearly all are Kinh: (ethnic code, share), rough figures.
_UPLAND_MIX = {
    "198": (("02", 0.44), ("09", 0.30), ("13", 0.17), ("01", 0.09)),
    "199": (("01", 0.50), ("09", 0.24), ("02", 0.15), ("13", 0.09), ("06", 0.02)),
    "200": (("01", 0.68), ("09", 0.22), ("02", 0.06), ("06", 0.04)),
    "201": (("01", 0.72), ("09", 0.20), ("02", 0.05), ("06", 0.03)),
    "202": (("01", 0.22), ("09", 0.42), ("02", 0.22), ("13", 0.14)),
}
_LOWLAND_MIX = (("01", 0.978), ("09", 0.008), ("02", 0.008), ("06", 0.003), ("07", 0.003))


@dataclass(frozen=True)
class World:
    """Everyone (`people`, one row a person) and every household, and kin by row number of `people`.

    people: truth_id, full_name, pin, old_number, birth_day (days since 1970), birth_date, sex,
    ethnic_code, household (row of `households`, -1 for outsiders), role, marital, death_day (null
    while alive), commune_code, works, receives_pension, in_population, canary (from 1; 0: none).
    households: commune_code, old_commune_code, street, address, old_address.
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


def make_world(profile: Profile, seed: int, gazetteer: Gazetteer, *, canaries: int) -> World:
    """`profile.people` in households, then outsiders who are only insured, then canaries."""
    members = form_households(open_stream(seed, "households"), profile.people, profile.households)
    outsiders = max(3, round(profile.insured * _OUTSIDER_SHARE))
    members = _append_singles(
        open_stream(seed, "singles"), members, outsiders=outsiders, canaries=canaries
    )
    households = draw_homes(open_stream(seed, "places"), profile.households + canaries, gazetteer)
    households = canary_people.name_places(households, canaries, gazetteer)
    people = _describe(open_stream(seed, "people"), members, households, gazetteer)
    canary = np.zeros(len(people), dtype=np.int64)
    canary[len(people) - canaries :] = np.arange(1, canaries + 1)
    people = _name_people(open_stream(seed, "names"), people, members).with_columns(
        canary=pl.Series(canary), in_population=pl.Series(members.household != NOBODY)
    )
    people = canary_people.rename(people)
    people = _number_people(open_stream(seed, "numbers"), people)
    people = _end_lives(open_stream(seed, "deaths"), people)
    people = _settle_marriages(open_stream(seed, "marriages"), people, members.spouse)
    people = _earn(open_stream(seed, "work"), people)
    return World(people, households, members.father, members.mother, members.spouse)


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


def _describe(
    rng: np.random.Generator, members: Members, households: pl.DataFrame, gazetteer: Gazetteer
) -> pl.DataFrame:
    """Birth day, sex, people and commune of everyone; members of a household share its people."""
    count = len(members.age)
    birth_day = REFERENCE_DAY - 1 - np.floor(members.age * YEAR_DAYS).astype(np.int64)
    ethnic = _draw_ethnic(rng, households["district_code"])
    housed = members.household != NOBODY
    seat = np.where(housed, members.household, rng.integers(0, len(households), count))
    born = pl.Series(birth_day).cast(pl.Int32).cast(pl.Date)
    weights = gazetteer.birth_provinces["weight"].to_numpy().copy()
    local = int(np.flatnonzero((gazetteer.birth_provinces["pin_prefix"] == "022").to_numpy())[0])
    drawn = draw_index(rng, weights, count)
    born_here = np.isin(members.role, [CHILD, HEAD, PARENT]) & (rng.random(count) < 0.7)
    drawn = np.where(born_here & housed, local, drawn)
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
            "ethnic_code": ethnic.gather(seat),
            "commune_code": households["commune_code"].gather(seat),
            "address": households["address"].gather(seat),
            "birth_prefix": gazetteer.birth_provinces["pin_prefix"].gather(drawn),
        }
    )


def _draw_ethnic(rng: np.random.Generator, districts: pl.Series) -> pl.Series:
    result = pl.Series(["01"], dtype=pl.String).new_from_index(0, len(districts))
    for district in sorted(districts.unique()):
        rows = np.flatnonzero((districts == district).to_numpy())
        mix = _UPLAND_MIX.get(district, _LOWLAND_MIX)
        drawn = draw_index(rng, [share for _, share in mix], len(rows))
        result = result.scatter(rows, pl.Series([code for code, _ in mix]).gather(drawn))
    return result


def _name_people(rng: np.random.Generator, people: pl.DataFrame, members: Members) -> pl.DataFrame:
    """Surnames go from father to child, the eldest first; without a father, from the mother."""
    southern = (people["birth_prefix"] >= "042").to_numpy()
    surnames = names.draw_surnames(rng, people["ethnic_code"], southern)
    own = np.arange(len(people))
    heir = np.where(members.father != NOBODY, members.father, members.mother)
    giver = np.where(heir != NOBODY, heir, own)
    for _ in range(4):
        giver = giver[giver]
    first_names = names.draw_first_names(
        rng, people["sex"].to_numpy(), people["birth_year"].to_numpy(), people["ethnic_code"]
    )
    return people.with_columns(full_name=surnames.gather(giver) + " " + first_names)


def _number_people(rng: np.random.Generator, people: pl.DataFrame) -> pl.DataFrame:
    years = people["birth_year"].to_numpy()
    pins = issue_pins(
        rng, people["birth_prefix"], sexes=people["sex"].to_numpy(), birth_years=years
    )
    held = (years <= _LAST_OLD_NUMBER_YEAR) & (rng.random(len(people)) < 0.97)
    old_numbers = issue_old_numbers(
        rng,
        local=(people["birth_prefix"] == "022").to_numpy() | (rng.random(len(people)) < 0.5),
        entitled=held | (people["canary"] > 0).to_numpy(),
    )
    return people.with_columns(pin=pins, old_number=old_numbers)


def _end_lives(rng: np.random.Generator, people: pl.DataFrame) -> pl.DataFrame:
    """About 2.5 % of those in the register are dead, never a head, mostly the very old."""
    ages = (REFERENCE_DAY - people["birth_day"].to_numpy()) / YEAR_DAYS
    mortal = people["in_population"].to_numpy() & np.isin(
        people["role"], [PARENT, SPOUSE, OTHER, CHILD]
    )
    weights = np.where(mortal, np.clip(ages - 30, 0.02, None) ** 3, 0.0)
    wanted = round(int(people["in_population"].sum()) * _DEAD_SHARE)
    dead = rng.choice(len(people), wanted, replace=False, p=weights / weights.sum())
    dead.sort()
    birth_day = people["birth_day"].to_numpy()[dead]
    # Who reaches 40 does not die before: no parent is dead before the children are born.
    earliest = np.maximum(birth_day + 40 * 365, REFERENCE_DAY - 14 * 365)
    latest = REFERENCE_DAY - 15
    earliest = np.minimum(earliest, latest - 30)
    earliest = np.maximum(earliest, birth_day + 1)
    day = earliest + np.floor(rng.random(wanted) * np.maximum(latest - earliest, 1)).astype(
        np.int64
    )
    death_day = pl.Series([None], dtype=pl.Int64).new_from_index(0, len(people)).scatter(dead, day)
    return people.with_columns(
        death_day=death_day, death_date=death_day.cast(pl.Int32).cast(pl.Date)
    )


def _settle_marriages(rng: np.random.Generator, people: pl.DataFrame, spouse: Ints) -> pl.DataFrame:
    ages = (REFERENCE_DAY - people["birth_day"].to_numpy()) / YEAR_DAYS
    dead = people["death_day"].is_not_null().to_numpy()
    wed = spouse != NOBODY
    widowed = (wed & dead[spouse]) | (~wed & (people["role"] == PARENT).to_numpy())
    luck = rng.random(len(people))
    single_age = np.interp(ages, [20, 25, 32, 45], [1.0, 0.85, 0.35, 0.2])
    alone = np.select(
        [
            luck < single_age,
            luck < single_age + 0.12,
            luck < single_age + 0.12 + np.clip(ages - 50, 0, 30) / 60,
        ],
        ["chua_ket_hon", "ly_hon", "goa"],
        "co_vo_chong",
    )
    state = np.where(
        widowed, "goa", np.where(wed, "co_vo_chong", np.where(ages < 20, "chua_ket_hon", alone))
    )
    return people.with_columns(marital=pl.Series(state.tolist(), dtype=pl.String))


def _earn(rng: np.random.Generator, people: pl.DataFrame) -> pl.DataFrame:
    """Who works for an employer, who pays of their own will, who draws a pension."""
    ages = (REFERENCE_DAY - people["birth_day"].to_numpy()) / YEAR_DAYS
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
