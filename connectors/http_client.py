"""Asks a JSON API: one request in flight, retried, within deadlines, and nobody else.

A page is taken whole or not at all. Only what may pass of itself is tried again: a broken
connection, a slow page, 429 and 5xx. After five failures in a row the source is left alone.
A page's deadline is of all its waits together, from the name that has to be resolved to the last
byte. A redirect is not followed and a certificate that is not good is not accepted: the key
would go to somebody else.
"""

import json
import logging
import random
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import unquote, urlsplit, urlunsplit

import httpx
import msgspec

from connectors.base import unavailable
from connectors.deadline import Errand, Hand, LateError
from connectors.options import HttpOptions
from connectors.tls import refused_certificate
from hub.errors import SourceUnavailableError
from hub.failpoint import reach

BACKOFF_SECONDS: Final = 0.5
MAX_FAILURES: Final = 5
MAX_PAGE_BYTES: Final = 64 * 2**20
_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_DECODE: Final = msgspec.json.Decoder(float_hook=str).decode

Question = tuple[str, tuple[tuple[str, str], ...]]
"""Path and query of a page."""

logging.getLogger("httpx").setLevel(logging.WARNING)  # its INFO lines hold whole URLs


class HttpClient:
    """Gets pages: one request in flight, retried with backoff, within two deadlines."""

    def __init__(
        self, source: str, options: HttpOptions, make_client: Callable[[], httpx.Client]
    ) -> None:
        self._source = source
        self._options = options
        self._make_client = make_client
        self._end = time.monotonic() + options.run_seconds
        self._failures = 0
        self._line: _Line | None = None
        self._ahead: tuple[Question, float, Errand[Any]] | None = None

    def get(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        """One JSON object.

        Raises:
            SourceUnavailableError: it did not come; says why.
        """
        question = (path, tuple(query.items()))
        if self._ahead is not None and self._ahead[0] != question:
            self._drop_ahead(self._ahead)
        while True:
            try:
                page = self._receive(question)
            except _PassingError as error:
                self._failures += 1
                self._wait(error)
            else:
                self._failures = 0
                return page

    def get_ahead(self, path: str, query: Mapping[str, str]) -> None:
        """Ask for the page that is needed next, and do not wait for it.

        `get` for the same page gives it; for another one, waits for it first and drops it.
        """
        self._ahead = self._ask((path, tuple(query.items())))

    def close(self) -> None:
        """Hang up."""
        if self._line is not None:
            self._line.cut()
            self._line = None

    def _ask(self, question: Question) -> tuple[Question, float, Errand[Any]]:
        now = time.monotonic()
        if now > self._end:
            raise unavailable(self._source, "the whole read took longer than its deadline")
        if self._line is None:
            self._line = _Line(self._make_client)
        deadline = min(now + self._options.page_seconds, self._end)
        return question, deadline, self._line.ask(question, self._read)

    def _drop_ahead(self, asked: tuple[Question, float, Errand[Any]]) -> None:
        self._ahead = None
        try:
            asked[2].wait(asked[1] - time.monotonic())
        except LateError:
            self.close()
        except (httpx.RequestError, SourceUnavailableError, _PassingError):
            pass  # nobody wants it any more

    def _receive(self, question: Question) -> dict[str, Any]:
        asked, self._ahead = self._ahead or self._ask(question), None
        try:
            page = asked[2].wait(asked[1] - time.monotonic())
        except LateError:
            self.close()
            why = f"a page slower than {self._options.page_seconds:.0f} s"
            raise _PassingError(why=why) from None
        except httpx.RequestError as error:
            refusal = refused_certificate(error)
            if refusal is not None:
                raise unavailable(self._source, refusal) from None
            raise _PassingError(why=type(error).__name__) from None
        if not isinstance(page, dict):
            raise unavailable(self._source, "a page is not a JSON object")
        return page

    def _wait(self, error: "_PassingError") -> None:
        if self._failures >= MAX_FAILURES:
            why = f"{self._failures} requests in a row failed, the last one by {error}"
            raise self._give_up(why) from None
        pause = error.retry_after
        if pause is None:
            pause = BACKOFF_SECONDS * 2**self._failures * random.uniform(0.5, 1)
        if time.monotonic() + pause > self._end:
            why = f"its answer would come after the deadline of {self._options.run_seconds:.0f} s"
            raise self._give_up(why) from None
        time.sleep(pause)

    def _give_up(self, why: str) -> SourceUnavailableError:
        error = unavailable(self._source, why)
        error.failures = self._failures
        return error

    def _read(self, response: httpx.Response) -> Any:
        """The JSON of an answer; runs in the line's thread."""
        self._refuse_status(response)
        body = bytearray()
        for part in response.iter_bytes():
            body += part
            reach("K04")
            if len(body) > MAX_PAGE_BYTES:
                raise unavailable(self._source, f"a page is larger than {MAX_PAGE_BYTES} bytes")
        with suppress(msgspec.DecodeError):
            return _DECODE(body)
        try:
            return json.loads(body, parse_float=str)  # reads what a stricter reader refuses
        except ValueError:
            raise _PassingError(why="a page that is not whole JSON") from None

    def _refuse_status(self, response: httpx.Response) -> None:
        status = response.status_code
        if status in _AGAIN:
            raise _PassingError(why=f"status {status}", retry_after=_retry_after(response))
        if status in (401, 403):
            why = f"it refused the key (status {status}); renew MOTLAN_CONN_{self._source.upper()}"
            raise unavailable(self._source, why)
        if response.is_redirect:
            why = f"it sends its callers elsewhere (status {status}), and nobody follows with a key"
            raise unavailable(self._source, why)
        if status != httpx.codes.OK:
            raise unavailable(self._source, f"it answered with status {status}")
        kind = response.headers.get("content-type", "").partition(";")[0].strip()
        if kind != "application/json":
            raise unavailable(self._source, f"it answered {kind or 'nothing named'}, not JSON")


class _PassingError(Exception):
    """A failure that may pass of itself."""

    def __init__(self, *, why: str, retry_after: float | None = None) -> None:
        super().__init__(why)
        self.retry_after = retry_after


class _Line:
    """A connection that is kept open, and the thread that waits for it."""

    def __init__(self, make_client: Callable[[], httpx.Client]) -> None:
        self._hand = Hand("source")
        self._client = make_client()
        self._socket: socket.socket | None = None
        self._over = False

    def ask(self, question: Question, read: Callable[[httpx.Response], Any]) -> Errand[Any]:
        """Ask for a page; ``read`` makes of the answer what is waited for."""
        path, query = question

        def request() -> Any:
            extensions = {"trace": self._note_socket}
            asked = self._client.stream("GET", path, params=dict(query), extensions=extensions)
            with asked as response:
                return read(response)

        return self._hand.tell(request)

    def cut(self) -> None:
        """Hang up, whatever is waited for there; a connection that is being made ends with it."""
        self._over = True
        self._hand.tell(self._client.close)
        self._hand.dismiss()
        self._shut_socket()

    def _note_socket(self, event: str, info: Mapping[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = info["return_value"].get_extra_info("socket")
            if self._over:
                self._shut_socket()

    def _shut_socket(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # it may be closed already
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


@contextmanager
def connect(source: str, options: HttpOptions, url: str) -> Iterator[HttpClient]:
    """A client whose credential travels in a header and never in a URL."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise unavailable(source, f"MOTLAN_CONN_{source.upper()} is no http address")
    host = parts.netloc.rpartition("@")[2]
    base = urlunsplit((parts.scheme, host, parts.path.rstrip("/") + "/", "", ""))
    headers = {"accept": "application/json"}
    if options.key_header and parts.password:
        headers[options.key_header] = unquote(parts.password)
    timeout = httpx.Timeout(options.page_seconds, connect=min(10.0, options.page_seconds))

    def make_client() -> httpx.Client:
        return httpx.Client(
            base_url=base, headers=headers, timeout=timeout, follow_redirects=False, verify=True
        )

    client = HttpClient(source, options, make_client)
    try:
        yield client
    finally:
        client.close()


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds to wait as the source asks, in seconds or as a date of its own clock."""
    text = response.headers.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return float(text)
    moment = _read_date(text)
    if moment is None:
        return None
    now = _read_date(response.headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (moment - now).total_seconds())


def _read_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
