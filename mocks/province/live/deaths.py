"""Deaths.

Rows of the dead stay, and so does their land. The card is closed at once, late or, by mistake,
never.
"""

from datetime import date, timedelta

import numpy as np
import polars as pl

from mocks.province.live.day import Day, Event, month_of
from mocks.province.live.homes import end_residences, home_of, leave_household
from mocks.province.live.insurance import close_card
from mocks.province.live.truth import NewFault, Person

_CLOSED_AT_ONCE, _CLOSED_LATE = 0.5, 0.85
#: The risk of death doubles with every so many years of age.
_DOUBLING_YEARS = 8.0
_MIN_AGE = 0.1


def end_lives(day: Day) -> None:
    """People die, the older the likelier."""
    rng = day.stream("death")
    able = pl.col("alive") & pl.col("population_id").is_not_null() & (pl.col("age") > _MIN_AGE)
    count = day.count(rng, "death")
    weight = (pl.col("age") * float(np.log(2) / _DOUBLING_YEARS)).exp()
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
    """Pension and work end; a card ends with the day, is closed late, or stays open."""
    for row in day.books.by_key("nguoi_tham_gia", [participant]).values():
        if row["huong_luong_huu"] == "true":
            event.change("nguoi_tham_gia", row, {"huong_luong_huu": "false"})
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
