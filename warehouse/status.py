"""How the streams stand, and whether the ledger is in balance."""

from hub.settings import Role
from warehouse.connection import connect
from warehouse.ledger import StreamStatus, list_streams
from warehouse.queries import load


def read_status(role: Role = "auditor") -> list[StreamStatus]:
    """Every stream with its last batch and its open quarantine."""
    return list_streams(role)


def count_unbalanced_batches(role: Role = "auditor") -> tuple[int, int]:
    """(published batches, those whose counts do not add up)."""
    with connect(role) as connection:
        found = connection.execute(load("ledger")["count_balance"]).fetchone()
    return (int(found[0]), int(found[1])) if found else (0, 0)
