"""The landing zone: what was read from a source, verbatim, encrypted and never changed.

A batch is a folder: ``<landing zone>/<stream>/<id>/`` with its chunks as encrypted Parquet and,
written last, ``manifest.json``. A folder without a manifest is a run that did not end, and a chunk
that the manifest does not name is an attempt that did not; nobody reads them. The zone is a local
folder or an object store that `pyarrow.fs` has a URL for.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs
from pyarrow.parquet import encryption as pe
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hub.digest import KeyDigest
from hub.errors import LandingError
from hub.failpoint import reach
from warehouse.sealing import (
    SealingKeys,
    make_keys,
    read_keys,
    rotate_keys,
    seal_bytes,
    unseal_bytes,
    unwrap_key,
    wrap_key,
)

__all__ = [
    "BatchFacts",
    "BatchManifest",
    "Completeness",
    "Digest",
    "LandedBatch",
    "LandingWriter",
    "PartFacts",
    "SealingKeys",
    "delete_batch",
    "make_keys",
    "make_url",
    "read_keys",
    "rotate_keys",
    "seal_bytes",
    "unseal_bytes",
    "write_manifest",
]
MANIFEST: Final = "manifest.json"
_PARQUET: Final[Mapping[str, Any]] = {
    "compression": "zstd",
    "use_dictionary": False,
    "write_statistics": False,
}
"""Whole chunks are read back, never searched: without dictionaries and statistics they cost half as
much to write, and are smaller."""
DELETED: Final = "deleted.json"
"""Beside a manifest: its files were deleted on purpose, when their time was over."""
_CHUNK_BITS: Final = 16
"""A chunk's number is its part's and, in so many bits, its own in the part."""


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ChunkFacts(_Words):
    """One file of a batch; its number is what staged rows point to it by."""

    number: int
    name: str
    rows: int
    size: int
    sha256: str
    key_id: str


class Digest(_Words):
    """A key digest as JSON; the total is text, because JSON numbers lose digits."""

    count: int
    total: str

    @classmethod
    def of(cls, digest: KeyDigest) -> "Digest":
        """The digest in its written form."""
        return cls(count=digest.count, total=str(digest.total))

    def key_digest(self) -> KeyDigest:
        """The digest in its counted form."""
        return KeyDigest(self.count, int(self.total))


class Completeness(_Words):
    """What the source says it holds, to be compared with what was read or merged.

    ``scope`` "batch": the proof covers the rows of this batch and has been checked. "stream":
    it covers every live row of the source at ``as_of``, to be checked after the merge. "buckets":
    the batch holds all rows of ``read_buckets`` (of ``bucket_count``), and ``digest`` is of every
    live key of the source. "none": there is no proof.

    ``verdict`` is what a comparison of keys found, because of which the batch was read.
    """

    kind: Literal["digest", "keys", "manifest", "none"] = "none"
    scope: Literal["batch", "stream", "buckets", "none"] = "none"
    digest: Digest | None = None
    buckets: list[Digest] | None = None
    as_of: datetime | None = None
    read_buckets: list[int] = []
    bucket_count: int = 0
    verdict: dict[str, Any] | None = None


class PartFacts(_Words):
    """What was read and landed of one part of a batch; no value of a row is in it."""

    rows: int
    chunks: list[ChunkFacts]
    differing: list[str]
    key_digest: Digest
    live_key_digest: Digest
    content_digest: str
    cursor_to: dict[str, Any]
    declared_rows: int | None
    as_of: datetime
    partitions: list[str]
    all_partitions: list[str]
    completeness: Completeness
    warnings: list[str]


class BatchFacts(_Words):
    """What the run knows about a batch besides its files."""

    stream: str
    batch_key: str
    predecessor: str | None
    contract_hash: str
    contract_version: str
    mode: Literal["snapshot", "incremental", "reconcile", "backfill"]
    key_digest: Digest
    live_key_digest: Digest
    content_digest: str
    cursor_from: dict[str, Any] | None
    cursor_to: dict[str, Any] | None
    declared_rows: int | None
    as_of: datetime | None
    partitions: list[str]
    all_partitions: list[str]
    encoding: str
    completeness: Completeness
    warnings: list[str]


class BatchManifest(BatchFacts):
    """All that is known about a landed batch; no value of a row is in it."""

    format: int = Field(default=1)
    landed_at: datetime
    rows: int
    chunks: list[ChunkFacts]

    @property
    def key_ids(self) -> frozenset[str]:
        """The keys that its files are sealed with: several, where they were rotated meanwhile."""
        return frozenset(chunk.key_id for chunk in self.chunks)


def make_url(stream: str, *, zone: str) -> str:
    """The URL of a batch that begins now, in the landing zone at ``zone``."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    return f"{zone.rstrip('/')}/{stream}/{moment}-{secrets.token_hex(6)}"


