"""The warehouse's server crashes between two steps of a run; its stage tables are unlogged."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cli.clusters import Cluster, running
from cli.environment import with_login
from cli.processes import find_free_ports
from expectations.judge import judge_batch
from hub.errors import MotlanError
from hub.settings import ROLES
from standardisation.batch import standardise_batch
from warehouse.connection import engine
from warehouse.migrate import upgrade
from warehouse.publish import publish_batch

from .conftest import Register, counts

PASSWORD = "only-in-tests"


@dataclass
class Server:
    """A server of the test's own, which keeps what is committed and can be crashed."""

    cluster: Cluster
    runs: ExitStack = field(default_factory=ExitStack)

    def crash(self) -> None:
        """Stop at once, without a checkpoint, and start again: it recovers from its log."""
        engine("pipeline").dispose()
        pid = int((self.cluster.folder / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGQUIT)
        self.runs.close()
        self.runs.enter_context(running(self.cluster))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    tmp_path.chmod(0o755)
    made = Server(Cluster(tmp_path / "server", find_free_ports(1)[0], PASSWORD))
    with made.runs:
        made.runs.enter_context(running(made.cluster))
        made.cluster.create_database("motlan")
        upgrade(made.cluster.url("motlan"), dict.fromkeys(ROLES, PASSWORD))
        yield made


@pytest.fixture
def crashing(
    register: Register, server: Server, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Register]:
    """The register of vehicles, with that server as its warehouse."""
    register.owner_url = server.cluster.url("motlan")
    monkeypatch.setenv("MOTLAN_WAREHOUSE_URL", register.owner_url)
    for role in ROLES:
        url = with_login(register.owner_url, f"motlan_{role}", PASSWORD)
        monkeypatch.setenv(f"MOTLAN_WAREHOUSE_URL_{role.upper()}", url)
    yield register
    engine("pipeline").dispose()


STEPS: dict[str, tuple[Callable[[int], object], ...]] = {
    "judged": (standardise_batch,),
    "published": (standardise_batch, judge_batch),
}


@pytest.mark.parametrize("before", STEPS)
def test_a_stage_that_a_crash_emptied_is_refused_and_staged_anew(
    before: str, crashing: Register, server: Server
) -> None:
    crashing.fill(5)
    crashing.sync()
    digest, stream = crashing.digest(), crashing.stream()
    crashing.put("C6")
    batch_id = crashing.land()
    for step in STEPS[before]:
        step(batch_id)
    staged = f"SELECT count(*) AS n FROM stage.vehicle__car__b{batch_id}"
    assert crashing.rows(staged) == [{"n": 6}]
    server.crash()
    assert crashing.rows(staged) == [{"n": 0}]  # the fault fired
    with pytest.raises(MotlanError, match=r"landed 6 rows.*staged.*sync again"):
        judge_batch(batch_id) if before == "judged" else publish_batch(batch_id)
    assert (crashing.digest(), crashing.stream()) == (digest, stream)
    assert crashing.batch(batch_id)["state"] in ("staged", "judged")
    assert counts(crashing.sync()) == (6, 1, 5, 0, 0, 0)


def test_a_batch_that_lost_its_stage_before_it_was_judged_is_staged_again_from_its_landed_files(
    crashing: Register, server: Server
) -> None:
    crashing.fill(5)
    batch_id = crashing.land()
    standardise_batch(batch_id)
    server.crash()
    standardise_batch(batch_id)
    judge_batch(batch_id)
    assert counts(publish_batch(batch_id)) == (5, 5, 0, 0, 0, 0)


def test_the_first_batch_of_a_register_survives_a_crash_before_it_is_published(
    crashing: Register, server: Server
) -> None:
    crashing.fill(5)
    batch_id = crashing.prepare()
    server.crash()
    assert counts(publish_batch(batch_id)) == (5, 5, 0, 0, 0, 0)


def test_a_register_that_was_a_stage_survives_a_crash_after_it_is_published(
    crashing: Register, server: Server
) -> None:
    crashing.fill(5)
    crashing.sync()
    digest, stream = crashing.digest(), crashing.stream()
    server.crash()
    assert (crashing.digest(), crashing.stream()) == (digest, stream)
    crashing.put("C6")
    assert counts(crashing.sync()) == (6, 1, 5, 0, 0, 0)
