"""The run history: a run of a stream notes each of its steps, and how it ended.

A run is known by its stream and a key that all its processes share, so that the tasks of one DAG
run write one history, wherever they run. What ends a run opens and closes alerts in the same
transaction.
"""

import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import class_row

from hub.alerts import alert_of_error, alert_of_failure, source_of
from hub.errors import (
    BatchParkedError,
    MotlanError,
    SourceUnavailableError,
    StaleWriterError,
    StreamBusyError,
    WarehouseRefusedError,
    where_it_arose,
)
from hub.settings import Role
from warehouse.alerts import close_alerts_of_run, open_alert
from warehouse.connection import connect, driver_connection, transaction
from warehouse.migrate import check
from warehouse.queries import load

Outcome = Literal["published", "nothing_new", "parked", "failed", "refused", "lost"]
_SQL = load("runs")
_SHOWN: Final = 10


@dataclass(frozen=True)
class Run:
    """Which run of which stream: the same words in every process of it.

    ``key``: Airflow's run id, or a word of the command's own that no other run has. ``dag_id``: of
    which DAG it is a run.
    """

    stream: str
    key: str
    mode: str
    dag_id: str | None = None

    @classmethod
    def of_command(cls, stream: str, mode: str) -> "Run":
        """A run that the command begins and ends by itself."""
        return cls(stream, f"motlan-{uuid4()}", mode)

    @property
    def source(self) -> str:
        """The source of its stream."""
        return source_of(self.stream)


@dataclass
class StepNote:
    """What a step tells of itself: the rows it moved, its batch, and whether it ends the run."""

    rows: int = 0
    batch_id: int | None = None
    outcome: Literal["published", "nothing_new"] | None = None

    def add(self, rows: int) -> None:
        """So many rows more."""
        self.rows += rows


@dataclass(frozen=True)
class RunRow:
    """A run as the history tells it; ``rows`` are those that its load steps moved."""

    run_id: int
    stream: str
    mode: str
    batch_id: int | None
    step: str
    began_at: datetime
    ended_at: datetime | None
    outcome: Outcome | None
    error: str | None
    rows: int


@dataclass(frozen=True)
class LineageFacts:
    """A run for the world outside: its name there, what its batch held, which rules it kept.

    ``rules``: one mapping a rule, with ``rule_id``, ``severity`` and ``failed``, a number of rows.
    """

    lineage_id: UUID
    batch_id: int | None
    published: bool
    read: int
    accepted: int
    rules: Sequence[Mapping[str, Any]]


@contextmanager
def run_step(run: Run, step: str, part: int = 0) -> Iterator[StepNote]:
    """Note one step of a run around the block that does it; gives what the block fills in.

    When the block raises, the run ends with what it raised, and the alert of that is opened. What
    cannot be noted at the end of a step never fails it: its work is done, and the next run of the
    stream finds out what became of this one.

    Raises:
        WarehouseUnavailableError, WarehouseOutdatedError: nothing could be done anyway.
    """
    note, run_id, began = StepNote(), _begin_step(run, step, part), time.monotonic()
    place: dict[str, Any] = {"run_id": run_id, "step": step, "part": part}
    try:
        yield note
    except BaseException as error:
        with suppress(MotlanError):
            _end_badly(run, {**place, "batch_id": note.batch_id}, error)
        raise
    with suppress(MotlanError):
        _end_step(run, place, note, time.monotonic() - began)


def end_killed_run(stream: str, key: str, what: str) -> bool:
    """Say of a run what it could not say itself, and open its alert; False where it has ended.

    A run that was killed before it could begin has no line in the history, but its alert.
    """
    with connect("pipeline") as connection:
        row = {"stream": stream, "key": key, "error": what}
        if connection.execute(_SQL["has_ended"], row).fetchone() is not None:
            return False
        connection.execute(_SQL["end_killed_run"], row)
        open_alert(connection, alert_of_failure(stream, what))
    return True


