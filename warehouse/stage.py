"""Puts the standardised rows of one batch where they are judged and published from."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
import psycopg
from psycopg import sql
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from hub.contract import Dataset
from hub.errors import MotlanError
from hub.failpoint import reach
from hub.streams import read_ahead
from warehouse.adopt import is_empty
from warehouse.bulk import BulkSession, as_jsonb
from warehouse.connection import driver_connection
from warehouse.judged import drop_stage
from warehouse.queries import load
from warehouse.spool import Spool
from warehouse.tables import ALL_DATED, ALL_LIVE, stage_table

_SQL = load("judged")
_ADOPT = load("adopt")
_DIALECT: Final = postgresql.dialect()  # type: ignore[no-untyped-call]
_SHIFT: Final = 58
_PART_BITS: Final = 40
"""A row's position is its part's number and, in so many bits, its place in the part."""
_AFTER_FIELDS = (
    "flags",
    "unreadable",
    "source_version",
    "deleted",
    "source_partition",
    "row_hash",
)


@dataclass(frozen=True)
class Staged:
    """What was staged: how many rows, and what was noted of all of them.

    A column's name: no two rows share a value of it (``record_id`` and unique fields; of the first,
    no row lacks a value). `tables.ALL_LIVE`, `tables.ALL_DATED`: what the words say. What is not
    noted has to be looked for.
    """

    rows: int
    noted: frozenset[str]


def make_stage(connection: Connection, dataset: Dataset, batch_id: int) -> None:
    """Make the batch's stage table, empty; where the register is empty, one that can become it."""
    drop_stage(connection, dataset, batch_id)
    logged = is_empty(driver_connection(connection), dataset)
    connection.execute(CreateTable(stage_table(dataset, batch_id, logged=logged)))


def make_stage_anew(session: BulkSession, dataset: Dataset, batch_id: int, *, logged: bool) -> None:
    """The same, of a stage that is not there, in the transaction that fills it."""
    made = CreateTable(stage_table(dataset, batch_id, logged=logged))
    session.execute(str(made.compile(dialect=_DIALECT)).replace("%", "%%"))


def stage_rows(
    session: BulkSession,
    dataset: Dataset,
    batch_id: int,
    frames: Iterable[pl.DataFrame],
    *,
    part: int = 0,
) -> Staged:
    """Bring frames into the batch's stage table, in the transaction of the session.

    The next frame is made while one is loaded. A row's position tells its part and its place in it,
    so that parts can be staged in any order and side by side.

    Args:
        frames: what ``standardisation.standardise`` gives, with ``_chunk`` and ``_row``.
    """
    name = stage_table(dataset, batch_id).name
    columns = ["position", "record_id", *dataset.columns, *_AFTER_FIELDS, "chunk", "chunk_row"]
    if session.execute(_ADOPT["is_logged"], {"name": name}) == [(True,)]:
        columns.append("valid_from")
    unique = {rule.column for rule in dataset.rules if rule.test == "unique" and rule.column}
    seen = _StagedValues(("record_id", *sorted(unique)), first=part << _PART_BITS)
    made = read_ahead(_make_ready(read_ahead(frames), dataset, columns, seen))
    with closing(made):
        for frame in made:
            session.append("stage", name, frame)
            reach("K11")
    return Staged(seen.rows, seen.noted())


def end_staging(
    connection: psycopg.Connection, dataset: Dataset, batch_id: int, *, noted: Collection[str]
) -> None:
    """Tell the planner and the merge what is staged, once all of it is."""
    named = sql.Identifier("stage", stage_table(dataset, batch_id).name)
    connection.execute(_SQL["sample_lightly"])
    connection.execute(sql.SQL("ANALYZE {}").format(named))
    if noted:
        words = sql.Literal(" ".join(sorted(noted)))
        connection.execute(sql.SQL(_SQL["note_staged"]).format(stage=named, words=words))


class _StagedValues:
    """What is known of the rows staged so far; of some columns a hash of each value."""

    def __init__(self, columns: Sequence[str], *, first: int) -> None:
        self._first = first
        self._hashes = {column: Spool(shift=_SHIFT) for column in columns}
        self._keyless = False
        self._all = {ALL_LIVE, ALL_DATED}
        self.rows = 0

    @property
    def position(self) -> int:
        """Where the next row stands."""
        return self._first + self.rows

    def add(self, frame: pl.DataFrame) -> None:
        """Count the rows of a frame."""
        for column, hashes in self._hashes.items():
            hashes.add(frame[column].drop_nulls().hash().to_numpy())
        self._keyless |= bool(frame["record_id"].has_nulls())
        if frame["deleted"].any():
            self._all.discard(ALL_LIVE)
        if frame["source_version"].has_nulls():
            self._all.discard(ALL_DATED)
        self.rows += frame.height

    def noted(self) -> frozenset[str]:
        """What holds of all rows; equal hashes of unlike values leave a column out, at no harm."""
        if not self.rows:
            return frozenset()
        found = {name for name, hashes in self._hashes.items() if _all_differ(hashes)}
        return frozenset((found - {"record_id"} if self._keyless else found) | self._all)


def _all_differ(hashes: Spool) -> bool:
    ordered = map(np.sort, hashes.read_buckets())
    return not any(bool((bucket[1:] == bucket[:-1]).any()) for bucket in ordered)


def _make_ready(
    frames: Iterable[pl.DataFrame], dataset: Dataset, columns: Sequence[str], seen: _StagedValues
) -> Iterator[pl.DataFrame]:
    """Each frame with the columns of the stage table, as the server is to have them."""
    for frame in frames:
        ready = _as_staged(frame, dataset, seen.position)
        missing = [name for name in columns if name not in ready.columns]
        if missing:
            message = (
                f"The standardiser gave no column {missing[0]}; its kind and hub.kinds differ."
            )
            raise MotlanError(message)
        seen.add(ready)
        yield ready.select(columns)


def _as_staged(frame: pl.DataFrame, dataset: Dataset, offset: int) -> pl.DataFrame:
    """The columns named as those of the stage table are, and of their types."""
    unreadable = pl.col("unreadable")
    as_json = [name for name, sql_type in dataset.columns.items() if sql_type == "jsonb"]
    return frame.rename({"_chunk": "chunk", "_row": "chunk_row"}).with_columns(
        pl.int_range(offset, offset + frame.height, dtype=pl.Int64).alias("position"),
        pl.when(unreadable.list.len() > 0).then(unreadable).alias("unreadable"),
        pl.col("source_version").alias("valid_from"),
        pl.col("chunk").cast(pl.Int32),
        pl.col("chunk_row").cast(pl.Int64),
        *(as_jsonb(pl.col(name)).alias(name) for name in as_json),
    )
