"""Named points at which a test lets a process die, freeze or fail. For tests only.

``MOTLAN_FAILPOINT=K05:2:SIGKILL`` names the point, the how-manieth time that a process reaches it,
and what happens then: ``SIGKILL``, ``SIGSTOP`` or ``exception``. A fourth word names a folder for
the marker; default ``MOTLAN_HOME``. A point acts once: before it acts it leaves its marker, and
while the marker is there it does not act again, so that a rerun or a retry goes through. Where the
variable is unset a point costs one look into the environment.

The points, K01 to K21, are those of ``tests/faults/killpoints.py``.
"""

import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from hub.errors import SettingsError

VARIABLE: Final = "MOTLAN_FAILPOINT"
ACTIONS: Final = ("SIGKILL", "SIGSTOP", "exception")
_reached: Counter[Path] = Counter()
_counting = threading.Lock()


class FailpointError(RuntimeError):
    """What a point raises that was told to: an error that nobody foresaw."""


def reach(point: str) -> None:
    """Say that this process has come to a named point; nearly always that is all.

    Raises:
        FailpointError: the environment asks for an exception here.
        SettingsError: the variable is not POINT:COUNT:ACTION, or POINT:COUNT:ACTION:FOLDER.
    """
    asked = os.environ.get(VARIABLE)
    if asked:
        _reach(point, asked)


def marker_path(point: str, folder: Path) -> Path:
    """The file that says that a point has acted: its point, process, count and action as JSON."""
    return folder / f"failpoint-{point}.json"


def _reach(point: str, asked: str) -> None:
    words = asked.split(":", 3)
    if len(words) < 3 or not words[1].isdigit() or words[2] not in ACTIONS:
        message = f"{VARIABLE} is {asked!r}; say POINT:COUNT:ACTION, of {', '.join(ACTIONS)}."
        raise SettingsError(message)
    if words[0] != point:
        return
    marker = marker_path(
        point, Path(words[3] if len(words) == 4 else os.environ.get("MOTLAN_HOME") or ".motlan")
    )
    with _counting:
        _reached[marker] += 1
        count = _reached[marker]
    said = {"point": point, "pid": os.getpid(), "count": count, "action": words[2]}
    if count == int(words[1]) and _leave_marker(marker, said):
        act(point, words[2])


def _leave_marker(path: Path, said: Mapping[str, object]) -> bool:
    """Say on disk that a point acts now; False where it has acted before."""
    try:
        with path.open("x", encoding="utf-8") as marker:
            json.dump(said, marker)
            marker.flush()
            os.fsync(marker.fileno())
    except FileExistsError:
        return False
    return True


def act(point: str, action: str) -> None:
    """Do what was asked for at a point.

    Raises:
        FailpointError: an exception was asked for.
    """
    if action == "exception":
        message = f"The failpoint {point} was told to raise."
        raise FailpointError(message)
    os.kill(os.getpid(), signal.Signals[action])
