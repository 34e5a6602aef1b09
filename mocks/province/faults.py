"""Noise, put in on purpose and written down: what was spoilt, where, how, and the true value."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
import polars.selectors as cs

from mocks.province.chance import Bools, Ints

Row = dict[str, Any]
Change = Callable[[Row], str | None]

#: What ought to become of a spoilt value.
REPAIR, ACCEPT, QUARANTINE = "repair", "accept", "quarantine"
_OLD_TONES = str.maketrans(
    {
        "ò": "oà",
        "ó": "oá",
        "ỏ": "oả",
        "õ": "oã",
        "ọ": "oạ",
        "ù": "uỳ",
        "ú": "uý",
        "ủ": "uỷ",
        "ũ": "uỹ",
        "ụ": "uỵ",
    }
)


@dataclass(frozen=True)
class Fault:
    """One kind of noise in one column.

    outcome: REPAIR (readable after a flagged repair), ACCEPT (only a rule can see it, if anything
    can) or QUARANTINE (unreadable, or a required value that is not there).
    rate: share of the rows `among` (default: all) that are spoilt; at least one row always is.
    """

    kind: str
    column: str
    outcome: str
    change: Change
    rate: float = 0.0
    among: pl.Expr | None = None


@dataclass
class Truth:
    """Everything known of the noise, gathered register by register."""

    faults: list[pl.DataFrame] = field(default_factory=list)
    links: list[pl.DataFrame] = field(default_factory=list)

    def note(
        self,
        table: tuple[str, str],
        fault: tuple[str, str, str],
        records: pl.Series,
        true_values: pl.Series,
    ) -> None:
        """Write down one fault (kind, column, outcome) of many records of (source, dataset)."""
        kind, column, outcome = fault
        self.faults.append(
            pl.DataFrame(
                {"record_id": records.cast(pl.String), "true_value": true_values.cast(pl.String)}
            ).select(
                source=pl.lit(table[0]),
                dataset=pl.lit(table[1]),
                record_id="record_id",
                field=pl.lit(column),
                kind=pl.lit(kind),
                outcome=pl.lit(outcome),
                true_value="true_value",
            )
        )

    def link(self, table: tuple[str, str], truth_ids: pl.Series, records: pl.Series) -> None:
        """Write down whose record each is."""
        self.links.append(
            pl.DataFrame({"truth_id": truth_ids, "record_id": records.cast(pl.String)}).select(
                "truth_id", source=pl.lit(table[0]), dataset=pl.lit(table[1]), record_id="record_id"
            )
        )


class Spoiler:
    """Puts faults into one table, never two into one row, and none into protected rows.

    Columns whose name starts with "_" are there for `Fault.among` only and leave with `finish`.
    """

    def __init__(
        self, frame: pl.DataFrame, *, table: tuple[str, str], key: str, truth: Truth
    ) -> None:
        self._frame = frame
        self._free: Bools = np.ones(len(frame), dtype=bool)
        self._table, self._key, self._truth = table, key, truth

    def protect(self, rows: Bools) -> None:
        """Keep these rows as they are, unless `spoil` names them."""
        self._free &= ~rows

    def spread(self, rng: np.random.Generator, faults: Sequence[Fault]) -> None:
        """Spoil rows at random, fault by fault, where the column has a value."""
        for fault in faults:
            among = pl.lit(True) if fault.among is None else fault.among.fill_null(False)
            eligible = self._frame.select(pl.col(fault.column).is_not_null() & among)
            rows = eligible.to_series().to_numpy()
            wanted = max(1, round(fault.rate * int(rows.sum())))
            free = np.flatnonzero(rows & self._free)
            chosen = rng.choice(free, min(wanted, len(free)), replace=False)
            self.spoil(fault, np.sort(chosen))

    def spoil(self, fault: Fault, rows: Ints) -> None:
        """Spoil exactly these rows; one that the change leaves as it was counts as unspoilt."""
        before = self._frame[rows]
        after = [fault.change(row) for row in before.iter_rows(named=True)]
        true_values = before[fault.column].cast(pl.String).to_list()
        changed = [
            i for i, (new, old) in enumerate(zip(after, true_values, strict=True)) if new != old
        ]
        if not changed:
            return
        column = self._frame[fault.column]
        values = pl.Series([after[i] for i in changed], dtype=pl.String)
        values = values.str.to_date() if column.dtype == pl.Date else values.cast(column.dtype)
        self._frame = self._frame.with_columns(column.scatter(rows[changed], values))
        self._free[rows[changed]] = False
        self._truth.note(
            self._table,
            (fault.kind, fault.column, fault.outcome),
            before[self._key].gather(changed),
            pl.Series([true_values[i] for i in changed], dtype=pl.String),
        )

    def finish(self) -> pl.DataFrame:
        """The spoilt table."""
        return self._frame.select(~cs.starts_with("_"))


def change_text(column: str, change: Callable[[str], str | None]) -> Change:
    """A change that looks at the column's own text only."""
    return lambda row: change(row[column])


def decompose(text: str) -> str:
    """The same letters as base letter and combining marks (Unicode NFD)."""
    return unicodedata.normalize("NFD", text)


def drop_marks(text: str) -> str:
    """ "Nguyễn Đình" as typed without a Vietnamese keyboard: "Nguyen Dinh"."""
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return bare.replace("đ", "d").replace("Đ", "D")


def shout(text: str) -> str:
    """Capitals, with a double space and one at the end."""
    return text.upper().replace(" ", "  ", 1) + " "


def move_tones(text: str) -> str:
    """Hòa -> Hoà, Thủy -> Thuỷ: the other accepted place of the tone mark."""
    return " ".join(_move_tone(word) for word in text.split(" "))


def _move_tone(word: str) -> str:
    head, tail = word[:-2], word[-2:]
    if len(tail) < 2 or tail[0] not in "òóỏõọùúủũụ":
        return word
    vowel = tail[0].translate(_OLD_TONES)
    if tail[1] == "a" and vowel[0] == "o":
        return head + vowel
    if tail[1] == "y" and vowel[0] == "u":
        return head + vowel
    return word


def has_movable_tone(column: str) -> pl.Expr:
    """Whether `move_tones` would change the text."""
    return pl.col(column).str.contains(r"(?:[òóỏõọ]a|[ùúủũụ]y)(?: |$)")


def lose_zero(text: str) -> str:
    """A spreadsheet read the number as a number."""
    return text.lstrip("0")


def flip_digit(text: str) -> str:
    """A typing error in the last digit but one: 5 apart, so that it is never the number itself."""
    return text[:-2] + str((int(text[-2]) + 5) % 10) + text[-1]


def blank(_row: Row) -> str:
    """The value was never written down."""
    return ""


def join_faults(truth: Truth) -> pl.DataFrame:
    """All faults, in the order of their tables and rows as they were put in."""
    return pl.concat(truth.faults)


def join_links(truth: Truth) -> pl.DataFrame:
    """All links of records to people."""
    return pl.concat(truth.links)
