"""Reads a JSON API that pages by an opaque token.

A page is taken whole or not at all. Only what may pass of itself is tried again: a broken
connection, a slow page, 429 and 5xx. After five failures in a row the source is left alone.
"""

import hashlib
import json
import logging
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import unquote, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

import httpx
import pyarrow as pa

from connectors.base import (
    EXTRA,
    Fetch,
    Outcome,
    Proof,
    Request,
    advance,
    cursor_column,
    drift,
    parse_moment,
    refuse_missing,
    unavailable,
)
from connectors.keys import KeyTally
from connectors.options import DigestEndpoint, HttpOptions
from hub.contract import Contract, Dataset
from hub.digest import BucketDigest, KeyDigest
from hub.errors import ContractError, IncompleteSourceError
from hub.promised import promised_columns

BACKOFF_SECONDS: Final = 0.5
MAX_FAILURES: Final = 5
MAX_PASSES: Final = 3
MAX_PAGE_BYTES: Final = 64 * 2**20
_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_ALSO_NUMBERS: Final = frozenset({"key", "code", "sex", "commune", "facility"})
_JSON_NAMES: Final = {str: "text", bool: "true/false", int: "a number", dict: "an object"}

logging.getLogger("httpx").setLevel(logging.WARNING)  # its INFO lines hold whole URLs


def fetch_http(request: Request, options: HttpOptions) -> Fetch:
    """Read one dataset of a JSON API; see `connectors.fetch`."""
    dataset = request.dataset
    if dataset.sync.completeness == "digest" and options.digest is None:
        message = f"{dataset.stream} promises a digest; its options need 'digest'."
        raise ContractError(message)
    reader = _Reader(request, options)

    def read(outcome: Outcome, tally: KeyTally) -> Iterator[pa.RecordBatch]:
        with _connect(request.contract.source, options, request.url) as client:
            yield from reader.read(client, outcome, tally)
        outcome.next_cursor = advance(request.cursor, reader.newest, outcome.as_of)

    return Fetch(request, read)


class _Client:
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


