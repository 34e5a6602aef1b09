"""What the auditor's overview shows, read as the auditor and in one snapshot."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import psycopg
from psycopg import IsolationLevel
from psycopg.rows import class_row

from hub.alerts import Kind
from hub.errors import WarehouseUnavailableError
from warehouse.connection import connect
from warehouse.queries import load

_SQL = load("overview")
_Row = TypeVar("_Row")


@dataclass(frozen=True)
class StreamRow:
    """A stream with its last published batch; the counts are None before the first one."""

    stream: str
    source: str
    dataset: str
    as_of: datetime | None
    freshness: timedelta
    row_count: int
    batch_id: int | None
    published_at: datetime | None
    read: int | None
    accepted: int | None
    unchanged: int | None
    superseded: int | None
    quarantined: int | None
    records: int | None
    records_passing_all: int | None


@dataclass(frozen=True)
class CriterionRow:
    """One quality criterion of a stream; the index is ``weighted / weight``."""

    stream: str
    criterion: str
    rules: int
    weight: float
    weighted: float


@dataclass(frozen=True)
class QuarantineRow:
    """Open quarantined rows that one rule holds back for one reason."""

    stream: str
    rule_id: str
    reason_code: str
    owner: str
    rows: int
    oldest_at: datetime


@dataclass(frozen=True)
class WaitingRow:
    """A batch that is not published and needs somebody."""

    stream: str
    batch_id: int
    state: str
    read: int
    reason: str
    landed_at: datetime


@dataclass(frozen=True)
class AlertRow:
    """What somebody must know: what happened, where, and what to do."""

    kind: Kind
    place: str
    what: str
    todo: str
    opened_at: datetime


@dataclass(frozen=True)
class OverviewRows:
    """Everything the overview shows, as it stood at one moment."""

    read_at: datetime
    streams: list[StreamRow]
    criteria: list[CriterionRow]
    quarantine: list[QuarantineRow]
    waiting: list[WaitingRow]
    alerts: list[AlertRow]


def read_overview() -> OverviewRows:
    """Read the overview.

    Raises:
        WarehouseUnavailableError: the warehouse does not answer, or is not migrated.
    """
    try:
        with connect("auditor") as connection:
            connection.isolation_level = IsolationLevel.REPEATABLE_READ
            return OverviewRows(
                read_at=_read_time(connection),
                streams=_read(connection, "list_streams", StreamRow),
                criteria=_read(connection, "list_criteria", CriterionRow),
                quarantine=_read(connection, "list_quarantine", QuarantineRow),
                waiting=_read(connection, "list_waiting", WaitingRow),
                alerts=_read(connection, "list_alerts", AlertRow),
            )
    except psycopg.Error as error:
        message = "The warehouse does not answer the overview's questions; run `motlan status`."
        raise WarehouseUnavailableError(message) from error


def _read_time(connection: psycopg.Connection[Any]) -> datetime:
    (found,) = connection.execute("SELECT now()").fetchall()
    read_at: datetime = found[0]
    return read_at


def _read(connection: psycopg.Connection[Any], query: str, shape: type[_Row]) -> list[_Row]:
    with connection.cursor(row_factory=class_row(shape)) as cursor:
        return cursor.execute(_SQL[query]).fetchall()
