"""What makes a copy of a register hard: rows that go, rows that come late, rows of one instant.

A late commit carries a clock that lies before the newest one of its table when the day began: by
less than the overlap that the hub reads again (a lodging, in `cu_tru`), and by more (a nickname, in
`cong_dan`), which only a full read can see. Rows are gone without a tombstone from `quan_he` (there
the key digest shows it) and from the insurance register.
"""

from datetime import datetime, time, timedelta

import numpy as np
import polars as pl

from mocks.province.live.books import LOCAL, TABLES, Row
from mocks.province.live.day import Day, Event
from mocks.province.live.homes import draw_address
from mocks.province.live.rates import EQUAL_CLOCK_ROWS, OVERLAP_MINUTES
from mocks.province.live.truth import Person

_NICKNAMES = ("Tý", "Bi", "Bin", "Na", "Cún", "Mít", "Tôm", "Sóc", "Nhím", "Bông")
_SAVED_AT = time(19, 0)
_MAX_HOURS_LATE = 9
_ADULT_AGE = 18


def remove_rows(day: Day) -> None:
    """Rows with a tombstone, then rows of which nothing stays."""
    _bury_doubles(day)
    _bury_residences(day)
    _delete_relations(day)
    _delete_insurance_rows(day)


def _bury_doubles(day: Day) -> None:
    """A second entry of a person is removed, one a day."""
    rng = day.stream("removed_with_tombstone.doubles")
    doubles = day.truth.faults.filter(
        (pl.col("kind") == "person_twice") & (pl.col("source") == "population")
    )["record_id"].unique(maintain_order=True)
    for place in rng.permutation(len(doubles))[:1]:
        row = day.books.by_key("cong_dan", [doubles[int(place)]]).get(doubles[int(place)])
        if row is not None and row["da_xoa"] == "false" and not day.is_kept(row):
            Event(day, "removed_with_tombstone", day.draw_time(rng)).bury("cong_dan", row)


def _bury_residences(day: Day) -> None:
    """Residences that ended long ago."""
    rng = day.stream("removed_with_tombstone")
    ended = day.books.ask(
        "population",
        "SELECT ma_ct FROM dan_cu.cu_tru WHERE den_ngay IS NOT NULL AND NOT da_xoa ORDER BY ma_ct",
    )
    for row in _draw_rows(rng, day, "cu_tru", ended, day.count(rng, "removed_with_tombstone")):
        Event(day, "removed_with_tombstone", day.draw_time(rng)).bury("cu_tru", row)


def _delete_relations(day: Day) -> None:
    """Relatives known by name only."""
    rng = day.stream("removed_without_tombstone")
    named = day.books.ask(
        "population",
        "SELECT ma_qh FROM dan_cu.quan_he "
        "WHERE ma_cd_lien_quan IS NULL AND NOT da_xoa ORDER BY ma_qh",
    )
    for row in _draw_rows(rng, day, "quan_he", named, day.count(rng, "removed_without_tombstone")):
        Event(day, "removed_without_tombstone", day.draw_time(rng)).remove("quan_he", row)


