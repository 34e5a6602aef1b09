"""Addresses: shown as written, compared with their usual abbreviations spelt out."""

from typing import Final

import polars as pl

from standardisation.text import Columns, Options, clean, name_key_expr

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
    shown = clean(raw)
    key = name_key_expr(shown)
    for short, full in _ABBREVIATIONS.items():
        key = key.str.replace_all(rf"\b{short}\b", full)
    return {"": shown, "_key": key}
