"""Numbers in a file: none is lost, equal ones meet, memory holds only what is not written yet."""

import numpy as np

from warehouse.spool import Spool


def test_every_number_comes_back_once_beside_its_equals_in_the_order_in_which_it_came() -> None:
    chance = np.random.default_rng(7)
    numbers = chance.integers(0, 2**64, 200_000, dtype=np.uint64)
    numbers[150_000:150_010] = numbers[:10]
    spool = Spool(shift=58)
    for part in np.array_split(numbers, 13):
        spool.add(part)
    buckets = list(spool.read_buckets())
    assert np.array_equal(np.sort(np.concatenate(buckets)), np.sort(numbers))
    for value in numbers[:10]:
        assert [int((bucket == value).sum()) for bucket in buckets if value in bucket] == [2]
    for bucket, found in enumerate(buckets):
        assert np.array_equal(found, numbers[numbers >> np.uint64(58) == bucket])


def test_nothing_comes_back_of_nothing() -> None:
    assert sum(len(bucket) for bucket in Spool(shift=0).read_buckets()) == 0
