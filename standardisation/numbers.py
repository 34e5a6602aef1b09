"""Numbers issued by an authority, and plain numbers.

An issued number is text of ASCII digits. What cannot be read becomes null, and its row goes to
quarantine; what is repaired carries a flag.
"""

import re
from typing import Final

import polars as pl

from standardisation.text import (
    Columns,
    Options,
    as_text,
    clean,
    compact,
    separators_flag,
)

PIN_PREFIXES: Final = (
    *("001", "002", "004", "006", "008", "010", "011", "012", "014", "015", "017", "019"),
    *("020", "022", "024", "025", "026", "027", "030", "031", "033", "034", "035", "036"),
    *("037", "038", "040", "042", "044", "045", "046", "048", "049", "051", "052", "054"),
    *("056", "058", "060", "062", "064", "066", "067", "068", "070", "072", "074", "075"),
    *("077", "079", "080", "082", "083", "084", "086", "087", "089", "091", "092", "093"),
    *("094", "095", "096"),
)
"""The 63 provinces of birth registration (Circular 59/2021/TT-BCA); frozen, whatever merges."""
CONFUSED: Final = dict(zip("OQILZSBG", "00112586", strict=True))
"""Letters that scanners and typists put for digits."""


def undo_confusion(digits: pl.Expr) -> pl.Expr:
    """Letters commonly put for digits, put back."""
    return digits.str.replace_many(list(CONFUSED), list(CONFUSED.values()))


def _pin(raw: pl.Expr) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """The number, and whether a zero was restored or a letter read as a digit.

    A repair is made only where the repaired number has a prefix that exists and a century of
    birth from 1900 to 2099 (PIN-1, PIN-2).
    """
    bare = compact(raw)
    valid = "^(?:" + "|".join(PIN_PREFIXES) + ")[0-3][0-9]{8}$"
    mended = undo_confusion(bare)
    padded = pl.concat_str(pl.lit("0"), bare)
    zero = bare.str.contains("^[1-9][0-9]{10}$") & padded.str.contains(valid)
    letter = (
        bare.str.contains("^[0-9OQILZSBG]{12}$")
        & (bare.str.count_matches("[A-Z]").is_between(1, 2))
        & mended.str.contains(valid)
    )
    whole = bare.str.contains("^[0-9]{12}$")
    number = pl.when(whole).then(bare).when(zero).then(padded).when(letter).then(mended)
    return number, zero, letter


def pin_columns(raw: pl.Expr, options: Options) -> Columns:
    """The personal identification number, 12 digits (Decree 137/2015/NĐ-CP, art. 13)."""
    return {"": _pin(raw)[0]}


def pin_flags(raw: pl.Expr, options: Options) -> Columns:
    """Separators, a leading zero lost and restored, letters read as digits."""
    _, zero, letter = _pin(raw)
    return {**separators_flag(raw), "REPAIRED_LEADING_ZERO": zero, "OCR_DIGIT": letter}


def old_number_columns(raw: pl.Expr, options: Options) -> Columns:
    """The identity card number before the PIN: 9 digits, some cards 12.

    With 8 digits nobody knows which is missing, and it is unreadable.
    """
    bare = compact(raw)
    return {"": pl.when(bare.str.contains("^(?:[0-9]{9}|[0-9]{12})$")).then(bare)}


def old_number_flags(raw: pl.Expr, options: Options) -> Columns:
    """Separators."""
    return separators_flag(raw)


def _lettered(bare: pl.Expr) -> pl.Expr:
    """Whether one of ten characters is a letter that stands for a digit."""
    one = bare.str.count_matches("[A-Z]") == 1
    return bare.str.contains("^[0-9OQILZSBG]{10}$") & one


def identity_numbers_columns(raw: pl.Expr, options: Options) -> Columns:
    """Identity numbers of several holders, "; " between them.

    Each a personal number or one of nine digits; what is neither stays as it was written.
    """
    return {"": _each(raw).list.eval(_identity(pl.element())).list.join("; ")}


def identity_numbers_flags(raw: pl.Expr, options: Options) -> Columns:
    """The repairs of the personal numbers, and separators."""
    zero, letter = (_each(raw).list.eval(_pin(pl.element())[place]) for place in (1, 2))
    return {
        "SEPARATORS": clean(raw).str.contains(r"(?:^|;) ?[0-9]+(?:[ .\-/]+[0-9]+)+ ?(?:;|$)"),
        "REPAIRED_LEADING_ZERO": zero.list.any(),
        "OCR_DIGIT": letter.list.any(),
    }


def _each(raw: pl.Expr) -> pl.Expr:
    return clean(raw).str.split(";").list.eval(pl.element().str.strip_chars(" "))


def _identity(part: pl.Expr) -> pl.Expr:
    bare = compact(part)
    return pl.coalesce(_pin(part)[0], pl.when(bare.str.contains("^[0-9]{9}$")).then(bare), part)


