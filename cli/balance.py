"""Whether the warehouse holds what the sources hold, key by key.

The check asks the databases of the mock sources themselves, which the hub never does: what a
ledger says of its own batches cannot show a row that no batch ever held.
"""

from collections.abc import Mapping

from hub.contract import Dataset, get_contract
from hub.errors import MotlanError
from mocks.keys import list_live_keys
from warehouse.keys import list_held_keys

# Source -> the schema of its tables, which are called as the contract calls a dataset.
SCHEMAS = {"population": "dan_cu", "social_insurance": "bhxh", "land_registry": "dia_chinh"}


class BalanceError(MotlanError):
    """The warehouse lacks a row of a source, or holds one that the source has not."""


def ensure_complete(databases: Mapping[str, str]) -> int:
    """Compare every dataset with its source's own database; how many rows there are.

    Args:
        databases: source -> URL of its own database, as its owner opens it.

    Raises:
        BalanceError: names the datasets and how many rows differ, never their keys.
    """
    differing, rows = [], 0
    for source, database in databases.items():
        for dataset in get_contract(source).datasets:
            expected, held = list_source_keys(dataset, database), list_held_keys(dataset)
            rows += len(expected)
            missing, extra = len(expected - held), len(held - expected)
            if missing or extra:
                differing.append(f"{dataset.stream} lacks {missing} rows and has {extra} too many")
    if differing:
        message = f"The warehouse differs from the sources: {'; '.join(differing)}."
        raise BalanceError(message)
    return rows


def list_source_keys(dataset: Dataset, database: str) -> set[str]:
    """The keys of the live rows at the source."""
    tombstone = dataset.sync.tombstone
    return list_live_keys(
        database,
        f"{SCHEMAS[dataset.source]}.{dataset.physical_name.replace('-', '_')}",
        [field.physical_name for field in dataset.key_fields],
        dataset.get_field(tombstone).physical_name if tombstone else "",
    )