def write_manifest(url: str, facts: BatchFacts, chunks: Sequence[ChunkFacts]) -> None:
    """Write a batch's manifest, which makes the batch exist; again, and it is the same.

    Raises:
        LandingError: a chunk is not there as it was landed, or the zone cannot be written.
    """
    files, folder = open_folder(url)
    _refuse_lost_chunks(files, folder, chunks)
    manifest = BatchManifest(
        **facts.model_dump(),
        landed_at=datetime.now(UTC),
        rows=sum(chunk.rows for chunk in chunks),
        chunks=list(chunks),
    )
    _put(files, f"{folder}/{MANIFEST}", manifest.model_dump_json(indent=2).encode())


def delete_batch(url: str) -> None:
    """Remove a batch's folder and all that was landed in it; one that is gone is no error.

    Raises:
        LandingError: the landing zone cannot be written.
    """
    files, folder = open_folder(url)
    try:
        files.delete_dir(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        message = f"The landing zone cannot be written ({_reason(error)}); check it and retry."
        raise LandingError(message) from error


def _refuse_lost_chunks(files: fs.FileSystem, folder: str, chunks: Sequence[ChunkFacts]) -> None:
    """A manifest names nothing that is not there, whole."""
    paths = [f"{folder}/{chunk.name}" for chunk in chunks]
    found = files.get_file_info(paths) if paths else []
    for chunk, info in zip(chunks, found, strict=True):
        if info.type != fs.FileType.File or info.size != chunk.size:
            message = f"Batch {_label(folder)} has lost {chunk.name}; run the sync again."
            raise LandingError(message)


class LandingWriter:
    """Writes the chunks of one attempt at one part of a batch, as its rows come."""

    def __init__(
        self,
        url: str,
        *,
        keys: SealingKeys,
        part: int = 0,
        attempt: int = 1,
        chunk_rows: int = 24_000,
    ) -> None:
        """Open the batch at ``url`` for writing.

        Raises:
            LandingError: the landing zone cannot be reached or written.
        """
        self._files, self._folder = open_folder(url)
        self._keys = keys
        self._chunk_rows = chunk_rows
        self._part, self._attempt = part, attempt
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_rows = 0
        self._begun = 0
        self._content = hashlib.sha256()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="landing")
        self._writing: Future[None] | None = None
        self.chunks: list[ChunkFacts] = []
        try:
            self._files.create_dir(self._folder, recursive=True)
        except OSError as error:
            message = f"The landing zone cannot be written ({_reason(error)}); check it and retry."
            raise LandingError(message) from error

    def write(self, batch: pa.RecordBatch) -> Iterator[pa.Table]:
        """Take rows in; gives the chunks that are whole now, their rows with their places.

        A chunk is written by a thread of its own while its reader works on it.

        Raises:
            LandingError: the landing zone cannot be written.
        """
        self._waiting.append(batch)
        self._waiting_rows += batch.num_rows
        while self._waiting_rows >= self._chunk_rows:
            table = pa.Table.from_batches(self._waiting)
            rest = table.slice(self._chunk_rows)
            self._waiting = rest.to_batches()
            self._waiting_rows = rest.num_rows
            yield self._begin_chunk(table.slice(0, self._chunk_rows))

    def flush(self) -> Iterator[pa.Table]:
        """Write what is waiting; gives it as a last chunk, and ends when every chunk is written."""
        if self._waiting_rows:
            table = pa.Table.from_batches(self._waiting)
            self._waiting, self._waiting_rows = [], 0
            yield self._begin_chunk(table)
        self._end_chunk()
        self._writer.shutdown()

    @property
    def rows(self) -> int:
        """Rows written so far."""
        return sum(chunk.rows for chunk in self.chunks)

    @property
    def content_digest(self) -> str:
        """The digest of all rows written so far, in hexadecimal."""
        return self._content.hexdigest()

    def abandon(self) -> None:
        """Remove what a failed attempt has written; the batch's folder too, if it is empty."""
        self._writer.shutdown(wait=True, cancel_futures=True)
        with suppress(OSError):
            for chunk in self.chunks:
                self._files.delete_file(f"{self._folder}/{chunk.name}")
            if not self._files.get_file_info(fs.FileSelector(self._folder)):
                self._files.delete_dir(self._folder)

    def _begin_chunk(self, table: pa.Table) -> pa.Table:
        """Write a chunk in the writer's thread, once the one before it is written."""
        self._end_chunk()
        number = self._part << _CHUNK_BITS | self._begun
        self._begun += 1
        if self._begun >> _CHUNK_BITS:
            message = f"A part of a batch is larger than {self._chunk_rows << _CHUNK_BITS} rows."
            raise LandingError(message)
        self._writing = self._writer.submit(self._write_chunk, number, table)
        return _with_places(table, number)

    def _end_chunk(self) -> None:
        """Wait for the chunk that is being written; its error is raised here."""
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()

    def _write_chunk(self, number: int, table: pa.Table) -> None:
        table = _without_leftovers(table.combine_chunks())
        plain = pa.BufferOutputStream()
        with pa.ipc.new_stream(plain, table.schema) as stream:
            stream.write_table(table)
        self._content.update(plain.getvalue())
        sink = pa.BufferOutputStream()
        properties = _crypto(self._keys).file_encryption_properties(
            pe.KmsConnectionConfig(),
            pe.EncryptionConfiguration(
                footer_key=self._keys.current, uniform_encryption=True, data_key_length_bits=256
            ),
        )
        pq.write_table(table, sink, **_PARQUET, encryption_properties=properties)
        sealed = sink.getvalue()
        name = f"chunk-{number:06d}-{self._attempt}.parquet"
        self._files.create_dir(self._folder, recursive=True)  # another part may have left it empty
        _put(self._files, f"{self._folder}/{name}", sealed)
        reach("K06")
        self.chunks.append(
            ChunkFacts(
                number=number,
                name=name,
                rows=table.num_rows,
                size=sealed.size,
                sha256=hashlib.sha256(sealed).hexdigest(),
                key_id=self._keys.current,
            )
        )


