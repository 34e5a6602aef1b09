"""The truth beside a living province: read when a day begins, true again when it has ended.

People are added and changed, rows gain and lose their person, faults come and go. A value that an
owner writes anew carries its old fault no longer, and a row that is gone carries none.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from mocks.province.live.events import empty_events
from mocks.province.noise import KINDS

FILES = ("person", "same_person", "injected_fault", "true_value", "event")
Person = dict[str, Any]
_RECORD = ["source", "dataset", "record_id"]
_PLACE = [*_RECORD, "field"]


@dataclass(frozen=True)
class NewFault:
    """A value that is wrong from today on: where, a name of `noise.CATALOGUE`, and what is true."""

    record: tuple[str, str, str]
    field: str
    kind: str
    true_value: str | None
    outcome: str = "accept"


@dataclass
class TruthBook:
    """The truth files as tables, and what the day changes in them."""

    people: pl.DataFrame
    links: pl.DataFrame
    faults: pl.DataFrame
    true_values: pl.DataFrame
    events: pl.DataFrame
    born: list[Person] = field(default_factory=list)
    changes: dict[str, Person] = field(default_factory=dict)
    new_links: list[dict[str, str]] = field(default_factory=list)
    new_faults: list[NewFault] = field(default_factory=list)
    rewritten: list[dict[str, str]] = field(default_factory=list)
    gone: list[dict[str, str]] = field(default_factory=list)
    unlinked: list[dict[str, str]] = field(default_factory=list)

    @classmethod
    def read(cls, folder: Path) -> "TruthBook":
        """The tables of a province's `truth` folder."""
        events = folder / "event.parquet"
        people, links, faults, true_values = (
            pl.read_parquet(folder / f"{name}.parquet") for name in FILES[:4]
        )
        told = pl.read_parquet(events) if events.exists() else empty_events()
        return cls(people, links, faults, true_values, told)

    def add_person(self, facts: Person) -> Person:
        """A newborn, with the next `truth_id`; facts that are not given are null."""
        number = len(self.people) + len(self.born) + 1
        told = {column: facts.get(column) for column in self.people.columns}
        person = told | {"truth_id": f"P{number:09d}"}
        self.born.append(person)
        return person

    def change_person(self, truth_id: str, **facts: Any) -> None:
        """Something about a person is another from today on; a newborn of today cannot change."""
        self.changes.setdefault(truth_id, {}).update(facts)

    def link(self, truth_id: str, record: tuple[str, str, str]) -> None:
        """A new row speaks of this person."""
        self.new_links.append({"truth_id": truth_id, **_name(record)})

    def unlink(self, record: tuple[str, str, str]) -> None:
        """A row speaks of nobody any more."""
        self.unlinked.append(_name(record))

    def forget_faults(self, record: tuple[str, str, str], columns: Iterable[str] = ()) -> None:
        """These values were written anew; without columns: the row is gone."""
        named = [{**_name(record), "field": column} for column in columns]
        self.rewritten += named
        if not named:
            self.gone.append(_name(record))
        self.new_faults = [
            fault
            for fault in self.new_faults
            if fault.record != record or (named and fault.field not in set(columns))
        ]

    def add_fault(self, fault: NewFault) -> None:
        """A value was spoilt today."""
        self.new_faults.append(fault)

    def write(self, folder: Path, events: pl.DataFrame) -> None:
        """Write all five files, with today's events after the earlier ones."""
        self._join_people().write_parquet(folder / "person.parquet")
        self._join_links().write_parquet(folder / "same_person.parquet")
        faults, true_values = self._join_faults()
        faults.write_parquet(folder / "injected_fault.parquet")
        true_values.write_parquet(folder / "true_value.parquet")
        pl.concat([self.events, events]).write_parquet(folder / "event.parquet")

    def _join_people(self) -> pl.DataFrame:
        people = self.people
        if self.changes:
            ids = pl.DataFrame({"truth_id": list(self.changes)})
            rows = ids.join(
                people.select("truth_id").with_row_index("row"), on="truth_id", how="left"
            )
            places = dict(rows.select("truth_id", "row").iter_rows())
            for column in dict.fromkeys(name for facts in self.changes.values() for name in facts):
                told = {places[i]: f[column] for i, f in self.changes.items() if column in f}
                values = pl.Series(list(told.values()), dtype=people.schema[column], strict=False)
                people = people.with_columns(
                    people[column].scatter(pl.Series(list(told), dtype=pl.UInt32), values)
                )
        return pl.concat([people, pl.DataFrame(self.born, schema=people.schema)])

    def _join_links(self) -> pl.DataFrame:
        lost = pl.DataFrame(self.gone + self.unlinked, schema=dict.fromkeys(_RECORD, pl.String))
        new = pl.DataFrame(self.new_links, schema=self.links.schema)
        return pl.concat([_without(self.links, lost, _RECORD), new])

    def _join_faults(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Both tables stay row by row the same faults."""
        gone = pl.DataFrame(self.gone, schema=dict.fromkeys(_RECORD, pl.String))
        rewritten = pl.DataFrame(self.rewritten, schema=dict.fromkeys(_PLACE, pl.String))
        both = self.faults.with_columns(self.true_values["true_value"])
        both = _without(_without(both, gone, _RECORD), rewritten, _PLACE)
        new = [
            {
                **_name(fault.record),
                "field": fault.field,
                "step": 1,
                "kind": fault.kind,
                "noise": KINDS[fault.kind].code,
                "outcome": fault.outcome,
                "true_value": fault.true_value,
            }
            for fault in self.new_faults
        ]
        both = pl.concat([both, pl.DataFrame(new, schema=both.schema)])
        return both.select(self.faults.columns), both.select(self.true_values.columns)


def _name(record: tuple[str, str, str]) -> dict[str, str]:
    return dict(zip(_RECORD, record, strict=True))


def _without(frame: pl.DataFrame, lost: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """The rows that are not lost; few are, so only those of the same record are looked at."""
    near = frame["record_id"].is_in(lost["record_id"].implode()).arg_true()
    rows = frame[near].select(on).with_columns(row=near).join(lost, on=on, how="semi")["row"]
    kept = pl.repeat(value=True, n=len(frame), eager=True).scatter(rows, values=False)
    return frame.filter(kept)
