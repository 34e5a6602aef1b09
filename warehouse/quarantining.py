"""Puts rows of a batch into quarantine, in the publish transaction, and lets go what came through.

A row waits under its owner's key, sealed, and only once. A row without a key is known by what it
says: the sealed rows that wait are opened and compared, so that no name is made of its values and a
key can be rotated at any time.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, LiteralString

from psycopg import sql
from sqlalchemy import Connection, Row, Select, Update, column, or_, select, table, update

from hub.errors import LandingError
from warehouse.connection import driver_connection
from warehouse.landing import LandedBatch, read_keys, seal_bytes, unseal_bytes
from warehouse.ledger import Batch
from warehouse.merge import Merge, Sweep, accepted
from warehouse.outcomes import VERSION_REUSED
from warehouse.queries import load

_SQL = load("quarantining")
QUARANTINED = table(
    "quarantined_row",
    *map(
        column,
        ("stream", "record_id", "state", "resolved_by", "source_version", "source_partition"),
    ),
    schema="quality",
)
NO_KEY: Final = "NO_KEY"
"""Reason of a row that lacks its owner's key; it is called after where it was landed first."""


@dataclass
class _Waiting:
    """What waits under one name: mostly one row, or those that reuse a version together."""

    rules: list[str]
    reason: str
    partition: str
    version: datetime | None = None
    raw: list[dict[str, Any]] = field(default_factory=list)

    def add(self, landed: dict[str, Any], version: datetime | None) -> None:
        """One more landed row."""
        self.raw.append(landed)
        self.version = max(filter(None, (self.version, version)), default=None)


class Quarantining:
    """The rows of one decided batch that wait from now on, and those that wait no longer."""

    def __init__(self, connection: Connection, merge: Merge, landed: LandedBatch) -> None:
        self._connection = connection
        self._driver = driver_connection(connection)
        self._merge = merge
        self._landed = landed
        self._words = {"stream": self._batch.stream, "batch_id": self._batch.batch_id}

    @property
    def _batch(self) -> Batch:
        return self._merge.batch

    def hold_back(self, owner: str, sweep: Sweep | None) -> None:
        """Close what came through, enter what did not, and close what has left its owner.

        Args:
            owner: who has to mend the rows.
            sweep: what the batch has read whole; None where it ends no row by lacking it.

        Raises:
            LandingError: a landed row cannot be read.
        """
        self._connection.execute(_resolve(self._merge))
        if self._batch.mode == "replay":
            self._run("resolve_superseded")
        whole = self._merge.whole or Sweep()
        words = {
            **self._words,
            "owner": owner,
            "buckets_whole": bool(whole.bucket_count),
            "partitions": list(whole.partitions),
        }
        for name, waiting in self._collect().items():
            self._driver.execute(_SQL["quarantine_row"], {**words, **self._seal(name, waiting)})
        if sweep is not None:
            self._let_go_vanished(sweep)

    def _let_go_vanished(self, sweep: Sweep) -> None:
        if sweep.bucket_count:
            buckets = {"buckets": list(sweep.buckets), "bucket_count": sweep.bucket_count}
            self._run("resolve_vanished_keys", **buckets)
        else:
            words = {**self._words, "partitions": list(sweep.partitions)}
            self._driver.execute(_SQL["resolve_vanished_quarantine"], words)

    def _run(self, query: LiteralString, **words: Any) -> None:
        """Run a query that speaks of the batch's stage."""
        stage = sql.Identifier("stage", f"{self._merge.dataset.table}__b{self._batch.batch_id}")
        statement = sql.SQL(_SQL[query]).format(stage=stage)
        self._driver.execute(statement, {**self._words, **words})

    def _collect(self) -> dict[str, _Waiting]:
        """What is to wait, by the name that it waits under; the same keyless row twice is one."""
        found: dict[str, _Waiting] = {}
        for row, landed in self._list_landed():
            name, reason = row.record_id, _reason_code(row.failed_rules[0])
            if name is None:
                place = f"batch {self._batch.batch_id} chunk {row.chunk} row {row.chunk_row}"
                name, reason = self._keyless.setdefault(_say(landed), place), NO_KEY
                if name in found:
                    continue
            new = _Waiting(row.failed_rules, reason, row.source_partition)
            found.setdefault(name, new).add(landed, row.source_version)
        return found

    def _list_landed(self) -> Iterator[tuple[Row[Any], dict[str, Any]]]:
        """Each row that is to wait, with the row as landed; a chunk is opened once."""
        listed = self._connection.execute(_list_quarantined(self._merge))
        for chunk, group in groupby(listed, key=attrgetter("chunk")):
            rows = list(group)
            landed = self._landed.read_rows(chunk, [row.chunk_row for row in rows])
            yield from zip(rows, landed, strict=True)

    @cached_property
    def _keyless(self) -> dict[str, str]:
        """What the rows without a key say that wait already -> the name that each waits under.

        One that was sealed with a key which is not at hand any more cannot be compared.
        """
        found: dict[str, str] = {}
        keys = read_keys()
        for name, raw in self._driver.execute(_SQL["list_keyless_rows"], self._words).fetchall():
            with suppress(LandingError):
                plain = unseal_bytes(raw, context=f"{self._batch.stream}|{name}", keys=keys)
                found.setdefault(_say(json.loads(plain)[0]), name)
        return found

    def _seal(self, name: str, waiting: _Waiting) -> dict[str, Any]:
        raw = json.dumps(waiting.raw, default=str).encode()
        return {
            "record_id": name,
            "rule_id": waiting.rules[0],
            "rule_ids": waiting.rules,
            "reason_code": waiting.reason,
            "source_partition": waiting.partition,
            "source_version": waiting.version,
            "same": self._batch.mode == "replay" or waiting.reason == NO_KEY,
            "raw_row": seal_bytes(raw, context=f"{self._batch.stream}|{name}"),
        }


def _list_quarantined(merge: Merge) -> Select[Any]:
    """The staged rows that go to quarantine, with the place of their landed row."""
    stage = merge.stage()
    return (
        select(
            stage.c.position,
            stage.c.record_id,
            stage.c.chunk,
            stage.c.chunk_row,
            stage.c.failed_rules,
            stage.c.source_partition,
            stage.c.source_version,
        )
        .where(stage.c.outcome == "quarantined")
        .order_by(stage.c.position)
    )


def _resolve(merge: Merge) -> Update:
    """Close the quarantined rows whose key came through in this batch.

    A late copy that is older than the row says nothing of it; what was read whole does.
    """
    stage, version = merge.stage(), QUARANTINED.c.source_version
    return (
        update(QUARANTINED)
        .where(
            QUARANTINED.c.stream == merge.batch.stream,
            QUARANTINED.c.state == "open",
            QUARANTINED.c.record_id == stage.c.record_id,
            or_(accepted(stage), stage.c.outcome.in_(("unchanged", "ended"))),
            or_(
                version.is_(None),
                stage.c.source_version >= version,
                merge.was_read_whole(QUARANTINED.c.source_partition),
            ),
        )
        .values(state="resolved", resolved_by=merge.batch.batch_id)
    )


def _say(landed: dict[str, Any]) -> str:
    """All that a landed row says, in one form."""
    return json.dumps(landed, default=str, sort_keys=True)


def _reason_code(rule_id: str) -> str:
    if rule_id == VERSION_REUSED:
        return VERSION_REUSED
    for ending, code in ((".readable", "UNREADABLE"), (".required", "MISSING")):
        if rule_id.endswith(ending):
            return code
    return "RULE_BROKEN"
