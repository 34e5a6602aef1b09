"""Export every night at the same local time until told to stop."""

import logging
import threading
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg

from mocks.land_registry.drops import export_drops

_LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
_RETRY_SECONDS = 60.0
logger = logging.getLogger(__name__)


def export_nightly(database: str, drops: Path, *, at: time, stop: threading.Event) -> None:
    """Export what changed since the last drop now, then everything each night, until `stop` is set.

    A failed export is logged (kind of failure only) and tried again within the minute.
    """
    only_changed = True
    while not stop.is_set():
        try:
            written = export_drops(database, drops, only_changed=only_changed)
        except (psycopg.Error, OSError) as error:
            logger.warning("An export failed (%s); it is tried again.", type(error).__name__)
            stop.wait(_RETRY_SECONDS)
            continue
        logger.info("Exported %d drops.", len(written))
        only_changed = False
        stop.wait(seconds_until(at, datetime.now(_LOCAL)))


def seconds_until(at: time, now: datetime) -> float:
    """Seconds from `now` to the next time that a clock in the same zone shows `at`; never 0."""
    due = now.replace(hour=at.hour, minute=at.minute, second=at.second, microsecond=0)
    if due <= now:
        due += timedelta(days=1)
    return (due - now).total_seconds()
