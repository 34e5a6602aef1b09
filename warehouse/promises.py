"""What each dataset promised when its contract was applied last, and what may not change since."""

from typing import Any, Final

from psycopg import Connection, sql
from psycopg.types.json import Jsonb

from hub.contract import Dataset
from hub.drift import Change, compare_promises, describe_promise
from hub.errors import SchemaDriftError
from warehouse.queries import load

_SQL: Final = load("promises")


def keep_promise(connection: Connection, dataset: Dataset, contract_hash: str) -> None:
    """Keep what a dataset promises now, unless that breaks what was published before.

    Tables can grow a column; they cannot tell that a key, a kind or what is required has changed.

    Raises:
        SchemaDriftError: names the column, what was promised and what came; nothing is kept.
    """
    found = connection.execute(_SQL["find_promise"], {"stream": dataset.stream}).fetchone()
    now = describe_promise(dataset)
    if found is not None:
        if found[0] == now:
            return
        for change in compare_promises(dataset.stream, found[0], now):
            _refuse(connection, dataset, change)
    row = {"stream": dataset.stream, "contract_hash": contract_hash, "promise": Jsonb(now)}
    connection.execute(_SQL["keep_promise"], row)


def _refuse(connection: Connection, dataset: Dataset, change: Change) -> None:
    if not change.breaking:
        return
    said = f"{change.place} was promised as {change.promised} and came as {change.came}"
    if change.what == "key" and _count(connection, dataset, "true"):
        message = (
            f"The key of {said}; every record id would change. Give the dataset a new name, or "
            "keep its key."
        )
        raise SchemaDriftError(message)
    if change.what == "retyped" and _count(connection, dataset, "true"):
        message = f"{said}; what is published was read otherwise. Give the field a new name."
        raise SchemaDriftError(message)
    if change.what == "sync" and _count(connection, dataset, "true"):
        message = (
            f"{said}; what is published has moved by the earlier promise. Keep it, or give the "
            "dataset a new name."
        )
        raise SchemaDriftError(message)
    if change.what in ("required", "added"):
        column = sql.Identifier(change.place.rpartition(".")[2])
        lacking = _count(connection, dataset, sql.SQL("{} IS NULL").format(column))
        if lacking:
            message = (
                f"{said}, but {lacking} published rows lack it; keep it optional, synchronise in "
                "full, then require it."
            )
            raise SchemaDriftError(message)


def _count(connection: Connection, dataset: Dataset, condition: Any) -> int:
    """The published rows of which the condition holds."""
    where = sql.SQL(condition) if isinstance(condition, str) else condition
    table = sql.Identifier("standard", dataset.table)
    query = sql.SQL(_SQL["count_published"]).format(standard=table, condition=where)
    found = connection.execute(query).fetchone()
    return int(found[0]) if found else 0
