"""Killed, cut off, or refused half way: the warehouse ends as if nothing had happened."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import psycopg
import pytest

from cli.clusters import Cluster, running
from cli.environment import with_login
from cli.processes import find_free_ports
from expectations.judge import judge_batch
from hub.digest import key_hash60
from hub.errors import (
    BatchParkedError,
    MotlanError,
    WarehouseRefusedError,
    WarehouseUnavailableError,
)
from hub.settings import ROLES
from standardisation.batch import standardise_batch
from warehouse.connection import connect, engine, transaction
from warehouse.migrate import upgrade
from warehouse.publish import publish_batch

from .conftest import CAR, SNAPSHOT, Register, counts, digest

CANARY = "Canary Thị Ẩn"
ROOT = Path(__file__).parents[2]
HTTP_OPTIONS = (
    "{path: cars, records: rows, nextCursor: next, cursorParam: cursor, limitParam: limit,"
    " updatedSinceParam: since, asOf: now, digest: {path: digest, bucketsParam: n, buckets: 1,"
    " groups: groups, bucket: b, count: count, total: total, asOf: now}}"
)


def publish_elsewhere(batch_id: int) -> subprocess.Popen[bytes]:
    """Publish a batch in a process of its own."""
    code = f"from warehouse.publish import publish_batch; publish_batch({batch_id})"
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)


def wait_for(register: Register, condition: str) -> int:
    """The server process of the pipeline's session that meets the condition."""
    query = (
        "SELECT pid FROM pg_stat_activity WHERE usename = 'motlan_pipeline'"
        f" AND datname = current_database() AND {condition}"
    )
    for _ in range(600):
        found = register.rows(query)
        if found:
            return int(found[0]["pid"])
        time.sleep(0.05)
    raise AssertionError("the fault never came about")


