"""1 -> 2 as one step of a run: landed chunks in, staged rows out."""

from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

import polars as pl

from hub.contract import Contract, Dataset
from hub.errors import MotlanError, where_it_arose
from standardisation.rows import standardise
from warehouse.landing import LandedBatch
from warehouse.ledger import find_promise, get_batch, move_batch
from warehouse.stage import stage_rows


def standardise_batch(batch_id: int) -> None:
    """Standardise a landed batch into its stage table, chunk by chunk.

    A batch that has come further stays as it is; run again, staging begins anew.

    Raises:
        LandingError: the landed batch is missing or damaged.
        MotlanError: rows were lost on the way, or a chunk cannot be standardised at all.
    """
    batch = get_batch(batch_id)
    if batch.state not in ("landed", "staged"):
        return
    contract, dataset = find_promise(batch)
    as_of = batch.source_as_of.astimezone(ZoneInfo(contract.timezone)).date()
    frames = _standard_frames(contract, dataset, batch.landed_url, as_of)
    staged = stage_rows(dataset, batch_id, frames)
    if staged != batch.read:
        message = (
            f"Batch {batch_id} of {batch.stream} landed {batch.read} rows but {staged} were "
            "staged; run the sync again."
        )
        raise MotlanError(message)
    move_batch(batch_id, "staged")


def _standard_frames(
    contract: Contract, dataset: Dataset, url: str, as_of: date
) -> Iterator[pl.DataFrame]:
    for number, table in enumerate(LandedBatch.open(url).read_chunks()):
        try:
            landed = pl.from_arrow(table)
            assert isinstance(landed, pl.DataFrame)
            yield standardise(landed, contract, dataset, as_of)
        except pl.exceptions.PolarsError as error:
            message = (
                f"Chunk {number} of {dataset.stream} cannot be standardised: "
                f"{type(error).__name__} at {where_it_arose(error)[-1]}."
            )
            raise MotlanError(message) from None
