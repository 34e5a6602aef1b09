"""From the source to `standard`: what is published, kept, ended, stopped and counted."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from threading import Thread
from typing import Any

import psycopg
import pytest

from connectors.base import Asked
from connectors.land import plan_batch
from hub.errors import (
    BatchParkedError,
    GateFailedError,
    SecondStewardNeededError,
    StaleWriterError,
)
from warehouse.ledger import take_stream
from warehouse.publish import BatchOutcome, publish_batch, release_batch
from warehouse.release import find_waiting, sign_release

from .conftest import CAR, INCREMENTAL, PASSWORD, SNAPSHOT, Register, counts

TIGHT = SNAPSHOT.replace(
    "}", ", brakeDeletes: {rows: 1, percent: 0}, brakeChanges: {rows: 1, percent: 0}}"
)


def at(hour: int, minute: int = 0) -> datetime:
    """That local time of the day on which everything here happens, in UTC."""
    return datetime(2025, 7, 1, hour - 7, minute, tzinfo=UTC)


def test_the_first_sync_publishes_every_row_and_balances(register: Register) -> None:
    register.put("C1", so_dinh_danh="022085001234")
    register.put("C2", chu_xe="  trần  thị HOÀ ", ngay=None)
    outcome = register.sync()
    assert counts(outcome) == (2, 2, 0, 0, 0, 0)
    assert outcome.state == "published"
    assert register.standard(
        "plate_number", "keeper_name", "keeper_name_key", "keeper_pin", "registered_date"
    ) == {
        "C1": ("14A-C1", "Nguyễn Văn C1", "nguien van c1", "022085001234", date(2020, 2, 29)),
        "C2": ("14A-C2", "trần thị HOÀ", "tran thi hoa", None, None),
    }
    assert register.standard("valid_from", "source_version", "batch_id", "failed_rules") == {
        "C1": (at(10), at(10), outcome.batch_id, []),
        "C2": (at(10), at(10), outcome.batch_id, []),
    }
    assert register.history("record_id") == []
    stream = register.stream()
    assert stream["cursor"] == {"since": "2025-07-01T10:00:00+07:00"}
    assert stream["row_count"] == 2
    assert stream["batch_key"] == register.batch(outcome.batch_id)["batch_key"]
    assert register.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'stage'") == []


def test_a_second_sync_alters_nothing(register: Register) -> None:
    register.fill(5)
    register.sync()
    before = register.rows("SELECT * FROM standard.vehicle__car ORDER BY record_id")
    assert counts(register.sync()) == (5, 0, 5, 0, 0, 0)
    assert register.rows("SELECT * FROM standard.vehicle__car ORDER BY record_id") == before
    assert register.history("record_id") == []


def test_a_changed_row_keeps_its_old_version_with_the_owners_time_and_the_hubs(
    register: Register,
) -> None:
    register.put("C1")
    first = register.sync()
    recorded = register.standard("recorded_at")["C1"][0]
    register.put("C1", "11:30", bien_so="14A-NEW")
    second = register.sync()
    assert counts(second) == (1, 1, 0, 0, 0, 0)
    assert register.standard("plate_number", "valid_from", "batch_id") == {
        "C1": ("14A-NEW", at(11, 30), second.batch_id)
    }
    kept = register.history(
        "record_id", "plate_number", "valid_from", "valid_to", "batch_id", "replaced_by"
    )
    assert kept == [("C1", "14A-C1", at(10), at(11, 30), first.batch_id, second.batch_id)]
    assert register.history("recorded_at", "replaced_at") == [
        (recorded, register.standard("recorded_at")["C1"][0])
    ]


def test_a_row_gone_from_a_complete_snapshot_ends_and_stays_in_history(register: Register) -> None:
    register.fill(3)
    first = register.sync()
    register.run("DELETE FROM xe.o_to WHERE ma = 'C002'")
    second = register.sync()
    assert counts(second) == (2, 0, 2, 0, 0, 1)
    assert list(register.standard()) == ["C001", "C003"]
    as_of = register.stream()["as_of"]
    assert register.history("record_id", "valid_from", "valid_to", "batch_id", "replaced_by") == [
        ("C002", at(10), as_of, first.batch_id, second.batch_id)
    ]
    assert register.stream()["row_count"] == 2


def test_values_that_go_there_and_back_are_published_each_time(register: Register) -> None:
    for minute, plate in enumerate(("A", "B", "A")):
        register.put("C1", f"10:0{minute}", bien_so=plate)
        assert counts(register.sync()) == (1, 1, 0, 0, 0, 0)
        assert register.standard("plate_number") == {"C1": (plate,)}
    assert register.history("plate_number", "valid_from", "valid_to") == [
        ("A", at(10), at(10, 1)),
        ("B", at(10, 1), at(10, 2)),
    ]
    assert len({row["batch_key"] for row in register.rows("SELECT * FROM sync.batch")}) == 3


def test_publishing_the_same_batch_twice_is_the_same_as_once(register: Register) -> None:
    register.fill(2)
    batch_id = register.prepare()
    first = publish_batch(batch_id)
    before, digest = register.batch(batch_id), register.digest()
    assert publish_batch(batch_id) == first
    assert (register.batch(batch_id), register.digest()) == (before, digest)


def test_two_copies_of_a_task_that_publish_at_once_both_find_it_published(
    register: Register,
) -> None:
    register.fill(2)
    batch_id = register.prepare()
    found: list[Any] = []

    def publish() -> None:
        try:
            found.append(publish_batch(batch_id))
        except Exception as error:
            found.append(error)

    with psycopg.connect(register.owner_url) as holder:
        holder.execute("SELECT 1 FROM sync.stream WHERE name = %s FOR UPDATE", (CAR,))
        copies = [Thread(target=publish) for _ in range(2)]
        for copy in copies:
            copy.start()
        while _waiting(register) < 2:
            assert any(copy.is_alive() for copy in copies), found
    for copy in copies:
        copy.join(10)
    assert [outcome.state for outcome in found] == ["published", "published"]
    assert found[0] == found[1]
    assert len(register.standard()) == 2


def _waiting(register: Register) -> int:
    query = "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    return int(register.rows(query + " AND datname = current_database()")[0]["n"])


def test_a_run_that_lost_its_stream_writes_nothing(register: Register) -> None:
    register.put("C1")
    register.sync()
    register.put("C1", "11:00", bien_so="14A-STALE")
    batch_id = register.prepare()
    take_stream(CAR)
    digest, stream = register.digest(), register.stream()
    with pytest.raises(StaleWriterError, match=f"Another run has taken {CAR} since batch"):
        publish_batch(batch_id)
    assert (register.digest(), register.stream()) == (digest, stream)
    assert register.batch(batch_id)["state"] == "judged"
    assert counts(register.sync()) == (1, 1, 0, 0, 0, 0)
    assert register.batch(batch_id)["state"] == "overtaken"
    assert "by batch" in register.batch(batch_id)["reason"]


@pytest.mark.parametrize(
    ("what", "statement"),
    [
        ("delete 2 rows", "DELETE FROM xe.o_to WHERE ma IN ('C001', 'C002')"),
        (
            "alter 2 rows",
            "UPDATE xe.o_to SET bien_so = 'X', luc = '2025-07-01 12:00' WHERE ma < 'C003'",
        ),
    ],
)
def test_a_mass_change_is_parked_and_the_next_good_batch_overtakes_it(
    register: Register, what: str, statement: str
) -> None:
    register.write_contract(TIGHT)
    register.fill(4)
    register.sync()
    digest, stream = register.digest(), register.stream()
    register.run("CREATE TABLE xe.kept AS SELECT * FROM xe.o_to")
    register.run(statement)
    batch_id = register.prepare()
    with pytest.raises(BatchParkedError, match=f"would {what}, more than its bound of 1"):
        publish_batch(batch_id)
    parked = register.batch(batch_id)
    assert (parked["state"], parked["published_at"]) == ("parked", None)
    assert what in parked["reason"]
    assert (register.digest(), register.stream()) == (digest, stream)
    register.run("TRUNCATE xe.o_to; INSERT INTO xe.o_to SELECT * FROM xe.kept")
    register.put("C001", "12:00", bien_so="14A-ONE")
    good = register.sync()
    assert counts(good) == (4, 1, 3, 0, 0, 0)
    overtaken = register.batch(batch_id)
    assert overtaken["state"] == "overtaken"
    assert overtaken["reason"].startswith(f"by batch {good.batch_id}; ")
    assert register.stream()["as_of"] > stream["as_of"]
    assert register.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'stage'") == []


def test_as_many_changes_as_the_bound_allows_pass(register: Register) -> None:
    register.write_contract(TIGHT)
    register.fill(4)
    register.sync()
    register.run("DELETE FROM xe.o_to WHERE ma = 'C004'")
    register.put("C001", "12:00", bien_so="14A-ONE")
    assert counts(register.sync()) == (3, 1, 2, 0, 0, 1)


def test_an_empty_snapshot_deletes_nothing(register: Register) -> None:
    register.fill(3)
    register.sync()
    digest, stream = register.digest(), register.stream()
    register.run("TRUNCATE xe.o_to")
    with pytest.raises(GateFailedError, match="holds 0 rows, its contract promises at least 1"):
        register.prepare()
    assert (register.digest(), register.stream()) == (digest, stream)
    (parked,) = register.rows("SELECT * FROM sync.batch WHERE state <> 'published'")
    assert (parked["state"], parked["read"]) == ("parked", 0)


def test_a_snapshot_of_tombstones_alone_deletes_nothing(register: Register) -> None:
    register.write_contract(
        "{mode: snapshot, cursor: updated_at, deletes: snapshot, tombstone: is_deleted,"
        " completeness: keys}"
    )
    register.fill(3)
    register.sync()
    digest = register.digest()
    register.run("UPDATE xe.o_to SET xoa = true, luc = '2025-07-01 12:00'")
    with pytest.raises(GateFailedError, match="holds 0 rows"):
        register.prepare()
    assert register.digest() == digest


def test_more_quarantine_than_the_bound_parks_even_the_first_batch(register: Register) -> None:
    register.write_contract(SNAPSHOT.replace("}", ", quarantine: {rows: 1, percent: 0}}"))
    register.fill(3)
    register.run("UPDATE xe.o_to SET bien_so = NULL WHERE ma <> 'C001'")
    batch_id = register.prepare()
    with pytest.raises(BatchParkedError, match="would put in quarantine 2 rows, more than its"):
        publish_batch(batch_id)
    assert register.standard() == {}
    assert register.quarantine() == []
    assert register.stream()["batch_key"] == ""


def test_of_the_rows_of_one_key_the_newest_wins(register: Register) -> None:
    register.write_contract(INCREMENTAL)
    register.add("C1", "10:00", bien_so="OLD")
    register.add("C1", "11:00", bien_so="NEW")
    register.add("C1", "10:30", bien_so="BETWEEN")
    assert counts(register.sync()) == (3, 1, 0, 2, 0, 0)
    assert register.standard("plate_number") == {"C1": ("NEW",)}


def test_the_same_row_twice_is_accepted_once(register: Register) -> None:
    register.write_contract(INCREMENTAL)
    register.add("C1")
    register.add("C1")
    assert counts(register.sync()) == (2, 1, 0, 1, 0, 0)


def test_an_older_row_never_stands_in_for_a_newer_one_that_is_in_quarantine(
    register: Register,
) -> None:
    register.write_contract(INCREMENTAL)
    register.add("C1", "10:00", bien_so="OLD")
    register.add("C1", "11:00", bien_so=None)
    assert counts(register.sync()) == (2, 0, 0, 1, 1, 0)
    assert register.standard() == {}
    assert [row["record_id"] for row in register.quarantine()] == ["C1"]


def test_one_key_and_version_with_two_contents_goes_to_quarantine_with_both(
    register: Register,
) -> None:
    register.write_contract(INCREMENTAL)
    register.put("C2")
    register.add("C1", bien_so="ONE")
    register.add("C1", bien_so="OTHER")
    assert counts(register.sync()) == (3, 1, 0, 0, 2, 0)
    assert list(register.standard()) == ["C2"]
    (result,) = register.rows(
        "SELECT criterion, severity, total, passed FROM quality.rule_result"
        " WHERE rule_id = 'VERSION_REUSED'"
    )
    assert tuple(result.values()) == ("sach", "error", 2, 1)
    (row,) = register.quarantine()
    assert (row["record_id"], row["rule_id"], row["reason_code"], row["rule_ids"]) == (
        "C1",
        "VERSION_REUSED",
        "VERSION_REUSED",
        ["VERSION_REUSED"],
    )


def test_a_key_that_stands_twice_in_a_whole_table_stops_nothing_but_itself(
    register: Register,
) -> None:
    register.put("C2")
    register.add("C1", bien_so="ONE")
    register.add("C1", bien_so="OTHER")
    register.add("C3")
    register.add("C3")
    assert counts(register.sync()) == (5, 2, 0, 1, 2, 0)
    assert list(register.standard()) == ["C2", "C3"]
    assert [row["rule_id"] for row in register.quarantine()] == ["VERSION_REUSED"]


def test_an_older_version_than_the_published_one_is_superseded(register: Register) -> None:
    """Nothing proves that the source holds it now: it may be a late copy."""
    register.write_contract(SNAPSHOT.replace("completeness: keys", "completeness: none"))
    register.put("C1", "11:00", bien_so="NEW")
    register.sync()
    register.put("C1", "10:00", bien_so="OLD")
    assert counts(register.sync()) == (1, 0, 0, 1, 0, 0)
    assert register.standard("plate_number") == {"C1": ("NEW",)}


def test_a_version_that_a_later_batch_uses_again_is_published_and_loses_nothing(
    register: Register,
) -> None:
    """A source whose clock has whole seconds, or was set back, changes a row twice in one (F15)."""
    register.write_contract(INCREMENTAL)
    register.put("C1", "10:00", bien_so="FIRST")
    register.sync()
    register.put("C1", "10:00", bien_so="SECOND")
    assert counts(register.sync()) == (1, 1, 0, 0, 0, 0)
    assert register.standard("plate_number") == {"C1": ("SECOND",)}
    assert register.history("plate_number") == [("FIRST",)]


def test_a_row_committed_late_under_the_cursor_arrives(register: Register) -> None:
    register.write_contract(INCREMENTAL)
    register.put("C1", "11:00")
    register.sync()
    with psycopg.connect(register.source_url) as late:
        late.execute(
            "INSERT INTO xe.o_to (ma, bien_so, luc) VALUES ('C2', 'LATE', '2025-07-01 11:50')"
        )
        register.put("C3", "12:00")
        assert counts(register.sync()) == (2, 1, 1, 0, 0, 0)
        assert register.stream()["cursor"] == {"since": "2025-07-01T12:00:00+07:00"}
        assert "C2" not in register.standard()
    assert counts(register.sync()) == (2, 1, 1, 0, 0, 0)
    assert register.standard("plate_number")["C2"] == ("LATE",)
    assert register.stream()["cursor"] == {"since": "2025-07-01T12:00:00+07:00"}


@pytest.mark.parametrize("sync", [SNAPSHOT, INCREMENTAL])
def test_rows_of_one_moment_are_all_published(register: Register, sync: str) -> None:
    register.write_contract(sync)
    register.fill(10)
    assert counts(register.sync()) == (10, 10, 0, 0, 0, 0)
    register.run("UPDATE xe.o_to SET bien_so = 'X' || ma, luc = '2025-07-01 12:00'")
    assert counts(register.sync()) == (10, 10, 0, 0, 0, 0)
    assert counts(register.sync()) == (10, 0, 10, 0, 0, 0)


def test_tombstones_end_rows_and_one_of_an_unknown_row_changes_nothing(register: Register) -> None:
    register.write_contract(INCREMENTAL)
    register.put("C1")
    register.put("C2", "09:00")
    register.sync()
    register.put("C1", "12:00", xoa=True)
    register.put("C9", "12:00", xoa=True)
    outcome = register.sync()
    assert counts(outcome) == (2, 1, 1, 0, 0, 1)
    assert list(register.standard()) == ["C2"]
    assert register.history("record_id", "valid_to") == [("C1", at(12))]
    assert counts(register.sync()) == (2, 0, 2, 0, 0, 0)


def test_a_changed_verdict_on_an_unchanged_row_is_published(register: Register) -> None:
    once = (
        "{type: sql, name: V-ONE, dimension: accuracy, severity: warning, mustBe: 0,"
        " query: \"SELECT COUNT(*) FROM {object} WHERE plate_number LIKE '14A%'\"}"
    )
    register.fill(2)
    register.sync()
    register.write_contract(rules=once)
    second = register.sync()
    assert counts(second) == (2, 0, 2, 0, 0, 0)
    assert register.standard("failed_rules") == {"C001": (["V-ONE"],), "C002": (["V-ONE"],)}
    (result,) = register.rows(
        "SELECT total, passed FROM quality.rule_result WHERE rule_id = 'V-ONE' AND batch_id = %s",
        second.batch_id,
    )
    assert (result["total"], result["passed"]) == (2, 0)
    register.write_contract()
    register.sync()
    assert register.standard("failed_rules") == {"C001": ([],), "C002": ([],)}
    assert register.history("record_id") == []


def restore(register: Register) -> BatchOutcome:
    """Publish two changes of four cars; then let the owner restore what it held before them."""
    register.fill(4)
    register.sync()
    register.run("CREATE TABLE xe.kept AS SELECT * FROM xe.o_to")
    register.put("C001", "12:00", bien_so="14A-ONE")
    register.put("C002", "12:00", bien_so="14A-2", chu_xe="Trần Thị Hoà")
    published = register.sync()
    assert counts(published)[:3] == (4, 1, 3)
    register.run("TRUNCATE xe.o_to; INSERT INTO xe.o_to SELECT * FROM xe.kept")
    return published


@pytest.mark.parametrize("asked", [Asked("full"), Asked("reconcile")])
def test_rows_that_went_back_at_their_owner_park_the_batch_and_two_stewards_take_them_back(
    register: Register, hire: Callable[[], str], asked: Asked
) -> None:
    register.write_contract(SNAPSHOT.replace("deletes: snapshot", "deletes: none"))
    restore(register)
    digest, stream = register.digest(), register.stream()
    batch_id = register.prepare(asked)
    with pytest.raises(BatchParkedError, match="take 2 rows back to an older version") as parked:
        publish_batch(batch_id)
    assert parked.value.causes == ("went_back",)
    assert "restores a backup" in str(parked.value)
    assert (register.digest(), register.stream()) == (digest, stream)

    waiting = find_waiting(batch_id)
    assert (waiting.releasable, waiting.counts["went_back"]) == (True, 2)
    with pytest.raises(SecondStewardNeededError):
        sign_release(waiting, hire(), PASSWORD, "restored on Tuesday")
    sign_release(waiting, hire(), PASSWORD, "restored on Tuesday")
    released = release_batch(batch_id)
    unchanged = 2 if asked.mode == "full" else 0
    assert counts(released) == (2 + unchanged, 2, unchanged, 0, 0, 0)
    as_of = register.batch(batch_id)["source_as_of"]
    assert register.standard("plate_number", "source_version", "valid_from") == {
        "C001": ("14A-1", at(10), as_of),
        "C002": ("14A-2", at(10), as_of),
        "C003": ("14A-3", at(10), at(10)),
        "C004": ("14A-4", at(10), at(10)),
    }
    assert register.history("record_id", "plate_number", "valid_from", "valid_to") == [
        ("C001", "14A-1", at(10), at(12)),
        ("C001", "14A-ONE", at(12), as_of),
        ("C002", "14A-2", at(10), as_of),
    ]
    assert plan_batch(CAR, Asked("reconcile")) is None


def test_a_tombstone_older_than_the_published_row_parks_what_was_read_whole(
    register: Register,
) -> None:
    register.write_contract(
        SNAPSHOT.replace("deletes: snapshot", "deletes: tombstone, tombstone: is_deleted")
    )
    register.fill(2)
    register.sync()
    register.put("C001", "09:00", xoa=True)
    with pytest.raises(BatchParkedError, match="take 1 rows back") as parked:
        register.sync()
    assert parked.value.causes == ("went_back",)
    assert list(register.standard()) == ["C001", "C002"]
