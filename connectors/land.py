"""0 -> 1 as one step of a run: take the stream, land what is new, enter it in the ledger."""

from connectors.ingest import ingest_batch
from hub.contract import find_dataset
from hub.errors import IncompleteSourceError
from warehouse.landing import LandedBatch
from warehouse.ledger import record_batch, take_stream


def land_batch(stream: str, *, full: bool = False) -> int | None:
    """Land the next batch of a stream; returns its id, or None when the source has nothing new.

    The stream is taken before anything is read: a run that held it before can no longer write.

    Args:
        full: read everything again, whatever was read before.

    Raises:
        SourceUnavailableError, SchemaDriftError, IncompleteSourceError, LandingError: nothing
            was landed and the cursor has not moved.
    """
    contract, dataset = find_dataset(stream)
    state = take_stream(stream)
    first = not state.batch_key
    mode = "full" if full or (first and dataset.sync.mode == "incremental") else dataset.sync.mode
    url = ingest_batch(contract, dataset, state, mode=mode)
    if url is None:
        return None
    facts = LandedBatch.open(url).manifest
    if facts.as_of is None:
        message = f"{stream} does not say of what time it speaks; its contract must name asOf."
        raise IncompleteSourceError(message)
    return record_batch(
        {
            "stream": stream,
            "batch_key": facts.batch_key,
            "predecessor": facts.predecessor or "",
            "fence": state.fence,
            "mode": facts.mode,
            "contract_hash": facts.contract_hash,
            "landed_url": url,
            "read": facts.rows,
            "key_digest": f"{facts.key_digest.count}:{facts.key_digest.total}",
            "content_digest": facts.content_digest,
            "proof": facts.completeness.model_dump(mode="json", exclude={"buckets"}),
            "cursor_to": facts.cursor_to or {},
            "source_as_of": facts.as_of,
            "warnings": facts.warnings,
        }
    )
