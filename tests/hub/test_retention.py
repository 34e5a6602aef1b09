"""How long things are kept: as the settings say, or by default."""

from datetime import timedelta

import pytest

from hub.errors import SettingsError
from hub.retention import SETTINGS, Keep, read_keep


def test_each_time_has_a_setting_a_default_and_a_way_to_say_never(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = [setting for setting, _ in SETTINGS.values()]
    for setting in settings:
        monkeypatch.delenv(setting, raising=False)
    usual = read_keep()
    assert (usual.records, usual.unfinished) == (timedelta(days=3650), timedelta(days=2))
    for setting in settings:
        monkeypatch.setenv(setting, "never")
    assert read_keep() == Keep(*[None] * len(settings))
    monkeypatch.setenv("MOTLAN_KEEP_RECORDS", "2y")
    assert read_keep().records == timedelta(days=730)


@pytest.mark.parametrize("text", ["90", "0d", "-3d", "1.5y", "90 d", "forever", "٣d"])
def test_what_is_no_time_is_refused_with_its_setting(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("MOTLAN_KEEP_RESOLVED", text)
    with pytest.raises(SettingsError, match=r"MOTLAN_KEEP_RESOLVED is .*90d or 10y"):
        read_keep()
