"""One simulated day while it is planned: who may take part, what happened, what is still due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import polars as pl

from mocks.province.chance import Bools, open_stream
from mocks.province.live.books import LOCAL, TABLES, Books, Row
from mocks.province.live.rates import LAND, draw_count
from mocks.province.live.truth import Person, TruthBook
from mocks.province.reference import Gazetteer

_OPENING = time(7, 30)
_OPEN_SECONDS = 10 * 3600
_YEAR_DAYS = 365.2425
_MILLISECOND = timedelta(milliseconds=1)
#: The first of these that a row has says whose it is.
_OWNERS = ("ma_cd", "chu_ho", "nguoi_id", "id", "ma_gcn")
Due = dict[str, Any]


@dataclass
class Day:
    """A day and everything that it is planned from.

    people: the truth's people with age (years today), alive, population_id and participant_id
    (their row in that register; null where there is none or more than one), doubled (more than one)
    and holdings (how many certificates name them).
    due: what earlier days left to be done (kind, on, and what the kind needs).
    numbers: the last number given out of each series.
    """

    date: date
    seed: int
    books: Books
    truth: TruthBook
    gazetteer: Gazetteer
    people: pl.DataFrame
    due: list[Due]
    numbers: dict[str, int]
    protected: frozenset[str]
    log: list[dict[str, Any]] = field(default_factory=list)
    events: int = 0

    def __post_init__(self) -> None:
        """Free are all but those whom the demo names, canaries, and who stands somewhere twice."""
        kept = self.people["truth_id"].is_in(sorted(self.protected)) | self.people["canary"]
        self._free: Bools = ~(kept | self.people["doubled"]).to_numpy()
        rows = self.people.filter(kept)
        held = self.truth.links.filter(pl.col("truth_id").is_in(rows["truth_id"].implode()))
        certificates = held["record_id"].str.split("#").list.first()
        self._kept = frozenset(
            key for key in (*rows["population_id"], *rows["participant_id"], *certificates) if key
        )

    def stream(self, kind: str) -> np.random.Generator:
        """The random stream of one kind on this day, whatever happened before."""
        return open_stream(self.seed, f"live.{self.date.isoformat()}.{kind}")

    def count(self, rng: np.random.Generator, kind: str) -> int:
        """How many events of the kind happen today."""
        size = int(self.people["holdings"].sum()) if kind in LAND else len(self.people)
        return draw_count(rng, kind, self.date, size)

    def draw_time(self, rng: np.random.Generator) -> datetime:
        """A moment while offices are open."""
        opening = datetime.combine(self.date, _OPENING, LOCAL)
        return opening + timedelta(milliseconds=int(rng.integers(0, _OPEN_SECONDS * 1000)))

    def person(self, truth_id: str) -> Person:
        """What the truth says of a person as the day begins; truth_id is P and a row number."""
        return self.people.row(int(truth_id[1:]) - 1, named=True)

    def people_at(self, column: str, keys: Sequence[str]) -> list[str]:
        """truth_id of the people whose row in a register is one of these."""
        found = self.people.filter(pl.col(column).is_in(list(keys)))
        return found["truth_id"].to_list()

    def records_of(self, truth_id: str, dataset: str) -> list[str]:
        """The rows of a dataset that speak of a person."""
        links = self.truth.links
        mine = links.filter((pl.col("truth_id") == truth_id) & (pl.col("dataset") == dataset))
        return mine["record_id"].to_list()

    def is_free(self, truth_id: str | None) -> bool:
        """Whether nothing has happened to the person today, and something may."""
        return truth_id is None or bool(self._free[int(truth_id[1:]) - 1])

    def is_kept(self, row: Row) -> bool:
        """Whether a row belongs to somebody whose rows stay as they are."""
        owner = next((column for column in _OWNERS if column in row), None)
        return owner is not None and row[owner] in self._kept

    def take(self, *truth_ids: str | None) -> None:
        """Nothing else happens to these people today."""
        for truth_id in truth_ids:
            if truth_id is not None:
                self._free[int(truth_id[1:]) - 1] = False

    def choose(
        self,
        rng: np.random.Generator,
        condition: pl.Expr,
        count: int,
        *,
        weight: pl.Expr | None = None,
    ) -> list[Person]:
        """Up to `count` free people of whom the condition holds, in the order drawn."""
        fits = self.people.select(condition.fill_null(value=False)).to_series().to_numpy()
        able = np.flatnonzero(fits & self._free)
        shares = None
        if weight is not None and len(able):
            weights = self.people[able].select(weight).to_series().to_numpy()
            shares = weights / weights.sum()
        drawn = rng.choice(able, min(count, len(able)), replace=False, p=shares)
        return [self.people.row(int(row), named=True) for row in drawn]

    def next_key(self, series: str, prefix: str, width: int) -> str:
        """The next key of a series of rows: a prefix and a number with leading zeros."""
        return f"{prefix}{self.next_number(series):0{width}d}"

    def next_number(self, series: str) -> int:
        """The next number of a series; none is given out twice, even if its row is gone."""
        self.numbers[series] += 1
        return self.numbers[series]

    def later(self, kind: str, days: int, **needs: str) -> None:
        """Something is to be done in that many days."""
        self.due.append(
            {"kind": kind, "on": (self.date + timedelta(days=days)).isoformat(), **needs}
        )

    def take_due(self, kind: str) -> list[Due]:
        """What is due today, or overdue, of a kind; it is no longer due then."""
        today = self.date.isoformat()
        ripe = [due for due in self.due if due["kind"] == kind and due["on"] <= today]
        self.due = [due for due in self.due if due not in ripe]
        return ripe


class Event:
    """One event while it is written down: each record that it touches is a row of the log."""

    def __init__(
        self,
        day: Day,
        kind: str,
        at: datetime,
        *,
        people: Sequence[str | None] = (),
        says: Mapping[str, Any] | None = None,
    ) -> None:
        """`people`: whom it happened to, and a second one."""
        day.events += 1
        self._day, self._at, self._says = day, at, dict(says or {})
        first, second = (*people, None, None)[:2]
        self._head = {
            "event_id": f"E{day.date:%Y%m%d}-{day.events:06d}",
            "day": day.date,
            "kind": kind,
            "truth_id": first,
            "partner_id": second,
        }

    def insert(self, name: str, row: Mapping[str, str | None]) -> None:
        """A new row; its clock is the event's, and columns not given are empty."""
        whole: Row = dict.fromkeys(self._day.books.list_columns(name))
        whole |= row
        self._put(name, whole, "insert", dict(row))

    def change(self, name: str, row: Row, values: Row) -> None:
        """Columns of a row take new values, and the faults in the old ones are gone."""
        table = TABLES[name]
        new = {column: value for column, value in values.items() if row[column] != value}
        record = (table.source, table.dataset, row[table.key] or "")
        if new:
            self._day.truth.forget_faults(record, new)
        self._put(name, {**row, **new}, "update", new)

    def remove(self, name: str, row: Row) -> None:
        """A row is gone, and nothing says so."""
        table = TABLES[name]
        key = row[table.key] or ""
        self._day.books.written[name][key] = None
        self._lose(name, key)
        self._note(name, key, "delete", {}, self._at)

    def bury(self, name: str, row: Row) -> None:
        """A row stays with the mark of a deleted one."""
        self._put(name, {**row, "da_xoa": "true"}, "update", {"da_xoa": "true"})
        self._lose(name, row[TABLES[name].key] or "")

    def tell(self, name: str, key: str) -> None:
        """No register writes anything: only the truth knows."""
        self._note(name, key, "none", {}, self._at)

    def _lose(self, name: str, key: str) -> None:
        table = TABLES[name]
        self._day.truth.forget_faults((table.source, table.dataset, key))

    def _put(self, name: str, row: Row, operation: str, new: Row) -> None:
        table, at = TABLES[name], self._at
        written = table.read_clock(row) if operation == "update" else None
        if written is not None and at <= written:
            at = written + _MILLISECOND
        if table.clock is not None:
            row = {**row, table.clock: table.stamp(at)}
        key = row[table.key] or ""
        self._day.books.written[name][key] = row
        self._note(name, key, operation, new, at)

    def _note(self, name: str, key: str, operation: str, new: Row, at: datetime) -> None:
        table = TABLES[name]
        detail = {**self._says, "row": {c: v for c, v in new.items() if c != table.clock}}
        self._day.log.append(
            {
                **self._head,
                "at": at.astimezone(UTC),
                "source": table.source,
                "dataset": table.dataset,
                "record_id": key,
                "operation": operation,
                "detail": detail,
            }
        )


