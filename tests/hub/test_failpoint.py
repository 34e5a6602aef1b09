"""A point acts once, at the count it was told, and leaves word of it before it acts."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hub.errors import SettingsError
from hub.failpoint import VARIABLE, FailpointError, marker_path, reach

PASS_THRICE = "from hub.failpoint import reach\nfor _ in range(3): reach('K05')\nprint('through')"


def pass_points(asked: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Reach K05 three times in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", PASS_THRICE],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "MOTLAN_HOME": str(folder), VARIABLE: asked},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_point_kills_once_at_its_count_and_the_rerun_goes_through(tmp_path: Path) -> None:
    killed = pass_points("K05:2:SIGKILL", tmp_path)
    assert (killed.returncode, killed.stdout) == (-signal.SIGKILL, "")
    said = json.loads(marker_path("K05", tmp_path).read_text())
    assert (said["point"], said["count"], said["action"]) == ("K05", 2, "SIGKILL")
    again = pass_points("K05:2:SIGKILL", tmp_path)
    assert (again.returncode, again.stdout) == (0, "through\n")


def test_the_marker_lies_where_the_fourth_word_says_and_other_points_do_not_act(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, f"K06:1:exception:{tmp_path}")
    reach("K05")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FailpointError):
        reach("K06")
    assert marker_path("K06", tmp_path).exists()
    reach("K06")


@pytest.mark.parametrize("asked", ["K05", "K05:x:SIGKILL", "K05:1:SIGTERM"])
def test_a_misspelt_wish_is_refused_and_not_passed_over(
    asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, asked)
    with pytest.raises(SettingsError, match="POINT:COUNT:ACTION"):
        reach("K05")


def test_without_the_variable_a_point_is_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    reach("K05")
