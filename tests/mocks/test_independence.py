"""A mock knows its owner's words only: it imports nothing of the hub's, and no other source."""

import ast
from pathlib import Path

import mocks

ROOT = Path(mocks.__file__).parent
PACKAGES = {path.name for path in ROOT.parent.iterdir() if (path / "__init__.py").is_file()}
SOURCES = ("population", "social_insurance", "land_registry")


def imported(path: Path) -> set[str]:
    """The dotted names that a module imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def test_the_mocks_import_no_other_package_of_the_project() -> None:
    modules = sorted(ROOT.rglob("*.py"))
    foreign = {
        path.relative_to(ROOT).as_posix(): names
        for path in modules
        if (
            names := {name for name in imported(path) if name.split(".")[0] in PACKAGES - {"mocks"}}
        )
    }
    assert len(modules) > 30
    assert "hub" in PACKAGES
    assert foreign == {}


def test_a_source_imports_neither_another_source_nor_the_generator() -> None:
    for source in SOURCES:
        names = set().union(*(imported(path) for path in (ROOT / source).glob("*.py")))
        ours = {name for name in names if name.split(".")[0] == "mocks"}
        assert {n for n in ours if not n.startswith(f"mocks.{source}")} <= {"mocks.database"}
