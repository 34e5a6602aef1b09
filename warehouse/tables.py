"""The tables that a contract asks for: ``standard``, its history, and one stage table a batch."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    inspect,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import TypeEngine

from hub.contract import Dataset
from hub.errors import SchemaDriftError

_TYPES: Final[Mapping[str, TypeEngine[Any]]] = {
    "text": Text(),
    "date": Date(),
    "bigint": BigInteger(),
    "numeric": Numeric(),
    "boolean": Boolean(),
    "timestamptz": DateTime(timezone=True),
    "jsonb": JSONB(),
}

ALL_LIVE: Final = "all-live"
"""What staging may note of a stage table: no row is a tombstone."""
ALL_DATED: Final = "all-dated"
"""And: every row has a version of its own."""


def standard_table(dataset: Dataset, metadata: MetaData | None = None) -> Table:
    """``standard.<source>__<dataset>``: the register as it was last published."""
    return Table(
        dataset.table,
        metadata or MetaData(),
        Column("record_id", Text, primary_key=True),
        *_field_columns(dataset),
        *_row_columns(),
        schema="standard",
    )


def history_table(dataset: Dataset) -> Table:
    """``…_history``: every version that was replaced or ended.

    ``valid_from``/``valid_to`` are the owner's time, ``recorded_at``/``replaced_at`` the hub's.
    """
    return Table(
        f"{dataset.table}_history",
        MetaData(),
        Column("record_id", Text, nullable=False),
        *_field_columns(dataset),
        *_row_columns(),
        Column("valid_to", DateTime(timezone=True), nullable=False),
        Column("replaced_at", DateTime(timezone=True), nullable=False),
        Column("replaced_by", BigInteger, nullable=False),
        schema="standard",
    )


def stage_name(dataset: Dataset, batch_id: int) -> str:
    """What the table of a batch is called in ``stage``."""
    return f"{dataset.table}__b{batch_id}"


def stage_table(dataset: Dataset, batch_id: int, *, logged: bool = False) -> Table:
    """The rows of one batch on their way: read, judged, not yet published.

    ``chunk`` and ``chunk_row`` point back to the landed row; ``outcome`` is what becomes of it.
    ``unreadable`` is null where everything was read. The server's own vacuum leaves the table
    alone: whoever drops or alters it would wait for that.

    Args:
        logged: the stage is to become the register (`warehouse.adopt`): it survives a crash, and
            has ``valid_from``, null where a row has no version of its own.
    """
    valid_from = [Column("valid_from", DateTime(timezone=True))] if logged else []
    return Table(
        stage_name(dataset, batch_id),
        MetaData(),
        Column("position", BigInteger, nullable=False),
        Column("record_id", Text),
        *_field_columns(dataset),
        Column("flags", ARRAY(Text), nullable=False),
        Column("unreadable", ARRAY(Text)),
        Column("source_version", DateTime(timezone=True)),
        Column("deleted", Boolean),
        Column("source_partition", Text, nullable=False),
        Column("row_hash", Text, nullable=False),
        Column("chunk", Integer, nullable=False),
        Column("chunk_row", BigInteger, nullable=False),
        Column("failed_rules", ARRAY(Text), nullable=False, server_default=text("'{}'")),
        Column("outcome", Text),
        *valid_from,
        schema="stage",
        prefixes=[] if logged else ["UNLOGGED"],
        postgresql_with={"autovacuum_enabled": "false", "toast.autovacuum_enabled": "false"},
    )


def ensure_tables(connection: Connection, dataset: Dataset) -> None:
    """Make the dataset's tables, or add the columns that its contract has gained.

    Raises:
        SchemaDriftError: a column of the contract has another type in the warehouse, or one of
            the warehouse is gone from the contract: that is a change that breaks.
    """
    inspector = inspect(connection)
    for table in (standard_table(dataset), history_table(dataset)):
        if inspector.has_table(table.name, schema="standard"):
            found = {
                item["name"]: item["type"].compile(connection.dialect)
                for item in inspector.get_columns(table.name, schema="standard")
            }
            _evolve(connection, table, found)
        else:
            connection.execute(CreateTable(table))
            _make_indexes(connection, table)


@contextmanager
def first_load(connection: Connection, dataset: Dataset) -> Iterator[None]:
    """Rows written in the block get their key's index once, when all are there.

    The register is empty, so that nobody misses the index meanwhile; readers of it wait until the
    transaction ends. Afterwards the planner knows the register.
    """
    table = standard_table(dataset)
    named = f'standard."{table.name}"'
    key = inspect(connection).get_pk_constraint(table.name, schema="standard")["name"]
    connection.execute(text(f'ALTER TABLE {named} DROP CONSTRAINT "{key}"'))
    yield
    connection.execute(text(f'ALTER TABLE {named} ADD CONSTRAINT "{key}" PRIMARY KEY (record_id)'))
    connection.execute(text(f"ANALYZE {named} (record_id, failed_rules, source_partition)"))


def _evolve(connection: Connection, table: Table, found: Mapping[str, str]) -> None:
    gone = sorted(set(found) - set(table.columns.keys()))
    if gone:
        message = (
            f"The contract no longer has the column {gone[0]} of {table.name}; keep it, "
            "or give the dataset a new name: what was published is never dropped in silence."
        )
        raise SchemaDriftError(message)
    for column in table.columns:
        wanted = column.type.compile(connection.dialect)
        if column.name not in found:
            change = f'ADD COLUMN "{column.name}" {wanted}'
            connection.execute(text(f'ALTER TABLE standard."{table.name}" {change}'))
        elif found[column.name] != wanted:
            message = (
                f"{table.name}.{column.name} is {found[column.name]} in the warehouse, but its "
                f"contract now asks for {wanted}; give the field a new name."
            )
            raise SchemaDriftError(message)


def _make_indexes(connection: Connection, table: Table) -> None:
    if table.name.endswith("_history"):
        statement = f'CREATE INDEX ON standard."{table.name}" (record_id, recorded_at)'
    else:
        statement = (
            f'CREATE INDEX ON standard."{table.name}" USING gin (failed_rules) '
            "WHERE failed_rules <> '{}'"
        )
    connection.execute(text(statement))


def _field_columns(dataset: Dataset) -> list[Column[Any]]:
    return [Column(name, _TYPES[sql_type]) for name, sql_type in dataset.columns.items()]


def _row_columns() -> list[Column[Any]]:
    return [
        Column("flags", ARRAY(Text), nullable=False),
        Column("failed_rules", ARRAY(Text), nullable=False),
        Column("source_version", DateTime(timezone=True)),
        Column("source_partition", Text, nullable=False),
        Column("row_hash", Text, nullable=False),
        Column("valid_from", DateTime(timezone=True), nullable=False),
        Column("recorded_at", DateTime(timezone=True), nullable=False),
        Column("batch_id", BigInteger, nullable=False),
    ]
