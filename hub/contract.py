"""The contract: all that the hub knows about a source, and where it is found.

`hub.dataset` has what a contract comes to, `hub.odcs` reads its text; both are had from here.
"""

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from hub.dataset import OWN_COLUMNS, Bound, Contract, ContractField, Dataset
from hub.errors import ContractError
from hub.odcs import RECONCILE_SCHEDULE, parse_contract
from hub.settings import get_settings

__all__ = [
    "OWN_COLUMNS",
    "RECONCILE_SCHEDULE",
    "Bound",
    "Contract",
    "ContractField",
    "Dataset",
    "find_dataset",
    "get_contract",
    "load_contracts",
    "parse_contract",
    "read_contracts",
]
_NAME_LINE: Final = re.compile(rb"""^name:[ \t]*["']?(\w+)""", re.MULTILINE | re.ASCII)


def read_contracts(folders: Iterable[Path]) -> dict[str, Contract | ContractError]:
    """Read every ``*.yml`` of the folders: source -> contract, or why it is refused; sorted.

    Raises:
        ContractError: a folder is missing, or there is no contract at all.
    """
    found: dict[str, Contract | ContractError] = {}
    for source, paths in _list_files(folders).items():
        try:
            found[source] = _read_file(source, paths)
        except ContractError as error:
            found[source] = error
    return dict(sorted(found.items()))


def load_contracts(folders: Iterable[Path]) -> dict[str, Contract]:
    """Every contract of the folders, for whoever needs them all: source -> contract, sorted.

    Raises:
        ContractError: a folder is missing, holds no contract, or a contract is refused.
    """
    contracts = {}
    for source, found in read_contracts(folders).items():
        if isinstance(found, ContractError):
            raise found
        contracts[source] = found
    return contracts


def find_dataset(stream: str) -> tuple[Contract, Dataset]:
    """The contract and dataset of a stream, from the contract folders of the settings.

    Raises:
        ContractError: no contract speaks of the stream, or its contract is refused.
    """
    source, _, name = stream.partition(".")
    contract = get_contract(source)
    return contract, contract.get_dataset(name)


def get_contract(source: str) -> Contract:
    """The contract of a source, from the contract folders of the settings.

    No other source's file is read whole: what is wrong there does not stop this one.

    Raises:
        ContractError: there is none, or it is refused.
    """
    files = _list_files(get_settings().contract_folders)
    if source not in files:
        close = get_close_matches(source, files, n=1)
        meant = f"did you mean {close[0]!r}" if close else f"there are {', '.join(sorted(files))}"
        message = f"No contract speaks of a source {source!r}; {meant}?"
        raise ContractError(message)
    return _read_file(source, files[source])


def _list_files(folders: Iterable[Path]) -> dict[str, list[Path]]:
    """Source -> the files that claim it, by their line ``name:``, else by their own name."""
    claimed: dict[str, list[Path]] = {}
    for folder in folders:
        if not folder.is_dir():
            message = f"There is no contract folder {folder}; mend MOTLAN_CONTRACTS."
            raise ContractError(message)
        for path in sorted(folder.glob("*.yml")):
            named = _NAME_LINE.search(path.read_bytes())
            claimed.setdefault(named[1].decode() if named else path.stem, []).append(path)
    if not claimed:
        message = "No contract was found; MOTLAN_CONTRACTS names the folders to look in."
        raise ContractError(message)
    return claimed


def _read_file(source: str, paths: Sequence[Path]) -> Contract:
    path, *others = paths
    if others:
        message = f"{others[0].name}: source {source!r} has a contract already, {path}."
        raise ContractError(message)
    try:
        contract = parse_contract(path.read_text(encoding="utf-8"), name=path.name)
    except UnicodeDecodeError as error:
        message = f"{path.name} is not UTF-8; save it as UTF-8."
        raise ContractError(message) from error
    if contract.source != source:
        message = (
            f"{path.name}: `name: {contract.source}` must be a line of its own, at its beginning."
        )
        raise ContractError(message)
    return contract
