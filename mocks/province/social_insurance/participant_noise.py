"""What is wrong in nguoi_tham_gia, and what the hub ought to make of it."""

from datetime import date

import numpy as np
import polars as pl

from mocks.province.canaries import canary_rows
from mocks.province.faults import ACCEPT, QUARANTINE, REPAIR, Fault, Spoiler, Truth, blank, never
from mocks.province.people import REFERENCE_DAY, YEAR_DAYS, World
from mocks.province.social_insurance.participants import TABLE, Insured
from mocks.province.spelling import (
    LUCK,
    change_apostrophes,
    decompose,
    drop_marks,
    flip_digit,
    has_marks,
    has_movable_tone,
    has_y,
    lose_zero,
    move_tones,
    show_as_cp1258,
    show_as_mojibake,
    swap_i_and_y,
    type_letter_for_digit,
    write_eth,
)

_NAME, _PIN, _NUMBER = "ho_va_ten", "so_dinh_danh", "ma_so_bhxh"
_BORN, _SEX = "ngay_sinh", "gioi_tinh"
_name, _pin, _born, _luck = pl.col(_NAME), pl.col(_PIN), pl.col(_BORN), pl.col(LUCK)
_DAY, _MONTH, _YEAR = _born.str.slice(0, 2), _born.str.slice(3, 2), _born.str.slice(6)
#: Weights below 1 keep the rows with any fault between 1 and 3 %, as such registers have them.
#: Two digits of a year that can only be one of the 1900s, in whoever lives today.
_CERTAIN = _YEAR.is_between(pl.lit("1930"), pl.lit("1999"))
_SPREADSHEET_ZERO = date(1899, 12, 30)
_OLD_AGE_DAYS = 60 * YEAR_DAYS
_SEXES_MALE, _SEXES_FEMALE = ("M", "1", "nam"), ("F", "F", "nữ")


def _grouped(number: pl.Expr) -> pl.Expr:
    """In groups of three, with spaces, dots or dashes between them."""
    apart = number.str.replace_all(r"(\d{3})", "${1} ").str.strip_chars_end(" ")
    return (
        pl.when(_luck < 0.6)
        .then(apart)
        .when(_luck < 0.85)
        .then(apart.str.replace_all(" ", ".", literal=True))
        .otherwise(apart.str.replace_all(" ", "-", literal=True))
    )


def _spaced(text: pl.Expr) -> pl.Expr:
    """A double, a no-break or a zero-width space, or a tab."""
    return (
        pl.when(_luck < 0.4)
        .then(text.str.replace(" ", "  ", literal=True) + " ")
        .when(_luck < 0.65)
        .then(text.str.replace(" ", "\u00a0", literal=True) + "\u00a0")
        .when(_luck < 0.85)
        .then(text.str.replace(" ", " \u200b", literal=True))
        .otherwise("\t" + text)
    )


def _one_of(words: tuple[str, str, str]) -> pl.Expr:
    first, second, third = (pl.lit(word) for word in words)
    return pl.when(_luck < 0.4).then(first).when(_luck < 0.7).then(second).otherwise(third)


def _starts_with_one_zero(column: str) -> pl.Expr:
    return pl.col(column).str.contains("^0[1-9]")


