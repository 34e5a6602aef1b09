"""Addresses: shown as written, compared with their usual abbreviations spelt out."""

from typing import Final

import polars as pl

from standardisation.text import (
    Columns,
    Options,
    as_text,
    clean,
    clean_flags,
    is_tidy,
    is_trim,
    name_key_expr,
    tidy_name_key_expr,
    trim,
)

_ABBREVIATIONS: Final = {
    "tp": "thanh pho",
    "tx": "thi xa",
    "tt": "thi tran",
    "kp": "khu pho",
    "p": "phuong",
    "x": "xa",
    "h": "huien",
    "q": "quan",
    "t": "tinh",
}
"""In the compared form, where y is i."""


def address_columns(raw: pl.Expr, options: Options) -> Columns:
    """The address as written, and its compared form."""
    shown = trim(clean(raw))
    return {"": shown, "_key": _spell_out(name_key_expr(shown))}


def tidy_address_columns(raw: pl.Expr, options: Options) -> Columns:
    """What `address_columns` gives for a tidy address."""
    return {"": as_text(raw), "_key": _spell_out(tidy_name_key_expr(as_text(raw)))}


def is_plain_address(raw: pl.Expr) -> pl.Expr:
    """Whether an address is tidy and ends in no dot."""
    return is_tidy(raw) & is_trim(as_text(raw))


def address_flags(raw: pl.Expr, options: Options) -> Columns:
    """Repairs."""
    return {**clean_flags(raw), "PUNCTUATION": ~is_trim(clean(raw))}


def _spell_out(key: pl.Expr) -> pl.Expr:
    key = pl.concat_str(pl.lit(" "), key, pl.lit(" "))
    for short, full in _ABBREVIATIONS.items():
        key = key.str.replace_many([f" {short} "], [f" {full} "])
    return key.str.strip_chars(" ")
