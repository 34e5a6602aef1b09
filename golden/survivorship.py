"""Survivorship: which source wins a golden field. The contracts say it, this gathers it."""

from collections.abc import Iterable
from itertools import groupby, pairwise

from hub.contract import Contract, Dataset
from hub.errors import ContractError
from warehouse.golden import Survivor


def list_survivors(contracts: Iterable[Contract]) -> list[Survivor]:
    """Every golden field with the sources that state it, the winner first.

    Raises:
        ContractError: two sources claim one rank of a field, or a list and a value share a name.
    """
    found = [
        survivor
        for contract in contracts
        for dataset in contract.datasets
        for survivor in _stated_by(dataset)
    ]
    found.sort(key=lambda survivor: (survivor.field, survivor.rank, survivor.source))
    for field, group in groupby(found, key=lambda survivor: survivor.field):
        ranked = list(group)
        for higher, lower in pairwise(ranked):
            if higher.rank == lower.rank:
                message = (
                    f"Golden field {field} has rank {higher.rank} in both {higher.stream} and "
                    f"{lower.stream}; give one of them another rank."
                )
                raise ContractError(message)
    return found


def _stated_by(dataset: Dataset) -> list[Survivor]:
    if dataset.golden is not None:
        return [Survivor(dataset.golden.list, dataset.source, dataset.stream, 1)]
    if dataset.linkage is None:
        return []
    return [
        Survivor(name, dataset.source, dataset.stream, field.golden.rank)
        for field in dataset.fields
        if field.golden
        for name in field.golden.columns(field.name)
    ]
