"""Rows that break a blocking rule: kept whole and sealed, counted once, let go when mended."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.base import Asked
from connectors.land import plan_batch
from hub.retention import Keep
from warehouse.key_rotation import renew_keys
from warehouse.landing import LandedBatch, read_keys, rotate_keys, unseal_bytes
from warehouse.sealing import remove_keys

from .conftest import CAR, INCREMENTAL, SNAPSHOT, Register, counts

CANARY = "Canary Thị Ẩn"
CANARY_PIN = "02208500123X"
WARNING = (
    "{type: sql, name: V-ODD, dimension: accuracy, severity: warning, mustBe: 0,"
    " query: \"SELECT COUNT(*) FROM {object} WHERE plate_number LIKE '%ODD'\"}"
)


def unseal(row: dict[str, Any]) -> Any:
    """What a quarantined row's envelope holds."""
    return json.loads(unseal_bytes(row["raw_row"], context=f"{CAR}|{row['record_id']}"))


def quality(register: Register, batch_id: int) -> tuple[int, int]:
    """(records, those that pass every rule) after a batch."""
    (row,) = register.rows("SELECT * FROM quality.batch_quality WHERE batch_id = %s", batch_id)
    return row["records"], row["records_passing_all"]


def test_a_row_that_cannot_be_read_is_quarantined_whole_with_its_reason_and_owner(
    register: Register,
) -> None:
    register.put("C1")
    register.put("C2", so_dinh_danh=CANARY_PIN, bien_so=None)
    outcome = register.sync()
    assert counts(outcome) == (2, 1, 0, 0, 1, 0)
    assert list(register.standard()) == ["C1"]
    (row,) = register.quarantine()
    found = {key: row[key] for key in row if key not in ("quarantine_id", "raw_row", "created_at")}
    assert found == {
        "stream": CAR,
        "batch_id": outcome.batch_id,
        "record_id": "C2",
        "rule_id": "vehicle.car.keeper_pin.readable",
        "rule_ids": ["vehicle.car.keeper_pin.readable", "vehicle.car.plate_number.required"],
        "reason_code": "UNREADABLE",
        "owner": "vehicle-desk",
        "source_partition": "",
        "source_version": datetime(2025, 7, 1, 3, tzinfo=UTC),
        "first_batch_id": outcome.batch_id,
        "state": "open",
        "resolved_by": None,
    }


def test_a_quarantined_row_is_sealed_and_unseals_to_the_landed_row(register: Register) -> None:
    register.put("C1", chu_xe=CANARY, so_dinh_danh=CANARY_PIN)
    outcome = register.sync()
    dump = register.rows("SELECT row_to_json(q)::text AS text FROM quality.quarantined_row AS q")
    (row,) = register.quarantine()
    for value in (CANARY, CANARY_PIN, "14A-C1"):
        assert value.encode().hex() not in dump[0]["text"]
        assert value not in dump[0]["text"]
        assert value.encode() not in bytes(row["raw_row"])
    landed = LandedBatch.open(register.batch(outcome.batch_id)["landed_url"])
    assert unseal(row) == [landed.read_row(0, 0)]
    assert unseal(row)[0]["chu_xe"] == CANARY


def test_rows_that_reuse_a_version_are_kept_both_in_one_envelope(register: Register) -> None:
    register.write_contract(INCREMENTAL)
    register.fill(4)
    register.add("C1", bien_so="ONE")
    register.add("C1", bien_so="OTHER")
    assert counts(register.sync()) == (6, 4, 0, 0, 2, 0)
    (row,) = register.quarantine()
    assert sorted(landed["bien_so"] for landed in unseal(row)) == ["ONE", "OTHER"]


