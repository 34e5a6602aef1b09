"""The pipeline as the command runs it: the same steps as the DAGs, one after another."""

from connectors.land import land_batch
from expectations.judge import judge_batch
from golden.build import build_golden as build
from hub.contract import get_contract
from linkage.ladder import link_people
from standardisation.batch import standardise_batch
from warehouse.golden import GoldenOutcome, golden_transaction
from warehouse.ledger import apply_contract
from warehouse.publish import BatchOutcome, publish_batch


def run_sync(source: str, *, full: bool = False) -> list[BatchOutcome]:
    """Synchronise every dataset of a source; one outcome a batch, none where nothing is new.

    Raises:
        MotlanError: a step failed or parked its batch; earlier datasets stay published.
    """
    contract = get_contract(source)
    apply_contract(contract)
    outcomes = []
    for dataset in contract.datasets:
        batch_id = land_batch(dataset.stream, full=full)
        if batch_id is not None:
            standardise_batch(batch_id)
            judge_batch(batch_id)
            outcomes.append(publish_batch(batch_id))
    return outcomes


def build_golden() -> GoldenOutcome:
    """Link what is published and build the golden records, in one transaction."""
    with golden_transaction() as connection:
        link_people(connection)
        return build(connection)
