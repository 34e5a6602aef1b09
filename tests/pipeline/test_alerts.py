"""A parked batch is told of once, and no longer when it does not wait any more."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import psycopg
import pytest

from hub.errors import BatchParkedError, SecondStewardNeededError
from warehouse import alerts
from warehouse.alerts import check_freshness, check_ledger, list_open_alerts
from warehouse.publish import BatchOutcome, publish_batch, release_batch
from warehouse.release import find_waiting, sign_release

from .conftest import CAR, PASSWORD, SNAPSHOT, Register

BRAKED = SNAPSHOT.replace("}", ", brakeDeletes: {rows: 1, percent: 0}}")
WITHOUT_FLOOR = SNAPSHOT.replace("}", ", rowFloor: 0}")


@pytest.fixture
def braked(register: Register) -> int:
    """A batch that would delete two of three cars, parked."""
    register.write_contract(BRAKED)
    register.fill(3)
    register.sync()
    register.run("DELETE FROM xe.o_to WHERE ma > 'C001'")
    with pytest.raises(BatchParkedError):
        register.sync()
    return int(register.rows("SELECT max(batch_id) AS id FROM sync.batch")[0]["id"])


def test_a_tripped_brake_opens_one_alert_that_says_what_to_do(braked: int) -> None:
    (alert,) = list_open_alerts()
    assert (alert.kind, alert.source, alert.stream, alert.batch_id) == (
        *("brake", "vehicle", CAR),
        braked,
    )
    assert "would delete 2 rows, more than its bound of 1" in alert.what
    assert alert.todo == (
        f"`motlan sync release --list` shows batch {braked}: ask the source's owner; if it is "
        "real, two stewards release it, else sync again."
    )


def test_the_alert_closes_when_a_newer_batch_overtakes_the_parked_one(
    register: Register, braked: int
) -> None:
    register.run("DELETE FROM xe.o_to")
    register.fill(3)
    register.sync()
    assert register.batch(braked)["state"] == "overtaken"
    assert list_open_alerts() == []


def test_the_alert_closes_when_two_stewards_release_the_batch(
    register: Register, braked: int, hire: Callable[[], str]
) -> None:
    for name in (hire(), hire()):
        with suppress(SecondStewardNeededError):
            sign_release(find_waiting(braked), name, PASSWORD, "letter 12")
    release_batch(braked)
    assert list_open_alerts() == []


@pytest.mark.parametrize(
    ("sync", "kind", "said"),
    [
        (WITHOUT_FLOOR, "parked", "an empty snapshot deletes nothing"),
        (SNAPSHOT, "gate", "promises at least 1"),
    ],
    ids=["emptied", "thin"],
)
def test_every_other_cause_has_its_kind(
    register: Register, sync: str, kind: str, said: str
) -> None:
    register.write_contract(sync)
    register.fill(3)
    register.sync()
    register.run("DELETE FROM xe.o_to")
    with pytest.raises(BatchParkedError):
        register.sync()
    (alert,) = list_open_alerts()
    assert alert.kind == kind
    assert said in alert.what


def test_a_late_stream_is_told_until_it_is_fresh_again(register: Register) -> None:
    register.fill(3)
    register.sync()
    assert check_freshness() == []
    register.rows(
        "UPDATE sync.stream SET as_of = as_of - interval '30 hours' WHERE name = %s RETURNING name",
        CAR,
    )
    assert check_freshness() == check_freshness() == [CAR]
    (alert,) = list_open_alerts()
    assert (alert.kind, alert.stream) == ("late", CAR)
    assert "promises data no older than 26 hours" in alert.what
    register.add("C900", at="11:00")
    register.sync()
    assert list_open_alerts() == []


def test_a_stream_never_published_is_late_from_its_first_contract_on(register: Register) -> None:
    register.land()
    assert check_freshness() == []
    register.rows("UPDATE sync.stream SET freshness = '-1 second' RETURNING name")
    assert check_freshness() == [CAR]
    assert "was never published" in list_open_alerts()[0].what


def test_rows_that_came_past_the_ledger_are_found_and_told(register: Register) -> None:
    register.fill(3)
    register.sync()
    assert check_ledger() == []
    register.rows('DELETE FROM standard."vehicle__car" WHERE record_id = %s RETURNING 1', "C002")
    assert check_ledger() == [CAR]
    (alert,) = list_open_alerts()
    assert (alert.kind, alert.what) == (
        "imbalance",
        "vehicle.car holds 2 rows, but its ledger says 3.",
    )
    register.rows("UPDATE sync.stream SET row_count = 2 RETURNING name")
    assert check_ledger() == []
    assert list_open_alerts() == []


def test_the_ledger_and_a_register_that_is_loaded_meanwhile_are_compared_as_of_one_moment(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    register.fill(3)
    register.sync()
    register.run_as_owner("DELETE FROM standard.vehicle__car; UPDATE sync.stream SET row_count = 0")
    register.put("C004")
    batch_id = register.prepare()
    count, waiting = alerts._count_rows, "SELECT FROM pg_locks WHERE NOT granted"
    with ThreadPoolExecutor(1) as worker:
        published: list[Future[BatchOutcome]] = []

        def publish_and_count(connection: psycopg.Connection[Any], stream: str) -> int:
            published.append(worker.submit(publish_batch, batch_id))
            while not published[0].done() and not register.rows(waiting):
                time.sleep(0.01)
            return count(connection, stream)

        monkeypatch.setattr(alerts, "_count_rows", publish_and_count)
        assert check_ledger() == []
        assert published[0].result(20).accepted == 4
