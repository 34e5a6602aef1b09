"""Sales and mortgages.

A sale that is registered ends the seller's certificate and issues one of the form in force since
2025 (AA and eight digits, Circular 10/2024/TT-BTNMT); the next drop holds only the new one. A sale
by a hand-written paper changes nothing in any register. A mortgaged certificate is not sold.
Papers are dated to working days: what happens on another day, to the last one before it.
"""

import re

import numpy as np
import polars as pl

from mocks.land_registry.tcvn3 import encode_tcvn3
from mocks.province.land_registry.working_days import last_working_day
from mocks.province.live.books import Row
from mocks.province.live.day import Day, Event
from mocks.province.live.truth import NewFault, Person

_SOURCE, _DATASET = "land_registry", "certificate"
_EIGHT_DIGITS = 10**8
_LENDER = re.compile(r"Thế chấp tại (.+), đăng ký ngày")
_SOUND = ("ma_thua", "dien_tich_cap", "muc_dich", "thoi_han", "the_chap")
_MIN_BUYER_AGE, _MAX_BUYER_AGE = 23, 70


def trade_land(day: Day) -> None:
    """Sales that are registered, then sales that are not."""
    tcvn3 = list_tcvn3_districts(day)
    for kind in ("land_sold", "land_sold_unregistered"):
        rng = day.stream(kind)
        sellers = _choose_owners(rng, day, day.count(rng, kind), mortgaged=False)
        buyers = _choose_buyers(rng, day, len(sellers) * 2 + 10)
        for seller, deed in sellers:
            district = deed["ma_don_vi"]
            buyer = next((b for b in buyers if fits_office(_write(b), district, tcvn3)), None)
            if buyer is None:
                continue
            buyers.remove(buyer)
            event = Event(
                day,
                kind,
                day.draw_time(rng),
                people=(seller["truth_id"], buyer["truth_id"]),
            )
            if kind == "land_sold":
                _transfer(rng, day, event, deed, buyer)
            else:
                _sell_by_paper(day, event, deed, buyer)
            day.take(seller["truth_id"], buyer["truth_id"])


def mortgage_land(day: Day) -> None:
    """Lenders are entered on certificates and struck out again."""
    lenders, today = _list_lenders(day), last_working_day(day.date)
    for kind in ("mortgage_registered", "mortgage_cleared"):
        rng = day.stream(kind)
        cleared = kind == "mortgage_cleared"
        for owner, deed in _choose_owners(rng, day, day.count(rng, kind), mortgaged=cleared):
            lender = lenders[int(rng.integers(0, len(lenders)))]
            number = int(rng.integers(1, 10_000))
            text = f"Thế chấp tại {lender}, đăng ký ngày {today:%d/%m/%Y}, số {number:04d}"
            event = Event(day, kind, day.draw_time(rng), people=(owner["truth_id"],))
            event.change("gcn", deed, {"the_chap": None if cleared else text})
            day.take(owner["truth_id"])


def _choose_owners(
    rng: np.random.Generator, day: Day, count: int, *, mortgaged: bool
) -> list[tuple[Person, Row]]:
    """Living sole owners, each with a certificate that is sound in what a sale copies."""
    if mortgaged:
        query = "SELECT ma_gcn FROM dia_chinh.gcn WHERE the_chap IS NOT NULL ORDER BY ma_gcn"
        keys = pl.Series(day.books.ask(_SOURCE, query), dtype=pl.String)
    else:
        links = day.truth.links.filter(pl.col("dataset") == _DATASET)
        keys = links["record_id"].str.split("#").list.first()
    drawn = keys.gather(rng.integers(0, len(keys), count * 12 + 20)).unique(maintain_order=True)
    owners = _find_sole_owners(day, drawn)
    deeds = day.books.by_key("gcn", owners)
    chosen: dict[str, tuple[Person, Row]] = {}
    for key, truth_id in owners.items():
        person, deed = day.person(truth_id), deeds.get(key)
        if deed is None or day.books.is_written("gcn", key) or truth_id in chosen:
            continue
        is_mortgaged = deed["the_chap"] is not None
        if person["alive"] and day.is_free(truth_id) and is_mortgaged == mortgaged:
            chosen[truth_id] = (person, deed)
    return list(chosen.values())[:count]


