"""The outermost layer of the API: trace ids, response headers, counts, and a quiet last resort."""

import logging
import time
import traceback
from collections.abc import Iterable, MutableMapping
from typing import Any
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lookup.metrics import Metrics
from lookup.problems import Code, Problem, respond

_log = logging.getLogger("motlan.lookup")
_HEADERS: Iterable[tuple[bytes, bytes]] = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)


class Guard:
    """Wraps the application; an exception that nobody expected ends here, without its message.

    An exception's message may hold a value of a row (PostgreSQL's DETAIL does), so only its type
    and the lines of code are logged.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, answer = time.perf_counter(), _Answer(send)
        trace_id = scope.setdefault("state", {})["trace_id"] = uuid4()
        try:
            await self._app(scope, receive, answer.send)
        except Exception as error:
            lines = [f"{f.filename}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]
            _log.error("Request %s failed: %s at %s", trace_id, type(error).__name__, lines[-3:])
            self._metrics.count_problem(Code.INTERNAL_ERROR)
            if answer.status is None:
                await respond(Problem(Code.INTERNAL_ERROR), trace_id)(scope, receive, answer.send)
        seconds = time.perf_counter() - started
        self._metrics.count_request(
            _method(scope), _route(scope), status=answer.status or 500, seconds=seconds
        )


class _Answer:
    """Adds the headers that every answer has, and remembers the status."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", []), *_HEADERS]
        await self._send(message)


def _method(scope: MutableMapping[str, Any]) -> str:
    """The method, if it is one that exists; a caller could send any word."""
    method: str = scope["method"]
    return method if method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} else "other"


def _route(scope: MutableMapping[str, Any]) -> str:
    """The template of the route that matched."""
    return getattr(scope.get("route"), "path", "unmatched")
