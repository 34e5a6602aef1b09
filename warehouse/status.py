"""How the streams stand, which sources are left alone, and whether the ledger is in balance."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import class_row

from hub.settings import Role
from warehouse.circuit import OpenCircuit
from warehouse.connection import connect
from warehouse.queries import load

_SQL = load("status")


@dataclass(frozen=True)
class StreamStatus:
    """A stream for the eyes of an engineer: its last batch, its open quarantine, its ages.

    ``lag_seconds``: how long ago the time is of which the published rows speak. ``behind_seconds``:
    how far they are behind the source's own clock, as the last batch found it.
    ``cursor_age_seconds``: how long ago the newest row was changed that the cursor has come to.
    """

    source: str
    stream: str
    as_of: datetime | None
    freshness: timedelta
    row_count: int
    batch_id: int | None
    state: str | None
    reason: str | None
    read: int | None
    accepted: int | None
    unchanged: int | None
    superseded: int | None
    quarantined: int | None
    open_quarantine: int
    published_at: datetime | None
    lag_seconds: float | None
    behind_seconds: float | None
    cursor_age_seconds: float | None
    late: bool


def read_status(role: Role = "auditor") -> list[StreamStatus]:
    """Every stream with its last batch and its open quarantine, sorted by name."""
    with (
        connect(role) as connection,
        connection.cursor(row_factory=class_row(StreamStatus)) as cursor,
    ):
        return cursor.execute(_SQL["list_streams"]).fetchall()


def list_open_circuits(role: Role = "auditor") -> list[OpenCircuit]:
    """Every source that is left alone now."""
    with (
        connect(role) as connection,
        connection.cursor(row_factory=class_row(OpenCircuit)) as cursor,
    ):
        return cursor.execute(_SQL["list_open_circuits"]).fetchall()


def count_unbalanced_batches(role: Role = "auditor") -> tuple[int, int]:
    """(published batches, those whose counts do not add up)."""
    with connect(role) as connection:
        found = connection.execute(_SQL["count_balance"]).fetchone()
    return (int(found[0]), int(found[1])) if found else (0, 0)
