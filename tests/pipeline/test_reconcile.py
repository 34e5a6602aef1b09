"""Keys and versions compared by bucket: what the cursor missed is found, and only that is read."""

from typing import Any

import pytest

from cli.pipeline import preview_stream
from connectors.base import Asked
from connectors.land import plan_batch
from connectors.sql_buckets import BUCKETS
from hub.digest import key_hash60
from hub.errors import BatchParkedError, WrongUseError
from warehouse.landing import LandedBatch

from .conftest import CAR, INCREMENTAL, SNAPSHOT, Register, counts

RECONCILE = Asked("reconcile")


def compare(register: Register) -> tuple[dict[str, Any], bool]:
    """What a comparison finds, and whether there is anything to be read."""
    told: list[Any] = []
    planned = plan_batch(CAR, RECONCILE, tell=told.append)
    (verdict,) = told
    return verdict, planned is not None


def buckets_of(*cars: str) -> list[int]:
    return sorted(key_hash60(car) % BUCKETS for car in cars)


def lose_rows(register: Register) -> None:
    """Forty cars are published; then four are changed where no cursor looks for them."""
    register.write_contract(INCREMENTAL)
    register.fill(40)
    register.put("C040", "12:00")
    register.sync()
    register.put("C005", "10:20", bien_so="14A-LATE")  # committed late under the cursor
    register.put("C900", "10:20")  # inserted late
    register.run("DELETE FROM xe.o_to WHERE ma = 'C007'")  # without a tombstone
    register.rows("DELETE FROM standard.vehicle__car WHERE record_id = 'C009' RETURNING record_id")
    assert counts(register.sync()) == (1, 0, 1, 0, 0, 0)


def test_what_no_cursor_sees_is_found_and_mended_by_reading_its_buckets_alone(
    register: Register,
) -> None:
    lose_rows(register)
    before = register.stream()
    outcome = register.sync(RECONCILE)
    assert counts(outcome) == (3, 3, 0, 0, 0, 1)
    published = {f"C{n:03}" for n in (*range(1, 41), 900)} - {"C007"}
    assert set(register.standard()) == published
    assert register.standard("plate_number")["C005"] == ("14A-LATE",)
    assert [key for key, *_ in register.history("record_id")] == ["C005", "C007"]

    found = register.batch(outcome.batch_id)
    assert (found["mode"], found["cursor_to"]) == ("reconcile", before["cursor"])
    assert register.stream()["cursor"] == before["cursor"]
    assert register.stream()["row_count"] == 40
    assert found["proof"]["read_buckets"] == buckets_of("C005", "C007", "C009", "C900")
    assert found["proof"]["verdict"] == {
        "by": "versions",
        "of": "buckets",
        "compared": BUCKETS,
        "differed": buckets_of("C005", "C007", "C009", "C900"),
        "source_rows": 40,
        "held_rows": 39,
    }
    landed = LandedBatch.open(found["landed_url"]).read_chunks()
    assert sorted(row["ma"] for chunk in landed for row in chunk.to_pylist()) == [
        "C005",
        "C009",
        "C900",
    ]
    verdict, differs = compare(register)
    assert (verdict["differed"], verdict["held_rows"], differs) == ([], 40, False)


def test_a_row_that_was_touched_and_says_the_same_has_its_new_version_and_does_not_differ(
    register: Register,
) -> None:
    register.write_contract(INCREMENTAL)
    register.fill(2)
    register.sync()
    register.put("C001", "13:00", bien_so="14A-1", chu_xe="Trần Thị Hoà")
    assert counts(register.sync()) == (2, 0, 2, 0, 0, 0)
    assert not compare(register)[1]
    register.put("C001", "12:50", bien_so="LATE")  # older than what is known of the row
    assert counts(register.sync()) == (1, 0, 0, 1, 0, 0)
    assert register.history("record_id") == []


def test_a_row_in_quarantine_is_held_and_does_not_differ_for_ever(register: Register) -> None:
    register.fill(3)
    register.put("C002", "11:00", bien_so=None)
    register.put("C003", "11:00", luc="infinity")
    register.put("C004", "11:00", luc=None)
    register.sync()
    register.put("C001", "12:00", bien_so=None)  # published before, in quarantine now
    register.sync()
    assert [row["record_id"] for row in register.quarantine()] == ["C002", "C003", "C001"]
    assert compare(register) == (
        {
            **{"by": "versions", "of": "buckets", "compared": BUCKETS, "differed": []},
            **{"source_rows": 4, "held_rows": 4},
        },
        False,
    )

    register.run("DELETE FROM xe.o_to WHERE ma = 'C002'")
    register.put("C003", "13:00")
    outcome = register.sync(RECONCILE)
    assert counts(outcome) == (1, 1, 0, 0, 0, 0)
    assert {row["record_id"]: row["state"] for row in register.quarantine()} == {
        "C001": "open",
        "C002": "resolved",
        "C003": "resolved",
    }
    assert not compare(register)[1]


def test_an_empty_source_deletes_nothing_and_a_mass_of_missing_rows_parks(
    register: Register,
) -> None:
    register.write_contract(SNAPSHOT.replace("}", ", brakeDeletes: {rows: 2, percent: 0}}"))
    register.fill(9)
    with pytest.raises(WrongUseError, match="is published yet; run `motlan sync vehicle`"):
        register.land(RECONCILE)
    register.sync()
    register.run("DELETE FROM xe.o_to WHERE ma > 'C005'")
    with pytest.raises(BatchParkedError, match="would delete 4 rows, more than its bound of 2"):
        register.sync(RECONCILE)
    register.run("DELETE FROM xe.o_to")
    with pytest.raises(BatchParkedError, match="an empty snapshot deletes nothing") as parked:
        register.sync(RECONCILE)
    assert parked.value.causes == ("emptied",)
    assert len(register.standard()) == 9


def test_a_dry_comparison_tells_what_it_would_mend_and_mends_nothing(register: Register) -> None:
    lose_rows(register)
    before, stream = register.digest(), register.stream()
    preview = preview_stream(CAR, Asked("reconcile", dry=True))
    assert preview is not None
    assert (preview.read, preview.new, preview.altered, preview.ended) == (3, 2, 1, 1)
    assert preview.keys == {"altered": ["C005"], "ended": ["C007"], "new": ["C009", "C900"]}
    assert preview.stopped_by == []
    assert (register.digest(), register.stream()) == (before, stream)


def test_buckets_of_a_register_that_holds_nothing_yet_are_compared_with_what_was_read(
    register: Register,
) -> None:
    register.write_contract(INCREMENTAL)
    register.put("C1", bien_so=None)
    register.sync()
    assert register.standard("plate_number") == {}
    register.put("C1", "11:00")
    assert counts(register.sync(Asked("reconcile"))) == (1, 1, 0, 0, 0, 0)
    assert register.standard("plate_number") == {"C1": ("14A-C1",)}
