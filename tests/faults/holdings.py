"""What the hub holds of a stream, in the words in which the oracle says what it must hold."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

import psycopg

from .oracle import Oracle
from .owner import minutes_since


@dataclass(frozen=True)
class Holdings:
    """One stream, read by the warehouse's owner."""

    connection: psycopg.Connection[dict[str, Any]]
    source: str

    @property
    def stream(self) -> str:
        """The stream's name."""
        return f"{self.source}.car"

    def refuse_unlike(self, oracle: Oracle) -> None:
        """Compare everything with the oracle; every value that an error shows is invented.

        Raises:
            AssertionError: says what differs.
        """
        found, wanted = self._list_found(), list_wanted(oracle)
        unlike = [_unlike(p, found[p], wanted[p]) for p in wanted if found[p] != wanted[p]]
        assert not unlike, "; ".join(unlike)

    def keys(self) -> set[str]:
        """The published keys."""
        return {row["record_id"] for row in self.read(f'SELECT * FROM {self._table}"')}

    def waiting(self) -> set[str]:
        """The keys that wait in quarantine."""
        return {row["record_id"] for row in self._quarantined() if row["state"] == "open"}

    def find_state(self, number: int) -> str:
        """The state of a batch."""
        (found,) = self.read("SELECT state FROM sync.batch WHERE batch_id = %s", number)
        return str(found["state"])

    def find_key(self, number: int) -> str:
        """The key of a batch, which tells its contents."""
        (found,) = self.read("SELECT batch_key FROM sync.batch WHERE batch_id = %s", number)
        return str(found["batch_key"])

    def read_parts(self, number: int) -> list[dict[str, Any]]:
        """The parts of a batch, in their order."""
        return self.read("SELECT * FROM sync.part WHERE batch_id = %s ORDER BY number", number)

    def read(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """The rows of a query."""
        return self.connection.execute(statement.encode(), values or None).fetchall()

    @property
    def _table(self) -> str:
        return f'standard."{self.source}__car'

    def _list_found(self) -> dict[str, Any]:
        (stream,) = self.read("SELECT * FROM sync.stream WHERE name = %s", self.stream)
        published = self.read(f'SELECT * FROM {self._table}"')
        replaced = self.read(f'SELECT * FROM {self._table}_history"')
        quality = "SELECT * FROM quality.batch_quality WHERE stream = %s"
        as_of = minutes_since(stream["as_of"]) if stream["as_of"] else None
        return {
            "register": {row["record_id"]: _version(row) for row in published},
            "history": Counter(map(_ended, replaced)),
            "quarantine": Counter(map(self._waiting, self._quarantined())),
            "ledger": {row["batch_id"]: _batch(row) for row in self._batches()},
            "stream": (_cursor(stream["cursor"]), as_of, stream["row_count"], stream["fence"]),
            "quality": {
                row["batch_id"]: (row["records"], row["records_passing_all"])
                for row in self.read(quality, self.stream)
            },
        }

    def _waiting(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        key = None if row["reason_code"] == "NO_KEY" else row["record_id"]
        rules = tuple(sorted(rule.removeprefix(f"{self.stream}.") for rule in row["rule_ids"]))
        assert (row["state"] == "open") == (row["resolved_by"] is None)
        batches = (row["first_batch_id"], row["batch_id"], row["resolved_by"])
        version = minutes_since(row["source_version"]) if row["source_version"] else None
        return (key, rules, row["source_partition"], *batches, version)

    def _quarantined(self) -> list[dict[str, Any]]:
        return self.read("SELECT * FROM quality.quarantined_row WHERE stream = %s", self.stream)

    def _batches(self) -> list[dict[str, Any]]:
        """The ledger's lines, those of dry runs apart: they hold no fence."""
        return self.read("SELECT * FROM sync.batch WHERE stream = %s AND fence > 0", self.stream)


def list_wanted(oracle: Oracle) -> dict[str, Any]:
    """What the oracle says."""
    batches = oracle.batches.values()
    return {
        "register": {key: astuple(held) for key, held in oracle.register.items()},
        "history": Counter((e.key, *astuple(e.held), e.valid_to, e.batch) for e in oracle.history),
        "quarantine": Counter(
            (w.key, tuple(sorted(w.rules)), w.place, w.first, w.batch, w.resolved_by, w.version)
            for w in oracle.quarantine
        ),
        "ledger": {b.number: (b.mode, b.state, len(b.rows), *b.counts) for b in batches},
        "stream": (oracle.cursor, oracle.as_of, len(oracle.register), oracle.fence),
        "quality": oracle.quality,
    }


def _version(row: Mapping[str, Any]) -> tuple[Any, ...]:
    said = (row["plate"], str(row["day"]), minutes_since(row["source_version"]))
    kept = (row["source_partition"], tuple(row["failed_rules"]))
    return (*said, *kept, minutes_since(row["valid_from"]), row["batch_id"])


def _ended(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return (
        *(row["record_id"], *_version(row)),
        *(minutes_since(row["valid_to"]), row["replaced_by"]),
    )


def _batch(row: Mapping[str, Any]) -> tuple[Any, ...]:
    counts = ("read", "accepted", "unchanged", "superseded", "quarantined", "ended")
    return (row["mode"], row["state"], *(row[name] for name in counts))


def _cursor(cursor: Mapping[str, Any]) -> Any:
    """A minute, or place -> (sequence, minute) of drops; None at the beginning."""
    if "since" in cursor:
        return minutes_since(datetime.fromisoformat(cursor["since"]))
    known = {
        place: (drop["sequence"], minutes_since(datetime.fromisoformat(drop["as_of"])))
        for place, drop in cursor.get("partitions", {}).items()
    }
    return known or None


def _unlike(part: str, found: Any, wanted: Any) -> str:
    """What differs; every value in it is invented."""
    if isinstance(wanted, dict):
        keys = found.keys() | wanted.keys()
        unlike = [key for key in keys if found.get(key) != wanted.get(key)]
        found = {key: found.get(key) for key in unlike}
        wanted = {key: wanted.get(key) for key in unlike}
    return f"the hub's {part} must be {wanted} and is {found}"
