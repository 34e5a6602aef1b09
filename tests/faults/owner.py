"""The owner's side of the simulation: a register of vehicles as tables or drops, and its clock.

What the owner does is done to a list of rows; before the hub reads, the list is written to where
the hub looks. The source's clock is the simulation's: ``now()`` of its database is what it says.
"""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import psycopg

from .oracle import ILLEGIBLE, Promise, Row

BEGIN = datetime(2025, 7, 1, tzinfo=timezone(timedelta(hours=7)))
PLACES = ("A", "B", "C")
COLUMNS = ("ma", "bien_so", "ngay", "xoa", "luc")
CLOCK = """
CREATE SCHEMA clock;
CREATE TABLE clock.moment (at timestamptz NOT NULL);
INSERT INTO clock.moment VALUES (now());
CREATE FUNCTION clock.now() RETURNS timestamptz LANGUAGE sql STABLE
    AS 'SELECT at FROM clock.moment';
"""
TABLE = """
CREATE SCHEMA {name};
CREATE TABLE {name}.o_to (ma text, bien_so text, ngay text, xoa boolean, luc timestamp);
"""
FILL = """
WITH emptied AS (DELETE FROM {name}.o_to), set_to AS (UPDATE clock.moment SET at = %s)
INSERT INTO {name}.o_to
SELECT ma, bien_so, ngay, xoa::boolean, luc::timestamp
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
     AS row (ma, bien_so, ngay, xoa, luc)
"""
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: motlan.source.{name}
name: {name}
version: 1.0.0
status: active
slaProperties: [{{property: latency, value: 26, unit: h}}]
customProperties:
  - {{property: title, value: Vehicles}}
  - {{property: owner, value: vehicle-desk}}
  - {{property: connector, value: {connector}}}
  - {{property: timezone, value: Asia/Ho_Chi_Minh}}
  - {{property: schedule, value: "0 1 * * *"}}
  - {{property: options, value: {options}}}
schema:
  - name: car
    physicalName: o_to
    customProperties: [{{property: sync, value: {sync}}}]
    quality:
      - {{type: sql, name: V-WARN, dimension: accuracy, severity: warning, mustBe: 0,
         query: "SELECT COUNT(*) FROM {{object}} WHERE plate LIKE '%Q'"}}
{strict}    properties:
      - {{name: car_id, physicalName: ma, logicalType: string, primaryKey: true,
         primaryKeyPosition: 1, customProperties: [{{property: standardiser, value: key}}]}}
      - {{name: plate, physicalName: bien_so, logicalType: string, required: true}}
      - {{name: day, physicalName: ngay, logicalType: date}}
      - {{name: is_deleted, physicalName: xoa, logicalType: boolean}}
      - {{name: updated_at, physicalName: luc, logicalType: timestamp}}
"""
STRICT = """\
      - {type: sql, name: V-ODD, dimension: accuracy, severity: error, mustBe: 0,
         query: "SELECT COUNT(*) FROM {object} WHERE plate LIKE '%ODD'"}
"""
MANIFEST_KEYS = (
    "{partition: p, sequence: n, asOf: at, files: files, dataset: table, name: name, rows: rows,"
    " size: size, sha256: sha256}"
)


def moment(minute: int) -> datetime:
    """The time of a minute of the simulation."""
    return BEGIN + timedelta(minutes=minute)


@dataclass(frozen=True)
class Entry:
    """A row at its owner's: who wrote it late, padded its key, and when it will be seen."""

    row: Row
    number: int
    delay: int
    padded: bool = False
    held: bool = False

    def written(self) -> tuple[str | None, ...]:
        """The row as the owner's table or file holds it."""
        key = self.row.key if self.row.key is not None else " "
        version = "infinity"
        if self.row.version != ILLEGIBLE:
            version = f"{moment(self.row.version):%Y-%m-%d %H:%M:00}"
        gone = "true" if self.row.gone else "false"
        return (f" {key}" if self.padded else key, self.row.plate, self.row.day, gone, version)


@dataclass
class Drop:
    """One delivery of a district: all its rows at a time."""

    sequence: int
    at: int
    rows: list[Entry]


@dataclass(frozen=True)
class Layout:
    """In what pages and parts the hub reads; it must make no difference."""

    page: int
    parts: int


