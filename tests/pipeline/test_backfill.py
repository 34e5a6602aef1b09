"""Rows that were changed within a time are read again; the live cursor and missing rows stay."""

from datetime import UTC, datetime
from typing import Any

import pytest

from cli.sync import read_asked
from connectors.base import Asked
from connectors.land import refuse_unreadable
from hub.contract import get_contract
from hub.errors import WrongUseError

from .conftest import INCREMENTAL, Register, counts


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


def ask(**options: Any) -> Asked:
    """What `motlan sync population` is asked for with these options."""
    usual = {"full": False, "reconcile": False, "backfill": (), "dry": False}
    return read_asked("population", **{**usual, **options})


def test_days_begin_as_they_do_at_the_source() -> None:
    asked = ask(backfill=("2025-07-01", "2025-07-01T06:00Z"), dry=True)
    begin = datetime(2025, 6, 30, 17, tzinfo=UTC)
    assert asked == Asked("backfill", (begin, datetime(2025, 7, 1, 6, tzinfo=UTC)), dry=True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"backfill": ("2025-07-02", "2025-07-01")}, "swap them"),
        ({"backfill": ("2025-07-01", "2025-07-01")}, "swap them"),
        ({"backfill": ("yesterday", "2025-07-01")}, "'yesterday' is no time; write 2026-07-01"),
        ({"backfill": ("2025-07-01", "2025-07-02"), "full": True}, "Ask for one of --full"),
        ({"reconcile": True, "full": True}, "Ask for one of --full, --reconcile and --backfill"),
    ],
)
def test_what_cannot_be_asked_for_is_wrong_use(options: dict[str, Any], said: str) -> None:
    with pytest.raises(WrongUseError, match=said) as refused:
        ask(**options)
    assert refused.value.exit_code == 2


def test_a_source_of_files_without_a_clock_is_told_what_to_run_instead() -> None:
    contract = get_contract("land_registry")
    with pytest.raises(WrongUseError, match="run `motlan sync land_registry --full`"):
        refuse_unreadable(contract, contract.get_dataset("parcel"), BACKFILL)
