"""1 -> 2 as a step of a run: landed chunks in, standard rows out."""

from collections.abc import Callable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa

from hub.contract import Contract, Dataset
from hub.errors import MotlanError, where_it_arose
from hub.failpoint import reach
from standardisation.rows import standardise
from warehouse.landing import LandedBatch
from warehouse.ledger import find_promise, get_batch, move_batch
from warehouse.parts import restage


def make_standardiser(
    contract: Contract, dataset: Dataset, as_of: datetime
) -> Callable[[pa.Table], pl.DataFrame]:
    """What makes standard rows of a landed chunk, of a source that speaks as of that time.

    It raises MotlanError for a chunk that cannot be standardised at all.
    """
    day = as_of.astimezone(ZoneInfo(contract.timezone)).date()

    def read(table: pa.Table) -> pl.DataFrame:
        try:
            landed = pl.from_arrow(table)
            assert isinstance(landed, pl.DataFrame)
            frame = standardise(landed, contract, dataset, day)
        except pl.exceptions.PolarsError as error:
            message = (
                f"A chunk of {dataset.stream} cannot be standardised: "
                f"{type(error).__name__} at {where_it_arose(error)[-1]}."
            )
            raise MotlanError(message) from None
        reach("K07")
        return frame

    return read


def standardise_batch(batch_id: int) -> None:
    """Stage a landed batch from its landed chunks: one that is replayed, or whose stage was lost.

    A batch that has come further stays as it is; one that is parked stays parked. Run again,
    staging begins anew.

    Raises:
        LandingError: the landed batch is missing or damaged.
        MotlanError: rows were lost on the way, or a chunk cannot be standardised at all.
    """
    batch = get_batch(batch_id)
    if batch.state not in ("landed", "staged", "parked"):
        return
    contract, dataset = find_promise(batch)
    read = make_standardiser(contract, dataset, batch.source_as_of)
    staged = restage(dataset, batch_id, _standard_frames(batch.landed_url, read))
    if staged.rows != batch.read:
        message = (
            f"Batch {batch_id} of {batch.stream} landed {batch.read} rows but {staged.rows} were "
            "staged; run the sync again."
        )
        raise MotlanError(message)
    if batch.state != "parked":
        move_batch(batch_id, "staged")


def _standard_frames(url: str, read: Callable[[pa.Table], pl.DataFrame]) -> Iterator[pl.DataFrame]:
    for table in LandedBatch.open(url).read_chunks():
        yield read(table)
