"""What a newborn is called."""

import numpy as np
import polars as pl

from mocks.province.names import (
    GIVEN_FIRST,
    draw_first_names,
    join_names,
)

_MARKERS = ("Y", "A")


def name_child(rng: np.random.Generator, parent: str, ethnic: str, sex: int, year: int) -> str:
    """A full name: the parent's surname or clan, and a first name by people, sex and year."""
    codes = pl.Series([ethnic], dtype=pl.String)
    child = pl.DataFrame({"sex": [sex], "birth_year": [year], "ethnic_code": codes})
    first = draw_first_names(rng, child, np.zeros(1, dtype=np.int64))
    surname = pl.Series([_find_surname(parent, ethnic)], dtype=pl.String)
    return str(join_names(surname, first, codes)[0])


def _find_surname(full_name: str, ethnic: str) -> str:
    """The first word; where the given name comes first, what follows it and its marker."""
    words = full_name.split(" ")
    if ethnic not in GIVEN_FIRST:
        return words[0]
    return " ".join(words[2:] if words[0] in _MARKERS else words[1:])
