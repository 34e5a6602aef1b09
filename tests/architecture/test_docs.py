"""What the documents name exists: commands, targets, files, variables, tables and words."""

import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.contracts import lint
from cli.environment import SECRETS
from cli.main import app
from cli.processes import port_setting
from hub.contract import load_contracts, parse_contract
from hub.settings import ROLES
from warehouse.tables import history_table, standard_table

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "NOTICE.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
TEXTS = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in DOCUMENTS}
GLOSSARY = TEXTS["docs/glossary.md"]
COMMAND = re.compile(r"(?:`|^|bin/)motlan ([a-z][^`\n#|]*)", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)")
PATH = re.compile(
    r"`((?:[a-z_.]+/)+[\w.-]*\.(?:py|sql|yml|md|csv|txt|json|Dockerfile)|docker-compose\.yml)`"
)
GENERATED = ("keys/", "logs/", "run/", ".motlan/", "airflow/")
SCHEMAS = ("sync", "stage", "standard", "quality", "link", "golden", "lookup", "audit")


def list_options(words: str) -> tuple[list[str], list[str]]:
    """The words of a call before its first argument, and its options."""
    parts = words.split()
    options = [part.partition("=")[0].strip("[].,;)") for part in parts if "--" in part]
    names = []
    for part in parts:
        if not re.fullmatch(r"[a-z]+", part.rstrip(".,;:)")):
            break
        names.append(part.rstrip(".,;:)"))
    return names, options


def find_command(names: list[str]) -> Any:
    """The command that a call runs; None if there is none."""
    command: Any = typer.main.get_command(app)
    for name in names:
        if not hasattr(command, "commands"):
            break  # an argument
        first = command.commands.get(getattr(command, "first", ""))
        command = command.commands.get(name, first)
        if command is None:
            return None
    if hasattr(command, "first"):
        command = command.commands[command.first]  # all the words are its arguments
    return None if hasattr(command, "commands") else command


def explain_call(words: str) -> str | None:
    """What is wrong with a call of `motlan`; None if nothing is."""
    names, options = list_options(words)
    command = find_command(names)
    if command is None:
        return f"there is no motlan {words.strip()}"
    known = {option for parameter in command.params for option in parameter.opts}
    unknown = set(options) - known - {"--help"}
    return f"motlan {words.strip()}: no option {sorted(unknown)}" if unknown else None


def is_there(document: str, name: str) -> bool:
    """Whether a path named in a document exists, beside it or from the root."""
    return (ROOT / name).exists() or (ROOT / document).parent.joinpath(name).exists()


@cache
def read_code() -> str:
    """Code, what of tests has settings, compose file and Makefile in one text; documents apart."""
    kinds = ("*.py", "*.sql", "*.yml", "*.Dockerfile")
    folders = [path.parent for path in ROOT.glob("*/__init__.py")]
    paths = [path for folder in (*folders, ROOT / "docker") for kind in kinds
             for path in folder.rglob(kind)]  # fmt: skip
    paths += [ROOT / "docker-compose.yml", ROOT / "Makefile"]
    paths.append(ROOT / "tests" / "faults" / "test_simulation.py")
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


@cache
def read_tables() -> dict[str, str]:
    """Table, view or function -> the statement that makes it; `standard` from the contracts."""
    migrations = sorted((ROOT / "warehouse" / "migrations" / "versions").glob("*.sql"))
    found: dict[str, str] = {}
    for path in migrations:
        text = path.read_text(encoding="utf-8")
        for match in re.finditer(r"(?ms)^CREATE (?:TABLE|VIEW|FUNCTION) ([\w.]+).*?;$", text):
            found[match[1]] = match[0]
    for contract in load_contracts([ROOT / "contracts"]).values():
        for dataset in contract.datasets:
            for table in (standard_table(dataset), history_table(dataset)):
                found[f"standard.{table.name}"] = " ".join(table.columns.keys())
    return found


def explain_word(word: str) -> str | None:
    """What is wrong with a word of the glossary's last column; None if nothing is."""
    if "/" in word:
        return None if (ROOT / word).exists() else f"there is no file {word}"
    head, _, rest = word.partition(".")
    if head in SCHEMAS and rest:
        name, _, column = rest.partition(".")
        statement = read_tables().get(f"{head}.{name}")
        if statement is not None:
            there = not column or re.search(rf"\b{column}\b", statement)
            return None if there else f"{head}.{name} has no column {column}"
    if "." not in word:
        return None if re.search(rf"\b{word}\b", read_code()) else f"{word} is nowhere in the code"
    return None if has_attribute(word) else f"there is no {word}"


