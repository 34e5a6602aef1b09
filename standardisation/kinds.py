"""The standardiser of every field kind: one table that `hub.kinds.COLUMNS` is checked against."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import polars as pl

from hub.contract import Contract
from hub.errors import ContractError
from standardisation import (
    addresses,
    codes,
    dates,
    ethnic,
    land,
    names,
    numbers,
    owners,
    text,
)
from standardisation.text import Columns, Options

Standardiser = Callable[[pl.Expr, Options], Columns]


@dataclass(frozen=True)
class FieldKind:
    """How one kind of field is read.

    ``columns`` gives one expression a column suffix, the value itself under "". ``flags`` gives
    one boolean expression a flag. ``options`` are the words a contract may use.

    ``plain`` marks values that need no repair and carry no flag; for them ``plain_columns``
    gives the same answer as ``columns``, sooner, where ``plain_when`` holds of the field's options.
    """

    columns: Standardiser
    flags: Standardiser = text.no_flags
    options: frozenset[str] = frozenset()
    plain: Callable[[pl.Expr, Options], pl.Expr] | None = None
    plain_columns: Standardiser = text.tidy_text_columns
    plain_when: Callable[[Options], bool] = lambda options: True


def _matches(pattern: str) -> Callable[[pl.Expr, Options], pl.Expr]:
    return lambda raw, options: text.as_text(raw).str.contains(pattern)


def _is(plain: Callable[[pl.Expr], pl.Expr]) -> Callable[[pl.Expr, Options], pl.Expr]:
    return lambda raw, options: plain(raw)


_TEXT: Final = FieldKind(text.text_columns, text.text_flags, plain=_is(text.is_tidy))
_FIVE_DIGITS: Final = FieldKind(
    codes.five_digit_columns, codes.five_digit_flags, plain=_matches("^[0-9]{5}$")
)

KINDS: Final[Mapping[str, FieldKind]] = MappingProxyType(
    {
        "text": _TEXT,
        "key": FieldKind(text.text_columns, plain=_is(text.is_tidy)),
        "person_name": FieldKind(
            names.person_name_columns,
            names.person_name_flags,
            plain=_is(names.is_plain_name),
            plain_columns=names.plain_name_columns,
        ),
        "address": FieldKind(
            addresses.address_columns,
            addresses.address_flags,
            plain=_is(addresses.is_plain_address),
            plain_columns=addresses.tidy_address_columns,
        ),
        "pin": FieldKind(numbers.pin_columns, numbers.pin_flags, plain=_matches("^[0-9]{12}$")),
        "old_number": FieldKind(
            numbers.old_number_columns, numbers.old_number_flags, plain=_matches("^[0-9]{9}$")
        ),
        "identity_numbers": FieldKind(
            numbers.identity_numbers_columns,
            numbers.identity_numbers_flags,
            plain=_matches("^(?:[0-9]{9}|[0-9]{12})(?:; (?:[0-9]{9}|[0-9]{12}))*$"),
        ),
        "insurance_number": FieldKind(
            numbers.insurance_number_columns,
            numbers.insurance_number_flags,
            plain=_matches("^[0-9]{10}$"),
        ),
        "card_number": FieldKind(
            numbers.card_number_columns,
            numbers.card_number_flags,
            plain=_matches("^[A-ZĐ]{2}[1-5][0-9]{12}$"),
        ),
        "tax_code": FieldKind(numbers.tax_code_columns, numbers.tax_code_flags),
        "integer": FieldKind(numbers.integer_columns),
        "decimal": FieldKind(
            numbers.decimal_columns,
            numbers.decimal_flags,
            frozenset({"decimalSeparator", "thousandsSeparator"}),
            plain=_matches(r"^[0-9]{1,30}(?:\.[0-9]{1,6})?$"),
            plain_columns=numbers.plain_decimal_columns,
            plain_when=numbers.has_point,
        ),
        "date": FieldKind(
            dates.date_columns,
            dates.date_flags,
            frozenset({"formats", "otherFormats", "serials"}),
            plain=dates.is_plain_date,
            plain_columns=dates.plain_date_columns,
            plain_when=dates.has_plain_form,
        ),
        "partial_date": FieldKind(
            dates.partial_date_columns,
            dates.partial_date_flags,
            frozenset({"formats", "yearOnly", "otherFormats", "twoDigitYearsFrom", "serials"}),
            plain=dates.is_plain_date,
            plain_columns=dates.plain_partial_date_columns,
            plain_when=dates.has_plain_form,
        ),
        "timestamp": FieldKind(
            dates.timestamp_columns,
            plain=_is(dates.is_plain_timestamp),
            plain_columns=dates.plain_timestamp_columns,
        ),
        "month": FieldKind(dates.month_columns, options=frozenset({"formats"})),
        "sex": FieldKind(codes.sex_columns, codes.sex_flags, frozenset({"values", "otherValues"})),
        "boolean": FieldKind(codes.boolean_columns, options=frozenset({"values"})),
        "code": FieldKind(
            codes.code_columns, codes.code_flags, frozenset({"values", "width", "pattern"})
        ),
        "ethnic_code": FieldKind(
            ethnic.ethnic_code_columns, ethnic.ethnic_code_flags, frozenset({"codeList"})
        ),
        "facility": _FIVE_DIGITS,
        "commune": _FIVE_DIGITS,
        "old_commune": FieldKind(
            codes.old_commune_columns, codes.five_digit_flags, frozenset({"follow"})
        ),
        "certificate_serial": FieldKind(
            land.certificate_serial_columns,
            land.certificate_serial_flags,
            plain=_matches("^(?:[A-ZĐ]{2} [0-9]{6}(?:[0-9]{2})?|[A-ZĐ] [0-9]{6,7})$"),
        ),
        "geohash": FieldKind(land.geohash_columns, plain=_matches("^[0-9b-hjkmnp-z]{12}$")),
        "land_use": FieldKind(land.land_use_columns, land.land_use_flags),
        "owner_parties": FieldKind(
            owners.owner_parties_columns,
            owners.owner_parties_flags,
            frozenset({"numbers", "birthYears", "mixedEncoding"}),
            plain=_is(text.is_tidy),
            plain_columns=owners.tidy_owner_parties_columns,
        ),
    }
)
"""Field kind -> its standardiser."""


def check_field_options(contract: Contract) -> None:
    """Refuse options that a field's standardiser would not heed.

    Raises:
        ContractError: names the field, the word, and the words its kind knows.
    """
    for dataset in contract.datasets:
        for field in dataset.fields:
            known = KINDS[field.kind].options
            for word in sorted(set(field.options) - known):
                listed = ", ".join(sorted(known)) or "none"
                message = (
                    f"{dataset.stream}.{field.name}: standardiser {field.kind} has no option "
                    f"{word!r}; its options are: {listed}."
                )
                raise ContractError(message)
