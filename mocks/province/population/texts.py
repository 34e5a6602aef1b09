"""What befalls any Vietnamese text of this register: names and addresses alike."""

import polars as pl

from mocks.province.faults import ACCEPT, REPAIR, Fault
from mocks.province.spelling import (
    change_apostrophes,
    decompose,
    has_marks,
    show_as_mojibake,
    space_oddly,
    write_eth,
)

#: Letters whose UTF-8 cannot be taken for anything else once misread; à alone could: "XÃ\u00a0AN".
_TELLING = "[ĂăĐđĨĩŨũƠơƯưẠ-ỹ]"
_BEYOND_VIETNAMESE = "[^\x00-\x7fÀ-ÃÈ-ÊÌÍÒ-ÕÙÚÝà-ãè-êìíò-õùúýĂăĐđĨĩŨũƠơƯưẠ-ỹ]"
_HALF = 0.5


def mendable_faults(column: str, among: pl.Expr | None = None) -> tuple[Fault, ...]:
    """How the text may come so that a reader can undo it, and capitals, which stay.

    The rarest first, so that no other fault takes the only value that can have it.
    """
    text = pl.col(column)
    rows = pl.lit(True) if among is None else among
    accented = rows & has_marks(column)
    return (
        Fault(
            "apostrophe",
            column,
            REPAIR,
            change_apostrophes(text),
            among=rows & text.str.contains("'", literal=True),
        ),
        Fault(
            "mojibake",
            column,
            REPAIR,
            show_as_mojibake(text),
            among=rows & text.str.contains(_TELLING) & ~text.str.contains(_BEYOND_VIETNAMESE),
        ),
        Fault(
            "eth_for_d",
            column,
            REPAIR,
            write_eth(text),
            among=rows & text.str.contains("Đ", literal=True),
        ),
        Fault("decomposed", column, REPAIR, decompose(text), among=accented),
        Fault("untidy", column, REPAIR, space_oddly(text), among=rows, weight=_HALF),
        Fault("untidy", column, ACCEPT, text.str.to_uppercase(), among=rows, weight=_HALF),
    )
