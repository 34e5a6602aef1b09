"""Dates as far as they are known, and points in time.

An impossible date is unreadable and never becomes the first of January. A date of birth is a
date and never a point in time: the clocks of the last century would move it by a day.
"""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import polars as pl

from standardisation.text import Columns, Options, as_text, clean

_MONTH = "^[0-9]{4}-(?:0[1-9]|1[0-2])$"
_YEARS = (1800, 9999)
_DAY_FIRST = "%d/%m/%Y"
_YEAR, _MONTHS, _DAYS = (
    "(?:1[89]|[2-9][0-9])[0-9]{2}",
    "(?:0[1-9]|1[0-2])",
    "(?:0[1-9]|[12][0-9]|3[01])",
)
_PLAIN = {"%Y-%m-%d": f"^{_YEAR}-{_MONTHS}-{_DAYS}$", _DAY_FIRST: f"^{_DAYS}/{_MONTHS}/{_YEAR}$"}
"""Form of a date -> all that is written in it with every digit."""
_SERIAL_ZERO = -25_569
"""Day 0 of the spreadsheets, 30 December 1899, in days since 1970."""
_FIRST_SERIAL = date(1900, 1, 1)


def _parse(text: pl.Expr, formats: Sequence[str]) -> pl.Expr:
    """The first of the formats that fits, with a year of four digits."""
    tried = [text.str.to_date(form, strict=False) for form in formats]
    date = pl.coalesce(tried)
    return pl.when(date.dt.year().is_between(*_YEARS)).then(date)


def _formats(options: Options) -> Sequence[str]:
    return tuple(options.get("formats", ("%Y-%m-%d",)))


def date_columns(raw: pl.Expr, options: Options) -> Columns:
    """A full date. Options: ``formats`` (strptime), "%Y-%m-%d" if not given.

    Further forms, each read with a flag: ``otherFormats`` and ``serials``, as for partial dates.
    """
    text = clean(raw)
    return {"": pl.coalesce(_parse(text, _formats(options)), _other_form(text, options))}


def date_flags(raw: pl.Expr, options: Options) -> Columns:
    """A form that is not the owner's own."""
    text = clean(raw)
    usual, other = _parse(text, _formats(options)), _other_form(text, options)
    return {"OTHER_FORM": usual.is_null() & other.is_not_null()}


def _other_form(text: pl.Expr, options: Options) -> pl.Expr:
    """A full date in a form that is not the owner's own, but can mean one day only."""
    found = [pl.lit(None, dtype=pl.Date)]
    if "otherFormats" in options:
        found.append(_parse(text, options["otherFormats"]))
    if "twoDigitYearsFrom" in options:
        parts = text.str.extract_groups("^([0-9]{1,2}/[0-9]{1,2}/)([0-9]{2})$")
        year = parts.struct.field("2")
        whole = pl.concat_str(parts.struct.field("1"), pl.lit("19"), year)
        past = year.cast(pl.Int64, strict=False) >= int(options["twoDigitYearsFrom"])
        found.append(pl.when(past).then(whole.str.to_date("%d/%m/%Y", strict=False)))
    if options.get("serials", False):
        days = text.str.extract("^([1-9][0-9]{4})$").cast(pl.Int64) + _SERIAL_ZERO
        day = days.cast(pl.Int32).cast(pl.Date)
        found.append(pl.when(day.is_between(_FIRST_SERIAL, _last_day(options))).then(day))
    return pl.coalesce(found)


def _last_day(options: Options) -> date:
    """The day of which the owner speaks; today if nobody says so."""
    told: date | None = options.get("asOf")
    return told or datetime.now(ZoneInfo(str(options["timezone"]))).date()


def _partial(raw: pl.Expr, options: Options) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Full date, "YYYY-MM" and "YYYY" of a date that may lack its day and month."""
    text = clean(raw)
    full = pl.coalesce(_parse(text, _formats(options)), _other_form(text, options))
    if not options.get("yearOnly", True):
        nothing = pl.lit(None, dtype=pl.String)
        return full, nothing, nothing
    last = text.str.extract_groups(r"^(?:0{1,2}[/.\-])?(0?[1-9]|1[0-2])[/.\-]([0-9]{4})$")
    first = text.str.extract(r"^([0-9]{4}-(?:0[1-9]|1[0-2]))(?:-00)?$")
    month = pl.coalesce(
        first,
        pl.concat_str(last.struct.field("2"), pl.lit("-"), last.struct.field("1").str.zfill(2)),
    )
    year = pl.coalesce(
        text.str.extract(r"^(?:0{1,2}[/.\-]0{1,2}[/.\-])?([0-9]{4})$"),
        text.str.extract(r"^([0-9]{4})-00-00$"),
    )
    possible = [found.str.slice(0, 4).cast(pl.Int64).is_between(*_YEARS) for found in (month, year)]
    return full, pl.when(possible[0]).then(month), pl.when(possible[1]).then(year)


def partial_date_columns(raw: pl.Expr, options: Options) -> Columns:
    """A date whose day, or day and month, may be unknown: "1950", "00/00/1950", "07/1950".

    Options: ``formats`` as for dates; ``yearOnly`` false refuses what is not a full date. Further
    forms, each read with a flag: ``otherFormats`` (strptime); ``twoDigitYearsFrom``, the first
    two-digit year that can only be of the 1900s ("3/7/85"; an earlier one is unreadable);
    ``serials`` true, the five-digit day numbers of spreadsheets, up to the day of which the owner
    speaks (``asOf``, which the run tells and no contract).
    """
    full, month, year = _partial(raw, options)
    iso = pl.coalesce(full.dt.to_string("%Y-%m-%d"), month, year)
    precision = (
        pl.when(full.is_not_null())
        .then(pl.lit("day"))
        .when(month.is_not_null())
        .then(pl.lit("month"))
        .when(year.is_not_null())
        .then(pl.lit("year"))
    )
    return {
        "": iso,
        "_date": full,
        "_year": iso.str.slice(0, 4).cast(pl.Int64),
        "_precision": precision,
    }


def has_plain_form(options: Options) -> bool:
    """Whether the owner's first form is one that is read the short way."""
    return _formats(options)[0] in _PLAIN


