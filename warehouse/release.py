"""Parked batches: what waits, and the signatures under a release.

The check is the database's: it counts only logins whose password it has asked for, and publishes
a parked batch only with two of them under the very counts that it is published with.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg.rows import class_row

from hub.errors import SecondStewardNeededError, StaleWriterError, WrongUseError
from hub.parking import CAUSES, Cause
from hub.settings import Role
from warehouse.connection import connect
from warehouse.ledger import get_batch
from warehouse.queries import load
from warehouse.stewards import signed_in

_SQL = load("stewards")
STEWARDS_NEEDED: Final = 2


@dataclass(frozen=True)
class Waiting:
    """A parked batch: since when, why, what it would do, and who has signed its release."""

    batch_id: int
    stream: str
    parking_id: int
    causes: list[Cause]
    releasable: bool
    reason: str
    counts: Mapping[str, Any]
    parked_at: datetime
    current: bool
    signed_by: list[str]

    @property
    def advice(self) -> str:
        """What is to be done, in a few words."""
        if not self.current:
            return "nothing: another version is published; the next sync overtakes it"
        stopped = [cause for cause in self.causes if not CAUSES[cause].releasable]
        return CAUSES[(stopped or self.causes)[0]].do


def list_waiting(role: Role = "auditor") -> list[Waiting]:
    """Every parked batch, the oldest first."""
    with (
        connect(role) as connection,
        connection.cursor(row_factory=class_row(Waiting)) as cursor,
    ):
        return cursor.execute(_SQL["list_waiting"]).fetchall()


def find_waiting(batch_id: int, role: Role = "auditor") -> Waiting:
    """The parked batch of that id.

    Raises:
        WrongUseError: there is none, or it is not parked.
    """
    with (
        connect(role) as connection,
        connection.cursor(row_factory=class_row(Waiting)) as cursor,
    ):
        found = cursor.execute(_SQL["find_waiting"], {"batch_id": batch_id}).fetchone()
    if found is None:
        state = get_batch(batch_id).state
        message = f"Batch {batch_id} is {state}; only a parked batch waits for a release."
        raise WrongUseError(message)
    return found


def sign_release(waiting: Waiting, name: str, password: str, reason: str) -> list[str]:
    """Sign the release of a batch as it was shown; the stewards who have signed it by now.

    To sign twice is to sign once.

    Raises:
        SignInError: nobody of that name and password may sign.
        WrongUseError: it may never be released, was parked anew since, or the reason is too
            short or too long.
        StaleWriterError: another version was published since.
        SecondStewardNeededError: the signature is kept, and one more steward must sign.
    """
    row = {
        "batch_id": waiting.batch_id,
        "parking_id": waiting.parking_id,
        "reason": reason,
    }
    with signed_in(name, password) as connection:
        try:
            found = connection.execute(_SQL["sign_release"], row).fetchone()
        except psycopg.errors.CheckViolation:
            message = "Say in 3 to 500 characters why the batch is released; it is kept for ever."
            raise WrongUseError(message) from None
    assert found is not None
    verdict, stewards = str(found[0]), list(found[1])
    _refuse(verdict, waiting)
    if len(stewards) < STEWARDS_NEEDED:
        message = (
            f"Batch {waiting.batch_id} of {waiting.stream} is signed by {', '.join(stewards)}; "
            "a second, different steward must sign it: "
            f"`motlan sync release {waiting.batch_id} --as NAME`."
        )
        raise SecondStewardNeededError(message)
    return stewards


def _refuse(verdict: str, waiting: Waiting) -> None:
    named = f"Batch {waiting.batch_id} of {waiting.stream}"
    if verdict == "never":
        why = "; ".join(CAUSES[cause].means for cause in waiting.causes)
        message = f"{named} can never be released ({why}): {waiting.advice}."
        raise WrongUseError(message)
    if verdict == "moved_on":
        message = (
            f"{named} cannot be released any more: another version was published since it was "
            "landed, and its signatures are void. Sync again."
        )
        raise StaleWriterError(message)
    if verdict in ("parked_anew", "not_parked"):
        message = f"{named} is not what was shown any more; look again and sign what it does now."
        raise WrongUseError(message)
