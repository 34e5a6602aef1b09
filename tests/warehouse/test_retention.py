"""What outlives its time is deleted; what anybody still needs is not, however old it is.

Time passes by telling the duty a later one; nothing in the ledger is doctored.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from connectors.land import plan_batch
from expectations.judge import judge_batch
from hub.contract import get_contract
from hub.errors import BatchParkedError, LandingError, WrongUseError
from hub.retention import DUTIES
from warehouse.landing import DELETED, MANIFEST, LandedBatch
from warehouse.landing_retention import LandingZone
from warehouse.ledger import apply_contract, move_batch, take_stream
from warehouse.maintenance import run_duty
from warehouse.publish import publish_batch
from warehouse.quarantine import open_row
from warehouse.sealing import SealingKeys, rotate_keys

from ..pipeline.conftest import CAR, PASSWORD, Register

NO_PIN = (
    "{type: sql, name: V-1, dimension: accuracy, severity: error, mustBe: 0,"
    ' query: "SELECT COUNT(*) FROM {object} WHERE keeper_pin IS NULL"}'
)


def later(**words: float) -> datetime:
    """A time from now on."""
    return datetime.now(UTC) + timedelta(**words)


def files_of(url: str) -> list[str]:
    """The files of a batch's folder; none where there is no folder."""
    return sorted(path.name for path in Path(url).glob("*"))


def publish(register: Register) -> str:
    """A batch without a suite, which costs a second and plays no part here; its URL."""
    batch_id = register.land()
    move_batch(batch_id, "judged")
    publish_batch(batch_id)
    return str(register.batch(batch_id)["landed_url"])


def two_versions(register: Register) -> tuple[str, str]:
    """Two cars of which one has changed since; the URLs of both batches."""
    register.put("A")
    register.put("B")
    first = publish(register)
    register.put("A", at="11:00", bien_so="14A-9")
    return first, publish(register)


def test_a_replaced_version_goes_after_its_retention_and_its_files_with_the_last_version(
    register: Register,
) -> None:
    first, second = two_versions(register)
    landed = files_of(first)

    assert run_duty("versions", later(days=3649)) == {"row_versions": 0}
    assert run_duty("versions", later(days=3651)) == {"row_versions": 1}
    assert register.history("record_id") == []
    assert sorted(register.standard()) == ["A", "B"]

    kept = run_duty("landing", later(days=3651))
    assert (kept["kept_for_rows"], kept["files"]) == (2, 0), "B is as the first batch brought it"
    assert files_of(first) == landed
    register.put("B", at="12:00", bien_so="14A-8")
    publish(register)
    run_duty("versions", later(days=3651))
    dropped = run_duty("landing", later(days=3651))
    assert (dropped["batches"], dropped["files"]) == (1, 1)
    assert dropped["bytes"] > 0
    assert files_of(first) == [DELETED, MANIFEST]
    assert len(files_of(second)) == 2
    with pytest.raises(LandingError, match="were deleted when their time was over"):
        LandedBatch.open(first).read_row(0, 0)
    assert run_duty("landing", later(days=3651))["files"] == 0


def test_a_version_that_the_golden_records_may_state_waits_for_their_next_build(
    register: Register,
) -> None:
    two_versions(register)
    build = "INSERT INTO golden.build (started_at, finished_at) VALUES (%s, %s)"
    with psycopg.connect(register.owner_url) as owner:
        owner.execute(build, (later(days=-1), later(days=-1)))
    assert run_duty("versions", later(days=3651)) == {"row_versions": 0}
    with psycopg.connect(register.owner_url) as owner:
        owner.execute(build, (later(days=2), later(days=2)))
    assert run_duty("versions", later(days=3651)) == {"row_versions": 1}