class _Reader:
    """One read of one dataset: passes of pages, and the proof that nothing is missing."""

    def __init__(self, request: Request, options: HttpOptions) -> None:
        self._contract = request.contract
        self._dataset = request.dataset
        self._options = options
        self._since = request.since
        self._cursor_column = cursor_column(self._dataset)
        self._seen: set[bytes] = set()
        self._seen_now: set[bytes] = set()
        self.newest: datetime | None = None

    def read(self, client: _Client, outcome: Outcome, tally: KeyTally) -> Iterator[pa.RecordBatch]:
        """Read until the keys agree with the source's own digest, three passes at most."""
        since = self._since
        for attempt in range(MAX_PASSES):
            started: list[datetime] = []
            yield from self._read_pass(client, since, outcome, started)
            outcome.as_of = outcome.as_of or started[0]
            outcome.proof = self._prove(client, tally)
            if outcome.proof.scope != "none" or self._options.digest is None:
                break
            since = None  # the last pass reads everything again
            if self._options.updated_since_param and attempt < MAX_PASSES - 2:
                since = started[0] - timedelta(minutes=self._dataset.sync.overlap_minutes)
        else:
            message = (
                f"{self._dataset.stream}: after {MAX_PASSES} passes the keys read are still not "
                "those of the source's digest. The batch was not kept; the cursor has not moved."
            )
            raise IncompleteSourceError(message)
        if self._since is None:
            outcome.partitions = [""]
        elif self._options.digest is not None:
            yield from self._settle(client, outcome, tally, started[0])

    def _settle(
        self, client: _Client, outcome: Outcome, tally: KeyTally, started: datetime
    ) -> Iterator[pa.RecordBatch]:
        """Read what came between the increment's last page and the source's digest.

        A living register moves while it is read. From the newest row on it is read again, less
        the overlap, until the digests before and after agree: all that the digest speaks of is
        read then. Rows that were read before are not landed twice. A register that will not
        rest keeps its last digest, and the publish decides.
        """
        declared = outcome.declared_rows
        for _ in range(MAX_PASSES):
            before = outcome.proof.buckets
            newest = min(filter(None, (self.newest, started)))
            overlap = timedelta(minutes=self._dataset.sync.overlap_minutes)
            again: list[datetime] = []
            since = max(filter(None, (self._since, newest - overlap)))
            yield from self._read_pass(client, since, outcome, again)
            outcome.proof = self._prove(client, tally)
            if outcome.proof.buckets == before:
                break
            started = again[0]
        outcome.declared_rows = declared

    def _prove(self, client: _Client, tally: KeyTally) -> Proof:
        endpoint = self._options.digest
        if endpoint is None:
            return Proof()
        theirs, moment = self._get_digest(client, endpoint)
        scope: Any = "stream"
        if self._since is None:
            same = not tally.live_buckets(endpoint.buckets).differing(theirs)
            scope = "batch" if same else "none"
        return Proof("digest", scope, theirs.combined(), theirs, moment)

    def _get_digest(
        self, client: _Client, endpoint: DigestEndpoint
    ) -> tuple[BucketDigest, datetime]:
        page = client.get(endpoint.path, {endpoint.buckets_param: str(endpoint.buckets)})
        found = [KeyDigest()] * endpoint.buckets
        try:
            for group in page[endpoint.groups]:
                digest = KeyDigest(int(group[endpoint.count]), int(group[endpoint.total]))
                found[int(group[endpoint.bucket])] = digest
            return BucketDigest(tuple(found)), parse_moment(page[endpoint.as_of], self._contract)
        except (KeyError, IndexError, TypeError, ValueError):
            raise unavailable(
                self._dataset.stream, "its key digest is not as the contract says"
            ) from None

    def _read_pass(
        self, client: _Client, since: datetime | None, outcome: Outcome, started: list[datetime]
    ) -> Iterator[pa.RecordBatch]:
        options, query = self._options, self._first_query(since)
        self._seen |= self._seen_now
        self._seen_now = set()
        tokens: set[str] = set()
        totals: list[int] = []
        keys: set[str] = set()
        order = _Order(self._contract, self._dataset, self._cursor_column)
        while True:
            page = client.get(options.path, query)
            rows, token = self._open_page(page, totals, started)
            if rows:
                batch = self._to_batch(rows, len(tokens), outcome)
                order.check(rows, enforced=options.ordered)
                keys.update(order.page_keys)
                yield from self._leave_out_seen(batch, rows)
            if token is None:
                break
            if token in tokens:
                raise unavailable(self._dataset.stream, "it gave the same page token twice")
            tokens.add(token)
            query = {options.limit_param: str(options.page_size), options.cursor_param: token}
            query |= self._since_query(since)
        self.newest = max(filter(None, (self.newest, order.newest)), default=None)
        outcome.declared_rows = totals[-1] if totals else None
        if totals and not min(totals) <= len(keys) <= max(totals):
            message = (
                f"{self._dataset.stream}: the source declared {totals[-1]} rows and gave "
                f"{len(keys)} different ones. The batch was not kept; the cursor has not moved."
            )
            raise IncompleteSourceError(message)

    def _leave_out_seen(
        self, batch: pa.RecordBatch, rows: list[dict[str, Any]]
    ) -> Iterator[pa.RecordBatch]:
        """The rows of an increment that no earlier pass of it gave, word for word."""
        if self._since is None:
            yield batch
            return
        words = [json.dumps(row, sort_keys=True).encode() for row in rows]
        prints = [hashlib.sha256(word).digest() for word in words]
        self._seen_now.update(prints)
        new = [found not in self._seen for found in prints]
        if any(new):
            yield batch.filter(pa.array(new))

    def _first_query(self, since: datetime | None) -> dict[str, str]:
        return {
            self._options.limit_param: str(self._options.page_size),
            **self._since_query(since),
        }

    def _since_query(self, since: datetime | None) -> dict[str, str]:
        if since is None:
            return {}
        if self._options.updated_since_param is None:
            message = f"{self._dataset.stream} is incremental and needs 'updatedSinceParam'."
            raise ContractError(message)
        local = since.astimezone(ZoneInfo(self._contract.timezone))
        return {self._options.updated_since_param: local.isoformat(timespec="milliseconds")}

    def _open_page(
        self, page: Mapping[str, Any], totals: list[int], started: list[datetime]
    ) -> tuple[list[dict[str, Any]], str | None]:
        options = self._options
        promised = [options.records, options.next_cursor, options.as_of]
        promised += [options.total] if options.total else []
        for name in promised:
            if name not in page:
                raise unavailable(self._dataset.stream, f"a page lacks {name!r}")
        rows, token = page[options.records], page[options.next_cursor]
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise unavailable(
                self._dataset.stream, f"{options.records!r} of a page is not a list of objects"
            )
        if token is not None and not isinstance(token, str):
            raise unavailable(
                self._dataset.stream, f"{options.next_cursor!r} of a page is neither text nor null"
            )
        try:
            if options.total:
                totals.append(int(page[options.total]))
            started.append(parse_moment(page[options.as_of], self._contract))
        except (TypeError, ValueError):
            raise unavailable(
                self._dataset.stream, "the total or the time of a page cannot be read"
            ) from None
        return rows, token

    def _to_batch(self, rows: list[dict[str, Any]], page: int, outcome: Outcome) -> pa.RecordBatch:
        promised = promised_columns(self._dataset)
        arrays: list[pa.Array] = []
        fields: list[pa.Field] = []
        for row in rows:
            if not promised.keys() <= row.keys():
                refuse_missing(self._dataset, row, f"page {page + 1}")
        for name, kind in promised.items():
            values = [row[name] for row in rows]
            arrays.append(self._to_array(name, kind, values))
            fields.append(pa.field(name, arrays[-1].type))
        unknown = sorted({name for row in rows for name in row} - promised.keys())
        warning = f"columns unknown to the contract were landed and not used: {', '.join(unknown)}"
        if unknown and warning not in outcome.warnings:
            outcome.warnings.append(warning)
        extra = [
            json.dumps({name: row[name] for name in unknown if name in row}) if unknown else None
            for row in rows
        ]
        arrays.append(pa.array(extra, pa.string()))
        return pa.record_batch(arrays, pa.schema([*fields, pa.field(EXTRA, pa.string())]))

    def _to_array(self, name: str, kind: str, values: list[Any]) -> pa.Array:
        types = {type(value) for value in values} - {type(None)}
        if kind in ("boolean", "integer"):
            wanted = bool if kind == "boolean" else int
            if types - {wanted, str}:
                raise drift(self._dataset, name, kind, _named(types - {wanted, str}))
            if str not in types:
                arrow = pa.bool_() if kind == "boolean" else pa.int64()
                return pa.array(values, arrow).cast(pa.string())
            return pa.array([None if value is None else str(value) for value in values])
        allowed = {str, int} if kind in _ALSO_NUMBERS or kind == "decimal" else {str}
        if types - allowed:
            raise drift(self._dataset, name, kind, _named(types - allowed))
        if int in types:
            values = [None if value is None else str(value) for value in values]
        return pa.array(values, pa.string())