def test_a_row_that_breaks_a_rule_keeps_its_last_good_version_published_and_counts_once(
    register: Register,
) -> None:
    register.write_contract(rules=WARNING)
    register.put("C1", bien_so="14A-ODD")
    register.put("C2")
    first = register.sync()
    assert quality(register, first.batch_id) == (2, 1)
    register.put("C1", "11:00", bien_so=None)
    second = register.sync()
    assert counts(second) == (2, 0, 1, 0, 1, 0)
    assert register.standard("plate_number")["C1"] == ("14A-ODD",)
    assert [(row["record_id"], row["state"]) for row in register.quarantine()] == [("C1", "open")]
    assert quality(register, second.batch_id) == (2, 1)
    results = register.rows(
        "SELECT rule_id, total, passed FROM quality.rule_result"
        " WHERE batch_id = %s AND (passed < total OR rule_id = 'V-ODD')",
        second.batch_id,
    )
    assert sorted((row["rule_id"], row["total"], row["passed"]) for row in results) == [
        ("V-ODD", 2, 2),
        ("vehicle.car.plate_number.required", 2, 1),
    ]


def test_a_row_that_its_owner_corrects_is_accepted_and_its_quarantine_resolved(
    register: Register,
) -> None:
    register.put("C1", bien_so=None)
    register.put("C2")
    register.sync()
    again = register.sync()
    assert counts(again) == (2, 0, 1, 0, 1, 0)
    (still,) = register.quarantine()
    assert (still["state"], still["batch_id"]) == ("open", again.batch_id)
    register.put("C1", "11:00")
    mended = register.sync()
    assert counts(mended) == (2, 1, 1, 0, 0, 0)
    assert register.standard("plate_number")["C1"] == ("14A-C1",)
    (row,) = register.quarantine()
    assert (row["state"], row["resolved_by"]) == ("resolved", mended.batch_id)
    assert quality(register, mended.batch_id) == (2, 2)


def test_a_quarantined_row_that_its_owner_removes_is_resolved(register: Register) -> None:
    register.put("C1", bien_so=None)
    register.put("C2")
    register.sync()
    register.run("DELETE FROM xe.o_to WHERE ma = 'C1'")
    outcome = register.sync()
    (row,) = register.quarantine()
    assert (row["state"], row["resolved_by"]) == ("resolved", outcome.batch_id)


def test_a_row_without_a_key_is_called_after_its_place_whatever_else_it_breaks(
    register: Register,
) -> None:
    register.write_contract(SNAPSHOT.replace("completeness: keys", "completeness: none"))
    register.add(" ", ngay="infinity", bien_so=None)
    register.add("C2", "11:00")
    outcome = register.sync()
    assert counts(outcome) == (2, 1, 0, 0, 1, 0)
    (row,) = register.quarantine()
    assert row["record_id"] == f"batch {outcome.batch_id} chunk 0 row 0"
    assert row["reason_code"] == "NO_KEY"
    assert sorted(row["rule_ids"]) == [
        "vehicle.car.key",
        "vehicle.car.plate_number.required",
        "vehicle.car.registered_date.readable",
    ]


def test_a_published_row_whose_new_version_is_quarantined_is_not_swept(register: Register) -> None:
    register.fill(2)
    register.sync()
    register.run("UPDATE xe.o_to SET bien_so = NULL, luc = '2025-07-01 12:00' WHERE ma = 'C001'")
    assert counts(register.sync()) == (2, 0, 1, 0, 1, 0)
    assert list(register.standard()) == ["C001", "C002"]


def test_a_row_whose_version_cannot_be_read_is_quarantined_beside_a_readable_one_of_its_key(
    register: Register,
) -> None:
    register.write_contract(SNAPSHOT.replace("completeness: keys", "completeness: none"))
    register.add("C1", bien_so="READ")
    register.add("C1", bien_so="LOST")
    register.run("UPDATE xe.o_to SET luc = 'infinity' WHERE bien_so = 'LOST'")
    outcome = register.sync()
    assert counts(outcome) == (2, 1, 0, 0, 1, 0)
    assert register.standard("plate_number") == {"C1": ("READ",)}
    (row,) = register.quarantine()
    assert (row["record_id"], row["reason_code"], row["rule_ids"]) == (
        "C1",
        "UNREADABLE",
        ["vehicle.car.updated_at.readable"],
    )
    assert [landed["bien_so"] for landed in unseal(row)] == ["LOST"]
    assert quality(register, outcome.batch_id) == (1, 0)


