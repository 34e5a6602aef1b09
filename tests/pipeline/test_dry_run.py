"""A dry run tells the difference before it is published, and leaves nothing behind."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cli.pipeline import preview_stream
from connectors.base import Asked
from connectors.land import plan_batch
from hub.errors import MotlanError
from hub.settings import get_settings
from warehouse.ledger import set_aside
from warehouse.publish import publish_batch

from .conftest import CAR, INCREMENTAL, SNAPSHOT, Register, call, counts

DRY = Asked(dry=True)


def landed_files() -> list[Path]:
    zone = Path(urlsplit(get_settings().landing_url).path)
    return sorted(path for path in zone.rglob("*") if path.is_file())


def change(register: Register) -> None:
    """Of ten published cars, some are changed in every way there is."""
    register.write_contract(SNAPSHOT.replace("}", ", brakeDeletes: {rows: 1, percent: 0}}"))
    register.fill(10)
    register.sync()
    register.put("C001", "12:00", bien_so="14A-NEW")
    register.put("C002", "09:00", bien_so="14A-OLD")
    register.put("C003", "12:00", bien_so=None)
    register.add("C006", "09:00", bien_so="14A-OLDER")
    register.put("C011", "12:00")
    register.run("DELETE FROM xe.o_to WHERE ma IN ('C004', 'C005')")


def test_every_kind_of_change_is_told_by_key_and_the_brake_too_and_nothing_stays(
    register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    change(register)
    before = (register.digest(), register.stream(), landed_files())
    (fence,) = register.rows("SELECT fence FROM sync.stream")
    code, answer, _ = call(monkeypatch, capsys, "sync vehicle --dry-run")
    (outcome,) = answer["outcomes"]
    (stopped,) = outcome.pop("stopped_by")
    assert (code, answer["state"]) == (0, "dry")
    assert outcome == {
        **{"stream": CAR, "mode": "snapshot", "read": 10, "register": 10},
        **{"new": 1, "altered": 2, "ended": 2, "unchanged": 5, "superseded": 1, "quarantined": 1},
        "rules": {"vehicle.car.plate_number.required": 1},
        "keys": {
            "new": ["C011"],
            "altered": ["C001", "C002"],
            "ended": ["C004", "C005"],
            "superseded": ["C006"],
            "quarantined": ["C003"],
        },
    }
    assert "would delete 2 rows, more than its bound of 1" in stopped
    assert "and take 1 rows back to an older version than is published" in stopped
    assert (register.digest(), register.stream(), landed_files()) == before
    assert register.rows("SELECT fence FROM sync.stream") == [fence]
    assert register.quarantine() == []
    assert register.rows("SELECT 1 FROM sync.parking") == []
    assert register.rows("SELECT relname FROM pg_class WHERE relnamespace = 'stage'::regnamespace"
                         " AND relname LIKE 'vehicle%%'") == []  # fmt: skip
    (left,) = register.rows("SELECT state, reason FROM sync.batch WHERE fence = 0")
    assert left == {"state": "overtaken", "reason": "dry run"}


def test_a_run_under_way_goes_on_and_its_publish_leaves_the_dry_one_alone(
    register: Register,
) -> None:
    register.write_contract(INCREMENTAL)
    register.fill(3)
    register.sync()
    register.put("C004", "12:00")
    under_way = register.prepare()
    planned = plan_batch(CAR, DRY)
    assert planned is not None
    assert publish_batch(under_way).accepted == 1
    assert register.batch(planned[0])["state"] == "landing"
    with pytest.raises(MotlanError, match="is of a dry run; it is never published"):
        publish_batch(planned[0])
    set_aside(planned[0], "dry run")
    assert counts(register.sync()) == (1, 0, 1, 0, 0, 0)


def test_a_gate_that_would_fail_is_told_and_parks_nothing(register: Register) -> None:
    register.fill(3)
    register.sync()
    register.run("DELETE FROM xe.o_to")
    preview = preview_stream(CAR, DRY)
    assert preview is not None
    assert [line.partition("; ")[2] for line in preview.stopped_by] == [
        "an empty snapshot deletes nothing. Ask the source's owner, then sync again."
    ]
    assert register.rows("SELECT state FROM sync.batch WHERE fence = 0") == [{"state": "overtaken"}]
    assert register.rows("SELECT 1 FROM sync.parking") == []
