"""Asks a JSON API: one request in flight, retried, within deadlines, never elsewhere.

A page is taken whole or not at all. Only what may pass of itself is tried again: a broken
connection, a slow page, 429 and 5xx. After five failures in a row the source is left alone.
"""

import json
import logging
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import unquote, urlsplit, urlunsplit

import httpx

from connectors.base import unavailable
from connectors.options import HttpOptions

BACKOFF_SECONDS: Final = 0.5
MAX_FAILURES: Final = 5
MAX_PAGE_BYTES: Final = 64 * 2**20
_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})

logging.getLogger("httpx").setLevel(logging.WARNING)  # its INFO lines hold whole URLs


class HttpClient:
    """Gets pages: one request in flight, retried with backoff, within two deadlines."""

    def __init__(self, source: str, options: HttpOptions, client: httpx.Client) -> None:
        self._source = source
        self._options = options
        self._client = client
        self._end = time.monotonic() + options.run_seconds
        self._failures = 0

    def get(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        """One JSON object.

        Raises:
            SourceUnavailableError: it did not come; says why.
        """
        while True:
            try:
                page = self._get_once(path, query)
            except _PassingError as error:
                self._failures += 1
                self._wait(error)
            else:
                self._failures = 0
                return page

    def _wait(self, error: "_PassingError") -> None:
        if self._failures >= MAX_FAILURES:
            why = f"{self._failures} requests in a row failed, the last one by {error}"
            raise unavailable(self._source, why) from None
        pause = error.retry_after
        if pause is None:
            pause = BACKOFF_SECONDS * 2**self._failures * random.uniform(0.5, 1)
        if time.monotonic() + pause > self._end:
            why = f"its answer would come after the deadline of {self._options.run_seconds:.0f} s"
            raise unavailable(self._source, why) from None
        time.sleep(pause)

    def _get_once(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        deadline = time.monotonic() + self._options.page_seconds
        if deadline > self._end + self._options.page_seconds:
            raise unavailable(self._source, "the whole read took longer than its deadline")
        try:
            with self._client.stream("GET", path, params=dict(query)) as response:
                self._refuse_status(response)
                body = self._read_body(response, deadline)
        except httpx.TransportError as error:
            raise _PassingError(why=type(error).__name__) from None
        try:
            page = json.loads(body, parse_float=str)
        except ValueError:
            raise _PassingError(why="a page that is not whole JSON") from None
        if not isinstance(page, dict):
            raise unavailable(self._source, "a page is not a JSON object")
        return page

    def _refuse_status(self, response: httpx.Response) -> None:
        status = response.status_code
        if status in _AGAIN:
            raise _PassingError(why=f"status {status}", retry_after=_retry_after(response))
        if status in (401, 403):
            why = f"it refused the key (status {status}); renew MOTLAN_CONN_{self._source.upper()}"
            raise unavailable(self._source, why)
        if status != httpx.codes.OK:
            raise unavailable(self._source, f"it answered with status {status}")
        kind = response.headers.get("content-type", "").partition(";")[0].strip()
        if kind != "application/json":
            raise unavailable(self._source, f"it answered {kind or 'nothing named'}, not JSON")

    def _read_body(self, response: httpx.Response, deadline: float) -> bytes:
        body = bytearray()
        for part in response.iter_bytes():
            body += part
            if time.monotonic() > deadline:
                raise _PassingError(why=f"a page slower than {self._options.page_seconds:.0f} s")
            if len(body) > MAX_PAGE_BYTES:
                raise unavailable(self._source, f"a page is larger than {MAX_PAGE_BYTES} bytes")
        return bytes(body)


class _PassingError(Exception):
    """A failure that may pass of itself."""

    def __init__(self, *, why: str, retry_after: float | None = None) -> None:
        super().__init__(why)
        self.retry_after = retry_after


@contextmanager
def connect(source: str, options: HttpOptions, url: str) -> Iterator[HttpClient]:
    """A client whose credential travels in a header and never in a URL."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise unavailable(source, f"MOTLAN_CONN_{source.upper()} is no http address")
    host = parts.hostname + (f":{parts.port}" if parts.port else "")
    base = urlunsplit((parts.scheme, host, parts.path.rstrip("/") + "/", "", ""))
    headers = {"accept": "application/json"}
    if options.key_header and parts.password:
        headers[options.key_header] = unquote(parts.password)
    timeout = httpx.Timeout(options.page_seconds, connect=min(10.0, options.page_seconds))
    with httpx.Client(base_url=base, headers=headers, timeout=timeout) as client:
        yield HttpClient(source, options, client)


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds to wait as the source asks, in seconds or as a date."""
    text = response.headers.get("retry-after", "")
    if text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
