"""Bring a planned day into the three databases, the drops and the truth, once and only once.

The whole day is written down first, in `truth/.day`, with the truth as it will be. Then each
database takes its rows in one transaction, together with a mark that says which day it has
reached; the land register writes its drops; the truth files move into place, the clock last. After
a crash at any point the same steps are gone through again: what is done already stays as it is.
"""

import json
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
from psycopg import sql

from mocks.land_registry.drops import export_drops
from mocks.province.live.books import SCHEMAS, TABLES, Row, Sources, Table
from mocks.province.live.truth import FILES, TruthBook

_MARK = "mo_phong"
CLOCK = "clock.json"
_CHANGES = "changes.json"


def read_clock(truth: Path) -> dict[str, Any]:
    """Where the province's time stands: last_day, due, numbers; empty before the first day."""
    path = truth / CLOCK
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return told


def is_under_way(truth: Path) -> bool:
    """Whether a day was planned and not brought to its end."""
    return (truth / ".day").is_dir()


def write_down(
    truth: Path,
    changes: Mapping[str, Any],
    clock: Mapping[str, Any],
    *,
    book: TruthBook,
    events: pl.DataFrame,
) -> None:
    """Keep the planned day; it appears whole or not at all."""
    draft = truth / ".draft"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    book.write(draft, events)
    (draft / _CHANGES).write_text(json.dumps(changes, ensure_ascii=False), encoding="utf-8")
    (draft / CLOCK).write_text(_to_text(clock), encoding="utf-8")
    draft.rename(truth / ".day")


def carry_out(truth: Path, sources: Sources) -> None:
    """Bring the day that is written down to its end."""
    folder = truth / ".day"
    clock = folder / CLOCK
    if clock.exists():
        told = json.loads(clock.read_text(encoding="utf-8"))
        changes = json.loads((folder / _CHANGES).read_text(encoding="utf-8"))
        for source in SCHEMAS:
            with psycopg.connect(sources.databases[source]) as connection:
                _apply(connection, source, changes[source], told)
        export_drops(sources.databases["land_registry"], sources.drops, only_changed=True)
        for name in FILES:
            _move(folder / f"{name}.parquet", truth)
        _move(clock, truth)
    shutil.rmtree(folder)


def read_mark(connection: psycopg.Connection[Any], source: str) -> tuple[str, date] | None:
    """The province that a database holds and the day that it has reached; null before any."""
    table = sql.Identifier(SCHEMAS[source], _MARK)
    known = connection.execute("SELECT to_regclass(%s)", [f"{SCHEMAS[source]}.{_MARK}"]).fetchone()
    if known is None or known[0] is None:
        return None
    row = connection.execute(sql.SQL("SELECT tinh, ngay FROM {}").format(table)).fetchone()
    return (row[0], row[1]) if row else None


def _apply(
    connection: psycopg.Connection[Any],
    source: str,
    changes: Mapping[str, Any],
    clock: Mapping[str, Any],
) -> None:
    """One transaction: the rows of a day, and the mark that it is done."""
    mark = read_mark(connection, source)
    if mark == (clock["province"], date.fromisoformat(clock["last_day"])):
        return
    before = clock["day_before"]
    if mark != (before and (clock["province"], date.fromisoformat(before))):
        message = f"The {source} database is not the one for which {clock['last_day']} was planned."
        raise ValueError(message)
    connection.execute("SET TIME ZONE 'Asia/Ho_Chi_Minh'")
    for name, told in changes.items():
        _put_rows(connection, TABLES[name], told["put"])
        _remove_rows(connection, TABLES[name], told["removed"])
    table = sql.Identifier(SCHEMAS[source], _MARK)
    connection.execute(
        sql.SQL("CREATE TABLE IF NOT EXISTS {} (tinh text, ngay date)").format(table)
    )
    connection.execute(sql.SQL("DELETE FROM {}").format(table))
    values = [clock["province"], clock["last_day"]]
    connection.execute(sql.SQL("INSERT INTO {} VALUES (%s, %s)").format(table), values)


def _put_rows(connection: psycopg.Connection[Any], table: Table, rows: list[Row]) -> None:
    """Insert or replace whole rows, through COPY into a table of the session."""
    if not rows:
        return
    columns = list(rows[0])
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    draft = sql.Identifier(f"moi_{table.name}")
    connection.execute(
        sql.SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {} FROM {} LIMIT 0").format(
            draft, names, table.identifier
        )
    )
    with (
        connection.cursor() as cursor,
        cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(draft, names)) as copy,
    ):
        for row in rows:
            copy.write_row([row[column] for column in columns])
    renewed = sql.SQL(", ").join(
        sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(column))
        for column in columns
        if column != table.key
    )
    connection.execute(
        sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} ON CONFLICT ({}) DO UPDATE SET {}").format(
            table.identifier, names, names, draft, sql.Identifier(table.key), renewed
        )
    )


def _remove_rows(connection: psycopg.Connection[Any], table: Table, keys: list[str]) -> None:
    connection.execute(
        sql.SQL("DELETE FROM {} WHERE {}::text = ANY(%s)").format(
            table.identifier, sql.Identifier(table.key)
        ),
        [keys],
    )


def _move(path: Path, folder: Path) -> None:
    if path.exists():
        path.replace(folder / path.name)


def _to_text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
