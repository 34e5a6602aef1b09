"""Reads a table of any database that SQLAlchemy speaks to, in one consistent snapshot."""

import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from sqlalchemy import types as sqltypes
from sqlalchemy.exc import NoSuchTableError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from connectors import postgres
from connectors.base import (
    Fetch,
    Outcome,
    Plan,
    Proof,
    Request,
    cursor_column,
    drift,
    parse_moment,
    refuse_missing,
    unavailable,
)
from connectors.deadline import LateError, do_in_time, in_time
from connectors.keys import KeyTally, join_keys, print_keys
from connectors.options import SqlOptions
from connectors.tls import refused_line
from hub.errors import ContractError, IncompleteSourceError, SchemaDriftError
from hub.promised import promised_columns

_ACCEPTED: Final[Mapping[str, tuple[type[sqltypes.TypeEngine[Any]], ...]]] = {
    "boolean": (sqltypes.Boolean, sqltypes.String, sqltypes.Integer),
    "integer": (sqltypes.Integer,),
    "decimal": (sqltypes.Numeric, sqltypes.Integer, sqltypes.String),
    "date": (sqltypes.Date, sqltypes.String),
    "partial_date": (sqltypes.Date, sqltypes.String),
    "timestamp": (sqltypes.DateTime, sqltypes.String),
    "key": (sqltypes.String, sqltypes.Integer, sqltypes.Uuid),
    "code": (sqltypes.String, sqltypes.Integer),
    "sex": (sqltypes.String, sqltypes.Integer),
    "commune": (sqltypes.String, sqltypes.Integer),
    "facility": (sqltypes.String, sqltypes.Integer),
}
"""Field kind -> the column types it can be read from; every other kind is read from text."""
_POSTGRES: Final = "-c datestyle=ISO -c timezone=UTC -c default_transaction_read_only=on"

_LINE: Final = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
"""When libpq gives up a line whose other end has vanished."""


def fetch_sql(request: Request, options: SqlOptions) -> Fetch:
    """Read one table; see `connectors.fetch`."""
    return fetch_table(TableReader(request, options), request, options)


def fetch_table(reader: "TableReader", request: Request, options: SqlOptions) -> Fetch:
    """What a reader reads in a snapshot of its own, in time."""

    def read_rows(outcome: Outcome, tally: KeyTally) -> Generator[pa.RecordBatch]:
        with open_snapshot(request.url, options) as connection:
            yield from reader.read(connection, outcome, tally)

    def read(outcome: Outcome, tally: KeyTally) -> Generator[pa.RecordBatch]:
        with telling_failures(request.dataset.stream):
            yield from in_time(read_rows(outcome, tally), reader.seconds_left)
        outcome.next_cursor = request.next_cursor(reader.newest, outcome.as_of)

    return Fetch(request, read)


def plan_sql(request: Request, options: SqlOptions) -> Plan:
    """One part, or as many key ranges as the contract asks for where everything is read.

    The ranges hold about as many keys each, by the first column of the key. Each is read in a
    snapshot of its own; a key never leaves its range, so that each is complete by itself, and the
    batch speaks of the time before the first of them.
    """
    if options.parts == 1 or request.mode == "incremental":
        return Plan([{}])
    reader = TableReader(request, options)

    def split() -> Plan:
        with open_snapshot(request.url, options) as connection:
            as_of = source_time(connection)
            ranges = reader.split_keys(connection)
            return Plan([{**spec, "as_of": as_of.isoformat()} for spec in ranges], as_of)

    with telling_failures(request.dataset.stream):
        return do_in_time(split, reader.seconds_left())


