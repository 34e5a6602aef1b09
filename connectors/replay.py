"""0 -> 1 once more: rows of the quarantine, landed as they were first received."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import pyarrow as pa

from hub.contract import Contract, Dataset, find_dataset
from hub.digest import KeyDigest
from hub.errors import MotlanError
from hub.promised import promised_columns
from hub.settings import get_settings
from warehouse.landing import (
    BatchFacts,
    Completeness,
    Digest,
    LandingWriter,
    make_url,
    read_keys,
    write_manifest,
)
from warehouse.ledger import StreamState, record_batch, take_stream
from warehouse.quarantine import Chosen, OpenedRow, read_open_rows


def land_replay(stream: str, chosen: Chosen) -> int | None:
    """Land the chosen open rows of a stream as a batch of their own; None where there is none.

    The stream is taken before the rows are read: a run that was under way can no longer publish
    what would be newer than they are. The cursor and the time of which the stream speaks stay.

    Raises:
        LandingError: a row's key is not at hand, or the landing zone cannot be written.
        MotlanError: the stream has not published anything yet.
    """
    contract, dataset = find_dataset(stream)
    state = take_stream(stream)
    rows = read_open_rows(stream, chosen)
    if not rows:
        return None
    if state.as_of is None:
        message = f"{stream} has published nothing yet; synchronise it before rows are replayed."
        raise MotlanError(message)
    replay = _Replay(contract, state, rows)
    url = make_url(stream, zone=get_settings().landing_url)
    writer = LandingWriter(url, keys=read_keys())
    try:
        for _ in chain(writer.write(_as_batch(replay.landed, dataset)), writer.flush()):
            pass
        facts = replay.describe(writer.content_digest)
        write_manifest(url, facts, writer.chunks)
    except BaseException:
        writer.abandon()
        raise
    return record_batch(replay.as_ledger_row(facts, url))


@dataclass(frozen=True)
class _Replay:
    """Rows of the quarantine as a batch, which comes after the last one that was published."""

    contract: Contract
    state: StreamState
    rows: Sequence[OpenedRow]

    @property
    def landed(self) -> list[dict[str, Any]]:
        """Every row as it was landed."""
        return [landed for row in self.rows for landed in row.raw]

    def describe(self, content: str) -> BatchFacts:
        """What its manifest says; the cursor, and the time that it speaks of, are the stream's.

        Args:
            content: the digest of its contents.
        """
        state, keys = self.state, Digest.of(KeyDigest.of(row.record_id for row in self.rows))
        words = ["replay", state.name, state.batch_key, keys.count, keys.total, content]
        return BatchFacts(
            stream=state.name,
            batch_key=hashlib.sha256(json.dumps(words).encode()).hexdigest(),
            predecessor=state.batch_key or None,
            contract_hash=self.contract.hash,
            contract_version=self.contract.version,
            mode="incremental",
            key_digest=keys,
            live_key_digest=keys,
            content_digest=content,
            cursor_from=dict(state.cursor) or None,
            cursor_to=dict(state.cursor) or None,
            declared_rows=len(self.landed),
            as_of=state.as_of,
            partitions=[],
            all_partitions=[""],
            encoding=self.contract.encoding,
            completeness=Completeness(),
            warnings=[],
        )

    def as_ledger_row(self, facts: BatchFacts, url: str) -> dict[str, Any]:
        """What the ledger says of it."""
        keys = facts.key_digest
        return {
            **facts.model_dump(include={"stream", "batch_key", "contract_hash", "content_digest"}),
            "predecessor": self.state.batch_key,
            "fence": self.state.fence,
            "mode": "replay",
            "landed_url": url,
            "read": facts.declared_rows,
            "key_digest": f"{keys.count}:{keys.total}",
            "proof": facts.completeness.model_dump(mode="json", exclude={"buckets"}),
            "cursor_to": dict(self.state.cursor),
            "source_as_of": self.state.as_of,
            "warnings": [],
        }


def _as_batch(rows: Sequence[dict[str, Any]], dataset: Dataset) -> pa.RecordBatch:
    """The rows as they were landed; a column that was promised since is empty in them."""
    names = dict.fromkeys(name for row in rows for name in row)
    names |= dict.fromkeys(promised_columns(dataset))
    columns = {name: _as_array([row.get(name) for row in rows]) for name in names}
    return pa.RecordBatch.from_pydict(columns)


def _as_array(values: Sequence[Any]) -> pa.Array:
    """A column by what stands in it: truth values and whole numbers as such, all else as text."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds == {int}:
        return pa.array(values, pa.int64())
    return pa.array([None if value is None else str(value) for value in values], pa.string())
