"""Frames into tables, in PostgreSQL's binary form: a third of what the server spends on text.

ADBC writes it, in a session of its own; so what must be one transaction with the rows goes through
that session too.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import adbc_driver_postgresql.dbapi as adbc
import polars as pl
import pyarrow as pa
from psycopg import sql
from psycopg.conninfo import make_conninfo

from hub.errors import where_it_arose
from hub.settings import Role, get_settings
from warehouse.connection import libpq_url, refused, session_settings, unavailable

_PARAMETER: Final = re.compile(r"%(?:\((\w+)\)s|%)")
_JSONB_VERSION: Final = "\x01"
"""What PostgreSQL's binary form of jsonb begins with (jsonb_recv)."""
_LOST: Final = ("08", "25P03", "57P")
"""So begins the SQLSTATE of a session that is over."""


class BulkSession:
    """A session in one transaction: statements, and frames that are appended to tables."""

    def __init__(self, connection: adbc.Connection) -> None:
        self._connection = connection

    def execute(self, query: str, row: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a statement with its ``%(name)s`` filled in; gives the rows that it answers with."""
        with self._connection.cursor() as cursor:
            cursor.execute(_PARAMETER.sub(lambda found: _literal(found[1], row or {}), query))
            return list(cursor.fetchall()) if cursor.description else []

    def append(self, schema: str, table: str, frame: pl.DataFrame) -> None:
        """Append rows to the columns of the frame's names; the others have their defaults.

        The frame's types must be the table's: nothing is converted. A ``jsonb`` column is what
        `as_jsonb` makes of its text.
        """
        with self._connection.cursor() as cursor:
            cursor.adbc_ingest(table, frame.to_arrow(), mode="append", db_schema_name=schema)


def as_jsonb(text: pl.Expr) -> pl.Expr:
    """JSON as text -> what `BulkSession.append` puts in a ``jsonb`` column."""
    return pl.lit(_JSONB_VERSION) + text


@contextmanager
def bulk_session(role: Role) -> Iterator[BulkSession]:
    """A session whose block is one transaction: committed at its end, else rolled back.

    Raises:
        WarehouseUnavailableError: nobody answers at the role's URL, or its answer did not come.
        StreamBusyError: another transaction held a lock for longer than this one waits.
        WarehouseRefusedError: a statement failed; said without its values.
    """
    url = libpq_url(get_settings().warehouse_url(role))
    try:
        with adbc.connect(make_conninfo(url, **session_settings(url))) as connection:
            yield BulkSession(connection)
            connection.commit()
    except (adbc.Error, pa.ArrowException) as error:
        state = getattr(error, "sqlstate", None) or ""
        if not state.strip("\0") or state.startswith(_LOST):
            raise unavailable(role) from None
        at = where_it_arose(error)[-1]
        raise refused(state, type(error).__name__, at) from None


def _literal(name: str | None, row: Mapping[str, Any]) -> str:
    return "%" if name is None else sql.Literal(row[name]).as_string()
