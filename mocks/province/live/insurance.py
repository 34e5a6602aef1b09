"""Participants, cards and jobs.

Who takes a job gets a worker's card, who loses it a household's; the card before ends the day
before. Employers report all changes of a day in one file: its rows share one clock.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import polars as pl

from mocks.province.ethnic_codes import to_1979_list
from mocks.province.live.books import LOCAL, Row
from mocks.province.live.day import Day, Event, month_of
from mocks.province.live.numbers import draw_insurance_number
from mocks.province.live.truth import Person

_LEVELS = {"TE": 1, "HS": 4, "SV": 4, "DN": 4, "GD": 4, "HT": 3, "BT": 2}
_CHILD_MONTHS, _SCHOOL_AGE_END, _STUDENT_AGE_END = 72, 18, 22
_FILED_AT = time(16, 0)
_FIVE_YEARS = 5
_MIN_WORKING_AGE, _MAX_WORKING_AGE = 19, 57
_PAY_THOUSANDS = (4_960, 24_000)


def insure(day: Day, event: Event, person: Person) -> str:
    """A new participant; gives its key."""
    key = str(day.next_number("nguoi_tham_gia"))
    row = {
        "id": key,
        "ma_so_bhxh": person["insurance_number"],
        "so_dinh_danh": person["pin"],
        "so_cmnd": person["old_number"],
        "ho_va_ten": person["full_name"],
        "ngay_sinh": f"{person['birth_date']:%d/%m/%Y}",
        "gioi_tinh": "Nam" if person["sex"] == 1 else "Nữ",
        "ma_xa": person["commune_code"],
        "dan_toc": to_1979_list(pl.Series([person["ethnic_code"]], dtype=pl.String))[0],
        "huong_luong_huu": "true" if person["receives_pension"] else "false",
    }
    event.insert("nguoi_tham_gia", row)
    day.truth.link(person["truth_id"], ("social_insurance", "participant", key))
    return key


@dataclass(frozen=True)
class NewCard:
    """A card to be issued to a participant; `digits`: what stands in a temporary card's number."""

    participant: str
    holder: Person
    object_code: str
    digits: str = ""


def issue_card(rng: np.random.Generator, day: Day, event: Event, card: NewCard) -> None:
    """A card from today on; a child's until it is six, others to the end of the year."""
    province, holder = day.gazetteer.province.code, card.holder
    kind = card.object_code[:2]
    begin, end = day.date, date(day.date.year, 12, 31)
    if kind == "TE":
        begin = holder["birth_date"] if card.digits else begin
        end = _sixth_birthday(holder["birth_date"]) - timedelta(days=2)
    number = card.digits or f"{province}{holder['insurance_number']}"
    row = {
        "id": str(day.next_number("the_bhyt")),
        "nguoi_id": card.participant,
        "so_the": f"{kind}{_LEVELS[kind]}{number}",
        "ma_kcb": f"{province}{int(rng.integers(1, 61)):03d}",
        "gia_tri_tu": begin.isoformat(),
        "gia_tri_den": end.isoformat(),
        "du_5_nam": _shift_years(begin, _FIVE_YEARS).isoformat(),
    }
    event.insert("the_bhyt", row)


def close_card(event: Event, card: Row, last: date) -> None:
    """A card ends with a day, not before its first one."""
    event.change("the_bhyt", card, {"gia_tri_den": max(last.isoformat(), card["gia_tri_tu"] or "")})


def exchange_card(
    rng: np.random.Generator, day: Day, event: Event, holder: Person, object_code: str
) -> None:
    """The cards in force end yesterday; one of another object begins today."""
    participant = holder["participant_id"]
    today = day.date.isoformat()
    for card in day.books.find("the_bhyt", "nguoi_id", [participant]):
        if (card["gia_tri_den"] or "9999") >= today > (card["gia_tri_tu"] or ""):
            close_card(event, card, day.date - timedelta(days=1))
    issue_card(rng, day, event, NewCard(participant, holder, object_code))


