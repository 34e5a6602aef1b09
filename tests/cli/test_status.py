"""What `motlan status` prints fits a terminal without losing a digit, and says what to do."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli.demo import stop
from cli.environment import write_environment
from cli.processes import Supervisor
from cli.status import read_state, render_state
from cli.words import say_age
from hub.alerts import alert_of_parking
from warehouse.alerts import open_alone
from warehouse.runs import Run, run_step

from ..dashboard.conftest import Ledger

ROW = {
    "stream": "social_insurance.participation",
    "published_at": "2026-11-21T22:00:00+00:00",
    "lag_seconds": 30 * 3600.0,
    "cursor_age_seconds": 90.0,
    "late": True,
    "state": "published",
    "row_count": 1234567,
    "open_quarantine": 12345,
}
RUN = {
    "stream": "social_insurance.participation",
    "mode": "reconcile",
    "step": "publish",
    "outcome": "nothing_new",
    "began_at": "2026-11-21T22:00:00+00:00",
    "ended_at": "2026-11-21T22:01:40+00:00",
    "rows": 1234567,
}
ALERT = {
    "kind": "brake",
    "source": "social_insurance",
    "stream": "social_insurance.participation",
    "opened_at": "2026-11-21T22:00:00+00:00",
    "what": "Batch 7 of social_insurance.participation would delete 1,100 rows, more than 100.",
    "todo": "`motlan sync release --list` shows batch 7: ask the source's owner.",
}


def shown(width: int = 110, **state: Any) -> str:
    """What is printed on a terminal of that width."""
    console = Console(width=width, record=True, file=io.StringIO())
    render_state({"services": [], "streams": [], **state}, console)
    return console.export_text()


@pytest.mark.parametrize("width", [80, 110])
def test_no_heading_and_no_number_is_cut(width: int) -> None:
    text = shown(width, streams=[ROW], runs=[RUN], alerts=[ALERT])
    assert "…" not in text
    assert text.count("1,234,567") == 2
    for word in ("published", "30 h late", "1.5 min", "rows", "12,345", "22/11/2026", "reconcile"):
        assert word in text
    assert all(len(line) <= width for line in text.splitlines())


def test_an_alert_says_what_happened_and_what_to_do() -> None:
    words = shown(alerts=[ALERT]).split()
    said = " ".join(words)
    assert "brake social_insurance.participation, since 22/11/2026 05:00" in said
    assert f"what {ALERT['what']}" in said
    assert f"do {ALERT['todo']}" in said


def test_what_waits_for_a_person_is_told_with_the_way_to_look() -> None:
    text = shown(streams=[ROW], waiting=[7, 9])
    assert "Waiting for a person: batch 7, 9; `motlan sync release --list`." in text


def test_a_source_that_is_left_alone_is_named_with_the_reason() -> None:
    circuit = {
        "source": "population",
        "failures": 5,
        "open_until": "2026-11-21T22:00:00+00:00",
        "reason": "population answered 503.",
    }
    assert (
        "population is left alone until 22/11/2026 05:00: 5 failures in a row. "
        "population answered 503."
    ) in shown(circuits=[circuit])


def test_the_state_holds_alerts_runs_and_ages_for_machines(
    home: Path, warehouse: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_environment(home)
    ledger = Ledger(warehouse)
    ledger.stream("vehicle.car", age="30 hours", rows=3)
    batch = ledger.batch("vehicle.car", state="parked", read=3)
    open_alone(alert_of_parking("vehicle.car", batch, ["deletes"], "It would delete 2 rows."))
    with run_step(Run("vehicle.car", "a", "full"), "load") as note:
        note.rows = 3
    state = read_state(home)
    assert "advice" not in state
    (stream,), (alert,), (run,) = state["streams"], state["alerts"], state["runs"]
    assert (stream["late"], round(stream["lag_seconds"] / 3600)) == (True, 30)
    assert (alert["kind"], alert["batch_id"], alert["what"]) == (
        *("brake", batch),
        "It would delete 2 rows.",
    )
    assert (run["mode"], run["outcome"], run["step"], run["rows"]) == ("full", None, "load", 3)
    assert "in load" in shown(**state)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, ""), (0, "0 s"), (59.4, "59 s"), (90, "1.5 min"), (36000, "10 h"), (-7200, "-2.0 h")],
)
def test_an_age_is_said_in_its_largest_unit(seconds: float | None, said: str) -> None:
    assert say_age(seconds) == said


def test_stopping_nothing_is_not_told(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    stop(Supervisor(tmp_path_factory.mktemp("home")))
    assert "stopped" not in capsys.readouterr().err


def test_a_warehouse_of_an_older_version_is_named_with_what_to_do(
    home: Path, warehouse: Any
) -> None:
    write_environment(home)
    with warehouse.connect() as owner:
        owner.execute("UPDATE public.alembic_version SET version_num = '0003'")
        owner.execute("DROP TABLE sync.alert_told, sync.alert")
    advice = read_state(home)["advice"]
    assert "has schema version 0003" in advice
    assert "run `motlan up`" in advice
