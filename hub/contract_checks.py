"""What a contract must be beside well-formed: its parts must fit each other."""

from hub.dataset import OWN_COLUMNS, Contract, Dataset
from hub.errors import ContractError


def check_references(contract: Contract) -> None:
    """Refuse a contract that speaks of what it does not have.

    Raises:
        ContractError: names the dataset, and what it lacks or has twice.
    """
    if not contract.datasets:
        message = "schema lists no dataset."
        raise ContractError(message)
    for dataset in contract.datasets:
        if not dataset.key_fields:
            message = f"{dataset.stream} has no primaryKey; nothing could be told apart."
            raise ContractError(message)
        if dataset.sync.mode == "incremental" and not dataset.sync.cursor:
            message = f"{dataset.stream} is incremental and needs sync.cursor."
            raise ContractError(message)
        if dataset.sync.deletes == "tombstone" and not dataset.sync.tombstone:
            message = f"{dataset.stream} deletes by tombstone and needs sync.tombstone."
            raise ContractError(message)
        named = [dataset.sync.cursor, dataset.sync.tombstone]
        named += [dataset.linkage.parties] if dataset.linkage else []
        for name in filter(None, named):
            dataset.get_field(name)
        _check_golden(contract, dataset)
        _check_rule_ids(dataset)
        _check_columns(dataset)


def _check_golden(contract: Contract, dataset: Dataset) -> None:
    golden = dataset.golden
    if golden is None:
        return
    if golden.of and golden.by:
        contract.get_dataset(golden.of)
        dataset.get_field(golden.by)
    elif not dataset.linkage:
        message = f"{dataset.stream}: golden needs 'of' and 'by', or a linkage of its own."
        raise ContractError(message)
    for target in golden.embed.values():
        other, _, by = target.partition(".")
        contract.get_dataset(other)
        dataset.get_field(by)


def _check_rule_ids(dataset: Dataset) -> None:
    seen: set[str] = set()
    for rule in dataset.rules:
        if rule.rule_id in seen:
            message = f"{dataset.stream} has two rules called {rule.rule_id}."
            raise ContractError(message)
        seen.add(rule.rule_id)


def _check_columns(dataset: Dataset) -> None:
    seen = set(OWN_COLUMNS)
    for field in dataset.fields:
        for name in field.columns:
            if name in seen:
                message = (
                    f"{dataset.stream}.{field.name} would make a column {name}, which is taken; "
                    "give the field another name."
                )
                raise ContractError(message)
            seen.add(name)
