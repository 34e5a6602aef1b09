"""0 -> 1 as steps of a run: plan what to read, load each part, close the batch.

The stream is taken once, by the plan. Parts are landed, standardised and staged while they are
read, by as many workers as there are; closing the batch says what all of them have read.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, TypeAlias

import polars as pl
import pyarrow as pa

from connectors.base import Asked, Fetch, Mode
from connectors.circuit import looking_at, reading
from connectors.ingest import (
    Stream,
    can_backfill,
    combine_parts,
    describe_part,
    fetch,
    land_rows,
    plan,
)
from hub.contract import Contract, Dataset, find_dataset
from hub.errors import MotlanError, StaleWriterError, WrongUseError
from hub.failpoint import reach
from hub.settings import get_settings
from warehouse.landing import LandingWriter, PartFacts, make_url, read_keys, write_manifest
from warehouse.ledger import (
    Batch,
    find_promise,
    get_batch,
    read_applied,
    read_stream,
    take_stream,
)
from warehouse.parts import (
    Opening,
    Part,
    begin_part,
    close_landing,
    load_rows,
    open_batch,
    read_parts,
)
from warehouse.stage import Staged
from warehouse.tables import ALL_DATED, ALL_LIVE

Standardiser: TypeAlias = Callable[
    [Contract, Dataset, datetime], Callable[[pa.Table], pl.DataFrame]
]
"""What makes standard rows of landed ones: ``standardisation.batch.make_standardiser``."""
_WINDOW: Final = ("from", "to")
_NORMAL: Final = Asked()


def plan_batch(
    stream: str,
    asked: Asked = _NORMAL,
    *,
    full: bool = False,
    tell: Callable[[Mapping[str, Any]], None] = lambda verdict: None,
) -> tuple[int, int] | None:
    """Take a stream and enter the batch that is to be read next.

    Args:
        asked: what is to be read; a dry run takes nothing.
        full: read everything again, whatever was read before.
        tell: told what a comparison of keys has found (`connectors.reconcile.Verdict`), also when
            there is nothing to read.

    Returns:
        the batch's id and its number of parts; None when the source has nothing new, or nothing
        that differs.

    Raises:
        WrongUseError: the source cannot be read as it was asked for.
        SourceUnavailableError, IncompleteSourceError: the source was asked and does not answer as
            promised, or has failed so often that it is not asked; the cursor has not moved.
        StaleWriterError: another run took the stream meanwhile.
    """
    contract, dataset = find_dataset(stream)
    asked = replace(asked, mode="full") if full else asked
    refuse_unreadable(contract, dataset, asked)
    state = read_applied(stream, contract.hash) if asked.dry else take_stream(stream)
    mode = _choose_mode(dataset, asked, published=bool(state.batch_key))
    moments = [moment.isoformat() for moment in asked.window or ()]
    window = dict(zip(_WINDOW, moments, strict=True)) if moments else {}
    with looking_at(contract.source, dry=asked.dry):
        found = plan(contract, dataset, state.cursor, mode, window)
    if found is not None and found.verdict is not None:
        tell(found.verdict)
    if found is None or not found.specs:
        return None
    specs = [{**spec, "mode": mode} for spec in found.specs]
    kept = "snapshot" if mode in ("full", "snapshot") else mode
    url = make_url(stream, zone=get_settings().landing_url)
    opening = Opening(kept, url, specs, found.as_of)
    batch_id = open_batch(dataset, state, contract.hash, opening)
    reach("K01")
    return batch_id, len(specs)


def refuse_unreadable(contract: Contract, dataset: Dataset, asked: Asked) -> None:
    """Refuse what the contract gives no way to do, before anything is done.

    Raises:
        WrongUseError: says what to do instead.
    """
    if asked.mode == "backfill" and not can_backfill(contract, dataset):
        message = (
            f"{dataset.stream} does not say when its rows were changed, so that no time of it can "
            f"be read again; run `motlan sync {contract.source} --full`."
        )
        raise WrongUseError(message)


def _choose_mode(dataset: Dataset, asked: Asked, *, published: bool) -> Mode:
    """How the source is read.

    Raises:
        WrongUseError: there is nothing yet that could be compared or mended.
    """
    if asked.mode == "normal":
        whole = not published and dataset.sync.mode == "incremental"
        return "full" if whole else dataset.sync.mode
    if asked.mode != "full" and not published:
        message = (
            f"Nothing of {dataset.stream} is published yet; run `motlan sync {dataset.source}`."
        )
        raise WrongUseError(message)
    return asked.mode


def load_part(
    batch_id: int,
    number: int,
    standardiser: Standardiser,
    progress: Callable[[int], None] = lambda rows: None,
) -> None:
    """Read one part of a batch; land, standardise and stage its rows while they are read.

    A part that is done stays as it is. Nothing of an attempt that fails is kept.

    Args:
        progress: told of each portion of rows that was read, while the next one is.

    Raises:
        SourceUnavailableError, SchemaDriftError, IncompleteSourceError, LandingError: as reading
            and landing do; the cursor has not moved.
        StaleWriterError: another worker has taken the part, or another run the stream.
    """
    batch = get_batch(batch_id)
    part = begin_part(batch, number)
    if part is None:
        return
    contract, dataset = find_promise(batch)
    _refuse_stale(batch)
    fetched = fetch(contract, dataset, batch.cursor_to, part.spec)
    writer = LandingWriter(batch.landed_url, keys=read_keys(), part=number, attempt=part.attempt)

    landed: list[PartFacts] = []

    def finish(staged: Staged) -> PartFacts:
        _refuse_loss(part, fetched, staged)
        landed.append(describe_part(fetched, writer, noted=staged.noted))
        return landed[0]

    def frames() -> Iterator[pl.DataFrame]:
        standardise = None
        for table in land_rows(fetched, writer):
            if standardise is None:
                standardise = standardiser(contract, dataset, fetched.as_of or batch.source_as_of)
            yield standardise(table)
            progress(table.num_rows)

    try:
        with reading(contract.source, dry=batch.dry):
            load_rows(part, dataset, frames(), finish)
    except BaseException as error:
        # From its facts on the part may have ended, whatever became of the COMMIT's answer.
        if not landed or isinstance(error, StaleWriterError):
            writer.abandon()
        raise
    reach("K12")
    pa.default_memory_pool().release_unused()  # the next step begins as it would alone


def close_batch(batch_id: int) -> None:
    """Say of a batch what its parts have read, once all are done; it can be judged then.

    A batch that is closed already stays as it is.

    Raises:
        MotlanError: a part is not done.
        LandingError: the landing zone cannot be written.
    """
    batch = get_batch(batch_id)
    if batch.state != "landing":
        return
    contract, dataset = find_promise(batch)
    specs, parts = zip(*read_parts(batch), strict=True)
    assert batch.mode != "replay"
    stream = Stream(batch.cursor_to, batch.predecessor, batch.mode)
    facts = combine_parts(contract, dataset, stream, parts)
    chunks = [chunk for part in parts for chunk in part.chunks]
    write_manifest(batch.landed_url, facts, chunks)
    row = {
        "batch_key": facts.batch_key,
        "read": sum(part.rows for part in parts),
        "key_digest": f"{facts.key_digest.count}:{facts.key_digest.total}",
        "content_digest": facts.content_digest,
        "proof": facts.completeness.model_dump(mode="json", exclude={"buckets"}),
        "cursor_to": facts.cursor_to or {},
        "source_as_of": facts.as_of,
        "warnings": facts.warnings,
    }
    found = [frozenset(part.noted) for part in parts if part.rows]
    noted = frozenset.intersection(*found) if found else frozenset()
    if len(parts) > 1:  # values of several parts may be alike, but not keys of several key ranges
        ranged = all("keys" in spec for spec in specs)
        noted &= {ALL_LIVE, ALL_DATED, *(["record_id"] if ranged else [])}
    close_landing(batch, dataset, row, noted=noted)


def _refuse_stale(batch: Batch) -> None:
    """Do not even read for a run that another one has followed; a dry run writes nothing."""
    if batch.dry:
        return
    state = read_stream(batch.stream)
    if state.fence != batch.fence or state.batch_key != batch.predecessor:
        message = (
            f"Another run has taken {batch.stream} since batch {batch.batch_id} was begun; "
            "this one must not write. Nothing was changed."
        )
        raise StaleWriterError(message)


def _refuse_loss(part: Part, fetched: Fetch, staged: Staged) -> None:
    if staged.rows != fetched.tally.rows:
        message = (
            f"Part {part.number} of batch {part.batch.batch_id} of {part.batch.stream} read "
            f"{fetched.tally.rows} rows but staged {staged.rows}; run the sync again."
        )
        raise MotlanError(message)