def _delete_insurance_rows(day: Day) -> None:
    """Periods and cards that ended in an earlier year: the register keeps no tombstones."""
    year = day.date.year
    for name, query in (
        (
            "qua_trinh",
            "SELECT id::text FROM bhxh.qua_trinh "
            "WHERE den_thang >= tu_thang AND den_thang < %s ORDER BY id",
        ),
        (
            "the_bhyt",
            "SELECT id::text FROM bhxh.the_bhyt "
            "WHERE gia_tri_den < (%s || '-01-01')::date ORDER BY id",
        ),
    ):
        rng = day.stream(f"removed_without_tombstone.{name}")
        old = day.books.ask("social_insurance", query, [str(year)])
        count = max(1, day.count(rng, "removed_without_tombstone") // 2)
        for row in _draw_rows(rng, day, name, old, count):
            Event(day, "removed_without_tombstone", day.draw_time(rng)).remove(name, row)


def _draw_rows(
    rng: np.random.Generator, day: Day, name: str, keys: list[str], count: int
) -> list[Row]:
    """Rows that nothing has happened to today and that may change, by key."""
    drawn = [keys[int(place)] for place in rng.permutation(len(keys))[: count * 3 + 5]]
    able = [key for key in drawn if not day.books.is_written(name, key)]
    rows = day.books.by_key(name, able)
    return [row for key in able if (row := rows.get(key)) and not day.is_kept(row)][:count]


def commit_late(day: Day) -> None:
    """Some rows within the overlap, some beyond it; one of each at least."""
    rng = day.stream("committed_late")
    count = day.count(rng, "committed_late")
    able = pl.col("alive") & pl.col("population_id").is_not_null() & (pl.col("age") > _ADULT_AGE)
    people = day.choose(rng, able, max(4, count * 3))
    half = max(1, count // 2)
    newest = _find_newest(day, "cu_tru")
    for person in people[:half]:
        late = timedelta(seconds=int(rng.integers(60, (OVERLAP_MINUTES - 1) * 60)))
        _register_lodging(rng, day, person, newest - late, late)
    newest = _find_newest(day, "cong_dan")
    done = 0
    for person in people[half:]:
        key = person["population_id"]
        row = day.books.by_key("cong_dan", [key])[key]
        late = timedelta(minutes=int(rng.integers(OVERLAP_MINUTES + 5, _MAX_HOURS_LATE * 60)))
        name = _NICKNAMES[int(rng.integers(0, len(_NICKNAMES)))]
        written = TABLES["cong_dan"].read_clock(row)
        is_newer = written is not None and written < newest - late
        if done < half and is_newer and not day.books.is_written("cong_dan", key):
            event = _late_event(day, newest - late, late, person)
            event.change("cong_dan", row, {"ten_khac": name if row["ten_khac"] != name else None})
            done += 1


def _late_event(day: Day, at: datetime, late: timedelta, person: Person) -> Event:
    within = late < timedelta(minutes=OVERLAP_MINUTES)
    says = {"minutes_late": round(late.total_seconds() / 60, 1), "within_overlap": within}
    return Event(day, "committed_late", at, people=(person["truth_id"],), says=says)


def _register_lodging(
    rng: np.random.Generator, day: Day, person: Person, at: datetime, late: timedelta
) -> None:
    """A temporary residence, entered on paper before and committed now."""
    place = draw_address(rng, day)
    row = {
        "ma_ct": day.next_key("cu_tru", "CT", 9),
        "ma_cd": person["population_id"],
        "loai": "tam_tru",
        "ma_xa": place.commune_code,
        "dia_chi": place.address,
        "tu_ngay": at.astimezone(LOCAL).date().isoformat(),
        "den_ngay": None,
        "da_xoa": "false",
    }
    _late_event(day, at, late, person).insert("cu_tru", row)


def _find_newest(day: Day, name: str) -> datetime:
    """The newest clock of a table when the day began."""
    query = {
        "cu_tru": "SELECT max(cap_nhat_luc) FROM dan_cu.cu_tru",
        "cong_dan": "SELECT max(cap_nhat_luc) FROM dan_cu.cong_dan",
    }[name]
    (newest,) = day.books.ask("population", query)
    assert isinstance(newest, datetime)
    return newest


def save_at_one_instant(day: Day) -> None:
    """Residences side by side are saved again, none of them changed but for its clock."""
    rng = day.stream("equal_clocks")
    (count,) = day.books.ask("population", "SELECT count(*) FROM dan_cu.cu_tru WHERE NOT da_xoa")
    start = int(rng.integers(0, max(1, count - 2 * EQUAL_CLOCK_ROWS)))
    keys = day.books.ask(
        "population",
        "SELECT ma_ct FROM dan_cu.cu_tru WHERE NOT da_xoa ORDER BY ma_ct OFFSET %s LIMIT %s",
        [start, 2 * EQUAL_CLOCK_ROWS],
    )
    free = [key for key in keys if not day.books.is_written("cu_tru", key)][:EQUAL_CLOCK_ROWS]
    event = Event(day, "equal_clocks", datetime.combine(day.date, _SAVED_AT, LOCAL))
    for row in day.books.by_key("cu_tru", free).values():
        event.change("cu_tru", row, {})
