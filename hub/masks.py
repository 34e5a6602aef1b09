"""Keys of records as a person may see them: one that may tell a citizen is masked."""

from typing import Final

from hub.contract import Dataset

SHOWN: Final = ("public", "internal")
"""Classifications of fields whose values tell nothing of a person; a field without one is not."""
MASK: Final = "•"
_TAIL: Final = 3
"""So many characters stay of a long key, to tell rows apart; of a personal number they are the
last digits, which are no date and no place."""
_LONG: Final = 9


def mask_key(dataset: Dataset, key: str) -> str:
    """The key of a record, masked unless every field of it is classified as nobody's.

    Of a long key the last characters stay.
    """
    if all(field.classification in SHOWN for field in dataset.key_fields):
        return key
    tail = key[-_TAIL:] if len(key) >= _LONG else ""
    return MASK * (len(key) - len(tail)) + tail