def test_a_tombstone_whose_version_cannot_be_read_ends_nothing(register: Register) -> None:
    register.write_contract(
        SNAPSHOT.replace("deletes: snapshot", "deletes: tombstone, tombstone: is_deleted")
    )
    register.fill(2)
    register.sync()
    register.run("UPDATE xe.o_to SET luc = 'infinity', xoa = true WHERE ma = 'C001'")
    assert counts(register.sync()) == (2, 0, 1, 0, 1, 0)
    assert list(register.standard()) == ["C001", "C002"]


def test_a_tombstone_without_a_key_is_quarantined_and_does_not_stop_its_stream(
    register: Register,
) -> None:
    register.write_contract(INCREMENTAL)
    register.put("C1")
    register.add(" ", xoa=True)
    assert counts(register.sync()) == (2, 1, 0, 0, 1, 0)
    (row,) = register.quarantine()
    assert (row["reason_code"], row["rule_ids"]) == ("NO_KEY", ["vehicle.car.key"])


def test_a_row_without_a_key_that_the_overlap_brings_again_waits_once_whatever_key_seals_it(
    register: Register, home: Path
) -> None:
    register.write_contract(INCREMENTAL)
    register.put("C1", "10:01")
    register.add(" ", bien_so="14A-KEYLESS")
    register.add(" ", bien_so="14A-KEYLESS")
    register.add(" ", bien_so="14A-ANOTHER")
    first = register.sync()
    assert counts(first) == (4, 1, 0, 0, 3, 0)
    known = [(row["record_id"], row["created_at"]) for row in register.quarantine()]
    assert len(known) == 2
    rotate_keys(home / "keys" / "landing.json")
    register.put("C1", "10:05")
    second = register.sync()
    assert counts(second) == (4, 0, 1, 0, 3, 0)
    renew_keys(Keep(*[None] * 7), datetime.now(UTC))
    remove_keys(home / "keys" / "landing.json", read_keys().keys)
    assert len(read_keys().keys) == 1
    third = register.sync()
    assert counts(third) == (4, 0, 1, 0, 3, 0)
    waiting = register.quarantine()
    assert [(row["record_id"], row["created_at"]) for row in waiting] == known
    assert {(row["first_batch_id"], row["batch_id"], row["state"]) for row in waiting} == {
        (first.batch_id, third.batch_id, "open")
    }
    assert [[raw["bien_so"] for raw in unseal(row)] for row in waiting] == [
        ["14A-KEYLESS"],
        ["14A-ANOTHER"],
    ]
    assert quality(register, third.batch_id) == (3, 1)


def test_a_row_without_a_key_waits_until_a_whole_register_no_longer_holds_it(
    register: Register,
) -> None:
    register.write_contract(INCREMENTAL.replace("completeness: none", "completeness: keys"))
    register.put("C1")
    register.add(" ", bien_so="14A-KEYLESS")
    first = register.sync()
    register.run("UPDATE xe.o_to SET ma = 'C2' WHERE ma = ' '")
    register.run("INSERT INTO xe.o_to SELECT ' ', '14A-NEW', chu_xe FROM xe.o_to WHERE ma = 'C1'")
    assert counts(register.sync()) == (2, 1, 1, 0, 0, 0)
    assert [row["state"] for row in register.quarantine()] == ["open"]
    whole = register.sync(full=True)
    assert counts(whole) == (3, 0, 2, 0, 1, 0)
    assert [
        (row["state"], row["first_batch_id"], row["batch_id"], row["resolved_by"])
        for row in register.quarantine()
    ] == [
        ("resolved", first.batch_id, first.batch_id, whole.batch_id),
        ("open", whole.batch_id, whole.batch_id, None),
    ]


