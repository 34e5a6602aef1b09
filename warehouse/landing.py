"""The landing zone: what was read from a source, verbatim, encrypted and never changed.

A batch is a folder: ``<landing zone>/<stream>/<id>/`` with its chunks as encrypted Parquet and,
written last, ``manifest.json``. A folder without a manifest is a run that did not end, and a chunk
that the manifest does not name is an attempt that did not; nobody reads them. The zone is a local
folder or an object store that `pyarrow.fs` has a URL for.
"""

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

import pyarrow as pa
from pyarrow import fs

from hub.errors import LandingError
from hub.failpoint import reach
from warehouse.chunk import seal_table, with_places, without_leftovers
from warehouse.landed import LandedBatch
from warehouse.manifest import (
    DELETED,
    MANIFEST,
    BatchFacts,
    BatchManifest,
    ChunkFacts,
    Completeness,
    Digest,
    PartFacts,
)
from warehouse.sealing import (
    SealingKeys,
    make_keys,
    read_keys,
    rotate_keys,
    seal_bytes,
    unseal_bytes,
)
from warehouse.zone import delete_batch, label_of, make_url, open_folder, put_file, reason_of

__all__ = [
    "DELETED",
    "MANIFEST",
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
    "open_folder",
    "read_keys",
    "rotate_keys",
    "seal_bytes",
    "unseal_bytes",
    "write_manifest",
]
_CHUNK_BITS: Final = 16
"""A chunk's number is its part's and, in so many bits, its own in the part."""


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
    put_file(files, f"{folder}/{MANIFEST}", manifest.model_dump_json(indent=2).encode())


def _refuse_lost_chunks(files: fs.FileSystem, folder: str, chunks: Sequence[ChunkFacts]) -> None:
    """A manifest names nothing that is not there, whole."""
    paths = [f"{folder}/{chunk.name}" for chunk in chunks]
    found = files.get_file_info(paths) if paths else []
    for chunk, info in zip(chunks, found, strict=True):
        if info.type != fs.FileType.File or info.size != chunk.size:
            message = f"Batch {label_of(folder)} has lost {chunk.name}; run the sync again."
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
            message = (
                f"The landing zone cannot be written ({reason_of(error)}); check it and retry."
            )
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
        return with_places(table, number)

    def _end_chunk(self) -> None:
        """Wait for the chunk that is being written; its error is raised here."""
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()

    def _write_chunk(self, number: int, table: pa.Table) -> None:
        table = without_leftovers(table.combine_chunks())
        plain = pa.BufferOutputStream()
        with pa.ipc.new_stream(plain, table.schema) as stream:
            stream.write_table(table)
        self._content.update(plain.getvalue())
        sealed = seal_table(table, keys=self._keys)
        name = f"chunk-{number:06d}-{self._attempt}.parquet"
        self._files.create_dir(self._folder, recursive=True)  # another part may have left it empty
        put_file(self._files, f"{self._folder}/{name}", sealed)
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
