"""Births.

A newborn usually has its personal number within days (prefix of the province of registration). One
that has none yet is insured on a temporary card, TE1 01 and ten digits (Circular 30/2020/TT-BYT).
"""

from datetime import timedelta

import numpy as np
import polars as pl

from mocks.province.households import FEMALE, MALE, OTHER
from mocks.province.live.day import Day, Event
from mocks.province.live.homes import ROLES, home_of, settle, tie
from mocks.province.live.insurance import NewCard, close_card, insure, issue_card
from mocks.province.live.naming import name_children
from mocks.province.live.numbers import (
    draw_card_digits,
    draw_insurance_number,
    draw_pin,
    find_prefix,
)
from mocks.province.live.truth import NewFault, Person
from mocks.province.names import MATRILINEAL

_BOY_SHARE = 0.515
_MAX_DAYS_TO_REGISTER = 7
_MIN_DAYS_BETWEEN_BIRTHS = 330
_ROLE_OF_CHILD = {"chu_ho": "con", "vo_chong": "con", "con": "chau"}


def bear_children(day: Day) -> None:
    """Births with a number, then births without one yet."""
    for kind in ("birth", "birth_without_number"):
        rng = day.stream(kind)
        mothers = _choose_mothers(rng, day, day.count(rng, kind))
        children = name_children(rng, [_describe_child(rng, day, mother) for mother in mothers])
        for mother, child in zip(mothers, children, strict=True):
            if kind == "birth":
                _register_child(rng, day, mother, child)
            else:
                _insure_without_number(rng, day, mother, child)
            day.take(mother["truth_id"], mother["spouse"])


def _choose_mothers(rng: np.random.Generator, day: Day, count: int) -> list[Person]:
    """Married women of 19 to 42 in the register, whose last child was born long enough ago."""
    recent = day.people.filter(
        (pl.lit(day.date) - pl.col("birth_date")).dt.total_days() < _MIN_DAYS_BETWEEN_BIRTHS
    )["mother"].drop_nulls()
    able = (
        (pl.col("sex") == FEMALE)
        & pl.col("age").is_between(19, 42)
        & pl.col("alive")
        & pl.col("population_id").is_not_null()
        & pl.col("spouse").is_not_null()
        & (pl.col("marital") == "co_vo_chong")
        & ~pl.col("truth_id").is_in(recent.implode())
    )
    chosen = day.choose(rng, able, count * 2 + 5)
    return [mother for mother in chosen if day.is_free(mother["spouse"])][:count]


def _describe_child(rng: np.random.Generator, day: Day, mother: Person) -> Person:
    """Facts about a newborn; until it is named, its name is that of whom it is called after."""
    father = day.person(mother["spouse"])
    sex = MALE if rng.random() < _BOY_SHARE else FEMALE
    born = day.date - timedelta(days=int(rng.integers(0, _MAX_DAYS_TO_REGISTER + 1)))
    ethnic = father["ethnic_code"]
    giver = mother if ethnic in MATRILINEAL else father
    return {
        "full_name": giver["full_name"],
        "birth_date": born,
        "sex": sex,
        "ethnic_code": ethnic,
        "commune_code": mother["commune_code"],
        "address": mother["address"],
        "marital": "chua_ket_hon",
        "works": False,
        "receives_pension": False,
        "in_population": True,
        "canary": False,
        "household": mother["household"],
        "father": father["truth_id"],
        "mother": mother["truth_id"],
        "birth_prefix": find_prefix(day, mother["commune_code"]),
    }


def _register_child(rng: np.random.Generator, day: Day, mother: Person, child: Person) -> None:
    at = day.draw_time(rng)
    role = _role_beside(day, mother)
    number = draw_insurance_number(rng, day)
    facts = child | {
        "pin": draw_pin(rng, day, child),
        "insurance_number": number,
        "role": ROLES[role],
    }
    child = day.truth.add_person(facts)
    event = Event(day, "birth", at, people=(child["truth_id"], mother["truth_id"]))
    _enter_child(day, event, child, role)
    participant = insure(day, event, child)
    issue_card(rng, day, event, NewCard(participant, child, "TE1"))


