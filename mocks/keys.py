"""What a source truly holds: asked of its own database, to check a copy of it."""

from collections.abc import Sequence

import psycopg
from psycopg import sql


def list_live_keys(database: str, table: str, keys: Sequence[str], deleted: str = "") -> set[str]:
    """The keys of a table's rows that are not deleted, the parts of a key joined by ``|``.

    Args:
        database: URL of the source's own database.
        table: ``schema.table``.
        keys: the columns of the key, in order.
        deleted: the column that marks a deleted row, if there is one.
    """
    parts = [sql.SQL("{}::text").format(sql.Identifier(name)) for name in keys]
    live = sql.SQL("NOT {}").format(sql.Identifier(deleted)) if deleted else sql.SQL("true")
    query = sql.SQL("SELECT concat_ws('|', {}) FROM {} WHERE {}").format(
        sql.SQL(", ").join(parts), sql.Identifier(*table.split(".")), live
    )
    with psycopg.connect(database) as connection:
        return {key for (key,) in connection.execute(query)}