class TableReader:
    """One read of one table, inside one snapshot of its database."""

    def __init__(self, request: Request, options: SqlOptions) -> None:
        self._contract = request.contract
        self._dataset = request.dataset
        self._options = options
        self._since, self._until = request.since, request.until
        self._spec = request.spec
        self._url = sa.make_url(request.url)
        self._end = time.monotonic() + options.run_seconds
        self.newest: datetime | None = None

    def seconds_left(self) -> float:
        """How long the next rows may take."""
        return min(self._options.silent_seconds, self._end - time.monotonic())

    def read(
        self, connection: sa.Connection, outcome: Outcome, tally: KeyTally
    ) -> Iterator[pa.RecordBatch]:
        """Rows first, then the keys again, from the same snapshot."""
        table = self.open_table(connection)
        outcome.as_of = source_time(connection)
        if "as_of" in self._spec:  # the batch speaks of the time before its first part
            outcome.as_of = min(outcome.as_of, datetime.fromisoformat(self._spec["as_of"]))
        unknown = sorted(set(table.columns.keys()) - promised_columns(self._dataset).keys())
        if unknown:
            listed = ", ".join(unknown)
            outcome.warnings.append(
                f"columns unknown to the contract were landed and not used: {listed}"
            )
        yield from self._read_rows(connection, table)
        if self._since is None:
            self._settle(connection, table, outcome, tally)

    def open_table(self, connection: sa.Connection) -> sa.Table:
        """The table, with all that was promised of it.

        Raises:
            SchemaDriftError: it is missing, or a promised column is missing or of another type.
        """
        table = self._reflect(connection)
        refuse_missing(self._dataset, table.columns.keys(), "the table")
        self._refuse_retyped(table)
        return table

    def _settle(
        self, connection: sa.Connection, table: sa.Table, outcome: Outcome, tally: KeyTally
    ) -> None:
        """Say what a whole read has covered, and prove it."""
        outcome.partitions = [""]
        if self._dataset.sync.completeness == "keys":
            outcome.proof = self._prove(connection, table, tally)
            outcome.declared_rows = tally.rows

    def split_keys(self, connection: sa.Connection) -> list[dict[str, Any]]:
        """Bounds of key ranges that hold about as many keys each; null is open."""
        table = self._reflect(connection)
        refuse_missing(self._dataset, table.columns.keys(), "the table")
        key = self._keys(table)[0]
        if not isinstance(key.type, sqltypes.String | sqltypes.Integer):
            return [{}]
        part = sa.func.ntile(self._options.parts).over(order_by=key).label("part")
        numbered = sa.select(key.label("key"), part).where(key.is_not(None)).subquery()
        first = sa.select(sa.func.min(numbered.c.key)).group_by(numbered.c.part)
        found = connection.execute(first.order_by(numbered.c.part)).scalars()
        edges = [None, *list(dict.fromkeys(found))[1:], None]
        return [{"keys": [low, high]} for low, high in pairwise(edges)]

    def _reflect(self, connection: sa.Connection) -> sa.Table:
        """The table with its columns; what else the database knows of it is not asked for."""
        name, schema = (
            self._options.table or self._dataset.physical_name,
            self._options.database_schema,
        )
        try:
            found = sa.inspect(connection).get_columns(name, schema)
        except NoSuchTableError:
            message = f"{self._dataset.stream}: the table {name!r} was promised and is missing."
            raise SchemaDriftError(message) from None
        columns = [sa.Column(column["name"], column["type"]) for column in found]
        return sa.Table(name, sa.MetaData(), *columns, schema=schema)

    def _refuse_retyped(self, table: sa.Table) -> None:
        for name, kind in promised_columns(self._dataset).items():
            came = table.columns[name].type
            if not isinstance(came, _ACCEPTED.get(kind, (sqltypes.String,))):
                raise drift(self._dataset, name, kind, type(came).__name__.lower())

    def _read_rows(self, connection: sa.Connection, table: sa.Table) -> Iterator[pa.RecordBatch]:
        name = cursor_column(self._dataset)
        for batch in self._fetch_batches(connection, table):
            if time.monotonic() > self._end:
                why = f"the read took longer than {self._options.run_seconds:.0f} s"
                raise unavailable(self._dataset.stream, why)
            if name is not None:
                self._note_newest(batch.column(name))
            yield batch

    def _fetch_batches(
        self, connection: sa.Connection, table: sa.Table
    ) -> Iterator[pa.RecordBatch]:
        """The rows in the order of cursor and key."""
        query = select_landing(connection, table.columns)
        keys = self._keys(table)
        name = cursor_column(self._dataset)
        if self._since is not None and name is not None:
            column = table.columns[name]
            query = query.where(column >= self._bound(column, self._since))
            if self._until is not None:
                query = query.where(column < self._bound(column, self._until))
            query = query.order_by(column, *keys)
        else:
            query = self._in_range(query, table).order_by(*keys)
        return self._run(connection, query, list(table.columns))

    def _in_range(self, query: sa.Select[Any], table: sa.Table) -> sa.Select[Any]:
        """The query, of the part's keys alone; a row without a key is of the first part."""
        low, high = self._spec.get("keys", (None, None))
        key = self._keys(table)[0]
        if low is not None:
            query = query.where(key >= low)
        if high is not None:
            query = query.where(key < high if low is not None else (key < high) | key.is_(None))
        return query

    def _keys(self, table: sa.Table) -> list[sa.Column[Any]]:
        return [table.columns[item.physical_name] for item in self._dataset.key_fields]

    def _run(
        self, connection: sa.Connection, query: sa.Select[Any], columns: list[sa.Column[Any]]
    ) -> Iterator[pa.RecordBatch]:
        """The rows of a query for these columns, by Arrow where the database can give it."""
        rows = self._options.chunk_rows
        if postgres.is_libpq(self._url):
            settings = _postgres_settings(self._options)
            with postgres.read_snapshot(connection, query, self._url, settings) as batches:
                for batch in batches:
                    yield from (batch[at : at + rows] for at in range(0, batch.num_rows, rows))
            return
        schema = pa.schema([(column.name, _arrow_type(column.type)) for column in columns])
        result = connection.execution_options(stream_results=True, yield_per=rows).execute(query)
        yield from (_to_batch(part, schema) for part in result.partitions())

    def _bound(self, column: sa.Column[Any], moment: datetime) -> datetime:
        """A time as the column writes it."""
        if not isinstance(column.type, sqltypes.DateTime):
            message = f"{self._dataset.stream}: the cursor {column.name!r} is not a time."
            raise ContractError(message)
        if column.type.timezone:
            return moment
        return moment.astimezone(ZoneInfo(self._contract.timezone)).replace(tzinfo=None)

    def _note_newest(self, values: pa.Array) -> None:
        """Remember the newest time; ISO texts of one column sort as times do.

        A year of five digits or before Christ does not, and what only looks like a time is none.
        """
        values = values.filter(pc.match_substring_regex(values, r"^[0-9]{4}-[^BC]*$"))
        while newest := pc.max(values).as_py():
            try:
                moment = parse_moment(newest, self._contract)
            except ValueError:
                values = values.filter(pc.not_equal(values, newest))
                continue
            self.newest = max(filter(None, (self.newest, moment)))
            return

    def _prove(self, connection: sa.Connection, table: sa.Table, tally: KeyTally) -> Proof:
        """Read the keys again; one that stands there twice is told downstream."""
        keys = self._keys(table)
        query = self._in_range(select_landing(connection, keys), table)
        again = self._run(connection, query, keys)
        unlike = tally.count_unlike([print_keys(join_keys(batch.columns)) for batch in again])
        if unlike:
            message = (
                f"{self._dataset.stream}: {tally.digest().count} keys were read, and {unlike} keys "
                "of the source are missing or were never there. The batch was not kept."
            )
            raise IncompleteSourceError(message)
        return Proof("keys", "batch", tally.digest())