def has_attribute(word: str) -> bool:
    """Whether a dotted name can be imported: packages, a module, then what is in it."""
    parts = word.split(".")
    for end in range(len(parts), 0, -1):
        try:
            thing: Any = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for name in parts[end:]:
            fields = getattr(thing, "model_fields", {}) | getattr(thing, "__annotations__", {})
            if not hasattr(thing, name) and name not in fields:
                return False
            thing = getattr(thing, name, None)
        return True
    return False


def list_glossary_words() -> Iterator[str]:
    """The words in the last column of the glossary's tables of five columns."""
    for line in GLOSSARY.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 5:
            yield from re.findall(r"`([^`]+)`", cells[4])


@pytest.mark.parametrize("document", TEXTS)
def test_every_command_exists_with_its_options(document: str) -> None:
    calls = (match[1] for match in COMMAND.finditer(TEXTS[document]))
    assert [wrong for words in calls if (wrong := explain_call(words))] == []


@pytest.mark.parametrize("document", TEXTS)
def test_every_make_target_exists(document: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^\.PHONY: (\S+)$", makefile, re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", TEXTS[document], re.MULTILINE))
    assert named - targets == set()


@pytest.mark.parametrize("document", TEXTS)
def test_every_link_and_file_exists(document: str) -> None:
    text = TEXTS[document]
    named = {*LINK.findall(text), *PATH.findall(text)}
    named = {name for name in named if not name.startswith(GENERATED)}
    assert {name for name in named if not is_there(document, name)} == set()


@pytest.mark.parametrize("document", TEXTS)
def test_every_environment_variable_exists(document: str) -> None:
    named = set(re.findall(r"\b(?:MOTLAN|MOCK)_[A-Z][A-Z_]*[A-Z]\b", TEXTS[document]))
    built = {f"MOTLAN_WAREHOUSE_URL_{role.upper()}" for role in ROLES} | set(SECRETS)
    built |= {port_setting(name) for name in ("lookup", "dashboard", "airflow_api", "population")}
    built |= {port_setting("postgres_warehouse"), "MOTLAN_PORT", "MOTLAN_CONN", "MOTLAN_PASSWORD"}
    built.add("MOTLAN_CONN_BUSINESS_REGISTRY")
    code = read_code()
    assert {name for name in named - built if not re.search(rf"\b{name}\b", code)} == set()


def test_every_word_of_the_glossary_is_in_the_code() -> None:
    words = list(list_glossary_words())
    assert len(words) > 100
    assert [wrong for word in words if (wrong := explain_word(word))] == []


def test_every_term_of_the_glossary_stands_there_once() -> None:
    tables = GLOSSARY.partition("## Use this, not that")[0]
    terms = [line.split("|")[1].strip() for line in tables.splitlines() if line.startswith("| ")]
    terms = [term for term in terms if term != "English"]
    assert sorted({term for term in terms if terms.count(term) > 1}) == []


def test_the_contract_that_the_reader_is_taken_through_is_accepted(tmp_path: Path) -> None:
    text = TEXTS["docs/adding-a-source.md"]
    block = re.search(r"<!-- contract: (\w+) -->\n```yaml\n(.*?)```", text, re.DOTALL)
    assert block is not None
    (tmp_path / f"{block[1]}.yml").write_text(block[2], encoding="utf-8")
    (source, line), *others = lint([tmp_path]).items()
    assert others == []
    assert f"{source}: {line}" in text
    assert len(parse_contract(block[2]).datasets) == 1


def test_every_decision_is_listed() -> None:
    pages = {path.name for path in (ROOT / "docs" / "adr").glob("*.md")}
    listed = set(re.findall(r"\((\d{4}-[\w-]+\.md)\)", TEXTS[sorted(
        name for name in TEXTS if name.startswith("docs/adr/")
    )[0]]))  # fmt: skip
    assert pages - listed == {"0001-record-architecture-decisions.md"}


@pytest.mark.parametrize("words", ["sink population", "sync population --fast", "quarantine empty"])
def test_a_command_that_does_not_exist_would_be_found(words: str) -> None:
    assert explain_call(words) is not None


@pytest.mark.parametrize("word", ["sync.bunch", "sync.batch.colour", "hub.rules.Rue", "motlan_x"])
def test_a_word_that_does_not_exist_would_be_found(word: str) -> None:
    assert explain_word(word) is not None
