"""One tree of errors. Each says in one sentence what is wrong and what to do next.

An error names the source, the batch, the row key and the rule. It never carries a value that
a citizen's row held.
"""

import traceback
from collections.abc import Mapping, Sequence

from hub.parking import Cause


def where_it_arose(error: BaseException) -> list[str]:
    """Where in the code an error arose: ``file:line function``, no message and no value.

    Messages of drivers and libraries may quote a row; frames never do.
    """
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


class MotlanError(Exception):
    """Something went wrong that a person can act on; the message says how."""

    exit_code = 1


class WrongUseError(MotlanError):
    """The command was called in a way it cannot follow."""

    exit_code = 2


class SettingsError(MotlanError):
    """A setting is missing or cannot be read."""

    exit_code = 2


class ContractError(MotlanError):
    """A contract cannot be accepted as it is written."""

    exit_code = 2


class WarehouseUnavailableError(MotlanError):
    """The warehouse does not answer."""


class WarehouseRefusedError(MotlanError):
    """The warehouse refused a statement; said without the statement and its values."""


class WarehouseOutdatedError(MotlanError):
    """The warehouse has another schema version than this code."""


class SourceUnavailableError(MotlanError):
    """A source does not answer, or not as its contract says; its cursor has not moved.

    ``failures`` is how many requests in a row had failed by then.
    """

    failures = 1


class CircuitOpenError(SourceUnavailableError):
    """A source has failed so often in a row that it is left alone for a while."""

    failures = 0


class IncompleteSourceError(MotlanError):
    """What was read from a source is not what the source says it holds."""


class SchemaDriftError(MotlanError):
    """A promised column is missing or has changed; nothing was merged."""


class LandingError(MotlanError):
    """A landed batch is missing, damaged or sealed with a key that is not at hand."""


class StaleWriterError(MotlanError):
    """Another run has taken this stream since; this one must not write."""


class StreamBusyError(MotlanError):
    """Another run holds this stream right now."""


class BatchParkedError(MotlanError):
    """A batch waits for a person; what was published before keeps answering.

    ``causes`` says what stopped it, and so whether stewards may release it; ``counts`` what it
    would have done: name -> number of rows.
    """

    exit_code = 3

    def __init__(
        self,
        message: str,
        causes: Sequence[Cause] = ("gate",),
        counts: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__(message)
        self.causes = tuple(causes)
        self.counts = dict(counts or {})


class GateFailedError(BatchParkedError):
    """A suite gave no verdict, or not one that lets its batch be published."""


class SecondStewardNeededError(MotlanError):
    """A release is signed by one steward; it takes two different ones."""

    exit_code = 3


class SignInError(MotlanError):
    """Nobody of that name and password may sign."""
