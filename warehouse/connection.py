"""The only door to the warehouse: one place for roles, pools and connection errors."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.errors import LockNotAvailable
from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from hub.errors import (
    StreamBusyError,
    WarehouseRefusedError,
    WarehouseUnavailableError,
    where_it_arose,
)
from hub.settings import Role, get_settings

CONNECT_SECONDS = 5
LINE: Mapping[str, int] = {
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""libpq's own settings of a session: a line that is dead is known to be within a minute."""
_FORMS = "-c datestyle=ISO -c timezone=UTC -c intervalstyle=postgres"
"""How the server writes times to a session, whatever its database or its role would have it do."""
_SESSION_ENDS = ("25P03", "57P01", "57P02", "57P03")
"""SQLSTATE of a session that was ended: its worker was away for too long in the middle of a
transaction; the server stops, has crashed, or is not ready yet."""


def sqlalchemy_url(url: str) -> URL:
    """The URL with psycopg 3 as its driver, whatever scheme it was written with."""
    return make_url(url).set(drivername="postgresql+psycopg")


def libpq_url(url: str) -> str:
    """The URL as libpq reads it, whatever driver it was written with."""
    plain = make_url(url).set(drivername="postgresql")
    return plain.render_as_string(hide_password=False)


def session_settings(url: str) -> dict[str, Any]:
    """libpq's settings of a session of ours, beside its URL; options that the URL has stay."""
    asked = make_url(url).query.get("options", "")
    return {**LINE, "options": f"{asked} {_FORMS}".strip()}


@cache
def _engine(url: str) -> Engine:
    return create_engine(
        sqlalchemy_url(url),
        pool_pre_ping=True,
        hide_parameters=True,
        pool_size=2,
        connect_args=session_settings(url),
    )


def engine(role: Role) -> Engine:
    """The pooled SQLAlchemy engine of a login role, one a process."""
    return _engine(get_settings().warehouse_url(role))


@contextmanager
def transaction(role: Role) -> Iterator[Connection]:
    """A SQLAlchemy connection whose block is one transaction.

    Raises:
        WarehouseUnavailableError: nobody answers at the role's URL.
        StreamBusyError: another transaction held a lock for longer than this one waits.
        WarehouseRefusedError: a statement failed; said without its values.
    """
    with without_values(role), engine(role).begin() as connection:
        yield connection


@contextmanager
def held_snapshot(role: Role, what: str, registers: Collection[str]) -> Iterator[Connection]:
    """A transaction that sees one moment of the database and is the only one to hold ``what``.

    The session takes the lock before the transaction begins: the first statement of a transaction
    takes its snapshot, so one that waited inside for the lock would read what was there before
    the other one wrote.

    Args:
        registers: the tables of ``standard`` that are read (see `hold_registers`).

    Raises:
        WarehouseUnavailableError: nobody answers at the role's URL.
        StreamBusyError: another transaction held a lock for longer than this one waits.
        WarehouseRefusedError: a statement failed; said without its values.
    """
    named = {"what": f"motlan.{what}"}
    with without_values(role), engine(role).connect() as connection:
        connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            connection.execute(text("SELECT pg_advisory_lock(hashtext(:what))"), named)
        try:
            with connection.begin():
                hold_registers(driver_connection(connection), registers)
                yield connection
        finally:
            with connection.begin():
                connection.execute(text("SELECT pg_advisory_unlock(hashtext(:what))"), named)


def hold_registers(connection: psycopg.Connection, names: Collection[str]) -> None:
    """Let nobody put another table in the place of a register while this transaction lasts.

    To be the first statement of a transaction that reads at one snapshot, before there is one. The
    stage of a first load becomes the register (ADR 0015): whoever had a snapshot of before and
    opened the register after would see the rows that publishing has taken out of the stage. A
    statement of a READ COMMITTED transaction locks what it reads before it takes its snapshot.

    Raises:
        StreamBusyError: a first load was not published in the role's ``lock_timeout``.
    """
    if names:
        tables = sql.SQL(", ").join(sql.Identifier("standard", name) for name in sorted(names))
        connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(tables))


def hold(connection: Connection, what: str) -> None:
    """Let no other transaction that holds ``what`` run until this one has ended.

    Raises:
        StreamBusyError: another one did not end in the role's ``lock_timeout``.
    """
    lock = text("SELECT pg_advisory_xact_lock(hashtext(:what))")
    connection.execute(lock, {"what": f"motlan.{what}"})


def driver_connection(connection: Connection) -> psycopg.Connection:
    """The psycopg connection under a SQLAlchemy one, in the same transaction."""
    found = connection.connection.driver_connection
    assert isinstance(found, psycopg.Connection)
    return found


@contextmanager
def connect(role: Role) -> Iterator[psycopg.Connection]:
    """A psycopg connection whose block is one transaction: committed at its end, else rolled back.

    The pipeline asks often: its sessions come out of its pool, where a new one would cost as much
    as what it is asked. Whoever asks now and then gets one that ends with the block.

    Raises:
        WarehouseUnavailableError: nobody answers at the role's URL.
        StreamBusyError: another transaction held a lock for longer than this one waits.
        WarehouseRefusedError: a statement failed; said without its values.
    """
    if role == "pipeline":
        with transaction(role) as held:
            yield driver_connection(held)
        return
    url = libpq_url(get_settings().warehouse_url(role))
    with (
        without_values(role),
        psycopg.connect(make_conninfo(url, **session_settings(url))) as connection,
    ):
        yield connection


@contextmanager
def without_values(role: Role) -> Iterator[None]:
    """Turn the driver's errors, which may quote a row, into errors that name the fault alone."""
    try:
        yield
    except (psycopg.Error, SQLAlchemyError) as error:
        origin = getattr(error, "orig", None) or error
        state = getattr(origin, "sqlstate", None)
        lost = state is None and isinstance(origin, psycopg.OperationalError)
        if lost or state in _SESSION_ENDS:
            raise unavailable(role) from None
        described = getattr(origin, "diag", None)
        named = [
            getattr(described, part, None)
            for part in ("schema_name", "table_name", "column_name", "constraint_name")
        ]
        at = ".".join(name for name in named if name) or where_it_arose(error)[-1]
        raise refused(state, type(origin).__name__, at) from None


def unavailable(role: Role) -> WarehouseUnavailableError:
    """Nobody answers at the role's URL, or no longer."""
    place = make_url(get_settings().warehouse_url(role))
    return WarehouseUnavailableError(
        f"The warehouse at {place.host}:{place.port} does not answer for role {role}; "
        "start it with `motlan up`, or mend MOTLAN_WAREHOUSE_URL."
    )


def refused(state: str | None, kind: str, at: str) -> StreamBusyError | WarehouseRefusedError:
    """A statement failed: what is said of it, without its values.

    Args:
        state: its SQLSTATE.
        kind: the driver's name of the error.
        at: the table or constraint, or where in our code it arose.
    """
    if state == LockNotAvailable.sqlstate:
        return StreamBusyError(
            "Another run holds what this one needs; run it again when that has ended."
        )
    return WarehouseRefusedError(f"The warehouse refused a statement: {kind} ({state}) at {at}.")
