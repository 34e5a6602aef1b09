"""Numbers as the authorities issue them: structure, check digits, and no number twice."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from mocks.province.chance import Bools, Floats, Ints, draw_distinct, draw_index, pad_digits

_TAX_WEIGHTS = np.array([31, 29, 23, 19, 17, 13, 7, 5, 3])
_GEOHASH_ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz"
_GEOHASH_BITS = 30
#: First three digits of old numbers given out all over the country.
_OLD_NUMBER_HEADS = (
    *(11, 12, 13, 23, 24, 25, 31, 32, 40, 60, 70, 80, 90, 111, 113, 121, 125, 131, 135, 141, 142),
    *(145, 151, 152, 161, 162, 164, 168, 171, 172, 173, 182, 183, 186, 191, 194, 197, 201, 205),
    *(212, 215, 221, 225, 230, 233, 240, 245, 250, 260, 264, 271, 273, 280, 285, 290, 300, 311),
    *(320, 331, 334, 340, 351, 362, 365, 371, 381, 385),
)
#: Social insurance numbers of those who first paid elsewhere: old province codes.
_ELSEWHERE = (31, 30, 79, 1)


def issue_pins(
    rng: np.random.Generator, prefixes: pl.Series, *, sexes: Ints, birth_years: Ints
) -> pl.Series:
    """Personal numbers: province of birth registration, century and sex, year, six random digits.

    Circular 59/2021/TT-BCA, art. 4: 0/1 male/female born in the 1900s, 2/3 in the 2000s. There is
    no check digit.
    """
    century_and_sex = (birth_years // 100 - 19) * 2 + (sexes == 2)
    heads = prefixes.cast(pl.Int64).to_numpy() * 1000 + century_and_sex * 100 + birth_years % 100
    return pad_digits(draw_distinct(rng, heads, 6), 12)


def issue_old_numbers(
    rng: np.random.Generator, *, local: Bools, entitled: Bools, heads: Sequence[int]
) -> pl.Series:
    """Nine-digit numbers of the old card; null where never held.

    heads: first three digits of those given out in this province (`local`), 80 for "080".
    """
    rows = np.flatnonzero(entitled)
    elsewhere = np.array(_OLD_NUMBER_HEADS)[rng.integers(0, len(_OLD_NUMBER_HEADS), len(rows))]
    here = np.array(heads)[rng.integers(0, len(heads), len(rows))]
    numbers = draw_distinct(rng, np.where(local[rows], here, elsewhere).astype(np.int64), 6)
    nobody = pl.Series([None], dtype=pl.String).new_from_index(0, len(entitled))
    return nobody.scatter(rows, pad_digits(numbers, 9))


def issue_insurance_numbers(
    rng: np.random.Generator, count: int, codes: Sequence[str]
) -> pl.Series:
    """Ten-digit social insurance numbers, nine in ten and more issued in this province.

    codes: the old provinces that it was made of, whose code comes first.
    """
    issuers = np.array([*(int(code) for code in codes), *_ELSEWHERE])
    shares = [94 / len(codes)] * len(codes) + [2, 2, 1, 1]
    drawn = issuers[draw_index(rng, shares, count)].astype(np.int64)
    return pad_digits(draw_distinct(rng, drawn, 8), 10)


def issue_tax_codes(rng: np.random.Generator, count: int, prefix: str) -> pl.Series:
    """Ten-digit tax codes whose last digit is 10 - (weighted sum mod 11).

    prefix: the first two digits, which tell the province.
    """
    first = int(prefix) * 10_000_000
    bodies = np.empty(0, dtype=np.int64)
    while len(bodies) < count:
        drawn = first + rng.integers(0, 10_000_000, count * 2)
        drawn = drawn[_weighted_sum(drawn) % 11 != 0]
        bodies = np.unique(np.r_[bodies, drawn])
    bodies = rng.permutation(bodies)[:count]
    return pad_digits(bodies * 10 + (10 - _weighted_sum(bodies) % 11), 10)


def _weighted_sum(bodies: Ints) -> Ints:
    digits = bodies[:, None] // 10 ** np.arange(8, -1, -1) % 10
    total: Ints = (digits * _TAX_WEIGHTS).sum(axis=1).astype(np.int64)
    return total


def encode_geohashes(latitudes: Floats, longitudes: Floats) -> pl.Series:
    """Twelve-character GeoHash of WGS 84 points: 30 bits each way, interleaved, longitude first."""
    cells = 1 << _GEOHASH_BITS
    rows = np.clip((latitudes + 90) / 180 * cells, 0, cells - 1).astype(np.int64)
    columns = np.clip((longitudes + 180) / 360 * cells, 0, cells - 1).astype(np.int64)
    bits = np.arange(_GEOHASH_BITS - 1, -1, -1)
    pairs = np.stack([columns[:, None] >> bits & 1, rows[:, None] >> bits & 1], axis=2)
    groups = pairs.reshape(len(latitudes), 12, 5) @ np.array([16, 8, 4, 2, 1])
    letters = np.array(list(_GEOHASH_ALPHABET))[groups]
    return pl.Series(np.ascontiguousarray(letters).view("U12").ravel().tolist(), dtype=pl.String)