def is_plain_date(raw: pl.Expr, options: Options) -> pl.Expr:
    """Whether all of a date stands there in the owner's first form; there may be no such day."""
    return as_text(raw).str.contains(_PLAIN[_formats(options)[0]])


def plain_date_columns(raw: pl.Expr, options: Options) -> Columns:
    """What `date_columns` gives for a plain date."""
    return {"": as_text(raw).str.to_date(_formats(options)[0], strict=False)}


def plain_partial_date_columns(raw: pl.Expr, options: Options) -> Columns:
    """What `partial_date_columns` gives for a plain date."""
    text = as_text(raw)
    date = plain_date_columns(raw, options)[""]
    there = date.is_not_null()
    if _formats(options)[0] == _DAY_FIRST:
        parts = [text.str.slice(*part) for part in ((6, 4), (3, 2), (0, 2))]
        text = pl.concat_str(parts, separator="-")
    return {
        "": pl.when(there).then(text),
        "_date": date,
        "_year": date.dt.year().cast(pl.Int64),
        "_precision": pl.when(there).then(pl.lit("day")),
    }


def partial_date_flags(raw: pl.Expr, options: Options) -> Columns:
    """What of the date is not known, and a form that is not the owner's own."""
    full, month, year = _partial(raw, options)
    usual = _parse(clean(raw), _formats(options))
    return {
        "OTHER_FORM": usual.is_null() & full.is_not_null(),
        "MONTH_ONLY": full.is_null() & month.is_not_null(),
        "YEAR_ONLY": full.is_null() & month.is_null() & year.is_not_null(),
    }


def timestamp_columns(raw: pl.Expr, options: Options) -> Columns:
    """A point in time. Without an offset it is local time of the contract's time zone."""
    text = (
        clean(as_text(raw))
        .str.replace(r"^([0-9-]{10})[ ]", "${1}T")
        .str.replace(r"Z$", "+00:00")
        .str.replace(r"(T[0-9:.]+[+-][0-9]{2})$", "${1}:00")
        .str.replace(r"(T[0-9:.]+[+-][0-9]{2})([0-9]{2})$", "${1}:${2}")
    )
    return {"": _in_range(pl.coalesce(_aware(text), _local(text, "%Y-%m-%dT%H:%M:%S%.f", options)))}


def is_plain_timestamp(raw: pl.Expr) -> pl.Expr:
    """Whether a time is written as RFC 3339 wants it, or as PostgreSQL writes it here or in UTC.

    Of the years from 1900 to 2199, which no offset takes to where a time is unreadable.
    """
    return as_text(raw).str.contains(
        r"^(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:T[0-9:]{8}(?:\.[0-9]+)?[+-][0-9]{2}:[0-9]{2}"
        r"| [0-9:]{8}(?:\.[0-9]+)?(?:\+00)?)$"
    )


def plain_timestamp_columns(raw: pl.Expr, options: Options) -> Columns:
    """What `timestamp_columns` gives for a plain time."""
    text, form = as_text(raw), "%Y-%m-%d %H:%M:%S%.f"
    in_utc, with_offset = text.str.ends_with("+00"), text.str.contains("T", literal=True)
    utc = pl.when(in_utc).then(text.str.head(-3))
    aware = pl.when(with_offset).then(text)
    local = pl.when(~in_utc & ~with_offset).then(text)
    read = utc.str.to_datetime(form, time_unit="us", strict=False).dt.replace_time_zone("UTC")
    return {"": pl.coalesce(read, _aware(aware), _local(local, form, options))}


def _aware(text: pl.Expr) -> pl.Expr:
    return text.str.to_datetime(
        "%Y-%m-%dT%H:%M:%S%.f%:z", time_zone="UTC", time_unit="us", strict=False
    )


def _local(text: pl.Expr, form: str, options: Options) -> pl.Expr:
    """Local time as UTC; an hour that the clocks skipped or repeated is unreadable."""
    naive = text.str.to_datetime(form, time_unit="us", strict=False)
    zone = str(options["timezone"])
    local = naive.dt.replace_time_zone(zone, ambiguous="null", non_existent="null")
    return local.dt.convert_time_zone("UTC")


def _in_range(moment: pl.Expr) -> pl.Expr:
    return pl.when(moment.dt.year().is_between(*_YEARS)).then(moment)


def month_columns(raw: pl.Expr, options: Options) -> Columns:
    """A month as "YYYY-MM". Options: ``formats`` (strptime, with month and year), "%Y-%m"."""
    text = clean(raw)
    tried: list[pl.Expr] = []
    for form in options.get("formats", ("%Y-%m",)):
        date = pl.concat_str(pl.lit("01 "), text).str.to_date(f"%d {form}", strict=False)
        tried.append(date.dt.to_string("%Y-%m"))
    month = pl.coalesce(tried)
    return {"": pl.when(month.str.contains(_MONTH)).then(month)}
