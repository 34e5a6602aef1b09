"""A chunk: the rows of one landed file, sealed as encrypted Parquet."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.parquet import encryption as pe

from warehouse.sealing import SealingKeys, unwrap_key, wrap_key

_PARQUET: Final[Mapping[str, Any]] = {
    "compression": "zstd",
    "use_dictionary": False,
    "write_statistics": False,
}
"""Whole chunks are read back, never searched: without dictionaries and statistics they cost half as
much to write, and are smaller."""


def seal_table(table: pa.Table, *, keys: SealingKeys) -> pa.Buffer:
    """The rows as a file that only the landing keys open."""
    sink = pa.BufferOutputStream()
    properties = _crypto(keys).file_encryption_properties(
        pe.KmsConnectionConfig(),
        pe.EncryptionConfiguration(
            footer_key=keys.current, uniform_encryption=True, data_key_length_bits=256
        ),
    )
    pq.write_table(table, sink, **_PARQUET, encryption_properties=properties)
    return sink.getvalue()


def open_table(sealed: bytes, *, keys: SealingKeys) -> pa.Table:
    """The rows of a sealed file.

    Raises:
        OSError, pa.ArrowException, LandingError: it is damaged, or its key is not at hand.
    """
    properties = _crypto(keys).file_decryption_properties(pe.KmsConnectionConfig())
    return pq.ParquetFile(pa.BufferReader(sealed), decryption_properties=properties).read()


def without_leftovers(table: pa.Table) -> pa.Table:
    """The same rows, with nothing but zeros where there is no value.

    A driver leaves under a null, and after the last bit, what was in memory before; a digest of the
    rows must not depend on it.
    """
    every = pa.array(range(table.num_rows), pa.int32())
    columns = [
        column.take(every) if column.null_count or pa.types.is_boolean(column.type) else column
        for column in table.columns
    ]
    return pa.Table.from_arrays(columns, schema=table.schema)


def with_places(table: pa.Table, number: int) -> pa.Table:
    """The rows of a chunk with its number and their places in it."""
    rows = table.num_rows
    numbered = table.append_column("_chunk", pa.array([number] * rows, pa.int64()))
    return numbered.append_column("_row", pa.array(range(rows), pa.int64()))


class _KmsClient(pe.KmsClient):  # type: ignore[misc]
    """Wraps each file's own keys with the keys of the key file."""

    def __init__(self, config: Any, keys: SealingKeys) -> None:
        pe.KmsClient.__init__(self)
        self._keys = keys

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> str:
        return wrap_key(key_bytes, keys=self._keys, key_id=master_key_identifier)

    def unwrap_key(self, wrapped_key: str | bytes, master_key_identifier: str) -> bytes:
        text = wrapped_key.decode() if isinstance(wrapped_key, bytes) else wrapped_key
        return unwrap_key(text, keys=self._keys, key_id=master_key_identifier)


def _crypto(keys: SealingKeys) -> Any:
    return pe.CryptoFactory(partial(_KmsClient, keys=keys))
