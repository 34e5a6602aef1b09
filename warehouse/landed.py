"""A landed batch, read back: every file is checked before a row of it is handed out."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyarrow import fs
from pydantic import ValidationError

from hub.errors import LandingError
from warehouse.chunk import open_table, with_places
from warehouse.manifest import DELETED, MANIFEST, BatchManifest, ChunkFacts
from warehouse.sealing import SealingKeys, read_keys
from warehouse.zone import label_of, open_folder, read_file


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
            text = read_file(files, f"{folder}/{MANIFEST}")
            return cls(url, BatchManifest.model_validate_json(text), keys)
        except (OSError, ValidationError) as error:
            message = (
                f"Batch {label_of(url)} has no readable manifest; synchronise its source again."
            )
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
            yield with_places(self._read_chunk(facts), facts.number)

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
            message = f"Batch {label_of(self.url)} has no chunk {chunk}."
            raise LandingError(message)
        table = self._read_chunk(facts)
        for row in rows:
            if not 0 <= row < table.num_rows:
                message = f"Chunk {chunk} of batch {label_of(self.url)} has no row {row}."
                raise LandingError(message)
        found: list[dict[str, Any]] = table.take(pa.array(rows, pa.int64())).to_pylist()
        return found

    def _read_chunk(self, facts: ChunkFacts) -> pa.Table:
        files, folder = open_folder(self.url)
        try:
            sealed = read_file(files, f"{folder}/{facts.name}")
        except OSError as error:
            message = f"Batch {label_of(self.url)} has lost {facts.name}; synchronise again."
            if files.get_file_info(f"{folder}/{DELETED}").type == fs.FileType.File:
                label = label_of(self.url)
                message = f"The files of batch {label} were deleted when their time was over."
            raise LandingError(message) from error
        if hashlib.sha256(sealed).hexdigest() != facts.sha256:
            message = f"{facts.name} of batch {label_of(self.url)} was changed after it was landed."
            raise LandingError(message)
        try:
            table = open_table(sealed, keys=self.keys)
        except (OSError, pa.ArrowException, LandingError) as error:
            message = (
                f"{facts.name} of batch {label_of(self.url)} cannot be decrypted; "
                f"the key file must hold key {facts.key_id!r}."
            )
            raise LandingError(message) from error
        if table.num_rows != facts.rows:
            message = f"{facts.name} of batch {label_of(self.url)} does not hold {facts.rows} rows."
            raise LandingError(message)
        return table
