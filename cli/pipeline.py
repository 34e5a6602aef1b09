"""The pipeline as the command runs it: the same steps as the DAGs, one after another."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from connectors.land import close_batch, load_part, plan_batch
from expectations.judge import judge_batch
from golden.build import build_golden as build
from hub.contract import get_contract
from linkage.ladder import link_people
from standardisation.batch import make_standardiser
from warehouse.golden import GoldenOutcome, golden_transaction
from warehouse.ledger import apply_contract
from warehouse.publish import BatchOutcome, publish_batch


def _unwatched(step: str) -> AbstractContextManager[None]:
    return nullcontext()


def run_sync(
    source: str,
    *,
    full: bool = False,
    watch: Callable[[str], AbstractContextManager[None]] = _unwatched,
) -> list[BatchOutcome]:
    """Synchronise every dataset of a source; one outcome a batch, none where nothing is new.

    Args:
        full: read everything again, whatever was read before.
        watch: entered around each step: apply, load, judge, publish.

    Raises:
        MotlanError: a step failed or parked its batch; earlier datasets stay published.
    """
    contract = get_contract(source)
    with watch("apply"):
        apply_contract(contract)
    outcomes = []
    for dataset in contract.datasets:
        with watch("load"):
            batch_id = load_batch(dataset.stream, full=full)
        if batch_id is not None:
            with watch("judge"):
                judge_batch(batch_id)
            with watch("publish"):
                outcomes.append(publish_batch(batch_id))
    return outcomes


def load_batch(stream: str, *, full: bool = False) -> int | None:
    """Plan, load every part and close: the next batch, staged; None where nothing is new.

    Raises:
        MotlanError: as `connectors.land` says; the cursor has not moved.
    """
    planned = plan_batch(stream, full=full)
    if planned is None:
        return None
    batch_id, parts = planned
    for number in range(parts):
        load_part(batch_id, number, make_standardiser)
    close_batch(batch_id)
    return batch_id


def build_golden() -> GoldenOutcome:
    """Link what is published and build the golden records, in one transaction."""
    with golden_transaction() as connection:
        link_people(connection)
        return build(connection)
