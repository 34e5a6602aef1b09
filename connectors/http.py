"""Reads a JSON API that pages by an opaque token, and proves that nothing is missing."""

import hashlib
import json
from collections.abc import Generator, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from connectors.base import (
    EXTRA,
    Fetch,
    Outcome,
    Proof,
    Request,
    cursor_column,
    drift,
    parse_moment,
    refuse_missing,
    unavailable,
)
from connectors.http_client import HttpClient, connect
from connectors.keys import DistinctTexts, KeyTally, join_keys
from connectors.options import DigestEndpoint, HttpOptions
from hub.contract import Contract, Dataset
from hub.digest import BucketDigest, KeyDigest
from hub.errors import ContractError, IncompleteSourceError
from hub.promised import promised_columns

MAX_PASSES: Final = 3
_ALSO_NUMBERS: Final = frozenset({"key", "code", "sex", "commune", "facility"})
_JSON_NAMES: Final = {str: "text", bool: "true/false", int: "a number", dict: "an object"}


def fetch_http(request: Request, options: HttpOptions) -> Fetch:
    """Read one dataset of a JSON API; see `connectors.fetch`."""
    dataset = request.dataset
    if dataset.sync.completeness == "digest" and options.digest is None:
        message = f"{dataset.stream} promises a digest; its options need 'digest'."
        raise ContractError(message)
    return fetch_pages(PageReader(request, options), request, options)


def fetch_pages(reader: "PageReader", request: Request, options: HttpOptions) -> Fetch:
    """What a reader reads over a line of its own."""

    def read(outcome: Outcome, tally: KeyTally) -> Generator[pa.RecordBatch]:
        with connect(request.contract.source, options, request.url) as client:
            yield from reader.read(client, outcome, tally)
        outcome.next_cursor = request.next_cursor(reader.newest, outcome.as_of)

    return Fetch(request, read)


