"""A batch while it is landing: it is entered when its run begins, and read in parts.

Each part is landed and staged by one worker at a time, in one transaction that ends with what the
worker knows of it; several workers may take parts side by side. When every part is done, the
batch is closed, and what was landed never changes.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
import psycopg
from psycopg.types.json import Jsonb

from hub.contract import Dataset
from hub.errors import (
    MotlanError,
    StaleWriterError,
    WarehouseRefusedError,
    WarehouseUnavailableError,
)
from hub.failpoint import reach
from warehouse.adopt import is_empty
from warehouse.bulk import bulk_session
from warehouse.connection import connect, driver_connection, transaction
from warehouse.judged import drop_stage
from warehouse.landing import PartFacts
from warehouse.ledger import Batch, StreamState
from warehouse.queries import load
from warehouse.stage import Staged, end_staging, make_stage, make_stage_anew, stage_rows
from warehouse.tables import stage_table

_SQL = {**load("ledger"), **load("parts")}


@dataclass(frozen=True)
class Opening:
    """What is known of a batch when its run begins.

    ``specs``: what each part is to read. ``as_of``: of what time the source speaks, if that is
    known before anything is read.
    """

    mode: str
    landed_url: str
    specs: Sequence[Mapping[str, Any]]
    as_of: datetime | None = None


@dataclass(frozen=True)
class Part:
    """One attempt at one part of a batch, by the worker that holds it."""

    batch: Batch
    number: int
    attempt: int
    spec: Mapping[str, Any]


def open_batch(dataset: Dataset, stream: StreamState, contract_hash: str, opening: Opening) -> int:
    """Enter a batch that is about to be read, and its parts; returns its id.

    Older batches of the stream that are still landing are overtaken: their runs did not end. A dry
    run, of fence 0, overtakes nothing and waits for nobody.

    Raises:
        StaleWriterError: another run has taken the stream since this one did.
    """
    with transaction("pipeline") as held:
        connection = driver_connection(held)
        if stream.fence:
            _hold_fence(connection, stream)
        row = {
            "stream": stream.name,
            "predecessor": stream.batch_key,
            "fence": stream.fence,
            "mode": opening.mode,
            "contract_hash": contract_hash,
            "landed_url": opening.landed_url,
            "cursor": Jsonb(dict(stream.cursor)),
            "as_of": opening.as_of,
        }
        entered = connection.execute(_SQL["open_batch"], row).fetchone()
        assert entered is not None
        batch_id = int(entered[0])
        for number, spec in enumerate(opening.specs):
            part = {"batch_id": batch_id, "number": number, "spec": Jsonb(dict(spec))}
            connection.execute(_SQL["open_part"], part)
        if stream.fence:
            row = {"stream": stream.name, "batch_id": batch_id}
            connection.execute(_SQL["overtake_landing_batches"], row)
        make_stage(held, dataset, batch_id)
    if stream.fence:
        sweep_stages(dataset)
    return batch_id


def _hold_fence(connection: psycopg.Connection, stream: StreamState) -> None:
    """Hold the stream for this transaction, if it is still this run's.

    Raises:
        StaleWriterError: another run has taken it.
    """
    fence = connection.execute(_SQL["lock_stream"], {"name": stream.name}).fetchone()
    if fence is None or fence[0] != stream.fence:
        message = f"Another run has taken {stream.name}; this one must not read. It ends here."
        raise StaleWriterError(message)


def sweep_stages(dataset: Dataset) -> int:
    """Drop the stage tables of batches that are over; returns how many.

    A session that still writes to one is a ghost's, and is ended.
    """
    with transaction("pipeline") as held:
        driver = driver_connection(held)
        row = {"stream": dataset.stream, "table": dataset.table}
        left = driver.execute(_SQL["list_left_stages"], row).fetchall()
        for (batch_id,) in left:
            _end_ghosts(driver, dataset, batch_id)
            drop_stage(held, dataset, batch_id)
            reach("K21")
    return len(left)


def begin_part(batch: Batch, number: int) -> Part | None:
    """Take a part of a landing batch; None where it is done or the batch is closed already.

    Raises:
        StaleWriterError: the batch was overtaken.
        MotlanError: the batch has no such part.
    """
    row = {"batch_id": batch.batch_id, "number": number}
    with connect("pipeline") as connection:
        taken = connection.execute(_SQL["begin_part"], row).fetchone()
        found = connection.execute(_SQL["find_part"], row).fetchone()
    if taken is not None:
        return Part(batch, number, int(taken[0]), dict(taken[1]))
    if found is None:
        message = f"Batch {batch.batch_id} of {batch.stream} has no part {number}."
        raise MotlanError(message)
    if batch.state == "overtaken":
        raise _stale(batch, number)
    return None


def load_rows(
    part: Part,
    dataset: Dataset,
    frames: Iterable[pl.DataFrame],
    finish: Callable[[Staged], PartFacts],
) -> PartFacts:
    """Stage the rows of a part and end it, in one transaction.

    Args:
        finish: called when every frame is staged; gives what is known of the part.

    Raises:
        StaleWriterError: another worker has taken the part, or another run the stream.
    """
    batch = part.batch
    facts: list[PartFacts] = []
    try:
        with bulk_session("pipeline") as session:
            # A slow source keeps its worker waiting in the middle; its own deadlines end that.
            session.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            staged = stage_rows(session, dataset, batch.batch_id, frames, part=part.number)
            facts.append(finish(staged))
            row = {
                "batch_id": batch.batch_id,
                "number": part.number,
                "attempt": part.attempt,
                "facts": Jsonb(facts[0].model_dump(mode="json")),
            }
            if not session.execute(_SQL["end_part"], row):
                raise _stale(batch, part.number)
    except (WarehouseUnavailableError, WarehouseRefusedError):
        if not _has_ended(part):
            raise
    return facts[0]


def _has_ended(part: Part) -> bool:
    """Whether an attempt whose session was lost did end its part: its COMMIT may have come through.

    Raises:
        StaleWriterError: another worker has taken the part meanwhile, or another run the stream.
        WarehouseUnavailableError: the warehouse does not answer still.
    """
    row = {"batch_id": part.batch.batch_id, "number": part.number}
    with connect("pipeline") as connection:
        found = connection.execute(_SQL["find_part"], row).fetchone()
    if found is None or found[0] != part.attempt or found[2] == "overtaken":
        raise _stale(part.batch, part.number)
    return bool(found[1])


def read_parts(batch: Batch) -> list[tuple[Mapping[str, Any], PartFacts]]:
    """(what it was to read, what it read) of every part, in their order.

    Raises:
        MotlanError: a part is not done.
    """
    with connect("pipeline") as connection:
        rows = connection.execute(_SQL["list_parts"], {"batch_id": batch.batch_id}).fetchall()
    for number, _, facts in rows:
        if facts is None:
            message = (
                f"Part {number} of batch {batch.batch_id} of {batch.stream} is not loaded; "
                "load it, or run the sync again."
            )
            raise MotlanError(message)
    return [(spec, PartFacts.model_validate(facts)) for _, spec, facts in rows]


def close_landing(
    batch: Batch, dataset: Dataset, row: Mapping[str, Any], *, noted: Collection[str]
) -> None:
    """Enter what was landed, once; the batch is staged then. Keys are the columns of the query.

    Another copy of the run that comes later changes nothing, and ends nobody's session.
    """
    values = {**row, **{name: Jsonb(row[name]) for name in ("proof", "cursor_to", "warnings")}}
    with connect("pipeline") as connection:
        closed = connection.execute(_SQL["close_batch"], {**values, "batch_id": batch.batch_id})
        if closed.rowcount == 0:
            return
        _end_ghosts(connection, dataset, batch.batch_id)
        end_staging(connection, dataset, batch.batch_id, noted=noted)


def restage(dataset: Dataset, batch_id: int, frames: Iterable[pl.DataFrame]) -> Staged:
    """Stage a whole batch anew from what was landed; nothing of an earlier attempt stays.

    A stage table is there with all of its rows, or it is not there.
    """
    with transaction("pipeline") as held:
        drop_stage(held, dataset, batch_id)
        logged = is_empty(driver_connection(held), dataset)
    with bulk_session("pipeline") as session:
        make_stage_anew(session, dataset, batch_id, logged=logged)
        staged = stage_rows(session, dataset, batch_id, frames)
    with connect("pipeline") as connection:
        end_staging(connection, dataset, batch_id, noted=staged.noted)
    return staged


def _end_ghosts(connection: psycopg.Connection, dataset: Dataset, batch_id: int) -> None:
    """End the sessions that still write to a stage table which no worker should write to now."""
    stage = f'stage."{stage_table(dataset, batch_id).name}"'
    connection.execute(_SQL["end_ghosts"], {"stage": stage})


def _stale(batch: Batch, number: int) -> StaleWriterError:
    message = (
        f"Another worker has taken part {number} of batch {batch.batch_id} of {batch.stream}, or "
        "another run the stream; this one must not write. Nothing was changed."
    )
    return StaleWriterError(message)
