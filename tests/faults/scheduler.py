"""The hub under Airflow's real scheduler, and the death of a task in the middle of its work.

Everything that `motlan up` starts runs in a state folder of its own, with a fourth source whose
contract asks for three parts. A task is caught in the middle by holding what it is about to write:
the process whose session waits for the test's own transaction is killed, and the test lets go.
"""

import contextlib
import io
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil
import psycopg
import pytest
import yaml
from psycopg import sql
from three_sources import ROOT

from cli.airflow_api import AirflowApi, DagRun
from cli.environment import with_login
from cli.main import main
from cli.processes import Supervisor
from cli.services import Services
from cli.start import start_all
from hub.settings import ROLES
from warehouse.connection import engine
from warehouse.migrate import upgrade

from ..pipeline.conftest import CONTRACT, SNAPSHOT, TABLE

SECONDS_MAX = 600
DATASETS = {
    "population": ("person",),
    "social_insurance": ("participant", "card"),
    "land_registry": ("parcel", "certificate"),
}
"""What is read of each source here; a task costs two seconds before it does anything."""
STREAMS = (
    *(f"{source}.{name}" for source, names in DATASETS.items() for name in names),
    "vehicle.car",
)
PARTS = 3
CARS = 90
FILL = """
INSERT INTO xe.o_to
SELECT 'C' || lpad(n::text, 3, '0'), '14A-' || n, 'Trần Thị Hoà', NULL, '2020-02-29', false,
       '2025-07-01 10:00' FROM generate_series(1, %s) AS n
"""
_T = TypeVar("_T")


@dataclass(frozen=True)
class Kill:
    """Which task dies, and what it is held at.

    ``stream``: whose newest batch is meant; it may be held once it is in one of ``states``.
    ``hold``: what the test does first, so that the task waits; ``{stage}`` is the batch's table.
    """

    dag_id: str
    task_id: str
    hold: str
    stream: str = ""
    states: Sequence[str] = ("landing", "staged", "judged")


@dataclass
class Hub:
    """A running hub, and the way to its scheduler and its warehouse."""

    home: Path
    services: Services
    airflow: AirflowApi

    @property
    def owner_url(self) -> str:
        """The warehouse that Airflow's tasks write."""
        return self.services.values["MOTLAN_WAREHOUSE_URL"]

    def wait(self, runs: Sequence[DagRun]) -> list[DagRun]:
        """Wait until runs have ended, well or not."""
        return [until(lambda run=run: self._ended(run), f"{run.dag_id} to end") for run in runs]

    def _ended(self, run: DagRun) -> DagRun | None:
        found = self.airflow.get_run(run)
        return found if found.has_ended else None

    def count(self, table: str, condition: str) -> int:
        """How many rows of a table fulfil a condition."""
        with psycopg.connect(self.owner_url) as connection:
            query = f"SELECT count(*) FROM {table} WHERE {condition}"
            found = connection.execute(query.encode()).fetchone()
        return int(found[0]) if found else 0

    def kill(self, told: Kill) -> int:
        """Hold the task in the middle of its work and kill its process; returns its id."""
        with psycopg.connect(self.owner_url) as holder:
            batch_id = self._batch(told) if told.stream else 0
            stage = sql.Identifier("stage", f"{told.stream.replace('.', '__')}__b{batch_id}")
            held = sql.SQL(told.hold).format(stage=stage)  # type: ignore[arg-type]
            holder.execute(held, {"batch_id": batch_id, "stream": told.stream})
            port = until(lambda: self._waiting(holder), f"{told.task_id} to wait for the test")
            process = owner_of(port)
            os.kill(process, signal.SIGKILL)
            until(lambda: not psutil.pid_exists(process) or None, "the task to be dead")
            holder.rollback()
        return process

    def _batch(self, told: Kill) -> int:
        def newest() -> int | None:
            with psycopg.connect(self.owner_url) as connection:
                found = connection.execute(
                    "SELECT batch_id, state FROM sync.batch WHERE stream = %s"
                    " ORDER BY batch_id DESC LIMIT 1",
                    (told.stream,),
                ).fetchone()
            return int(found[0]) if found and found[1] in told.states else None

        return until(newest, f"a batch of {told.stream}")

    def _waiting(self, holder: psycopg.Connection[Any]) -> int | None:
        """The client's port of a session that waits for the holder's transaction."""
        with psycopg.connect(self.owner_url) as connection:
            found = connection.execute(
                "SELECT client_port FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"
                " AND usename = 'motlan_pipeline' ORDER BY pid LIMIT 1",
                (holder.info.backend_pid,),
            ).fetchone()
        return int(found[0]) if found else None


def until(look: Callable[[], _T | None], what: str) -> _T:
    """Look until something is there."""
    deadline = time.monotonic() + SECONDS_MAX
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(0.05)
    message = f"waited {SECONDS_MAX} s for {what}"
    raise TimeoutError(message)


