"""Taken out of a copy of the code, what the engine relies on is missed by a named test."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from three_sources import ROOT

from .killpoints import SOAK
from .mutants import ESSENTIAL, MUTANTS, Mutant

SECONDS_MAX = 300
LEFT_OUT = shutil.ignore_patterns(".*", "build", "*.egg-info", "__pycache__")
PASSED, FAILED = 0, 1
"""pytest's exit codes; 2 and more say that no test was run at all."""

Run = Callable[[str], subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, to be changed and changed back."""
    return shutil.copytree(ROOT, tmp_path_factory.mktemp("mutants") / "tree", ignore=LEFT_OUT)


@pytest.fixture
def run(tree: Path, tmp_path: Path) -> Run:
    """Runs a test of the copy, on the copy's code."""

    def run_test(test: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"),
                *(f"--basetemp={tmp_path / 'inner'}", test),
            ],
            cwd=tree,
            env={**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS_MAX,
        )

    return run_test


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_applies_once_and_names_a_test_that_is_there(mutant: Mutant) -> None:
    assert (ROOT / mutant.module).read_text(encoding="utf-8").count(mutant.old) == 1
    path, _, name = mutant.test.partition("::")
    assert f"def {name.partition('[')[0]}(" in (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("mutant", MUTANTS if SOAK else ESSENTIAL, ids=lambda mutant: mutant.name)
def test_what_is_taken_out_is_missed(
    mutant: Mutant, tree: Path, run: Run, record_property: Callable[[str, object], None]
) -> None:
    path = tree / mutant.module
    whole = path.read_text(encoding="utf-8")
    assert whole.count(mutant.old) == 1, "the mutant must apply exactly once"
    green = run(mutant.test)
    assert green.returncode == PASSED, green.stdout
    path.write_text(whole.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        red = run(mutant.test)
    finally:
        path.write_text(whole, encoding="utf-8")
    assert red.returncode == FAILED, red.stdout
    assert f"FAILED {mutant.test}" in red.stdout
    record_property("killed by", mutant.test)
