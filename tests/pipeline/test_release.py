"""A parked batch is released by two different stewards, exactly as they saw it, or not at all."""

from collections.abc import Callable
from itertools import product
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from hub.errors import (
    BatchParkedError,
    GateFailedError,
    MotlanError,
    SchemaDriftError,
    SecondStewardNeededError,
    SignInError,
    StaleWriterError,
    WarehouseRefusedError,
    WrongUseError,
)
from hub.parking import CAUSES, is_releasable
from hub.settings import get_settings
from warehouse.connection import libpq_url
from warehouse.ledger import take_stream
from warehouse.publish import publish_batch, release_batch
from warehouse.release import find_waiting, list_waiting, sign_release
from warehouse.stewards import add_steward, change_password, list_stewards, stop_steward

from .conftest import CAR, PASSWORD, SNAPSHOT, Register, call, counts

TIGHT = SNAPSHOT.replace(
    "}",
    ", brakeDeletes: {rows: 1, percent: 0}, brakeChanges: {rows: 1, percent: 0},"
    " quarantine: {rows: 1, percent: 0}}",
)
WHY = "the owner confirmed it, letter 12"


def park(register: Register) -> int:
    """Park a batch that would end two of four cars."""
    register.write_contract(TIGHT)
    register.fill(4)
    register.sync()
    register.run("DELETE FROM xe.o_to WHERE ma IN ('C001', 'C002')")
    batch_id = register.prepare()
    with pytest.raises(BatchParkedError):
        publish_batch(batch_id)
    return batch_id


def sign(batch_id: int, steward: str, password: str = PASSWORD) -> list[str]:
    """Look at a parked batch and sign its release."""
    return sign_release(find_waiting(batch_id), steward, password, WHY)


def sign_by_both(batch_id: int, first: str, second: str) -> None:
    with pytest.raises(SecondStewardNeededError):
        sign(batch_id, first)
    assert sign(batch_id, second) == [first, second]


