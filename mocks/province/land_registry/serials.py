"""Serials of certificates.

One letter and six or seven digits before December 2009, two letters and six digits until the end
of 2024, then AA and eight digits (Circular 10/2024/TT-BTNMT).
"""

import numpy as np
import polars as pl

from mocks.province.chance import Ints
from mocks.province.land_registry.deeds import FIRST_ISSUE, SECOND_FORM, THIRD_FORM

_LETTERS = np.array(list("ABCDĐEGHKLMNPQRSTUVX"))


def draw_serials(rng: np.random.Generator, issued: Ints) -> pl.Series:
    """A serial a certificate (`issued`: days since 1970), letters roughly in order of time."""
    count = len(issued)
    old, new = issued < SECOND_FORM, issued >= THIRD_FORM
    start = np.where(old, FIRST_ISSUE, SECOND_FORM)
    end = np.where(old, SECOND_FORM, THIRD_FORM)
    age = np.clip((issued - start) / (end - start), 0, 1)
    steps = np.floor(age * len(_LETTERS)).astype(np.int64) + rng.integers(-1, 2, count)
    first = _LETTERS[np.clip(steps, 0, len(_LETTERS) - 1)]
    second = _LETTERS[rng.integers(0, len(_LETTERS), count)]
    letters = np.where(new, "AA", np.where(old, first, np.char.add(first, second)))
    digits = np.where(new, 8, np.where(old, rng.integers(6, 8, count), 6))
    numbers = np.floor(rng.random(count) * 10.0**digits).astype(np.int64)
    frame = pl.DataFrame({"letters": letters.tolist(), "digits": digits, "number": numbers})
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