def use_warehouse(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let the code under test speak to another database of the same cluster."""
    for key, url in os.environ.items():
        if key.startswith("MOTLAN_WAREHOUSE_URL"):
            monkeypatch.setenv(key, url.rpartition("/")[0] + "/" + name)


def test_killed_between_land_and_publish_and_run_again_ends_as_if_undisturbed(
    register: Register, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    register.fill(6)
    register.sync()
    register.put("C001", "12:00", bien_so="14A-NEW")
    register.put("C007", "12:00")
    register.put("C002", "12:00", bien_so=None)
    engine("pipeline").dispose()
    disturbed = register.owner_url.rpartition("/")[2]
    cluster.create_database(f"{disturbed}_twin", template=disturbed)

    batch_id = register.prepare()
    with psycopg.connect(register.owner_url) as holder:
        holder.execute("SELECT 1 FROM sync.stream FOR UPDATE")
        worker = publish_elsewhere(batch_id)
        backend = wait_for(register, "wait_event_type = 'Lock'")
        worker.send_signal(signal.SIGKILL)
        assert worker.wait(10) == -signal.SIGKILL
    for _ in range(200):
        if not register.rows("SELECT 1 FROM pg_stat_activity WHERE pid = %s", backend):
            break
        time.sleep(0.05)
    assert register.batch(batch_id)["state"] == "judged"
    assert register.standard("plate_number")["C001"] == ("14A-1",)
    again = register.sync()

    use_warehouse(monkeypatch, f"{disturbed}_twin")
    undisturbed = register.sync()
    engine("pipeline").dispose()
    assert counts(again) == counts(undisturbed) == (7, 2, 4, 0, 1, 0)
    twin_url = register.owner_url + "_twin"
    tables = ("vehicle__car", "vehicle__car_history")
    assert register.digest() == digest(twin_url, *tables)
    use_warehouse(monkeypatch, disturbed)


def test_a_transaction_cut_off_in_the_middle_leaves_nothing_and_can_be_repeated(
    register: Register,
) -> None:
    register.fill(3)
    register.sync()
    register.put("C001", "12:00", bien_so="14A-NEW")
    before = register.digest()
    batch_id = register.prepare()
    with psycopg.connect(register.owner_url) as holder:
        # The last table that the transaction writes; everything before it is done by then.
        holder.execute("LOCK TABLE quality.batch_quality IN SHARE ROW EXCLUSIVE MODE")
        failed: list[BaseException] = []

        def publish() -> None:
            try:
                publish_batch(batch_id)
            except MotlanError as error:
                failed.append(error)

        worker = threading.Thread(target=publish)
        worker.start()
        for _ in range(2):  # what was not committed is tried once more by itself
            backend = wait_for(register, "wait_event_type = 'Lock'")
            (ended,) = holder.execute(
                "SELECT pg_terminate_backend(%s, 5000)", (backend,)
            ).fetchone()
            assert ended
        worker.join(10)
    assert [type(error) for error in failed] == [WarehouseUnavailableError]
    assert register.digest() == before
    assert publish_batch(batch_id).state == "published"
    assert register.standard("plate_number")["C001"] == ("14A-NEW",)


INSERT = f"INSERT INTO link.node (stream, record_id, anchor) VALUES ('{CANARY}', NULL, true)"


def test_the_error_of_a_refused_statement_names_no_value(warehouse: Any) -> None:
    expected = "The warehouse refused a statement: NotNullViolation (23502) at link.node.record_id."
    with pytest.raises(WarehouseRefusedError) as refused, connect("pipeline") as session:
        session.execute(INSERT)
    assert str(refused.value) == expected
    assert refused.value.__cause__ is None
    with pytest.raises(WarehouseRefusedError) as refused, transaction("pipeline") as connection:
        connection.exec_driver_sql(INSERT)
    assert str(refused.value) == expected
    assert refused.value.__cause__ is None
    engine("pipeline").dispose()


def test_not_even_a_talkative_server_logs_what_the_pipeline_was_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    talkative = {
        "logging_collector": "on",
        "log_directory": "log",
        "log_min_messages": "warning",
        "log_min_error_statement": "error",
        "log_error_verbosity": "default",
        "fsync": "off",
    }
    folder = tmp_path / "pg"
    made = Cluster(folder, find_free_ports(1)[0], "only-in-tests", settings=talkative)
    with running(made) as cluster:
        cluster.create_database("loud")
        upgrade(cluster.url("loud"), dict.fromkeys(ROLES, "only-in-tests"))
        pipeline = with_login(cluster.url("loud"), "motlan_pipeline", "only-in-tests")
        for url, stream in ((pipeline, CANARY), (cluster.url("loud"), "of-the-owner")):
            with pytest.raises(psycopg.Error), psycopg.connect(url) as connection:
                connection.execute(INSERT.replace(CANARY, stream))
    written = "".join(path.read_text() for path in (folder / "log").iterdir())
    assert "of-the-owner" in written
    assert CANARY not in written


class _Owner(BaseHTTPRequestHandler):
    """A register that serves all its rows, and a digest of the keys it says it has."""

    rows: ClassVar[list[dict[str, Any]]] = []
    digest_keys: ClassVar[list[str]] = []
    asked: ClassVar[list[str]] = []

    def log_message(self, *arguments: object) -> None:
        """Say nothing on the terminal."""

    def do_GET(self) -> None:
        """Answer one request."""
        self.asked.append(self.path)
        now = "2025-07-02T00:00:00.000+07:00"
        total = str(sum(map(key_hash60, self.digest_keys)))
        group = {"b": 0, "count": len(self.digest_keys), "total": total}
        pages: dict[str, Any] = {
            "cars": {"rows": self.rows, "next": None, "now": now},
            "digest": {"groups": [group], "now": now},
        }
        body = json.dumps(pages[self.path.partition("?")[0].strip("/")]).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def owner(register: Register, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Owner]]:
    """The register of vehicles behind a JSON API of its owner's."""
    handler = type("Owner", (_Owner,), {"rows": [], "digest_keys": [], "asked": []})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("MOTLAN_CONN_VEHICLE", f"http://127.0.0.1:{server.server_port}")
    register.write_contract(
        SNAPSHOT.replace("mode: snapshot", "mode: incremental")
        .replace("deletes: snapshot", "deletes: tombstone, tombstone: is_deleted")
        .replace("completeness: keys", "completeness: digest")
    )
    text = register.contract_path.read_text(encoding="utf-8")
    text = text.replace("value: sql", "value: http")
    register.contract_path.write_text(
        text.replace("{schema: xe, chunkRows: 3}", HTTP_OPTIONS), encoding="utf-8"
    )
    yield handler
    server.shutdown()
    thread.join()
    server.server_close()


def car(key: str, at: str) -> dict[str, Any]:
    """A row as the owner's API writes it."""
    row = {"ma": key, "bien_so": f"14A-{key}", "chu_xe": None, "so_dinh_danh": None, "ngay": None}
    return {**row, "xoa": False, "luc": f"2025-07-01T{at}:00.000+07:00"}


def test_keys_that_differ_from_the_sources_own_digest_park_the_batch(
    register: Register, owner: type[_Owner]
) -> None:
    owner.rows[:] = [car("C1", "10:00"), car("C2", "10:01")]
    owner.digest_keys[:] = ["C1", "C2"]
    assert counts(register.sync()) == (2, 2, 0, 0, 0, 0)
    stream, before = register.stream(), register.digest()
    owner.rows[:] = [car("C3", "11:00")]
    owner.digest_keys[:] = ["C1", "C3"]  # C2 was removed without a tombstone
    batch_id = register.prepare()
    with pytest.raises(BatchParkedError, match=f"{CAR} would hold other keys than its source"):
        publish_batch(batch_id)
    assert any(path.startswith("/digest") for path in owner.asked)
    assert register.batch(batch_id)["state"] == "parked"
    assert (register.stream(), register.digest()) == (stream, before)
    owner.rows[:] = [car("C1", "10:00"), car("C3", "11:00")]
    repaired = register.sync(full=True)
    assert counts(repaired) == (2, 1, 1, 0, 0, 1)
    assert list(register.standard()) == ["C1", "C3"]
    assert register.batch(batch_id)["state"] == "overtaken"


def test_equal_counts_of_other_keys_do_not_pass(register: Register, owner: type[_Owner]) -> None:
    owner.rows[:] = [car("C1", "10:00")]
    owner.digest_keys[:] = ["C1"]
    register.sync()
    owner.rows[:] = [car("C2", "11:00")]
    owner.digest_keys[:] = ["C2", "C9"]
    with pytest.raises(BatchParkedError):
        register.sync()
    assert list(register.standard()) == ["C1"]


def test_a_row_in_quarantine_counts_among_the_keys_that_the_hub_holds(
    register: Register, owner: type[_Owner]
) -> None:
    owner.rows[:] = [car("C1", "10:00"), {**car("C2", "10:00"), "bien_so": None}]
    owner.digest_keys[:] = ["C1", "C2"]
    assert counts(register.sync()) == (2, 1, 0, 0, 1, 0)
    owner.rows[:] = [car("C3", "11:00")]
    owner.digest_keys[:] = ["C1", "C2", "C3"]
    assert counts(register.sync()) == (1, 1, 0, 0, 0, 0)


def test_a_batch_landed_by_another_contract_goes_no_further_and_the_next_sync_is_whole(
    register: Register,
) -> None:
    register.fill(2)
    landed = register.land()
    staged = register.land()
    standardise_batch(staged)
    judged = register.prepare()
    register.write_contract(SNAPSHOT.replace("}", ", overlapMinutes: 30}"))
    steps = ((standardise_batch, landed), (judge_batch, staged), (publish_batch, judged))
    for step, batch_id in steps:
        with pytest.raises(MotlanError, match=f"has changed since batch {batch_id} was landed"):
            step(batch_id)
    assert register.stream()["batch_key"] == ""
    outcome = register.sync()
    assert counts(outcome) == (2, 2, 0, 0, 0, 0)
    publish_batch(outcome.batch_id)
    assert {register.batch(number)["state"] for number in (landed, staged, judged)} == {"overtaken"}
