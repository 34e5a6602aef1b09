"""Marriages, divorces and moves: who lives with whom, and where."""

import numpy as np
import polars as pl

from mocks.province.households import FEMALE, MALE
from mocks.province.live.books import Row
from mocks.province.live.day import Day, Event
from mocks.province.live.homes import (
    Home,
    draw_address,
    draw_home,
    found_household,
    home_of,
    leave_household,
    relocate,
    tie,
)
from mocks.province.live.truth import Person

_RESIDENT = pl.col("alive") & pl.col("population_id").is_not_null() & (pl.col("household") >= 0)
_UNMARRIED = pl.col("marital").is_in(["chua_ket_hon", "ly_hon", "goa"])
_MAX_AGE_GAP = 12
_MOVES_IN_SHARE = 0.7
_WHOLE_HOUSEHOLD_SHARE = 0.35
_JOINS_OTHERS_SHARE = 0.25
_MAX_HOUSEHOLD = 8
_ADULT_AGE = 18


def marry(day: Day) -> None:
    """Two unmarried people of different households become spouses."""
    rng = day.stream("marriage")
    count = day.count(rng, "marriage")
    free = _RESIDENT & _UNMARRIED & pl.col("spouse").is_null()
    grooms = free & (pl.col("sex") == MALE) & pl.col("age").is_between(22, 50)
    brides = free & (pl.col("sex") == FEMALE) & pl.col("age").is_between(20, 48)
    women = day.choose(rng, brides, count * 2 + 12)
    couples: list[tuple[Person, Person]] = []
    for man in day.choose(rng, grooms, count + 12):
        woman = next((w for w in women if _suit(man, w)), None)
        if woman is not None and len(couples) < count:
            women.remove(woman)
            couples.append((man, woman))
    _load_homes(day, [woman for _, woman in couples])
    for man, woman in couples:
        _wed(rng, day, man, woman)
        day.take(man["truth_id"], woman["truth_id"])


def _suit(man: Person, woman: Person) -> bool:
    close = abs(man["age"] - woman["age"]) <= _MAX_AGE_GAP
    return bool(close and man["household"] != woman["household"])


def _wed(rng: np.random.Generator, day: Day, man: Person, woman: Person) -> None:
    event = Event(day, "marriage", day.draw_time(rng), people=(man["truth_id"], woman["truth_id"]))
    for one, other in ((man, woman), (woman, man)):
        pair = (one["population_id"], other["population_id"])
        tie(day, event, pair, "vo_chong", other["full_name"])
        row = day.books.by_key("cong_dan", [pair[0]])[pair[0]]
        event.change("cong_dan", row, {"tinh_trang_hon_nhan": "co_vo_chong"})
        told = {"marital": "co_vo_chong", "spouse": other["truth_id"]}
        day.truth.change_person(one["truth_id"], **told)
    if rng.random() < _MOVES_IN_SHARE:
        host_key = man["population_id"]
        host = day.books.by_key("cong_dan", [host_key])[host_key]
        role = "vo_chong" if host["quan_he_chu_ho"] == "chu_ho" else "khac"
        leave_household(day, event, home_of(woman).household, woman["population_id"])
        relocate(day, event, woman, home_of(man), role=role)


def divorce(day: Day) -> None:
    """The tie is removed both ways, by tombstone; who is not the head becomes another member."""
    rng = day.stream("divorce")
    count = day.count(rng, "divorce")
    able = _RESIDENT & (pl.col("marital") == "co_vo_chong") & pl.col("spouse").is_not_null()
    chosen = day.choose(rng, able & (pl.col("age") < 70), count * 3)
    partners = [day.person(one["spouse"]) for one in chosen]
    keys = [person["population_id"] for person in (*chosen, *partners)]
    day.books.load("quan_he", "ma_cd", keys)
    done = 0
    for one in chosen:
        other = day.person(one["spouse"])
        free = day.is_free(one["truth_id"]) and day.is_free(other["truth_id"])
        if done < count and free and other["population_id"] is not None:
            _part(rng, day, one, other)
            day.take(one["truth_id"], other["truth_id"])
            done += 1


