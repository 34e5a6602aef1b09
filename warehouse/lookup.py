"""The API's door to the warehouse: every call is one function of schema ``lookup``.

The login role behind it may execute those functions and nothing else. ``open`` commits the
audit intent; only then does ``settle`` read, and it closes the entry in the same transaction.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any, LiteralString, TypeVar

import psycopg
from psycopg import errors
from psycopg.rows import class_row
from psycopg_pool import ConnectionPool, PoolTimeout

from hub.errors import WarehouseUnavailableError
from warehouse.connection import connect, libpq_url, session_settings
from warehouse.migrate import head_version
from warehouse.queries import load

Answers = Mapping[str, Mapping[str, Any]]
"""Golden field -> its answer: value, source, as_of, verdict, classification, provenance."""

_SQL = load("lookup")
_SHOWN = ("known", "stale", "conflicting")
_POOL_SIZE = 16
_POOL_SECONDS = 3.0
_T = TypeVar("_T")


@dataclass(frozen=True)
class Opening:
    """What a lookup is opened with. Number, name and date are used once and never stored."""

    receipt_id: uuid.UUID
    client_id: str
    request_id: uuid.UUID
    request_mac: bytes
    procedure_code: str
    dossier_code: str
    officer: bytes
    subject: bytes
    key_id: str
    pin: str = field(repr=False)
    full_name: str = field(repr=False)
    birth_date: str = field(repr=False)


@dataclass(frozen=True)
class Opened:
    """An opened lookup with its ticket, or the reason why it was refused."""

    receipt_id: uuid.UUID
    opened_at: datetime
    valid_from: date | None
    ticket: uuid.UUID | None
    reason: str | None


@dataclass(frozen=True)
class Receipt:
    """What a client may see again of its own lookup; nothing about the person."""

    opened_at: datetime
    request_id: uuid.UUID
    request_mac: bytes
    procedure_code: str
    dossier_code: str
    outcome: str
    fields: list[str]


@dataclass(frozen=True)
class CallEntry:
    """An audit entry about a call that is no lookup."""

    receipt_id: uuid.UUID
    kind: str
    outcome: str
    reason: str | None = None
    client_id: str | None = None


class LookupStore:
    """A pool of connections of the API's role."""

    def __init__(self, url: str) -> None:
        self._pool = ConnectionPool(
            libpq_url(url),
            kwargs={"autocommit": True, **session_settings(url)},
            min_size=1,
            max_size=_POOL_SIZE,
            timeout=_POOL_SECONDS,
            open=False,
            name="lookup",
        )
        self.schema_needed = head_version()

    def start(self) -> None:
        """Open the pool; it connects in the background, so a database that is down may come."""
        self._pool.open(wait=False)

    def stop(self) -> None:
        """Close every connection."""
        self._pool.close()

    def open(self, opening: Opening) -> Opened:
        """Decide, count and record a lookup; returns when the audit intent is committed.

        Raises:
            WarehouseUnavailableError: the intent could not be recorded; nothing was read.
        """
        parameters = asdict(opening)

        def call(connection: psycopg.Connection) -> Opened:
            with connection.cursor(row_factory=class_row(Opened)) as cursor:
                found = cursor.execute(_SQL["open_lookup"], parameters).fetchone()
            if found is None:
                message = "lookup.open gave no answer; run `motlan up`, which migrates it."
                raise WarehouseUnavailableError(message)
            return found

        return self._run(call)

    def settle(self, opened: Opened, compose: Callable[[Answers], _T]) -> _T | None:
        """Read the ticket's fields, compose the answer, and close the entry; None if nobody.

        Raises:
            WarehouseUnavailableError: the outcome could not be recorded; give no answer.
        """

        def call(connection: psycopg.Connection) -> _T | None:
            with connection.transaction():
                rows = connection.execute(_SQL["read_lookup"], {"ticket": opened.ticket})
                answers: Answers = dict(rows.fetchall())
                composed = compose(answers) if answers else None
                given = [name for name, item in answers.items() if item["verdict"] in _SHOWN]
                outcome = "answered" if answers else "no_match"
                closing = {"receipt_id": opened.receipt_id, "outcome": outcome, "fields": given}
                connection.execute(_SQL["close_lookup"], closing)
            return composed

        return self._run(call)

    def record(self, entry: CallEntry) -> None:
        """Write an audit entry about a call that never became a lookup.

        Raises:
            WarehouseUnavailableError: it could not be written.
        """
        self._one("record_call", asdict(entry))

    def find_secret(self, client_id: str) -> str | None:
        """The secret's hash of an active client."""
        found: str | None = self._one("find_client_secret", {"client_id": client_id})
        return found

    def show_receipt(self, receipt_id: uuid.UUID, client_id: str) -> Receipt | None:
        """A client's own receipt."""

        def call(connection: psycopg.Connection) -> Receipt | None:
            wanted = {"receipt_id": receipt_id, "client_id": client_id}
            with connection.cursor(row_factory=class_row(Receipt)) as cursor:
                return cursor.execute(_SQL["show_receipt"], wanted).fetchone()

        return self._run(call)

    def published(self) -> dict[tuple[str, date], str]:
        """The published catalogue: (code, valid_from) -> hash of the version."""

        def call(connection: psycopg.Connection) -> dict[tuple[str, date], str]:
            rows = connection.execute(_SQL["list_published"]).fetchall()
            return {(code, valid_from): found for code, valid_from, found in rows}

        return self._run(call)

    def schema_version(self) -> str:
        """The warehouse's schema version."""
        return str(self._one("find_schema_version", {}))

    def _one(self, query: str, parameters: Mapping[str, Any]) -> Any:
        def call(connection: psycopg.Connection) -> Any:
            row = connection.execute(_SQL[query], parameters).fetchone()
            return row[0] if row else None

        return self._run(call)

    def _run(self, call: Callable[[psycopg.Connection], _T]) -> _T:
        """Call once more where the connection was lost or another transaction came first.

        A lookup that had committed already is found again by its request id, so trying again
        neither counts nor records it twice.
        """
        message = "The warehouse does not answer or cannot record; nothing was given."
        try:
            try:
                return self._call(call)
            except (errors.QueryCanceled, PoolTimeout):
                raise
            except psycopg.OperationalError:
                self._pool.check()
                return self._call(call)
        except psycopg.Error as error:
            raise WarehouseUnavailableError(message) from error

    def _call(self, call: Callable[[psycopg.Connection], _T]) -> _T:
        with self._pool.connection() as connection:
            return call(connection)


