"""Standardise a landed frame: one pass of expressions, then one hash a row."""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa

from hub.contract import Contract, ContractField, Dataset
from hub.errors import SchemaDriftError
from hub.kinds import COLUMNS
from hub.promised import promised_columns
from standardisation.encodings import decode_tcvn3
from standardisation.kinds import KINDS
from standardisation.text import has_value

_DTYPES: Final[dict[str, Any]] = {
    "text": pl.String,
    "jsonb": pl.String,
    "date": pl.Date,
    "timestamptz": pl.Datetime("us", "UTC"),
    "bigint": pl.Int64,
    "boolean": pl.Boolean,
    "numeric": pl.Decimal(38, 6),
}
"""SQL type of a column -> type of the frame; JSON is carried as text."""
_SEPARATOR: Final = "\x1f"
_REPEATED: Final = 2
"""A column whose values stand in so many rows each is read by its distinct values."""


def standardise(
    frame: pl.DataFrame, contract: Contract, dataset: Dataset, as_of: date | None = None
) -> pl.DataFrame:
    """Read landed rows in the hub's terms; no row is dropped and none is added.

    ``as_of`` is the day of which the owner speaks, today if it is not told.

    The frame holds the owner's columns as landed, ``_chunk`` and ``_row``, and optionally
    ``_partition`` and ``_encoding``. The answer holds ``record_id``, every column of
    ``dataset.columns``, ``flags`` ("FLAG:field", sorted), ``unreadable`` (field names, sorted:
    something stood there that could not be read), ``source_version`` (UTC), ``deleted``,
    ``source_partition``, ``row_hash`` (sha256, hexadecimal), ``_chunk`` and ``_row``.

    Raises:
        SchemaDriftError: the frame lacks a column that the contract promises.
    """
    _refuse_missing(frame, dataset)
    raw = _decode(frame, contract, dataset)
    read = [_read_field(raw, field, contract, as_of) for field in dataset.fields]
    values = pl.concat([field.values for field in read], how="horizontal")
    marks = {name: mark for field in read for name, mark in field.flags.items()}
    flags = _named_where(marks, raw.height)
    unreadable = _named_where(
        {
            field.name: mark
            for field in dataset.fields
            if (mark := _mark_unread(raw[field.physical_name], values[field.name])) is not None
        },
        raw.height,
    )
    parts = [pl.col(field.physical_name).cast(pl.String) for field in dataset.key_fields]
    trimmed = [part.str.strip_chars() for part in parts]
    record_id = pl.concat_str([pl.when(part != "").then(part) for part in trimmed], separator="|")
    sync = dataset.sync
    version = pl.col(sync.cursor) if sync.cursor else pl.lit(None, dtype=_DTYPES["timestamptz"])
    deleted = pl.col(sync.tombstone) if sync.tombstone else pl.lit(value=False)
    partition = pl.col("_partition") if "_partition" in raw.columns else pl.lit("")
    standard = values.with_columns(
        raw.select(record_id.alias("record_id"))["record_id"],
        flags.alias("flags"),
        unreadable.alias("unreadable"),
        version.alias("source_version"),
        deleted.fill_null(value=False).alias("deleted"),
        raw.select(partition.cast(pl.String).fill_null("").alias("_"))["_"].alias(
            "source_partition"
        )
        if "_partition" in raw.columns
        else partition.alias("source_partition"),
        raw["_chunk"],
        raw["_row"],
    )
    standard = standard.with_columns(_row_hash(standard, dataset))
    return standard.select(
        "record_id",
        *dataset.columns,
        *("flags", "unreadable", "source_version", "deleted", "source_partition", "row_hash"),
        *("_chunk", "_row"),
    )


def _refuse_missing(frame: pl.DataFrame, dataset: Dataset) -> None:
    for name in promised_columns(dataset):
        if name not in frame.columns:
            message = (
                f"{dataset.stream}: column {name!r} was promised and is not "
                "there; ask the owner, or change the contract."
            )
            raise SchemaDriftError(message)


def _decode(frame: pl.DataFrame, contract: Contract, dataset: Dataset) -> pl.DataFrame:
    """Text of a declared legacy encoding as Unicode."""
    texts = [name for name in promised_columns(dataset) if frame.schema[name] == pl.String]
    if "_encoding" in frame.columns:
        legacy = pl.col("_encoding") == "TCVN3"
        if not frame.select(legacy.any()).item():
            return frame
    elif contract.encoding == "TCVN3":
        legacy = pl.lit(value=True)
    else:
        return frame
    return frame.with_columns(
        pl.when(legacy).then(decode_tcvn3(pl.col(name))).otherwise(pl.col(name)).alias(name)
        for name in texts
    )


def _mark_unread(raw: pl.Series, read: pl.Series) -> pl.Series | None:
    """Where something stands in a column that became null; None where that is nowhere."""
    if not read.null_count():
        return None
    nowhere = read.is_null().arg_true()
    something = pl.select(has_value(pl.lit(raw.gather(nowhere))))[:, 0]
    if not something.any():
        return None
    mark = pl.repeat(value=False, n=len(raw), dtype=pl.Boolean, eager=True)
    return mark.scatter(nowhere.filter(something), True)


class _FieldRead(NamedTuple):
    """What one field became: its columns, and flag -> where it was raised (if anywhere)."""

    values: pl.DataFrame
    flags: dict[str, pl.Series]


