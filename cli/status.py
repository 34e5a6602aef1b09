"""What `motlan status` and the other commands tell about services, streams and outcomes."""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.processes import Supervisor
from cli.services import Services
from cli.start import find_services
from cli.words import say_age, say_number, say_time
from hub.errors import MotlanError, WarehouseRefusedError

RUNS_SHOWN = 8
_NUMBERS = frozenset({"pid", "port", "rows", "quarantine", "lag", "cursor", "took", "batch"})
_FOLDED = frozenset({"stream", "published", "began"})  # these give way on a narrow terminal
_DAY = len("22/11/2026")
_WIDE = 100
"""From this width on, a stream's name and a time stand on one line."""


def list_addresses(services: Services) -> dict[str, str]:
    """The addresses that people open."""
    return {
        "API": services.url("lookup"),
        "Dashboard": services.url("dashboard"),
        "Airflow": services.url("airflow_api"),
    }


def describe(outcome: Any) -> dict[str, Any]:
    """An outcome of a stage as plain values."""
    if dataclasses.is_dataclass(outcome) and not isinstance(outcome, type):
        return {name: _plain(value) for name, value in dataclasses.asdict(outcome).items()}
    return {"outcome": str(outcome)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def read_state(home: Path) -> dict[str, Any]:
    """Services, streams, alerts, circuits and runs as they are now."""
    notes = Supervisor(home).list_running()
    services = [{"name": note.name, "pid": note.pid, "port": note.port} for note in notes]
    state: dict[str, Any] = {"home": str(home), "services": services}
    state |= {name: [] for name in ("streams", "waiting", "alerts", "circuits", "runs")}
    if find_services(home) is None:
        return {**state, "advice": "Nothing has run here yet: `motlan up` starts everything."}
    try:
        state |= _read_warehouse()
    except MotlanError as error:
        state["advice"] = str(error)
    return state


def _read_warehouse() -> dict[str, Any]:
    """What the warehouse tells, read as the auditor.

    Raises:
        WarehouseUnavailableError: it does not answer.
        WarehouseOutdatedError: it lacks a table of this code's version.
    """
    from warehouse.alerts import list_open_alerts
    from warehouse.migrate import check
    from warehouse.release import list_waiting
    from warehouse.runs import list_runs
    from warehouse.status import list_open_circuits, read_status

    try:
        return {
            "streams": [describe(stream) for stream in read_status("auditor")],
            "waiting": [item.batch_id for item in list_waiting("auditor")],
            "alerts": [describe(alert) for alert in list_open_alerts("auditor")],
            "circuits": [describe(circuit) for circuit in list_open_circuits("auditor")],
            "runs": [describe(run) for run in list_runs("auditor", RUNS_SHOWN)],
        }
    except WarehouseRefusedError:
        check()
        raise


def render_state(state: Mapping[str, Any], console: Console) -> None:
    """Print what runs, how the streams stand, what was done last, and what somebody must do."""
    _print_table(console, "Services", [_service_cells(row) for row in state["services"]])
    streams = [_stream_cells(row) for row in state["streams"]]
    if console.width < _WIDE:
        streams = [{**row, "stream": row["stream"].replace(".", ".\n")} for row in streams]
    _print_table(console, "Streams", streams)
    if runs := state.get("runs"):
        _print_table(console, "Last runs", [_run_cells(row) for row in runs])
    for circuit in state.get("circuits", ()):
        console.print(
            f"{circuit['source']} is left alone until {say_time(circuit['open_until'])}: "
            f"{circuit['failures']} failures in a row. {circuit['reason']}",
            markup=False,
        )
    _print_alerts(console, state.get("alerts", ()))
    if state.get("waiting"):
        numbers = ", ".join(map(str, state["waiting"]))
        console.print(f"Waiting for a person: batch {numbers}; `motlan sync release --list`.")
    if state.get("advice"):
        console.print(state["advice"], markup=False)


def _print_table(console: Console, title: str, rows: Sequence[Mapping[str, str]]) -> None:
    """A table whose columns are the rows' names; numbers and headings are never cut."""
    if not rows:
        console.print(f"No {title.lower()}.")
        return
    gap = 2 if console.width >= _WIDE else 1
    table = Table(title=title, title_justify="left", box=None, padding=(0, gap, 0, 0))
    for name in rows[0]:
        table.add_column(
            name,
            justify="right" if name in _NUMBERS else "left",
            no_wrap=name not in _FOLDED,
            overflow="fold",
            min_width=_DAY if name in ("published", "began") else None,
        )
    for row in rows:
        table.add_row(*map(Text, row.values()))
    console.print(table)


def _service_cells(row: Mapping[str, Any]) -> dict[str, str]:
    port = row.get("port")
    return {
        "name": row["name"],
        "pid": str(row["pid"]),
        "port": "" if port is None else str(port),
    }


def _stream_cells(row: Mapping[str, Any]) -> dict[str, str]:
    lag = say_age(row.get("lag_seconds"))
    return {
        "stream": row["stream"],
        "published": say_time(row.get("published_at")),
        "lag": f"{lag} late" if row.get("late") else lag,
        "cursor": say_age(row.get("cursor_age_seconds")),
        "rows": say_number(row["row_count"]),
        "quarantine": say_number(row["open_quarantine"]),
        "state": row.get("state") or "",
    }


def _run_cells(row: Mapping[str, Any]) -> dict[str, str]:
    ended = row.get("ended_at")
    took = None
    if ended:
        began = datetime.fromisoformat(row["began_at"])
        took = (datetime.fromisoformat(ended) - began).total_seconds()
    failed_at = f" at {row['step']}" if row.get("outcome") in ("failed", "parked", "lost") else ""
    return {
        "began": say_time(row["began_at"]),
        "stream": row["stream"],
        "mode": row["mode"],
        "outcome": f"{row['outcome']}{failed_at}" if row.get("outcome") else f"in {row['step']}",
        "rows": say_number(row["rows"]),
        "took": say_age(took),
    }


def _print_alerts(console: Console, alerts: Sequence[Mapping[str, Any]]) -> None:
    """Each open alert: since when, what happened, and what to do."""
    if alerts:
        console.print(Text("Open alerts", style="italic"))
    for alert in alerts:
        place = alert.get("stream") or alert["source"]
        console.print(f"  {alert['kind']}  {place}, since {say_time(alert['opened_at'])}")
        for word, text in (("what", alert["what"]), ("do", alert["todo"])):
            line = Table.grid(padding=(0, 2, 0, 0))
            line.add_column(width=4)
            line.add_column()
            line.add_row(word, Text(text))
            console.print(Padding(line, (0, 0, 0, 4)))