@dataclass(frozen=True)
class ProcedureRow:
    """What the database must know of a procedure version to decide on its own."""

    procedure_code: str
    valid_from: date
    valid_to: date | None
    answers_deceased: bool
    document_hash: str
    fields: Sequence[tuple[str, Sequence[str] | None]]


@dataclass(frozen=True)
class ClientRow:
    """A client, and which fields of which procedures it may see (None: all of them)."""

    client_id: str
    organisation: str
    desk: str
    secret_hash: str = field(repr=False)
    permissions: Mapping[str, Sequence[str] | None]


def publish_procedures(procedures: Sequence[ProcedureRow]) -> None:
    """Write the catalogue's versions, as the owner; versions that stand already are renewed."""
    with _owner() as run:
        for item in procedures:
            values = asdict(item)
            run("publish_procedure", values)
            run("clear_procedure_fields", values)
            for position, (name, parts) in enumerate(item.fields):
                kept = {"position": position, "field": name, "parts": parts and list(parts)}
                run("publish_procedure_field", values | kept)


def save_client(client: ClientRow) -> None:
    """Register a client, as the owner, with exactly these permissions."""
    with _owner() as run:
        values = asdict(client)
        run("save_client", values)
        run("clear_permissions", values)
        for code, fields in client.permissions.items():
            run("save_permission", values | {"procedure_code": code, "fields": fields})


def stop_client(client_id: str) -> None:
    """Take a client's rights away at once, whatever tokens it still holds."""
    with _owner() as run:
        run("stop_client", {"client_id": client_id})


@contextmanager
def _owner() -> Iterator[Callable[[str, Mapping[str, Any]], None]]:
    with connect("owner") as connection:

        def run(query: str, values: Mapping[str, Any]) -> None:
            statement: LiteralString = _SQL[query]
            connection.execute(statement, values)

        yield run
