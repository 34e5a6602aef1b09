"""Which buckets of keys differ between a source and the hub, told by a digest of each.

Equal digests of keys with their versions prove that the hub holds what its source does, without
reading a row; where they differ, only the rows of that bucket are read again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from connectors.base import cursor_column
from connectors.keys import Hashes, hash_keys, join_keys, living
from hub.contract import Contract, Dataset
from hub.digest import BucketDigest, KeyDigest, key_hash60
from warehouse.held import WaitingRow, digest_rows, list_waiting_rows

MICROSECONDS: Final = 1_000_000
MILLISECONDS: Final = 1_000
_UNREADABLE: Final = np.iinfo(np.int64).max
_UNKNOWN: Final = np.iinfo(np.int64).min
_YEARS: Final = (1800, 9999)
_LOCAL: Final = "%Y-%m-%dT%H:%M:%S%.f"


@dataclass(frozen=True)
class Verdict:
    """What a comparison has found; no key is in it.

    ``differed``: numbers of buckets by key, or names of partitions. ``by`` keys alone, a row that
    was changed and not read is not found. ``source_rows`` and ``held_rows`` live on either side.
    """

    by: Literal["versions", "keys"]
    of: Literal["buckets", "partitions"]
    compared: int
    differed: Sequence[int | str]
    source_rows: int
    held_rows: int

    def as_words(self) -> dict[str, Any]:
        """The verdict as JSON."""
        return asdict(self)

    def __str__(self) -> str:
        """The verdict as a person reads it."""
        by = "key and version" if self.by == "versions" else "key alone"
        found = len(self.differed)
        differ = f"{found} differ{'s' if found == 1 else ''}" if found else "none differs"
        return (
            f"{self.compared} {self.of} compared by {by}, {differ} "
            f"({self.source_rows} rows at the source, {self.held_rows} here)"
        )


class SourceKeys:
    """The keys of a source with their versions, as they are read; the last word of a key counts.

    It keeps three numbers of eight bytes a row, and nothing of the keys themselves.
    """

    def __init__(self, contract: Contract, dataset: Dataset, units: int | None) -> None:
        """``units``: as `measured_in` says."""
        self._contract = contract
        self._keys = [item.physical_name for item in dataset.key_fields]
        tombstone = dataset.sync.tombstone
        self._tombstone = dataset.get_field(tombstone).physical_name if tombstone else None
        self._cursor = cursor_column(dataset) if units else None
        self._units = units or 1
        self._parts: list[tuple[Hashes, NDArray[np.int64], Hashes, NDArray[np.bool_]]] = []

    def add(self, batch: pa.RecordBatch) -> None:
        """Take rows in; a row without a key is nobody's."""
        keys = join_keys([batch.column(name) for name in self._keys])
        known = keys.is_valid().to_numpy(zero_copy_only=False)
        hashes = hash_keys(keys)
        order = np.zeros(len(hashes), np.int64)
        said = hashes
        if self._cursor:
            order = read_versions(batch.column(self._cursor), self._contract, self._units)[known]
            said = hash_keys(_join_versions(keys.drop_null(), order))
        lives = np.ones(len(hashes), bool)
        if self._tombstone:
            lives = living(batch.column(self._tombstone))[known] == 1
        self._parts.append((hashes, order, said, lives))

    def digest(self, buckets: int) -> BucketDigest:
        """The digest of the keys that live, by bucket."""
        if not self._parts:
            return BucketDigest((KeyDigest(),) * buckets)
        hashes, order, said, lives = (
            np.concatenate(column) for column in zip(*self._parts, strict=True)
        )
        newest = np.lexsort((order, hashes))
        hashes, said, lives = hashes[newest], said[newest], lives[newest]
        last = np.ones(len(hashes), bool)
        last[:-1] = hashes[1:] != hashes[:-1]
        last &= lives
        return sum_by_bucket(hashes[last], said[last], buckets)


def measured_in(dataset: Dataset, units: int) -> int | None:
    """Units of a version in a second; None where the dataset has no version to compare."""
    return units if dataset.sync.cursor else None


def digest_held(
    contract: Contract, dataset: Dataset, buckets: int | None, units: int | None
) -> dict[Any, KeyDigest]:
    """Bucket, or source partition where there are no buckets -> the digest of what the hub holds.

    A row that waits in quarantine is held, with the version that it was landed with.
    """
    found = dict(digest_rows(dataset, buckets, units))
    waiting = list(list_waiting_rows(dataset, units))
    for row, order in zip(waiting, _newest(contract, dataset, waiting, units), strict=True):
        if order is None:
            continue
        said = row.record_id
        if units:
            said = _join_versions(pa.array([said]), np.array([order], np.int64))[0].as_py()
        bucket = row.partition if buckets is None else key_hash60(row.record_id) % buckets
        found[bucket] = found.get(bucket, KeyDigest()) + KeyDigest(1, key_hash60(said))
    return found


def compare_buckets(
    contract: Contract, dataset: Dataset, theirs: BucketDigest, units: int | None
) -> Verdict:
    """What the digest of a source finds different here.

    Args:
        units: of the versions that the digest speaks of; None where it speaks of keys alone.
    """
    buckets = len(theirs.buckets)
    held = digest_held(contract, dataset, buckets, units)
    source = dict(enumerate(theirs.buckets))
    return judge(source, held, of="buckets", compared=buckets, units=units)