def _part(rng: np.random.Generator, day: Day, one: Person, other: Person) -> None:
    people = (one["truth_id"], other["truth_id"])
    event = Event(day, "divorce", day.draw_time(rng), people=people)
    keys = [one["population_id"], other["population_id"]]
    for tie_row in day.books.find("quan_he", "ma_cd", keys):
        if tie_row["loai"] == "vo_chong" and tie_row["da_xoa"] == "false":
            event.bury("quan_he", tie_row)
    for person, key in zip((one, other), keys, strict=True):
        row = day.books.by_key("cong_dan", [key])[key]
        told: Row = {"tinh_trang_hon_nhan": "ly_hon"}
        if row["quan_he_chu_ho"] == "vo_chong":
            told["quan_he_chu_ho"] = "khac"
        event.change("cong_dan", row, told)
        day.truth.change_person(person["truth_id"], marital="ly_hon", spouse=None)


def move(day: Day) -> None:
    """Adults move alone, into a household of their own or another's, or with all of theirs."""
    rng = day.stream("move")
    able = _RESIDENT & (pl.col("age") >= _ADULT_AGE)
    movers = day.choose(rng, able, day.count(rng, "move"))
    hosts = day.choose(rng, able, len(movers))
    _load_homes(day, movers)
    for person, host in zip(movers, hosts, strict=True):
        if not day.is_free(person["truth_id"]):
            continue
        luck = rng.random()
        if luck < _WHOLE_HOUSEHOLD_SHARE and _move_household(rng, day, person):
            continue
        joins = luck > 1 - _JOINS_OTHERS_SHARE and host["household"] != person["household"]
        _move_alone(rng, day, person, home_of(host) if joins and _is_home(day, host) else None)


def _load_homes(day: Day, people: list[Person]) -> None:
    """Read at once who lives with these people, and where all of them are registered."""
    numbers = [person["household"] for person in people]
    housed = day.people.filter(pl.col("household").is_in(numbers))
    day.books.load("cong_dan", "ma_ho", [home_of(person).household for person in people])
    day.books.load("cu_tru", "ma_cd", housed["population_id"].to_list())


def _is_home(day: Day, host: Person) -> bool:
    """Whether the host's household is where the truth says: nobody there has moved today."""
    return day.is_free(host["truth_id"]) and not day.books.is_written("ho", home_of(host).household)


def _move_alone(rng: np.random.Generator, day: Day, person: Person, home: Home | None) -> None:
    event = Event(day, "move", day.draw_time(rng), people=(person["truth_id"],))
    leave_household(day, event, home_of(person).household, person["population_id"])
    if home is None:
        home = draw_home(rng, day)
        found_household(event, home, person["population_id"])
        relocate(day, event, person, home, role="chu_ho")
    else:
        relocate(day, event, person, home, role="khac")
    day.take(person["truth_id"])


def _move_household(rng: np.random.Generator, day: Day, person: Person) -> bool:
    """All members go to another address; False if something happened to one of them today."""
    number = person["household"]
    members = day.people.filter(
        (pl.col("household") == number) & pl.col("alive") & pl.col("population_id").is_not_null()
    )
    ids = members["truth_id"].to_list()
    house = day.books.by_key("ho", [home_of(person).household]).get(home_of(person).household)
    written = house is None or day.books.is_written("ho", house["ma_ho"] or "")
    if written or len(ids) > _MAX_HOUSEHOLD or not all(day.is_free(i) for i in ids):
        return False
    event = Event(day, "move", day.draw_time(rng), people=(person["truth_id"],))
    home = draw_address(rng, day, home_of(person).household)
    assert house is not None
    event.change("ho", house, {"ma_xa": home.commune_code, "dia_chi": home.address})
    for member in members.iter_rows(named=True):
        key = member["population_id"]
        row = day.books.by_key("cong_dan", [key])[key]
        relocate(day, event, member, home, role=row["quan_he_chu_ho"] or "khac")
    day.take(*ids)
    return True
