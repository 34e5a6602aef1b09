"""`motlan maintenance run`: every duty, one of them, none of that name, and one that fails."""

import errno
import json
from pathlib import Path

import pytest

from hub.contract import get_contract
from hub.retention import DUTIES
from warehouse import key_rotation
from warehouse.ledger import apply_contract

from ..pipeline.conftest import Register, call


def test_every_duty_is_done_and_told_and_one_that_fails_holds_back_no_other(
    register: Register,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    apply_contract(get_contract("vehicle"))
    code, said, _ = call(monkeypatch, capsys, "maintenance run")
    assert (code, said["state"]) == (0, "done")
    assert list(said["duties"]) == sorted([*DUTIES, "tell"])
    code, said, _ = call(monkeypatch, capsys, "maintenance run --only runs")
    assert (code, said["duties"]) == (0, {"runs": {"runs": 0}})
    code, said, _ = call(monkeypatch, capsys, "maintenance run --only run")
    assert (code, "there are freshness, " in said["error"]) == (2, True)

    path = home / "keys" / "landing.json"
    held = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**held, "made": {}}), encoding="utf-8")
    monkeypatch.setattr(key_rotation, "rotate_keys", refuse)
    code, said, told = call(monkeypatch, capsys, "maintenance run")
    assert (code, said["state"]) == (1, "failed")
    assert "cannot be written here (Permission denied)" in said["error"]
    assert "Maintenance: runs" in told, "what comes after the keys is done all the same"


def refuse(path: Path) -> None:
    """What a key file on a read-only volume does; to root no file is read-only."""
    raise PermissionError(errno.EACCES, "Permission denied")
