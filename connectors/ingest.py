"""Plan, fetch and land: the only way rows come into the hub."""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from connectors.base import Fetch, Mode, Plan, Request, combine_cursors
from connectors.file_partitions import plan_file_partitions
from connectors.files import fetch_files, plan_files
from connectors.http import fetch_http, fetch_pages
from connectors.http_buckets import BucketPageReader, plan_http_buckets
from connectors.options import FilesOptions, HttpOptions, Options, SqlOptions, parse_options
from connectors.sql import fetch_sql, fetch_table, plan_sql
from connectors.sql_buckets import BucketReader, plan_sql_buckets
from hub.contract import Contract, Dataset
from hub.digest import KeyDigest
from hub.errors import ContractError, IncompleteSourceError
from hub.settings import get_settings
from hub.streams import read_ahead
from warehouse.landing import BatchFacts, Completeness, Digest, LandingWriter, PartFacts


@dataclass(frozen=True)
class Stream:
    """What a batch comes after: how far its stream is, and its last published batch."""

    cursor: Mapping[str, Any]
    batch_key: str
    mode: Literal["snapshot", "incremental", "reconcile", "backfill"]


def check_options(contract: Contract) -> None:
    """Refuse a contract whose connector options are wrong, or do not fit what it promises.

    Raises:
        ContractError: names the dataset and the option.
    """
    for dataset in contract.datasets:
        options = _options(contract, dataset)
        lacking = isinstance(options, HttpOptions) and options.digest is None
        if lacking and dataset.sync.completeness == "digest":
            message = f"{dataset.stream} promises a digest; its options need 'digest'."
            raise ContractError(message)


def plan(
    contract: Contract,
    dataset: Dataset,
    cursor: Mapping[str, Any],
    mode: Mode,
    window: Mapping[str, str] | None = None,
) -> Plan | None:
    """What is to be read, in how many parts; None when the source has nothing new.

    Of a source that is found to agree with the hub, the plan has no part.

    Args:
        window: of a backfill, from when to when ("from", "to") its rows were changed.

    Raises:
        ContractError: the options of its connector are wrong.
        SettingsError: the source has no address.
        SourceUnavailableError, IncompleteSourceError: as for `Fetch`.
    """
    request, options = _request(contract, dataset, cursor, {"mode": mode, **(window or {})})
    if mode == "reconcile":
        return _plan_reconcile(request, options)
    if mode == "backfill" or isinstance(options, HttpOptions):
        return Plan([dict(window or {})])
    if isinstance(options, SqlOptions):
        return plan_sql(request, options)
    assert isinstance(options, FilesOptions)
    return plan_files(request, options)


def can_backfill(contract: Contract, dataset: Dataset) -> bool:
    """Whether the source can be asked for the rows that were changed within a time."""
    options = _options(contract, dataset)
    if dataset.sync.cursor is None or isinstance(options, FilesOptions):
        return False
    return not isinstance(options, HttpOptions) or options.updated_since_param is not None


def fetch(
    contract: Contract, dataset: Dataset, cursor: Mapping[str, Any], spec: Mapping[str, Any]
) -> Fetch:
    """Begin to read a part of a dataset; nothing is asked of its source before the first row.

    The source's address and credential come from ``MOTLAN_CONN_<SOURCE>``.

    Args:
        spec: the mode, and what of the dataset to read, as the plan says.

    Raises:
        ContractError: the options of its connector are wrong.
        SettingsError: the source has no address.
    """
    request, options = _request(contract, dataset, cursor, spec)
    if isinstance(options, HttpOptions):
        if request.mode == "reconcile":
            return fetch_pages(BucketPageReader(request, options), request, options)
        return fetch_http(request, options)
    if isinstance(options, SqlOptions):
        if request.mode == "reconcile":
            return fetch_table(BucketReader(request, options), request, options)
        return fetch_sql(request, options)
    assert isinstance(options, FilesOptions)
    return fetch_files(request, options)


def land_rows(fetched: Fetch, writer: LandingWriter) -> Iterator[pa.Table]:
    """Read to the end and land; gives each chunk, its rows with their places, as it is written.

    Raises:
        SourceUnavailableError: the source does not answer, or not as promised.
        SchemaDriftError: a promised column is missing or of another type.
        IncompleteSourceError: what was read is not what the source says it holds.
        LandingError: the landing zone cannot be written.
    """
    with closing(read_ahead(fetched)) as batches:
        for batch in batches:
            yield from writer.write(batch)
    yield from writer.flush()
    if writer.rows != fetched.tally.rows:
        message = (
            f"{fetched.request.dataset.stream}: {fetched.tally.rows} rows were read and "
            f"{writer.rows} landed; the batch was not kept. Run the sync again."
        )
        raise IncompleteSourceError(message)