def owner_of(port: int) -> int:
    """The process whose end of a connection has that port."""
    for connection in psutil.net_connections("tcp"):
        if connection.laddr and connection.laddr.port == port and connection.pid:
            return int(connection.pid)
    message = f"nobody owns port {port}"
    raise LookupError(message)


def write_contracts(folder: Path) -> None:
    """The three contracts with fewer datasets, and a fourth that asks for three parts."""
    for source, kept in DATASETS.items():
        text = (ROOT / "contracts" / f"{source}.yml").read_text(encoding="utf-8")
        contract = yaml.safe_load(text)
        contract["schema"] = [item for item in contract["schema"] if item["name"] in kept]
        written = yaml.safe_dump(contract, allow_unicode=True, sort_keys=False)
        (folder / f"{source}.yml").write_text(written, encoding="utf-8")
    text = CONTRACT.replace("SYNC", SNAPSHOT).replace("RULES", "")
    text = text.replace("chunkRows: 3", f"chunkRows: 10, parts: {PARTS}")
    (folder / "vehicle.yml").write_text(text, encoding="utf-8")


@contextlib.contextmanager
def running_hub(folder: Path, vehicles: str, patch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """The whole hub on free ports, the tiny province in its sources.

    Args:
        vehicles: an empty database, to be the fourth source.
    """
    home, contracts = folder / "home", folder / "contracts"
    for made in (home, contracts):
        made.mkdir(parents=True)
    write_contracts(contracts)
    with psycopg.connect(vehicles) as owner:
        owner.execute(TABLE)
        owner.execute(FILL, (CARS,))
    told = {
        "MOTLAN_HOME": str(home),
        "MOTLAN_CONTRACTS": str(contracts),
        "MOTLAN_CONN_VEHICLE": vehicles,
        "MOTLAN_RETRY_SECONDS": "1",
        "MOCK_POPULATION_PER_MINUTE": "10000",
    }
    for name, value in told.items():
        patch.setenv(name, value)
    supervisor = Supervisor(home)
    try:
        services = start_all(supervisor, profile="tiny", seed=20250701, free_ports=True)
        password = services.values["MOTLAN_PASSWORD_AIRFLOW_ADMIN"]
        airflow = AirflowApi(services.url("airflow_api"), "admin", password)
        airflow.wait_for_dags(["sync_vehicle", "build_golden", "maintenance"])
        yield Hub(home, services, airflow)
        airflow.close()
        engine("pipeline").dispose()
    finally:
        supervisor.stop()


@dataclass
class Undisturbed:
    """A second warehouse that only the command writes, and no fault ever meets."""

    hub: Hub
    owner_url: str
    patch: pytest.MonkeyPatch

    @classmethod
    def make(cls, hub: Hub, patch: pytest.MonkeyPatch) -> "Undisturbed":
        """An empty one beside the hub's own."""
        cluster = hub.services.cluster("warehouse")
        cluster.create_database("undisturbed")
        values = hub.services.values
        passwords = {role: values[f"MOTLAN_PASSWORD_{role.upper()}"] for role in ROLES}
        upgrade(cluster.url("undisturbed"), passwords)
        return cls(hub, cluster.url("undisturbed"), patch)

    def call(self, words: str) -> None:
        """Run `motlan WORDS` on it, in this process."""
        values = self.hub.services.values
        with self.patch.context() as told:
            told.setenv("MOTLAN_WAREHOUSE_URL", self.owner_url)
            for role in ROLES:
                login = (f"motlan_{role}", values[f"MOTLAN_PASSWORD_{role.upper()}"])
                told.setenv(
                    f"MOTLAN_WAREHOUSE_URL_{role.upper()}", with_login(self.owner_url, *login)
                )
            told.setenv("MOTLAN_LANDING_URL", str(self.hub.home.parent / "undisturbed"))
            told.setattr(sys, "argv", ["motlan", *words.split(), "--json"])
            with pytest.raises(SystemExit) as ended, redirect_stdout(io.StringIO()):
                main()
            assert not ended.value.code, words
            engine("pipeline").dispose()


def read_golden(owner_url: str) -> list[str]:
    """What links and golden records say, apart from the hub's own times and batches."""
    queries = (
        "SELECT person_id, pin, full_name, deceased, document FROM golden.person",
        "SELECT person_id, source, document FROM golden.person_source",
        "SELECT stream, record_id, part, person_id, rung FROM link.cluster_member",
    )
    with psycopg.connect(owner_url) as connection:
        return sorted(
            json.dumps([_plain(value) for value in row])
            for query in queries
            for row in connection.execute(query)
        )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: item for name, item in value.items() if name not in ("batch_id", "as_of")}
        return {name: _plain(item) for name, item in sorted(kept.items())}
    return [_plain(item) for item in value] if isinstance(value, list) else value
