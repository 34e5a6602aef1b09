"""What `motlan status` prints fits a terminal without losing a digit."""

import io

import pytest
from rich.console import Console

from cli.demo import stop
from cli.processes import Supervisor
from cli.status import render_state

ROW = {
    "stream": "social_insurance.participation",
    "as_of": "2026-11-21T22:00:00+00:00",
    "state": "published",
    **dict.fromkeys(("row_count", "accepted", "unchanged"), 1234567),
    "open_quarantine": 12345,
}


@pytest.mark.parametrize("width", [80, 110])
def test_no_heading_and_no_number_is_cut(width: int) -> None:
    console = Console(width=width, record=True, file=io.StringIO())
    render_state({"services": [], "streams": [ROW]}, console)
    shown = console.export_text()
    assert "…" not in shown
    assert shown.count("1,234,567") == 3
    for words in ("rows", "state", "accepted", "unchanged", "quarantine", "12,345", "22/11/2026"):
        assert words in shown


def test_what_waits_for_a_person_is_told_with_the_way_to_look() -> None:
    console = Console(width=110, record=True, file=io.StringIO())
    render_state({"services": [], "streams": [ROW], "waiting": [7, 9]}, console)
    shown = console.export_text()
    assert "Waiting for a person: batch 7, 9; `motlan sync release --list`." in shown


def test_stopping_nothing_is_not_told(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    stop(Supervisor(tmp_path_factory.mktemp("home")))
    assert "stopped" not in capsys.readouterr().err
