"""What `.ci/run` relies on: no test that must run is skipped in silence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("required", "exit_code"), [("1", 1), ("", 0)])
def test_without_a_chromium_the_browser_tests_fail_where_one_is_required(
    required: str, exit_code: int, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, f"--basetemp={tmp_path / 'inner'}", "tests/browser"],
        env={**os.environ, "PATH": str(tmp_path), "MOTLAN_REQUIRE_CHROMIUM": required},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == exit_code, done.stdout
    assert "No Chromium found: `apt install chromium`" in done.stdout


def test_the_run_requires_a_chromium_wherever_one_may_be_installed() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert script.count("export MOTLAN_REQUIRE_CHROMIUM=1") == 2
