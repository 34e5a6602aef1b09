"""Receivers of alerts and lineage as they stand outside: real sockets on this machine."""

import json
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ..dashboard.conftest import Ledger

STREAM = "vehicle.car"
_ANSWERS = {
    "EHLO": "250-here\r\n250 AUTH PLAIN",
    "AUTH": "235 in",
    "DATA": "354 go on",
    "QUIT": "221 bye",
}


@dataclass
class Received:
    """What a receiver got, and what it answers."""

    port: int = 0
    status: int = 200
    heads: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    took: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Its address over HTTP."""
        return f"http://127.0.0.1:{self.port}"

    def documents(self) -> list[Any]:
        """The bodies, as JSON."""
        return [json.loads(body) for body in self.bodies]


@contextmanager
def http_receiver() -> Iterator[Received]:
    """A web server that keeps what is posted to it."""
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.heads.append({name.lower(): value for name, value in self.headers.items()})
            received.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(received.status)
            self.end_headers()
            received.took.set()

        def log_message(self, *words: Any) -> None:
            pass

    with _running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as received.port:
        yield received


@contextmanager
def smtp_receiver(tls: ssl.SSLContext | None = None) -> Iterator[Received]:
    """A mail server that speaks as much SMTP as a client needs; over TLS if it is given any."""
    received = Received()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline().decode().strip():
                received.said.append(line)
                word = line.split()[0].upper()
                answer = _ANSWERS.get(word, "250 yes")
                if word == "RCPT" and received.status != 200:
                    answer = f"{received.status} not now"
                self.wfile.write(f"{answer}\r\n".encode())
                if word == "DATA":
                    mail = b"".join(iter(self.rfile.readline, b".\r\n"))
                    received.bodies.append(mail)
                    self.wfile.write(b"250 kept\r\n")
                if word == "QUIT":
                    return

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    with _running(server) as received.port:
        yield received


@contextmanager
def _running(server: socketserver.TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def silence() -> Iterator[int]:
    """The port of a server that takes a connection and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        yield server.getsockname()[1]
        server.accept()[0].close()  # proves that somebody came, and lets them go
    for thread in threading.enumerate():
        if thread.name == "motlan-telling":
            thread.join(10)  # it gives its session back to a pool that ends with the test


@pytest.fixture
def ledger(warehouse: Any) -> Ledger:
    """A ledger with one stream, published an hour ago."""
    made = Ledger(warehouse)
    made.stream(STREAM, age="1 hour", rows=3)
    return made


@pytest.fixture
def web() -> Iterator[Received]:
    """A web server outside."""
    with http_receiver() as received:
        yield received


@pytest.fixture
def post_office() -> Iterator[Received]:
    """A mail server outside."""
    with smtp_receiver() as received:
        yield received