def judge(
    source: Mapping[Any, KeyDigest],
    held: Mapping[Any, KeyDigest],
    *,
    of: Literal["buckets", "partitions"],
    compared: int,
    units: int | None,
) -> Verdict:
    """The verdict on two digests; a bucket that one of them leaves out is empty there."""
    empty = KeyDigest()
    differed = [
        bucket
        for bucket in sorted({*source, *held})
        if source.get(bucket, empty) != held.get(bucket, empty)
    ]
    by: Literal["versions", "keys"] = "versions" if units else "keys"
    return Verdict(by, of, compared, differed, _count(source), _count(held))


def sum_by_bucket(hashes: Hashes, said: Hashes, buckets: int) -> BucketDigest:
    """The digest of distinct keys whose hashes are known; a sum may not fit 64 bits."""
    bucket = (hashes % np.uint64(buckets)).astype(np.int64)
    counts = np.bincount(bucket, minlength=buckets)
    half = np.uint64(32)
    high, low = np.zeros(buckets, np.uint64), np.zeros(buckets, np.uint64)
    np.add.at(high, bucket, said >> half)
    np.add.at(low, bucket, said & np.uint64(2**32 - 1))
    pairs = zip(counts.tolist(), high.tolist(), low.tolist(), strict=True)
    return BucketDigest(tuple(KeyDigest(n, (top << 32) + rest) for n, top, rest in pairs))


def in_buckets(keys: pa.Array, buckets: Sequence[int], count: int) -> pa.Array:
    """Which of the keys fall into one of these of so many buckets; a missing key into none."""
    chosen = np.zeros(len(keys), bool)
    known = keys.is_valid().to_numpy(zero_copy_only=False)
    numbers = (hash_keys(keys) % np.uint64(count)).astype(np.int64)
    chosen[known] = np.isin(numbers, np.asarray(buckets, np.int64))
    return pa.array(chosen)


def read_versions(values: pa.Array, contract: Contract, units: int) -> NDArray[np.int64]:
    """When each row was changed last, in units since 1970.

    A missing time comes before every other, one that cannot be read after: so does the merge
    place the row, and quarantine the other. They are read as `standardisation.dates` reads them.
    """
    text = pl.Series(values.cast(pa.string()), dtype=pl.String).str.strip_chars()
    text = text.str.replace(r"^([0-9-]{10})[ ]", "${1}T").str.replace(r"Z$", "+00:00")
    text = text.str.replace(r"(T[0-9:.]+[+-][0-9]{2})$", "${1}:00")
    text = text.str.replace(r"(T[0-9:.]+[+-][0-9]{2})([0-9]{2})$", "${1}:${2}")
    aware = text.str.to_datetime(f"{_LOCAL}%:z", time_zone="UTC", time_unit="us", strict=False)
    naive = text.str.to_datetime(_LOCAL, time_unit="us", strict=False)
    local = naive.dt.replace_time_zone(contract.timezone, ambiguous="null", non_existent="null")
    moment = aware.fill_null(local.dt.convert_time_zone("UTC"))
    moment = moment.set(~moment.dt.year().is_between(*_YEARS), None)
    order = moment.dt.epoch("us") // (MICROSECONDS // units)
    missing = text.is_null() | (text == "")
    found: NDArray[np.int64] = order.cast(pl.Int64).fill_null(_UNREADABLE).to_numpy().copy()
    found[missing.fill_null(value=True).to_numpy()] = _UNKNOWN
    return found


def _join_versions(keys: pa.Array, order: NDArray[np.int64]) -> pa.Array:
    """``<key>|<version>`` of each row."""
    words = pc.cast(pa.array(order), pa.string())
    words = pc.if_else(pa.array(order == _UNKNOWN), "", words)
    words = pc.if_else(pa.array(order == _UNREADABLE), "?", words)
    return pc.binary_join_element_wise(keys.cast(pa.string()), words, "|")


def _newest(
    contract: Contract, dataset: Dataset, waiting: Sequence[WaitingRow], units: int | None
) -> list[int | None]:
    """The version that each waiting key is held with; None where its newest row is a tombstone."""
    tombstone = dataset.sync.tombstone
    mark = dataset.get_field(tombstone).physical_name if tombstone else ""
    column = (cursor_column(dataset) if units else None) or ""
    landed = [row for key in waiting for row in key.landed]
    texts = pa.array([_text(row.get(column)) for row in landed], pa.string())
    versions = read_versions(texts, contract, units or 1)
    dead = living(pa.array([_text(row.get(mark)) for row in landed], pa.string())) == 0
    found: list[int | None] = []
    at = 0
    for key in waiting:
        here = slice(at, at + len(key.landed))
        at = here.stop
        newest = int(np.lexsort((versions[here],))[-1])
        version = int(versions[here][newest])
        if key.version is not None and key.version > version != _UNKNOWN:
            found.append(key.version)
        else:
            found.append(None if mark and dead[here][newest] else version)
    return found


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _count(digests: Mapping[Any, KeyDigest]) -> int:
    return sum(digest.count for digest in digests.values())
