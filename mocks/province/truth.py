"""The truth beside a province: people as they are, whose each row is, what was spoilt in it."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from mocks.province.faults import Note, Truth
from mocks.province.households import NOBODY
from mocks.province.people import World

_PLACE = ("source", "dataset", "record_id", "field", "step")
_FAULT, _VALUE = (*_PLACE, "kind", "noise", "outcome"), (*_PLACE, "true_value")
_PERSON = (
    "truth_id",
    "pin",
    "old_number",
    "insurance_number",
    "full_name",
    "birth_date",
    "sex",
    "ethnic_code",
    "commune_code",
    "address",
    "marital",
    "death_date",
    "works",
    "receives_pension",
    "in_population",
)


def write_links(path: Path, truth: Truth) -> None:
    """same_person: truth_id, source, dataset, record_id (a certificate's parties: key#1, key#2)."""
    pl.concat(truth.links).write_parquet(path)


def write_faults(folder: Path, truth: Truth) -> None:
    """injected_fault and true_value, row by row the same faults, a row group a kind and column.

    `step` counts the faults of one value in the order in which they were made: the true value of
    step 1 is the truth, that of a later step is what stood there before it.
    """
    writers: dict[str, pq.ParquetWriter] = {}
    try:
        for frame in _count_steps(note for note in truth.notes if len(note.records)):
            for name, columns in (("injected_fault", _FAULT), ("true_value", _VALUE)):
                table = frame.select(columns).to_arrow(compat_level=pl.CompatLevel.oldest())
                if name not in writers:
                    writers[name] = pq.ParquetWriter(folder / f"{name}.parquet", table.schema)
                writers[name].write_table(table)
    finally:
        for writer in writers.values():
            writer.close()


def _count_steps(notes: Iterable[Note]) -> Iterator[pl.DataFrame]:
    earlier: dict[tuple[str, str, str], list[pl.Series]] = {}
    for note in notes:
        records = note.records["record_id"]
        before = earlier.setdefault((note.source, note.dataset, note.column), [])
        step = pl.repeat(1, len(records), dtype=pl.Int64, eager=True)
        for others in before:
            step += records.is_in(others.implode()).cast(pl.Int64)
        before.append(records)
        yield note.frame.with_columns(step=step)


def write_people(path: Path, world: World, insurance_numbers: pl.Series) -> None:
    """person: one row a person, outsiders and canaries among them; kin by truth_id."""
    ids = world.people["truth_id"]
    kin = {"father": world.father, "mother": world.mother, "spouse": world.spouse}
    named = [
        pl.DataFrame({"seat": seats, "id": ids.gather(np.maximum(seats, 0))})
        .select(pl.when(pl.col("seat") != NOBODY).then("id").alias(name))
        .to_series()
        for name, seats in kin.items()
    ]
    world.people.with_columns(*named, insurance_number=insurance_numbers).select(
        *_PERSON, *kin, "household", "role", canary=pl.col("canary") > 0
    ).write_parquet(path)
