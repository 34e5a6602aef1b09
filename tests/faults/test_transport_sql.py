"""F1-F3 and F9 of a database as a source: the real driver, a real PostgreSQL, a bad line.

A statement's own time limit lives in the server; here the server is well and nothing arrives.
"""

import datetime as dt
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import trustme
from faults.proxy import Bandwidth, LimitData, Proxy, ResetPeer, Timeout, Toxic, proxying

from cli.clusters import Cluster
from connectors.ingest import fetch, plan
from hub.contract import Contract, parse_contract
from hub.errors import SourceUnavailableError

ROWS = 20_000
PATIENT, IMPATIENT = "silentSeconds: 60", "silentSeconds: 5"
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: motlan.source.demo
name: demo
version: 1.0.0
status: active
slaProperties: [{property: latency, value: 26, unit: h}]
customProperties:
  - {property: title, value: Demo}
  - {property: owner, value: desk}
  - {property: connector, value: sql}
  - {property: schedule, value: "0 1 * * *"}
  - {property: options, value: {chunkRows: 1000, LIMITS}}
schema:
  - name: person
    physicalName: nguoi
    customProperties:
      - {property: sync, value: {mode: snapshot, deletes: snapshot, completeness: keys}}
    properties:
      - {name: person_id, physicalName: ma, logicalType: string, primaryKey: true,
         primaryKeyPosition: 1, customProperties: [{property: standardiser, value: key}]}
      - {name: note, physicalName: ghi, logicalType: string}
