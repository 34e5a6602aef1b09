"""Settles a transaction whose session was lost before it could say whether it was committed.

A COMMIT that was sent and not answered may have happened, may happen yet, or may never. Nobody
guesses: the lost session is ended first, and the server is asked whether its transaction is over.
Only then do the rows that it wrote, or did not, say which.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from hub.errors import StreamBusyError
from warehouse.connection import connect, driver_connection
from warehouse.queries import load

_SQL = load("commit")


@dataclass(frozen=True)
class Witness:
    """A transaction as its server knows it: the session's process and the transaction's number."""

    process: int
    number: str


def take_witness(connection: Connection) -> Witness:
    """Note which transaction this is, while there is somebody to ask."""
    found = driver_connection(connection).execute(_SQL["find_transaction"]).fetchone()
    assert found is not None
    return Witness(*found)


def settle(witness: Witness) -> None:
    """Come back when that transaction is over, committed or not; its session is ended if need be.

    Raises:
        WarehouseUnavailableError: the warehouse does not answer still; nothing is known.
        StreamBusyError: the session does not end; the transaction may be committed yet.
    """
    row = {"process": witness.process, "number": witness.number}
    with connect("pipeline") as connection:
        connection.execute(_SQL["end_session"], row)
        found = connection.execute(_SQL["find_fate"], row).fetchone()
    if found == ("in progress",):
        message = "A lost session still holds what this run needs; run it again in a minute."
        raise StreamBusyError(message)
