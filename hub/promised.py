"""The owner's columns that a dataset needs, whichever way they are used."""

from typing import Final

from hub.contract import Dataset

_NAMED_IN_OPTIONS: Final = {"owner_parties": ("numbers", "birthYears")}
"""Field kind -> those of its options that name further columns of the owner."""


def promised_columns(dataset: Dataset) -> dict[str, str]:
    """Owner's column -> field kind, in the contract's order.

    Columns that a standardiser's options name are promised too; they are plain text.
    """
    found: dict[str, str] = {}
    for field in dataset.fields:
        found.setdefault(field.physical_name, field.kind)
        for option in _NAMED_IN_OPTIONS.get(field.kind, ()):
            if option in field.options:
                found.setdefault(str(field.options[option]), "text")
    return found
