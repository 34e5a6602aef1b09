"""Keeping house: every duty by its name, in the order that they need.

Versions go before landed files, because a file stays as long as a version points to it; files go
before keys, because a key stays as long as a file needs it. A duty that fails holds back no other:
what it leaves, it finds again the next time.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from hub.retention import Keep, read_keep
from warehouse.alerts import check_freshness, check_ledger
from warehouse.key_rotation import renew_keys
from warehouse.landing_retention import clear_landing_zone
from warehouse.retention import (
    delete_runs,
    delete_versions,
    empty_resolved_rows,
    end_dead_batches,
)


def find_late_streams(keep: Keep, now: datetime) -> dict[str, int]:
    """Open an alert for each stream that is older than promised; its own clock decides."""
    return {"late_streams": len(check_freshness())}


def find_unbalanced_streams(keep: Keep, now: datetime) -> dict[str, int]:
    """Compare the ledger with itself and with the registers; an alert for each that differs."""
    return {"unbalanced_streams": len(check_ledger())}


_DUTIES: Final[Mapping[str, Callable[[Keep, datetime], dict[str, int]]]] = {
    "freshness": find_late_streams,
    "ledger": find_unbalanced_streams,
    "batches": end_dead_batches,
    "versions": delete_versions,
    "quarantine": empty_resolved_rows,
    "landing": clear_landing_zone,
    "keys": renew_keys,
    "runs": delete_runs,
}


def run_duty(name: str, now: datetime | None = None) -> dict[str, int]:
    """Do one duty; what it deleted and what it kept, in numbers.

    Args:
        name: one of `hub.retention.DUTIES`.
        now: the time by which ages are reckoned; None for the present.

    Raises:
        SettingsError: a time in the settings is no time.
        LandingError: landing zone or key file cannot be reached.
        MotlanError: the warehouse does not answer, or refuses.
    """
    return _DUTIES[name](read_keep(), now or datetime.now(UTC))
