"""The import rules hold, are sentences, and each one fails on a skeleton that breaks it."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RULES = CONFIGURATION["tool"]["importlinter"]
# A rule's name begins so -> a module and the import in it that must not be.
BROKEN = {
    "The command and the entry points": ("linkage", "import golden"),
    "Lookup and dashboard import no stage": ("lookup", "import connectors"),
    "Lookup and dashboard run without": ("dashboard", "import polars"),
    "The mock sources import nothing": ("mocks", "import hub"),
    "Only the command may start": ("connectors", "import mocks"),
    "Only dags imports Airflow": ("golden", "import airflow"),
    "Only the warehouse opens": ("lookup", "import psycopg"),
    "SQLAlchemy serves": ("linkage", "import sqlalchemy"),
    "The hub is words": ("hub", "import httpx"),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter with the project's rules on the packages of a folder."""
    command = "import sys; from importlinter.cli import lint_imports_command as run; run()"
    return subprocess.run(
        [sys.executable, "-c", command, "--config", str(ROOT / "pyproject.toml"), "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def make_skeleton(folder: Path) -> None:
    """Every package of the project, empty."""
    for package in RULES["root_packages"]:
        (folder / package).mkdir()
        (folder / package / "__init__.py").touch()


def test_the_rules_cover_every_package() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert packages == set(RULES["root_packages"])
    assert set(CONFIGURATION["tool"]["mypy"]["packages"]) == packages


def test_every_rule_has_a_skeleton_that_breaks_it() -> None:
    names = [contract["name"] for contract in RULES["contracts"]]
    assert len(names) == len(BROKEN)
    assert all(any(name.startswith(begin) for begin in BROKEN) for name in names)


def test_there_is_no_list_of_exceptions() -> None:
    assert not any("ignore_imports" in contract for contract in RULES["contracts"])


def test_the_project_keeps_its_import_rules() -> None:
    linted = lint(ROOT)
    assert linted.returncode == 0, linted.stdout


def test_an_empty_skeleton_keeps_the_rules(tmp_path: Path) -> None:
    make_skeleton(tmp_path)
    linted = lint(tmp_path)
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("begin", BROKEN)
def test_a_broken_skeleton_breaks_the_rule(begin: str, tmp_path: Path) -> None:
    make_skeleton(tmp_path)
    package, statement = BROKEN[begin]
    (tmp_path / package / "__init__.py").write_text(statement + "\n")
    linted = lint(tmp_path)
    assert linted.returncode == 1
    broken = [line for line in linted.stdout.splitlines() if line.endswith("BROKEN")]
    assert any(line.startswith(begin) for line in broken), linted.stdout
