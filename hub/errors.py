"""One tree of errors. Each says in one sentence what is wrong and what to do next.

An error names the source, the batch, the row key and the rule. It never carries a value that
a citizen's row held.
"""

import traceback


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
    """A source does not answer, or not as its contract says; its cursor has not moved."""


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
    """A batch waits for a person; what was published before keeps answering."""

    exit_code = 3


class GateFailedError(BatchParkedError):
    """A suite gave no verdict, or not one that lets its batch be published."""
