"""`motlan contract`: check the contracts, and lay out their tables."""

from collections.abc import Iterable
from pathlib import Path

from hub.contract import load_contracts


def lint(folders: Iterable[Path]) -> dict[str, str]:
    """Check the contracts of some folders: source -> what it promises, in one line.

    Every option of a connector and a standardiser is one that is heeded, every suite compiles, and
    the sources agree on who wins each golden field.

    Raises:
        ContractError: a contract is refused; says where and why.
    """
    from connectors.ingest import check_options
    from expectations.suites import compile_suite
    from golden.survivorship import list_survivors
    from standardisation.kinds import check_field_options

    checked = {}
    contracts = load_contracts(folders)
    list_survivors(contracts.values())
    for source, contract in contracts.items():
        check_options(contract)
        check_field_options(contract)
        for dataset in contract.datasets:
            compile_suite(dataset)
        names = ", ".join(dataset.name for dataset in contract.datasets)
        checked[source] = f"version {contract.version}, {contract.connector}, {names}"
    return checked


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
