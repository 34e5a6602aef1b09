"""Numbers that are given out while the world goes on; none is held by anybody else."""

import numpy as np
import polars as pl

from mocks.province.identifiers import issue_pins
from mocks.province.live.day import Day
from mocks.province.live.truth import Person

_TEN_DIGITS = 10**10
_EIGHT_DIGITS = 10**8


def find_prefix(day: Day, commune_code: str) -> str:
    """The personal-number prefix of births registered in a commune: that of its old province."""
    before = day.gazetteer.old_communes.filter(pl.col("people_to").list.contains(commune_code))
    return f"0{before['old_province_code'][0]}"


def draw_pin(rng: np.random.Generator, day: Day, person: Person) -> str:
    """A new personal number for a person as they are; a re-issue keeps the old one's prefix."""
    former = person.get("pin")
    prefix = former[:3] if former else find_prefix(day, person["commune_code"])
    while True:
        (pin,) = issue_pins(
            rng,
            pl.Series([prefix], dtype=pl.String),
            sexes=np.array([person["sex"]]),
            birth_years=np.array([person["birth_date"].year]),
        )
        if not _is_held(day, "pin", pin):
            return str(pin)


def draw_insurance_number(rng: np.random.Generator, day: Day) -> str:
    """Ten digits, the first two of the province that issues them."""
    province = day.gazetteer.province.code
    while True:
        number = f"{province}{int(rng.integers(0, _EIGHT_DIGITS)):08d}"
        if not _is_held(day, "insurance_number", number):
            return number


def draw_card_digits(rng: np.random.Generator) -> str:
    """The ten digits of a temporary card: no insurance number yet."""
    return f"{int(rng.integers(0, _TEN_DIGITS)):010d}"


def _is_held(day: Day, column: str, number: str) -> bool:
    truth = day.truth
    told = [facts.get(column) for facts in (*truth.born, *truth.changes.values())]
    return number in told or bool((day.people[column] == number).any())
