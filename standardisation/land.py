"""Land: certificate serials, parcel identifiers, purposes of use."""

from typing import Final

import polars as pl

from standardisation.numbers import undo_confusion
from standardisation.text import Columns, Options, clean, has_value

_PURPOSES: Final = (
    *("NNP", "SXN", "CHN", "LUA", "LUC", "LUK", "LUN", "HNK", "BHK", "NHK", "CLN", "LNP", "RSX"),
    *("RPH", "RDD", "NTS", "CNT", "LMU", "NKH", "PNN", "OCT", "ONT", "ODT", "CDG", "TSC", "CQP"),
    *("CAN", "DSN", "DTS", "DVH", "DXH", "DYT", "DGD", "DTT", "DKH", "DNG", "DSK", "CSK", "SKK"),
    *("SKN", "SKT", "TMD", "SKC", "SKS", "SKX", "CCC", "DGT", "DTL", "DDT", "DDL", "DSH", "DKV"),
    *("DNL", "DBV", "DCH", "DRA", "DCK", "TON", "TIN", "NTD", "SON", "MNC", "PNK", "CSD", "BCS"),
    *("DCS", "NCS", "MVB", "MVT", "MVR", "MVK"),
)
"""Codes of land-use purposes, of the lists of 2018 and 2024 (Circulars 27/2018/TT-BTNMT and
08/2024/TT-BTNMT)."""
_RENEWED: Final = {"BHK": "HNK", "NHK": "HNK", "LUN": "LUK", "DTS": "TSC"}
"""Old code -> the code of the 2024 list that took it in."""
_UNRESOLVED: Final = ("T", "TC")
"""Residential land of old maps; whether rural or urban only the place can tell."""
_SERIAL: Final = "^([A-ZĐ]{1,2})([|]?)([0-9OQILZSBG]{6,8})$"
_EITHER: Final = "^[A-ZĐ][OIZ][0-9OQILZSBG]{6}$"
"""A series of two letters and 6 digits, or of one and 7: "DI234567" may be DI or D and 1."""
_FIRST_GAP: Final = r"^([A-ZĐ]{1,2})[ .\-/]+"


def _serial(part: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """One serial "AB 123456", and whether letters were read as digits.

    A gap after the first letters ends the series: "D I234567" is of series D, not DI. Without
    one, a serial that fits both ways is unreadable.
    """
    split = part.str.to_uppercase().str.replace(_FIRST_GAP, "$1|")
    groups = split.str.replace_all(r"[ .\-/]", "").str.extract_groups(_SERIAL)
    series, written = groups.struct.field("1"), groups.struct.field("3")
    digits = undo_confusion(written)
    size, one = digits.str.len_chars(), series.str.len_chars() == 1
    fits = pl.when(one).then(size <= 7).otherwise(size != 7)
    sure = fits & ~split.str.contains(_EITHER)
    return pl.when(sure).then(pl.concat_str(series, pl.lit(" "), digits)), digits != written


def certificate_serial_columns(raw: pl.Expr, options: Options) -> Columns:
    """Serials of land-use certificates; several in one cell stand apart by "; ".

    One letter with 6 or 7 digits, two letters with 6, "AA" with 8 (Circular
    10/2024/TT-BTNMT); other series with 8 digits are read too, for a rule to judge.
    """
    parts = clean(raw).str.split(";").list.eval(_serial(pl.element().str.strip_chars(" "))[0])
    broken = parts.list.eval(pl.element().is_null()).list.any()
    return {"": pl.when(~broken).then(parts.list.join("; "))}


def certificate_serial_flags(raw: pl.Expr, options: Options) -> Columns:
    """Spaces or marks between digits, no space before them, and letters read as digits."""
    parts = clean(raw).str.split(";")
    confused = parts.list.eval(_serial(pl.element().str.strip_chars(" "))[1])
    return {
        "OCR_DIGIT": confused.list.any(),
        "SEPARATORS": clean(raw).str.contains(r"(?i)[.\-/]|[0-9] +[0-9]|(?:^|; ?)[A-ZĐ]{1,2}[0-9]"),
    }


def geohash_columns(raw: pl.Expr, options: Options) -> Columns:
    """The parcel's identifier, a geohash of 12 characters (Circular 19/2026/TT-BNNMT)."""
    text = clean(raw).str.to_lowercase()
    return {"": pl.when(text.str.contains("^[0-9b-hjkmnp-z]{12}$")).then(text)}


def _purposes(raw: pl.Expr) -> pl.Expr:
    return clean(raw).str.to_uppercase().str.replace_all(r"[ +,;/]+", "+").str.strip_chars("+")


def land_use_columns(raw: pl.Expr, options: Options) -> Columns:
    """Purposes as "ONT+CLN", and those of them that the 2024 list knows, under its codes."""
    joined = _purposes(raw)
    codes = joined.str.split("+")
    strange = codes.list.eval(~pl.element().is_in([*_PURPOSES, *_UNRESOLVED])).list.any()
    renewed = codes.list.eval(
        pl.element().filter(~pl.element().is_in(_UNRESOLVED)).replace(_RENEWED)
    )
    listed = renewed.list.unique(maintain_order=True).list.join('", "')
    text = (
        pl.when(listed == "")
        .then(pl.lit("[]"))
        .otherwise(pl.concat_str(pl.lit('["'), listed, pl.lit('"]')))
    )
    known = has_value(raw) & ~strange
    return {"": pl.when(known).then(joined), "_codes": pl.when(known).then(text)}


def land_use_flags(raw: pl.Expr, options: Options) -> Columns:
    """Separators unified, and codes that only old lists have."""
    joined = _purposes(raw)
    old = "(?:^|\\+)(?:" + "|".join([*_RENEWED, *_UNRESOLVED]) + ")(?:\\+|$)"
    return {
        "OLD_LAND_USE": joined.str.contains(old),
        "SEPARATORS": clean(raw).str.to_uppercase() != joined,
    }