def _enter_child(day: Day, event: Event, child: Person, role: str) -> None:
    """The child's rows in the population register: person, residence, ties both ways."""
    key, born = day.next_key("cong_dan", "CD", 9), child["birth_date"].isoformat()
    home = home_of(child)
    row = {
        "ma_cd": key,
        "so_dinh_danh": child["pin"],
        "ho_ten": child["full_name"],
        "ten_khac": None,
        "ngay_sinh": born,
        "gioi_tinh": str(child["sex"]),
        "dan_toc": child["ethnic_code"],
        "so_cmnd": None,
        "tinh_trang_hon_nhan": "chua_ket_hon",
        "ma_ho": home.household,
        "quan_he_chu_ho": role,
        "ngay_chet": None,
        "da_xoa": "false",
    }
    event.insert("cong_dan", row)
    day.truth.link(child["truth_id"], ("population", "person", key))
    settle(day, event, key, home, since=born)
    for parent_id, kind in ((child["father"], "cha"), (child["mother"], "me")):
        parent = day.person(parent_id)
        if parent["population_id"] is not None:
            tie(day, event, (key, parent["population_id"]), kind, parent["full_name"])
            tie(day, event, (parent["population_id"], key), "con", child["full_name"])


def _role_beside(day: Day, mother: Person) -> str:
    """What the child is to the head of its mother's household."""
    key = mother["population_id"]
    row = day.books.by_key("cong_dan", [key])[key]
    return _ROLE_OF_CHILD.get(row["quan_he_chu_ho"] or "", "khac")


def _insure_without_number(
    rng: np.random.Generator, day: Day, mother: Person, child: Person
) -> None:
    facts = child | {"in_population": False, "role": OTHER}
    child = day.truth.add_person(facts)
    people = (child["truth_id"], mother["truth_id"])
    event = Event(day, "birth_without_number", day.draw_time(rng), people=people)
    participant = insure(day, event, child)
    digits = draw_card_digits(rng)
    issue_card(rng, day, event, NewCard(participant, child, "TE1", digits=f"01{digits}"))
    record = ("social_insurance", "participant", participant)
    day.truth.add_fault(NewFault(record, "so_dinh_danh", "life_event_missed", None))
    day.later("number_given", int(rng.integers(1, 4)), truth_id=child["truth_id"])


def give_numbers(day: Day) -> None:
    """Newborns on a temporary card are registered, and insured by number."""
    rng = day.stream("number_given")
    ripe = day.take_due("number_given")
    children = [day.person(due["truth_id"]) for due in ripe]
    day.books.load("the_bhyt", "nguoi_id", [child["participant_id"] for child in children])
    for due in ripe:
        child = day.person(due["truth_id"])
        mother = day.person(child["mother"])
        if not mother["alive"]:
            mother = day.person(child["father"])
        role = _role_beside(day, mother)
        facts = {
            "pin": draw_pin(rng, day, child),
            "insurance_number": draw_insurance_number(rng, day),
            "in_population": True,
            "role": ROLES[role],
            **{name: mother[name] for name in ("commune_code", "address", "household")},
        }
        day.truth.change_person(child["truth_id"], **facts)
        child = child | facts
        people = (child["truth_id"], mother["truth_id"])
        event = Event(day, "number_given", day.draw_time(rng), people=people)
        _enter_child(day, event, child, role)
        key = child["participant_id"]
        row = day.books.by_key("nguoi_tham_gia", [key])[key]
        told = {"so_dinh_danh": facts["pin"], "ma_so_bhxh": facts["insurance_number"]}
        event.change("nguoi_tham_gia", row, told)
        for card in day.books.find("the_bhyt", "nguoi_id", [key]):
            close_card(event, card, day.date - timedelta(days=1))
        issue_card(rng, day, event, NewCard(key, child, "TE1"))
