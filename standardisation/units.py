"""Communes, districts and provinces as they were on a day, and what became of the old communes.

A code alone does not tell which unit is meant: on 1 July 2025 the new communes took over codes of
old ones. A unit is its code and the time it was valid.
"""

import csv
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

_TABLES: Final = files("standardisation.reference")


class Unit(NamedTuple):
    """A unit with one kind, name and place, from `valid_from` until the day before `valid_to`.

    Days as in the table, 2025-07-01; "" is before the table begins, or not yet over. Codes have
    five digits (commune), three (district, until June 2025) or two (province). `part_of` is the
    code of the unit above, "" for a province.
    """

    code: str
    valid_from: str
    valid_to: str
    kind: str
    name: str
    part_of: str

    @property
    def full_name(self) -> str:
        """Kind and name, as an address has them."""
        return f"{self.kind} {self.name}"

    def holds_on(self, day: date) -> bool:
        """Whether this is what the code means on that day."""
        return self.valid_from <= day.isoformat() and (
            not self.valid_to or day.isoformat() < self.valid_to
        )


class Successors(NamedTuple):
    """Old commune -> the new ones, sorted, that took part of its land, and of its people."""

    land: Mapping[str, tuple[str, ...]]
    people: Mapping[str, tuple[str, ...]]


@lru_cache(maxsize=1)
def read_units() -> tuple[Unit, ...]:
    """All units of the table, by code and time."""
    with _TABLES.joinpath("unit.csv").open(encoding="utf-8") as file:
        return tuple(Unit(**row) for row in csv.DictReader(file))


def find_unit(code: str, day: date, units: Iterable[Unit] | None = None) -> Unit | None:
    """What the code meant on that day, in the table or among `units`; None if nothing."""
    for unit in read_units() if units is None else units:
        if unit.code == code and unit.holds_on(day):
            return unit
    return None


@lru_cache(maxsize=1)
def read_successors() -> Successors:
    """What became of the communes of before 1 July 2025, as far as the table still holds."""
    land: dict[str, tuple[str, ...]] = {}
    people: dict[str, tuple[str, ...]] = {}
    with _TABLES.joinpath("commune_mapping.csv").open(encoding="utf-8") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: (row["old_code"], row["new_code"]))
    for row in rows:
        if row["valid_to"]:
            continue
        old, new = row["old_code"], row["new_code"]
        land[old] = (*land.get(old, ()), new)
        if row["people"] != "none":
            people[old] = (*people.get(old, ()), new)
    return Successors(land, people)
