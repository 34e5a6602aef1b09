"""Numbers as the authorities issue them: structure, check digits, and no number twice."""

import numpy as np
import polars as pl

from mocks.province.chance import Bools, Floats, Ints, draw_distinct, draw_index, pad_digits

_TAX_WEIGHTS = np.array([31, 29, 23, 19, 17, 13, 7, 5, 3])
_GEOHASH_ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz"
_GEOHASH_BITS = 30
_OLD_NUMBER_PREFIXES = (31, 142, 150, 161, 13, 120, 80, 145, 125, 164, 172, 186)


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


def issue_old_numbers(rng: np.random.Generator, *, local: Bools, entitled: Bools) -> pl.Series:
    """Nine-digit numbers of the old card, 100/101 in Quang Ninh; null where never held."""
    count = len(local)
    elsewhere = np.array(_OLD_NUMBER_PREFIXES)[rng.integers(0, len(_OLD_NUMBER_PREFIXES), count)]
    heads = np.where(local, 100 + rng.integers(0, 2, count), elsewhere)
    numbers = pad_digits(draw_distinct(rng, heads, 6), 9)
    return (
        pl.DataFrame({"n": numbers, "held": entitled}).select(pl.when("held").then("n")).to_series()
    )


def issue_insurance_numbers(rng: np.random.Generator, count: int) -> pl.Series:
    """Ten-digit social insurance numbers, most of them issued in Quang Ninh (22)."""
    issuers = np.array([22, 31, 30, 79, 1])[draw_index(rng, [94, 2, 2, 1, 1], count)]
    return pad_digits(draw_distinct(rng, issuers.astype(np.int64), 8), 10)


def issue_tax_codes(rng: np.random.Generator, count: int) -> pl.Series:
    """Ten-digit tax codes of Quang Ninh (57…) whose last digit is 10 - (weighted sum mod 11)."""
    bodies = np.empty(0, dtype=np.int64)
    while len(bodies) < count:
        drawn = 570_000_000 + rng.integers(0, 10_000_000, count * 2)
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