def _read_field(
    raw: pl.DataFrame, field: ContractField, contract: Contract, as_of: date | None = None
) -> _FieldRead:
    """Read one column: each distinct value once where values repeat."""
    name = field.physical_name
    options = {"timezone": contract.timezone, **field.options, "asOf": as_of}
    if field.kind == "owner_parties":  # reads further columns of the same row
        return _read_values(raw, field, options)
    distinct = raw[name].n_unique()
    if distinct * _REPEATED < raw.height:
        values = raw.select(pl.col(name)).unique()
        return _spread(raw.select(name), values, _read_values(values, field, options))
    return _read_values(raw, field, options)


def _read_values(raw: pl.DataFrame, field: ContractField, options: dict[str, Any]) -> _FieldRead:
    """Plain values the short way, the others the long one."""
    kind, name = KINDS[field.kind], field.physical_name
    if kind.plain is None or not kind.plain_when(options):
        return _read_all(raw, field, options)
    plain = raw.select(kind.plain(pl.col(name), options).fill_null(value=False))[:, 0]
    other = (~plain & raw.select(has_value(pl.col(name)))[:, 0]).arg_true()
    made = kind.plain_columns(pl.col(name), options)
    short = raw.select(
        pl.when(plain).then(made[suffix]).cast(_DTYPES[sql]).alias(field.name + suffix)
        for suffix, sql in COLUMNS[field.kind].items()
    )
    if other.is_empty():
        return _FieldRead(short, {})
    long = _read_all(raw[other], field, options)
    nowhere = pl.repeat(value=False, n=raw.height, dtype=pl.Boolean, eager=True)
    return _FieldRead(
        short.select(
            pl.Series(column.name, column).scatter(other, long.values[column.name])
            for column in short.get_columns()
        ),
        {
            flag: nowhere.clone().scatter(other.filter(mark), True)
            for flag, mark in long.flags.items()
        },
    )


def _read_all(raw: pl.DataFrame, field: ContractField, options: dict[str, Any]) -> _FieldRead:
    """Every row by the standardiser of its kind."""
    kind, column = KINDS[field.kind], pl.col(field.physical_name)
    made = kind.columns(column, options)
    values = raw.select(
        made[suffix].cast(_DTYPES[sql]).alias(field.name + suffix)
        for suffix, sql in COLUMNS[field.kind].items()
    )
    flags = kind.flags(column, options)
    marks = raw.select(mark.fill_null(value=False).alias(flag) for flag, mark in flags.items())
    return _FieldRead(
        values, {f"{mark.name}:{field.name}": mark for mark in marks.get_columns() if mark.any()}
    )


def _spread(column: pl.DataFrame, values: pl.DataFrame, read: _FieldRead) -> _FieldRead:
    """What distinct values became, back on every row that holds them."""
    flags = {f"_flag{number}": flag for number, flag in enumerate(read.flags)}
    key = values.get_columns()[0].alias("_raw")
    known = read.values.with_columns(
        key, *(read.flags[flag].alias(name) for name, flag in flags.items())
    )
    rows = column.rename({column.columns[0]: "_raw"}).join(
        known, on="_raw", how="left", nulls_equal=True, maintain_order="left"
    )
    return _FieldRead(
        rows.select(read.values.columns), {flag: rows[name] for name, flag in flags.items()}
    )


def _named_where(marks: Mapping[str, pl.Series], height: int) -> pl.Series:
    """Boolean columns by name -> for each row, the sorted names of those that are true."""
    some = {name: mark for name, mark in sorted(marks.items()) if mark.any()}
    if not some:
        return pl.Series([[]], dtype=pl.List(pl.String)).new_from_index(0, height)
    where = pl.DataFrame(some).select(pl.any_horizontal(pl.all()))[:, 0].arg_true()
    marked = pl.DataFrame({name: mark.gather(where) for name, mark in some.items()})
    words = [pl.when(pl.col(name)).then(pl.lit(name)) for name in some]
    named = marked.select(
        where.alias("row"), pl.concat_list(words).list.drop_nulls().alias("names")
    )
    rows = pl.DataFrame({"row": pl.int_range(height, dtype=pl.get_index_type(), eager=True)})
    found = rows.join(named, on="row", how="left", maintain_order="left")["names"]
    return found.fill_null(pl.Series([[]], dtype=pl.List(pl.String)))


def _row_hash(standard: pl.DataFrame, dataset: Dataset) -> pl.Series:
    """sha256 over all that the row says; when it was said does not count."""
    digests = [hashlib.sha256(text).digest() for text in _said(standard, dataset).to_list()]
    places = np.arange(len(digests) + 1, dtype=np.int32) * 2 * hashlib.sha256().digest_size
    letters = pa.py_buffer(b"".join(digests).hex().encode())
    hashes = pa.StringArray.from_buffers(len(digests), pa.py_buffer(places), letters)
    return pl.Series("row_hash", hashes, dtype=pl.String)


def _said(standard: pl.DataFrame, dataset: Dataset) -> pl.Series:
    """What each row says as bytes that no row with other values has.

    The values stand one after another, a separator between them; null is as empty as blank text,
    which no standardiser gives. A row with the separator in a value is JSON instead.
    """
    cursor = dataset.sync.cursor
    columns = sorted(name for name in dataset.columns if name != cursor)
    values = [pl.col(name).cast(pl.String) for name in columns]
    values += [pl.col("deleted").cast(pl.String), pl.col("flags").list.join(",")]
    parts = [value.fill_null("") for value in values]
    said = standard.select(pl.concat_str(parts, separator=_SEPARATOR))[:, 0]
    odd = said.str.count_matches(_SEPARATOR, literal=True) != len(values) - 1
    if odd.any():
        as_json = standard.select(pl.struct(values).struct.json_encode())[:, 0]
        said = as_json.zip_with(odd, said)
    return said.cast(pl.Binary)