def describe_people(truth: TruthBook, today: date) -> pl.DataFrame:
    """`Day.people`: the truth's people, with age and their rows in the registers."""
    people = truth.people.with_columns(
        age=(pl.lit(today) - pl.col("birth_date")).dt.total_days() / _YEAR_DAYS,
        alive=pl.col("death_date").is_null(),
    )
    doubled: list[pl.Series] = []
    for dataset, column in (("person", "population_id"), ("participant", "participant_id")):
        rows = truth.links.filter(pl.col("dataset") == dataset)
        doubled.append(rows.filter(rows["truth_id"].is_duplicated())["truth_id"])
        single = rows.unique("truth_id", keep="none").select(
            "truth_id", pl.col("record_id").alias(column)
        )
        people = people.join(single, on="truth_id", how="left", maintain_order="left")
    held = truth.links.filter(pl.col("dataset") == "certificate")
    counts = held.group_by("truth_id").agg(holdings=pl.len().cast(pl.Int64))
    return people.join(counts, on="truth_id", how="left", maintain_order="left").with_columns(
        pl.col("holdings").fill_null(0),
        doubled=pl.col("truth_id").is_in(pl.concat(doubled).implode()),
    )


def month_of(moment: date) -> str:
    """YYYY-MM."""
    return f"{moment:%Y-%m}"
