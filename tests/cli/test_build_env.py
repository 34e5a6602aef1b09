"""`make env` says in one sentence what is in its way, and does nothing when nothing has changed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout, in a path with spaces, of what the environment depends on."""
    folder = tmp_path / "a checkout"
    shutil.copytree(ROOT / "requirements", folder / "requirements")
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def run_after(change: str, checkout: Path) -> subprocess.CompletedProcess[str]:
    """Run the program in an interpreter that was changed first."""
    program = str(checkout / "requirements" / "build_env.py")
    start = f"import runpy, shutil, sys\n{change}\nsys.argv = [{program!r}]\n"
    start += f"runpy.run_path({program!r}, run_name='__main__')"
    return subprocess.run(
        [sys.executable, "-c", start],
        env={"PATH": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_missing_module_for_venv_is_named_with_its_package(module: str, checkout: Path) -> None:
    ended = run_after(f"sys.modules[{module!r}] = None", checkout)
    assert ended.returncode == 1
    assert "has no venv module: install it" in ended.stderr
    assert f"apt install python3.{sys.version_info.minor}-venv" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_an_old_python_is_told_what_to_install(checkout: Path) -> None:
    ended = run_after("sys.version_info = (3, 9, 2)", checkout)
    assert ended.returncode == 1
    assert ended.stderr.startswith("Python 3.9 is too old: install Python 3.11 or later")
    assert len(ended.stderr.splitlines()) == 1


def test_a_full_disk_is_found_before_anything_is_written(checkout: Path) -> None:
    usage = "shutil._ntuple_diskusage(10, 9, 1)"
    ended = run_after(f"shutil.disk_usage = lambda path: {usage}", checkout)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"No disk space: {checkout} has 0.0 GB free")
    assert not (checkout / ".venv").exists()


def test_a_program_that_cannot_reach_the_index_says_what_to_do(checkout: Path) -> None:
    (checkout / "requirements" / "uv.txt").write_text("nothing-like-this==1.0\n")
    (checkout / "requirements" / "motlan.txt").write_text("nothing-like-this==1.0\n")
    ended = run_after("", checkout)
    assert ended.returncode == 1
    assert "check that the package index can be reached" in ended.stderr.splitlines()[-1]


def test_a_second_run_changes_nothing(checkout: Path) -> None:
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "motlan").touch()
    asked = "print(runpy.run_path({!r})['stamp']())".format(
        str(checkout / "requirements" / "build_env.py")
    )
    stamp = run_after(asked + "; sys.exit()", checkout).stdout.strip()
    (checkout / ".venv" / ".motlan-env").write_text(stamp)
    ended = run_after("", checkout)
    assert (ended.returncode, ended.stdout) == (0, "The environment .venv is up to date.\n")
