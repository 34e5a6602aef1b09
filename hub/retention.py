"""How long what the hub no longer answers with is kept, before it is deleted for good.

Every time is a setting, such as ``90d`` or ``10y``; ``never`` keeps it for ever, and a landing key
in use. What a source's contract says of its own records goes before ``MOTLAN_KEEP_RECORDS``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from hub.errors import SettingsError
from hub.settings import get_settings

NEVER: Final = "never"
_TIME: Final = re.compile(r"(?P<number>[1-9][0-9]{0,3})(?P<unit>[dy])", re.ASCII)
_DAYS: Final = {"d": 1, "y": 365}


@dataclass(frozen=True)
class Keep:
    """The times of one hub; None is never.

    ``records``: replaced versions of rows, and landed files that no version points to, where the
    contract says nothing. ``overtaken``: landed files of batches that were never published.
    ``unfinished``: what a run that died left half-done. ``resolved``: the sealed row of what has
    left the quarantine. ``runs``: the history of runs. ``rotate_keys``: the age at which a landing
    key is replaced. ``old_keys``: how long a replaced key stays at least, needed or not.
    """

    records: timedelta | None
    overtaken: timedelta | None
    unfinished: timedelta | None
    resolved: timedelta | None
    runs: timedelta | None
    rotate_keys: timedelta | None
    old_keys: timedelta | None


SETTINGS: Final[Mapping[str, tuple[str, str]]] = {
    "records": ("MOTLAN_KEEP_RECORDS", "10y"),
    "overtaken": ("MOTLAN_KEEP_OVERTAKEN", "30d"),
    "unfinished": ("MOTLAN_KEEP_UNFINISHED", "2d"),
    "resolved": ("MOTLAN_KEEP_RESOLVED", "90d"),
    "runs": ("MOTLAN_KEEP_RUNS", "400d"),
    "rotate_keys": ("MOTLAN_ROTATE_KEYS_AFTER", "90d"),
    "old_keys": ("MOTLAN_KEEP_OLD_KEYS", "30d"),
}
"""Each time: the setting that names it, and what holds without."""

DUTIES: Final = (
    "freshness",
    "ledger",
    "batches",
    "versions",
    "quarantine",
    "landing",
    "keys",
    "runs",
)
"""What keeping house consists of, in the order that it needs (`warehouse.maintenance`)."""


def read_keep() -> Keep:
    """The times as the settings name them.

    Raises:
        SettingsError: one is no time.
    """
    values = get_settings().values
    return Keep(
        **{
            name: _read_time(setting, values.get(setting) or usual)
            for name, (setting, usual) in SETTINGS.items()
        }
    )


def _read_time(setting: str, text: str) -> timedelta | None:
    if text == NEVER:
        return None
    found = _TIME.fullmatch(text)
    if found is None:
        message = (
            f"{setting} is {text!r}; say a number of days or years, like 90d or 10y, or never."
        )
        raise SettingsError(message)
    return timedelta(days=int(found["number"]) * _DAYS[found["unit"]])
