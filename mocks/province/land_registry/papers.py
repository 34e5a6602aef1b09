"""What is wrong with certificates: misread serials, lost zeros, unreadable dates and texts."""

import numpy as np
import polars as pl

from mocks.province.canaries import canary_rows
from mocks.province.faults import ACCEPT, QUARANTINE, REPAIR, Fault, Spoiler, Truth, blank
from mocks.province.land_registry.deeds import Deeds
from mocks.province.land_registry.holders import TABLE
from mocks.province.land_registry.texts import judge_texts, spoil_texts
from mocks.province.people import World
from mocks.province.spelling import LUCK, abbreviate, flip_digit, lose_zero, type_letter_for_digit

_OWNER, _NUMBERS, _BORN = "chu_su_dung", "so_giay_to", "nam_sinh"
_SERIAL, _BOOK, _ISSUED = "so_phat_hanh", "so_vao_so", "ngay_cap"
_ADDRESS, _PARCEL, _AREA, _USE = "dia_chi_chu", "ma_thua", "dien_tich_cap", "muc_dich"
_ONE_PIN = pl.col(_NUMBERS).str.contains("^0[1-9][0-9]{10}$")
_LETTERED = type_letter_for_digit(pl.col(_NUMBERS))
_NUMBERED = pl.col(_NUMBERS) != ""
_SWAPPABLE = pl.col(_ISSUED).str.contains("^(?:0[1-9]|1[0-2])/") & (
    pl.col(_ISSUED).str.head(2) != pl.col(_ISSUED).str.slice(3, 2)
)
#: Papers that never told the year of birth: times the rate of missing values.
_UNDATED = 720.0


def _misread_serial() -> pl.Expr:
    """A letter for a digit, or the space lost or written as a dash."""
    serial, luck = pl.col(_SERIAL), pl.col(LUCK)
    lettered = serial.str.extract("^([^ ]+ )", 1) + type_letter_for_digit(
        serial.str.extract(" ([^ ]+)$", 1)
    )
    return (
        pl.when(luck < 0.6)
        .then(lettered)
        .when(luck < 0.8)
        .then(serial.str.replace(" ", "", literal=True))
        .otherwise(serial.str.replace(" ", "-", literal=True))
    )


def _swap_day_and_month() -> pl.Expr:
    day = pl.col(_ISSUED)
    return day.str.slice(3, 3) + day.str.head(3) + day.str.slice(6)


def _write_day_oddly() -> pl.Expr:
    """3/7/85, or the day number of a spreadsheet."""
    day = pl.col(_ISSUED)
    short = (
        day.str.replace("^0", "")
        .str.replace("^([0-9]+)/0", "$1/")
        .str.replace("[0-9]{2}([0-9]{2})$", "$1")
    )
    whole = day.str.to_date("%d/%m/%Y", strict=False)
    days = (whole - pl.date(1899, 12, 30)).dt.total_days().cast(pl.String)
    return pl.when(pl.col(LUCK) < 0.7).then(short).otherwise(days)


def _lose_days() -> pl.Expr:
    """ "1950" or "01/01/1950" where the paper has 03/07/1950."""
    told = pl.when(pl.col(LUCK) < 0.6).then(pl.lit("")).otherwise(pl.lit("01/01/"))
    first = told + pl.col(_BORN).str.extract("([0-9]{4})", 1)
    second = told + pl.col(_BORN).str.extract("; .*([0-9]{4})$", 1)
    pair = pl.col(_BORN).str.contains(";", literal=True)
    return pl.when(pair).then(first + "; " + second).otherwise(first)


def _write_in_powers() -> pl.Expr:
    """022085001234 -> 2.2085E+10."""
    digits = pl.col(_NUMBERS).str.strip_chars_start("0")
    power = (digits.str.len_chars() - 1).cast(pl.String)
    return digits.str.head(1) + "." + digits.str.slice(1, 4) + "E+" + power


