"""Stewards: logins of their own in the warehouse, whose passwords nobody but the server checks.

A password never stands in a statement: what is sent is the SCRAM verifier that libpq makes of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.rows import class_row
from sqlalchemy import make_url

from hub.errors import SignInError, WrongUseError
from hub.settings import get_settings
from warehouse.connection import CONNECT_SECONDS, connect, without_values
from warehouse.queries import load

_SQL = load("stewards")
PASSWORD_LENGTH_MIN: Final = 12
_REFUSED: Final = ("28P01", "28000")
"""SQLSTATE of a login that the server refuses."""
_SILENT: Final = {
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
    "lock_timeout": "5s",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",
}


@dataclass(frozen=True)
class Steward:
    """Who may sign, or might once."""

    name: str
    added_at: datetime
    stopped_at: datetime | None


def add_steward(name: str, password: str) -> None:
    """Give a steward a login of their own; the warehouse's owner does it.

    Raises:
        WrongUseError: the name is taken or no name, or the password is too short.
    """
    _refuse_short(password)
    with connect("owner") as connection:
        connection.execute("SET LOCAL log_statement = 'none'")
        row = {"name": name}
        try:
            found = connection.execute(_SQL["add_steward"], row).fetchone()
            assert found is not None
            login = sql.Identifier(found[0])
            verifier = sql.Literal(_verifier(connection, found[0], password))
            create = "CREATE ROLE {} LOGIN IN ROLE motlan_signing CONNECTION LIMIT 4 PASSWORD {}"
            connection.execute(sql.SQL(create).format(login, verifier))
        except (psycopg.errors.UniqueViolation, psycopg.errors.DuplicateObject):
            message = f"There is or was a steward {name!r} already; a name is never given again."
            raise WrongUseError(message) from None
        except psycopg.errors.CheckViolation:
            message = "A steward's name is two to 31 letters a-z, digits and _, a letter first."
            raise WrongUseError(message) from None
        for setting, value in _SILENT.items():
            change = sql.SQL("ALTER ROLE {} SET {} = {}")
            connection.execute(change.format(login, sql.Identifier(setting), sql.Literal(value)))


def stop_steward(name: str) -> None:
    """Let a steward sign no more; what they signed stays. The warehouse's owner does it.

    Raises:
        WrongUseError: there is no such steward, or they were stopped before.
    """
    with connect("owner") as connection:
        found = connection.execute(_SQL["stop_steward"], {"name": name}).fetchone()
        if found is None:
            message = f"There is no steward {name!r}; `motlan steward list` names them."
            raise WrongUseError(message)
        connection.execute(sql.SQL("ALTER ROLE {} NOLOGIN").format(sql.Identifier(found[0])))
        connection.execute(_SQL["end_sessions"], {"login": found[0]})


def change_password(name: str, password: str, new: str) -> None:
    """Give a steward who is signed in another password.

    Raises:
        SignInError: nobody of that name and password may sign.
        WrongUseError: the new password is too short.
    """
    _refuse_short(new)
    with signed_in(name, password) as connection:
        login = connection.info.user
        verifier = sql.Literal(_verifier(connection, login, new))
        change = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(login), verifier)
        connection.execute(change)


def list_stewards() -> list[Steward]:
    """Every steward there is or was, by name."""
    with (
        connect("auditor") as connection,
        connection.cursor(row_factory=class_row(Steward)) as cursor,
    ):
        return cursor.execute(_SQL["list_stewards"]).fetchall()


@contextmanager
def signed_in(name: str, password: str) -> Iterator[psycopg.Connection]:
    """A connection of a steward's own, one transaction; the server has checked the password.

    Raises:
        SignInError: nobody of that name and password may sign.
    """
    address = make_url(get_settings().warehouse_url("steward"))
    where: dict[str, Any] = {**address.query, "host": address.host, "port": address.port}
    where |= {"user": f"motlan_steward_{name}", "password": password}
    with without_values("steward"):
        try:
            connection = psycopg.connect(
                dbname=address.database, connect_timeout=CONNECT_SECONDS, **where
            )
        except psycopg.OperationalError as error:
            if _is_refusal(error):
                message = (
                    f"Steward {name!r} could not sign in: no such name, or another password. "
                    "`motlan steward list` names the stewards."
                )
                raise SignInError(message) from None
            raise
        with connection:
            yield connection


def _is_refusal(error: psycopg.OperationalError) -> bool:
    """Whether the server answered and refused; before a login the driver knows no SQLSTATE."""
    said = str(error)
    words = ("password authentication failed", "not permitted to log in")
    return error.sqlstate in _REFUSED or any(word in said for word in words)


def _verifier(connection: psycopg.Connection, login: str, password: str) -> str:
    """What the server keeps instead of the password."""
    made = connection.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256")
    return made.decode()


def _refuse_short(password: str) -> None:
    if len(password) < PASSWORD_LENGTH_MIN:
        message = f"A steward's password has at least {PASSWORD_LENGTH_MIN} characters."
        raise WrongUseError(message)
