"""What befalls names and addresses in any column of the land register.

A file in TCVN3 holds only what that encoding can: text that other encodings spoilt, loose marks
and odd signs come from offices that write UTF-8. `_old_office` says which kind a row's is.
"""

import polars as pl

from mocks.province.faults import ACCEPT, REPAIR, Fault
from mocks.province.spelling import (
    change_apostrophes,
    decompose,
    drop_marks,
    has_marks,
    has_movable_tone,
    has_y,
    mix_encodings,
    move_tones,
    show_as_cp1258,
    show_as_mojibake,
    show_as_tcvn3,
    show_as_vni,
    space_oddly,
    swap_i_and_y,
    write_eth,
)

#: Letters whose two or three bytes, read in code page 1252, no Vietnamese text could hold.
_TELLING = "[ăĂđĐơƠưƯĩĨũŨ\u1ea0-\u1ef9]"
#: Letters that are a sign in TCVN3 which no name has, and what no Vietnamese text holds.
_SIGNS = "[ăâêôơưđàảãáạằẳẵắĂÂÊÔƠƯĐÀẢÃÁẠẰẲẴẮ]"
_FOREIGN = "[^\\x20-\\x7eàáâãèéêìíòóôõùúýăđĩũơưÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝĂĐĨŨƠƯ\u1ea0-\u1ef9]"


def judge_texts(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """What the faults of `spoil_texts` need to know of a column's texts, as `_<column>_<what>`.

    Each is asked once of all rows, instead of once a fault. `_old_office` is there already.
    """
    modern = ~pl.col("_old_office")
    asked: dict[str, pl.Expr] = {}
    for column in columns:
        text = pl.col(column)
        asked |= {
            f"_{column}_marked": has_marks(column),
            f"_{column}_mojibake": modern & text.str.contains(_TELLING),
            f"_{column}_tcvn3": modern & text.str.contains(_SIGNS) & ~text.str.contains(_FOREIGN),
            f"_{column}_eth": modern & text.str.contains("Đ", literal=True),
            f"_{column}_apostrophe": modern & text.str.contains("'", literal=True),
            f"_{column}_tone": has_movable_tone(column),
            f"_{column}_y": has_y(column),
        }
    return frame.with_columns(**asked)


def spoil_texts(column: str, *, weight: float = 1.0) -> tuple[Fault, ...]:
    """Every fault of text that the column can have, at `weight` times the register's rates."""
    text, marked = pl.col(column), pl.col(f"_{column}_marked")
    faults = (
        *_misread(column),
        Fault("tone_moved", column, REPAIR, move_tones(text), among=pl.col(f"_{column}_tone")),
        Fault("i_for_y", column, REPAIR, swap_i_and_y(text), among=pl.col(f"_{column}_y")),
        Fault("marks_missing", column, ACCEPT, drop_marks(text), among=marked),
        Fault("untidy", column, ACCEPT, text.str.to_uppercase(), weight=0.5),
        Fault("untidy", column, REPAIR, _space_as_held(text), weight=0.5),
    )
    return tuple(
        Fault(one.kind, column, one.outcome, one.change, one.among, one.weight * weight)
        for one in faults
    )


def _misread(column: str) -> tuple[Fault, ...]:
    """Letters in another encoding or form: offices that write UTF-8 alone."""
    text, can = pl.col(column), f"_{column}_"
    able = ~pl.col("_old_office") & pl.col(can + "marked")
    told, telling = pl.col(can + "mojibake"), pl.col(can + "tcvn3")
    has_words = text.str.contains(" ", literal=True)
    mojibake, shown = show_as_mojibake(text), show_as_tcvn3(text)
    return (
        Fault("mojibake", column, REPAIR, mojibake, among=told),
        Fault("mojibake", column, ACCEPT, mojibake, among=able & ~told),
        Fault("cp1258", column, ACCEPT, show_as_cp1258(text), among=able),
        Fault("encoding_mixed", column, ACCEPT, mix_encodings(text), among=able & has_words),
        Fault("tcvn3", column, ACCEPT, shown, among=telling),
        Fault("tcvn3", column, ACCEPT, shown, among=able & ~telling),
        Fault("vni", column, ACCEPT, show_as_vni(text), among=able),
        Fault("decomposed", column, REPAIR, decompose(text), among=able),
        Fault("eth_for_d", column, REPAIR, write_eth(text), among=pl.col(can + "eth")),
        Fault(
            "apostrophe",
            column,
            REPAIR,
            change_apostrophes(text),
            among=pl.col(can + "apostrophe"),
        ),
    )


def _space_as_held(text: pl.Expr) -> pl.Expr:
    """As everywhere, but that no file in TCVN3 holds a space of no width."""
    odd = space_oddly(text)
    held = odd.str.replace_all("\u200b", " ", literal=True)
    return pl.when(pl.col("_old_office")).then(held).otherwise(odd)
