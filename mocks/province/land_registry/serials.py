"""Numbers on certificates: the printed serial, and the number in the register of papers.

One letter and six or seven digits before December 2009, two letters and six digits until the end
of 2024, then AA and eight digits (Circular 10/2024/TT-BTNMT). Of the two letters the first went
from A to D and Đ in these years.
"""

import re
from datetime import date

import numpy as np
import polars as pl

from mocks.province.chance import Ints, draw_index, pad_digits
from mocks.province.land_registry.deeds import (
    FIRST_ISSUE,
    SECOND_FORM,
    THIRD_FORM,
    day_number,
)

_LETTERS = np.array(list("ABCDĐEGHKLMNPQRSTUVX"))
#: Series of two letters: the day of the first one (to the month at best), its letters, the last's.
_SERIES = (
    (SECOND_FORM, "AM", "AX"),
    (day_number(date(2011, 1, 1)), "BA", "BX"),
    (day_number(date(2015, 1, 1)), "CA", "CX"),
    (day_number(date(2019, 7, 1)), "DA", "DX"),
    (day_number(date(2024, 7, 1)), "ĐA", "ĐĐ"),
)
#: Books of papers: for households by the district until 2015, by the land office since; by way of
#: a transfer; for organisations.
_BOOKS = ("CH", "CS", "CN", "CT")
_BOOKS_EARLY, _BOOKS_LATE = (0.86, 0.02, 0.09, 0.03), (0.10, 0.70, 0.17, 0.03)
_LAND_OFFICES = 16_617  # 1 July 2015, in days since 1970


def draw_serials(rng: np.random.Generator, issued: Ints) -> pl.Series:
    """A serial a certificate (`issued`: days since 1970), letters roughly in order of time."""
    count = len(issued)
    old, new = issued < SECOND_FORM, issued >= THIRD_FORM
    age = np.clip((issued - FIRST_ISSUE) / (SECOND_FORM - FIRST_ISSUE), 0, 1)
    steps = np.floor(age * len(_LETTERS)).astype(np.int64) + rng.integers(-1, 2, count)
    single = np.clip(steps, 0, len(_LETTERS) - 1)
    pairs = [*_LETTERS, *(one + two for one in _LETTERS for two in _LETTERS)]
    letters = np.where(new, pairs.index("AA"), np.where(old, single, _draw_pairs(rng, issued)))
    digits = np.where(new, 8, np.where(old, rng.integers(6, 8, count), 6))
    numbers = np.floor(rng.random(count) * 10.0**digits).astype(np.int64)
    frame = pl.DataFrame(
        {"letters": pl.Series(pairs).gather(letters), "digits": digits, "number": numbers}
    )
    text = pl.col("number").cast(pl.String).str.zfill(pl.col("digits"))
    serials = frame.select(pl.format("{} {}", "letters", text).alias("serial")).to_series()
    return _redraw_repeated(rng, serials)


def _draw_pairs(rng: np.random.Generator, issued: Ints) -> Ints:
    """Two letters as a number: the single letters come first, then AA, AB, …"""
    starts = np.array([start for start, _, _ in _SERIES])
    ends = np.r_[starts[1:], THIRD_FORM]
    order = _LETTERS.tolist()
    lows, highs = (
        np.array([(1 + order.index(head)) * len(order) + order.index(tail) for head, tail in pairs])
        for pairs in zip(*(series[1:] for series in _SERIES), strict=True)
    )
    row = np.clip(np.searchsorted(starts, issued, side="right") - 1, 0, len(starts) - 1)
    age = np.clip((issued - starts[row]) / (ends - starts)[row], 0, 1)
    steps = np.floor(age * (highs - lows + 1)[row]).astype(np.int64) + rng.integers(-1, 2, len(row))
    pairs: Ints = np.clip(lows[row] + steps, lows[row], highs[row])
    return pairs


def _redraw_repeated(rng: np.random.Generator, serials: pl.Series) -> pl.Series:
    """A serial that came out twice gets new digits, until no two are alike."""
    while (repeated := ~serials.is_first_distinct()).any():
        rows = np.flatnonzero(repeated.to_numpy())
        fresh = []
        for serial in serials.gather(rows):
            letters, _, digits = serial.partition(" ")
            number = int(rng.integers(0, 10 ** len(digits)))
            fresh.append(f"{letters} {number:0{len(digits)}d}")
        serials = serials.scatter(rows, pl.Series(fresh, dtype=pl.String))
    return serials


def draw_book_numbers(rng: np.random.Generator, issued: Ints, districts: pl.Series) -> pl.Series:
    """ "CS 01234"; on the first form "01234/QSDĐ/HL", with the initials of the district's name."""
    count = len(issued)
    early, late = (draw_index(rng, shares, count) for shares in (_BOOKS_EARLY, _BOOKS_LATE))
    digits = 4 + draw_index(rng, [0.2, 0.7, 0.1], count)
    names = districts.unique().sort()
    initials = ["".join(re.findall(r"\b[^\W\d_]", name)).upper() for name in names]
    frame = pl.DataFrame(
        {
            "old": issued < SECOND_FORM,
            "book": pl.Series(_BOOKS).gather(np.where(issued < _LAND_OFFICES, early, late)),
            "number": np.floor(rng.random(count) * 10.0**digits).astype(np.int64),
            "digits": digits,
            "plain": pad_digits(rng.integers(1, 99_999, count), 5),
            "place": districts.replace_strict(names, initials, return_dtype=pl.String),
        }
    )
    new = pl.format("{} {}", "book", pl.col("number").cast(pl.String).str.zfill(pl.col("digits")))
    old = pl.format("{}/QSDĐ/{}", "plain", "place")
    return frame.select(pl.when("old").then(old).otherwise(new).alias("so_vao_so")).to_series()
