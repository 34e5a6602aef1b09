"""The keys that a read has seen, eight bytes a row in a file, and their digests."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeAlias

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hub.contract import Dataset
from hub.digest import BucketDigest, KeyDigest
from warehouse.spool import Spool

Hashes: TypeAlias = NDArray[np.uint64]
"""`hub.digest.key_hash60` of keys; the four bits on top are free."""

_TRUE: Final = pa.array(["true", "t", "1"])
_WORDS_A_DIGEST: Final = hashlib.sha256().digest_size // 8
_FREE_BITS: Final = np.uint64(4)
_ONE: Final = np.uint64(1)
_WORD_SHIFT: Final = 55
_PRINT_SHIFT: Final = 58
_HALF_BITS: Final = np.uint64(32)
_HALF: Final = np.uint64(2**32 - 1)


class KeyTally:
    """The distinct keys that were read, and which of them live: the last word of a key counts.

    It keeps a number of eight bytes a row read (two where the source proves its keys by giving them
    again) in a temporary file, and nothing of the keys themselves.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._keys = [item.physical_name for item in dataset.key_fields]
        tombstone = dataset.sync.tombstone
        self._tombstone = dataset.get_field(tombstone).physical_name if tombstone else None
        self._proven = dataset.sync.completeness == "keys"
        self._prints = Spool(shift=_PRINT_SHIFT)
        self._read = Spool(shift=_WORD_SHIFT)
        self._settled: tuple[KeyDigest, KeyDigest] | None = None
        self.rows = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Count the rows of a batch."""
        keys = join_keys([batch.column(name) for name in self._keys])
        hashes, known = hash_keys(keys), keys.is_valid().to_numpy(zero_copy_only=False)
        if self._proven:
            self._prints.add(print_keys(keys))
        if self._tombstone is None:
            lives = np.ones(len(hashes), np.uint64)
        else:
            lives = living(batch.column(self._tombstone))[known]
        self._read.add(hashes << _ONE | lives)
        self._settled = None
        self.rows += batch.num_rows

    def count_unlike(self, prints: Iterable[Hashes]) -> int:
        """How many of the keys were read but are not among these, or are but were not read."""
        theirs = Spool(shift=_PRINT_SHIFT)
        for part in prints:
            theirs.add(part)
        pairs = zip(self._prints.read_buckets(), theirs.read_buckets(), strict=True)
        return sum(len(np.setxor1d(mine, their)) for mine, their in pairs)

    def digest(self) -> KeyDigest:
        """The digest of all distinct keys."""
        return self._settle()[0]

    def live_digest(self) -> KeyDigest:
        """The digest of the keys that live."""
        return self._settle()[1]

    def live_buckets(self, buckets: int) -> BucketDigest:
        """The digest of the keys that live, by bucket."""
        found = [BucketDigest.of_hashes([], buckets)]
        for words in self._last_words():
            lives = words[words & _ONE == _ONE] >> _ONE
            found.append(BucketDigest.of_hashes(lives.tolist(), buckets))
        return BucketDigest(
            tuple(sum(same, KeyDigest()) for same in zip(*(f.buckets for f in found), strict=True))
        )

    def _settle(self) -> tuple[KeyDigest, KeyDigest]:
        """The digests of the distinct keys, and of those of them that live."""
        if self._settled is None:
            every, live = KeyDigest(), KeyDigest()
            for words in self._last_words():
                every += digest_hashes(words >> _ONE)
                live += digest_hashes(words[words & _ONE == _ONE] >> _ONE)
            self._settled = every, live
        return self._settled

    def _last_words(self) -> Iterator[Hashes]:
        """The last word of each key: its hash, and in the lowest bit whether it lives."""
        for words in self._read.read_buckets():
            ordered = words[np.argsort(words >> _ONE, kind="stable")]
            last = np.ones(len(ordered), bool)
            last[:-1] = ordered[1:] >> _ONE != ordered[:-1] >> _ONE
            yield ordered[last]


class DistinctTexts:
    """How many different texts there were, of which it keeps eight bytes each in a file."""

    def __init__(self) -> None:
        self._prints = Spool(shift=_PRINT_SHIFT)

    def add(self, texts: Iterable[str]) -> None:
        """Count these too."""
        self._prints.add(print_keys(pa.array(texts, pa.string())))

    def count(self) -> int:
        """How many different ones there were."""
        return sum(len(np.unique(bucket)) for bucket in self._prints.read_buckets())


def join_keys(columns: Sequence[pa.Array]) -> pa.Array:
    """Each row's key as text, its parts without blanks around them and joined by "|".

    Null where a part is missing.
    """
    texts = [pc.utf8_trim_whitespace(column.cast(pa.string())) for column in columns]
    parts = [pc.if_else(pc.equal(text, ""), None, text) for text in texts]
    return parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, "|")


def hash_keys(keys: pa.Array) -> Hashes:
    """`key_hash60` of the keys, those that are missing left out."""
    whole = keys.drop_null().cast(pa.binary()).to_pylist()
    digests = b"".join([hashlib.sha256(key).digest() for key in whole])
    words = np.frombuffer(digests, dtype=">u8").reshape(-1, _WORDS_A_DIGEST)
    return words[:, 0].astype(np.uint64) >> _FREE_BITS


def print_keys(keys: pa.Array) -> Hashes:
    """A fingerprint of each key that is cheap, and good for as long as this process lives."""
    prints: Hashes = pl.Series(keys.drop_null(), dtype=pl.String).hash().to_numpy()
    return prints


def digest_hashes(hashes: Hashes) -> KeyDigest:
    """The digest of distinct keys whose hashes are known; their sum may not fit 64 bits."""
    high, low = int((hashes >> _HALF_BITS).sum()), int((hashes & _HALF).sum())
    return KeyDigest(len(hashes), (high << 32) + low)


def living(marks: pa.Array) -> Hashes:
    """1 where a row's tombstone is not set, else 0."""
    gone = pc.is_in(pc.utf8_lower(marks.cast(pa.string())), value_set=_TRUE)
    lives: Hashes = (~gone.to_numpy(zero_copy_only=False)).astype(np.uint64)
    return lives
