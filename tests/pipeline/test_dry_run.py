"""A dry run tells the difference before it is published, and leaves nothing behind."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from cli.pipeline import preview_stream
from connectors.base import Asked
from connectors.land import plan_batch
from hub.contract import get_contract
from hub.errors import CircuitOpenError, MotlanError, SchemaDriftError
from hub.settings import get_settings
from warehouse.circuit import count_failures
from warehouse.ledger import apply_contract, set_aside
from warehouse.publish import publish_batch

from .conftest import CAR, INCREMENTAL, SNAPSHOT, Register, call, counts

DRY = Asked(dry=True)


def landed_files() -> list[Path]:
    zone = Path(urlsplit(get_settings().landing_url).path)
    return sorted(path for path in zone.rglob("*") if path.is_file())


def tables(register: Register) -> dict[str, list[Any]]:
    """Every row of the warehouse's tables of runs, of quality and on their way, by table."""
    named = register.rows(
        "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
        " WHERE schemaname IN ('sync', 'quality', 'stage') ORDER BY name"
    )
    every = "SELECT to_jsonb(t) AS row FROM {} AS t ORDER BY t::text"
    return {row["name"]: register.rows(every.format(row["name"])) for row in named}


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
    count_failures("vehicle", 3, "It was down.")
    before = (register.digest(), landed_files(), tables(register))
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
    left = tables(register)
    line = left["sync.batch"].pop()["row"]
    assert (register.digest(), landed_files(), left) == before
    assert (line["fence"], line["state"], line["reason"]) == (0, "overtaken", "dry run")


def test_a_dry_run_tries_no_source_again_and_keeps_to_an_open_circuit(register: Register) -> None:
    change(register)
    count_failures("vehicle", 5, "It was down.")
    with pytest.raises(CircuitOpenError, match="It was down"):
        preview_stream(CAR, DRY)
    register.run_as_owner("UPDATE sync.circuit SET open_until = now() - interval '1 second'")
    circuit = tables(register)["sync.circuit"]
    assert preview_stream(CAR, DRY) is not None
    register.run("ALTER TABLE xe.o_to DROP COLUMN chu_xe")
    with pytest.raises(SchemaDriftError):
        preview_stream(CAR, DRY)
    assert tables(register)["sync.circuit"] == circuit


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


def test_keys_that_may_tell_a_citizen_are_masked(
    register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    register.write_contract()
    path = register.contract_path
    told = path.read_text().replace("classification: internal", "classification: identifier")
    path.write_text(told)
    apply_contract(get_contract("vehicle"))
    register.put("022085001234")
    code, answer, said = call(monkeypatch, capsys, "sync vehicle --dry-run")
    assert (code, answer["outcomes"][0]["keys"]) == (0, {"new": ["•••••••••234"]})
    assert "022085001234" not in str(answer) + said
