"""Standardise a landed frame: one pass of expressions, then one hash a row."""

import hashlib
from typing import Any, Final

import polars as pl

from hub.contract import Contract, ContractField, Dataset
from hub.errors import SchemaDriftError
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


def standardise(frame: pl.DataFrame, contract: Contract, dataset: Dataset) -> pl.DataFrame:
    """Read landed rows in the hub's terms; no row is dropped and none is added.

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
    values = raw.select(_outputs(contract, dataset))
    flags = _named_where(raw.select(_flags(contract, dataset)))
    unreadable = _named_where(_unreadable(raw, values, dataset))
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


def _options(contract: Contract, field: ContractField) -> dict[str, Any]:
    return {"timezone": contract.timezone, **field.options}


def _outputs(contract: Contract, dataset: Dataset) -> list[pl.Expr]:
    found: list[pl.Expr] = []
    for field in dataset.fields:
        made = KINDS[field.kind].columns(pl.col(field.physical_name), _options(contract, field))
        types = field.columns
        found += [
            made[name.removeprefix(field.name)].cast(_DTYPES[sql]).alias(name)
            for name, sql in types.items()
        ]
    return found


def _flags(contract: Contract, dataset: Dataset) -> list[pl.Expr]:
    found: dict[str, pl.Expr] = {}
    for field in dataset.fields:
        made = KINDS[field.kind].flags(pl.col(field.physical_name), _options(contract, field))
        found |= {f"{flag}:{field.name}": expr for flag, expr in made.items()}
    return [found[name].fill_null(value=False).alias(name) for name in sorted(found)]


def _unreadable(raw: pl.DataFrame, values: pl.DataFrame, dataset: Dataset) -> pl.DataFrame:
    fields = sorted(dataset.fields, key=lambda field: field.name)
    present = raw.select(
        has_value(pl.col(field.physical_name)).alias(field.name) for field in fields
    )
    return present.select(
        (pl.col(field.name) & values[field.name].is_null()).alias(field.name) for field in fields
    )


def _named_where(marks: pl.DataFrame) -> pl.Series:
    """Boolean columns, sorted by name -> for each row, the names of those that are true."""
    some = [name for name in marks.columns if marks[name].any()]
    if not some:
        empty: list[list[str]] = [[]]
        return pl.Series(empty, dtype=pl.List(pl.String)).new_from_index(0, marks.height)
    words = [pl.when(pl.col(name)).then(pl.lit(name)) for name in some]
    return marks.select(pl.concat_list(words).list.drop_nulls().alias("_"))["_"]


def _row_hash(standard: pl.DataFrame, dataset: Dataset) -> pl.Series:
    """sha256 over the canonical JSON of what the row says; when it was said does not count."""
    cursor = dataset.sync.cursor
    columns = sorted(name for name in dataset.columns if name != cursor)
    said = [pl.col(name).cast(pl.String) for name in columns]
    said += [pl.col("deleted").cast(pl.String), pl.col("flags").list.join(",")]
    packed = standard.select(pl.struct(said).struct.json_encode().alias("_"))["_"]
    return pl.Series(
        "row_hash",
        [hashlib.sha256(text.encode()).hexdigest() for text in packed.to_list()],
        dtype=pl.String,
    )