def describe_part(fetched: Fetch, writer: LandingWriter, *, noted: Collection[str]) -> PartFacts:
    """What is known of a part once all of it was landed.

    Raises:
        IncompleteSourceError: the source does not say of what time it speaks.
    """
    outcome = fetched.outcome
    if outcome.as_of is None:
        message = (
            f"{fetched.request.dataset.stream} does not say of what time it speaks; its contract "
            "must name asOf."
        )
        raise IncompleteSourceError(message)
    return PartFacts(
        rows=writer.rows,
        chunks=writer.chunks,
        noted=sorted(noted),
        key_digest=Digest.of(fetched.tally.digest()),
        live_key_digest=Digest.of(fetched.tally.live_digest()),
        content_digest=writer.content_digest,
        cursor_to=outcome.next_cursor,
        declared_rows=outcome.declared_rows,
        as_of=outcome.as_of,
        partitions=outcome.partitions,
        all_partitions=outcome.all_partitions,
        completeness=_completeness(fetched),
        warnings=outcome.warnings,
    )


def combine_parts(
    contract: Contract, dataset: Dataset, stream: Stream, parts: Sequence[PartFacts]
) -> BatchFacts:
    """What is known of a batch, from what is known of each of its parts.

    Its key tells its stream, its predecessor, its keys and its contents, and nothing else: a
    replay is known by it, and A, B, A again is three.
    """
    keys = _sum(part.key_digest for part in parts)
    content = parts[0].content_digest
    if len(parts) > 1:
        content = hashlib.sha256("".join(p.content_digest for p in parts).encode()).hexdigest()
    words = [dataset.stream, stream.batch_key, str(keys.count), keys.total, content]
    declared = [part.declared_rows for part in parts if part.declared_rows is not None]
    return BatchFacts(
        stream=dataset.stream,
        batch_key=hashlib.sha256(json.dumps(words).encode()).hexdigest(),
        predecessor=stream.batch_key or None,
        contract_hash=contract.hash,
        contract_version=contract.version,
        mode=stream.mode,
        key_digest=keys,
        live_key_digest=_sum(part.live_key_digest for part in parts),
        content_digest=content,
        cursor_from=dict(stream.cursor) or None,
        cursor_to=combine_cursors(stream.cursor, [part.cursor_to for part in parts]),
        declared_rows=sum(declared) if len(declared) == len(parts) else None,
        as_of=min(part.as_of for part in parts),
        partitions=sorted({name for part in parts for name in part.partitions}),
        all_partitions=sorted({name for part in parts for name in part.all_partitions}),
        encoding=contract.encoding,
        completeness=_combine_completeness([part.completeness for part in parts]),
        warnings=list(dict.fromkeys(line for part in parts for line in part.warnings)),
    )


def _plan_reconcile(request: Request, options: Options) -> Plan:
    if isinstance(options, HttpOptions):
        return plan_http_buckets(request, options)
    if isinstance(options, SqlOptions):
        return plan_sql_buckets(request, options)
    assert isinstance(options, FilesOptions)
    return plan_file_partitions(request, options)


def _request(
    contract: Contract, dataset: Dataset, cursor: Mapping[str, Any], spec: Mapping[str, Any]
) -> tuple[Request, Options]:
    options = _options(contract, dataset)
    url = get_settings().source_url(contract.source)
    return Request(contract, dataset, cursor, spec["mode"], url, spec), options


def _options(contract: Contract, dataset: Dataset) -> Options:
    try:
        return parse_options(contract.connector, contract.options, dataset.options)
    except ContractError as error:
        message = f"{dataset.stream}: {error}"
        raise ContractError(message) from None


def _completeness(fetched: Fetch) -> Completeness:
    proof, spec = fetched.outcome.proof, fetched.request.spec
    buckets = proof.buckets.buckets if proof.buckets else None
    return Completeness(
        kind=proof.kind,
        scope=proof.scope,
        digest=Digest.of(proof.digest) if proof.digest else None,
        buckets=[Digest.of(bucket) for bucket in buckets] if buckets else None,
        as_of=proof.as_of,
        read_buckets=spec["buckets"] if proof.scope == "buckets" else [],
        bucket_count=spec["verdict"]["compared"] if proof.scope == "buckets" else 0,
        verdict=spec.get("verdict"),
    )


def _combine_completeness(parts: Sequence[Completeness]) -> Completeness:
    """A batch is proven complete when each of its parts is."""
    if len(parts) == 1:
        return parts[0]
    digests = [part.digest for part in parts if part.digest]
    if any(part.scope != "batch" for part in parts) or len(digests) < len(parts):
        return Completeness()
    moments = [part.as_of for part in parts if part.as_of]
    as_of = min(moments, default=None)
    return Completeness(kind=parts[0].kind, scope="batch", digest=_sum(digests), as_of=as_of)


def _sum(digests: Iterable[Digest]) -> Digest:
    """The digest of keys that lie in several parts, none of them in two."""
    found = [digest.key_digest() for digest in digests]
    total = sum(digest.total for digest in found)
    return Digest.of(KeyDigest(sum(digest.count for digest in found), total))
