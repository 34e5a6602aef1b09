"""Random draws, each stage on a stream of its own: none shifts the draws of another."""

from collections.abc import Sequence
from zlib import crc32

import numpy as np
import numpy.typing as npt
import polars as pl

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def open_stream(seed: int, stage: str) -> np.random.Generator:
    """The generator of one stage: the same for the same seed and stage name, on every machine."""
    return np.random.Generator(np.random.PCG64([seed, crc32(stage.encode())]))


def draw_index(rng: np.random.Generator, weights: Sequence[float] | Floats, count: int) -> Ints:
    """`count` positions into `weights`, each as likely as its weight."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    drawn = np.searchsorted(edges, rng.random(count) * edges[-1], side="right")
    last: Ints = np.minimum(drawn, len(edges) - 1).astype(np.int64)
    return last


def draw_texts(
    rng: np.random.Generator,
    options: Sequence[str],
    count: int,
    *,
    weights: Sequence[float] | Floats | None = None,
) -> pl.Series:
    """`count` of `options`; without weights the first ones are the commonest."""
    falling: Floats = 1.0 / (np.arange(len(options), dtype=np.float64) + 6.0)
    shares = falling if weights is None else weights
    return pl.Series(options, dtype=pl.String).gather(draw_index(rng, shares, count))


def draw_distinct(rng: np.random.Generator, prefixes: Ints, digits: int) -> Ints:
    """prefix followed by `digits` random digits, as integers, no two of the result alike.

    The caller leaves room: far fewer rows a prefix than 10 ** digits.
    """
    scale = 10**digits
    numbers: Ints = prefixes * scale + rng.integers(0, scale, len(prefixes))
    taken, first = np.unique(numbers, return_index=True)
    again = np.setdiff1d(np.arange(len(numbers)), first, assume_unique=True)
    while len(again):
        drawn = prefixes[again] * scale + rng.integers(0, scale, len(again))
        place = np.minimum(np.searchsorted(taken, drawn), len(taken) - 1)
        fresh, where = np.unique(drawn, return_index=True)
        free = taken[place[where]] != fresh
        numbers[again[where[free]]] = fresh[free]
        taken = np.insert(taken, np.searchsorted(taken, fresh[free]), fresh[free])
        again = np.delete(again, where[free])
    return numbers


def pad_digits(numbers: Ints, width: int) -> pl.Series:
    """Integers as text with leading zeros up to `width`."""
    return pl.Series(numbers).cast(pl.String).str.zfill(width)


def count_within(owners: Ints) -> Ints:
    """0, 1, 2, … within each run of equal values of a sorted array."""
    if len(owners) == 0:
        return owners
    starts = np.flatnonzero(np.r_[True, owners[1:] != owners[:-1]])
    lengths = np.diff(np.r_[starts, len(owners)])
    return np.arange(len(owners)) - np.repeat(starts, lengths)
