"""Fetch and land one batch: the only way rows come into the hub."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Protocol

from connectors.base import Fetch, Mode, Outcome, Request
from connectors.files import fetch_files
from connectors.http import fetch_http
from connectors.options import FilesOptions, HttpOptions, Options, SqlOptions, parse_options
from connectors.sql import fetch_sql
from hub.contract import Contract, Dataset
from hub.errors import ContractError, IncompleteSourceError
from hub.settings import get_settings
from warehouse.landing import BatchFacts, Completeness, Digest, LandingWriter, read_keys


class Stream(Protocol):
    """What a run knows of its stream: how far it is, and its last published batch."""

    @property
    def cursor(self) -> Mapping[str, Any]:
        """What the last batch's manifest gave as ``cursor_to``; empty at the beginning."""

    @property
    def batch_key(self) -> str:
        """The key of the last published batch; empty at the beginning."""


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


def fetch(contract: Contract, dataset: Dataset, cursor: Mapping[str, Any], *, mode: Mode) -> Fetch:
    """Begin to read one dataset of a source; nothing is asked of it before the first row.

    The source's address and credential come from ``MOTLAN_CONN_<SOURCE>``.

    Raises:
        ContractError: the options of its connector are wrong.
        SettingsError: the source has no address.
    """
    options = _options(contract, dataset)
    url = get_settings().source_url(contract.source)
    request = Request(contract, dataset, cursor, mode, url)
    if isinstance(options, HttpOptions):
        return fetch_http(request, options)
    if isinstance(options, SqlOptions):
        return fetch_sql(request, options)
    assert isinstance(options, FilesOptions)
    return fetch_files(request, options)


def ingest_batch(contract: Contract, dataset: Dataset, stream: Stream, *, mode: Mode) -> str | None:
    """Read what is new and land it as one batch; returns the batch's URL.

    None when a source of snapshots has no newer one: nothing of the run is kept then.

    The batch exists only if everything was read and agrees with what the source says; the
    stream's cursor is not touched here.

    Raises:
        SourceUnavailableError: the source does not answer, or not as promised.
        SchemaDriftError: a promised column is missing or of another type.
        IncompleteSourceError: what was read is not what the source says it holds.
        LandingError: the landing zone cannot be written.
    """
    fetched = fetch(contract, dataset, stream.cursor, mode=mode)
    writer = LandingWriter(dataset.stream, url=get_settings().landing_url, keys=read_keys())
    try:
        for batch in fetched:
            writer.write(batch)
        content = writer.flush()
        _refuse_loss(fetched, writer.rows)
        if mode != "incremental" and not writer.rows and not fetched.outcome.partitions:
            writer.abandon()
            return None
        return writer.finish(_facts(stream, fetched, content))
    except BaseException:
        writer.abandon()
        raise


def _options(contract: Contract, dataset: Dataset) -> Options:
    try:
        return parse_options(contract.connector, contract.options, dataset.options)
    except ContractError as error:
        message = f"{dataset.stream}: {error}"
        raise ContractError(message) from None


def _refuse_loss(fetched: Fetch, landed: int) -> None:
    if landed != fetched.tally.rows:
        message = (
            f"{fetched.request.dataset.stream}: {fetched.tally.rows} rows were read and {landed} "
            "landed; the batch was not kept. Run the sync again."
        )
        raise IncompleteSourceError(message)


def _facts(stream: Stream, fetched: Fetch, content: str) -> BatchFacts:
    contract, dataset = fetched.request.contract, fetched.request.dataset
    outcome = fetched.outcome
    keys = fetched.tally.digest()
    parts = [dataset.stream, stream.batch_key or "", str(keys.count), str(keys.total), content]
    return BatchFacts(
        stream=dataset.stream,
        batch_key=hashlib.sha256(json.dumps(parts).encode()).hexdigest(),
        predecessor=stream.batch_key or None,
        contract_hash=contract.hash,
        contract_version=contract.version,
        mode="incremental" if fetched.request.mode == "incremental" else "snapshot",
        key_digest=Digest.of(keys),
        live_key_digest=Digest.of(fetched.tally.live_digest()),
        content_digest=content,
        cursor_from=dict(stream.cursor) or None,
        cursor_to=outcome.next_cursor,
        declared_rows=outcome.declared_rows,
        as_of=outcome.as_of,
        partitions=outcome.partitions,
        all_partitions=outcome.all_partitions,
        encoding=contract.encoding,
        completeness=_completeness(outcome),
        warnings=outcome.warnings,
    )


def _completeness(outcome: Outcome) -> Completeness:
    proof = outcome.proof
    buckets = proof.buckets.buckets if proof.buckets else None
    return Completeness(
        kind=proof.kind,
        scope=proof.scope,
        digest=Digest.of(proof.digest) if proof.digest else None,
        buckets=[Digest.of(bucket) for bucket in buckets] if buckets else None,
        as_of=proof.as_of,
    )
