"""Of a stream one batch waits for a person, however often its source is read meanwhile."""

from collections.abc import Callable

import pytest

from expectations.judge import judge_batch
from hub.errors import BatchParkedError, SecondStewardNeededError, StaleWriterError
from warehouse.ledger import take_stream
from warehouse.publish import publish_batch, release_batch
from warehouse.release import find_waiting, sign_release

from .conftest import CAR, PASSWORD, SNAPSHOT, Register, call

TIGHT = SNAPSHOT.replace(
    "}", ", brakeDeletes: {rows: 1, percent: 0}, brakeChanges: {rows: 1, percent: 0}}"
)
STAGES = "SELECT relname FROM pg_class WHERE relnamespace = 'stage'::regnamespace ORDER BY relname"


@pytest.fixture
def parked(register: Register) -> int:
    """A batch that would end two of four cars."""
    register.write_contract(TIGHT)
    register.fill(4)
    register.sync()
    register.run("DELETE FROM xe.o_to WHERE ma IN ('C001', 'C002')")
    return stop(register)


def stop(register: Register) -> int:
    """Prepare a batch and see it stopped when it is to be published."""
    batch_id = register.prepare()
    with pytest.raises(BatchParkedError):
        publish_batch(batch_id)
    return batch_id


def states(register: Register) -> list[tuple[int, str]]:
    """Each batch and its state."""
    found = register.rows("SELECT batch_id, state FROM sync.batch ORDER BY batch_id")
    return [(row["batch_id"], row["state"]) for row in found]


def alerts(register: Register) -> list[tuple[int, str, int, bool]]:
    """Each alert that was ever opened: its number, kind and batch, and whether it is open."""
    found = register.rows(
        "SELECT alert_id, kind, batch_id, closed_at IS NULL AS open FROM sync.alert"
        " ORDER BY alert_id"
    )
    return [(row["alert_id"], row["kind"], row["batch_id"], row["open"]) for row in found]


def parkings(register: Register) -> list[int]:
    return [row["batch_id"] for row in register.rows("SELECT batch_id FROM sync.parking")]


def test_a_run_that_reads_the_same_rows_leaves_the_parked_batch_waiting_and_stages_nothing(
    register: Register,
    parked: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = (alerts(register), register.rows(STAGES), parkings(register))
    code, ended, _ = call(monkeypatch, capsys, "sync vehicle")
    assert (code, ended) == (
        3,
        {
            "state": "parked",
            "error": f"Batch {parked} of vehicle.car still waits for release; batch {parked + 1} "
            "holds the same rows and would be parked for the same reason, so that it is set aside. "
            "`motlan sync release --list` shows what to do.",
        },
    )
    assert states(register)[-2:] == [(parked, "parked"), (parked + 1, "overtaken")]
    assert (alerts(register), register.rows(STAGES), parkings(register)) == before
    assert before == (
        [(1, "brake", parked, True)],
        [{"relname": f"vehicle__car__b{parked}"}],
        [parked],
    )


def test_a_run_with_other_rows_that_is_parked_too_takes_the_place_of_the_older_and_its_told_alert(
    register: Register, parked: int
) -> None:
    register.run_as_owner(
        "INSERT INTO sync.alert_told (alert_id, channel, told_at) VALUES (1, 'mail', now())"
    )
    register.run("DELETE FROM xe.o_to WHERE ma = 'C003'")
    newer = stop(register)
    assert states(register)[-2:] == [(parked, "overtaken"), (newer, "parked")]
    assert alerts(register) == [(1, "brake", newer, True)]
    assert register.rows("SELECT FROM sync.alert_told WHERE told_at IS NULL") == []
    assert register.rows(STAGES) == [{"relname": f"vehicle__car__b{newer}"}]
    (alert,) = register.rows("SELECT what, todo FROM sync.alert")
    assert f"Batch {newer} of vehicle.car would delete 3 rows" in alert["what"]
    assert f"shows batch {newer}:" in alert["todo"]


def test_a_run_that_is_parked_for_another_reason_closes_the_alert_of_the_older(
    register: Register, parked: int
) -> None:
    register.run("TRUNCATE xe.o_to")
    with pytest.raises(BatchParkedError, match="promises at least 1"):
        register.sync()
    assert states(register)[-2:] == [(parked, "overtaken"), (parked + 1, "parked")]
    assert alerts(register) == [(1, "brake", parked, False), (2, "gate", parked + 1, True)]


def test_after_the_first_signature_a_run_with_other_rows_is_set_aside(
    register: Register, parked: int, hire: Callable[[], str]
) -> None:
    first, second = hire(), hire()
    with pytest.raises(SecondStewardNeededError):
        sign_release(find_waiting(parked), first, PASSWORD, "letter 12")
    register.run("DELETE FROM xe.o_to WHERE ma = 'C003'")
    newer = register.prepare()
    with pytest.raises(BatchParkedError) as stopped:
        publish_batch(newer)
    assert str(stopped.value) == (
        f"Batch {parked} of vehicle.car still waits for release; batch {newer} would be parked "
        "too, and a steward has signed the older one, so that it is set aside. `motlan sync "
        "release --list` shows what to do."
    )
    assert states(register)[-2:] == [(parked, "parked"), (newer, "overtaken")]
    assert alerts(register) == [(1, "brake", parked, True)]
    sign_release(find_waiting(parked), second, PASSWORD, "letter 12")
    assert release_batch(parked).ended == 2


def test_the_same_rows_under_another_contract_are_judged_by_it_and_take_the_older_ones_place(
    register: Register, parked: int, hire: Callable[[], str]
) -> None:
    """What was landed by another contract cannot be released; its signature holds nothing up."""
    with pytest.raises(SecondStewardNeededError):
        sign_release(find_waiting(parked), hire(), PASSWORD, "letter 12")
    register.write_contract(TIGHT.replace("brakeChanges: {rows: 1", "brakeChanges: {rows: 2"))
    newer = stop(register)
    assert states(register)[-2:] == [(parked, "overtaken"), (newer, "parked")]
    assert alerts(register) == [(1, "brake", newer, True)]


def test_a_run_that_another_one_has_followed_parks_nothing(register: Register, parked: int) -> None:
    register.run("DELETE FROM xe.o_to")
    under_way = register.land()
    take_stream(CAR)
    with pytest.raises(StaleWriterError, match="this one parks nothing, and the other one goes on"):
        judge_batch(under_way)
    assert states(register)[-2:] == [(parked, "parked"), (under_way, "staged")]
    assert alerts(register) == [(1, "brake", parked, True)]