def test_a_late_copy_of_a_row_says_nothing_of_the_newer_one_in_quarantine(
    register: Register,
) -> None:
    register.write_contract(INCREMENTAL)
    cars = ("C1", "C2", "C3")
    for car in cars:
        register.put(car)
    register.sync()
    for car in cars:
        register.put(car, "10:10", bien_so=None)
    register.sync()
    waiting = register.quarantine()
    assert [(row["record_id"], row["state"]) for row in waiting] == [(c, "open") for c in cars]
    register.put("C1", "10:05", bien_so="14A-LATE")
    register.put("C2", "10:05", bien_so=None, chu_xe="Another")
    register.put("C3", "10:05", xoa=True)
    assert counts(register.sync()) == (3, 2, 0, 0, 1, 1)
    assert register.quarantine() == waiting
    for car in cars:
        register.put(car, "10:10")
    mended = register.sync()
    assert {(row["state"], row["resolved_by"]) for row in register.quarantine()} == {
        ("resolved", mended.batch_id)
    }
    assert register.standard("plate_number") == {car: (f"14A-{car}",) for car in cars}


def test_an_older_row_of_a_whole_register_closes_the_quarantine_of_a_newer_one(
    register: Register,
) -> None:
    """What is read whole is the owner's present word: the newer row is no more."""
    register.fill(2)
    register.sync()
    register.put("C001", "11:00", bien_so=None)
    waits = register.sync()
    (row,) = register.quarantine()
    assert (row["first_batch_id"], row["batch_id"]) == (waits.batch_id, waits.batch_id)
    assert row["source_version"] == datetime(2025, 7, 1, 4, tzinfo=UTC)
    register.put("C001", bien_so="14A-1", chu_xe="Trần Thị Hoà")
    back = register.sync()
    assert counts(back) == (2, 0, 2, 0, 0, 0)
    (row,) = register.quarantine()
    assert (row["state"], row["resolved_by"]) == ("resolved", back.batch_id)


def test_without_a_version_nothing_replaces_or_ends_a_row_that_is_published_with_one(
    register: Register,
) -> None:
    """The contract does not require the cursor; nobody can say whether the row is newer."""
    register.write_contract(
        SNAPSHOT.replace("deletes: snapshot", "deletes: tombstone, tombstone: is_deleted")
    )
    register.fill(3)
    register.put("C004", luc=None)
    register.sync()
    register.put("C001", bien_so="14A-NEW", luc=None)
    register.put("C002", luc=None, xoa=True)
    register.put("C004", bien_so="14A-NEW", luc=None)
    outcome = register.sync()
    assert counts(outcome) == (4, 1, 1, 0, 2, 0)
    plates = {key: plate for key, (plate,) in register.standard("plate_number").items()}
    assert plates == {"C001": "14A-1", "C002": "14A-2", "C003": "14A-3", "C004": "14A-NEW"}
    rule = "vehicle.car.updated_at.required"
    assert [
        (row["record_id"], row["reason_code"], row["rule_ids"], row["source_version"])
        for row in register.quarantine()
    ] == [("C001", "MISSING", [rule], None), ("C002", "MISSING", [rule], None)]
    results = register.rows(
        "SELECT rule_id, criterion, total, passed FROM quality.rule_result"
        " WHERE batch_id = %s AND passed < total",
        outcome.batch_id,
    )
    assert [tuple(result.values()) for result in results] == [(rule, "du", 4, 2)]
    register.put("C002", "11:00", bien_so="14A-NEW")
    mended = register.sync()
    assert [row["resolved_by"] for row in register.quarantine()] == [None, mended.batch_id]
    assert register.standard("plate_number")["C002"] == ("14A-NEW",)
    assert plan_batch(CAR, Asked("reconcile")) is None  # C001 waits as its owner holds it
