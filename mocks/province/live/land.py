"""Sales and mortgages.

A sale that is registered ends the seller's certificate and issues one of the form in force since
2025 (AA and eight digits, Circular 10/2024/TT-BTNMT); the next drop holds only the new one. A sale
by a hand-written paper changes nothing in any register. A mortgaged certificate is not sold.
"""

import re

import numpy as np
import polars as pl

from mocks.land_registry.tcvn3 import encode_tcvn3
from mocks.province.live.books import Row
from mocks.province.live.day import Day, Event
from mocks.province.live.truth import NewFault, Person

_SOURCE, _DATASET = "land_registry", "certificate"
_EIGHT_DIGITS = 10**8
_LENDER = re.compile(r"Thế chấp tại (.+), đăng ký ngày")
_COPIED = ("ma_thua", "dien_tich_cap", "muc_dich", "thoi_han", "ma_don_vi")
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
    lenders = _list_lenders(day)
    for kind in ("mortgage_registered", "mortgage_cleared"):
        rng = day.stream(kind)
        cleared = kind == "mortgage_cleared"
        for owner, deed in _choose_owners(rng, day, day.count(rng, kind), mortgaged=cleared):
            lender = lenders[int(rng.integers(0, len(lenders)))]
            number = int(rng.integers(1, 10_000))
            text = f"Thế chấp tại {lender}, đăng ký ngày {day.date:%d/%m/%Y}, số {number:04d}"
            event = Event(day, kind, day.draw_time(rng), people=(owner["truth_id"],))
            event.change("gcn", deed, {"the_chap": None if cleared else text})
            day.take(owner["truth_id"])


def _choose_owners(
    rng: np.random.Generator, day: Day, count: int, *, mortgaged: bool
) -> list[tuple[Person, Row]]:
    """Living sole owners, each with one certificate that nothing but its form is wrong with."""
    links = day.truth.links.filter(pl.col("dataset") == _DATASET)
    keys = _clean_keys(day, links)
    if mortgaged:
        held = day.books.ask(
            _SOURCE, "SELECT ma_gcn FROM dia_chinh.gcn WHERE the_chap IS NOT NULL ORDER BY ma_gcn"
        )
        keys = keys.filter(pl.col("key").is_in(held))
    places = rng.permutation(len(keys))[: count * 8]
    drawn = keys[places].rows()
    deeds = day.books.by_key("gcn", [key for key, _ in drawn])
    chosen: list[tuple[Person, Row]] = []
    for key, truth_id in drawn:
        person, deed = day.person(truth_id), deeds.get(key)
        fits = deed is not None and (deed["the_chap"] is not None) == mortgaged
        taken = truth_id in {owner["truth_id"] for owner, _ in chosen}
        able = person["alive"] and day.is_free(truth_id) and not taken
        if fits and able and deed is not None and not day.books.is_written("gcn", key):
            chosen.append((person, deed))
    return chosen[:count]


def _clean_keys(day: Day, links: pl.DataFrame) -> pl.DataFrame:
    """key and truth_id of certificates with one owner, sound in the columns that a sale copies."""
    split = links.select(
        "truth_id",
        key=pl.col("record_id").str.split("#").list.first(),
    )
    wrong = day.truth.faults.filter(
        (pl.col("source") == _SOURCE)
        & (pl.col("dataset") == _DATASET)
        & pl.col("field").is_in([*_COPIED, "the_chap"])
    )["record_id"]
    sold = day.truth.faults.filter(pl.col("kind") == "transfer_unregistered")["record_id"]
    lost = pl.DataFrame({"key": pl.concat([wrong, sold])})
    single = split.unique("key", keep="none", maintain_order=True)
    return single.join(lost, on="key", how="anti", maintain_order="left").select("key", "truth_id")


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
        "ngay_cap": f"{day.date:%d/%m/%Y}",
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
