"""What every text goes through first, and how each repair made there is flagged."""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from hub.names import DROPPED, STROKED_D, name_key
from standardisation.encodings import undo_misread_utf8

Options = Mapping[str, Any]
"""The options of a field in its contract."""
Columns = dict[str, pl.Expr]
"""Column suffix (or flag name) -> expression."""

_INVISIBLE: Final = "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
_SPACES: Final = r"\s+"
_UNTIDY: Final = (
    r"^\s|\s$|\s\s|[\t\n\r\x0b\x0c\x85\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
)
_WITHOUT_CONTROLS: Final = r"^([^\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufffd]+)$"
_ETH: Final = "[\u00d0\u00f0]"
_APOSTROPHES: Final = "[`\u00b4\u02b9-\u02bd\u02c8\u2018-\u201b\u2032]"
_TRAILING: Final = "[ .,;]*[.,;][ .,;]*$"
_UNUSUAL: Final = (
    r"^$|^ | $|  |[^\x20-\x7e\u00c0-\u02af\u1e00-\u1eff]|[\u00d0\u00f0`]"
    r"|[\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192]"
)
"""What tidy text never holds; most rows hold none of it. The last are letters in misread UTF-8."""


def is_tidy(raw: pl.Expr) -> pl.Expr:
    """Whether `clean` would surely change nothing (and so flag nothing)."""
    return ~as_text(raw).str.contains(_UNUSUAL)


def as_text(raw: pl.Expr) -> pl.Expr:
    """A landed value of whatever type as text."""
    return raw.cast(pl.String)


def has_value(raw: pl.Expr) -> pl.Expr:
    """Whether anything but blanks stands in the landed value."""
    return (as_text(raw).str.strip_chars() != "").fill_null(value=False)


def clean(raw: pl.Expr) -> pl.Expr:
    """Composed, single-spaced text without invisible marks; null if blank.

    Đ stands for eth, ' for its look-alikes, and UTF-8 read as code page 1252 is read again.
    Text with control characters (NUL among them) or a replacement character is unreadable and
    becomes null: nobody can know what stood there.
    """
    return (
        undo_misread_utf8(as_text(raw))
        .str.normalize("NFC")
        .str.replace_all(_INVISIBLE, "")
        .str.replace_all(_APOSTROPHES, "'")
        .str.replace_many(["\u00d0", "\u00f0"], ["\u0110", "\u0111"])
        .str.replace_all(_SPACES, " ")
        .str.strip_chars(" ")
        .str.extract(_WITHOUT_CONTROLS)  # an expression named twice is evaluated twice
    )


def clean_flags(raw: pl.Expr) -> Columns:
    """The repairs that `clean` makes: flag name -> whether it was made."""
    text = undo_misread_utf8(as_text(raw))
    return {
        "APOSTROPHE": text.str.contains(_APOSTROPHES),
        "ETH": text.str.contains(_ETH),
        "INVISIBLE": text.str.contains(_INVISIBLE),
        "MISREAD": text != as_text(raw),
        "NFC": text != text.str.normalize("NFC"),
        "SPACES": text.str.contains(_UNTIDY) & has_value(raw),
    }


def trim(text: pl.Expr) -> pl.Expr:
    """Clean text without dots and commas at its end; null if nothing else is there."""
    return text.str.replace(_TRAILING, "").replace("", None)


def is_trim(text: pl.Expr) -> pl.Expr:
    """Whether `trim` would change nothing."""
    return ~text.str.contains(_TRAILING)


def no_flags(raw: pl.Expr, options: Options) -> Columns:
    """For kinds that repair nothing."""
    return {}


def text_columns(raw: pl.Expr, options: Options) -> Columns:
    """Text as the owner wrote it, tidied."""
    return {"": clean(raw)}


def text_flags(raw: pl.Expr, options: Options) -> Columns:
    """The repairs of `clean`."""
    return clean_flags(raw)


def tidy_text_columns(raw: pl.Expr, options: Options) -> Columns:
    """What `text_columns` gives for text that is tidy already."""
    return {"": as_text(raw)}


def _fold_table() -> dict[str, str]:
    """Letters of tidy text -> what they are in the compared form."""
    letters = [
        chr(code) for code in (*range(0x20, 0x7F), *range(0xC0, 0x2B0), *range(0x1E00, 0x1F00))
    ]
    folded = {letter: name_key(letter) or " " for letter in letters}
    apostrophes = dict.fromkeys("'`´", "")
    return {letter: form for letter, form in {**folded, **apostrophes}.items() if form != letter}


_FOLD: Final = _fold_table()


def tidy_name_key_expr(text: pl.Expr) -> pl.Expr:
    """`name_key_expr` for tidy text, in one pass over its letters."""
    return (
        text.str.replace_many(list(_FOLD), list(_FOLD.values()))
        .str.replace_all(" {2,}", " ")
        .str.strip_chars(" ")
        .replace("", None)
    )


def name_key_expr(text: pl.Expr) -> pl.Expr:
    """`hub.names.name_key` as an expression; null where no letter or digit is left."""
    return (
        text.str.normalize("NFD")
        .str.replace_all(DROPPED, "")
        .str.replace_many(list(STROKED_D), ["d"] * len(STROKED_D))
        .str.to_lowercase()
        .str.replace_many(["y"], ["i"])
        .str.replace_all("[^a-z0-9]+", " ")
        .str.strip_chars(" ")
        .replace("", None)
    )


def compact(raw: pl.Expr) -> pl.Expr:
    """Upper-case text without spaces, dots, dashes and slashes, as issued numbers are written."""
    return clean(raw).str.replace_all(r"[ .\-/]", "").str.to_uppercase()


def separators_flag(raw: pl.Expr) -> Columns:
    """Whether an issued number was written with separators."""
    return {"SEPARATORS": clean(raw).str.contains(r"[ .\-/]")}
