"""The command's manners: one sentence for each failure, the right exit code, JSON for machines."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import TestWarehouse
from typer.testing import CliRunner

from cli import main as command
from cli.main import app, main
from hub.errors import BatchParkedError, ContractError, MotlanError, WarehouseOutdatedError
from warehouse.migrate import check, head_version

ROOT = Path(__file__).resolve().parents[2]
EVERY_COMMAND = (
    "up",
    "down",
    "status",
    "demo",
    "sync",
    "sync release",
    "steward add",
    "steward list",
    "steward stop",
    "steward password",
    "quarantine list",
    "quarantine show",
    "quarantine replay",
    "prepare",
    "province make",
    "province live",
    "province describe",
    "golden build",
    "contract lint",
    "contract apply",
    "contract diff",
    "env compose",
)


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a person does."""
    return subprocess.run(
        [sys.executable, "-c", "from cli.main import main; main()", *arguments],
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT)}
        | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def end_with(error: Exception, monkeypatch: pytest.MonkeyPatch) -> int:
    """Let the command meet an error and give its exit code."""

    def fail() -> None:
        raise error

    monkeypatch.setattr(command, "app", fail)
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize("words", EVERY_COMMAND)
def test_every_command_explains_itself_and_ends_with_json_when_asked(words: str) -> None:
    shown = CliRunner().invoke(app, [*words.split(), "--help"])
    assert shown.exit_code == 0
    assert "--json" in shown.stdout


@pytest.mark.parametrize(
    ("error", "code"),
    [(MotlanError("x"), 1), (ContractError("x"), 2), (BatchParkedError("x"), 3)],
)
def test_an_error_of_ours_is_its_sentence_and_its_exit_code(
    error: MotlanError,
    code: int,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert end_with(error, monkeypatch) == code
    assert capsys.readouterr().err.strip() == "✗ x"


def test_a_full_disk_is_one_sentence(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    full = OSError(errno.ENOSPC, "No space left on device", str(home / "province"))
    assert end_with(full, monkeypatch) == 1
    shown = capsys.readouterr().err.replace("\n", " ")
    assert "No disk space left at" in shown
    assert "set MOTLAN_HOME to another disk." in shown


def test_an_unforeseen_error_is_logged_without_its_values(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert end_with(ValueError("Nguyễn Văn Canary 022185000123"), monkeypatch) == 1
    logged = (home / "logs" / "motlan.log").read_text(encoding="utf-8")
    assert "ValueError" in logged
    assert "test_main.py" in logged
    assert "Canary" not in logged + capsys.readouterr().err


def test_wrong_use_exits_with_two() -> None:
    ended = run("sync")
    assert ended.returncode == 2
    assert "Missing argument" in ended.stderr


def test_a_home_where_nothing_has_run_says_how_to_begin(tmp_path: Path) -> None:
    ended = run("status", "--json", MOTLAN_HOME=str(tmp_path))
    assert ended.returncode == 0
    assert "`motlan up` starts everything" in json.loads(ended.stdout)["advice"]


def test_a_warehouse_of_an_older_schema_is_one_sentence(warehouse: TestWarehouse) -> None:
    with warehouse.connect() as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(WarehouseOutdatedError) as refused:
        check()
    assert str(refused.value) == (
        f"The warehouse has schema version 0001, this code needs {head_version()}; "
        "run `motlan up`, which migrates it."
    )


def test_a_warehouse_that_is_down_is_one_sentence(home: Path) -> None:
    nowhere = "postgresql://motlan:x@127.0.0.1:1/motlan"
    where = {"MOTLAN_HOME": str(home), "MOTLAN_WAREHOUSE_URL_PIPELINE": nowhere}
    ended = run("golden", "build", "--json", **where)
    assert ended.returncode == 1
    assert json.loads(ended.stdout)["state"] == "failed"
    assert len(ended.stderr.strip().splitlines()) == 1
    assert "start it with `motlan up`" in ended.stderr
