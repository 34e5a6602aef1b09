"""What the population register holds about the province, in its owner's words."""

import polars as pl

from mocks.province.chance import open_stream
from mocks.province.faults import Truth
from mocks.province.people import World
from mocks.province.population.homes import (
    spoil_households,
    spoil_residences,
    write_households,
    write_residences,
)
from mocks.province.population.kin import spoil_relations, write_relations
from mocks.province.population.persons import number_rows, spoil_persons, write_persons


def register_population(world: World, seed: int, truth: Truth) -> dict[str, pl.DataFrame]:
    """cong_dan, ho, cu_tru and quan_he; faults and links go to `truth`."""
    keys = number_rows("CD", len(world.people), 9)
    persons = write_persons(open_stream(seed, "person"), world, keys, truth)
    persons = spoil_persons(seed, persons, world, truth)
    households = write_households(open_stream(seed, "household"), world, keys)
    households = spoil_households(open_stream(seed, "household.noise"), households, world, truth)
    residences = write_residences(open_stream(seed, "residence"), world, keys)
    residences = spoil_residences(open_stream(seed, "residence.noise"), residences, truth)
    relations = write_relations(open_stream(seed, "relation"), world, keys)
    relations = spoil_relations(open_stream(seed, "relation.noise"), relations, truth)
    return {"cong_dan": persons, "ho": households, "cu_tru": residences, "quan_he": relations}
