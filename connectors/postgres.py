"""The Arrow fast path for PostgreSQL: rows arrive in binary, out of the snapshot of the read."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import adbc_driver_postgresql.dbapi as adbc
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy import types as sqltypes
from sqlalchemy.dialects import postgresql

from hub.failpoint import reach

FAILURES: Final = (adbc.Error, pa.ArrowException, OSError)
"""What the driver raises; its text may hold values and is not shown."""
_LIBPQ_DRIVERS: Final = ("postgresql", "postgresql+psycopg", "postgresql+psycopg2")
_BATCH_BYTES: Final = 2 * 2**20
_BESIDE: Final = "the connection that reads in Arrow"


def is_libpq(url: sa.URL) -> bool:
    """Whether libpq understands the URL once its driver is taken out."""
    return url.drivername in _LIBPQ_DRIVERS


@contextmanager
def read_snapshot(
    connection: sa.Connection, query: sa.Select[Any], url: sa.URL, settings: Mapping[str, str]
) -> Iterator[Iterator[pa.RecordBatch]]:
    """The rows of a query as record batches, as the transaction of ``connection`` sees them.

    A second connection takes over the first one's snapshot: nothing that is committed meanwhile is
    in either. It is made for the first query and serves those after it; `close_beside` ends it.

    Args:
        settings: libpq's own, of the second connection.
    """
    plain = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
    text = str(query.compile(dialect=plain, compile_kwargs={"literal_binds": True}))
    if _BESIDE not in connection.info:
        _open_beside(connection, url, settings)
    with connection.info[_BESIDE].cursor() as cursor:
        cursor.adbc_statement.set_options(
            **{"adbc.postgresql.batch_size_hint_bytes": str(_BATCH_BYTES)}
        )
        cursor.execute(text)
        reach("K04")
        yield iter(cursor.fetch_record_batch())


def _open_beside(connection: sa.Connection, url: sa.URL, settings: Mapping[str, str]) -> None:
    """Give a connection a second one that sees its snapshot; to make one costs 40 ms."""
    snapshot = connection.scalar(sa.select(sa.func.pg_export_snapshot()))
    beside = connection.info[_BESIDE] = adbc.connect(_libpq_url(url, settings))
    with beside.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")


def close_beside(connection: sa.Connection) -> None:
    """End the second connection of one, if it has one."""
    beside = connection.info.pop(_BESIDE, None)
    if beside is not None:
        beside.close()


def _libpq_url(url: sa.URL, settings: Mapping[str, str]) -> str:
    """The URL as libpq reads it: a space in a setting is %20 there, never a plus."""
    address = url.set(drivername="postgresql").update_query_dict(dict(settings))
    place, _, query = address.render_as_string(hide_password=False).partition("?")
    return f"{place}?{query.replace('+', '%20')}"


def landed_column(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """PostgreSQL's own text for what Arrow or Python cannot hold, like infinite dates and NaN."""
    if isinstance(column.type, sqltypes.Integer):
        return sa.cast(column, sa.BigInteger).label(column.name)
    if isinstance(column.type, sqltypes.Boolean):
        return column
    return sa.cast(column, sa.Text).label(column.name)
