"""Reads of a table only the buckets of keys in which it differs from what the hub holds."""

from collections.abc import Generator, Iterator
from datetime import datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from sqlalchemy import types as sqltypes

from connectors.base import Outcome, Plan, Proof, Request, cursor_column
from connectors.deadline import in_time
from connectors.keys import KeyTally, join_keys
from connectors.options import SqlOptions
from connectors.reconcile import (
    MICROSECONDS,
    SourceKeys,
    compare_buckets,
    in_buckets,
    measured_in,
)
from connectors.sql import (
    TableReader,
    open_snapshot,
    select_landing,
    source_time,
    telling_failures,
)
from hub.errors import IncompleteSourceError

BUCKETS: Final = 4096
"""Of a million rows, some 250 lie in each: as many are read again because of one."""
ASKED_AT_ONCE: Final = 1000
"""How many keys go into one query."""
MOST: Final = 0.2
"""From what share of the rows on the table is read from end to end, and not key by key."""


def plan_sql_buckets(request: Request, options: SqlOptions) -> Plan:
    """Which buckets of keys differ here; no part where none does. No row is read.

    Raises:
        SourceUnavailableError: its database failed.
        SchemaDriftError: a promised column is missing or of another type.
    """
    reader = BucketReader(request, options)
    units = measured_in(request.dataset, MICROSECONDS)
    keys = SourceKeys(request.contract, request.dataset, units)
    moments: list[datetime] = []

    def read_keys() -> Generator[pa.RecordBatch]:
        with open_snapshot(request.url, options) as connection:
            moments.append(source_time(connection))
            yield from reader.list_keys(connection, reader.open_table(connection))

    with telling_failures(request.dataset.stream):
        for batch in in_time(read_keys(), reader.seconds_left):
            keys.add(batch)
    verdict = compare_buckets(request.contract, request.dataset, keys.digest(BUCKETS), units)
    words = verdict.as_words()
    spec = {"buckets": verdict.differed, "as_of": moments[0].isoformat(), "verdict": words}
    return Plan([spec] if verdict.differed else [], moments[0], words)


class BucketReader(TableReader):
    """One read of the rows of some buckets; their keys are of the same snapshot."""

    def __init__(self, request: Request, options: SqlOptions) -> None:
        super().__init__(request, options)
        self._buckets: list[int] = list(request.spec.get("buckets", ()))
        self._every = KeyTally(request.dataset)
        self._chosen = KeyTally(request.dataset)

    def list_keys(self, connection: sa.Connection, table: sa.Table) -> Iterator[pa.RecordBatch]:
        """The key, the cursor and the tombstone of every row, and nothing else."""
        sync = self._dataset.sync
        names = [item.physical_name for item in self._dataset.key_fields]
        names += [cursor_column(self._dataset) or names[0]]
        names += [self._dataset.get_field(sync.tombstone).physical_name] if sync.tombstone else []
        columns = [table.columns[name] for name in dict.fromkeys(names)]
        return self._run(connection, select_landing(connection, columns), columns)

    def _fetch_batches(
        self, connection: sa.Connection, table: sa.Table
    ) -> Iterator[pa.RecordBatch]:
        """The rows of the buckets: asked for by key while they are few, else picked out of all."""
        keys = self._keys(table)
        names = [column.name for column in keys]
        found: list[pa.RecordBatch] = []
        for batch in self.list_keys(connection, table):
            self._every.add(batch)
            chosen = self._pick(batch)
            self._chosen.add(chosen)
            found.append(chosen.select(names))
        query = select_landing(connection, table.columns)
        columns = list(table.columns)
        if self._chosen.rows > MOST * self._every.rows or not _can_be_named(keys, found):
            yield from map(self._pick, self._run(connection, query.order_by(*keys), columns))
            return
        listed = (row for batch in found for row in batch.to_pylist())
        rows = list({tuple(row.values()): row for row in listed}.values())
        for at in range(0, len(rows), ASKED_AT_ONCE):
            named = _is_one_of(keys, rows[at : at + ASKED_AT_ONCE])
            yield from map(self._pick, self._run(connection, query.where(named), columns))

    def _pick(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        keys = join_keys([batch.column(item.physical_name) for item in self._dataset.key_fields])
        return batch.filter(in_buckets(keys, self._buckets, BUCKETS))

    def _settle(
        self, connection: sa.Connection, table: sa.Table, outcome: Outcome, tally: KeyTally
    ) -> None:
        """Prove that no row of the buckets is missing.

        Raises:
            IncompleteSourceError: other keys were read than stand there.
        """
        if (tally.rows, tally.digest()) != (self._chosen.rows, self._chosen.digest()):
            message = (
                f"{self._dataset.stream}: {self._chosen.rows} rows were asked for by their keys "
                f"and {tally.rows} came. Nothing was kept; run `--full` for the source."
            )
            raise IncompleteSourceError(message)
        outcome.proof = Proof("keys", "buckets", self._every.live_digest(), as_of=outcome.as_of)


def _can_be_named(keys: list[sa.Column[Any]], found: list[pa.RecordBatch]) -> bool:
    """Whether the keys can be written into a query as they are."""
    if not all(isinstance(key.type, sqltypes.String | sqltypes.Integer) for key in keys):
        return False
    texts = [c for batch in found for c in batch.columns if pa.types.is_string(c.type)]
    return not any(pc.any(pc.match_substring(text, "\\")).as_py() for text in texts)


def _is_one_of(keys: list[sa.Column[Any]], rows: list[dict[str, Any]]) -> sa.ColumnElement[bool]:
    """The condition that a row has one of these keys."""
    if len(keys) == 1:
        return keys[0].in_([row[keys[0].name] for row in rows])
    return sa.or_(*(sa.and_(*(key == row[key.name] for key in keys)) for row in rows))
