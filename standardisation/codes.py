"""Codes of closed lists: sex, the owner's own lists, communes old and new, facilities."""

import csv
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

import polars as pl

from hub.names import name_key
from standardisation.text import Columns, Options, clean, compact, name_key_expr

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

    Options: ``values``, the owner's word -> "1" or "2" (1, 2, Nam and Nữ if not given).
    """
    return {"": _looked_up(raw, options.get("values", _SEX))}


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


class Successors(NamedTuple):
    """What became of the communes of before 1 July 2025."""

    candidates: Mapping[str, tuple[str, ...]]
    people: Mapping[str, str]


@lru_cache(maxsize=1)
def read_successors() -> Successors:
    """Old commune -> new ones, sorted; and where all people of a split commune went to one."""
    candidates: dict[str, tuple[str, ...]] = {}
    people: dict[str, str] = {}
    path = files("standardisation.reference").joinpath("commune_mapping.csv")
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            known = candidates.get(row["old_code"], ())
            candidates[row["old_code"]] = (*known, row["new_code"])
            if row["people_follow"]:
                people[row["old_code"]] = row["new_code"]
    return Successors({old: tuple(sorted(new)) for old, new in candidates.items()}, people)


def old_commune_columns(raw: pl.Expr, options: Options) -> Columns:
    """A commune code of before 1 July 2025, and the commune or communes it became.

    Options: ``follow``: "land" (if not given) knows a split commune's successors as candidates
    only; "people" gives the one that took all its people, where that is so.
    """
    old = _five_digits(raw)
    known = read_successors()
    people = known.people if options.get("follow", "land") == "people" else {}
    exact = {was: new[0] for was, new in known.candidates.items() if len(new) == 1} | dict(people)
    several = {was for was in known.candidates if was not in exact}
    listed = {was: _json_list(new) for was, new in known.candidates.items()}
    match = {was: "candidates" if was in several else "exact" for was in known.candidates}
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