_AS_FLOAT = pl.format("{}.{}E+10", _pin.str.slice(1, 1), _pin.str.slice(2, 4))
_PIN_AS_FLOAT = Fault("scientific", _PIN, QUARANTINE, _AS_FLOAT)
_SHORT_DATE = pl.format(
    "{}/{}/{}",
    _DAY.str.strip_chars_start("0"),
    _MONTH.str.strip_chars_start("0"),
    _YEAR.str.tail(2),
)
_SERIAL = (_born.str.to_date("%d/%m/%Y") - pl.lit(_SPREADSHEET_ZERO)).dt.total_days()
_NUMBERS = (
    _PIN_AS_FLOAT,
    Fault("value_missing", _PIN, ACCEPT, never(), weight=5),
    Fault("typing_error", _PIN, ACCEPT, flip_digit(_pin)),
    Fault("zero_lost", _PIN, REPAIR, lose_zero(_pin), among=_starts_with_one_zero(_PIN)),
    Fault("separators", _PIN, REPAIR, _grouped(_pin), weight=0.5),
    Fault("letter_for_digit", _PIN, REPAIR, type_letter_for_digit(_pin)),
    Fault("typing_error", _NUMBER, ACCEPT, flip_digit(pl.col(_NUMBER)), weight=0.5),
    Fault(
        "zero_lost",
        _NUMBER,
        QUARANTINE,
        lose_zero(pl.col(_NUMBER)),
        among=_starts_with_one_zero(_NUMBER),
    ),
    Fault("separators", _NUMBER, REPAIR, _grouped(pl.col(_NUMBER)), weight=0.5),
    Fault("letter_for_digit", _NUMBER, REPAIR, type_letter_for_digit(pl.col(_NUMBER))),
)
_NAMES = (
    Fault("value_missing", _NAME, QUARANTINE, blank()),
    Fault("text_cut", _NAME, ACCEPT, _name.str.head(_name.str.len_chars() - 2)),
    Fault("cp1258", _NAME, ACCEPT, show_as_cp1258(_name), among=has_marks(_NAME)),
    Fault("mojibake", _NAME, REPAIR, show_as_mojibake(_name), among=has_marks(_NAME)),
    Fault("decomposed", _NAME, REPAIR, decompose(_name), among=has_marks(_NAME)),
    Fault("eth_for_d", _NAME, REPAIR, write_eth(_name), among=_name.str.contains("Đ")),
    Fault(
        "apostrophe",
        _NAME,
        REPAIR,
        change_apostrophes(_name),
        among=_name.str.contains("'"),
    ),
    Fault("marks_missing", _NAME, ACCEPT, drop_marks(_name), among=has_marks(_NAME)),
    Fault("untidy", _NAME, ACCEPT, _name.str.to_uppercase(), weight=0.5),
    Fault("untidy", _NAME, REPAIR, _spaced(_name), weight=0.4),
    Fault("untidy", _NAME, REPAIR, _name + ".", weight=0.1),
    Fault("tone_moved", _NAME, ACCEPT, move_tones(_name), among=has_movable_tone(_NAME)),
    Fault("i_for_y", _NAME, ACCEPT, swap_i_and_y(_name), among=has_y(_NAME)),
)
_BIRTHS = (
    Fault("date_impossible", _BORN, QUARANTINE, "31/02/" + _YEAR),
    Fault("year_only", _BORN, ACCEPT, _YEAR, among=pl.col("_is_old"), weight=0.4),
    Fault(
        "year_only",
        _BORN,
        ACCEPT,
        "01/01/" + _YEAR,
        among=pl.col("_is_old") & ~_born.str.starts_with("01/01/"),
        weight=0.6,
    ),
    Fault(
        "day_month_swapped",
        _BORN,
        ACCEPT,
        pl.format("{}/{}/{}", _MONTH, _DAY, _YEAR),
        among=(_DAY <= "12") & (_DAY != _MONTH),
    ),
    Fault("date_form", _BORN, REPAIR, _SHORT_DATE, among=_CERTAIN, weight=0.4),
    Fault("date_form", _BORN, QUARANTINE, _SHORT_DATE, among=~_CERTAIN, weight=0.4),
    Fault("date_form", _BORN, REPAIR, _SERIAL.cast(pl.String), among=_CERTAIN, weight=0.3),
    Fault("date_form", _BORN, REPAIR, pl.format("{}-{}-{}", _YEAR, _MONTH, _DAY), weight=0.3),
)
_MALE = pl.col(_SEX) == "Nam"
_SEX_CODES = (
    # A 0 can be the other sex of 1, or the first of 0 and 1: nobody can know.
    Fault("sex_code", _SEX, QUARANTINE, pl.lit("0"), among=~_MALE, weight=0.1),
    Fault("sex_code", _SEX, REPAIR, _one_of(_SEXES_MALE), among=_MALE),
    Fault("sex_code", _SEX, REPAIR, _one_of(_SEXES_FEMALE), among=~_MALE, weight=0.9),
)
_FAULTS = (*_NUMBERS, *_NAMES, *_BIRTHS, *_SEX_CODES)


def spoil_participants(
    rng: np.random.Generator,
    participants: pl.DataFrame,
    world: World,
    insured: Insured,
    truth: Truth,
) -> pl.DataFrame:
    """Noise in 2 to 3 % of the rows; canaries only where it is their fate."""
    is_old = REFERENCE_DAY - pl.col("_birth_day") >= _OLD_AGE_DAYS
    frame = participants.with_columns(_is_old=is_old)
    spoiler = Spoiler(frame, table=TABLE, key="id", truth=truth)
    spoiler.protect((participants["_canary"] > 0).to_numpy())
    spoiler.spread(rng, _FAULTS)
    people = world.people.select("canary")[insured.rows]
    spoiler.spoil(rng, _PIN_AS_FLOAT, canary_rows(people, "social_insurance"))
    return spoiler.finish()
