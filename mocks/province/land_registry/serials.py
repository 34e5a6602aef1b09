"""Numbers on certificates: the printed serial, and the number in the register of papers.

One letter and six or seven digits before December 2009, two letters and six digits until the end
of 2024, then AA and eight digits (Circular 10/2024/TT-BTNMT).
"""

import re

import numpy as np
import polars as pl

from mocks.province.chance import Ints, draw_index, pad_digits
from mocks.province.land_registry.deeds import FIRST_ISSUE, SECOND_FORM, THIRD_FORM

_LETTERS = np.array(list("ABCDĐEGHKLMNPQRSTUVX"))
#: Books of papers: for households by the district until 2015, by the land office since; by way of
#: a transfer; for organisations.
_BOOKS = ("CH", "CS", "CN", "CT")
_BOOKS_EARLY, _BOOKS_LATE = (0.86, 0.02, 0.09, 0.03), (0.10, 0.70, 0.17, 0.03)
_LAND_OFFICES = 16_617  # 1 July 2015, in days since 1970


def draw_serials(rng: np.random.Generator, issued: Ints) -> pl.Series:
    """A serial a certificate (`issued`: days since 1970), letters roughly in order of time."""
    count = len(issued)
    old, new = issued < SECOND_FORM, issued >= THIRD_FORM
    start = np.where(old, FIRST_ISSUE, SECOND_FORM)
    end = np.where(old, SECOND_FORM, THIRD_FORM)
    age = np.clip((issued - start) / (end - start), 0, 1)
    steps = np.floor(age * len(_LETTERS)).astype(np.int64) + rng.integers(-1, 2, count)
    first = np.clip(steps, 0, len(_LETTERS) - 1)
    second = rng.integers(0, len(_LETTERS), count)
    pairs = [*_LETTERS, *(one + two for one in _LETTERS for two in _LETTERS), "AA"]
    pair = len(_LETTERS) * (1 + first) + second
    letters = np.where(new, len(pairs) - 1, np.where(old, first, pair))
    digits = np.where(new, 8, np.where(old, rng.integers(6, 8, count), 6))
    numbers = np.floor(rng.random(count) * 10.0**digits).astype(np.int64)
    frame = pl.DataFrame(
        {"letters": pl.Series(pairs).gather(letters), "digits": digits, "number": numbers}
    )
    text = pl.col("number").cast(pl.String).str.zfill(pl.col("digits"))
    serials = frame.select(pl.format("{} {}", "letters", text).alias("serial")).to_series()
    return _redraw_repeated(rng, serials)


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
