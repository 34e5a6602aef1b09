"""The pipeline as the command runs it: the same steps as the DAGs, one after another."""

from contextlib import AbstractContextManager
from typing import Protocol
from uuid import uuid4

from connectors.land import close_batch, load_part, plan_batch
from expectations.judge import judge_batch
from golden.build import build_golden as build
from hub.contract import get_contract
from linkage.ladder import link_people
from sight.steps import seen_step
from standardisation.batch import make_standardiser
from warehouse.golden import GoldenOutcome, golden_transaction
from warehouse.ledger import apply_contract
from warehouse.publish import BatchOutcome, publish_batch
from warehouse.runs import Run, StepNote


class Watch(Protocol):
    """Entered around each step of a run: plan, load, close, judge, publish."""

    def __call__(self, run: Run, step: str, part: int = 0) -> AbstractContextManager[StepNote]:
        """What is seen of a step, and what the step says of itself."""


def run_sync(source: str, *, full: bool = False, watch: Watch = seen_step) -> list[BatchOutcome]:
    """Synchronise every dataset of a source; one outcome a batch, none where nothing is new.

    Args:
        full: read everything again, whatever was read before.
        watch: entered around each step of each dataset's run.

    Raises:
        MotlanError: a step failed or parked its batch; earlier datasets stay published.
    """
    outcomes = []
    for dataset in get_contract(source).datasets:
        run = new_run(dataset.stream, full=full)
        batch_id = load_batch(dataset.stream, full=full, run=run, watch=watch)
        if batch_id is not None:
            with watch(run, "judge"):
                judge_batch(batch_id)
            with watch(run, "publish") as note:
                outcomes.append(publish_batch(batch_id))
                note.rows = outcomes[-1].read
                note.outcome = "published"
    return outcomes


def new_run(stream: str, *, full: bool = False) -> Run:
    """A run of the command's own."""
    return Run(stream, key=f"motlan-{uuid4()}", mode="full" if full else "normal")


def load_batch(
    stream: str, *, full: bool = False, run: Run | None = None, watch: Watch = seen_step
) -> int | None:
    """Plan, load every part and close: the next batch, staged; None where nothing is new.

    The contract is applied first, as the first step of the run: what it breaks is told of the run.

    Raises:
        MotlanError: as `connectors.land` says; the cursor has not moved.
    """
    run = run or new_run(stream, full=full)
    with watch(run, "plan") as note:
        apply_contract(get_contract(run.source))
        planned = plan_batch(stream, full=full)
        if planned is None:
            note.outcome = "nothing_new"
            return None
        note.batch_id, parts = planned
    batch_id = planned[0]
    for number in range(parts):
        with watch(run, "load", number) as note:
            load_part(batch_id, number, make_standardiser, note.add)
    with watch(run, "close"):
        close_batch(batch_id)
    return batch_id


def build_golden() -> GoldenOutcome:
    """Link what is published and build the golden records, in one transaction."""
    with golden_transaction() as connection:
        link_people(connection)
        return build(connection)