def test_a_contract_and_a_setting_say_how_long(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_versions(register)
    monkeypatch.setenv("MOTLAN_KEEP_RECORDS", "never")
    assert run_duty("versions", later(days=9999)) == {"row_versions": 0}
    text = register.contract_path.read_text(encoding="utf-8")
    said = text.replace("unit: h}]", "unit: h}, {property: retention, value: 30, unit: d}]")
    register.contract_path.write_text(said, encoding="utf-8")
    assert run_duty("versions", later(days=31)) == {"row_versions": 1}


def test_a_deletion_that_was_killed_is_finished_by_the_next_run(register: Register) -> None:
    first, _ = two_versions(register)
    register.put("B", at="12:00", bien_so="14A-8")
    publish(register)
    run_duty("versions", later(days=3651))
    zone = LandingZone()
    folder = next(item for item in zone.list_folders() if first.endswith(item.place))
    zone.mark_deleted(folder, later(days=3651))  # and here it died
    assert len(files_of(first)) == 3
    assert run_duty("landing", later(days=3651))["files"] == 1
    assert files_of(first) == [DELETED, MANIFEST]


def test_a_parked_batch_and_a_row_that_waits_keep_their_files_whatever_their_age(
    register: Register,
) -> None:
    register.write_contract(rules=NO_PIN)
    register.put("A")
    register.put("B", so_dinh_danh="022190000017")
    first = register.sync()
    assert [row["record_id"] for row in register.quarantine()] == ["A"]
    register.run("DELETE FROM xe.o_to")
    batch_id = register.land()
    with pytest.raises(BatchParkedError):
        judge_batch(batch_id)
    urls = [register.batch(number)["landed_url"] for number in (first.batch_id, batch_id)]
    before = [files_of(url) for url in urls]
    for duty in DUTIES:
        run_duty(duty, later(days=9999))
    assert register.batch(batch_id)["state"] == "parked"
    assert [files_of(url) for url in urls] == before
    assert register.rows(
        "SELECT 1 FROM pg_tables WHERE schemaname = 'stage' AND tablename = %s",
        f"vehicle__car__b{batch_id}",
    ), "a parked batch keeps its rows for the release"


def test_what_a_run_that_died_left_is_cleared_once_the_stream_has_a_new_holder(
    register: Register,
) -> None:
    register.put("A")
    apply_contract(get_contract("vehicle"))
    planned = plan_batch(CAR)
    assert planned is not None
    url = register.batch(planned[0])["landed_url"]
    Path(url).mkdir(parents=True)
    (Path(url) / "chunk-000000-1.parquet").write_bytes(b"half")

    assert run_duty("batches", later(days=3))["dead_batches"] == 0, "its run may be tried again"
    take_stream(CAR)
    assert run_duty("batches", later(days=1))["dead_batches"] == 0
    assert run_duty("landing", later(days=3))["folders"] == 0
    assert run_duty("batches", later(days=3)) == {"dead_batches": 1, "stage_tables": 1}
    assert register.batch(planned[0])["state"] == "overtaken"
    cleared = run_duty("landing", later(days=3))
    assert (cleared["folders"], cleared["files"], cleared["bytes"]) == (1, 1, 4)
    assert not Path(url).exists()


def test_files_of_an_attempt_that_another_replaced_go_and_unknown_folders_stay(
    register: Register, home: Path
) -> None:
    register.put("A")
    url = Path(publish(register))
    landed = files_of(str(url))
    (url / "chunk-000000-0.parquet").write_bytes(b"lost")
    stranger = home / "landing" / CAR / "20250101T000000-0123456789ab"
    stranger.mkdir()
    (stranger / MANIFEST).write_text("{}", encoding="utf-8")
    (home / "landing" / "notes").mkdir()
    assert run_duty("landing", later(days=1))["files"] == 0, "a worker may still write it"
    cleared = run_duty("landing", later(days=3))
    assert (cleared["files"], cleared["bytes"], cleared["unknown_folders"]) == (1, 4, 1)
    assert files_of(str(url)) == landed
    assert (stranger / MANIFEST).exists()
    assert (home / "landing" / "notes").exists()


def test_a_row_that_left_the_quarantine_is_emptied_and_its_facts_stay(
    register: Register, hire: Callable[[], str]
) -> None:
    register.write_contract(rules=NO_PIN)
    register.put("A")
    register.sync()
    register.put("A", at="11:00", so_dinh_danh="022190000017")
    publish(register)
    assert run_duty("quarantine", later(days=89)) == {"quarantined_rows": 0}
    assert run_duty("quarantine", later(days=91)) == {"quarantined_rows": 1}
    assert run_duty("quarantine", later(days=91)) == {"quarantined_rows": 0}
    (row,) = register.quarantine()
    assert (bytes(row["raw_row"]), row["state"], row["rule_ids"]) == (b"", "resolved", ["V-1"])
    with pytest.raises(WrongUseError, match="was deleted when its time was over"):
        open_row(row["quarantine_id"], hire(), PASSWORD, "asked by the owner")


def test_keys_are_rotated_by_age_rows_sealed_anew_and_old_keys_go_when_nothing_needs_them(
    register: Register, home: Path
) -> None:
    keys = home / "keys" / "landing.json"
    first = SealingKeys.read(keys).current
    register.write_contract(rules=NO_PIN)
    register.put("A")
    register.put("B", so_dinh_danh="022190000017")
    url = register.batch(register.sync().batch_id)["landed_url"]

    assert run_duty("keys", later(days=89))["rotated"] == 0
    done = run_duty("keys", later(days=91))
    second = SealingKeys.read(keys).current
    expected = {"rotated": 1, "resealed_rows": 1, "rows_without_key": 0}
    assert done == {**expected, "removed_keys": 0, "keys": 2}
    assert second != first
    (row,) = register.quarantine()
    assert bytes(row["raw_row"])[5 : 5 + len(second)].decode() == second
    assert LandedBatch.open(url).read_row(0, 0)["ma"] == "A"

    assert run_duty("keys", later(days=80)) == {
        **dict.fromkeys(expected, 0),
        **{"removed_keys": 0, "keys": 2},
    }, "the landed file still needs the first key"
    Path(url, files_of(url)[0]).unlink()
    assert run_duty("keys", later(days=20))["removed_keys"] == 0, "replaced a short time ago"
    assert run_duty("keys", later(days=80))["removed_keys"] == 1
    assert list(SealingKeys.read(keys).keys) == [second]


def test_a_row_whose_key_is_lost_is_counted_and_stops_nothing(
    register: Register, home: Path
) -> None:
    register.write_contract(rules=NO_PIN)
    register.put("A")
    register.put("B", so_dinh_danh="022190000017")
    register.sync()
    path = home / "keys" / "landing.json"
    new = rotate_keys(path)
    held: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    held["keys"] = {new: held["keys"][new]}
    path.write_text(json.dumps(held), encoding="utf-8")
    done = run_duty("keys")
    assert (done["rows_without_key"], done["resealed_rows"], done["keys"]) == (1, 0, 1)


def test_every_duty_may_run_where_nothing_was_synchronised_yet(register: Register) -> None:
    apply_contract(get_contract("vehicle"))
    done = {duty: run_duty(duty) for duty in DUTIES}
    assert done["keys"].pop("keys") == 1
    assert {number for numbers in done.values() for number in numbers.values()} == {0}
