"""Noise, put in on purpose and written down: what was spoilt, where, how, and the true value."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import polars.selectors as cs

from mocks.province.chance import Bools, Floats, Ints, open_stream
from mocks.province.noise import KINDS, Noise
from mocks.province.spelling import LUCK

#: What ought to become of a spoilt value.
REPAIR, ACCEPT, QUARANTINE = "repair", "accept", "quarantine"
Table = tuple[str, str]


@dataclass(frozen=True)
class Fault:
    """One kind of noise in one column.

    kind: a name of `noise.CATALOGUE`.
    outcome: REPAIR (readable after a flagged repair), ACCEPT (only a rule can see it, if anything
    can) or QUARANTINE (unreadable, or a required value that is not there).
    change: the new value; may use any column, and LUCK for a choice.
    among: which rows can have it (default: all with a value in the column).
    weight: times the register's rate for the kind, where a column has more or less of it.
    """

    kind: str
    column: str
    outcome: str
    change: pl.Expr
    among: pl.Expr | None = None
    weight: float = 1.0


@dataclass(frozen=True)
class Note:
    """One fault of many records: what it is, and a frame of record_id and true_value."""

    source: str
    dataset: str
    column: str
    kind: str
    outcome: str
    records: pl.DataFrame

    @property
    def frame(self) -> pl.DataFrame:
        """The rows of the truth: source, dataset, record_id, field, kind, noise, outcome, value."""
        return self.records.select(
            pl.lit(self.source).alias("source"),
            pl.lit(self.dataset).alias("dataset"),
            "record_id",
            pl.lit(self.column).alias("field"),
            pl.lit(self.kind).alias("kind"),
            pl.lit(KINDS[self.kind].code).alias("noise"),
            pl.lit(self.outcome).alias("outcome"),
            "true_value",
        )


@dataclass
class Truth:
    """Everything known of the noise, gathered register by register; `noise` holds the rates."""

    noise: Noise = field(default_factory=Noise)
    notes: list[Note] = field(default_factory=list)
    links: list[pl.DataFrame] = field(default_factory=list)

    def note(
        self,
        table: Table,
        fault: tuple[str, str, str],
        records: pl.Series,
        true_values: pl.Series,
    ) -> None:
        """Write down one fault (kind, column, outcome) of many records of (source, dataset)."""
        kind, column, outcome = fault
        told = {"record_id": records.cast(pl.String), "true_value": true_values.cast(pl.String)}
        self.notes.append(Note(*table, column, kind, outcome, pl.DataFrame(told)))

    def link(self, table: Table, truth_ids: pl.Series, records: pl.Series) -> None:
        """Write down whose record each is."""
        self.links.append(
            pl.DataFrame({"truth_id": truth_ids, "record_id": records.cast(pl.String)}).select(
                "truth_id", source=pl.lit(table[0]), dataset=pl.lit(table[1]), record_id="record_id"
            )
        )


class Spoiler:
    """Puts faults into one table, never two into one value, and none into protected rows.

    Columns whose name starts with "_" are there for `Fault.among` only and leave with `finish`.
    """

    def __init__(self, frame: pl.DataFrame, *, table: Table, key: str, truth: Truth) -> None:
        self._frame = frame
        self._protected: Bools = np.zeros(len(frame), dtype=bool)
        self._spoilt: dict[str, Bools] = {}
        self._table, self._key, self._truth = table, key, truth

    def protect(self, rows: Bools) -> None:
        """Keep these rows as they are, unless `spoil` names them."""
        self._protected |= rows

    def spread(self, rng: np.random.Generator, faults: Sequence[Fault]) -> None:
        """Spoil rows at random, fault by fault, at its rate; one at least, if any can.

        Each fault draws from a stream of its own, and a number for every row: another rate of one
        kind moves no row of the next, but where both want the same value.
        """
        root = int(rng.integers(2**63))
        for place, fault in enumerate(faults):
            rate = self._truth.noise.rate(self._table[0], fault.kind) * fault.weight
            among = pl.lit(True) if fault.among is None else fault.among.fill_null(False)
            filled = pl.col(fault.column).is_not_null() & among
            able = self._frame.select(filled).to_series().to_numpy()
            free = np.flatnonzero(able & ~self._protected & ~self._spoilt_in(fault.column))
            wanted = min(len(free), max(1, round(rate * int(able.sum()))))
            if rate > 0 and wanted:
                same = sum((f.kind, f.column) == (fault.kind, fault.column) for f in faults[:place])
                stream = open_stream(root, f"{fault.kind}.{fault.column}.{same}")
                lots, luck = stream.random((2, len(self._frame)))
                chosen = np.sort(free[np.argpartition(lots[free], wanted - 1)[:wanted]])
                self._put(fault, chosen, luck[chosen])

    def spoil(self, rng: np.random.Generator, fault: Fault, rows: Ints) -> None:
        """Spoil exactly these rows; one that the change leaves as it was counts as unspoilt."""
        self._put(fault, rows, rng.random(len(rows)))

    def _put(self, fault: Fault, rows: Ints, luck: Floats) -> None:
        column, name = self._frame[fault.column], fault.column
        needed = {name, self._key, *fault.change.meta.root_names()} - {LUCK}
        before = self._frame.select(sorted(needed))[rows]
        drawn = before.with_columns(pl.Series(LUCK, luck))
        after = drawn.with_columns(_after=fault.change.cast(column.dtype))["_after"]
        changed = after.ne_missing(before[name])
        if not changed.any():
            return
        hit = rows[changed.to_numpy()]
        self._frame = self._frame.with_columns(column.scatter(hit, after.filter(changed)))
        self._spoilt_in(name)[hit] = True
        self._truth.note(
            self._table,
            (fault.kind, name, fault.outcome),
            before[self._key].filter(changed),
            before[name].filter(changed),
        )

    def finish(self) -> pl.DataFrame:
        """The spoilt table."""
        return self._frame.select(~cs.starts_with("_"))

    def _spoilt_in(self, column: str) -> Bools:
        return self._spoilt.setdefault(column, np.zeros(len(self._frame), dtype=bool))


def blank() -> pl.Expr:
    """The value was never written down."""
    return pl.lit("")


def never() -> pl.Expr:
    """There is no value."""
    return pl.lit(None, pl.String)


def join_links(truth: Truth) -> pl.DataFrame:
    """All links of records to people."""
    return pl.concat(truth.links)
