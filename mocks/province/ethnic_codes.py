"""The codes of peoples: the list of 2008, which the world holds, and that of 1979.

Both are official (decisions 1019/QĐ-TCTK of 2008 and 121-TCTK of 1979) and agree but for two codes
of the first 39: 04 and 06 are Mường and Hoa in the list of 2008, Hoa and Mường in that of 1979.
"""

from typing import TypeVar

import polars as pl

KINH, TAY, THAI, MUONG, KHMER, HOA, NUNG, MONG, DAO = (f"0{n}" for n in range(1, 10))
GIA_RAI, EDE, SAN_CHAY, XO_DANG, SAN_DIU, MNONG = "10", "11", "13", "16", "17", "20"

_Codes = TypeVar("_Codes", pl.Series, pl.Expr)
_TO_1979 = {MUONG: "06", HOA: "04"}


def to_1979_list(codes: _Codes) -> _Codes:
    """Codes of the 2008 list as the list of 1979 has them; codes common to both stay."""
    return codes.replace(_TO_1979)
