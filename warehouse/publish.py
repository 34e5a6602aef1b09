"""Publishing a judged batch, and releasing a parked one: once, whatever becomes of the run."""

from dataclasses import dataclass

from hub.contract import Contract, Dataset
from hub.errors import BatchParkedError, MotlanError, WarehouseUnavailableError
from hub.failpoint import reach
from warehouse.commit import Witness, settle, take_witness
from warehouse.connection import transaction
from warehouse.ledger import Batch, find_promise, get_batch, set_aside
from warehouse.parking import park_batch
from warehouse.parts import sweep_stages
from warehouse.publication import NothingMendedError, Publication


@dataclass(frozen=True)
class BatchOutcome:
    """What became of the rows of one batch."""

    batch_id: int
    stream: str
    state: str
    read: int
    accepted: int
    unchanged: int
    superseded: int
    quarantined: int
    ended: int


def publish_batch(batch_id: int) -> BatchOutcome:
    """Publish a judged batch; a batch that is published already stays as it is.

    Raises:
        StaleWriterError: another run has taken the stream since this batch was begun.
        BatchParkedError: a brake or a bound stopped the batch; it waits for a person.
        MotlanError: the batch was not judged, or rows are missing from its stage.
    """
    return _publish(batch_id, "judged", "can be published: run the sync again.")


def release_batch(batch_id: int) -> BatchOutcome:
    """Publish a parked batch whose release two stewards have signed, exactly as they saw it.

    A release is a run of its own: it takes the stream in the publish transaction, so that a run
    under way can no longer write. One that is done already stays as it is.

    Raises:
        StaleWriterError: another version was published since the batch was landed.
        BatchParkedError: it would change other numbers of rows than were signed, or its keys are
            not the source's; it is parked anew and earlier signatures are void.
        WarehouseRefusedError: two stewards have not signed; the database refuses.
        MotlanError: the batch is not parked, or rows are missing from its stage.
    """
    return _publish(batch_id, "parked", "is released.")


def _publish(batch_id: int, state: str, what_is_done: str) -> BatchOutcome:
    batch = get_batch(batch_id)
    if batch.state == "published":
        return _outcome(batch)
    if batch.dry:
        message = f"Batch {batch_id} of {batch.stream} is of a dry run; it is never published."
        raise MotlanError(message)
    ending = MotlanError(
        f"Batch {batch_id} of {batch.stream} is {batch.state}; only a {state} batch {what_is_done}"
    )
    if state == "parked" and batch.state != state:
        raise ending
    if batch.state == "parked" and state == "judged":
        raise BatchParkedError(batch.reason or f"Batch {batch_id} is parked.")
    contract, dataset = find_promise(batch)
    if batch.state != state:
        raise ending
    try:
        _commit(contract, dataset, batch)
    except BatchParkedError as parked:
        park_batch(batch.batch_id, parked)
        raise
    except NothingMendedError as vain:
        set_aside(batch.batch_id, str(vain))
    reach("K17")
    sweep_stages(dataset)
    reach("K18")
    return _outcome(get_batch(batch.batch_id))


def _commit(contract: Contract, dataset: Dataset, batch: Batch, *, again: bool = True) -> None:
    """Run the publish transaction. Where its session is lost, its fate is looked up, not guessed.

    What was not committed is tried once more: the fence and the batch's state are asked again.

    Raises:
        WarehouseUnavailableError: the warehouse does not answer.
        StreamBusyError: nobody can say yet whether the transaction was committed.
    """
    witness: Witness | None = None
    try:
        with transaction("pipeline") as connection:
            witness = take_witness(connection)
            Publication(connection, contract, dataset, batch).publish()
    except WarehouseUnavailableError:
        if witness is None:
            raise
        settle(witness)
        if get_batch(batch.batch_id).state == "published":
            return
        if not again:
            raise
        _commit(contract, dataset, batch, again=False)


def _outcome(batch: Batch) -> BatchOutcome:
    return BatchOutcome(
        **{name: getattr(batch, name) for name in BatchOutcome.__dataclass_fields__}
    )
