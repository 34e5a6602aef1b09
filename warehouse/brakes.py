"""What stops a batch that would change too much at once, or take it back in time (design, rule 4).

A bound says how much may change; two stewards may lift it for one batch (`hub.parking`).
"""

from collections.abc import Mapping
from typing import Final

from hub.contract import Dataset
from hub.errors import BatchParkedError
from hub.parking import Cause
from warehouse.ledger import Batch

_BACK: Final = (
    " Rows go back when their owner restores a backup or sets its clock back: if it holds them so "
    "now, two stewards release the batch, which publishes them as they are there."
)


def refuse_too_much(dataset: Dataset, batch: Batch, counts: Mapping[str, int]) -> None:
    """Let pass what stays within every bound.

    Args:
        counts: what the batch would do, as the ledger names it, with ``read``, ``altered``,
            ``went_back`` and ``register``, the rows that are published.

    Raises:
        BatchParkedError: names each bound and the number that went over it.
    """
    tripped = _find_tripped(dataset, batch, counts)
    if tripped:
        message = (
            f"Batch {batch.batch_id} of {batch.stream} would {', and '.join(tripped.values())}; it "
            "is parked and the last published version keeps answering. Ask the source's owner, "
            f"then sync again.{_BACK if 'went_back' in tripped else ''}"
        )
        raise BatchParkedError(message, list(tripped), dict(counts))


def _find_tripped(dataset: Dataset, batch: Batch, counts: Mapping[str, int]) -> dict[Cause, str]:
    """Cause -> what would be done that goes over its bound."""
    sync, register = dataset.sync, counts["register"]
    fresh = 0 if batch.mode == "replay" else counts["quarantined"]
    bounds: list[tuple[Cause, str, int, int]] = [
        ("quarantine", "put in quarantine", fresh, sync.quarantine.limit(batch.read))
    ]
    if register:
        bounds += [
            ("deletes", "delete", counts["ended"], sync.brake_deletes.limit(register)),
            ("changes", "alter", counts["altered"], sync.brake_changes.limit(register)),
        ]
    tripped = {
        cause: f"{what} {number} rows, more than its bound of {limit}"
        for cause, what, number, limit in bounds
        if number > limit
    }
    back = counts["went_back"]
    if back:
        tripped["went_back"] = f"take {back} rows back to an older version than is published"
    return tripped
