"""Digests of sets of keys, which prove that nothing is missing; equal counts prove nothing.

A digest is the number of keys and the sum of their hashes. Sums do not care for order and add
up, so an owner, a landed batch and a table can each compute theirs and compare, and two halves
can be joined. A difference in one bucket says which keys to read again.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_HEX_DIGITS = 15


def key_hash60(key: str) -> int:
    """The first 60 bits (15 hexadecimal digits) of sha256 over the key's UTF-8."""
    return int(hashlib.sha256(key.encode()).hexdigest()[:_HEX_DIGITS], 16)


def version_hash60(key: str, version: int | None) -> int:
    """`key_hash60` of ``<key>|<version>``, of which a digest of keys with versions is the sum.

    Args:
        version: when the row was changed last, in whole micro- or milliseconds since 1970 (UTC),
            whichever its owner tells; None where nobody knows.
    """
    return key_hash60(f"{key}|{'' if version is None else version}")


@dataclass(frozen=True)
class KeyDigest:
    """Number of keys and the sum of their `key_hash60`."""

    count: int = 0
    total: int = 0

    def __add__(self, other: "KeyDigest") -> "KeyDigest":
        """The digest of both sets together; they must not share a key."""
        return KeyDigest(self.count + other.count, self.total + other.total)

    @classmethod
    def of(cls, keys: Iterable[str]) -> "KeyDigest":
        """The digest of distinct keys."""
        return cls.of_hashes([key_hash60(key) for key in keys])

    @classmethod
    def of_hashes(cls, hashes: Sequence[int]) -> "KeyDigest":
        """The digest of distinct keys whose hashes are known."""
        return cls(len(hashes), sum(hashes))


@dataclass(frozen=True)
class BucketDigest:
    """One `KeyDigest` a bucket; a key's bucket is its hash modulo the number of buckets."""

    buckets: tuple[KeyDigest, ...]

    @classmethod
    def of_hashes(cls, hashes: Iterable[int], buckets: int) -> "BucketDigest":
        """The digest of distinct keys whose hashes are known, in so many buckets."""
        counts, totals = [0] * buckets, [0] * buckets
        for value in hashes:
            counts[value % buckets] += 1
            totals[value % buckets] += value
        return cls(tuple(KeyDigest(*pair) for pair in zip(counts, totals, strict=True)))

    def combined(self) -> KeyDigest:
        """The digest of all buckets together."""
        return sum(self.buckets, KeyDigest())

    def differing(self, other: "BucketDigest") -> list[int]:
        """The numbers of the buckets that differ.

        Raises:
            ValueError: the two digests do not have the same number of buckets.
        """
        pairs = zip(self.buckets, other.buckets, strict=True)
        return [number for number, (mine, theirs) in enumerate(pairs) if mine != theirs]
