"""Fixtures that many tests share. The strategy, in the order to reach for them:

1. Most tests need no fixture: a standardiser, a contract or a page of text is a plain value.
   Build the smallest one inline, in the test, where its reader sees it.
2. A test that needs PostgreSQL gets a real one. Each pytest process starts one cluster of its own
   (half a second, on a free port, without fsync, since nothing in it outlives the run), so that
   `pytest -n 2` shares nothing.
3. `warehouse` is a migrated database for one test alone. The migrations run once a process, into a
   template; a test's database is a copy of it (about 0.1 s). Nothing is rolled back or emptied, so
   a test may commit, crash and look from several logins. The environment names its URLs, as
   `<home>/env` would, so that code under test finds it through `hub.settings` and nothing else.
4. `make_database` gives empty databases, for a mock source's own tables.

No database is ever mocked, and no fixture holds a citizen who is not invented.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
import pytest

from cli.clusters import Cluster, running
from cli.environment import with_login
from cli.processes import find_free_ports
from hub.settings import ROLES, Role

pytest_plugins = ["three_sources"]
PASSWORD = "only-in-tests"
FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "scram_iterations": "1",  # a login costs 2 ms, not 6, and a test logs in hundreds of times
}
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_numbers = count(1)


@dataclass(frozen=True)
class TestWarehouse:
    """A migrated warehouse of one test."""

    __test__ = False

    owner_url: str

    def url(self, role: Role = "owner") -> str:
        """The URL of a login role."""
        if role == "owner":
            return self.owner_url
        return with_login(self.owner_url, f"motlan_{role}", PASSWORD)

    def connect(self, role: Role = "owner") -> psycopg.Connection:
        """A new connection; its `with` block commits and closes."""
        return psycopg.connect(self.url(role))


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """This process's own PostgreSQL."""
    folder = tmp_path_factory.mktemp("cluster") / "pg"
    port = find_free_ports(1)[0]
    with running(Cluster(folder, port, PASSWORD, settings=FAST)) as started:
        yield started


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> str:
    """The name of a database that has every migration; tests copy it."""
    from warehouse.migrate import upgrade

    cluster.create_database("template_motlan")
    upgrade(cluster.url("template_motlan"), dict.fromkeys(ROLES, PASSWORD))
    return "template_motlan"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty state folder, named by MOTLAN_HOME."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("MOTLAN_HOME", str(folder))
    return folder


@pytest.fixture
def make_warehouse(
    cluster: Cluster, template: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], TestWarehouse]]:
    """Makes a migrated warehouse; the code under test finds the last one, as in production.

    The pool of each ends with the test: a role may have so many sessions in a cluster and no more.
    """
    from warehouse.connection import engine

    variable = "MOTLAN_WAREHOUSE_URL_{}".format
    urls: list[str] = []

    def make() -> TestWarehouse:
        name = f"warehouse_{next(_numbers)}"
        cluster.create_database(name, template=template)
        made = TestWarehouse(cluster.url(name))
        monkeypatch.setenv("MOTLAN_WAREHOUSE_URL", made.url())
        for role in ROLES:
            monkeypatch.setenv(variable(role.upper()), made.url(role))
        urls.append(made.url("pipeline"))
        return made

    yield make
    for url in urls:
        monkeypatch.setenv(variable("PIPELINE"), url)
        pool = engine("pipeline").pool
        until = time.monotonic() + 10
        while pool.checkedout() and time.monotonic() < until:  # type: ignore[attr-defined]
            time.sleep(0.01)  # a thread of the test has a session still
        engine("pipeline").dispose()


@pytest.fixture
def warehouse(make_warehouse: Callable[[], TestWarehouse]) -> TestWarehouse:
    """A migrated warehouse for this test alone."""
    return make_warehouse()


@pytest.fixture
def make_database(cluster: Cluster) -> Callable[[], str]:
    """Makes an empty database and gives its owner's URL."""

    def make() -> str:
        name = f"empty_{next(_numbers)}"
        cluster.create_database(name)
        return cluster.url(name)

    return make


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; where there is none, skips and says how to get one, or fails.

    ``MOTLAN_REQUIRE_CHROMIUM=1`` makes it fail: for a machine that could have installed one.
    """
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found is None:
        advice = (
            "No Chromium found: `apt install chromium` (Debian) or "
            "`.venv/bin/playwright install chromium` gives one."
        )
        if os.environ.get("MOTLAN_REQUIRE_CHROMIUM") == "1":
            pytest.fail(advice)
        pytest.skip(advice)
    return found