@dataclass(frozen=True)
class LandedBatch:
    """A batch in the landing zone; every file is checked before a row of it is handed out."""

    url: str
    manifest: BatchManifest
    keys: SealingKeys

    @classmethod
    def open(cls, url: str, *, keys: SealingKeys | None = None) -> "LandedBatch":
        """Open a batch; without ``keys``, with those that the settings name.

        Raises:
            LandingError: the batch has no manifest, or one that cannot be read.
        """
        keys = keys or read_keys()
        files, folder = open_folder(url)
        try:
            text = _read(files, f"{folder}/{MANIFEST}")
            return cls(url, BatchManifest.model_validate_json(text), keys)
        except (OSError, ValidationError) as error:
            message = f"Batch {_label(url)} has no readable manifest; synchronise its source again."
            raise LandingError(message) from error

    @property
    def complete(self) -> bool:
        """Whether it is proven that nothing is missing from the partitions it covers."""
        return self.manifest.completeness.scope == "batch"

    @property
    def partitions(self) -> tuple[str, ...]:
        """The partitions read whole; "" for a register without partitions."""
        return tuple(self.manifest.partitions)

    @property
    def all_partitions(self) -> tuple[str, ...]:
        """Every partition that the source is known to have."""
        return tuple(self.manifest.all_partitions)

    def read_chunks(self) -> Iterator[pa.Table]:
        """The rows, chunk by chunk, with their place in the columns ``_chunk`` and ``_row``.

        Raises:
            LandingError: a file is missing, changed, or sealed with a key that is not at hand.
        """
        for facts in self.manifest.chunks:
            yield _with_places(self._read_chunk(facts), facts.number)

    def read_row(self, chunk: int, row: int) -> dict[str, Any]:
        """One row as landed: owner's column -> value.

        Raises:
            LandingError: there is no such row, or its chunk cannot be read.
        """
        return self.read_rows(chunk, [row])[0]

    def read_rows(self, chunk: int, rows: Sequence[int]) -> list[dict[str, Any]]:
        """Rows of one chunk as landed, in the order asked for; the chunk is opened once.

        Raises:
            LandingError: there is no such row, or the chunk cannot be read.
        """
        facts = next((item for item in self.manifest.chunks if item.number == chunk), None)
        if facts is None:
            message = f"Batch {_label(self.url)} has no chunk {chunk}."
            raise LandingError(message)
        table = self._read_chunk(facts)
        for row in rows:
            if not 0 <= row < table.num_rows:
                message = f"Chunk {chunk} of batch {_label(self.url)} has no row {row}."
                raise LandingError(message)
        found: list[dict[str, Any]] = table.take(pa.array(rows, pa.int64())).to_pylist()
        return found

    def _read_chunk(self, facts: ChunkFacts) -> pa.Table:
        files, folder = open_folder(self.url)
        try:
            sealed = _read(files, f"{folder}/{facts.name}")
        except OSError as error:
            message = f"Batch {_label(self.url)} has lost {facts.name}; synchronise again."
            if files.get_file_info(f"{folder}/{DELETED}").type == fs.FileType.File:
                label = _label(self.url)
                message = f"The files of batch {label} were deleted when their time was over."
            raise LandingError(message) from error
        if hashlib.sha256(sealed).hexdigest() != facts.sha256:
            message = f"{facts.name} of batch {_label(self.url)} was changed after it was landed."
            raise LandingError(message)
        try:
            properties = _crypto(self.keys).file_decryption_properties(pe.KmsConnectionConfig())
            table = pq.ParquetFile(pa.BufferReader(sealed), decryption_properties=properties).read()
        except (OSError, pa.ArrowException, LandingError) as error:
            message = (
                f"{facts.name} of batch {_label(self.url)} cannot be decrypted; "
                f"the key file must hold key {facts.key_id!r}."
            )
            raise LandingError(message) from error
        if table.num_rows != facts.rows:
            message = f"{facts.name} of batch {_label(self.url)} does not hold {facts.rows} rows."
            raise LandingError(message)
        return table


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


