"""Alerts in the warehouse: each is open once, closes with its cause, and is told once a channel."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import psycopg
from psycopg import IsolationLevel, sql
from psycopg.rows import class_row

from hub.alerts import Alert, Kind, alert_of_imbalance, alert_of_lateness
from hub.errors import MotlanError
from hub.settings import Role
from warehouse.connection import connect, hold_registers
from warehouse.queries import load

Channel = Literal["mail", "webhook"]
_SQL = load("alerts")
_GOT_THROUGH: Final[Sequence[Kind]] = ("drift", "source", "failed")
_REACHED: Final[Sequence[Kind]] = ("source",)


@dataclass(frozen=True)
class OpenAlert:
    """An alert whose cause is still there."""

    alert_id: int
    kind: Kind
    source: str
    stream: str | None
    batch_id: int | None
    what: str
    todo: str
    opened_at: datetime


class NotToldError(MotlanError):
    """A channel did not take an alert; it is tried again later."""


def open_alert(connection: psycopg.Connection[Any], alert: Alert) -> int:
    """Open an alert in the transaction of its cause; one that is open already keeps its number."""
    row = {
        "kind": alert.kind,
        "source": alert.source,
        "stream": alert.stream,
        "batch_id": alert.batch_id,
        "what": alert.what,
        "todo": alert.todo,
    }
    found = connection.execute(_SQL["open_alert"], row).fetchone()
    assert found is not None
    return int(found[0])


def pass_on_alert(connection: psycopg.Connection[Any], alert: Alert) -> None:
    """Let the open alert of an older batch of the stream, of the same kind, be of a newer batch.

    Who was told of it is not told again.
    """
    row = {"kind": alert.kind, "stream": alert.stream, "batch_id": alert.batch_id}
    connection.execute(_SQL["pass_on_alert"], row)


def open_alone(alert: Alert) -> int:
    """Open an alert whose cause is in no transaction of ours."""
    with connect("pipeline") as connection:
        return open_alert(connection, alert)


def close_alone(kind: Kind, source: str) -> None:
    """Close the alert of a kind that concerns a whole source, or a DAG."""
    with connect("pipeline") as connection:
        connection.execute(_SQL["close_alert"], {"kind": kind, "source": source})


def close_alerts_of_run(
    connection: psycopg.Connection[Any], source: str, stream: str, *, got_through: bool
) -> None:
    """Close what a run has shown to be over: of its source if it reached that, else of all."""
    kinds = list(_GOT_THROUGH if got_through else _REACHED)
    row = {"source": source, "stream": stream, "kinds": kinds}
    connection.execute(_SQL["close_alerts_of_run"], row)


def list_open_alerts(role: Role = "auditor") -> list[OpenAlert]:
    """Every open alert, the oldest first."""
    with (
        connect(role) as connection,
        connection.cursor(row_factory=class_row(OpenAlert)) as cursor,
    ):
        return cursor.execute(_SQL["list_open"]).fetchall()


def check_freshness() -> list[str]:
    """Open an alert for each stream that is older than promised, close those of the others.

    Returns the late streams. To be called as often as lateness is to be noticed.
    """
    with connect("pipeline") as connection:
        late = connection.execute(_SQL["list_late"]).fetchall()
        for stream, as_of, promise in late:
            open_alert(connection, alert_of_lateness(stream, as_of, promise))
        return _close_others(connection, "late", [stream for stream, _, _ in late])


def check_ledger() -> list[str]:
    """Compare the ledger with itself and with the registers; returns the streams that differ.

    An alert is opened for each of them, and those of the others are closed. The registers are
    counted, which takes as long as reading their keys.
    """
    with connect("pipeline") as connection:
        published = {name for name, _ in connection.execute(_SQL["list_registers"])}
    with connect("pipeline") as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        hold_registers(connection, [_table_of(stream) for stream in published])
        found = {}
        for stream, batches in connection.execute(_SQL["list_unbalanced_batches"]).fetchall():
            numbers = ", ".join(map(str, batches))
            found[stream] = f"The counts of batch {numbers} of {stream} do not add up."
        for stream, held in connection.execute(_SQL["list_registers"]).fetchall():
            if stream in published and (rows := _count_rows(connection, stream)) != held:
                found[stream] = f"{stream} holds {rows} rows, but its ledger says {held}."
        for stream, what in found.items():
            open_alert(connection, alert_of_imbalance(stream, what))
        return _close_others(connection, "imbalance", sorted(found))


def tell_each(channel: Channel, send: Callable[[OpenAlert], None]) -> tuple[int, int]:
    """Send every open alert that the channel was not told yet; returns (told, not told).

    An alert is held while it is sent, so that two processes never send one at once. A process
    that dies between sending and noting it sends again: what is sent carries the alert's number.
    The first that the channel does not take ends the round; it is tried again later.
    """
    told = 0
    with connect("pipeline") as connection:
        connection.execute(_SQL["note_untold"], {"channel": channel})
    while True:
        with (
            connect("pipeline") as connection,
            connection.cursor(row_factory=class_row(OpenAlert)) as cursor,
        ):
            alert = cursor.execute(_SQL["claim_untold"], {"channel": channel}).fetchone()
            if alert is None:
                return told, 0
            row = {"alert_id": alert.alert_id, "channel": channel}
            try:
                send(alert)
            except NotToldError as error:
                cursor.execute(_SQL["record_failed_telling"], {**row, "error": str(error)})
                return told, 1
            cursor.execute(_SQL["record_told"], row)
            told += 1


def _close_others(connection: psycopg.Connection[Any], kind: Kind, streams: list[str]) -> list[str]:
    connection.execute(_SQL["close_other_alerts"], {"kind": kind, "streams": streams})
    return streams


def _count_rows(connection: psycopg.Connection[Any], stream: str) -> int:
    table = sql.Identifier("standard", _table_of(stream))
    query = sql.SQL(_SQL["count_rows"]).format(table=table)
    found = connection.execute(query).fetchone()
    return int(found[0]) if found else 0


def _table_of(stream: str) -> str:
    return stream.replace(".", "__")
