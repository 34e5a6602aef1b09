"""A circuit breaker: a source that keeps failing is left alone, and tried again by itself.

After five failures in a row, of requests or of whole runs, nobody asks the source for a minute.
When the time is over, one run tries: its success closes the circuit, its failure leaves the source
alone anew. Every five further failures double the time: ten in a row make two minutes, fifteen
four, up to half an hour. A read of HTTP fails with five requests at once, one of a database with
one.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from hub.errors import (
    CircuitOpenError,
    IncompleteSourceError,
    SchemaDriftError,
    SourceUnavailableError,
)
from warehouse.circuit import (
    OpenCircuit,
    close_circuit,
    count_failures,
    find_open,
    give_back_trial,
    take_trial,
)


@contextmanager
def looking_at(source: str, *, dry: bool = False) -> Iterator[None]:
    """Ask a source what there is to read; that it answers proves little, that it does not, much.

    Where the source is to be tried again, this is a trial too, and nobody else asks meanwhile. When
    it went well, the next one to read takes it over.

    Args:
        dry: as for `reading`.

    Raises:
        CircuitOpenError: its circuit is open; it was not asked.
    """
    if dry:
        _refuse(find_open(source))
        yield
        return
    tries = _enter(source)
    with _counting(source):
        yield
    if tries:
        give_back_trial(source)


@contextmanager
def reading(source: str, *, dry: bool = False) -> Iterator[None]:
    """Read from a source; the end of it says whether the source answers.

    Args:
        dry: keep to an open circuit, and leave no trace in it.

    Raises:
        CircuitOpenError: its circuit is open; it was not asked.
    """
    if dry:
        _refuse(find_open(source))
        yield
        return
    _enter(source)
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


def _enter(source: str) -> bool:
    """Go on where the circuit is closed, or as the one that tries; returns whether it is that one.

    Raises:
        CircuitOpenError: its circuit is open.
    """
    if take_trial(source):
        return True
    _refuse(find_open(source))
    return False


def _refuse(circuit: OpenCircuit | None) -> None:
    if circuit is not None:
        message = (
            f"{circuit.source} is left alone until {circuit.open_until:%Y-%m-%d %H:%M:%S %Z}, "
            f"because it failed {circuit.failures} times in a row, the last time so: "
            f"{circuit.reason} It was not asked; the first run after that time tries it again."
        )
        raise CircuitOpenError(message)
