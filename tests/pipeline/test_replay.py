"""Rows of the quarantine: listed without a value, opened under a name, judged again."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from cli.quarantine import replay_rows
from connectors.replay import land_replay
from expectations.judge import judge_batch
from hub.errors import (
    BatchParkedError,
    LandingError,
    MotlanError,
    SecondStewardNeededError,
    SignInError,
    StaleWriterError,
    WrongUseError,
)
from standardisation.batch import standardise_batch
from warehouse.landing import LandedBatch
from warehouse.publish import BatchOutcome, publish_batch, release_batch
from warehouse.quarantine import Chosen, list_rows, open_row
from warehouse.release import list_waiting, sign_release

from .conftest import CAR, INCREMENTAL, PASSWORD, SNAPSHOT, Register, call, counts

CANARY = "Canary Thị Ẩn"


def rule(name: str, ending: str) -> str:
    """A blocking rule: no plate number ends so."""
    return (
        f"{{type: sql, name: {name}, dimension: accuracy, severity: error, mustBe: 0,"
        f" query: \"SELECT COUNT(*) FROM {{object}} WHERE plate_number LIKE '%{ending}'\"}}"
    )


ODD, EVEN = rule("V-ODD", "ODD"), rule("V-EVEN", "EVEN")


def quarantine(register: Register, sync: str = SNAPSHOT) -> BatchOutcome:
    """Publish C1, and quarantine C2 (odd) and C3 (even)."""
    register.write_contract(sync, rules=f"{ODD}, {EVEN}")
    register.put("C1")
    register.put("C2", bien_so="14A-ODD", chu_xe=CANARY)
    register.put("C3", bien_so="14A-EVEN", xoa=False)
    return register.sync()


def waiting(register: Register) -> dict[str, str]:
    """Record id -> state, of every row that is or was in quarantine."""
    return {row["record_id"]: row["state"] for row in register.quarantine()}


def is_balanced(register: Register) -> bool:
    (row,) = register.rows(
        "SELECT bool_and(read = accepted + unchanged + superseded + quarantined) AS balanced"
        " FROM sync.batch WHERE state = 'published'"
    )
    return bool(row["balanced"])


def test_after_a_rule_is_mended_its_rows_pass_and_count_once(register: Register) -> None:
    quarantine(register)
    before = register.stream()
    register.write_contract(rules=EVEN)
    (outcome,) = replay_rows(Chosen())
    assert counts(outcome) == (2, 1, 0, 0, 1, 0)
    assert waiting(register) == {"C2": "resolved", "C3": "open"}
    assert register.standard("plate_number", "keeper_name")["C2"] == ("14A-ODD", CANARY)
    batch = register.batch(outcome.batch_id)
    assert (batch["mode"], batch["state"], batch["predecessor"]) == (
        *("replay", "published"),
        before["batch_key"],
    )
    after = register.stream()
    assert (after["cursor"], after["as_of"]) == (before["cursor"], before["as_of"])
    assert (after["row_count"], after["batch_key"]) == (2, batch["batch_key"])
    assert is_balanced(register)
    assert register.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'stage'") == []
    assert counts(register.sync()) == (3, 0, 2, 0, 1, 0)
    assert register.history("record_id") == []


def test_a_replay_that_mends_nothing_changes_nothing_however_often(register: Register) -> None:
    unproven = SNAPSHOT.replace("completeness: keys", "completeness: none")
    quarantine(register, unproven)
    register.add("C4", bien_so="ONE")
    register.add("C4", bien_so="OTHER")
    register.add(" ", bien_so=None)
    register.sync()
    held = (register.digest(), register.quarantine(), register.stream())
    for _ in range(2):
        (outcome,) = replay_rows(Chosen())
        assert (outcome.state, outcome.read) == ("overtaken", 4)
        assert "no replayed row passes" in register.batch(outcome.batch_id)["reason"]
        assert (register.digest(), register.quarantine(), register.stream()) == held
    assert register.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'stage'") == []


def test_replaying_twice_is_replaying_once(register: Register) -> None:
    quarantine(register)
    register.write_contract()
    (outcome,) = replay_rows(Chosen())
    assert counts(outcome) == (2, 2, 0, 0, 0, 0)
    held = (register.digest(), register.quarantine(), register.stream())
    assert replay_rows(Chosen()) == []
    assert (register.digest(), register.quarantine(), register.stream()) == held


def test_a_rule_or_a_row_is_replayed_alone(register: Register) -> None:
    quarantine(register)
    register.write_contract()
    assert replay_rows(Chosen(source="ferry")) == []
    (outcome,) = replay_rows(Chosen(source="vehicle", dataset="car", rule="V-ODD"))
    assert counts(outcome) == (1, 1, 0, 0, 0, 0)
    assert waiting(register) == {"C2": "resolved", "C3": "open"}
    (last,) = list_rows(Chosen())
    (outcome,) = replay_rows(Chosen(ids=(last.quarantine_id,)))
    assert counts(outcome) == (1, 1, 0, 0, 0, 0)
    assert list(register.standard()) == ["C1", "C2", "C3"]


def test_a_row_that_breaks_another_rule_today_says_so_and_is_as_old_as_before(
    register: Register,
) -> None:
    quarantine(register)
    since = {row["record_id"]: row["created_at"] for row in register.quarantine()}
    register.write_contract(rules=f"{rule('V-NEW', 'D')}, {EVEN}")
    (outcome,) = replay_rows(Chosen())
    assert counts(outcome) == (2, 0, 0, 0, 2, 0)
    assert {row.record_id: row.rule_ids for row in list_rows(Chosen())} == {
        "C2": ["V-NEW"],
        "C3": ["V-EVEN"],
    }
    assert {row["record_id"]: row["created_at"] for row in register.quarantine()} == since
    assert is_balanced(register)


def test_a_row_that_its_source_has_corrected_is_not_written_over_by_the_raw_one(
    register: Register,
) -> None:
    quarantine(register)
    register.put("C2", "11:00", bien_so="14A-GOOD")
    register.write_contract(rules=EVEN)
    batch_id = land_replay(CAR, Chosen(rule="V-ODD"))
    assert batch_id is not None
    standardise_batch(batch_id)
    judge_batch(batch_id)
    newer = register.prepare()
    with pytest.raises(StaleWriterError):
        publish_batch(batch_id)
    publish_batch(newer)
    with pytest.raises(MotlanError, match="is overtaken"):
        publish_batch(batch_id)
    assert register.standard("plate_number")["C2"] == ("14A-GOOD",)
    assert waiting(register) == {"C2": "resolved", "C3": "open"}
    assert replay_rows(Chosen(rule="V-ODD")) == []
    assert register.history("record_id") == []


def test_a_replay_that_would_alter_too_much_is_parked_and_two_stewards_release_it(
    register: Register, hire: Callable[[], str]
) -> None:
    tight = SNAPSHOT.replace("}", ", brakeChanges: {rows: 1, percent: 0}}")
    register.write_contract(tight, rules=ODD)
    register.fill(3)
    register.sync()
    register.run("UPDATE xe.o_to SET bien_so = 'ODD', luc = '2025-07-01 11:00' WHERE ma < 'C003'")
    register.sync()
    before = register.digest()
    register.write_contract(tight)
    with pytest.raises(BatchParkedError, match="would alter 2 rows, more than its bound of 1"):
        replay_rows(Chosen())
    assert (register.digest(), set(waiting(register).values())) == (before, {"open"})
    (parked,) = list_waiting()
    with pytest.raises(SecondStewardNeededError):
        sign_release(parked, hire(), PASSWORD, "because")
    sign_release(parked, hire(), PASSWORD, "because")
    assert counts(release_batch(parked.batch_id)) == (2, 2, 0, 0, 0, 0)
    assert waiting(register) == {"C001": "resolved", "C002": "resolved"}
    assert register.history("record_id", "plate_number") == [("C001", "14A-1"), ("C002", "14A-2")]


def test_a_raw_row_older_than_the_published_version_is_superseded_and_resolved(
    register: Register,
) -> None:
    register.write_contract(INCREMENTAL, rules=ODD)
    register.put("C1", "11:00", bien_so="14A-NEW")
    register.put("C2", "11:00")
    register.sync()
    register.run("DELETE FROM xe.o_to")
    register.add("C1", "10:50", bien_so="14A-ODD")
    register.sync()
    assert waiting(register) == {"C1": "open"}
    register.write_contract(INCREMENTAL)
    (outcome,) = replay_rows(Chosen())
    assert counts(outcome) == (1, 0, 0, 1, 0, 0)
    assert register.standard("plate_number")["C1"] == ("14A-NEW",)
    assert waiting(register) == {"C1": "resolved"}


def test_a_row_landed_before_a_column_was_promised_is_read_with_the_column_empty(
    register: Register,
) -> None:
    quarantine(register)
    register.write_contract(
        fields="      - {name: colour, physicalName: mau, logicalType: string}\n"
    )
    (outcome,) = replay_rows(Chosen())
    assert counts(outcome) == (2, 2, 0, 0, 0, 0)
    assert register.standard("plate_number", "colour")["C2"] == ("14A-ODD", None)


def test_what_is_replayed_is_what_was_landed(register: Register) -> None:
    first = quarantine(register)
    register.write_contract()
    (outcome,) = replay_rows(Chosen(rule="V-ODD"))
    landed, again = (
        LandedBatch.open(register.batch(batch_id)["landed_url"])
        for batch_id in (first.batch_id, outcome.batch_id)
    )
    originals = [row for row in landed.read_rows(0, range(3)) if row["ma"] == "C2"]
    assert again.read_rows(0, [0]) == originals


def test_the_list_names_key_rule_reason_and_owner_and_never_a_value(
    register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = quarantine(register)
    code, listed, _ = call(monkeypatch, capsys, "quarantine list --rule V-ODD")
    (row,) = listed["rows"]
    assert code == 0
    assert {key: row[key] for key in row if key not in ("quarantine_id", "created_at")} == {
        "stream": CAR,
        "record_id": "C2",
        "rule_id": "V-ODD",
        "rule_ids": ["V-ODD"],
        "reason_code": "RULE_BROKEN",
        "owner": "vehicle-desk",
        "state": "open",
        "first_batch_id": outcome.batch_id,
        "batch_id": outcome.batch_id,
        "resolved_by": None,
    }
    assert CANARY not in str(listed)
    assert call(monkeypatch, capsys, "quarantine list --state resolved")[1]["rows"] == []


def test_a_steward_opens_a_row_and_the_opening_is_kept(
    register: Register,
    hire: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    quarantine(register)
    (row,) = list_rows(Chosen(rule="V-ODD"))
    steward = hire()
    words = f"quarantine show {row.quarantine_id} --because asked --as {steward}"
    code, shown, _ = call(monkeypatch, capsys, words, PASSWORD)
    assert code == 0
    assert [landed["chu_xe"] for landed in shown["rows"]] == [CANARY]
    (opening,) = register.rows("SELECT * FROM quality.opening")
    assert (opening["steward"], opening["reason"]) == (steward, "asked")
    assert (opening["quarantine_id"], opening["record_id"]) == (row.quarantine_id, "C2")
    for change in ("DELETE FROM {}", "UPDATE {} SET steward = steward", "TRUNCATE {}"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only ever added to"):
            register.rows(change.format("quality.opening"))


def test_nobody_else_opens_a_row(register: Register, hire: Callable[[], str]) -> None:
    quarantine(register)
    (row,) = list_rows(Chosen(rule="V-ODD"))
    steward = hire()
    with pytest.raises(SignInError):
        open_row(row.quarantine_id, steward, "another password", "because")
    with pytest.raises(WrongUseError, match="There is no quarantined row 999"):
        open_row(999, steward, PASSWORD, "because")
    with pytest.raises(WrongUseError, match="3 to 500 characters"):
        open_row(row.quarantine_id, steward, PASSWORD, "")
    assert register.rows("SELECT * FROM quality.opening") == []


def test_a_row_is_given_only_to_who_opened_it_and_only_after_that_is_kept(
    register: Register, hire: Callable[[], str], warehouse: Any
) -> None:
    quarantine(register)
    (row,) = list_rows(Chosen(rule="V-ODD"))
    one, other = hire(), hire()

    def login(name: str) -> psycopg.Connection:
        at = psycopg.conninfo.conninfo_to_dict(warehouse.url())
        return psycopg.connect(**{**at, "user": f"motlan_steward_{name}", "password": PASSWORD})

    read = "SELECT record_id FROM quality.read_opened(%s)"
    with login(one) as connection, login(other) as another:
        (opening,) = connection.execute(
            "SELECT quality.record_opening(%s, 'because')", (row.quarantine_id,)
        ).fetchone() or (None,)
        assert connection.execute(read, (opening,)).fetchall() == []
        connection.commit()
        assert connection.execute(read, (opening,)).fetchall() == [("C2",)]
        assert another.execute(read, (opening,)).fetchall() == []


def test_without_its_key_a_row_is_not_opened_and_the_error_holds_no_value(
    register: Register, hire: Callable[[], str], home: Any
) -> None:
    quarantine(register)
    (row,) = list_rows(Chosen(rule="V-ODD"))
    (home / "keys" / "landing.json").rename(home / "keys" / "gone.json")
    with pytest.raises(LandingError) as refused:
        open_row(row.quarantine_id, hire(), PASSWORD, "because")
    assert CANARY not in str(refused.value)
    register.write_contract()
    held = (register.digest(), register.quarantine())
    with pytest.raises(LandingError) as refused:
        replay_rows(Chosen())
    assert CANARY not in str(refused.value)
    assert (register.digest(), register.quarantine()) == held