def open_folder(url: str) -> tuple[fs.FileSystem, str]:
    """File system and path of a URL, or of a plain local path."""
    try:
        if "://" not in url:
            return fs.LocalFileSystem(), str(Path(url).absolute())
        files, path = fs.FileSystem.from_uri(url)
    except (OSError, ValueError) as error:
        message = f"MOTLAN_LANDING_URL names no place that can be opened ({_reason(error)})."
        raise LandingError(message) from error
    return files, path


def _put(files: fs.FileSystem, path: str, content: bytes | pa.Buffer) -> None:
    """A file is there whole or not at all, also after a power cut on a local disk."""
    try:
        if not isinstance(files, fs.LocalFileSystem):
            with files.open_output_stream(path) as file:
                file.write(content)
            return
        draft = Path(f"{path}.draft")
        with draft.open("wb") as local:
            local.write(content)
            local.flush()
            os.fsync(local.fileno())
        reach("K05")
        draft.replace(path)
    except OSError as error:
        message = f"The landing zone cannot be written ({_reason(error)}); make room and retry."
        raise LandingError(message) from error


def _without_leftovers(table: pa.Table) -> pa.Table:
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


def _with_places(table: pa.Table, number: int) -> pa.Table:
    """The rows of a chunk with its number and their places in it."""
    rows = table.num_rows
    numbered = table.append_column("_chunk", pa.array([number] * rows, pa.int64()))
    return numbered.append_column("_row", pa.array(range(rows), pa.int64()))


def _read(files: fs.FileSystem, path: str) -> bytes:
    with files.open_input_file(path) as file:
        content: bytes = file.read()
    return content


def _label(url: str) -> str:
    """Stream and id of a batch, without where the zone is."""
    return "/".join(url.rstrip("/").split("/")[-2:])


def _reason(error: Exception) -> str:
    strerror = getattr(error, "strerror", None)
    return str(strerror or type(error).__name__)
