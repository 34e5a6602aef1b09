"""A circuit breaker: a source that keeps failing is left alone, and tried again by itself.

After five failures in a row, of requests or of whole runs, nobody asks the source for a minute,
then for two, for four, up to half an hour. When the time is over, one run tries; its success
closes the circuit.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from hub.errors import (
    CircuitOpenError,
    IncompleteSourceError,
    SchemaDriftError,
    SourceUnavailableError,
)
from warehouse.circuit import OpenCircuit, close_circuit, count_failures, find_open


@contextmanager
def looking_at(source: str) -> Iterator[None]:
    """Ask a source what there is to read; that it answers proves little, that it does not, much.

    Raises:
        CircuitOpenError: its circuit is open; it was not asked.
    """
    _refuse(find_open(source))
    with _counting(source):
        yield


@contextmanager
def reading(source: str) -> Iterator[None]:
    """Read from a source; the end of it says whether the source answers.

    Raises:
        CircuitOpenError: its circuit is open; it was not asked.
    """
    _refuse(find_open(source, take_trial=True))
    try:
        with _counting(source):
            yield
    except (IncompleteSourceError, SchemaDriftError):
        close_circuit(source)  # what it gave was wrong, but it gave something
        raise
    close_circuit(source)


@contextmanager
def _counting(source: str) -> Iterator[None]:
    try:
        yield
    except SourceUnavailableError as error:
        count_failures(source, error.failures, str(error))
        raise


def _refuse(circuit: OpenCircuit | None) -> None:
    if circuit is not None:
        message = (
            f"{circuit.source} is left alone until {circuit.open_until:%Y-%m-%d %H:%M:%S %Z}, "
            f"because it failed {circuit.failures} times in a row, the last time so: "
            f"{circuit.reason} It was not asked; the first run after that time tries it again."
        )
        raise CircuitOpenError(message)
