"""Parking: a batch that was stopped waits for a person, and of a stream only one batch does.

A run that is stopped like the run before it leaves the older batch waiting, and nobody is told
twice. One with other rows takes the older one's place, unless a steward has signed that already.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from hub.alerts import alert_of_parking
from hub.contract import find_dataset
from hub.errors import BatchParkedError, StaleWriterError
from hub.parking import Cause, is_releasable
from warehouse.alerts import open_alert, pass_on_alert
from warehouse.connection import connect
from warehouse.ledger import Batch, get_batch
from warehouse.parts import sweep_stages
from warehouse.queries import load

_SQL = {**load("ledger"), **load("parking")}


@dataclass(frozen=True)
class _Older:
    """A batch of the stream that waits already; ``signed``: a steward's signature holds."""

    batch_id: int
    batch_key: str
    contract_hash: str
    causes: Sequence[Cause]
    counts: Mapping[str, Any]
    signed: bool

    def is_same(self, batch: Batch, error: BatchParkedError) -> bool:
        """Whether a batch holds the same rows, and is stopped for the same reason."""
        return (self.batch_key, tuple(self.causes), dict(self.counts)) == (
            *(batch.batch_key, error.causes, error.counts),
        )


def park_batch(batch_id: int, error: BatchParkedError) -> None:
    """Record that a batch waits for a person: why, and what it would have done; it is an alert.

    Nobody waits for a dry run; its batch stays as it is.

    Raises:
        BatchParkedError: an older batch waits still, with the same rows or with a signature; this
            one is set aside.
        StaleWriterError: another run has taken the stream; what it finds is newer.
    """
    batch = get_batch(batch_id)
    if batch.dry:
        return
    with connect("pipeline") as connection:
        older = _find_older(connection, batch, error)
        if older is None:
            _park(connection, batch, error)
        else:
            reason = f"batch {older.batch_id} still waits"
            _move(connection, batch_id, "overtaken", reason)
    sweep_stages(find_dataset(batch.stream)[1])
    if older is not None:
        raise BatchParkedError(_say(older, batch, error), error.causes, error.counts) from error


def _find_older(
    connection: psycopg.Connection[Any], batch: Batch, error: BatchParkedError
) -> _Older | None:
    """The batch that goes on waiting instead of this one; the stream is held until the end.

    What another contract has landed cannot be released any more.

    Raises:
        StaleWriterError: another run has taken the stream.
    """
    fence = connection.execute(_SQL["lock_stream"], {"name": batch.stream}).fetchone()
    if batch.state == "parked":
        return None  # its release has found other counts than were signed
    if fence is None or fence[0] != batch.fence:
        message = (
            f"Another run has taken {batch.stream} since batch {batch.batch_id} was begun; this "
            "one parks nothing, and the other one goes on."
        )
        raise StaleWriterError(message)
    row = {"stream": batch.stream, "batch_id": batch.batch_id}
    connection.execute(_SQL["hold_older"], row)
    with connection.cursor(row_factory=class_row(_Older)) as cursor:
        for older in cursor.execute(_SQL["list_older"], row):
            holds = older.contract_hash == batch.contract_hash
            if holds and (older.signed or older.is_same(batch, error)):
                return older
    return None


def _park(connection: psycopg.Connection[Any], batch: Batch, error: BatchParkedError) -> None:
    """Let the batch wait, in the place of those that waited before it."""
    reason = str(error)
    if not _move(connection, batch.batch_id, "parked", reason):
        return  # another copy of the run has published it
    row = {
        "batch_id": batch.batch_id,
        "causes": list(error.causes),
        "reason": reason,
        "counts": Jsonb(error.counts),
    }
    connection.execute(_SQL["record_parking"], row)
    alert = alert_of_parking(batch.stream, batch.batch_id, error.causes, reason)
    if batch.state != "parked":
        pass_on_alert(connection, alert)
        older = {"stream": batch.stream, "batch_id": batch.batch_id}
        connection.execute(_SQL["overtake_older"], older)
    open_alert(connection, alert)


def _move(connection: psycopg.Connection[Any], batch_id: int, state: str, reason: str) -> bool:
    row = {"batch_id": batch_id, "state": state, "reason": reason}
    return connection.execute(_SQL["move_batch"], row).rowcount > 0


def _say(older: _Older, batch: Batch, error: BatchParkedError) -> str:
    """Which batch waits, why this one does not, and what to do."""
    waits = "release" if is_releasable(list(older.causes)) else "a person"
    if older.is_same(batch, error):
        why = "holds the same rows and would be parked for the same reason"
    else:
        why = "would be parked too, and a steward has signed the older one"
    return (
        f"Batch {older.batch_id} of {batch.stream} still waits for {waits}; batch "
        f"{batch.batch_id} {why}, so that it is set aside. `motlan sync release --list` shows "
        "what to do."
    )