def test_two_stewards_release_a_batch_on_the_command_line_and_it_is_published_as_they_saw_it(
    register: Register,
    hire: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    batch_id = park(register)
    first, second = hire(), hire()
    release = f"sync release {batch_id} --because confirmed --as"
    code, listed, _ = call(monkeypatch, capsys, "sync release --list")
    (waiting,) = listed["waiting"]
    assert code == 0
    assert (waiting["batch_id"], waiting["causes"]) == (batch_id, ["deletes"])
    assert (waiting["releasable"], waiting["signed_by"]) == (True, [])
    assert (waiting["counts"]["ended"], waiting["counts"]["register"]) == (2, 4)
    code, ended, shown = call(monkeypatch, capsys, f"{release} {first}", PASSWORD)
    assert (code, ended["state"]) == (3, "parked")
    assert "a second, different steward must sign it" in ended["error"]
    assert "would delete 2 rows" in shown
    assert register.batch(batch_id)["state"] == "parked"
    code, ended, shown = call(monkeypatch, capsys, f"{release} {second}", PASSWORD)
    assert (code, ended["state"]) == (0, "done")
    assert PASSWORD not in shown
    assert ended["outcomes"][0]["ended"] == 2
    assert list(register.standard()) == ["C003", "C004"]
    assert sorted(register.history("record_id")) == [("C001",), ("C002",)]
    assert register.batch(batch_id)["state"] == "published"
    assert register.stream()["batch_key"] == register.batch(batch_id)["batch_key"]
    kept = register.rows("SELECT * FROM sync.release_signature ORDER BY signature_id")
    assert [(row["steward"], row["reason"]) for row in kept] == [
        (first, "confirmed"),
        (second, "confirmed"),
    ]
    assert call(monkeypatch, capsys, "sync release --list")[1]["waiting"] == []
    assert counts(register.sync()) == (2, 0, 2, 0, 0, 0)


def test_a_release_whose_publishing_died_is_finished_by_either_though_its_stage_is_lost(
    register: Register,
    hire: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    batch_id = park(register)
    first, second = hire(), hire()
    sign_by_both(batch_id, first, second)
    assert register.batch(batch_id)["state"] == "parked"
    with psycopg.connect(register.owner_url) as connection:  # as a crash of the server leaves it
        connection.execute(f"TRUNCATE stage.vehicle__car__b{batch_id}".encode())
    words = f"sync release {batch_id} --because again --as {first}"
    code, ended, shown = call(monkeypatch, capsys, words, PASSWORD)
    assert (code, ended["outcomes"][0]["state"]) == (0, "published")
    assert "Staged anew from its landed files" in shown
    assert list(register.standard()) == ["C003", "C004"]
    assert len(register.rows("SELECT FROM sync.release_signature")) == 2


def test_the_same_steward_twice_is_one(register: Register, hire: Callable[[], str]) -> None:
    batch_id = park(register)
    steward = hire()
    for _ in range(2):
        with pytest.raises(SecondStewardNeededError, match=f"is signed by {steward}; a second"):
            sign(batch_id, steward)
    with pytest.raises(WarehouseRefusedError):
        release_batch(batch_id)
    assert (register.batch(batch_id)["state"], len(register.standard())) == ("parked", 4)
    assert len(register.rows("SELECT FROM sync.release_signature")) == 1


def test_nobody_signs_with_another_password_or_after_they_were_stopped(
    register: Register, hire: Callable[[], str]
) -> None:
    batch_id = park(register)
    steward, stopped = hire(), hire()
    stop_steward(stopped)
    for name, password in ((steward, "x" * 20), (stopped, PASSWORD), ("nobody", PASSWORD)):
        with pytest.raises(SignInError, match="could not sign in") as refused:
            sign(batch_id, name, password)
        assert password not in str(refused.value)
    change_password(steward, PASSWORD, "another long password")
    with pytest.raises(SignInError):
        sign(batch_id, steward)
    with pytest.raises(SecondStewardNeededError):
        sign(batch_id, steward, "another long password")
    with pytest.raises(WrongUseError, match="a name is never given again"):
        add_steward(stopped, PASSWORD)
    assert {row.name: row.stopped_at is None for row in list_stewards()} == {
        steward: True,
        stopped: False,
    }


def test_a_name_that_is_none_is_refused(register: Register) -> None:
    for name in ("", "x", "Lan", "lan-pham", 'a"; DROP ROLE motlan_steward; --'):
        with pytest.raises(WrongUseError, match="A steward's name is"):
            add_steward(name, PASSWORD)


def test_a_short_password_is_refused(register: Register) -> None:
    with pytest.raises(WrongUseError, match="at least 12 characters"):
        add_steward("lan", "too short")


ROUND_THE_SIGNATURES = (
    "UPDATE sync.batch SET state = 'published', published_at = now() WHERE state = 'parked'",
    "UPDATE sync.batch SET state = 'judged' WHERE state = 'parked'",
    "UPDATE sync.batch SET batch_key = 'x' WHERE state = 'parked'",
    "INSERT INTO sync.release_signature (parking_id, batch_id, batch_key, counts, steward,"
    " reason) SELECT parking_id, batch_id, batch_key, counts, 'me', 'me' FROM sync.waiting",
    "SELECT sync.sign_release(batch_id, parking_id, 'because') FROM sync.waiting",
    "SET ROLE motlan_signing",
    "UPDATE sync.parking SET causes = '{deletes}'",
    "ALTER TABLE sync.batch DISABLE TRIGGER batch_goes_forward",
)


def test_the_pipeline_alone_releases_nothing(register: Register, warehouse: Any) -> None:
    park(register)
    for statement in ROUND_THE_SIGNATURES:
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            warehouse.connect("pipeline") as connection,
        ):
            connection.execute(statement)


def test_an_overtaken_batch_does_not_come_back(register: Register, warehouse: Any) -> None:
    batch_id = park(register)
    with warehouse.connect("pipeline") as connection:
        connection.execute("UPDATE sync.batch SET state = 'overtaken' WHERE state = 'parked'")
    with pytest.raises(MotlanError, match="is overtaken; only a parked batch is released"):
        release_batch(batch_id)
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="from overtaken to judged"),
        warehouse.connect("pipeline") as connection,
    ):
        connection.execute("UPDATE sync.batch SET state = 'judged' WHERE state = 'overtaken'")


