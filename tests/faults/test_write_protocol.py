"""The write protocol: what a killed worker had sent is undone, and of two workers one writes."""

import random
import signal
import subprocess
import sys
import threading
import time
from itertools import chain
from typing import Any

import psycopg
import pytest
from three_sources import ROOT

from connectors.land import close_batch, load_part, plan_batch
from hub import failpoint
from hub.contract import get_contract
from hub.errors import MotlanError, StaleWriterError, StreamBusyError
from standardisation.batch import make_standardiser
from warehouse.connection import engine
from warehouse.ledger import apply_contract, move_batch
from warehouse.publish import publish_batch

from ..conftest import TestWarehouse
from ..pipeline.conftest import CAR, Register, register
from .killpoints import SOAK

__all__ = ["register"]
INTERLEAVINGS = 200 if SOAK else 40
TURN_SECONDS = 0.05
POINTS_OF_A_RUN = 12
"""How many points the worker itself comes to; its threads' own are not counted."""
GHOST = """
import psycopg, sys
connection = psycopg.connect(sys.argv[1], autocommit=True)
connection.execute("SET client_connection_check_interval = " + sys.argv[2])
print(flush=True)
connection.pgconn.send_query(
    b"BEGIN; INSERT INTO sync.circuit (source) VALUES ('" + sys.argv[2].encode() + b"');"
    b" SELECT pg_sleep(4); COMMIT"
)
connection.pgconn.flush()
print(flush=True)
sys.stdin.read()
"""
"""One message with a whole transaction in it, from a process that is then killed."""


def haunt(warehouse: TestWarehouse, interval: str) -> None:
    """Send a transaction and die before it is done."""
    with subprocess.Popen(
        [sys.executable, "-c", GHOST, warehouse.url("pipeline"), interval],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as worker:
        assert worker.stdout is not None
        worker.stdout.readline()
        worker.stdout.readline()
        asleep = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND pid <> 0"
        with warehouse.connect() as watcher:
            for _ in range(100):
                if watcher.execute(asleep).fetchone():
                    break
                time.sleep(0.05)
        worker.send_signal(signal.SIGKILL)
        assert worker.wait(10) == -signal.SIGKILL


def test_what_a_killed_worker_has_sent_is_not_committed_after_it(warehouse: TestWarehouse) -> None:
    """Without the interval it is: the first ghost shows that the test can fail."""
    haunt(warehouse, "0")
    with warehouse.connect("pipeline") as session:
        (interval,) = session.execute("SHOW client_connection_check_interval").fetchone() or ("",)
    assert interval == "2s"
    haunt(warehouse, interval.removesuffix("s") + "000")
    time.sleep(4.5)
    with warehouse.connect() as connection:
        assert connection.execute("SELECT source FROM sync.circuit").fetchall() == [("0",)]


def test_a_pipeline_session_has_limits_of_its_own(warehouse: TestWarehouse) -> None:
    names = ("idle_in_transaction_session_timeout", "lock_timeout", "statement_timeout")
    names += ("synchronous_commit", "tcp_keepalives_idle", "tcp_keepalives_interval")
    with warehouse.connect("pipeline") as session:
        found = [session.execute(f"SHOW {name}").fetchone() for name in names]
    assert found == [("1min",), ("10s",), ("30min",), ("on",), ("30",), ("10",)]


def test_however_many_sessions_a_sync_wants_a_lookup_still_gets_one(
    warehouse: TestWarehouse,
) -> None:
    taken: list[psycopg.Connection[Any]] = []
    try:
        with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
            taken.extend(iter(lambda: warehouse.connect("pipeline"), None))
        assert 30 <= len(taken) <= 40
        with warehouse.connect("lookup") as lookup:
            assert lookup.execute("SELECT 1").fetchone() == (1,)
    finally:
        for session in taken:
            session.close()


class Round:
    """Two workers on one stream, held up at random at every named point."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._turns = threading.Condition()
        self._head_start = self._random.randrange(POINTS_OF_A_RUN)
        self._chances = self._random.choice(("AB", "AAAAB", "ABBBB"))
        self._turn = self._random.choice(self._chances)
        self.trace: list[tuple[str, str]] = []
        self.ended: dict[str, str] = {}

    def pause(self, point: str, asked: str) -> None:
        """What `reach` does meanwhile: of the two workers one goes on, and chance says which.

        One that waits for a lock of the other cannot take its turn; it is not waited for.
        """
        name = threading.current_thread().name
        if name not in ("A", "B"):
            return
        with self._turns:
            self._turns.wait_for(lambda: self._turn == name, timeout=TURN_SECONDS)
            self._turn = self._random.choice(self._chances)
            self.trace.append((name, point))
            self._turns.notify_all()

    def run(self) -> None:
        """Both workers, to their ends; the second begins when the first has come so far."""
        workers = [threading.Thread(target=self._work, name=name) for name in ("A", "B")]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def _work(self) -> None:
        name = threading.current_thread().name
        if name == "B":
            with self._turns:
                self._turns.wait_for(
                    lambda: len(self.trace) >= self._head_start or "A" in self.ended
                )
        try:
            planned = plan_batch(CAR)
            assert planned is not None
            batch_id, _ = planned
            load_part(batch_id, 0, make_standardiser)
            close_batch(batch_id)
            move_batch(batch_id, "judged")
            state = publish_batch(batch_id).state
        except (StaleWriterError, StreamBusyError) as refused:
            state = type(refused).__name__
        except MotlanError as error:
            state = str(error)
        with self._turns:
            self.ended[name] = state
            self._turns.notify_all()


def test_of_two_workers_the_later_one_writes_in_whatever_order_they_come(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply_contract(get_contract("vehicle"))
    register.fill(5)
    monkeypatch.setenv(failpoint.VARIABLE, "pause")
    traces, endings = set(), set()
    for seed in range(INTERLEAVINGS):
        register.put(f"C00{seed % 5 + 1}", f"{10 + seed // 60}:{seed % 60:02}", bien_so=str(seed))
        round_ = Round(seed)
        monkeypatch.setattr(failpoint, "_reach", round_.pause)
        round_.run()
        traces.add(tuple(round_.trace))
        endings.add(tuple(sorted(round_.ended.items())))
        (newest,) = register.rows("SELECT state FROM sync.batch ORDER BY fence DESC LIMIT 1")
        assert newest == {"state": "published"}, (seed, round_.ended)
    published = register.rows(
        "SELECT fence, batch_key, predecessor FROM sync.batch WHERE state = 'published'"
        " ORDER BY batch_id"
    )
    keys = ["", *(row["batch_key"] for row in published)]
    assert [row["predecessor"] for row in published] == keys[:-1]
    fences = [row["fence"] for row in published]
    assert fences == sorted(set(fences))
    assert len(traces) > INTERLEAVINGS // 5, "the workers came in the same order all the time"
    assert {"published", "StaleWriterError"} <= {how for _, how in chain.from_iterable(endings)}
    engine("pipeline").dispose()
