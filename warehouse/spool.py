"""Many 64-bit numbers in a temporary file, so that memory does not grow with a register."""

import tempfile
import weakref
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.uint64]

_BUCKET_BITS: Final = 6
_HELD: Final = 65_536
"""So many numbers are held before they are written."""


class Spool:
    """Numbers by bucket: equal numbers are of one bucket, in the order in which they came.

    Only what is not written yet, and where in the file what was written is, stands in memory.
    """

    def __init__(self, *, shift: int) -> None:
        """An empty spool; a number's bucket is its six bits above the lowest ``shift`` ones."""
        self._shift = np.uint64(shift)
        self._held: list[Numbers] = []
        self._held_count = 0
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed with the spool
        weakref.finalize(self, self._file.close)
        self._runs: list[list[tuple[int, int]]] = [[] for _ in range(1 << _BUCKET_BITS)]
        self._written = 0

    def add(self, numbers: Numbers) -> None:
        """Take numbers in."""
        self._held.append(numbers)
        self._held_count += len(numbers)
        if self._held_count >= _HELD:
            self._write()

    def read_buckets(self) -> Iterator[Numbers]:
        """The numbers of one bucket after another."""
        self._write()
        for runs in self._runs:
            parts = []
            for place, count in runs:
                self._file.seek(place * 8)
                parts.append(np.frombuffer(self._file.read(count * 8), np.uint64))
            yield np.concatenate(parts) if parts else np.empty(0, np.uint64)

    def _write(self) -> None:
        if not self._held_count:
            return
        numbers = np.concatenate(self._held)
        self._held, self._held_count = [], 0
        buckets = (numbers >> self._shift) & np.uint64((1 << _BUCKET_BITS) - 1)
        order = np.argsort(buckets, kind="stable")
        edges = np.searchsorted(buckets[order], np.arange((1 << _BUCKET_BITS) + 1))
        self._file.seek(self._written * 8)
        self._file.write(numbers[order].tobytes())
        for bucket, (first, last) in enumerate(pairwise(edges)):
            if last > first:
                self._runs[bucket].append((self._written + int(first), int(last - first)))
        self._written += len(numbers)