def _find_sole_owners(day: Day, keys: pl.Series) -> dict[str, str]:
    """truth_id by certificate, in the order given, of those that name one owner and are sound."""
    parties = [pl.Series([f"{key}#{place}" for key in keys]) for place in (1, 2)]
    wrong = day.truth.faults.filter(
        (pl.col("dataset") == _DATASET)
        & pl.col("record_id").is_in(keys.implode())
        & (pl.col("field").is_in(_SOUND) | (pl.col("kind") == "transfer_unregistered"))
    )["record_id"]
    links = day.truth.links.filter(
        (pl.col("dataset") == _DATASET) & pl.col("record_id").is_in(pl.concat(parties).implode())
    )
    named = dict(links.select("record_id", "truth_id").iter_rows())
    bad = set(wrong)
    return {
        key: named[f"{key}#1"]
        for key in keys
        if key not in bad and f"{key}#1" in named and f"{key}#2" not in named
    }


def _choose_buyers(rng: np.random.Generator, day: Day, count: int) -> list[Person]:
    able = (
        pl.col("alive")
        & pl.col("population_id").is_not_null()
        & pl.col("age").is_between(_MIN_BUYER_AGE, _MAX_BUYER_AGE)
    )
    return day.choose(rng, able, count)


def fits_office(text: str, district: str | None, tcvn3: frozenset[str]) -> bool:
    """Whether the encoding in which a district's office writes its drops has these letters."""
    if district not in tcvn3:
        return True
    try:
        encode_tcvn3(text)
    except ValueError:
        return False
    return True


def _write(buyer: Person) -> str:
    return f"{buyer['full_name']} {buyer['address']}"


def _transfer(rng: np.random.Generator, day: Day, event: Event, deed: Row, buyer: Person) -> None:
    district = deed["ma_don_vi"]
    key = f"GC{district}{day.next_number('gcn'):07d}"
    row = deed | {
        "ma_gcn": key,
        "so_phat_hanh": f"AA {int(rng.integers(0, _EIGHT_DIGITS)):08d}",
        "so_vao_so": f"CN {int(rng.integers(1, 100_000)):05d}",
        "ngay_cap": f"{last_working_day(day.date):%d/%m/%Y}",
        "chu_su_dung": buyer["full_name"],
        "so_giay_to": buyer["pin"],
        "nam_sinh": str(buyer["birth_date"].year),
        "dia_chi_chu": buyer["address"],
        "hinh_thuc": "Sử dụng riêng",
        "the_chap": None,
    }
    old = deed["ma_gcn"] or ""
    event.remove("gcn", deed)
    event.insert("gcn", row)
    for part in ("#1", "#2"):
        day.truth.unlink((_SOURCE, _DATASET, old + part))
    day.truth.link(buyer["truth_id"], (_SOURCE, _DATASET, f"{key}#1"))


def _sell_by_paper(day: Day, event: Event, deed: Row, buyer: Person) -> None:
    """The register goes on naming the seller; the truth knows whose the land is."""
    key = deed["ma_gcn"] or ""
    event.tell("gcn", key)
    record = (_SOURCE, _DATASET, key)
    name = buyer["full_name"]
    day.truth.add_fault(NewFault(record, "chu_su_dung", "transfer_unregistered", name))


def list_tcvn3_districts(day: Day) -> frozenset[str]:
    """The districts whose offices write TCVN3."""
    query = "SELECT ma_don_vi FROM dia_chinh.don_vi WHERE bang_ma = 'TCVN3'"
    return frozenset(day.books.ask(_SOURCE, query))


def _list_lenders(day: Day) -> list[str]:
    """The lenders whom the register knows already."""
    query = (
        "SELECT the_chap FROM dia_chinh.gcn WHERE the_chap IS NOT NULL ORDER BY ma_gcn LIMIT 500"
    )
    found = (_LENDER.search(text) for text in day.books.ask(_SOURCE, query))
    return sorted({match[1] for match in found if match})
