"""The ledger: which run holds a stream, and what became of every batch."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from hub.contract import Contract, Dataset, find_dataset
from hub.errors import MotlanError, StaleWriterError, WrongUseError
from hub.failpoint import reach
from warehouse.connection import connect, driver_connection, hold, transaction
from warehouse.migrate import check
from warehouse.promises import keep_promise
from warehouse.queries import load
from warehouse.tables import ensure_tables

_SQL = load("ledger")


@dataclass(frozen=True)
class StreamState:
    """A stream as its holder found it."""

    name: str
    fence: int
    cursor: Mapping[str, Any]
    batch_key: str
    as_of: datetime | None
    row_count: int
    contract_hash: str


@dataclass(frozen=True)
class Batch:
    """One row of the ledger."""

    batch_id: int
    stream: str
    batch_key: str
    predecessor: str
    state: Literal["landing", "landed", "staged", "judged", "published", "parked", "overtaken"]
    fence: int
    mode: Literal["snapshot", "incremental", "replay", "reconcile", "backfill"]
    contract_hash: str
    landed_url: str
    read: int
    accepted: int
    unchanged: int
    superseded: int
    quarantined: int
    ended: int
    cursor_to: Mapping[str, Any]
    source_as_of: datetime
    reason: str | None

    @property
    def dry(self) -> bool:
        """Whether nothing of it is ever published: it holds no fence of its stream."""
        return self.fence == 0


def apply_contract(contract: Contract) -> None:
    """Make the tables and streams that a contract asks for; safe to repeat.

    Raises:
        WarehouseOutdatedError: the warehouse lacks migrations of this code, or has newer ones.
        SchemaDriftError: the contract has changed in a way that breaks what is published.
    """
    check()
    with transaction("pipeline") as held:
        hold(held, "contract")
        connection = driver_connection(held)
        for dataset in contract.datasets:
            ensure_tables(held, dataset)
            row = {
                "name": dataset.stream,
                "source": contract.source,
                "dataset": dataset.name,
                "freshness": contract.freshness,
                "contract_hash": contract.hash,
            }
            connection.execute(_SQL["register_stream"], row)
            keep_promise(connection, dataset, contract.hash)


def take_stream(name: str) -> StreamState:
    """Take a stream for this run; every run that held it before can no longer write.

    Raises:
        WrongUseError: there is no such stream.
    """
    holder = f"{socket.gethostname()}:{os.getpid()}"
    taken = _find_stream("take_stream", {"name": name, "holder": holder})
    reach("K02")
    return taken


def _find_stream(
    query: Literal["take_stream", "read_stream"], row: Mapping[str, str]
) -> StreamState:
    with (
        connect("pipeline") as connection,
        connection.cursor(row_factory=class_row(StreamState)) as cursor,
    ):
        found = cursor.execute(_SQL[query], row).fetchone()
    if found is None:
        message = f"There is no stream {row['name']}; run `motlan contract apply`."
        raise WrongUseError(message)
    return found


def read_stream(name: str) -> StreamState:
    """A stream as it is now, taken by nobody.

    Raises:
        WrongUseError: there is no such stream.
    """
    return _find_stream("read_stream", {"name": name})


def read_applied(name: str, contract_hash: str) -> StreamState:
    """A stream as it is now, for a run that writes nothing to it.

    Its fence is 0, behind which nobody can write.

    Raises:
        WrongUseError: there is no such stream, or its contract was not applied yet.
    """
    state = read_stream(name)
    if state.contract_hash != contract_hash:
        message = (
            f"The contract of {name} has changed since it was applied; a dry run changes nothing, "
            "so run `motlan contract apply` first."
        )
        raise WrongUseError(message)
    return replace(state, fence=0)


def record_batch(row: Mapping[str, Any]) -> int:
    """Enter a landed batch; returns its id. Keys are the columns of the query."""
    values = {**row, **{name: Jsonb(row[name]) for name in ("proof", "cursor_to", "warnings")}}
    with connect("pipeline") as connection:
        entered = connection.execute(_SQL["record_batch"], values).fetchone()
    if entered is None:
        message = f"Batch of {row['stream']} was not entered in the ledger; run the sync again."
        raise MotlanError(message)
    return int(entered[0])


def get_batch(batch_id: int) -> Batch:
    """The batch of that id.

    Raises:
        WrongUseError: there is none.
    """
    with (
        connect("pipeline") as connection,
        connection.cursor(row_factory=class_row(Batch)) as cursor,
    ):
        found = cursor.execute(_SQL["find_batch"], {"batch_id": batch_id}).fetchone()
    if found is None:
        message = f"There is no batch {batch_id}; `motlan status` lists the last ones."
        raise WrongUseError(message)
    return found


def set_aside(batch_id: int, reason: str) -> None:
    """Take a batch out of the way that came to nothing; its rows stay where they were."""
    row = {"batch_id": batch_id, "state": "overtaken", "reason": reason}
    with connect("pipeline") as connection:
        connection.execute(_SQL["move_batch"], row)


def find_promise(batch: Batch) -> tuple[Contract, Dataset]:
    """The contract and dataset that a batch was landed by.

    Raises:
        StaleWriterError: a newer batch of the stream has taken its place.
        MotlanError: the contract has changed since; the batch must not be read by other words.
        ContractError: no contract speaks of the stream, or a contract is refused.
    """
    if batch.state == "overtaken":
        message = (
            f"Batch {batch.batch_id} of {batch.stream} is overtaken by a newer one; this run ends "
            "here, and the other one goes on."
        )
        raise StaleWriterError(message)
    contract, dataset = find_dataset(batch.stream)
    if contract.hash != batch.contract_hash:
        message = (
            f"The contract of {batch.stream} has changed since batch {batch.batch_id} was landed; "
            "run the sync again."
        )
        raise MotlanError(message)
    return contract, dataset


def move_batch(batch_id: int, state: Literal["staged", "judged"]) -> None:
    """Record how far a batch has come."""
    row = {"batch_id": batch_id, "state": state, "reason": None}
    with connect("pipeline") as connection:
        connection.execute(_SQL["move_batch"], row)
