"""The three sources in two states, and warehouses that have published the first of them.

State A is published once. Then the owners change their registers to state B, so that a sync of B
writes history, ends rows, fills the quarantine and empties it, and moves the cursor. A case gets a
copy of the warehouse as it was after A, and its own landing zone.
"""

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
import yaml
from psycopg import sql
from three_sources import API_KEY, READER_EXISTS, ROOT, SOURCES, ThreeSources, population_api

from cli.clusters import Cluster, running
from cli.environment import with_login
from cli.processes import find_free_ports
from hub.settings import ROLES
from warehouse.landing import make_keys
from warehouse.migrate import upgrade

from .states import STATE_A
from .workers import Zygote, open_zygote

PASSWORD = "only-in-tests"
CRASHABLE = {"fsync": "off", "full_page_writes": "off"}
"""What is committed outlives a server that is killed, though not a machine that is."""
DATASETS = {
    "population": ("person", "household"),
    "social_insurance": ("participant", "employer"),
    "land_registry": ("parcel", "certificate"),
}
"""What is read of each source here: a register, and a second one after it."""
PAGE_ROWS = {"pageSize": 20, "chunkRows": 20}
"""What eighty rows need to be read in several pages."""
_numbers = count(1)


@dataclass
class Server:
    """The warehouse's own PostgreSQL: it can be stopped at once, and starts again."""

    cluster: Cluster
    runs: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        """Run the server; after a crash it recovers from its log."""
        self.runs.enter_context(running(self.cluster))

    def crash(self) -> None:
        """Stop at once, without a checkpoint, and start again."""
        note = self.cluster.folder / "postmaster.pid"
        os.kill(int(note.read_text().splitlines()[0]), signal.SIGQUIT)
        self.runs.close()
        self.start()

    def started_at(self) -> object:
        """When the server was started: another moment after a crash."""
        with psycopg.connect(self.cluster.url("postgres")) as connection:
            return connection.execute("SELECT pg_postmaster_start_time()").fetchone()

    def copy(self, template: str) -> str:
        """A new database that equals another one, to which nobody is connected."""
        name = f"copy_{next(_numbers)}"
        words = (sql.Identifier(name), sql.Identifier(template))
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(*words))
        return name

    def drop(self, database: str) -> None:
        """Remove a database, whoever is connected to it."""
        name = sql.Identifier(database)
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def _run(self, statement: sql.Composed) -> None:
        url = self.cluster.url("postgres")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement)


@dataclass(frozen=True)
class World:
    """Where everything is: the sources in state B, and a warehouse that has published state A."""

    server: Server
    sources: ThreeSources
    api_port: int
    zygote: Zygote
    folder: Path
    """Holds what all cases share: contracts, keys, the drops and the batches of state A."""

    def environment(self, database: str, home: Path) -> dict[str, str]:
        """The settings of a run on a copy of the warehouse, with a state folder of its own."""
        warehouse = self.server.cluster.url(database)
        roles = {
            f"MOTLAN_WAREHOUSE_URL_{role.upper()}": with_login(
                warehouse, f"motlan_{role}", PASSWORD
            )
            for role in ROLES
        }
        return {
            "MOTLAN_HOME": str(home),
            "MOTLAN_ENV_FILE": "none",
            "MOTLAN_CONTRACTS": str(self.folder / "contracts"),
            "MOTLAN_LANDING_KEYS": str(self.folder / "landing.json"),
            "MOTLAN_WAREHOUSE_URL": warehouse,
            "MOTLAN_CONN_POPULATION": f"http://key:{API_KEY}@127.0.0.1:{self.api_port}/api/v1",
            "MOTLAN_CONN_SOCIAL_INSURANCE": self.sources.databases["social_insurance"],
            "MOTLAN_CONN_LAND_REGISTRY": self.sources.drops.as_uri(),
            **roles,
        }


@contextmanager
def open_world(cluster: Cluster, folder: Path) -> Iterator[World]:
    """Sources in state A on that cluster, and a server with an empty, migrated ``motlan``."""
    folder.chmod(0o755)
    databases = {source: _make_source(cluster, source) for source in SOURCES}
    sources = ThreeSources(databases, folder / "drops")
    make_keys(folder / "landing.json")
    _write_contracts(folder / "contracts")
    server = Server(Cluster(folder / "server", find_free_ports(1)[0], PASSWORD, settings=CRASHABLE))
    serving = population_api(databases["population"], folder)
    with open_zygote() as zygote, server.runs, serving as port:
        server.start()
        server.cluster.create_database("motlan")
        upgrade(server.cluster.url("motlan"), dict.fromkeys(ROLES, PASSWORD))
        move_sources(sources, STATE_A)
        yield World(server, sources, port, zygote, folder)


def move_sources(sources: ThreeSources, statements: Mapping[str, str]) -> None:
    """Let every owner change its register; the land register writes its drops."""
    for source, statement in statements.items():
        sources.execute(source, statement)
    sources.drop_files()


def _make_source(cluster: Cluster, source: str) -> str:
    name = f"source_{source}"
    cluster.create_database(name)
    url = cluster.url(name)
    with psycopg.connect(url) as connection:
        if not connection.execute(READER_EXISTS).fetchone():
            connection.execute("CREATE ROLE hub_doc LOGIN")
        for script in ("schema.sql", "indexes.sql"):
            text = (ROOT / "mocks" / source / script).read_text(encoding="utf-8")
            connection.execute(text.encode())
    return url


def _write_contracts(folder: Path) -> None:
    """The shipped contracts with two datasets each, in pages small enough for eighty rows."""
    folder.mkdir()
    for source, datasets in DATASETS.items():
        text = (ROOT / "contracts" / f"{source}.yml").read_text(encoding="utf-8")
        contract = yaml.safe_load(text)
        contract["schema"] = [item for item in contract["schema"] if item["name"] in datasets]
        for item in contract["customProperties"]:
            if item["property"] == "options":
                paged = {name: PAGE_ROWS[name] for name in item["value"] if name in PAGE_ROWS}
                item["value"] |= paged
        written = yaml.safe_dump(contract, allow_unicode=True, sort_keys=False)
        (folder / f"{source}.yml").write_text(written, encoding="utf-8")
