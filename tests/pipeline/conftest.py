"""A small invented register of vehicles, as its owner keeps it in PostgreSQL, and its path.

`Register` changes the source as its owner would, and runs the steps one by one; what the hub then
holds is read back with its owner's login. Nobody in it exists.
"""

import hashlib
import io
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from cli.main import main
from cli.pipeline import NORMAL, load_batch
from connectors.base import Asked
from expectations.judge import judge_batch
from hub.contract import get_contract
from warehouse.connection import engine
from warehouse.landing import make_keys
from warehouse.ledger import apply_contract
from warehouse.publish import BatchOutcome, publish_batch
from warehouse.stewards import add_steward

CAR = "vehicle.car"
SNAPSHOT = "{mode: snapshot, cursor: updated_at, deletes: snapshot, completeness: keys}"
INCREMENTAL = (
    "{mode: incremental, cursor: updated_at, overlapMinutes: 15, deletes: tombstone,"
    " tombstone: is_deleted, completeness: none}"
)
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: motlan.source.vehicle
name: vehicle
version: 1.0.0
status: active
slaProperties: [{property: latency, value: 26, unit: h}]
customProperties:
  - {property: title, value: Vehicles}
  - {property: owner, value: vehicle-desk}
  - {property: connector, value: sql}
  - {property: timezone, value: Asia/Ho_Chi_Minh}
  - {property: schedule, value: "0 1 * * *"}
  - {property: options, value: {schema: xe, chunkRows: 3}}
schema:
  - name: car
    physicalName: o_to
    customProperties: [{property: sync, value: SYNC}]
    quality: [RULES]
    properties:
      - {name: car_id, physicalName: ma, logicalType: string, primaryKey: true,
         primaryKeyPosition: 1, classification: internal,
         customProperties: [{property: standardiser, value: key}]}
      - {name: plate_number, physicalName: bien_so, logicalType: string, required: true}
      - {name: keeper_name, physicalName: chu_xe, logicalType: string,
         customProperties: [{property: standardiser, value: person_name}]}
      - {name: keeper_pin, physicalName: so_dinh_danh, logicalType: string,
         customProperties: [{property: standardiser, value: pin}]}
      - {name: registered_date, physicalName: ngay, logicalType: date}
      - {name: is_deleted, physicalName: xoa, logicalType: boolean}
      - {name: updated_at, physicalName: luc, logicalType: timestamp}
"""
TABLE = """
CREATE SCHEMA xe;
CREATE TABLE xe.o_to (
    ma text, bien_so text, chu_xe text, so_dinh_danh text, ngay date,
    xoa boolean NOT NULL DEFAULT false, luc timestamp
);
"""
PASSWORD = "a password of some length"
_numbers = count(1)
OF_THE_HUB = ("batch_id", "recorded_at", "replaced_at", "replaced_by")
"""Columns that say when and in which batch the hub wrote; they differ from run to run."""


@dataclass
class Register:
    """The source, the warehouse behind it, and the way between them."""

    source_url: str
    owner_url: str
    contract_path: Path

    def write_contract(self, sync: str = SNAPSHOT, rules: str = "", fields: str = "") -> None:
        """Put the contract where the hub finds it."""
        text = CONTRACT.replace("SYNC", sync).replace("RULES", rules) + fields
        self.contract_path.write_text(text, encoding="utf-8")

    def run(self, statement: str, *values: Any) -> None:
        """Let the owner do something to the source."""
        with psycopg.connect(self.source_url) as connection:
            connection.execute(statement, values or None)

    def put(self, car: str, at: str = "10:00", **changes: Any) -> None:
        """Enter a car anew, or in the place of its row; ``at`` is the minute of its version."""
        self.run("DELETE FROM xe.o_to WHERE ma = %s", car)
        self.add(car, at, **changes)

    def add(self, car: str, at: str = "10:00", **changes: Any) -> None:
        """Enter one more row of a car, whatever is there."""
        row = {
            "bien_so": f"14A-{car}",
            "chu_xe": f"Nguyễn Văn {car}",
            "so_dinh_danh": None,
            "ngay": "2020-02-29",
            "xoa": False,
            "luc": f"2025-07-01 {at}",
            **changes,
        }
        columns, marks = ", ".join(row), ", ".join(["%s"] * (len(row) + 1))
        self.run(f"INSERT INTO xe.o_to (ma, {columns}) VALUES ({marks})", car, *row.values())

    def fill(self, count: int) -> None:
        """Enter cars C001, C002, …, all of one version."""
        self.run(
            "INSERT INTO xe.o_to SELECT 'C' || lpad(n::text, 3, '0'), '14A-' || n, 'Trần Thị Hoà',"
            " NULL, '2020-02-29', false, '2025-07-01 10:00' FROM generate_series(1, %s) AS n",
            count,
        )

    def land(self, asked: Asked = NORMAL, *, full: bool = False) -> int:
        """Apply the contract and load a batch."""
        apply_contract(get_contract("vehicle"))
        batch_id = load_batch(CAR, Asked("full") if full else asked)
        assert batch_id is not None
        return batch_id

    def prepare(self, asked: Asked = NORMAL, *, full: bool = False) -> int:
        """Load and judge a batch; returns its id."""
        batch_id = self.land(asked, full=full)
        judge_batch(batch_id)
        return batch_id

    def sync(self, asked: Asked = NORMAL, *, full: bool = False) -> BatchOutcome:
        """The whole path of one batch."""
        return publish_batch(self.prepare(asked, full=full))

    def run_as_owner(self, statement: str) -> None:
        """Let the warehouse's owner do something to it."""
        with psycopg.connect(self.owner_url) as connection:
            connection.execute(statement)

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Read the warehouse as its owner."""
        with psycopg.connect(self.owner_url, row_factory=dict_row) as connection:
            return connection.execute(query, values or None).fetchall()

    def standard(self, *columns: str) -> dict[str, tuple[Any, ...]]:
        """Record id -> the columns asked for, of what is published."""
        found = self.rows('SELECT * FROM standard."vehicle__car" ORDER BY record_id')
        return {row["record_id"]: tuple(row[name] for name in columns) for row in found}

    def history(self, *columns: str) -> list[tuple[Any, ...]]:
        """The columns asked for, of every version that was replaced or ended, oldest first."""
        found = self.rows(
            'SELECT * FROM standard."vehicle__car_history" ORDER BY replaced_by, record_id'
        )
        return [tuple(row[name] for name in columns) for row in found]

    def batch(self, batch_id: int) -> dict[str, Any]:
        """The ledger's row of a batch."""
        (found,) = self.rows("SELECT * FROM sync.batch WHERE batch_id = %s", batch_id)
        return found

    def stream(self) -> dict[str, Any]:
        """What the stream answers for: its cursor, time and version."""
        (found,) = self.rows(
            "SELECT cursor, as_of, batch_key, row_count FROM sync.stream WHERE name = %s", CAR
        )
        return found

    def quarantine(self) -> list[dict[str, Any]]:
        """Every quarantined row, open or resolved."""
        return self.rows("SELECT * FROM quality.quarantined_row ORDER BY quarantine_id")

    def digest(self) -> str:
        """Digest of the published version and its history, apart from the hub's own times."""
        return digest(self.owner_url, "vehicle__car", "vehicle__car_history")


