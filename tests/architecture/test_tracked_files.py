"""What no tracked file may hold: registry hosts, machine paths, SQL outside its place."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOST = re.compile(
    r"(?i)\b(?:[\w-]+\.)*(?:pypi\.org|pythonhosted\.org|artifactory|nexus3?|jfrog\.io)\b"
)
MACHINE_PATH = re.compile(r"(?<![\w.<{$/])/(?:home|root|Users|work|opt)/[\w.-]+")
SQL = re.compile(
    r"(?is)^\s*(?:SELECT\s.+?\sFROM\s|INSERT\s+INTO\s|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s"
    r"|CREATE\s+(?:TABLE|INDEX|VIEW|SCHEMA|ROLE)\s|ALTER\s+(?:TABLE|ROLE)\s|DROP\s+TABLE\s)"
)
SQL_PLACES = ("benchmarks", "mocks", "tests", "warehouse")
SQL_WITH_A_REASON = {
    "hub/rules.py": "the words with which a contract's own SQL rule must begin",
    "standardisation/reference/build.py": "reads a package's SQLite file; never runs in service",
}


def list_tracked() -> list[Path]:
    """The files that git knows and that are text."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    paths = (ROOT / name for name in listed.split("\0") if name)
    return [path for path in paths if path.is_file() and is_text(path)]


def is_text(path: Path) -> bool:
    """Whether a file reads as UTF-8."""
    try:
        path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return False
    return True


def find_sql(source: str) -> list[str]:
    """The string literals of a module, docstrings apart, that are SQL statements."""
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
        and SQL.match(node.value)
    ]


def test_no_tracked_file_names_a_registry_or_a_path_of_a_machine() -> None:
    this = Path(__file__).resolve()
    found = {
        str(path.relative_to(ROOT)): match.group()
        for path in list_tracked()
        if path != this
        for text in [path.read_text(encoding="utf-8")]
        for match in [*HOST.finditer(text), *MACHINE_PATH.finditer(text)]
    }
    assert found == {}


@pytest.mark.parametrize(
    "text", ["https://pypi" + ".org/simple", "see /home/ana/motlan", "/opt/motlan"]
)
def test_a_host_or_path_would_be_found(text: str) -> None:
    assert HOST.search(text) or MACHINE_PATH.search(text)


def test_sql_stands_in_the_warehouse_and_the_mocks_only() -> None:
    found = {
        str(path.relative_to(ROOT)): statement[:60]
        for path in list_tracked()
        if path.suffix == ".py"
        and path.relative_to(ROOT).parts[0] not in SQL_PLACES
        and str(path.relative_to(ROOT)) not in SQL_WITH_A_REASON
        for statement in find_sql(path.read_text())
    }
    assert found == {}


def test_sql_in_a_string_would_be_found_and_prose_would_not() -> None:
    assert find_sql('query = "select pin\\nfrom golden.person"') != []
    assert find_sql('"""Select what comes from the register."""') == []
    assert find_sql('message = "Update the contract and set its bound."') == []
