"""What the warehouse tells Prometheus, read as the auditor and in one snapshot."""

from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from psycopg import IsolationLevel
from psycopg.rows import class_row

from hub.alerts import Kind
from warehouse.connection import connect
from warehouse.queries import load

_SQL = load("metrics")
_Row = TypeVar("_Row")


@dataclass(frozen=True)
class StreamFigures:
    """A stream; ages in seconds, ``published_at`` in seconds since 1970, sums over all batches."""

    source: str
    stream: str
    as_of_age: float | None
    promise: float
    rows_held: int
    open_quarantine: int
    last_state: str | None
    rows_read: float
    accepted: float
    unchanged: float
    superseded: float
    quarantined: float
    ended: float
    batches: int
    parked: int
    published_at: float | None


@dataclass(frozen=True)
class StepFigures:
    """A step of a stream: how often it ended, its sums, and its last time in seconds."""

    stream: str
    step: str
    times: int
    seconds: float
    rows: int
    last_seconds: float | None


@dataclass(frozen=True)
class CircuitFigures:
    """A source's circuit: failures in a row, and whether it is left alone now."""

    source: str
    failures: int
    open: bool


@dataclass(frozen=True)
class AlertFigures:
    """How many alerts of a kind are open for a source."""

    kind: Kind
    source: str
    alerts: int


@dataclass(frozen=True)
class Figures:
    """All of it, as it stood at one moment."""

    streams: list[StreamFigures]
    steps: list[StepFigures]
    circuits: list[CircuitFigures]
    alerts: list[AlertFigures]


def read_figures() -> Figures:
    """Read every figure.

    Raises:
        WarehouseUnavailableError: the warehouse does not answer.
        WarehouseRefusedError: it lacks the tables of this code's migrations.
    """
    with connect("auditor") as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        return Figures(
            streams=_read(connection, "list_streams", StreamFigures),
            steps=_read(connection, "list_steps", StepFigures),
            circuits=_read(connection, "list_circuits", CircuitFigures),
            alerts=_read(connection, "list_open_alerts", AlertFigures),
        )


def _read(connection: psycopg.Connection[Any], query: str, shape: type[_Row]) -> list[_Row]:
    with connection.cursor(row_factory=class_row(shape)) as cursor:
        return cursor.execute(_SQL[query]).fetchall()
