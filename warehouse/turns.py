"""Whose turn it is: whether another run of a stream is under way.

Nothing is guarded by this: the fence is what keeps two runs from writing. It lets a run that can
wait do so, where taking the stream would only push another one aside.
"""

from datetime import timedelta

from warehouse.connection import connect
from warehouse.queries import load

_SQL = load("turns")


def find_run_under_way(stream: str, *, but: str, age_max: timedelta) -> int | None:
    """The batch of a run that holds a stream and has not come to its end; None if there is none.

    Args:
        but: the mode of whoever asks: an earlier try of its own run is none to wait for.
        age_max: a batch that was begun longer ago is one whose run has died.
    """
    words = {"name": stream, "mode": but, "age_max": age_max}
    with connect("pipeline") as connection:
        found = connection.execute(_SQL["find_run_under_way"], words).fetchone()
    return int(found[0]) if found else None