def read_lineage(run: Run) -> LineageFacts:
    """What a lineage server is told of a run, as far as it is known by now.

    Raises:
        MotlanError: there is no such run.
    """
    with (
        connect("pipeline") as connection,
        connection.cursor(row_factory=class_row(LineageFacts)) as cursor,
    ):
        row = {"stream": run.stream, "key": run.key}
        found = cursor.execute(_SQL["read_lineage"], row).fetchone()
    if found is None:
        message = f"There is no run {run.key} of {run.stream}."
        raise MotlanError(message)
    return found


def list_runs(role: Role = "auditor", limit: int = _SHOWN) -> list[RunRow]:
    """The last runs of all streams, the newest first."""
    with (
        connect(role) as connection,
        connection.cursor(row_factory=class_row(RunRow)) as cursor,
    ):
        return cursor.execute(_SQL["list_runs"], {"limit": limit}).fetchall()


def describe_error(error: BaseException) -> str:
    """An error in one sentence that holds no value of a row."""
    if isinstance(error, MotlanError):
        return str(error)
    name = type(error).__name__
    if not isinstance(error, Exception):
        return f"The run was interrupted ({name})."
    places = where_it_arose(error)
    return f"An unforeseen {name} stopped the run at {places[-1] if places else 'its beginning'}."


def _begin_step(run: Run, step: str, part: int) -> int:
    words = {"stream": run.stream, "key": run.key, "source": run.source, "mode": run.mode}
    row = {**words, "step": step, "part": part, "holder": f"{socket.gethostname()}:{os.getpid()}"}
    try:
        with transaction("pipeline") as held:
            connection = driver_connection(held)
            connection.execute(_SQL["need_no_disk"])
            found = connection.execute(_SQL["begin_step"], row).fetchone()
            assert found is not None
            run_id = int(found[0])
            connection.execute(_SQL["end_lost_runs"], {"stream": run.stream, "run_id": run_id})
    except WarehouseRefusedError:
        check()  # says it where the warehouse lacks the tables of runs
        raise
    return run_id


def _end_step(run: Run, place: dict[str, Any], note: StepNote, seconds: float) -> None:
    row = {**place, "stream": run.stream, "batch_id": note.batch_id, "rows": note.rows}
    with transaction("pipeline") as held:
        connection = driver_connection(held)
        if note.outcome is None:
            connection.execute(_SQL["need_no_disk"])
        connection.execute(_SQL["end_step"], {**row, "seconds": seconds})
        if note.outcome is not None:
            ended = {**row, "outcome": note.outcome, "error": None, "unreachable": False}
            connection.execute(_SQL["end_run"], ended)
            close_alerts_of_run(connection, run.source, run.stream, got_through=True)


def _end_badly(run: Run, place: dict[str, Any], error: BaseException) -> None:
    outcome: Outcome = "failed"
    if isinstance(error, BatchParkedError):
        outcome = "parked"  # its alert was opened when it was parked
    elif isinstance(error, StaleWriterError | StreamBusyError):
        outcome = "refused"
    unreachable = isinstance(error, SourceUnavailableError)
    row = {**place, "outcome": outcome, "error": describe_error(error), "unreachable": unreachable}
    with transaction("pipeline") as held:
        connection = driver_connection(held)
        connection.execute(_SQL["end_run"], row)
        if outcome == "parked":
            close_alerts_of_run(connection, run.source, run.stream, got_through=False)
        elif outcome == "failed":
            _alert(connection, run, place, error)


def _alert(
    connection: psycopg.Connection[Any], run: Run, place: dict[str, Any], error: BaseException
) -> None:
    """Open the alert of a failed run. Of a source that does not answer, the second miss is told."""
    if isinstance(error, SourceUnavailableError):
        row = {"stream": run.stream, "source": run.source, "run_id": place["run_id"]}
        if connection.execute(_SQL["is_to_be_told"], row).fetchone() != (True,):
            return
    if isinstance(error, MotlanError):
        open_alert(connection, alert_of_error(run.stream, error))
    elif isinstance(error, Exception):
        open_alert(connection, alert_of_failure(run.stream, describe_error(error)))
