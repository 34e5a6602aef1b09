"""`motlan contract`: check the contracts, and lay out their tables."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cli.predicates import check_predicates
from hub.contract import Contract, load_contracts, parse_contract
from hub.drift import Change, compare_contracts
from hub.errors import ContractError

if TYPE_CHECKING:
    from warehouse.golden import Survivor

NEARLY: Final = 0.8
"""How alike two golden fields' names must be for one to be a slip of the other."""


def lint(folders: Iterable[Path]) -> dict[str, str]:
    """Check the contracts of some folders: source -> what it promises, in one line.

    Every option of a connector and a standardiser is one that is heeded, every suite compiles, a
    rule's SQL names columns that are there, and the sources agree on who wins each golden field. A
    golden field that no procedure can name yet is told, and refused where it looks misspelt.

    Raises:
        ContractError: a contract is refused; says where and why.
    """
    from connectors.ingest import check_options
    from expectations.suites import compile_suite
    from golden.survivorship import list_survivors
    from standardisation.kinds import check_field_options

    checked = {}
    contracts = load_contracts(folders)
    unnamed = list_unnamed_fields(list_survivors(contracts.values()))
    for source, contract in contracts.items():
        check_options(contract)
        check_field_options(contract)
        for dataset in contract.datasets:
            compile_suite(dataset)
            check_predicates(dataset)
        names = ", ".join(dataset.name for dataset in contract.datasets)
        checked[source] = f"version {contract.version}, {contract.connector}, {names}"
        if source in unnamed:
            fields = ", ".join(unnamed[source])
            checked[source] += f"; no procedure can name its golden field {fields} yet"
    return checked


def list_unnamed_fields(survivors: Iterable["Survivor"]) -> dict[str, list[str]]:
    """Source -> the golden fields that it states and the API has no name for.

    Raises:
        ContractError: such a field is nearly called as one that the API names.
    """
    from lookup.fields import GOLDEN_FIELDS

    unnamed: dict[str, list[str]] = {}
    for line in survivors:
        if line.field in GOLDEN_FIELDS:
            continue
        close = get_close_matches(line.field, GOLDEN_FIELDS, n=1, cutoff=NEARLY)
        if close:
            message = f"{line.stream}: golden field {line.field!r}; did you mean {close[0]!r}?"
            raise ContractError(message)
        unnamed.setdefault(line.source, []).append(line.field)
    return unnamed


def diff(old: Path, new: Path) -> list[Change]:
    """What has changed between two contracts, or between two folders of them.

    Raises:
        ContractError: one of them is refused, or two files speak of different sources.
    """
    before, after = _read(old), _read(new)
    if old.is_file() and new.is_file() and set(before) != set(after):
        message = f"{old.name} and {new.name} speak of different sources; compare like with like."
        raise ContractError(message)
    changes = []
    for source in sorted(before.keys() | after.keys()):
        if source not in after:
            changes.append(Change(source, "removed", "a source", "nothing", breaking=True))
        elif source not in before:
            changes.append(Change(source, "added", "nothing", "a source", breaking=False))
        else:
            changes.extend(compare_contracts(before[source], after[source]))
    return changes


def _read(path: Path) -> dict[str, Contract]:
    if path.is_dir():
        return load_contracts([path])
    try:
        contract = parse_contract(path.read_text(encoding="utf-8"), name=path.name)
    except (FileNotFoundError, UnicodeDecodeError) as error:
        message = f"{path} is no contract that can be read; name a YAML file or a folder."
        raise ContractError(message) from error
    return {contract.source: contract}


def apply(folders: Iterable[Path]) -> list[str]:
    """Make the `standard` tables that the contracts ask for; the streams laid out.

    Raises:
        ContractError: a contract is refused.
        SchemaDriftError: a contract breaks what was published under an earlier one.
    """
    from warehouse.ledger import apply_contract

    contracts = load_contracts(folders).values()
    for contract in contracts:
        apply_contract(contract)
    return [dataset.stream for contract in contracts for dataset in contract.datasets]
