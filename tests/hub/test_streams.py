"""Reading ahead changes when items are made, and nothing else."""

import time
from collections.abc import Iterator

import pytest

from hub.streams import read_ahead


def test_items_come_in_order_and_the_next_is_made_while_the_reader_works() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(5):
            made.append(number)
            yield number

    seen = []
    for number in read_ahead(items()):
        deadline = time.monotonic() + 5
        while len(made) < min(number + 2, 5) and time.monotonic() < deadline:
            time.sleep(0.001)
        assert min(number + 2, 5) <= len(made) <= number + 3
        seen.append(number)
    assert seen == [0, 1, 2, 3, 4]


def test_an_error_reaches_the_reader_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        message = "broken"
        raise ValueError(message)

    read = read_ahead(items())
    assert next(read) == 1
    with pytest.raises(ValueError, match="broken"):
        next(read)


def test_a_reader_that_stops_early_stops_the_work() -> None:
    made: list[int] = []
    ended: list[bool] = []

    def items() -> Iterator[int]:
        try:
            for number in range(1_000):
                made.append(number)
                yield number
        finally:
            ended.append(True)

    read = read_ahead(items())
    assert next(read) == 0
    read.close()  # type: ignore[attr-defined]
    assert len(made) <= 4
    del read