def insure_residents(day: Day) -> None:
    """Residents who were not insured are, in the object group of their age."""
    rng = day.stream("card_issued")
    able = (
        pl.col("alive")
        & pl.col("population_id").is_not_null()
        & pl.col("insurance_number").is_null()
    )
    for person in day.choose(rng, able, day.count(rng, "card_issued")):
        facts = {"insurance_number": draw_insurance_number(rng, day)}
        day.truth.change_person(person["truth_id"], **facts)
        person = person | facts
        event = Event(day, "card_issued", day.draw_time(rng), people=(person["truth_id"],))
        participant = insure(day, event, person)
        issue_card(rng, day, event, NewCard(participant, person, _object_code(day, person)))
        day.take(person["truth_id"])


def begin_jobs(day: Day) -> None:
    """People of working age without a job take one; who paid of their own will stops paying."""
    rng = day.stream("job_begun")
    employers = _list_employers(day)
    able = (
        pl.col("alive")
        & pl.col("population_id").is_not_null()
        & pl.col("participant_id").is_not_null()
        & ~pl.col("works")
        & ~pl.col("receives_pension")
        & pl.col("age").is_between(_MIN_WORKING_AGE, _MAX_WORKING_AGE)
    )
    chosen = _choose_with_rows(rng, day, able, "job_begun")
    for person in chosen:
        event = Event(day, "job_begun", _filing_time(day), people=(person["truth_id"],))
        _end_periods(day, event, person["participant_id"])
        low, high = _PAY_THOUSANDS
        row = {
            "id": str(day.next_number("qua_trinh")),
            "nguoi_id": person["participant_id"],
            "ma_don_vi": employers[int(rng.integers(0, len(employers)))],
            "tu_thang": month_of(day.date),
            "den_thang": None,
            "muc_dong": str(1000 * int(rng.integers(low, high))),
            "loai": "bat_buoc",
        }
        event.insert("qua_trinh", row)
        exchange_card(rng, day, event, person, "DN4")
        day.truth.change_person(person["truth_id"], works=True)
        day.take(person["truth_id"])


def end_jobs(day: Day) -> None:
    """People leave their employer."""
    rng = day.stream("job_ended")
    able = (
        pl.col("alive")
        & pl.col("population_id").is_not_null()
        & pl.col("participant_id").is_not_null()
        & pl.col("works")
    )
    chosen = _choose_with_rows(rng, day, able, "job_ended")
    for person in chosen:
        event = Event(day, "job_ended", _filing_time(day), people=(person["truth_id"],))
        _end_periods(day, event, person["participant_id"])
        exchange_card(rng, day, event, person, "GD4")
        day.truth.change_person(person["truth_id"], works=False)
        day.take(person["truth_id"])


def _choose_with_rows(rng: np.random.Generator, day: Day, able: pl.Expr, kind: str) -> list[Person]:
    """Who it happens to, their periods and cards read at once."""
    chosen = day.choose(rng, able, day.count(rng, kind))
    for name in ("qua_trinh", "the_bhyt"):
        day.books.load(name, "nguoi_id", [person["participant_id"] for person in chosen])
    return chosen


def _end_periods(day: Day, event: Event, participant: str) -> None:
    month = month_of(day.date)
    for period in day.books.find("qua_trinh", "nguoi_id", [participant]):
        if period["den_thang"] is None:
            event.change("qua_trinh", period, {"den_thang": month})


def _list_employers(day: Day) -> list[str]:
    """Those who employ people: all but the collecting offices of the register itself."""
    return day.books.ask(
        "social_insurance",
        "SELECT ma_don_vi FROM bhxh.don_vi WHERE ten_don_vi NOT ILIKE 'bảo hiểm xã hội%%' "
        "ORDER BY ma_don_vi",
    )


def _filing_time(day: Day) -> datetime:
    return datetime.combine(day.date, _FILED_AT, LOCAL)


def _object_code(day: Day, person: Person) -> str:
    if day.date < _sixth_birthday(person["birth_date"]):
        return "TE1"
    if person["age"] < _SCHOOL_AGE_END:
        return "HS4"
    return "SV4" if person["age"] < _STUDENT_AGE_END else "GD4"


def _sixth_birthday(born: date) -> date:
    return _shift_years(born, _CHILD_MONTHS // 12)


def _shift_years(day: date, years: int) -> date:
    """The same date in another year; 29 February becomes the 28th where it must."""
    last = 28 if (day.month, day.day) == (2, 29) else day.day
    return day.replace(year=day.year + years, day=last)
