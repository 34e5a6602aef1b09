"""Noise, put in on purpose and written down: what was spoilt, where, how, and what the value should have been."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

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
    """One kind of noise in one column. `outcome` is REPAIR, ACCEPT (only a rule can see it, if any) or QUARANTINE."""

    kind: str
    column: str
    outcome: str
    change: Change


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
        """Write down one fault (kind, column, outcome) of many records of one table (source, dataset)."""
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
    """Puts faults into one register table, never two into one row, and none into protected rows."""

    def __init__(
        self, frame: pl.DataFrame, *, table: tuple[str, str], key: str, truth: Truth
    ) -> None:
        self.frame = frame
        self.free: Bools = np.ones(len(frame), dtype=bool)
        self._table, self._key, self._truth = table, key, truth

    def spread(
        self,
        rng: np.random.Generator,
        fault: Fault,
        *,
        rate: float,
        among: pl.Expr | Bools | None = None,
        at_least: int = 1,
    ) -> None:
        """Spoil `rate` of the rows `among` (default: all), at least `at_least`, where the column has a value."""
        if isinstance(among, pl.Expr):
            eligible = self.frame.select(among.fill_null(False)).to_series().to_numpy()
        else:
            eligible = np.ones(len(self.frame), dtype=bool) if among is None else among
        wanted = max(at_least, round(rate * int(eligible.sum())))
        rows = np.flatnonzero(
            eligible & self.free & self.frame[fault.column].is_not_null().to_numpy()
        )
        chosen = np.sort(rng.choice(rows, min(wanted, len(rows)), replace=False))
        self.spoil(fault, chosen)

    def spoil(self, fault: Fault, rows: Ints) -> None:
        """Spoil exactly these rows; a row that the change leaves as it was is not counted as spoilt."""
        before = self.frame[rows]
        after = [fault.change(row) for row in before.iter_rows(named=True)]
        true_values = before[fault.column].cast(pl.String).to_list()
        changed = np.array(
            [new != old for new, old in zip(after, true_values, strict=True)], dtype=bool
        )
        if not changed.any():
            return
        kept = np.flatnonzero(changed)
        column = self.frame[fault.column]
        new_values = pl.Series([after[i] for i in kept], dtype=pl.String)
        new_values = (
            new_values.str.to_date() if column.dtype == pl.Date else new_values.cast(column.dtype)
        )
        self.frame = self.frame.with_columns(column.scatter(rows[kept], new_values))
        self.free[rows] = False
        record_ids = before[self._key].gather(kept)
        fault_key = (fault.kind, fault.column, fault.outcome)
        self._truth.note(
            self._table,
            fault_key,
            record_ids,
            pl.Series([true_values[i] for i in kept], dtype=pl.String),
        )


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
    """Hòa -> Hoà, Thủy -> Thuỷ: the other accepted place of the tone mark at the end of a syllable."""
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


def blank(_text: str) -> str:
    """The value was never written down."""
    return ""


def join_faults(truth: Truth) -> pl.DataFrame:
    """All faults, in the order of their tables and rows as they were put in."""
    return pl.concat(truth.faults)


def join_links(truth: Truth) -> pl.DataFrame:
    """All links of records to people."""
    return pl.concat(truth.links)