def test_who_takes_another_name_after_the_login_signs_as_nobody(
    register: Register, hire: Callable[[], str]
) -> None:
    batch_id = park(register)
    steward = hire()
    parking = find_waiting(batch_id).parking_id
    with psycopg.connect(register.owner_url) as connection:
        connection.execute(f"SET SESSION AUTHORIZATION motlan_steward_{steward}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="no steward is signed in"):
            connection.execute("SELECT sync.sign_release(%s, %s, 'because')", (batch_id, parking))


def test_not_even_the_owner_changes_what_was_signed(
    register: Register, hire: Callable[[], str]
) -> None:
    batch_id = park(register)
    with pytest.raises(SecondStewardNeededError):
        sign(batch_id, hire())
    changes = ("DELETE FROM {}", "UPDATE {} SET counts = '{{}}'", "TRUNCATE {} CASCADE")
    for table, change in product(("sync.parking", "sync.release_signature"), changes):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="is only ever added to"):
            register.rows(change.format(table))


def test_signatures_are_void_once_another_version_is_published(
    register: Register, hire: Callable[[], str]
) -> None:
    batch_id = park(register)
    first, second = hire(), hire()
    sign_by_both(batch_id, first, second)
    register.fill(2)
    register.run("UPDATE xe.o_to SET bien_so = 'X', luc = '2025-07-01 12:00' WHERE ma = 'C003'")
    register.sync()
    with pytest.raises(MotlanError, match="is overtaken; only a parked batch"):
        release_batch(batch_id)
    with pytest.raises(WrongUseError, match="is overtaken; only a parked batch waits"):
        find_waiting(batch_id)


def test_a_parked_batch_is_not_released_over_a_newer_version(
    register: Register, hire: Callable[[], str]
) -> None:
    batch_id = park(register)
    first = hire()
    register.run_as_owner("UPDATE sync.stream SET batch_key = 'of another version'")
    assert [(row.batch_id, row.current) for row in list_waiting()] == [(batch_id, False)]
    with pytest.raises(StaleWriterError, match="signatures are void"):
        sign(batch_id, first)
    with pytest.raises(StaleWriterError, match="has moved on since"):
        release_batch(batch_id)
    assert len(register.standard()) == 4


def test_what_was_shown_and_is_overtaken_by_another_parked_batch_is_not_signed(
    register: Register, hire: Callable[[], str]
) -> None:
    shown = find_waiting(park(register))
    register.run("DELETE FROM xe.o_to WHERE ma = 'C003'")
    with pytest.raises(BatchParkedError):
        register.sync()
    with pytest.raises(WrongUseError, match="is not what was shown any more"):
        sign_release(shown, hire(), PASSWORD, WHY)
    with pytest.raises(MotlanError, match="is overtaken; only a parked batch is released"):
        release_batch(shown.batch_id)


def test_a_batch_that_would_do_something_else_than_was_signed_is_parked_anew(
    register: Register, hire: Callable[[], str]
) -> None:
    batch_id = park(register)
    first, second = hire(), hire()
    sign_by_both(batch_id, first, second)
    before = register.digest()
    register.rows(
        f'DELETE FROM stage."vehicle__car__b{batch_id}" WHERE record_id = %s RETURNING 1', "C003"
    )
    register.rows(
        f'INSERT INTO stage."vehicle__car__b{batch_id}" SELECT * FROM'
        f' stage."vehicle__car__b{batch_id}" RETURNING 1'
    )
    with pytest.raises(BatchParkedError, match="would delete 3 rows"):
        release_batch(batch_id)
    assert register.digest() == before
    waiting = find_waiting(batch_id)
    assert (waiting.signed_by, waiting.counts["ended"]) == ([], 3)
    with pytest.raises(WarehouseRefusedError, match="InsufficientPrivilege"):
        release_batch(batch_id)
    assert register.digest() == before
    with pytest.raises(WrongUseError, match="to 500 characters"):
        sign_release(waiting, first, PASSWORD, " ")


