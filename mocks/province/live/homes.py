"""What the population register says of homes and kin: households, residences, ties."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mocks.province.households import CHILD, GRANDCHILD, HEAD, OTHER, PARENT, SIBLING, SPOUSE
from mocks.province.live.books import Row
from mocks.province.live.day import Day, Event
from mocks.province.live.truth import Person
from mocks.province.places import draw_homes

ROLES = {
    "chu_ho": HEAD,
    "vo_chong": SPOUSE,
    "con": CHILD,
    "bo_me": PARENT,
    "anh_chi_em": SIBLING,
    "chau": GRANDCHILD,
    "khac": OTHER,
}


@dataclass(frozen=True)
class Home:
    """Where somebody goes to live: key of the household, its commune, its address."""

    household: str
    commune_code: str
    address: str

    @property
    def number(self) -> int:
        """The household in the truth: a row number from 0."""
        return int(self.household[2:]) - 1


def draw_address(rng: np.random.Generator, day: Day, household: str = "") -> Home:
    """An address in a commune by its population, for a household or for none."""
    place = draw_homes(rng, 1, day.gazetteer).row(0, named=True)
    return Home(household, place["commune_code"], place["address"])


def draw_home(rng: np.random.Generator, day: Day) -> Home:
    """An address for a household that is not there yet."""
    return draw_address(rng, day, day.next_key("ho", "HO", 8))


def home_of(person: Person) -> Home:
    """Where a person of the truth lives."""
    return Home(f"HO{person['household'] + 1:08d}", person["commune_code"], person["address"])


def found_household(event: Event, home: Home, head: str) -> None:
    """A household that was not there before; `head` is the key of its head."""
    row = {
        "ma_ho": home.household,
        "chu_ho": head,
        "ma_xa": home.commune_code,
        "dia_chi": home.address,
        "da_xoa": "false",
    }
    event.insert("ho", row)


def settle(day: Day, event: Event, person_key: str, home: Home, *, since: str) -> None:
    """A permanent residence begins."""
    row = {
        "ma_ct": day.next_key("cu_tru", "CT", 9),
        "ma_cd": person_key,
        "loai": "thuong_tru",
        "ma_xa": home.commune_code,
        "dia_chi": home.address,
        "tu_ngay": since,
        "den_ngay": None,
        "da_xoa": "false",
    }
    event.insert("cu_tru", row)


def end_residences(event: Event, rows: Sequence[Row], until: str, *, kind: str = "") -> None:
    """What is open ends, all of it or one kind; nothing ends before it began."""
    for row in rows:
        if row["den_ngay"] is None and row["da_xoa"] == "false" and kind in ("", row["loai"]):
            event.change("cu_tru", row, {"den_ngay": max(until, row["tu_ngay"] or until)})


def relocate(day: Day, event: Event, person: Person, home: Home, *, role: str) -> None:
    """A person's residence, household and role change today, in both registers and in truth."""
    books, key, today = day.books, person["population_id"], day.date.isoformat()
    end_residences(event, books.find("cu_tru", "ma_cd", [key]), today, kind="thuong_tru")
    settle(day, event, key, home, since=today)
    row = books.by_key("cong_dan", [key])[key]
    event.change("cong_dan", row, {"ma_ho": home.household, "quan_he_chu_ho": role})
    insured = person["participant_id"]
    if insured is not None:
        event.change(
            "nguoi_tham_gia",
            books.by_key("nguoi_tham_gia", [insured])[insured],
            {"ma_xa": home.commune_code},
        )
    day.truth.change_person(
        person["truth_id"],
        commune_code=home.commune_code,
        address=home.address,
        household=home.number,
        role=ROLES[role],
    )


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


def leave_household(day: Day, event: Event, household: str, leaver: str) -> None:
    """The eldest who stays becomes head if the head leaves; an empty household is removed."""
    members = [
        row
        for row in day.books.find("cong_dan", "ma_ho", [household])
        if row["ma_cd"] != leaver and row["da_xoa"] == "false"
    ]
    (house,) = day.books.find("ho", "ma_ho", [household])
    if not members:
        event.bury("ho", house)
    elif house["chu_ho"] == leaver:
        heir = min(members, key=lambda row: (row["ngay_sinh"] or "9", row["ma_cd"] or ""))
        event.change("ho", house, {"chu_ho": heir["ma_cd"]})
        was_spouse = heir["quan_he_chu_ho"] == "vo_chong"
        for row in members:
            kept = was_spouse and row["quan_he_chu_ho"] == "con"
            role = "chu_ho" if row is heir else "con" if kept else "khac"
            event.change("cong_dan", row, {"quan_he_chu_ho": role})
            for truth_id in day.people_at("population_id", [row["ma_cd"] or ""]):
                day.truth.change_person(truth_id, role=ROLES[role])
