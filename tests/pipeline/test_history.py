"""A register is read as it was valid at a time, and as the hub knew it at another, in one call."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hub.contract import get_contract
from warehouse.history import read_as_of

from .conftest import INCREMENTAL, Register

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")


def at(hour: int, minute: int = 0) -> datetime:
    """A time of the owner's day on which everything happens."""
    return datetime(2025, 7, 1, hour, minute, tzinfo=LOCAL)


def plates(valid_at: datetime, known_at: datetime | None = None) -> dict[str, str]:
    """Car -> plate number, as valid and as known then."""
    dataset = get_contract("vehicle").get_dataset("car")
    return {row["car_id"]: row["plate_number"] for row in read_as_of(dataset, valid_at, known_at)}


def now(register: Register) -> datetime:
    """The warehouse's own time, after what was recorded so far."""
    (row,) = register.rows("SELECT clock_timestamp() AS now")
    found: datetime = row["now"]
    return found


@pytest.fixture
def told(register: Register) -> dict[str, Any]:
    """A day of changes, ends and a late correction; the hub's own times between them."""
    register.write_contract(INCREMENTAL)
    register.put("C1", "09:00", bien_so="FIRST")
    register.put("C2", "09:30", bien_so="OTHER")
    register.sync()
    morning = now(register)
    register.put("C1", "12:00", bien_so="SECOND")
    register.put("C2", "12:05", xoa=True)
    register.sync()
    noon = now(register)
    register.put("C1", "12:10", bien_so="MENDED")
    register.put("C3", "11:55", bien_so="LATE")
    register.sync()
    return {"morning": morning, "noon": noon}


def test_a_register_is_as_it_was_valid(told: Any) -> None:
    assert plates(at(8)) == {}
    assert plates(at(9)) == {"C1": "FIRST"}
    assert plates(at(11)) == {"C1": "FIRST", "C2": "OTHER"}
    assert plates(at(11, 59)) == {"C1": "FIRST", "C2": "OTHER", "C3": "LATE"}
    assert plates(at(12)) == {"C1": "SECOND", "C2": "OTHER", "C3": "LATE"}
    assert plates(at(12, 5)) == {"C1": "SECOND", "C3": "LATE"}
    assert plates(at(13)) == {"C1": "MENDED", "C3": "LATE"}


def test_a_register_is_as_the_hub_knew_it_then(told: Any) -> None:
    assert plates(at(13), told["morning"]) == {"C1": "FIRST", "C2": "OTHER"}
    assert plates(at(13), told["noon"]) == {"C1": "SECOND"}
    assert plates(at(11, 59), told["noon"]) == {"C1": "FIRST", "C2": "OTHER"}
    assert plates(at(9), told["noon"]) == {"C1": "FIRST"}
    assert plates(at(13), told["morning"] - timedelta(hours=1)) == {}


def test_today_is_what_is_published(register: Register, told: Any) -> None:
    published = {key: row[0] for key, row in register.standard("plate_number").items()}
    assert plates(now(register)) == published


def test_a_time_without_a_zone_is_refused(register: Register) -> None:
    with pytest.raises(ValueError, match="must say its time zone"):
        plates(datetime(2025, 7, 1, 9))  # noqa: DTZ001