@dataclass
class Owner:
    """The register as its owner keeps it."""

    name: str
    connection: psycopg.Connection
    folder: Path
    clock: int = 100
    latest: int = 100
    entries: list[Entry] = field(default_factory=list)
    drops: dict[str, Drop] = field(default_factory=dict)
    _written: int = 0

    def open(self) -> None:
        """Make the tables, and the folder for drops."""
        self.connection.execute(TABLE.format(name=self.name).encode())
        self.folder.mkdir(parents=True)

    def close(self) -> None:
        """Remove both."""
        self.connection.execute(f"DROP SCHEMA {self.name} CASCADE".encode())
        shutil.rmtree(self.folder)

    def tick(self, minutes: int) -> None:
        """Let time pass, or set the clock back."""
        self.clock = max(1, self.clock + minutes)
        self.latest = max(self.latest, self.clock)

    def write(self, row: Row, *, padded: bool = False, held: bool = False) -> None:
        """Write a row beside what is there; ``held``: it is committed later."""
        self._written += 1
        delay = self.latest - row.version
        self.entries.append(Entry(row, self._written, delay, padded, held))

    def put(self, row: Row) -> None:
        """Write a row in the place of all others of its key."""
        self.drop(row.key)
        self.write(row)

    def drop(self, key: str | None) -> None:
        """Delete every row of a key."""
        self.entries = [entry for entry in self.entries if entry.row.key != key]

    def commit(self) -> None:
        """Let every transaction that was held open commit, at the time that it is now."""
        self.entries = [
            replace(entry, held=False, delay=self.latest - entry.row.version)
            if entry.held
            else entry
            for entry in self.entries
        ]

    def visible(self) -> list[Entry]:
        """What a reader sees: what is committed."""
        return [entry for entry in self.entries if not entry.held]

    def find(self, key: str | None) -> Row | None:
        """The row of a key, the last if there are several."""
        found = [entry.row for entry in self.entries if entry.row.key == key]
        return found[-1] if found else None

    def deliver(self, place: str) -> None:
        """Drop a district's rows, as files with a manifest, if they are not as they were."""
        last = self.drops.get(place)
        rows = [entry for entry in self.visible() if entry.row.place == place]
        if rows == (last.rows if last else []):
            return
        sequence = last.sequence + 1 if last else 1
        self.drops[place] = Drop(sequence, self.clock, rows)
        _write_drop(self.folder / place / f"{sequence:04d}", place, self.drops[place])

    def show(self) -> None:
        """Write the table that the hub reads, and set the clock of its database."""
        written = [entry.written() for entry in self.visible()]
        columns = [list(column) for column in zip(*written, strict=True)] or [[]] * len(COLUMNS)
        statement = FILL.format(name=self.name)
        self.connection.execute(statement.encode(), [moment(self.clock), *columns])

    def contract(self, promise: Promise, layout: Layout) -> str:
        """The contract that says so."""
        words = ["cursor: updated_at", f"overlapMinutes: {promise.overlap}"]
        if promise.shape == "incremental":
            words += ["mode: incremental", "deletes: tombstone", "tombstone: is_deleted"]
        else:
            words += ["mode: snapshot", "deletes: snapshot", "tombstone: is_deleted"]
        proof = "manifest" if promise.shape == "drops" else "keys"
        words += [f"completeness: {proof if promise.proven else 'none'}"]
        bounds = {
            "quarantine": promise.quarantine,
            "brakeDeletes": promise.deletes,
            "brakeChanges": promise.changes,
        }
        words += [f"{name}: {{rows: {rows}, percent: 0}}" for name, rows in bounds.items()]
        read = f"chunkRows: {layout.page}, parts: {layout.parts}"
        options = f"{{schema: {self.name}, {read}}}"
        if promise.shape == "drops":
            options = f"{{manifestKeys: {MANIFEST_KEYS}, {read}}}"
        return CONTRACT.format(
            name=self.name,
            connector="files" if promise.shape == "drops" else "sql",
            options=options,
            sync="{" + ", ".join(words) + "}",
            strict=STRICT if promise.strict else "",
        )


def _write_drop(folder: Path, place: str, drop: Drop) -> None:
    folder.mkdir(parents=True)
    lines = [";".join(f'"{value or ""}"' for value in entry.written()) for entry in drop.rows]
    header = ";".join(f'"{name}"' for name in COLUMNS)
    content = "\r\n".join([header, *lines, ""]).encode()
    (folder / "o_to.csv").write_bytes(content)
    file = {
        "table": "o_to",
        "name": "o_to.csv",
        "rows": len(lines),
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    at = moment(drop.at).isoformat()
    manifest = {"p": place, "n": drop.sequence, "at": at, "files": [file]}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def minutes_since(at: datetime) -> int:
    """The minute of the simulation at that time."""
    return round((at.astimezone(UTC) - BEGIN).total_seconds() / 60)


def rows_of(entries: Sequence[Entry]) -> list[Row]:
    """The rows alone."""
    return [entry.row for entry in entries]
