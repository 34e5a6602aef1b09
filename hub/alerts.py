"""What somebody must be told: the kinds of alert, what each means and what is to be done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from hub.errors import IncompleteSourceError, MotlanError, SchemaDriftError, SourceUnavailableError
from hub.parking import CAUSES, Cause

Kind = Literal["late", "parked", "brake", "gate", "drift", "source", "imbalance", "failed"]


@dataclass(frozen=True)
class Meaning:
    """What a kind of alert says, and when it closes by itself."""

    means: str
    closes: str


SETTINGS: Final = (
    *("MOTLAN_ALERT_MAIL_TO", "MOTLAN_ALERT_MAIL_FROM", "MOTLAN_SMTP_URL"),
    *("MOTLAN_ALERT_WEBHOOK_URL", "MOTLAN_ALERT_WEBHOOK_SECRET", "MOTLAN_LINEAGE_FILE"),
)
"""Who is told by which channel; openlineage's own settings begin with ``OPENLINEAGE_``."""
KINDS: Final[Mapping[Kind, Meaning]] = {
    "late": Meaning("a stream is older than its contract promises", "when it is fresh again"),
    "parked": Meaning("a batch waits for a person", "when it is released or overtaken"),
    "brake": Meaning("a batch would change too much", "when it is released or overtaken"),
    "gate": Meaning("a batch did not get through its suite", "when it is overtaken"),
    "drift": Meaning("a source has changed its columns", "when a run gets through"),
    "source": Meaning("a source does not answer as promised", "when a run reaches it"),
    "imbalance": Meaning("counts or keys do not add up", "when they do, or the batch is overtaken"),
    "failed": Meaning("a run ended with an error", "when a run gets through"),
}
_OF_CAUSE: Final[Mapping[Cause, Kind]] = {
    "deletes": "brake",
    "changes": "brake",
    "gate": "gate",
    "keys": "imbalance",
    "drift": "drift",
    "incomplete": "imbalance",
}


@dataclass(frozen=True)
class Alert:
    """What happened, where, and what is to be done; no value of a row.

    ``stream`` is None where a whole source is concerned, ``batch_id`` where no batch is.
    """

    kind: Kind
    source: str
    stream: str | None
    batch_id: int | None
    what: str
    todo: str


def alert_of_parking(stream: str, batch_id: int, causes: Sequence[Cause], reason: str) -> Alert:
    """A batch waits for a person. A missing proof weighs more than a bound, as in its release."""
    firm = [cause for cause in causes if not CAUSES[cause].releasable]
    cause = (firm or list(causes))[0]
    todo = f"`motlan sync release --list` shows batch {batch_id}: {CAUSES[cause].do}."
    kind = _OF_CAUSE.get(cause, "parked")
    return Alert(kind, source_of(stream), stream, batch_id, reason, todo)


def alert_of_error(stream: str, error: MotlanError) -> Alert:
    """A run of a stream ended with an error that parked no batch."""
    source, what = source_of(stream), str(error)
    again = f"`motlan sync {source}`"
    if isinstance(error, SchemaDriftError):
        todo = (
            "Ask the source's owner whether the change is meant; then change the contract "
            f"(`motlan contract diff` tells what breaks), else {again} when it is undone."
        )
        return Alert("drift", source, stream, None, what, todo)
    if isinstance(error, SourceUnavailableError):
        todo = (
            "Ask the source's owner; nothing is lost, the next run reads on from a cursor that "
            "has not moved."
        )
        return Alert("source", source, None, None, what, todo)
    if isinstance(error, IncompleteSourceError):
        todo = f"Run {again} at a quieter hour; if it stays, ask the source's owner."
        return Alert("source", source, stream, None, what, todo)
    return alert_of_failure(stream, what)


def alert_of_failure(stream: str, what: str) -> Alert:
    """A run of a stream ended for a reason that only its own sentence tells."""
    source = source_of(stream)
    todo = f"Mend what the sentence names, then `motlan sync {source}`; nothing was published."
    return Alert("failed", source, stream, None, what, todo)


def alert_of_task(owner: str, dag_id: str, what: str) -> Alert:
    """A task that works on no stream failed, and no run of a stream can say so."""
    todo = f"Read the task's log in Airflow, mend what it names, and run {dag_id} again."
    return Alert("failed", owner, None, None, what, todo)


def alert_of_lateness(stream: str, as_of: datetime | None, promise: timedelta) -> Alert:
    """A stream is older than its contract promises."""
    hours = promise.total_seconds() / 3600
    age = f"is as of {as_of:%Y-%m-%d %H:%M %Z}" if as_of else "was never published"
    what = f"{stream} {age}; its contract promises data no older than {hours:g} hours."
    source = source_of(stream)
    todo = f"`motlan status` shows its last run and why it did not publish; `motlan sync {source}`."
    return Alert("late", source, stream, None, what, todo)


def alert_of_imbalance(stream: str, what: str) -> Alert:
    """The ledger and the register do not agree."""
    todo = (
        "Somebody or something has written past the publish transaction: let no run of the "
        f"stream begin, find out who, then `motlan sync {source_of(stream)} --full`."
    )
    return Alert("imbalance", source_of(stream), stream, None, what, todo)


def source_of(stream: str) -> str:
    """The source of a stream, which is called ``<source>.<dataset>``."""
    return stream.partition(".")[0]
