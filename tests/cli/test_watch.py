"""`motlan sync --watch` shows what each dataset does, how fast, and how far behind it is."""

import io
import re
from typing import Any

import pytest
from rich.console import Console

from cli.pipeline import run_sync
from cli.watch import Board
from hub.errors import SchemaDriftError

from ..pipeline.conftest import CAR, Register, call
from ..pipeline.conftest import register as register


def make_board(*, terminal: bool) -> tuple[Board, Console]:
    console = Console(
        file=io.StringIO(), record=True, width=110, force_terminal=terminal, highlight=False
    )
    return Board([CAR], console), console


@pytest.mark.parametrize("terminal", [True, False])
def test_the_last_table_stays_with_rows_rate_quarantine_and_lag(
    register: Register, terminal: bool
) -> None:
    register.fill(7)
    register.add("C008", bien_so=None)
    board, console = make_board(terminal=terminal)
    with board.shown():
        run_sync("vehicle", watch=board.watch)
    text = console.export_text()
    row = next(line for line in reversed(text.splitlines()) if line.startswith("car "))
    cells = row.split()
    assert cells[:4] == ["car", "✓", "published", "8"]
    assert board.lines[CAR].status is not None
    assert cells[5:8] == ["0", "s", "1"]  # not behind its source, one row in quarantine
    if not terminal:
        steps = [line.split()[1] for line in text.splitlines() if line.startswith("car  ")]
        assert steps[:5] == ["plan", "load", "close", "judge", "publish"]
        assert "load  8 rows" in text


def test_what_failed_stands_in_the_table(register: Register) -> None:
    register.fill(3)
    register.run("ALTER TABLE xe.o_to DROP COLUMN bien_so")
    board, console = make_board(terminal=False)
    with pytest.raises(SchemaDriftError), board.shown():
        run_sync("vehicle", watch=board.watch)
    row = console.export_text().splitlines()[-1]
    assert re.match(r"car +✗ at (plan|load) ", row)


def test_the_command_ends_with_one_line_of_json_though_it_is_watched(
    register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    register.fill(3)
    code, told, shown = call(monkeypatch, capsys, "sync vehicle --watch")
    assert (code, told["state"]) == (0, "done")
    outcomes: list[Any] = told["outcomes"]
    assert outcomes[0]["accepted"] == 3
    assert "✓ published" in shown
