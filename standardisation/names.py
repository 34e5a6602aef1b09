"""Names of persons: a shown form that is never rewritten for taste, and a compared form."""

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


def person_name_columns(raw: pl.Expr, options: Options) -> Columns:
    """The name as its owner spells it, and its compared form; null without any letter."""
    shown = trim(clean(raw))
    key = name_key_expr(shown)
    return {"": pl.when(key.str.contains("[a-z]")).then(shown), "_key": key}


def is_plain_name(raw: pl.Expr) -> pl.Expr:
    """Whether a name is tidy, ends in no dot and is not all in capitals."""
    return is_tidy(raw) & is_trim(as_text(raw)) & as_text(raw).str.contains("[a-z]")


def plain_name_columns(raw: pl.Expr, options: Options) -> Columns:
    """What `person_name_columns` gives for a plain name."""
    return {"": as_text(raw), "_key": tidy_name_key_expr(as_text(raw))}


def person_name_flags(raw: pl.Expr, options: Options) -> Columns:
    """Repairs, and ``CAPS`` for a name written in capitals only (which stays as it is)."""
    text = clean(raw)
    capitals = ~text.str.contains(r"\p{Ll}") & text.str.contains(r"\p{Lu}.*\p{Lu}")
    return {**clean_flags(raw), "CAPS": capitals, "PUNCTUATION": ~is_trim(text)}
