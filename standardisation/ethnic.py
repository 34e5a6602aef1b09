"""Codes of peoples: two official lists, which give three codes to different peoples.

Decision 121-TCTK/PPCĐ (1979) has 04 Hoa, 05 Khơ-me, 06 Mường; Decision 1019/QĐ-TCTK (2008) has
04 Mường, 05 Khơ-me, 06 Hoa. The hub speaks in the list of 2008 and keeps which list was received.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import polars as pl

from hub.errors import ContractError
from standardisation.text import Columns, Options, compact

_CODE: Final = "^(?:0[1-9]|[1-4][0-9]|5[0-4])$"
_USUAL: Final = "2008"
LISTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {_USUAL: {}, "1979": {"04": "06", "06": "04"}}
)
"""Code list -> its codes that are others in the list of 2008."""


def ethnic_code_columns(raw: pl.Expr, options: Options) -> Columns:
    """A code of the list of 2008, and the list in which it was received.

    Options: ``codeList``, "2008" (if not given) or "1979".

    Raises:
        ContractError: there is no such list.
    """
    name = str(options.get("codeList", _USUAL))
    if name not in LISTS:
        message = f"There is no list of peoples {name!r}; choose one of {', '.join(LISTS)}."
        raise ContractError(message)
    bare = compact(raw)
    code = pl.when(bare.str.contains("^[1-9]$")).then(bare.str.zfill(2)).otherwise(bare)
    known = pl.when(code.str.contains(_CODE)).then(code)
    return {
        "": known.replace(LISTS[name]) if LISTS[name] else known,
        "_list": pl.when(known.is_not_null()).then(pl.lit(name)),
    }


def ethnic_code_flags(raw: pl.Expr, options: Options) -> Columns:
    """A leading zero lost and restored."""
    return {"REPAIRED_LEADING_ZERO": compact(raw).str.contains("^[1-9]$")}
