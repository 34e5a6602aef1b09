"""The circuit of each source, kept in the warehouse: every worker knows of every failure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from warehouse.connection import connect
from warehouse.queries import load

_SQL = load("circuit")
MOST_FAILURES: Final = 5
"""So many failures in a row open a circuit."""
FIRST_SECONDS: Final = 60.0
LONGEST_SECONDS: Final = 1800.0
TRIAL_SECONDS: Final = 60.0
"""How long others wait for the word of the one run that tries a source again."""


@dataclass(frozen=True)
class OpenCircuit:
    """A source that is left alone: until when, after how many failures, and what the last was."""

    source: str
    failures: int
    open_until: datetime
    reason: str


def find_open(source: str) -> OpenCircuit | None:
    """The source's circuit if it is open; None lets the caller go on."""
    with connect("pipeline") as connection:
        found = connection.execute(_SQL["find_open"], {"source": source}).fetchone()
    return OpenCircuit(source, *found) if found else None


def take_trial(source: str) -> bool:
    """Whether the time of a circuit is over, and the caller is the one that tries the source.

    For so long as `TRIAL_SECONDS` the others find the circuit open.
    """
    row = {"source": source, "trial": TRIAL_SECONDS}
    with connect("pipeline") as connection:
        return connection.execute(_SQL["take_trial"], row).fetchone() is not None


def give_back_trial(source: str) -> None:
    """Let the next one try the source; the caller has found out nothing."""
    with connect("pipeline") as connection:
        connection.execute(_SQL["give_back_trial"], {"source": source})


def count_failures(source: str, failures: int, reason: str) -> None:
    """Note that a source failed, so many times in a row; with the fifth its circuit opens."""
    row = {"source": source, "failures": failures, "reason": reason}
    with connect("pipeline") as connection:
        counted = connection.execute(_SQL["count_failures"], row).fetchone()
        assert counted is not None
        rounds = int(counted[0]) // MOST_FAILURES
        if rounds:
            seconds = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(rounds - 1, 10))
            connection.execute(_SQL["open_circuit"], {"source": source, "seconds": seconds})


def close_circuit(source: str) -> None:
    """Note that a source answered; its failures are forgotten."""
    with connect("pipeline") as connection:
        connection.execute(_SQL["close_circuit"], {"source": source})
