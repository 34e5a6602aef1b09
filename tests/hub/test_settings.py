"""What the settings refuse to read."""

import pytest

from hub.errors import SettingsError
from hub.settings import get_settings


def test_the_wait_before_another_try_is_thirty_seconds_or_a_whole_number_of_them() -> None:
    assert get_settings({"MOTLAN_ENV_FILE": "none"}).retry_seconds == 30
    told = {"MOTLAN_ENV_FILE": "none", "MOTLAN_RETRY_SECONDS": "5"}
    assert get_settings(told).retry_seconds == 5
    with pytest.raises(SettingsError, match=r"MOTLAN_RETRY_SECONDS is '1\.5'"):
        _ = get_settings({**told, "MOTLAN_RETRY_SECONDS": "1.5"}).retry_seconds