"""
TABLE = """
CREATE TABLE nguoi (ma bigint PRIMARY KEY, ghi text);
INSERT INTO nguoi SELECT n, 'Nguyễn Văn ' || repeat(n::text, 40) FROM generate_series(1, %s) AS n
"""


def make_table(url: str, rows: int) -> str:
    with psycopg.connect(url) as connection:
        connection.execute(TABLE % rows)
    return url.replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture(scope="module")
def source_url(cluster: Cluster) -> str:
    """A table of some five megabytes."""
    cluster.create_database("transport_source")
    return make_table(cluster.url("transport_source"), ROWS)


@pytest.fixture
def proxy(source_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    with proxying(source_url) as made:
        monkeypatch.setenv("MOTLAN_CONN_DEMO", made.url)
        yield made


def contract(limits: str) -> Contract:
    return parse_contract(CONTRACT.replace("LIMITS", limits))


def read_all(limits: str = PATIENT) -> int:
    """Rows of a whole read, whose keys were proven."""
    demo = contract(limits)
    fetched = fetch(demo, demo.datasets[0], {}, {"mode": "snapshot"})
    rows = sum(batch.num_rows for batch in fetched)
    assert fetched.outcome.proof.scope == "batch"
    return rows


def refuse_to_read(words: str, limits: str = PATIENT) -> None:
    """A read that ends in time, with one sentence and no value."""
    started = time.monotonic()
    with pytest.raises(SourceUnavailableError, match=words) as ended:
        read_all(limits)
    assert time.monotonic() - started < 60
    assert "Nguyễn" not in str(ended.value)
    assert "only-in-tests" not in str(ended.value)


def test_f1_a_database_that_is_down_is_unavailable_and_is_read_when_it_is_up(proxy: Proxy) -> None:
    proxy.down()
    refuse_to_read("its database failed")
    proxy.up()
    assert read_all() == ROWS


CUTS: list[tuple[str, Callable[[], Toxic]]] = [
    ("at the greeting", lambda: LimitData(bytes=0)),
    ("before the table is known", lambda: LimitData(bytes=900)),
    ("at the first rows", lambda: LimitData(bytes=40_000)),
    ("in the middle of the COPY", lambda: LimitData(bytes=1_000_000)),
    ("by a reset", lambda: ResetPeer(after_bytes=1_000_000)),
    ("by a reset at the COPY", lambda: ResetPeer(once_sent=b"COPY")),
]


@pytest.mark.parametrize(("name", "toxic"), CUTS, ids=[name for name, _ in CUTS])
def test_f2_a_line_that_is_cut_leaves_nothing_and_the_next_read_is_whole(
    name: str, toxic: Callable[[], Toxic], proxy: Proxy
) -> None:
    fault = proxy.add(toxic())
    refuse_to_read("its database failed")
    assert fault.fired
    proxy.remove(fault)
    assert read_all() == ROWS


HOLES: list[tuple[str, Callable[[], Toxic]]] = [
    ("before the greeting", lambda: Timeout()),
    ("before the table is known", lambda: Timeout(after_bytes=900)),
    ("in the middle of the COPY", lambda: Timeout(after_bytes=1_000_000)),
    ("before the answer to the COPY", lambda: Timeout(once_sent=b"COPY")),
    ("in the questions", lambda: Timeout(direction="upstream")),
]


@pytest.mark.parametrize(("name", "toxic"), HOLES, ids=[name for name, _ in HOLES])
def test_f3_a_database_that_falls_silent_ends_the_read(
    name: str, toxic: Callable[[], Toxic], proxy: Proxy
) -> None:
    fault = proxy.add(toxic())
    refuse_to_read("its database fell silent", IMPATIENT)
    assert fault.fired
    proxy.remove(fault)
    assert read_all() == ROWS


def test_f3_a_trickle_never_outlives_the_run(proxy: Proxy) -> None:
    """At this rate the table takes two minutes, and no wait for its next rows is too long."""
    slow = proxy.add(Bandwidth(rate=40_000))
    words = "its database fell silent|took longer than 8 s"
    refuse_to_read(words, f"{PATIENT}, runSeconds: 8")
    assert slow.fired


def test_f3_a_silence_while_the_parts_are_planned_ends_too(proxy: Proxy) -> None:
    demo = contract(f"{IMPATIENT}, parts: 2")
    hole = proxy.add(Timeout(after_bytes=900))
    started = time.monotonic()
    with pytest.raises(SourceUnavailableError, match="fell silent"):
        plan(demo, demo.datasets[0], {}, "snapshot")
    assert time.monotonic() - started < 60
    assert hole.fired


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """The authority that the hub is told to trust."""
    return trustme.CA()


@contextmanager
def behind_tls(url: str, certificate: trustme.LeafCert) -> Iterator[int]:
    """A port at which that PostgreSQL speaks TLS; the one of the tests is built without."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    place = urlsplit(url)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                caller, _ = listener.accept()
            except OSError:
                return
            caller.recv(8)  # the client asks for TLS
            caller.sendall(b"S")
            with suppress(OSError):
                secured = context.wrap_socket(caller, server_side=True)
                behind = socket.create_connection((place.hostname, place.port))
                for ends in ((secured, behind), (behind, secured)):
                    threading.Thread(target=pump, args=ends, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
    source.close()


@contextmanager
def verified(
    url: str, authority: trustme.CA, issued: trustme.LeafCert | None, folder: Path
) -> Iterator[None]:
    """The source's URL asks for sslmode=verify-full; the server shows that certificate, or none."""
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    with ExitStack() as stack:
        port = urlsplit(url).port
        if issued is not None:
            port = stack.enter_context(behind_tls(url, issued))
        asked = url.replace(f":{urlsplit(url).port}/", f":{port}/")
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        words = f"?sslmode=verify-full&sslrootcert={folder / 'ca.pem'}"
        patch.setenv("MOTLAN_CONN_DEMO", asked + words)
        yield


def test_f9_a_good_certificate_is_accepted_by_both_connections_of_a_read(
    source_url: str, authority: trustme.CA, tmp_path: Path
) -> None:
    with verified(source_url, authority, authority.issue_cert("127.0.0.1"), tmp_path):
        assert read_all() == ROWS


Issue = Callable[[trustme.CA], trustme.LeafCert | None]
BAD: dict[str, tuple[Issue, str]] = {
    "expired": (
        lambda ca: ca.issue_cert("127.0.0.1", not_after=dt.datetime(2024, 1, 1, tzinfo=dt.UTC)),
        "its certificate is refused",
    ),
    "of another host": (lambda ca: ca.issue_cert("other.example"), "is for another host"),
    "of an unknown authority": (
        lambda ca: trustme.CA().issue_cert("127.0.0.1"),
        "its certificate is refused",
    ),
    "none at all": (lambda ca: None, "it does not speak TLS"),
}


@pytest.mark.parametrize(("issue", "words"), BAD.values(), ids=BAD)
def test_f9_a_certificate_that_is_not_good_ends_the_read(
    issue: Issue, words: str, source_url: str, authority: trustme.CA, tmp_path: Path
) -> None:
    with verified(source_url, authority, issue(authority), tmp_path):
        refuse_to_read(words)