def call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: str, typed: str = ""
) -> tuple[int, dict[str, Any], str]:
    """Run `motlan WORDS --json` with that on stdin: exit code, its JSON, its stderr."""
    monkeypatch.setattr(sys, "argv", ["motlan", *words.split(), "--json"])
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    with pytest.raises(SystemExit) as ended:
        main()
    shown = capsys.readouterr()
    return int(ended.value.code or 0), json.loads(shown.out.splitlines()[-1]), shown.err


def digest(owner_url: str, *tables: str) -> str:
    """Digest of tables of ``standard`` by content, apart from the hub's own times and batches."""
    content = []
    with psycopg.connect(owner_url, row_factory=dict_row) as connection:
        for table in tables:
            for row in connection.execute(f'SELECT * FROM standard."{table}"'):
                kept = {key: value for key, value in row.items() if key not in OF_THE_HUB}
                content.append(table + json.dumps(kept, default=str, sort_keys=True))
    return hashlib.sha256("\n".join(sorted(content)).encode()).hexdigest()


def counts(outcome: BatchOutcome) -> tuple[int, int, int, int, int, int]:
    """(read, accepted, unchanged, superseded, quarantined, ended)."""
    return (
        outcome.read,
        outcome.accepted,
        outcome.unchanged,
        outcome.superseded,
        outcome.quarantined,
        outcome.ended,
    )


@pytest.fixture
def register(
    warehouse: Any,
    home: Path,
    make_database: Callable[[], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Register]:
    """An empty register of vehicles with its contract, and a warehouse that knows neither."""
    source_url = make_database()
    folder = tmp_path / "contracts"
    folder.mkdir()
    made = Register(source_url, warehouse.url(), folder / "vehicle.yml")
    made.run(TABLE)
    made.write_contract()
    make_keys(home / "keys" / "landing.json")
    monkeypatch.setenv("MOTLAN_CONTRACTS", str(folder))
    monkeypatch.setenv(
        "MOTLAN_CONN_VEHICLE", source_url.replace("postgresql://", "postgresql+psycopg://")
    )
    yield made
    engine("pipeline").dispose()


@pytest.fixture
def hire(register: Register) -> Callable[[], str]:
    """Makes a steward; logins are the cluster's, so each has a name of its own."""

    def make() -> str:
        name = f"steward{next(_numbers)}"
        add_steward(name, PASSWORD)
        return name

    return make
