"""Puts the standardised rows of one batch where they are judged and published from."""

from collections.abc import Iterable, Sequence
from io import BytesIO

import polars as pl
from psycopg import sql
from sqlalchemy.schema import CreateTable, DropTable

from hub.contract import Dataset
from hub.errors import MotlanError
from warehouse.connection import connect, transaction
from warehouse.tables import stage_table

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

    Run again, it begins again: nothing of an earlier attempt stays.

    Args:
        frames: what ``standardisation.standardise`` gives, with ``_chunk`` and ``_row``.
    """
    table = stage_table(dataset, batch_id)
    with transaction("pipeline") as emptied:
        emptied.execute(DropTable(table, if_exists=True))
        emptied.execute(CreateTable(table))
    columns = ("position", "record_id", *dataset.columns, *_AFTER_FIELDS, "chunk", "chunk_row")
    copy_into = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        sql.Identifier("stage", table.name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    staged = 0
    with connect("pipeline") as connection, connection.cursor() as cursor:
        for frame in frames:
            ready = _as_csv_frame(frame, columns, staged)
            buffer = BytesIO()
            ready.write_csv(buffer, include_header=False)
            with cursor.copy(copy_into) as copy:
                copy.write(buffer.getbuffer())
            staged += frame.height
        cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier("stage", table.name)))
    return staged


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
