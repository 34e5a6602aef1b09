"""What is known of a landed batch, and of each part and file of it; no value of a row is in it."""

from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from hub.digest import KeyDigest

MANIFEST: Final = "manifest.json"
DELETED: Final = "deleted.json"
"""Beside a manifest: its files were deleted on purpose, when their time was over."""


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
    noted: list[str]
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
