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

#: Letters that are a sign in TCVN3 which no name has, and texts of Vietnamese letters alone.
_SIGNS = "[ăâêôơưđàảãáạằẳẵắĂÂÊÔƠƯĐÀẢÃÁẠẰẲẴẮ]"
_VIETNAMESE = "^(?i)[\\x20-\\x7eàáâãèéêìíòóôõùúýăđĩũơư\u1ea0-\u1ef9]*$"


def spoil_texts(column: str, *, weight: float = 1.0) -> tuple[Fault, ...]:
    """Every fault of text that the column can have, at `weight` times the register's rates."""
    text = pl.col(column)
    faults = (
        *_misread(column),
        Fault("tone_moved", column, REPAIR, move_tones(text), among=has_movable_tone(column)),
        Fault("i_for_y", column, REPAIR, swap_i_and_y(text), among=has_y(column)),
        Fault("marks_missing", column, ACCEPT, drop_marks(text), among=has_marks(column)),
        Fault("untidy", column, ACCEPT, text.str.to_uppercase(), weight=0.5),
        Fault("untidy", column, REPAIR, _space_as_held(text), weight=0.5),
    )
    return tuple(
        Fault(one.kind, column, one.outcome, one.change, one.among, one.weight * weight)
        for one in faults
    )


def _misread(column: str) -> tuple[Fault, ...]:
    """Letters in another encoding or form: offices that write UTF-8 alone."""
    text = pl.col(column)
    able = ~pl.col("_old_office") & has_marks(column)
    shown, read_again = show_as_tcvn3(text), REPAIR if column == "chu_su_dung" else ACCEPT
    telling = text.str.contains(_SIGNS) & text.str.contains(_VIETNAMESE)
    mojibake, told = show_as_mojibake(text), text.str.contains(_TELLING)
    return (
        Fault("mojibake", column, REPAIR, mojibake, among=able & told),
        Fault("mojibake", column, ACCEPT, mojibake, among=able & ~told),
        Fault("cp1258", column, ACCEPT, show_as_cp1258(text), among=able),
        Fault("encoding_mixed", column, ACCEPT, mix_encodings(text), among=able & _has(text, " ")),
        Fault("tcvn3", column, read_again, shown, among=able & telling),
        Fault("tcvn3", column, ACCEPT, shown, among=able & ~telling),
        Fault("vni", column, ACCEPT, show_as_vni(text), among=able),
        Fault("decomposed", column, REPAIR, decompose(text), among=able),
        Fault("eth_for_d", column, REPAIR, write_eth(text), among=able & _has(text, "Đ")),
        Fault(
            "apostrophe",
            column,
            REPAIR,
            change_apostrophes(text),
            among=~pl.col("_old_office") & _has(text, "'"),
        ),
    )


def _has(text: pl.Expr, sign: str) -> pl.Expr:
    return text.str.contains(sign, literal=True)


def _space_as_held(text: pl.Expr) -> pl.Expr:
    """As everywhere, but that no file in TCVN3 holds a space of no width."""
    odd = space_oddly(text)
    held = odd.str.replace_all("\u200b", " ", literal=True)
    return pl.when(pl.col("_old_office")).then(held).otherwise(odd)
