"""Rows that were changed within a time are read again; the live cursor and missing rows stay."""

from datetime import UTC, datetime

import pytest

from connectors.base import Asked
from hub.errors import WrongUseError

from .conftest import INCREMENTAL, SNAPSHOT, Register, call, counts


def local(hour: int) -> datetime:
    """An hour of 1 July 2025 at the source."""
    return datetime(2025, 7, 1, hour - 7, tzinfo=UTC)


BACKFILL = Asked("backfill", (local(9), local(11)))


def test_a_backfill_merges_by_version_and_never_moves_the_cursor(register: Register) -> None:
    register.write_contract(INCREMENTAL)
    for car, at in (("C1", "08:00"), ("C2", "09:00"), ("C3", "10:00"), ("C4", "14:00")):
        register.put(car, at)
    register.sync()
    before = register.stream()
    register.put("C3", "10:30", bien_so="14A-LATE")
    register.put("C5", "10:30")
    register.put("C6", "11:00")  # the end is not of the time
    register.run("DELETE FROM xe.o_to WHERE ma = 'C2'")
    outcome = register.sync(BACKFILL)
    assert counts(outcome) == (2, 2, 0, 0, 0, 0)
    assert list(register.standard()) == ["C1", "C2", "C3", "C4", "C5"]
    assert register.standard("plate_number")["C3"] == ("14A-LATE",)
    after = register.stream()
    assert (after["cursor"], after["as_of"]) == (before["cursor"], before["as_of"])
    assert after["row_count"] == 5
    assert register.batch(outcome.batch_id)["mode"] == "backfill"
    assert counts(register.sync(BACKFILL)) == (2, 0, 2, 0, 0, 0)
    assert counts(register.sync()) == (1, 0, 1, 0, 0, 0)  # the live run goes on where it was


def test_a_source_of_snapshots_without_a_clock_is_told_what_to_run_instead(
    register: Register,
) -> None:
    register.write_contract(SNAPSHOT.replace("cursor: updated_at, ", ""))
    with pytest.raises(WrongUseError, match="run `motlan sync vehicle --full`"):
        register.land(BACKFILL)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--backfill 2025-07-02 2025-07-01", "swap them"),
        ("--backfill 2025-07-01 2025-07-01", "swap them"),
        ("--backfill yesterday 2025-07-01", "'yesterday' is no time; write 2026-07-01"),
        ("--backfill 2025-07-01 2025-07-02 --full", "Ask for one of --full, --reconcile"),
        ("--reconcile --full", "Ask for one of --full, --reconcile and --backfill"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(
    register: Register,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: str,
    said: str,
) -> None:
    code, answer, _ = call(monkeypatch, capsys, f"sync vehicle {words}")
    assert (code, answer["state"]) == (2, "failed")
    assert said in answer["error"]


def test_the_command_reads_days_as_the_source_does(
    register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    register.write_contract(INCREMENTAL)
    register.put("C1", "00:30")  # still 30 June in UTC
    register.put("C2", "12:00")
    register.sync()
    code, answer, _ = call(
        monkeypatch, capsys, "sync vehicle --backfill 2025-07-01 2025-07-01T06:00"
    )
    assert (code, [item["read"] for item in answer["outcomes"]]) == (0, [1])
