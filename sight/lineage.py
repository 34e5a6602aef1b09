"""OpenLineage: what a lineage server hears of each run of a dataset.

START when a run begins, then COMPLETE or FAIL, with what was read, where it went, and which rule
held. It is switched on by openlineage's own settings (``OPENLINEAGE_URL`` or another transport of
its), or by ``MOTLAN_LINEAGE_FILE``; off, nothing of it is imported. Events are made and sent on a
thread of their own: a lineage server that is slow or down holds no run up for longer than
`_SECONDS`, once a process, and never fails one.
"""

import logging
import os
import queue
import threading
from collections.abc import Callable
from typing import Any, Final, Literal

from hub.settings import get_settings
from warehouse.runs import Run

State = Literal["START", "COMPLETE", "FAIL"]
_log = logging.getLogger("motlan.sight")
_SECONDS: Final = 3.0


def is_on() -> bool:
    """Whether somebody wants to hear: looked up in the settings, without an import."""
    asked = any(
        name in ("OPENLINEAGE_URL", "OPENLINEAGE_CONFIG")
        or name.startswith("OPENLINEAGE__TRANSPORT__")
        for name, value in os.environ.items()
        if value
    )
    disabled = os.environ.get("OPENLINEAGE_DISABLED", "").strip().lower() == "true"
    return not disabled and (asked or bool(get_settings().values.get("MOTLAN_LINEAGE_FILE")))


def tell_lineage(state: State, run: Run, *, error: str | None = None) -> None:
    """Let the server know how a run stands; returns at once."""
    _emitter.put(lambda: _emit(state, run, error))


def settle() -> None:
    """Wait until all that was told has gone out, a little; what has not by then is given up."""
    _emitter.settle(_SECONDS)


def _emit(state: State, run: Run, error: str | None) -> None:
    from sight.lineage_events import make_event, open_client

    event = make_event(state, run, error)
    client = open_client()
    try:
        client.emit(event)
    finally:
        client.close(_SECONDS)


class _Emitter:
    """One thread that does what it is given, in order; daemon, so that no process waits for it."""

    def __init__(self) -> None:
        self._jobs: queue.Queue[Callable[[], None]] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._given_up = False

    def put(self, job: Callable[[], None]) -> None:
        """Do it later, unless the server has been given up in this process."""
        if self._given_up:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="motlan-lineage", daemon=True)
            self._thread.start()
        self._jobs.put(job)

    def settle(self, seconds: float) -> None:
        """Wait until every job is done; after that many seconds, never again."""
        if self._thread is None or self._given_up:
            return
        done = threading.Event()
        self._jobs.put(done.set)
        if not done.wait(seconds):
            self._given_up = True
            _log.warning("The lineage server was too slow; this process tells it nothing more.")

    def _work(self) -> None:
        while True:
            job: Any = self._jobs.get()
            try:
                job()
            except Exception as error:
                _log.warning("A lineage event was not sent: %s", type(error).__name__)


_emitter = _Emitter()
