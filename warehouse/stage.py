"""Puts the standardised rows of one batch where they are judged and published from."""

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO

import numpy as np
import polars as pl
from numpy.typing import NDArray
from psycopg import sql
from sqlalchemy.schema import CreateTable

from hub.contract import Dataset
from hub.errors import MotlanError
from hub.streams import read_ahead
from warehouse.connection import connect, transaction
from warehouse.judged import drop_stage
from warehouse.queries import load
from warehouse.tables import stage_table

_SQL = load("judged")
_AFTER_FIELDS = (
    "flags",
    "unreadable",
    "source_version",
    "deleted",
    "source_partition",
    "row_hash",
)


def stage_rows(dataset: Dataset, batch_id: int, frames: Iterable[pl.DataFrame]) -> int:
    """Fill the batch's stage table anew, frame by frame; returns the number of rows.

    Run again, it begins again: nothing of an earlier attempt stays. The next frame is made while
    one is loaded.

    Args:
        frames: what ``standardisation.standardise`` gives, with ``_chunk`` and ``_row``.
    """
    table = stage_table(dataset, batch_id)
    with transaction("pipeline") as emptied:
        drop_stage(emptied, dataset, batch_id)
        emptied.execute(CreateTable(table))
    columns = ("position", "record_id", *dataset.columns, *_AFTER_FIELDS, "chunk", "chunk_row")
    named = sql.Identifier("stage", table.name)
    copy_into = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        named, sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    keys = _StagedKeys()
    with connect("pipeline") as connection, connection.cursor() as cursor:
        for content in read_ahead(_write_csv(read_ahead(frames), columns, keys)):
            with cursor.copy(copy_into) as copy:
                copy.write(content)
        cursor.execute(sql.SQL("ANALYZE {}").format(named))
        if keys.differ():
            cursor.execute(sql.SQL(_SQL["note_keys_differ"]).format(stage=named))
    return keys.rows


class _StagedKeys:
    """The hashes of the keys staged so far: whether two rows may be of one key."""

    def __init__(self) -> None:
        self._hashes: list[NDArray[np.uint64]] = []
        self._missing = 0
        self.rows = 0

    def add(self, record_ids: pl.Series) -> None:
        """Count the rows of a frame."""
        self._missing += record_ids.null_count()
        self._hashes.append(record_ids.hash().to_numpy())
        self.rows += len(record_ids)

    def differ(self) -> bool:
        """Whether every row has a key that no other row has.

        Equal hashes of unlike keys make it False, which costs time and nothing else.
        """
        if self._missing or not self.rows:
            return False
        ordered = np.sort(np.concatenate(self._hashes))
        return not bool((ordered[1:] == ordered[:-1]).any())


def _write_csv(
    frames: Iterable[pl.DataFrame], columns: Sequence[str], keys: _StagedKeys
) -> Iterator[memoryview]:
    """Each frame as COPY reads it."""
    for frame in frames:
        ready = _as_csv_frame(frame, columns, keys.rows)
        keys.add(ready["record_id"])
        buffer = BytesIO()
        ready.write_csv(buffer, include_header=False)
        yield buffer.getbuffer()


def _as_csv_frame(frame: pl.DataFrame, columns: Sequence[str], offset: int) -> pl.DataFrame:
    """Name the columns as the stage table does, and write lists as array literals."""
    lists = [
        pl.concat_str(pl.lit("{"), pl.col(name).list.join(","), pl.lit("}")).alias(name)
        for name in ("flags", "unreadable")
    ]
    ready = frame.rename({"_chunk": "chunk", "_row": "chunk_row"}).with_columns(
        pl.int_range(offset, offset + frame.height, dtype=pl.Int64).alias("position"), *lists
    )
    missing = [name for name in columns if name not in ready.columns]
    if missing:
        message = f"The standardiser gave no column {missing[0]}; its kind and hub.kinds differ."
        raise MotlanError(message)
    return ready.select(columns)
