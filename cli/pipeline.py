"""The pipeline as the command runs it: the same steps as the DAGs, one after another."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, Final, Protocol, TypeAlias

from connectors.base import Asked
from connectors.land import close_batch, load_part, plan_batch, refuse_unreadable
from expectations.judge import judge_batch
from golden.build import build_golden as build
from hub.contract import get_contract
from hub.errors import GateFailedError
from linkage.ladder import link_people
from sight.steps import seen_step
from standardisation.batch import make_standardiser
from warehouse.golden import GoldenOutcome, golden_transaction
from warehouse.ledger import apply_contract, get_batch
from warehouse.preview import Preview, discard_batch, preview_batch
from warehouse.publish import BatchOutcome, publish_batch
from warehouse.runs import Run, StepNote

NORMAL: Final = Asked()
Tell: TypeAlias = Callable[[str, Mapping[str, Any]], None]
"""Told of a stream what a comparison of its keys has found."""


class Watch(Protocol):
    """Entered around each step of a run: plan, load, close, judge, publish."""

    def __call__(self, run: Run, step: str, part: int = 0) -> AbstractContextManager[StepNote]:
        """What is seen of a step, and what the step says of itself."""


def run_sync(
    source: str,
    asked: Asked = NORMAL,
    *,
    full: bool = False,
    watch: Watch = seen_step,
    tell: Tell = lambda stream, verdict: None,
) -> list[BatchOutcome]:
    """Synchronise every dataset of a source; one outcome a batch, none where nothing is new.

    Args:
        asked: what is read of each dataset.
        full: read everything again, whatever was read before.
        watch: entered around each step of each dataset's run.
        tell: told what a comparison of keys has found.

    Raises:
        WrongUseError: a dataset cannot be read as it was asked for; nothing was done.
        MotlanError: a step failed or parked its batch; earlier datasets stay published.
    """
    contract = get_contract(source)
    asked = Asked("full") if full else asked
    for dataset in contract.datasets:
        refuse_unreadable(contract, dataset, asked)
    outcomes = []
    for dataset in contract.datasets:
        run = Run.of_command(dataset.stream, asked.mode)
        batch_id = load_batch(dataset.stream, asked, run=run, watch=watch, tell=tell)
        if batch_id is not None:
            with watch(run, "judge"):
                judge_batch(batch_id)
            with watch(run, "publish") as note:
                outcomes.append(publish_batch(batch_id))
                note.rows = outcomes[-1].read
                note.outcome = "published"
    return outcomes


def run_dry(
    source: str, asked: Asked, *, tell: Tell = lambda stream, verdict: None
) -> list[Preview]:
    """What `run_sync` would publish, one preview a batch; nothing is published and nothing stays.

    No stream is taken, and no history or alert knows of it: a run under way goes on.

    Raises:
        WrongUseError: a dataset cannot be read as it was asked for, or was never applied.
        MotlanError: a step failed.
    """
    contract = get_contract(source)
    asked = replace(asked, dry=True)
    for dataset in contract.datasets:
        refuse_unreadable(contract, dataset, asked)
    found = [preview_stream(dataset.stream, asked, tell=tell) for dataset in contract.datasets]
    return [preview for preview in found if preview is not None]


def preview_stream(
    stream: str, asked: Asked, *, tell: Tell = lambda stream, verdict: None
) -> Preview | None:
    """What a dry run of one dataset would publish; None where nothing is new.

    Raises:
        MotlanError: a step failed; nothing of it stays.
    """
    planned = plan_batch(stream, asked, tell=lambda verdict: tell(stream, verdict))
    if planned is None:
        return None
    batch_id, parts = planned
    try:
        for number in range(parts):
            load_part(batch_id, number, make_standardiser)
        close_batch(batch_id)
        judge_batch(batch_id)
        return preview_batch(batch_id)
    except GateFailedError as failed:
        batch = get_batch(batch_id)
        return Preview(stream, batch.mode, batch.read, stopped_by=[str(failed)])
    finally:
        discard_batch(batch_id)


def load_batch(
    stream: str,
    asked: Asked = NORMAL,
    *,
    run: Run | None = None,
    watch: Watch = seen_step,
    tell: Tell = lambda stream, verdict: None,
) -> int | None:
    """Plan, load every part and close: the next batch, staged; None where nothing is new.

    The contract is applied first, as the first step of the run: what it breaks is told of the run.

    Raises:
        MotlanError: as `connectors.land` says; the cursor has not moved.
    """
    run = run or Run.of_command(stream, asked.mode)
    with watch(run, "plan") as note:
        apply_contract(get_contract(run.source))
        planned = plan_batch(stream, asked, tell=lambda verdict: tell(stream, verdict))
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
