"""Tells open alerts by every configured channel, each alert once a channel.

What is told stands in the warehouse before anybody is told (an outbox): a channel that fails now is
tried again later, and nothing that was opened is forgotten when a process dies.
"""

import logging
import threading
from dataclasses import dataclass
from typing import Final

from hub.errors import MotlanError
from hub.settings import Settings, get_settings
from sight.channels import configured_channels
from warehouse.alerts import tell_each

_log = logging.getLogger("motlan.sight")
_SECONDS: Final = 10.0


@dataclass(frozen=True)
class Told:
    """How many alerts were told, and how many channels did not take theirs."""

    told: int
    failed: int


def tell_alerts(settings: Settings | None = None) -> Told:
    """Send every open alert by each channel that was not told it yet.

    Raises:
        SettingsError: a channel is named by half.
        WarehouseUnavailableError: the warehouse does not answer.
    """
    told = failed = 0
    for channel, send in configured_channels(settings).items():
        sent, refused = tell_each(channel, send)
        told, failed = told + sent, failed + refused
    return Told(told, failed)


def tell_soon() -> None:
    """Tell beside what the caller does, and hold it up for ten seconds at most; never fails."""
    settings = get_settings()

    def tell() -> None:
        try:
            tell_alerts(settings)
        except MotlanError as error:
            _log.warning("Alerts were not told: %s", error)

    try:
        if not configured_channels(settings):
            return
    except MotlanError as error:
        _log.warning("Alerts are not told: %s", error)
        return
    teller = threading.Thread(target=tell, name="motlan-telling", daemon=True)
    teller.start()
    teller.join(_SECONDS)
