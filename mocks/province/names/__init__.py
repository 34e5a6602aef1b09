"""Vietnamese names by people, region, sex and time of birth; the lists are our own."""

from mocks.province.names.draw import (
    draw_first_names,
    draw_surnames,
    find_given_names,
    join_names,
    tell_regions,
)
from mocks.province.names.peoples import GIVEN_FIRST, MATRILINEAL

__all__ = [
    "GIVEN_FIRST",
    "MATRILINEAL",
    "draw_first_names",
    "draw_surnames",
    "find_given_names",
    "join_names",
    "tell_regions",
]
