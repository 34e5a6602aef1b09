"""Names of persons: a shown form that is never rewritten for taste, and a compared form."""

import polars as pl

from standardisation.text import Columns, Options, clean, clean_flags, name_key_expr


def person_name_columns(raw: pl.Expr, options: Options) -> Columns:
    """The name as its owner spells it, and its compared form; null without any letter."""
    shown = clean(raw)
    key = name_key_expr(shown)
    return {"": pl.when(key.str.contains("[a-z]")).then(shown), "_key": key}


def person_name_flags(raw: pl.Expr, options: Options) -> Columns:
    """Repairs, and ``CAPS`` for a name written in capitals only (which stays as it is)."""
    text = clean(raw)
    capitals = (text == text.str.to_uppercase()) & text.str.contains(r"\p{Lu}.*\p{Lu}")
    return {**clean_flags(raw), "CAPS": capitals}
