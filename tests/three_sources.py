"""The three mock source systems, empty but for what a test writes into them as an owner would."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg import sql
from serving import serve

from cli.processes import find_free_ports
from hub.contract import load_contracts
from lookup.access import register_client
from lookup.app import create_app
from lookup.tokens import make_signing_key
from mocks.land_registry.drops import export_drops
from warehouse.landing import make_keys
from warehouse.ledger import apply_contract

ROOT = Path(__file__).parent.parent
SOURCES = ("population", "social_insurance", "land_registry")
SECRET = "a-secret-of-the-test-desk-0123456789"
API_KEY = "key-of-the-test-population"
READER_EXISTS = "SELECT 1 FROM pg_roles WHERE rolname = 'hub_doc'"
START_SECONDS_MAX = 120


@dataclass(frozen=True)
class ThreeSources:
    """URLs of the owners' databases, and the land register's drop folder."""

    databases: Mapping[str, str]
    drops: Path

    def write(self, source: str, table: str, **row: object) -> None:
        """Write one row as its owner would, in the owner's words."""
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(*table.split(".")),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(sql.Placeholder() * len(row)),
        )
        with psycopg.connect(self.databases[source]) as connection:
            connection.execute(statement, list(row.values()))

    def execute(self, source: str, statement: str) -> None:
        """Change rows as their owner would."""
        with psycopg.connect(self.databases[source]) as connection:
            connection.execute(statement)

    def drop_files(self) -> None:
        """Let the land register write its nightly drops now."""
        export_drops(self.databases["land_registry"], self.drops)


@pytest.fixture
def three_sources(
    warehouse: object,
    make_database: Callable[[], str],
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[ThreeSources]:
    """Three running, empty sources; the hub knows where they are, their contracts are applied."""
    databases = {}
    for source in SOURCES:
        databases[source] = make_database()
        with psycopg.connect(databases[source]) as connection:
            if not connection.execute(READER_EXISTS).fetchone():
                connection.execute("CREATE ROLE hub_doc LOGIN")
            for script in ("schema.sql", "indexes.sql"):
                text = (ROOT / "mocks" / source / script).read_text(encoding="utf-8")
                connection.execute(text.encode())
    sources = ThreeSources(databases, home / "drops")
    make_keys(home / "keys" / "landing.json")
    with population_api(databases["population"], home) as port:
        point_at_sources(monkeypatch, databases, port=port, drops=sources.drops)
        for contract in load_contracts([ROOT / "contracts"]).values():
            apply_contract(contract)
        yield sources


def point_at_sources(
    monkeypatch: pytest.MonkeyPatch, databases: Mapping[str, str], *, port: int, drops: Path
) -> None:
    """Tell the hub where the sources are, as `<home>/env` would."""
    address = f"http://key:{API_KEY}@127.0.0.1:{port}/api/v1"
    monkeypatch.setenv("MOTLAN_CONN_POPULATION", address)
    monkeypatch.setenv("MOTLAN_CONN_SOCIAL_INSURANCE", databases["social_insurance"])
    monkeypatch.setenv("MOTLAN_CONN_LAND_REGISTRY", drops.as_uri())


@contextmanager
def serve_lookup(home: Path) -> Iterator[httpx.Client]:
    """The lookup API on a free port, and a desk's client that holds its token."""
    make_signing_key(home / "keys" / "token.json")
    register_client("desk-1", SECRET, "UBND phường Hạ Long", desk="Quầy 1", procedures=["1.004222"])
    with (
        serve(create_app()) as address,
        httpx.Client(base_url=address, timeout=30, trust_env=False) as desk,
    ):
        grant = {"grant_type": "client_credentials"}
        answer = desk.post("/oauth/token", data=grant, auth=("desk-1", SECRET))
        desk.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield desk


@contextmanager
def population_api(database: str, home: Path) -> Iterator[int]:
    """The population register's own server; gives its port."""
    port = find_free_ports(1)[0]
    command = [sys.executable, "-m", "mocks.population", "serve"]
    environment = {
        **os.environ,
        "MOCK_POPULATION_KEY": API_KEY,
        "MOCK_POPULATION_PER_MINUTE": "10000",
    }
    with (home / "population.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--database", database, "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            _wait_until_healthy(port)
            yield port
        finally:
            process.terminate()
            process.wait(10)


def _wait_until_healthy(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    message = "the population API did not start; its log is in the test's home folder"
    raise TimeoutError(message)
