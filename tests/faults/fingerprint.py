"""What a warehouse holds of a source, apart from the hub's own times and ids.

Two runs that did the same leave the same fingerprint. Batches are named by their place among the
published ones of their stream, so that it shows too which batch wrote what.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from warehouse.landing import SealingKeys, unseal_bytes

HUB_TIMES = ("recorded_at", "replaced_at", "created_at")
BATCHES = ("batch_id", "first_batch_id", "replaced_by", "resolved_by")
LEDGER = (
    *("batch_id", "batch_key", "predecessor", "mode", "read", "accepted", "unchanged"),
    *("superseded", "quarantined", "ended", "key_digest", "content_digest", "cursor_to"),
)


@dataclass(frozen=True)
class Fingerprint:
    """One stream: how many batches it has published, and every line of what it holds."""

    published: int
    lines: tuple[str, ...]


def take_fingerprints(owner_url: str, source: str, keys: SealingKeys) -> dict[str, Fingerprint]:
    """Stream -> fingerprint, of every stream of a source."""
    with psycopg.connect(owner_url, row_factory=dict_row) as connection:
        streams = connection.execute(
            "SELECT name, cursor, batch_key, row_count FROM sync.stream WHERE source = %s",
            (source,),
        ).fetchall()
        return {row["name"]: _Reading(connection, row, keys).take() for row in streams}


class _Reading:
    """One stream, read by its owner's login."""

    def __init__(
        self,
        connection: psycopg.Connection[dict[str, Any]],
        stream: Mapping[str, Any],
        keys: SealingKeys,
    ) -> None:
        self._connection = connection
        self._stream = stream
        self._keys = keys
        self._batches = connection.execute(
            "SELECT * FROM sync.batch WHERE stream = %s AND state = 'published' ORDER BY batch_id",
            (stream["name"],),
        ).fetchall()
        self._places = {row["batch_id"]: at for at, row in enumerate(self._batches, start=1)}
        self._moments = {row["batch_id"]: row["source_as_of"] for row in self._batches}

    def take(self) -> Fingerprint:
        """Read everything."""
        lines = sorted(
            f"{kind} {json.dumps(row, default=str, sort_keys=True)}"
            for kind, row in self._list_rows()
        )
        return Fingerprint(len(self._batches), tuple(lines))

    def _list_rows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        yield "stream", dict(self._stream)
        for row in self._batches:
            yield "batch", self._plain({name: row[name] for name in LEDGER})
        table = self._stream["name"].replace(".", "__")
        for name in (table, f"{table}_history"):
            query = sql.SQL("SELECT * FROM {}").format(sql.Identifier("standard", name))
            for row in self._connection.execute(query):
                yield name, self._plain(row)
        for name in ("rule_result", "batch_quality"):
            for row in self._list_published(name):
                yield name, self._plain(row)
        for row in self._connection.execute(
            "SELECT * FROM quality.quarantined_row WHERE stream = %s", (self._stream["name"],)
        ):
            yield "quarantine", self._open(row)

    def _list_published(self, name: str) -> list[dict[str, Any]]:
        query = sql.SQL("SELECT * FROM {} WHERE batch_id = ANY(%s)").format(
            sql.Identifier("quality", name)
        )
        return self._connection.execute(query, (list(self._places),)).fetchall()

    def _open(self, row: dict[str, Any]) -> dict[str, Any]:
        """A quarantined row with its raw row unsealed."""
        context = f"{row['stream']}|{row['record_id']}"
        raw = unseal_bytes(row["raw_row"], keys=self._keys, context=context)
        kept = {name: row[name] for name in row if name != "quarantine_id"}
        key = re.sub(r"^batch \d+", "batch", row["record_id"])
        return self._plain({**kept, "raw_row": json.loads(raw), "record_id": key})

    def _plain(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row without the hub's times; a batch by its place, and its time by that name."""
        found = {name: value for name, value in row.items() if name not in HUB_TIMES}
        for name in ("valid_from", "valid_to"):
            of = "replaced_by" if name == "valid_to" else "batch_id"
            if name in found and found[name] == self._moments.get(found.get(of)):
                found[name] = "when the batch was read"
        for name in BATCHES:
            if found.get(name) is not None:
                found[name] = self._places[found[name]]
        return found
