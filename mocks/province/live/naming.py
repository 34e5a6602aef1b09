"""What a newborn is called."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from mocks.province.live.truth import Person
from mocks.province.names import GIVEN_FIRST, draw_first_names, join_names, tell_regions

_MARKERS = ("Y", "A")


def name_children(rng: np.random.Generator, children: Sequence[Person]) -> list[Person]:
    """Each child with a full name in place of that of the parent whose surname or clan it takes."""
    codes = pl.Series([child["ethnic_code"] for child in children], dtype=pl.String)
    facts = pl.DataFrame(
        {
            "sex": pl.Series([child["sex"] for child in children], dtype=pl.Int64),
            "birth_year": pl.Series([c["birth_date"].year for c in children], dtype=pl.Int64),
            "ethnic_code": codes,
        }
    )
    prefixes = pl.Series([child["birth_prefix"] for child in children], dtype=pl.String)
    first = draw_first_names(rng, facts, tell_regions(prefixes))
    surnames = [_find_surname(child["full_name"], child["ethnic_code"]) for child in children]
    names = join_names(pl.Series(surnames, dtype=pl.String), first, codes)
    return [{**child, "full_name": name} for child, name in zip(children, names, strict=True)]


def _find_surname(full_name: str, ethnic: str) -> str:
    """The first word; where the given name comes first, what follows it and its marker."""
    words = full_name.split(" ")
    if ethnic not in GIVEN_FIRST:
        return words[0]
    return " ".join(words[2:] if words[0] in _MARKERS else words[1:])