class PageReader:
    """One read of one dataset: passes of pages, and the proof that nothing is missing."""

    def __init__(self, request: Request, options: HttpOptions) -> None:
        self._contract = request.contract
        self._dataset = request.dataset
        self._options = options
        self._since, self._until = request.since, request.until
        self._cursor_column = cursor_column(self._dataset)
        self._leaves_out_seen = self._since is not None
        self._seen: set[bytes] = set()
        self._seen_now: set[bytes] = set()
        self.newest: datetime | None = None

    def read(
        self, client: HttpClient, outcome: Outcome, tally: KeyTally
    ) -> Iterator[pa.RecordBatch]:
        """Read until the keys agree with the source's own digest, three passes at most."""
        since = self._since
        if self._until is not None:
            yield from self._read_pass(client, since, outcome, [])
            return
        for attempt in range(MAX_PASSES):
            started: list[datetime] = []
            yield from self._read_pass(client, since, outcome, started)
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
        self, client: HttpClient, outcome: Outcome, tally: KeyTally, started: datetime
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

    def _prove(self, client: HttpClient, tally: KeyTally) -> Proof:
        endpoint = self._options.digest
        if endpoint is None:
            return Proof()
        theirs, moment = self.get_digest(client, endpoint)
        scope: Any = "stream"
        if self._since is None:
            same = not tally.live_buckets(endpoint.buckets).differing(theirs)
            scope = "batch" if same else "none"
        return Proof("digest", scope, theirs.combined(), theirs, moment)

    def get_digest(
        self, client: HttpClient, endpoint: DigestEndpoint, *, versions: bool = False
    ) -> tuple[BucketDigest, datetime]:
        """The owner's digest of its living keys, and of what time it speaks.

        Args:
            versions: of keys with their versions; its owner must offer that.

        Raises:
            SourceUnavailableError: it did not come, or not as promised.
        """
        query = {endpoint.buckets_param: str(endpoint.buckets)}
        if versions and endpoint.versions_param:
            query[endpoint.versions_param] = "1"
        page = client.get(endpoint.path, query)
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
        self, client: HttpClient, since: datetime | None, outcome: Outcome, started: list[datetime]
    ) -> Iterator[pa.RecordBatch]:
        options, query = self._options, self._first_query(since)
        self._seen |= self._seen_now
        self._seen_now = set()
        tokens: set[str] = set()
        totals: list[int] = []
        keys = DistinctTexts()
        order = _Order(self._contract, self._dataset, self._cursor_column)
        while True:
            page = client.get(options.path, query)
            rows, token = self._open_page(page, totals, started)
            outcome.as_of = outcome.as_of or started[0]
            if token is not None:
                if token in tokens:
                    raise unavailable(self._dataset.stream, "it gave the same page token twice")
                query = {options.limit_param: str(options.page_size), options.cursor_param: token}
                query |= self._filters(since)
                client.get_ahead(options.path, query)  # it comes while this page is worked on
            if rows:
                batch = self._to_batch(rows, len(tokens), outcome)
                order.check(rows, batch, enforced=options.ordered)
                keys.add(order.page_keys)
                yield from self._leave_out(batch, rows)
            if token is None or self._is_past(order.newest):
                break
            tokens.add(token)
        self.newest = max(filter(None, (self.newest, order.newest)), default=None)
        outcome.declared_rows = totals[-1] if totals else None
        given = keys.count() + order.keyless
        if self._until is None and totals and not min(totals) <= given <= max(totals):
            message = (
                f"{self._dataset.stream}: the source declared {totals[-1]} rows and gave "
                f"{given} different ones. The batch was not kept; the cursor has not moved."
            )
            raise IncompleteSourceError(message)

    def _leave_out(
        self, batch: pa.RecordBatch, rows: list[dict[str, Any]]
    ) -> Iterator[pa.RecordBatch]:
        """The rows that were asked for, and that no earlier pass gave, word for word."""
        asked = self._asked_for(batch)
        if asked is not None:
            batch = batch.filter(asked)
            rows = [row for row, wanted in zip(rows, asked.to_pylist(), strict=True) if wanted]
        if self._leaves_out_seen:
            words = [json.dumps(row, sort_keys=True).encode() for row in rows]
            prints = [hashlib.sha256(word).digest() for word in words]
            self._seen_now.update(prints)
            new = [found not in self._seen for found in prints]
            batch = batch.filter(pa.array(new, pa.bool_()))
        if batch.num_rows:
            yield batch

    def _asked_for(self, batch: pa.RecordBatch) -> pa.BooleanArray | None:
        """Which rows of a page were asked for, where an owner may give more."""
        if self._until is None or self._cursor_column is None:
            return None
        found = []
        for text in batch.column(self._cursor_column).to_pylist():
            try:
                found.append(parse_moment(text, self._contract) < self._until)
            except (TypeError, ValueError):
                found.append(False)  # a row of which nobody can say when it was changed
        return pa.array(found, pa.bool_())

    def _is_past(self, newest: datetime | None) -> bool:
        """Whether all that follows was changed later than was asked for."""
        if self._until is None or newest is None or not self._options.ordered:
            return False
        return newest >= self._until

    def _first_query(self, since: datetime | None) -> dict[str, str]:
        return {
            self._options.limit_param: str(self._options.page_size),
            **self._filters(since),
        }

    def _filters(self, since: datetime | None) -> dict[str, str]:
        """What makes a list shorter; a page's token goes with the same."""
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
        shapes = set(map(tuple, rows))  # the names in a row; most rows have the same
        for names in shapes:
            refuse_missing(self._dataset, names, f"page {page + 1}")
        for name, kind in promised.items():
            values = [row[name] for row in rows]
            arrays.append(self._to_array(name, kind, values))
            fields.append(pa.field(name, arrays[-1].type))
        unknown = sorted({name for names in shapes for name in names} - promised.keys())
        warning = f"columns unknown to the contract were landed and not used: {', '.join(unknown)}"
        if unknown and warning not in outcome.warnings:
            outcome.warnings.append(warning)
        extra = pa.nulls(len(rows), pa.string())
        if unknown:
            found = ({name: row[name] for name in unknown if name in row} for row in rows)
            extra = pa.array(map(json.dumps, found), pa.string())
        arrays.append(extra)
        return pa.record_batch(arrays, pa.schema([*fields, pa.field(EXTRA, pa.string())]))

    def _to_array(self, name: str, kind: str, values: list[Any]) -> pa.Array:
        types = set(map(type, values)) - {type(None)}
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
        self.keyless = 0
        self.newest: datetime | None = None

    def check(self, rows: list[dict[str, Any]], batch: pa.RecordBatch, *, enforced: bool) -> None:
        """Take a page in.

        Of two rows without a key nobody can say whether they are one; each counts.

        Args:
            batch: the same rows, as they are landed.

        Raises:
            SourceUnavailableError: rows are out of order, or stood in the page before.
        """
        joined = join_keys([batch.column(name) for name in self._keys])
        self.keyless += joined.null_count
        keyed = rows
        if joined.null_count:
            keyed = [row for row, key in zip(rows, joined.is_valid(), strict=True) if key.as_py()]
        parts = [[str(row[name]) for row in keyed] for name in self._keys]
        keys = parts[0] if len(parts) == 1 else list(map("|".join, zip(*parts, strict=True)))
        words = [str(row[self._column]) if self._column else "" for row in keyed]
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


def _named(types: set[type]) -> str:
    return " and ".join(sorted(_JSON_NAMES.get(kind, "a list") for kind in types))
