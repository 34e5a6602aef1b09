"""The tally of keys: what it counts is what `hub.digest` says of the same keys."""

import sys
from dataclasses import replace

import pyarrow as pa

from connectors.keys import KeyTally, hash_keys, join_keys, print_keys
from hub.contract import Dataset, parse_contract
from hub.digest import BucketDigest, KeyDigest, key_hash60

from .conftest import HEAD, IS_DELETED

SYNC = "{mode: snapshot, deletes: tombstone, tombstone: is_deleted, completeness: none}"


def dataset(*, tombstone: bool, completeness: str = "none") -> Dataset:
    text = HEAD.replace("CONNECTOR", "sql").replace("OPTIONS", "{}").replace("SYNC", SYNC)
    found = parse_contract(text + IS_DELETED).datasets[0]
    kept = {"completeness": completeness, **({} if tombstone else {"tombstone": None})}
    return replace(found, sync=found.sync.model_copy(update=kept))


def batch(**columns: list[object]) -> pa.RecordBatch:
    return pa.record_batch(columns)


def test_keys_are_hashed_as_the_digest_says_and_those_that_lack_a_part_are_left_out() -> None:
    keys = join_keys([pa.array([" a", "", None, "b\u3000"]), pa.array([1, 2, 3, None])])
    assert keys.to_pylist() == ["a|1", None, None, None]
    assert hash_keys(keys).tolist() == [key_hash60("a|1")]
    one = hash_keys(join_keys([pa.array(["Đào ", "x"])]))
    assert one.tolist() == [key_hash60("Đào"), key_hash60("x")]


def test_every_space_of_unicode_is_no_part_of_a_key() -> None:
    spaces = "".join(chr(n) for n in range(sys.maxunicode + 1) if chr(n).isspace())
    assert join_keys([pa.array([spaces + "a" + spaces])]).to_pylist() == ["a"]


def test_keys_that_differ_are_counted_on_both_sides_whatever_stands_twice() -> None:
    tally = KeyTally(dataset(tombstone=False, completeness="keys"))
    tally.add(batch(ma=["1", "2", "2", "3"], xoa=[None] * 4))
    assert tally.count_unlike([print_keys(pa.array(["3", "1"])), print_keys(pa.array(["2"]))]) == 0
    assert tally.count_unlike([print_keys(pa.array(["1", "2", "4", "4", None]))]) == 2
    assert tally.count_unlike([]) == 3


def test_a_key_counts_once_and_its_last_word_says_whether_it_lives() -> None:
    tally = KeyTally(dataset(tombstone=True))
    tally.add(batch(ma=["1", "2", "3", "1"], xoa=[None, False, True, True]))
    assert tally.live_digest() == KeyDigest.of(["2"])
    tally.add(batch(ma=["3", "2", None], xoa=["false", "t", "false"]))
    assert tally.rows == 7
    assert tally.digest() == KeyDigest.of(["1", "2", "3"])
    assert tally.live_digest() == KeyDigest.of(["3"])
    assert tally.live_buckets(4) == BucketDigest.of_hashes([key_hash60("3")], 4)


def test_without_tombstones_every_key_lives_and_the_sum_is_exact_beyond_64_bits() -> None:
    keys = [f"CD{number}" for number in range(5_000)]
    tally = KeyTally(dataset(tombstone=False))
    for start in range(0, 5_000, 1_000):
        tally.add(batch(ma=keys[start : start + 1_000], xoa=[True] * 1_000))
    assert tally.digest() == tally.live_digest() == KeyDigest.of(keys)
    assert tally.digest().total > 2**64


def test_nothing_read_is_no_key() -> None:
    assert KeyTally(dataset(tombstone=True)).digest() == KeyDigest()
