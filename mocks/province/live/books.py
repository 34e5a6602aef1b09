"""The three registers as their owners keep them: rows as they stand, and what a day will write.

All values are texts as PostgreSQL writes them, so that a row can be kept as JSON and written back
as it is. A day is planned on books; nothing is written before the whole day stands.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, LiteralString
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
Row = dict[str, str | None]


@dataclass(frozen=True)
class Sources:
    """URLs of the three owners' databases, and the folder of the land register's drops."""

    population: str
    social_insurance: str
    land_registry: str
    drops: Path

    @property
    def databases(self) -> Mapping[str, str]:
        """The URLs by source."""
        return {source: getattr(self, source) for source in SCHEMAS}


@dataclass(frozen=True)
class Table:
    """A table of a source: schema, name, the dataset it is in the truth, its key and its clock."""

    source: str
    schema: str
    name: str
    dataset: str
    key: str
    clock: str | None = None

    @property
    def identifier(self) -> sql.Identifier:
        """The name in SQL."""
        return sql.Identifier(self.schema, self.name)

    def stamp(self, moment: datetime) -> str | None:
        """A moment as this table's clock writes it; null where it has none."""
        if self.clock is None:
            return None
        zone = "+07" if self.source == "population" else ""
        local = moment.astimezone(LOCAL).replace(tzinfo=None)
        return local.isoformat(sep=" ", timespec="milliseconds") + zone

    def read_clock(self, row: Row) -> datetime | None:
        """When the row was last written; null where the table has no clock."""
        text = row[self.clock] if self.clock else None
        if text is None:
            return None
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=LOCAL)


_POPULATION = (
    ("cong_dan", "person", "ma_cd"),
    ("ho", "household", "ma_ho"),
    ("cu_tru", "residence", "ma_ct"),
    ("quan_he", "relation", "ma_qh"),
)
_INSURANCE = (
    ("nguoi_tham_gia", "participant", "id"),
    ("qua_trinh", "participation", "id"),
    ("the_bhyt", "card", "id"),
    ("don_vi", "employer", "ma_don_vi"),
)
_LAND = (("thua_dat", "parcel", "ma_thua"), ("gcn", "certificate", "ma_gcn"))
SCHEMAS = {"population": "dan_cu", "social_insurance": "bhxh", "land_registry": "dia_chinh"}
TABLES = {
    name: Table(source, SCHEMAS[source], name, dataset, key, clock)
    for source, listed, clock in (
        ("population", _POPULATION, "cap_nhat_luc"),
        ("social_insurance", _INSURANCE, "cap_nhat"),
        ("land_registry", _LAND, None),
    )
    for name, dataset, key in listed
}
DATASETS = {(table.source, table.dataset): table.name for table in TABLES.values()}
_NUMBERS = ("id", "nguoi_id")


@dataclass
class Books:
    """What the registers hold when the day begins, and over it what the day has written so far."""

    connections: Mapping[str, psycopg.Connection[Any]]
    written: dict[str, dict[str, Row | None]] = field(
        default_factory=lambda: {name: {} for name in TABLES}
    )
    _columns: dict[str, list[str]] = field(default_factory=dict)
    _read: dict[tuple[str, str], dict[str, list[Row]]] = field(default_factory=dict)

    def load(self, name: str, column: str, values: Iterable[str | None]) -> None:
        """Read rows that will be asked for one by one: most columns have no index."""
        table, known = TABLES[name], self._read.setdefault((name, column), {})
        new = [v for v in dict.fromkeys(values) if v is not None and v not in known]
        if not new:
            return
        kind = sql.SQL("bigint[]") if column in _NUMBERS else sql.SQL("text[]")
        condition = sql.SQL("{} = ANY(%s::{})").format(sql.Identifier(column), kind)
        known |= {value: [] for value in new}
        for row in self._select(table, condition, [new]):
            known[row[column] or ""].append(row)

    def find(self, name: str, column: str, values: Iterable[str]) -> list[Row]:
        """Rows whose column holds one of the values, in order of the key."""
        table, wanted = TABLES[name], list(dict.fromkeys(values))
        self.load(name, column, wanted)
        known = self._read[name, column]
        found = {row[table.key]: row for value in wanted for row in known[value]}
        for key, row in self.written[name].items():
            found.pop(key, None)
            if row is not None and row[column] in wanted:
                found[key] = row
        return [found[key] for key in sorted(found, key=_sort_key)]

    def by_key(self, name: str, keys: Iterable[str]) -> dict[str, Row]:
        """Rows by their key."""
        key = TABLES[name].key
        return {row[key] or "": row for row in self.find(name, key, keys)}

    def ask(self, source: str, question: LiteralString, values: Sequence[Any] = ()) -> list[Any]:
        """The first column of a query's answer, of the register as the day began."""
        answer = self.connections[source].execute(question, values)
        return [value for (value, *_) in answer.fetchall()]

    def list_columns(self, name: str) -> list[str]:
        """The columns of a table, in its own order."""
        if name not in self._columns:
            table = TABLES[name]
            with self.connections[table.source].cursor() as cursor:
                cursor.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(table.identifier))
                assert cursor.description is not None
                self._columns[name] = [column.name for column in cursor.description]
        return self._columns[name]

    def is_written(self, name: str, key: str) -> bool:
        """Whether the day has touched this row."""
        return key in self.written[name]

    def _select(self, table: Table, condition: sql.Composed, values: list[Any]) -> list[Row]:
        columns = self.list_columns(table.name)
        query = sql.SQL("SELECT {} FROM {} WHERE {}").format(
            sql.SQL(", ").join(
                sql.SQL("{}::text").format(sql.Identifier(column)) for column in columns
            ),
            table.identifier,
            condition,
        )
        with self.connections[table.source].cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query, values).fetchall()

    def dump(self) -> dict[str, Any]:
        """What the day writes, by source and table: rows put, keys removed."""
        changes: dict[str, Any] = {source: {} for source in SCHEMAS}
        for name, rows in self.written.items():
            changes[TABLES[name].source][name] = {
                "put": [row for row in rows.values() if row is not None],
                "removed": [key for key, row in rows.items() if row is None],
            }
        return changes


def _sort_key(key: str | None) -> tuple[int, str]:
    """Numbers in order of size."""
    return len(key or ""), key or ""


@contextmanager
def open_books(sources: Sources) -> Iterator[Books]:
    """The registers, read as they stand now; nothing can be written through these connections."""
    with ExitStack() as stack:
        connections = {}
        for source in SCHEMAS:
            connection = stack.enter_context(psycopg.connect(sources.databases[source]))
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            connection.execute("SET TIME ZONE 'Asia/Ho_Chi_Minh'")
            connections[source] = connection
        yield Books(connections)
