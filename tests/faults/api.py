"""A JSON API for the faults of its transport: it answers what it is told, and keeps its log."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "a-secret-of-the-source"


@dataclass
class Answer:
    """One answer; ``content`` is JSON, or text as such."""

    content: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    chunked: bool = False


@dataclass
class Api:
    """What a server answers, and what it was asked: paths, keys, how many at once."""

    answer: Callable[[str], Answer]
    url: str = ""
    paths: list[str] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    api: Api

    def log_message(self, *arguments: object) -> None:
        """Say nothing on the terminal."""

    def do_GET(self) -> None:
        api = self.api
        with api.lock:
            api.paths.append(self.path)
            api.keys.append(self.headers.get("X-Api-Key"))
            api.at_once += 1
            api.most_at_once = max(api.most_at_once, api.at_once)
        try:
            self._say(api.answer(self.path))
        except OSError:
            self.close_connection = True
        finally:
            with api.lock:
                api.at_once -= 1

    def _say(self, answer: Answer) -> None:
        content = answer.content
        body = (content if isinstance(content, str) else json.dumps(content)).encode()
        length = {"Transfer-Encoding": "chunked"}
        if not answer.chunked:
            length = {"Content-Length": str(len(body))}
        self.send_response_only(answer.status)
        for name, value in {"Content-Type": "application/json", **length, **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if answer.chunked:
            parts = [body[at : at + 1000] for at in range(0, len(body), 1000)]
            body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in [*parts, b""])
        self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    """Callers hang up on it in every way; it does not complain."""

    daemon_threads = True

    def handle_error(self, *arguments: object) -> None:
        """Say nothing on the terminal."""


@contextmanager
def serving(api: Api, certificate: ssl.SSLContext | None = None) -> Iterator[Api]:
    """The API on a port of its own; ``api.url`` names it, with its key."""
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": api}))
    if certificate is not None:
        server.socket = certificate.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    scheme = "https" if certificate else "http"
    api.url = f"{scheme}://key:{KEY}@127.0.0.1:{server.server_port}/api"
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
