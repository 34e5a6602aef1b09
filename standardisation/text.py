"""What every text goes through first, and how each repair made there is flagged."""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from hub.names import DROPPED, STROKED_D

Options = Mapping[str, Any]
"""The options of a field in its contract."""
Columns = dict[str, pl.Expr]
"""Column suffix (or flag name) -> expression."""

_INVISIBLE: Final = "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
_SPACES: Final = r"\s+"
_UNTIDY: Final = (
    r"^\s|\s$|\s\s|[\t\n\r\x0b\x0c\x85\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
)
_CONTROLS: Final = r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufffd]"
_ETH: Final = "[\u00d0\u00f0]"


def as_text(raw: pl.Expr) -> pl.Expr:
    """A landed value of whatever type as text."""
    return raw.cast(pl.String)


def has_value(raw: pl.Expr) -> pl.Expr:
    """Whether anything but blanks stands in the landed value."""
    return (as_text(raw).str.strip_chars() != "").fill_null(value=False)


def clean(raw: pl.Expr) -> pl.Expr:
    """Composed, single-spaced text without invisible marks, with Đ for eth; null if blank.

    Text with control characters (NUL among them) or a replacement character is unreadable and
    becomes null: nobody can know what stood there.
    """
    text = (
        as_text(raw)
        .str.normalize("NFC")
        .str.replace_all(_INVISIBLE, "")
        .str.replace_many(["\u00d0", "\u00f0"], ["\u0110", "\u0111"])
        .str.replace_all(_SPACES, " ")
        .str.strip_chars(" ")
    )
    return pl.when((text != "") & ~text.str.contains(_CONTROLS)).then(text)


def clean_flags(raw: pl.Expr) -> Columns:
    """The repairs that `clean` makes: flag name -> whether it was made."""
    text = as_text(raw)
    return {
        "ETH": text.str.contains(_ETH),
        "INVISIBLE": text.str.contains(_INVISIBLE),
        "NFC": text != text.str.normalize("NFC"),
        "SPACES": text.str.contains(_UNTIDY) & has_value(raw),
    }


def no_flags(raw: pl.Expr, options: Options) -> Columns:
    """For kinds that repair nothing."""
    return {}


def text_columns(raw: pl.Expr, options: Options) -> Columns:
    """Text as the owner wrote it, tidied."""
    return {"": clean(raw)}


def text_flags(raw: pl.Expr, options: Options) -> Columns:
    """The repairs of `clean`."""
    return clean_flags(raw)


def name_key_expr(text: pl.Expr) -> pl.Expr:
    """`hub.names.name_key` as an expression; null where no letter or digit is left."""
    key = (
        text.str.normalize("NFD")
        .str.replace_all(DROPPED, "")
        .str.replace_many(list(STROKED_D), ["d"] * len(STROKED_D))
        .str.to_lowercase()
        .str.replace_many(["y"], ["i"])
        .str.replace_all("[^a-z0-9]+", " ")
        .str.strip_chars(" ")
    )
    return pl.when(key != "").then(key)


def compact(raw: pl.Expr) -> pl.Expr:
    """Upper-case text without spaces, dots, dashes and slashes, as issued numbers are written."""
    return clean(raw).str.replace_all(r"[ .\-/]", "").str.to_uppercase()


def separators_flag(raw: pl.Expr) -> Columns:
    """Whether an issued number was written with separators."""
    return {"SEPARATORS": clean(raw).str.contains(r"[ .\-/]")}