def _group_digits() -> pl.Expr:
    """ "022 085 001 234", "100 123 456"."""
    grouped = pl.col(_NUMBERS).str.replace_all("([0-9]{3})", "$1 ")
    return grouped.str.replace_all(" ;", ";", literal=True).str.strip_chars_end(" ")


_IMPOSSIBLE = Fault("date_impossible", _ISSUED, QUARANTINE, "31/02/" + pl.col(_ISSUED).str.slice(6))
_FAULTS = (
    _IMPOSSIBLE,
    Fault("value_missing", _OWNER, QUARANTINE, blank()),
    Fault("text_cut", _SERIAL, QUARANTINE, pl.col(_SERIAL).str.head(-3), weight=0.5),
    Fault("serial_misread", _SERIAL, REPAIR, _misread_serial()),
    Fault(
        "serial_misread",
        _SERIAL,
        ACCEPT,
        "CS" + pl.col(_SERIAL).str.slice(2),
        among=pl.col(_SERIAL).str.contains("^AA "),
    ),
    Fault("day_month_swapped", _ISSUED, ACCEPT, _swap_day_and_month(), among=_SWAPPABLE),
    Fault("date_form", _ISSUED, REPAIR, _write_day_oddly()),
    Fault("value_missing", _ISSUED, ACCEPT, blank(), weight=10),
    Fault("value_missing", _BOOK, ACCEPT, blank(), weight=10),
    Fault("zero_lost", _NUMBERS, REPAIR, lose_zero(pl.col(_NUMBERS)), among=_ONE_PIN),
    Fault("scientific", _NUMBERS, ACCEPT, _write_in_powers(), among=_ONE_PIN),
    Fault("separators", _NUMBERS, REPAIR, _group_digits(), among=_NUMBERED),
    Fault("letter_for_digit", _NUMBERS, REPAIR, _LETTERED, among=_ONE_PIN),
    Fault("letter_for_digit", _NUMBERS, ACCEPT, _LETTERED, among=_NUMBERED & ~_ONE_PIN),
    Fault("typing_error", _NUMBERS, ACCEPT, flip_digit(pl.col(_NUMBERS)), among=_NUMBERED),
    Fault("year_only", _BORN, ACCEPT, _lose_days(), among=pl.col(_BORN).str.contains("/")),
    Fault("value_missing", _BORN, ACCEPT, blank(), among=_NUMBERED, weight=_UNDATED),
    Fault("reference_unknown", _PARCEL, ACCEPT, pl.col(_PARCEL).str.head(5) + "9999999"),
    Fault("measure_wrong", _AREA, ACCEPT, pl.lit("0.0")),
    Fault("number_form", _AREA, REPAIR, pl.col(_AREA).str.replace(".", ",", literal=True)),
    Fault(
        "untidy",
        _USE,
        REPAIR,
        pl.col(_USE).str.replace("+", ", ", literal=True),
        among=pl.col(_USE).str.contains("+", literal=True),
    ),
    *spoil_texts(_OWNER),
    Fault("address_abbreviated", _ADDRESS, ACCEPT, abbreviate(pl.col(_ADDRESS))),
    Fault("text_cut", _ADDRESS, ACCEPT, pl.col(_ADDRESS).str.head(-9)),
    *spoil_texts(_ADDRESS, weight=0.2),
)


def spoil_certificates(
    rng: np.random.Generator,
    certificates: pl.DataFrame,
    world: World,
    deeds: Deeds,
    truth: Truth,
) -> pl.DataFrame:
    """Noise of every kind that a paper can have; canaries only where it is their fate."""
    spoiler = Spoiler(
        judge_texts(certificates, _OWNER, _ADDRESS), table=TABLE, key="ma_gcn", truth=truth
    )
    holders = world.people[deeds.first]
    spoiler.protect((holders["canary"] > 0).to_numpy())
    spoiler.spread(rng, _FAULTS)
    spoiler.spoil(rng, _IMPOSSIBLE, canary_rows(holders, "land_registry"))
    return spoiler.finish()