@contextmanager
def open_snapshot(url: str, options: SqlOptions) -> Iterator[sa.Connection]:
    """A read-only connection that sees one state of the database throughout."""
    address = sa.make_url(url)
    arguments: dict[str, Any] = {}
    if address.get_backend_name() == "postgresql":
        arguments = _postgres_settings(options)
    engine = _engine(address, tuple(sorted(arguments.items())))
    with engine.connect() as connection:
        levels = engine.dialect.get_isolation_level_values(connection.connection)
        for level in ("REPEATABLE READ", "SERIALIZABLE"):
            if level in levels:
                connection = connection.execution_options(isolation_level=level)
                break
        with connection.begin():
            try:
                yield connection
            finally:
                postgres.close_beside(connection)


@lru_cache(maxsize=16)
def _engine(address: sa.URL, arguments: tuple[tuple[str, Any], ...]) -> sa.Engine:
    """An engine of a source, which keeps no connection: only what it has compiled."""
    return sa.create_engine(address, poolclass=NullPool, connect_args=dict(arguments))


def _postgres_settings(options: SqlOptions) -> dict[str, str]:
    """How a session of a PostgreSQL source is opened."""
    timeout = f"-c statement_timeout={int(options.run_seconds * 1000)}"
    return {**_LINE, "options": f"{_POSTGRES} {timeout}"}


def source_time(connection: sa.Connection) -> datetime:
    """The source's clock, where it says in which zone; the hub's otherwise."""
    moment = connection.execute(sa.select(sa.func.now())).scalar_one()
    if isinstance(moment, datetime) and moment.tzinfo:
        return moment
    return datetime.now(UTC)


def select_landing(connection: sa.Connection, columns: Iterable[sa.Column[Any]]) -> sa.Select[Any]:
    """Ask for columns so that no value of them is lost on the way."""
    if connection.dialect.name == "postgresql":
        return sa.select(*map(postgres.landed_column, columns))
    return sa.select(*columns)


def _arrow_type(kind: sqltypes.TypeEngine[Any]) -> pa.DataType:
    if isinstance(kind, sqltypes.Integer):
        return pa.int64()
    return pa.bool_() if isinstance(kind, sqltypes.Boolean) else pa.string()


def _to_batch(rows: Any, schema: pa.Schema) -> pa.RecordBatch:
    arrays = []
    for values, field in zip(zip(*rows, strict=True), schema, strict=True):
        try:
            arrays.append(pa.array(values, field.type))
        except pa.ArrowException:
            if field.type != pa.string():
                raise
            arrays.append(pa.array(map(_to_text, values), field.type))
    return pa.record_batch(arrays, schema)


def _to_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)


@contextmanager
def telling_failures(stream: str) -> Iterator[None]:
    """Say of a database in our own words that it failed; its own may hold values."""
    try:
        yield
    except LateError:
        raise unavailable(stream, "its database fell silent") from None
    except (SQLAlchemyError, *postgres.FAILURES) as error:
        raise unavailable(stream, f"its database failed ({_kind(error)})") from None


def _kind(error: Exception) -> str:
    """The kind of a database error; only what was wrong with its certificate is said in full."""
    return refused_line(str(error)) or type(getattr(error, "orig", None) or error).__name__
