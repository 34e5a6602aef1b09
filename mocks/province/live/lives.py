"""Births and deaths.

A newborn usually has its personal number within days (prefix of the province of registration). One
that has none yet is insured on a temporary card, TE1 01 and ten digits (Circular 30/2020/TT-BYT).
Rows of the dead stay; their cards are closed at once, late or, by mistake, never.
"""

from datetime import date, timedelta

import numpy as np
import polars as pl

from mocks.province.households import FEMALE, MALE, OTHER
from mocks.province.live.day import Day, Event, month_of
from mocks.province.live.homes import ROLES, end_residences, home_of, leave_household, settle
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
_CLOSED_AT_ONCE, _CLOSED_LATE = 0.5, 0.85
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


def tie(day: Day, event: Event, pair: tuple[str, str], kind: str, name: str) -> None:
    """A relation: of the first person, the second one, whose name is `name`, is the `kind`."""
    row = {
        "ma_qh": day.next_key("quan_he", "QH", 9),
        "ma_cd": pair[0],
        "loai": kind,
        "ma_cd_lien_quan": pair[1],
        "ho_ten_lien_quan": name,
        "da_xoa": "false",
    }
    event.insert("quan_he", row)


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


def end_lives(day: Day) -> None:
    """Deaths, the older the likelier; the law of mortality doubles every eight years."""
    rng = day.stream("death")
    able = pl.col("alive") & pl.col("population_id").is_not_null() & (pl.col("age") > 0.1)
    count = day.count(rng, "death")
    weight = (pl.col("age") / 8 * float(np.log(2))).exp()
    chosen = day.choose(rng, able, count * 2 + 5, weight=weight)
    dying = [person for person in chosen if day.is_free(person["spouse"])][:count]
    day.books.load("cong_dan", "ma_ho", [home_of(person).household for person in dying])
    day.books.load("cu_tru", "ma_cd", [person["population_id"] for person in dying])
    for name in ("qua_trinh", "the_bhyt"):
        day.books.load(name, "nguoi_id", [person["participant_id"] for person in dying])
    for person in dying:
        _bury(rng, day, person)
        day.take(person["truth_id"], person["spouse"])


def _bury(rng: np.random.Generator, day: Day, person: Person) -> None:
    died = day.date - timedelta(days=int(rng.integers(0, 5)))
    at = day.draw_time(rng)
    event = Event(day, "death", at, people=(person["truth_id"], person["spouse"]))
    key = person["population_id"]
    row = day.books.by_key("cong_dan", [key])[key]
    if row["ma_ho"] is not None:
        leave_household(day, event, row["ma_ho"], key)
    gone = {"ngay_chet": died.isoformat(), "ma_ho": None, "quan_he_chu_ho": None}
    event.change("cong_dan", row, gone)
    end_residences(event, day.books.find("cu_tru", "ma_cd", [key]), died.isoformat())
    day.truth.change_person(person["truth_id"], death_date=died, works=False)
    if person["spouse"] is not None:
        _leave_widowed(day, event, day.person(person["spouse"]))
    _note_land(day, person)
    if person["participant_id"] is not None:
        _end_insurance(rng, day, event, person["participant_id"], died)


def _leave_widowed(day: Day, event: Event, spouse: Person) -> None:
    if not spouse["alive"]:
        return
    key = spouse["population_id"]
    if key is not None:
        row = day.books.by_key("cong_dan", [key])[key]
        event.change("cong_dan", row, {"tinh_trang_hon_nhan": "goa"})
    day.truth.change_person(spouse["truth_id"], marital="goa")


def _note_land(day: Day, person: Person) -> None:
    """Certificates go on naming the dead: nobody has inherited yet."""
    for record in day.records_of(person["truth_id"], "certificate"):
        key, _, place = record.partition("#")
        if place == "1":
            fault = NewFault(
                ("land_registry", "certificate", key),
                "chu_su_dung",
                "owner_dead",
                person["full_name"],
            )
            day.truth.add_fault(fault)


def _end_insurance(
    rng: np.random.Generator, day: Day, event: Event, participant: str, died: date
) -> None:
    """Work ends with the month; a card ends with the day, is closed late, or stays open."""
    for period in day.books.find("qua_trinh", "nguoi_id", [participant]):
        if period["den_thang"] is None:
            event.change("qua_trinh", period, {"den_thang": month_of(died)})
    last = died.isoformat()
    open_cards = [
        card
        for card in day.books.find("the_bhyt", "nguoi_id", [participant])
        if (card["gia_tri_den"] or "9999") > last and (card["gia_tri_tu"] or "") <= last
    ]
    luck = rng.random()
    for card in open_cards:
        if luck < _CLOSED_AT_ONCE:
            close_card(event, card, died)
            continue
        key = card["id"] or ""
        record = ("social_insurance", "card", key)
        day.truth.forget_faults(record, ["gia_tri_den"])
        day.truth.add_fault(NewFault(record, "gia_tri_den", "life_event_missed", last))
        if luck < _CLOSED_LATE:
            day.later("card_closed", int(rng.integers(1, 6)), card=key)


def close_cards_late(day: Day) -> None:
    """Cards of the dead that are found open: those due today, and some of all that are known."""
    rng = day.stream("card_closed")
    cards = [due["card"] for due in day.take_due("card_closed")]
    faults = day.truth.faults.with_columns(day.truth.true_values["true_value"]).filter(
        (pl.col("dataset") == "card")
        & (pl.col("field") == "gia_tri_den")
        & (pl.col("kind") == "life_event_missed")
        & pl.col("true_value").is_not_null()
    )
    ends = dict(faults.select("record_id", "true_value").iter_rows())
    some = rng.permutation(len(faults))[: day.count(rng, "card_closed")]
    cards += faults["record_id"].gather(some).to_list()
    rows = day.books.by_key("the_bhyt", cards)
    for key in dict.fromkeys(cards):
        if key in rows and key in ends:
            event = Event(day, "card_closed", day.draw_time(rng))
            event.change("the_bhyt", rows[key], {"gia_tri_den": ends[key]})
