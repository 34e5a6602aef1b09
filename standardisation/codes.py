"""Codes of closed lists: sex, the owner's own lists, communes old and new, facilities."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from hub.names import name_key
from standardisation.text import Columns, Options, as_text, clean, compact, name_key_expr
from standardisation.units import read_successors

_SEX: Final[Mapping[str, str]] = {"1": "1", "2": "2", "Nam": "1", "Nữ": "2"}
_BOOLEAN: Final[Mapping[str, bool]] = {
    **{"true": True, "t": True, "1": True, "có": True},
    **{"false": False, "f": False, "0": False, "không": False},
}


def _looked_up(raw: pl.Expr, values: Mapping[str, object]) -> pl.Expr:
    """The value of the compared form, or null where the list has none."""
    keys = {name_key(str(word)): value for word, value in values.items()}
    dtype = pl.Boolean if all(isinstance(value, bool) for value in keys.values()) else pl.String
    answers = [value if isinstance(value, bool) else str(value) for value in keys.values()]
    return name_key_expr(clean(raw)).replace_strict(
        list(keys), answers, default=None, return_dtype=dtype
    )


def sex_columns(raw: pl.Expr, options: Options) -> Columns:
    """Sex as "1" (male) or "2" (female), the coding of the health-insurance files.

    Options: ``values``, the owner's word -> "1" or "2" (1, 2, Nam and Nữ if not given);
    ``otherValues``, the same for words that the owner did not promise, each read with a flag.
    """
    words = {**options.get("otherValues", {}), **options.get("values", _SEX)}
    return {"": _looked_up(raw, words)}


def sex_flags(raw: pl.Expr, options: Options) -> Columns:
    """A readable word that is none of the promised, where others are known."""
    if "otherValues" not in options:
        return {}
    promised = as_text(raw).is_in(list(options.get("values", _SEX)))
    return {"OTHER_CODE": ~promised & sex_columns(raw, options)[""].is_not_null()}


def boolean_columns(raw: pl.Expr, options: Options) -> Columns:
    """True or false. Options: ``values``, the owner's word -> true or false."""
    return {"": _looked_up(raw, options.get("values", _BOOLEAN))}


def code_columns(raw: pl.Expr, options: Options) -> Columns:
    """A code of the owner's list.

    Options: ``values`` (owner's code -> hub's code; others are unreadable), ``width`` (digits;
    a lost leading zero is restored), ``pattern`` (a regular expression for the whole code).
    """
    code = clean(raw)
    if "values" in options:
        code = _looked_up(raw, options["values"])
    if "width" in options:
        short = code.str.contains("^[0-9]+$") & (code.str.len_chars() < int(options["width"]))
        code = pl.when(short).then(code.str.zfill(int(options["width"]))).otherwise(code)
    if "pattern" in options:
        code = pl.when(code.str.contains(f"^(?:{options['pattern']})$")).then(code)
    return {"": code}


def code_flags(raw: pl.Expr, options: Options) -> Columns:
    """A leading zero lost and restored, where the width of the code is known."""
    if "width" not in options:
        return {}
    code = clean(raw)
    short = code.str.contains("^[0-9]+$") & (code.str.len_chars() < int(options["width"]))
    return {"REPAIRED_LEADING_ZERO": short}


def _five_digits(raw: pl.Expr) -> pl.Expr:
    bare = compact(raw)
    return pl.when(bare.str.contains("^[0-9]{4,5}$")).then(bare.str.zfill(5))


def five_digit_columns(raw: pl.Expr, options: Options) -> Columns:
    """A code of five digits: a commune since 1 July 2025, or a health facility."""
    return {"": _five_digits(raw)}


def five_digit_flags(raw: pl.Expr, options: Options) -> Columns:
    """A leading zero lost and restored."""
    return {"REPAIRED_LEADING_ZERO": compact(raw).str.contains("^[0-9]{4}$")}


def old_commune_columns(raw: pl.Expr, options: Options) -> Columns:
    """A commune code of before 1 July 2025, and the commune or communes it became.

    Options: ``follow``: "land" (if not given), for parcels: all successors that took land of it;
    "people": those that took people, which may be one where land went to several.
    """
    old = _five_digits(raw)
    successors = read_successors()
    known = successors.people if options.get("follow", "land") == "people" else successors.land
    exact = {was: new[0] for was, new in known.items() if len(new) == 1}
    listed = {was: _json_list(new) for was, new in known.items()}
    match = {was: "exact" if was in exact else "candidates" for was in known}
    found = old.replace_strict(match, default="unknown", return_dtype=pl.String)
    return {
        "": old,
        "_new": old.replace_strict(exact, default=None, return_dtype=pl.String),
        "_match": pl.when(old.is_not_null()).then(found),
        "_candidates": pl.when(old.is_not_null()).then(
            old.replace_strict(listed, default="[]", return_dtype=pl.String)
        ),
    }


def _json_list(codes: tuple[str, ...]) -> str:
    return "[" + ", ".join(f'"{code}"' for code in codes) + "]"
