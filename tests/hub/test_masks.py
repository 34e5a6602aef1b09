"""A record's key is shown as it is only where each field of it is classified as nobody's."""

import pytest

from hub.contract import parse_contract
from hub.masks import mask_key

from .test_contract import CONTRACT

KEY = "name: skipper_id, physicalName: ma,"
BOAT = "      - {name: boat_id, primaryKey: true, primaryKeyPosition: 2, classification: internal}"


@pytest.mark.parametrize(
    ("classified", "key", "shown"),
    [
        ("classification: internal,", "022085001234", "022085001234"),
        ("classification: public,", "B-7", "B-7"),
        ("classification: identifier,", "022085001234", "•••••••••234"),
        ("classification: personal,", "B-7", "•••"),
        ("classification: sensitive,", "123456789", "••••••789"),
        ("", "022085001234", "•••••••••234"),
    ],
)
def test_a_key_is_shown_by_the_classification_of_its_field(
    classified: str, key: str, shown: str
) -> None:
    contract = parse_contract(CONTRACT.replace(KEY, f"{KEY} {classified}"))
    assert mask_key(contract.datasets[0], key) == shown


def test_a_key_of_several_fields_is_masked_where_one_of_them_may_tell_a_citizen() -> None:
    text = CONTRACT.replace("    properties:\n", f"    properties:\n{BOAT}\n", 1)
    (dataset,) = parse_contract(text).datasets
    assert len(dataset.key_fields) == 2
    assert mask_key(dataset, "022085001234|B-7") == "•••••••••••••B-7"