def insurance_number_columns(raw: pl.Expr, options: Options) -> Columns:
    """The social-insurance number, 10 digits; one letter that looks like a digit is one.

    With 9 digits it may be an old identity number as well, and is unreadable.
    """
    bare = compact(raw)
    mended = pl.when(_lettered(bare)).then(undo_confusion(bare))
    return {"": pl.coalesce(pl.when(bare.str.contains("^[0-9]{10}$")).then(bare), mended)}


def insurance_number_flags(raw: pl.Expr, options: Options) -> Columns:
    """Separators, and a letter read as a digit."""
    return {**separators_flag(raw), "OCR_DIGIT": _lettered(compact(raw))}


def card_number_columns(raw: pl.Expr, options: Options) -> Columns:
    """The health-insurance card: object, level, province, 10 digits; or the 10 digits alone.

    Decision 1351/QĐ-BHXH (2015) for the long form, 1666/QĐ-BHXH (2020) for the short one.
    """
    bare = compact(raw)
    return {"": pl.when(bare.str.contains("^(?:[A-ZĐ]{2}[1-5][0-9]{2})?[0-9]{10}$")).then(bare)}


def card_number_flags(raw: pl.Expr, options: Options) -> Columns:
    """Separators: cards are printed in groups."""
    return separators_flag(raw)


def tax_code_columns(raw: pl.Expr, options: Options) -> Columns:
    """The tax code: 10 digits, or 10 and a branch of 3 as ``0123456789-001``."""
    bare = compact(raw)
    branch = pl.concat_str(bare.str.slice(0, 10), pl.lit("-"), bare.str.slice(10))
    head = pl.when(bare.str.contains("^[0-9]{10}$")).then(bare)
    return {"": pl.coalesce(head, pl.when(bare.str.contains("^[0-9]{13}$")).then(branch))}


def tax_code_flags(raw: pl.Expr, options: Options) -> Columns:
    """Separators other than the dash before a branch."""
    return {"SEPARATORS": clean(raw).str.contains(r"[ ./]")}


def integer_columns(raw: pl.Expr, options: Options) -> Columns:
    """A whole number that fits 64 bits."""
    text = clean(raw)
    return {"": pl.when(text.str.contains("^[+-]?[0-9]{1,19}$")).then(_to_int(text))}


def _to_int(text: pl.Expr) -> pl.Expr:
    return text.str.strip_chars_start("+").cast(pl.Int64, strict=False)


def _decimal_text(raw: pl.Expr, options: Options) -> tuple[pl.Expr, pl.Expr]:
    """The number with a point, and whether a separator had to be understood."""
    text = clean(raw)
    group, point = options.get("thousandsSeparator"), options.get("decimalSeparator")
    grouped = pl.lit(value=False)
    if group:
        end = re.escape(str(point or "."))
        parts = rf"^[+-]?[0-9]{{1,3}}(?:{re.escape(group)}[0-9]{{3}})+(?:{end}|$)"
        grouped = text.str.contains(parts)
        text = pl.when(grouped).then(text.str.replace_all(group, "", literal=True)).otherwise(text)
    if point is None:
        comma = text.str.contains("^[+-]?[0-9]+,[0-9]{1,2}$")
        with_point = text.str.replace(",", ".", literal=True)
        return pl.when(comma).then(with_point).otherwise(text), grouped | comma
    if point != ".":
        text = text.str.replace(".", "?", literal=True).str.replace(point, ".", literal=True)
    return text, grouped


def decimal_columns(raw: pl.Expr, options: Options) -> Columns:
    """A decimal number of at most 30 digits before and 6 after the point.

    Options: ``decimalSeparator`` and ``thousandsSeparator``. Where the first is not declared a
    point is read, and a comma before one or two last digits, the Vietnamese decimal mark, with
    a flag; "1,234" could be either number and is unreadable.
    """
    text, _ = _decimal_text(raw, options)
    readable = text.str.contains(r"^[+-]?[0-9]{1,30}(?:\.[0-9]{1,6}0*)?$")
    number = text.str.strip_chars_start("+").cast(pl.Decimal(38, 6), strict=False)
    return {"": pl.when(readable).then(number)}


def has_point(options: Options) -> bool:
    """Whether a point is read in a number, and nothing between thousands."""
    return options.get("decimalSeparator", ".") == "." and "thousandsSeparator" not in options


def plain_decimal_columns(raw: pl.Expr, options: Options) -> Columns:
    """What `decimal_columns` gives for digits with a point or without."""
    return {"": as_text(raw).cast(pl.Decimal(38, 6), strict=False)}


def decimal_flags(raw: pl.Expr, options: Options) -> Columns:
    """Separators of thousands taken out, or a decimal comma understood."""
    return {"SEPARATORS": _decimal_text(raw, options)[1]}
