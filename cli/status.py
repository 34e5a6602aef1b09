"""What `motlan status` and the other commands tell about services, streams and outcomes."""

import dataclasses
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from cli.processes import Supervisor
from cli.services import Services
from cli.start import find_services
from hub.errors import MotlanError

PROVINCE_TIME = ZoneInfo("Asia/Ho_Chi_Minh")
COUNTS = frozenset({"row_count", "accepted", "unchanged", "open_quarantine"})
MIN_WIDTHS = {"as_of": len("22/11/2026")}
HEADINGS = {"row_count": "rows", "open_quarantine": "quarantine"}
COLUMNS = {
    "services": ("name", "pid", "port"),
    "streams": (
        *("stream", "as_of", "row_count", "state", "accepted", "unchanged"),
        "open_quarantine",
    ),
}


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
    """Services and streams as they are now."""
    notes = Supervisor(home).list_running()
    services = [{"name": note.name, "pid": note.pid, "port": note.port} for note in notes]
    state: dict[str, Any] = {"home": str(home), "services": services, "streams": [], "waiting": []}
    if find_services(home) is None:
        return {**state, "advice": "Nothing has run here yet: `motlan up` starts everything."}
    try:
        from warehouse.release import list_waiting
        from warehouse.status import read_status

        state["streams"] = [describe(stream) for stream in read_status("auditor")]
        state["waiting"] = [item.batch_id for item in list_waiting("auditor")]
    except MotlanError as error:
        state["advice"] = str(error)
    return state


def render_state(state: Mapping[str, Any], console: Console) -> None:
    """Print services and streams as tables."""
    for title, columns in COLUMNS.items():
        rows = state[title]
        if not rows:
            console.print(f"No {title}.")
            continue
        table = Table(
            title=title.capitalize(), title_justify="left", box=None, padding=(0, 2, 0, 0)
        )
        for name in columns:
            side: Literal["left", "right"] = "right" if name in COUNTS else "left"
            wide = name in ("stream", "as_of")  # these give way on a narrow terminal
            heading = HEADINGS.get(name) or name.replace("_", " ")
            table.add_column(
                heading,
                justify=side,
                no_wrap=not wide,
                overflow="fold",
                min_width=MIN_WIDTHS.get(name),
            )
        for row in rows:
            table.add_row(*(_cell(name, row.get(name)) for name in columns))
        console.print(table)
    if state.get("waiting"):
        numbers = ", ".join(map(str, state["waiting"]))
        console.print(f"Waiting for a person: batch {numbers}; `motlan sync release --list`.")
    if state.get("advice"):
        console.print(state["advice"])


def _cell(name: str, value: Any) -> str:
    """A value as a person reads it."""
    if value is None:
        return ""
    if name == "as_of":
        return f"{datetime.fromisoformat(value).astimezone(PROVINCE_TIME):%d/%m/%Y %H:%M}"
    return f"{value:,}" if name in COUNTS else str(value)