def test_a_release_takes_the_stream_from_a_run_under_way(
    register: Register, hire: Callable[[], str]
) -> None:
    batch_id = park(register)
    under_way = register.prepare()
    sign_by_both(batch_id, hire(), hire())
    outcome = release_batch(batch_id)
    assert release_batch(batch_id) == outcome
    with pytest.raises(StaleWriterError):
        publish_batch(under_way)
    assert list(register.standard()) == ["C003", "C004"]
    assert take_stream(CAR).batch_key == register.batch(batch_id)["batch_key"]


def test_a_first_batch_over_its_quarantine_bound_is_released(
    register: Register, hire: Callable[[], str]
) -> None:
    register.write_contract(TIGHT)
    register.fill(3)
    register.run("UPDATE xe.o_to SET bien_so = NULL WHERE ma <> 'C001'")
    batch_id = register.prepare()
    with pytest.raises(BatchParkedError):
        publish_batch(batch_id)
    assert find_waiting(batch_id).causes == ["quarantine"]
    sign_by_both(batch_id, hire(), hire())
    assert counts(release_batch(batch_id)) == (3, 1, 0, 0, 2, 0)
    assert [row["record_id"] for row in register.quarantine()] == ["C002", "C003"]


def test_what_is_no_bound_is_never_released(
    register: Register, hire: Callable[[], str], warehouse: Any
) -> None:
    batch_id = park(register)
    steward = hire()
    for cause, advice in CAUSES.items():
        if advice.releasable:
            continue
        with warehouse.connect("pipeline") as connection:
            connection.execute(
                "INSERT INTO sync.parking (batch_id, causes, reason, counts)"
                " VALUES (%s, %s, 'because', '{}')",
                (batch_id, ["deletes", cause]),
            )
        with pytest.raises(WrongUseError, match="can never be released") as refused:
            sign(batch_id, steward)
        assert advice.means in str(refused.value)
    with pytest.raises(BatchParkedError, match="would delete"):
        release_batch(batch_id)


def test_a_snapshot_below_its_floor_waits_and_is_never_released(
    register: Register, hire: Callable[[], str]
) -> None:
    register.fill(3)
    register.sync()
    register.run("TRUNCATE xe.o_to")
    with pytest.raises(GateFailedError):
        register.prepare()
    (waiting,) = list_waiting()
    assert (waiting.causes, waiting.releasable) == (["gate"], False)
    with pytest.raises(WrongUseError, match="can never be released"):
        sign(waiting.batch_id, hire())


def test_drift_and_a_lost_stream_leave_nothing_to_release(register: Register) -> None:
    register.fill(3)
    batch_id = register.prepare()
    take_stream(CAR)
    with pytest.raises(StaleWriterError):
        publish_batch(batch_id)
    with pytest.raises(MotlanError, match="is judged; only a parked batch is released"):
        release_batch(batch_id)
    register.run("ALTER TABLE xe.o_to DROP COLUMN chu_xe")
    with pytest.raises(SchemaDriftError):
        register.land()
    assert list_waiting() == []


def test_the_database_and_the_code_agree_on_what_can_be_released(
    register: Register, warehouse: Any
) -> None:
    batch_id = park(register)
    with warehouse.connect("pipeline") as connection:
        for cause in CAUSES:
            found = connection.execute(
                "INSERT INTO sync.parking (batch_id, causes, reason, counts)"
                " VALUES (%s, %s, 'because', '{}') RETURNING releasable",
                (batch_id, [cause]),
            ).fetchone()
            assert found == (is_releasable([cause]),)


def test_the_password_is_kept_as_a_verifier_alone(
    register: Register, hire: Callable[[], str]
) -> None:
    hire()
    (row,) = register.rows(
        "SELECT rolpassword, rolsuper, rolinherit FROM pg_authid WHERE rolname ="
        " (SELECT login FROM sync.steward)"
    )
    assert row["rolpassword"].startswith("SCRAM-SHA-256$")
    assert not row["rolsuper"]


def test_a_login_that_gave_no_password_signs_as_nobody(register: Register) -> None:
    """The shared login of the stewards' pages has a password, and is no steward."""
    batch_id = park(register)
    url = make_url(get_settings().warehouse_url("steward")).render_as_string(hide_password=False)
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        psycopg.connect(libpq_url(url)) as connection,
    ):
        connection.execute("SELECT sync.sign_release(%s, 1, 'because')", (batch_id,))