class _Order:
    """Checks that rows come in the promised order, and that no page comes twice."""

    def __init__(self, contract: Contract, dataset: Dataset, column: str | None) -> None:
        self._contract = contract
        self._dataset = dataset
        self._column = column
        self._keys = [item.physical_name for item in dataset.key_fields]
        self._before: set[tuple[str, str]] = set()
        self.page_keys: set[str] = set()
        self.newest: datetime | None = None

    def check(self, rows: list[dict[str, Any]], *, enforced: bool) -> None:
        """Take a page in.

        Raises:
            SourceUnavailableError: rows are out of order, or stood in the page before.
        """
        keys = ["|".join(str(row[name]) for name in self._keys) for row in rows]
        words = [str(row[self._column]) if self._column else "" for row in rows]
        here = set(zip(words, keys, strict=True))
        if here & self._before:
            raise unavailable(self._dataset.stream, "a page holds rows of the page before it")
        self._before, self.page_keys = here, set(keys)
        if self._column is None:
            return
        last = self.newest
        for row in rows:
            try:
                moment = parse_moment(row[self._column], self._contract)
            except ValueError:
                continue  # the row is landed; its cursor cannot be read and it is quarantined
            if enforced and last is not None and moment < last:
                raise unavailable(self._dataset.stream, "rows do not come in the promised order")
            last = moment
        self.newest = max(filter(None, (self.newest, last)), default=None)


@contextmanager
def _connect(source: str, options: HttpOptions, url: str) -> Iterator[_Client]:
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
        yield _Client(source, options, client)


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


def _named(types: set[type]) -> str:
    return " and ".join(sorted(_JSON_NAMES.get(kind, "a list") for kind in types))
