"""A step of a run as everybody sees it: in the history, by an alert, at a lineage server.

The command and the DAGs put this around each step and do nothing else to be seen.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from hub.errors import StaleWriterError, StreamBusyError
from hub.failpoint import reach
from sight.lineage import is_on, settle, tell_lineage
from sight.telling import tell_soon
from warehouse.runs import Run, StepNote, describe_error, run_step

FIRST_STEP = "plan"


@contextmanager
def seen_step(run: Run, step: str, part: int = 0) -> Iterator[StepNote]:
    """Note a step of a run around the block that does it; gives what the block fills in.

    A run begins with the step ``plan``. It ends well when the note's outcome is set, and badly when
    the block raises. Whoever is to be told is told before this returns, within seconds.

    Raises:
        WarehouseUnavailableError, WarehouseOutdatedError: nothing could be done anyway.
    """
    lineage = is_on()
    with _telling(run, lineage=lineage), run_step(run, step, part) as note:
        if lineage and step == FIRST_STEP:
            tell_lineage("START", run)
        yield note
    if note.outcome:
        reach("K20")
    if lineage and note.outcome:
        tell_lineage("COMPLETE", run)
    if lineage and (note.outcome or run.dag_id):  # a task of a DAG run is a process of its own
        settle()


@contextmanager
def _telling(run: Run, *, lineage: bool) -> Iterator[None]:
    """Tell of what the block raises, once the history and the alerts have it."""
    try:
        yield
    except Exception as error:
        if lineage:
            tell_lineage("FAIL", run, error=describe_error(error))
            settle()
        if not isinstance(error, StaleWriterError | StreamBusyError):
            tell_soon()
        raise
