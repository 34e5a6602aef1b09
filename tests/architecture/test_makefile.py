"""The Makefile explains itself, and CI runs its targets and nothing else."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def list_targets(makefile: str) -> set[str]:
    """Every target that a Makefile declares as a command."""
    return set(re.findall(r"^\.PHONY: (\S+)$", makefile, re.MULTILINE))


def test_bare_make_prints_every_target_with_what_it_does() -> None:
    shown = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    explained = dict(re.findall(r"^  (\S+) +(\S.*)$", shown, re.MULTILINE))
    assert set(explained) == list_targets(MAKEFILE)


def test_a_target_without_help_would_be_found() -> None:
    assert list_targets(MAKEFILE + "\n.PHONY: secret\nsecret:\n\t@true\n") - list_targets(
        MAKEFILE
    ) == {"secret"}


def test_ci_runs_existing_targets() -> None:
    called = re.findall(r"^make (\S+)$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    assert called == ["env", "check", "test", "demo-check"]
    assert set(called) <= list_targets(MAKEFILE)
