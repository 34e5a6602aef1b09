"""Lets a worker die in its own process, at a write to the warehouse of a chosen number."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import adbc_driver_postgresql.dbapi as adbc
import psycopg

from warehouse.bulk import BulkSession

_WRITE: Final = re.compile(r"^\s*(INSERT|UPDATE|DELETE|CREATE|DROP|ALTER)\b", re.MULTILINE)


class CrashError(RuntimeError):
    """The worker ends here."""


@contextmanager
def dying(writes: int) -> Iterator[None]:
    """End the worker at its write of that number to the warehouse; a commit counts as two.

    Before a write, before a commit, or after one, whose answer is then lost.
    """
    left = [writes]

    def count() -> None:
        left[0] -= 1
        if left[0] < 0:
            raise CrashError

    with _counting_statements(count), _counting_bulk(count):
        yield


@contextmanager
def _counting_statements(count: Callable[[], None]) -> Iterator[None]:
    abandoned: list[Any] = []
    cursor, session = psycopg.Cursor, psycopg.Connection
    execute, copy, commit = cursor.execute, cursor.copy, session.commit

    def execute_or_die(self: Any, query: Any, *args: Any, **named: Any) -> Any:
        text = query if isinstance(query, str) else _text(query, self)
        if _WRITE.search(text) and _is_warehouse(self.connection):
            count()
        return execute(self, query, *args, **named)

    def copy_or_die(self: Any, *args: Any, **named: Any) -> Any:
        count()
        return copy(self, *args, **named)

    def commit_or_die(self: Any) -> None:
        counted = _is_warehouse(self)
        abandoned[:] = [self]
        if counted:
            count()
        commit(self)
        if counted:
            count()
        abandoned.clear()

    cursor.execute, cursor.copy, session.commit = execute_or_die, copy_or_die, commit_or_die  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        cursor.execute, cursor.copy, session.commit = execute, copy, commit  # type: ignore[method-assign]
        for connection in abandoned:
            connection.close()  # its worker is gone


@contextmanager
def _counting_bulk(count: Callable[[], None]) -> Iterator[None]:
    append, commit = BulkSession.append, adbc.Connection.commit

    def append_or_die(self: Any, *args: Any) -> None:
        count()
        append(self, *args)

    def commit_or_die(self: Any) -> None:
        count()
        commit(self)
        count()

    BulkSession.append, adbc.Connection.commit = append_or_die, commit_or_die  # type: ignore[method-assign]
    try:
        yield
    finally:
        BulkSession.append, adbc.Connection.commit = append, commit  # type: ignore[method-assign]


def _text(query: Any, cursor: Any) -> str:
    if isinstance(query, bytes):
        return query.decode()
    return str(query.as_string(cursor))


def _is_warehouse(connection: Any) -> bool:
    return str(connection.info.user) == "motlan_pipeline"
