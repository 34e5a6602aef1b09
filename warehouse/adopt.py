"""The first rows of a register are not written twice: their stage table becomes the register.

The stage of a batch that finds its register empty is an ordinary logged table. The publish
transaction takes out of it what is not accepted, gives it the register's shape and puts it in the
place of the empty table; a crash leaves either the one or the other, whole.
"""

from datetime import datetime
from typing import Final

from psycopg import Connection, sql

from hub.contract import Dataset
from warehouse.queries import load
from warehouse.tables import stage_table, standard_table

_SQL: Final = load("adopt")
_OF_THE_STAGE: Final = ("position", "unreadable", "deleted", "chunk", "chunk_row", "outcome")


def is_empty(connection: Connection, dataset: Dataset) -> bool:
    """Whether the register holds no row, or is not made yet."""
    row = {"name": f'standard."{dataset.table}"'}
    if connection.execute(_SQL["find_table"], row).fetchone() == (None,):
        return True
    query = sql.SQL(_SQL["holds_nothing"]).format(standard=_standard(dataset))
    return connection.execute(query).fetchone() == (True,)


def is_logged(connection: Connection, dataset: Dataset, batch_id: int) -> bool:
    """Whether the batch's stage table is one that can become the register."""
    row = {"name": stage_table(dataset, batch_id).name}
    return connection.execute(_SQL["is_logged"], row).fetchone() == (True,)


def can_be_adopted(connection: Connection, dataset: Dataset, batch_id: int) -> bool:
    """Whether the stage can take the register's place: nothing may be lost with the empty table.

    A table that somebody else has changed, spoken of, granted or built upon is filled row by row
    instead.
    """
    if not is_logged(connection, dataset, batch_id):
        return False
    columns = standard_table(dataset).columns
    required = [column.name for column in columns if not column.nullable]
    row = {"name": dataset.table, "required": required}
    return connection.execute(_SQL["is_as_made"], row).fetchone() == (True,)


def adopt_stage(
    connection: Connection, dataset: Dataset, batch_id: int, *, undated: datetime | None
) -> None:
    """Put the batch's stage in the place of the empty register, in the publish transaction.

    Every staged row has a key of its own. Readers wait until the transaction ends.

    Args:
        undated: since when a row without a version of its own is valid; None where there is none.
    """
    words = {
        "stage": sql.Identifier("stage", stage_table(dataset, batch_id).name),
        "moved": sql.Identifier("standard", stage_table(dataset, batch_id).name),
        "standard": _standard(dataset),
        "name": sql.Identifier(dataset.table),
        "key": sql.Identifier(f"{dataset.table}_pkey"),
        "batch_id": sql.Literal(batch_id),
        "as_of": sql.Literal(undated),
        "dropped": sql.SQL(", ").join(
            sql.SQL("DROP COLUMN {}").format(sql.Identifier(name)) for name in _OF_THE_STAGE
        ),
    }
    date = [] if undated is None else ["date_rows" if dataset.sync.cursor else "date_register"]
    for query in (
        *("lock_stage", "leave_out", *date, "drop_empty", "shape_rows", "end_shaping"),
        *("forget_note", "move_stage", "name_register", "index_failing", "sample_lightly"),
        "analyse",
    ):
        connection.execute(sql.SQL(_SQL[query]).format(**words))


def _standard(dataset: Dataset) -> sql.Identifier:
    return sql.Identifier("standard", standard_table(dataset).name)
