"""Field kinds: which columns a field of a contract becomes, and of which SQL type.

A column is called after its field plus the suffix. ``standardisation`` fills the columns,
``warehouse`` makes the tables; both read the table below, so they cannot disagree.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_TEXT: Final[Mapping[str, str]] = MappingProxyType({"": "text"})

COLUMNS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "text": _TEXT,
        "key": _TEXT,
        "pin": _TEXT,
        "old_number": _TEXT,
        "identity_numbers": _TEXT,
        "insurance_number": _TEXT,
        "card_number": _TEXT,
        "tax_code": _TEXT,
        "certificate_serial": _TEXT,
        "geohash": _TEXT,
        "month": _TEXT,
        "sex": _TEXT,
        "code": _TEXT,
        "ethnic_code": MappingProxyType({"": "text", "_list": "text"}),
        "facility": _TEXT,
        "commune": _TEXT,
        "person_name": MappingProxyType({"": "text", "_key": "text"}),
        "address": MappingProxyType({"": "text", "_key": "text"}),
        "date": MappingProxyType({"": "date"}),
        "partial_date": MappingProxyType(
            {"": "text", "_date": "date", "_year": "bigint", "_precision": "text"}
        ),
        "timestamp": MappingProxyType({"": "timestamptz"}),
        "boolean": MappingProxyType({"": "boolean"}),
        "integer": MappingProxyType({"": "bigint"}),
        "decimal": MappingProxyType({"": "numeric"}),
        "old_commune": MappingProxyType(
            {"": "text", "_new": "text", "_match": "text", "_candidates": "jsonb"}
        ),
        "land_use": MappingProxyType({"": "text", "_codes": "jsonb"}),
        "owner_parties": MappingProxyType({"": "text", "_parties": "jsonb"}),
    }
)
"""Field kind -> {column suffix: SQL type}."""

DEFAULT_KIND: Final[Mapping[str, str]] = MappingProxyType(
    {
        "string": "text",
        "date": "date",
        "timestamp": "timestamp",
        "integer": "integer",
        "number": "decimal",
        "boolean": "boolean",
    }
)
"""ODCS logical type -> field kind, where the contract names no standardiser."""
