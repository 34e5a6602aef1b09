"""A contract a transport, as small as can be, and the settings that ingesting needs.

The contracts are written out as YAML, as an engineer writes them; each source is a real server,
database or folder of the test's own.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Mode
from connectors.ingest import Stream, combine_parts, describe_part, fetch, land_rows, plan
from hub.contract import Contract, Dataset, parse_contract
from hub.settings import get_settings
from warehouse.landing import (
    LandedBatch,
    LandingWriter,
    make_keys,
    make_url,
    read_keys,
    write_manifest,
)

HEAD = """
apiVersion: v3.1.0
kind: DataContract
id: motlan.source.demo
name: demo
version: 1.0.0
status: active
slaProperties: [{property: latency, value: 26, unit: h}]
customProperties:
  - {property: title, value: Demo}
  - {property: owner, value: desk}
  - {property: connector, value: CONNECTOR}
  - {property: timezone, value: Asia/Ho_Chi_Minh}
  - {property: schedule, value: "0 1 * * *"}
  - {property: options, value: OPTIONS}
schema:
  - name: person
    physicalName: nguoi
    customProperties: [{property: sync, value: SYNC}]
    properties:
      - {name: person_id, physicalName: ma, logicalType: string, primaryKey: true,
         primaryKeyPosition: 1, customProperties: [{property: standardiser, value: key}]}
      - {name: full_name, physicalName: ten, logicalType: string,
         customProperties: [{property: standardiser, value: person_name}]}
"""
UPDATED_AT = "      - {name: updated_at, physicalName: luc, logicalType: timestamp}\n"
IS_DELETED = "      - {name: is_deleted, physicalName: xoa, logicalType: boolean}\n"


@dataclass
class StreamState:
    """A stream as a run finds it."""

    cursor: dict[str, Any] = field(default_factory=dict)
    batch_key: str = ""


@dataclass
class Source:
    """A contract and its one dataset, to be ingested."""

    contract: Contract

    @property
    def dataset(self) -> Dataset:
        return self.contract.datasets[0]

    def ingest(self, state: StreamState | None = None, mode: Mode = "snapshot") -> LandedBatch:
        """Land one batch and open it."""
        url = self.ingest_url(state, mode)
        assert url is not None
        return LandedBatch.open(url)

    def ingest_url(self, state: StreamState | None = None, mode: Mode = "snapshot") -> str | None:
        """Land one batch, if there is anything new."""
        before = state or StreamState()
        planned = plan(self.contract, self.dataset, before.cursor, mode)
        if planned is None:
            return None
        zone, keys = get_settings().landing_url, read_keys()
        url, chunks, parts = make_url(self.dataset.stream, zone=zone), [], []
        for number, spec in enumerate(planned.specs):
            fetched = fetch(self.contract, self.dataset, before.cursor, {**spec, "mode": mode})
            writer = LandingWriter(url, keys=keys, part=number)
            try:
                for _ in land_rows(fetched, writer):
                    pass
            except BaseException:
                writer.abandon()
                raise
            parts.append(describe_part(fetched, writer, noted=[]))
            chunks += writer.chunks
        kept: Any = "incremental" if mode == "incremental" else "snapshot"
        stream = Stream(before.cursor, before.batch_key, kept)
        facts = combine_parts(self.contract, self.dataset, stream, parts)
        write_manifest(url, facts, chunks)
        return url


def rows_of(batch: LandedBatch) -> list[dict[str, Any]]:
    """All landed rows, without their place."""
    found = [row for table in batch.read_chunks() for row in table.to_pylist()]
    return [{k: v for k, v in row.items() if k not in ("_chunk", "_row")} for row in found]


def after(batch: LandedBatch) -> StreamState:
    """The stream once the batch is published."""
    return StreamState(dict(batch.manifest.cursor_to or {}), batch.manifest.batch_key)


@pytest.fixture
def landing(home: Path) -> Path:
    """The landing zone of a state folder that has its keys."""
    make_keys(home / "keys" / "landing.json")
    return home / "landing"


@pytest.fixture
def make_source(landing: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Source]:
    """Makes a source from its connector's words and its address."""

    def make(connector: str, url: str, *, options: str, sync: str, fields: str = "") -> Source:
        text = HEAD.replace("CONNECTOR", connector).replace("OPTIONS", options)
        monkeypatch.setenv("MOTLAN_CONN_DEMO", url)
        return Source(parse_contract(text.replace("SYNC", sync) + fields))

    return make
