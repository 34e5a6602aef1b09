"""The landing keys: a new one when the current is old, the old ones gone when nobody needs them.

Landed files keep the key that sealed them, and stay readable as long as it is in the key file.
Quarantined rows are sealed anew with the current key, so that nothing but landed files ever needs
an old one.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from hub.errors import LandingError
from hub.retention import Keep
from hub.settings import get_settings
from warehouse.connection import connect, driver_connection, hold, transaction
from warehouse.landing_retention import list_key_ids
from warehouse.queries import load
from warehouse.sealing import (
    SealingKeys,
    read_keys,
    remove_keys,
    rotate_keys,
    seal_bytes,
    unseal_bytes,
)

_SQL = load("retention")
_PORTION = 500


def renew_keys(keep: Keep, now: datetime) -> dict[str, int]:
    """Rotate the landing keys by age, seal open rows anew, remove the keys that nobody needs.

    A key of which nobody knows when it was made counts as old.

    Raises:
        LandingError: there is no key file, or it may not be written here.
    """
    rotated = _rotate(keep, now)
    resealed, unreadable = _reseal_rows()
    return {
        "rotated": rotated,
        "resealed_rows": resealed,
        "rows_without_key": unreadable,
        "removed_keys": _remove_unneeded(keep, now),
        "keys": len(read_keys().keys),
    }


def _rotate(keep: Keep, now: datetime) -> int:
    if keep.rotate_keys is None:
        return 0
    with transaction("pipeline") as held:
        hold(held, "landing_keys")
        keys = read_keys()
        made = keys.made.get(keys.current)
        if made is not None and made >= now - keep.rotate_keys:
            return 0
        _write_key_file(rotate_keys)
    return 1


def _reseal_rows() -> tuple[int, int]:
    """(rows sealed anew, rows whose key is not in the key file any more)."""
    keys = read_keys()
    words: dict[str, Any] = {"after": 0, "key": keys.current.encode(), "portion": _PORTION}
    resealed = unreadable = 0
    while True:
        with connect("pipeline") as connection:
            rows = connection.execute(_SQL["list_rows_to_reseal"], words).fetchall()
            for quarantine_id, stream, record_id, raw_row in rows:
                context = f"{stream}|{record_id}"
                try:
                    plain = unseal_bytes(raw_row, context=context, keys=keys)
                except LandingError:
                    unreadable += 1
                    continue
                sealed = seal_bytes(plain, context=context, keys=keys)
                row = {"quarantine_id": quarantine_id, "raw_row": raw_row, "sealed": sealed}
                resealed += connection.execute(_SQL["reseal_row"], row).rowcount
        if len(rows) < _PORTION:
            return resealed, unreadable
        words["after"] = rows[-1][0]


def _remove_unneeded(keep: Keep, now: datetime) -> int:
    """Remove keys that were replaced long enough ago and that seal nothing which is still there."""
    keys = read_keys()
    if keep.old_keys is None:
        return 0
    old = {key_id for key_id in keys.keys if _is_old(keys, key_id, now - keep.old_keys)}
    of_files = list_key_ids() if old else None
    if of_files is None:
        return 0
    with transaction("pipeline") as held:
        hold(held, "landing_keys")
        connection = driver_connection(held)
        used = {key_id for (key_id,) in connection.execute(_SQL["list_keys_in_use"])}
        gone = old - of_files - used
        if gone:
            _write_key_file(partial(remove_keys, key_ids=gone))
    return len(gone)


def _is_old(keys: SealingKeys, key_id: str, before: datetime) -> bool:
    retired = keys.retired_at(key_id)
    return retired is not None and retired < before


def _write_key_file(change: Callable[[Path], object]) -> None:
    path = get_settings().landing_keys
    try:
        change(path)
    except OSError as error:
        message = (
            f"The key file {path} cannot be written here ({error.strerror}); run `motlan "
            "maintenance run` where it can, or set MOTLAN_ROTATE_KEYS_AFTER=never."
        )
        raise LandingError(message) from error
