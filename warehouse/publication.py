"""The publish transaction: data, history, cursor, ledger and quality together, or nothing.

It is the only place that changes ``standard.*``. It runs behind the stream's fence; what it
cannot balance or what trips a brake is parked, and the last good version keeps answering.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, LiteralString

from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, Executable, func, select

from hub.contract import Contract, Dataset
from hub.errors import MotlanError, StaleWriterError
from hub.failpoint import reach
from warehouse.adopt import adopt_stage, can_be_adopted
from warehouse.balance import refuse_other_keys
from warehouse.brakes import refuse_too_much
from warehouse.connection import driver_connection
from warehouse.judged import find_noted
from warehouse.landing import LandedBatch
from warehouse.ledger import Batch
from warehouse.merge import Merge, Sweep
from warehouse.outcomes import OUTCOMES, count_changed, count_outcomes, decide_outcomes
from warehouse.quarantining import Quarantining
from warehouse.queries import load
from warehouse.register_quality import record_quality
from warehouse.sweeping import count_swept, find_whole
from warehouse.tables import ALL_DATED, ALL_LIVE, first_load, standard_table

_SQL = {**load("ledger"), **load("publish")}


class NothingMendedError(MotlanError):
    """Every row of a replay breaks the rules that it broke before; there is nothing to publish."""


class Publication:
    """One run of the publish transaction; of a parked batch, its release."""

    def __init__(
        self, connection: Connection, contract: Contract, dataset: Dataset, batch: Batch
    ) -> None:
        self._connection = connection
        self._contract = contract
        self._dataset = dataset
        self._batch = batch
        self.merge = Merge(dataset, batch)
        self.altered = self._register_rows = 0
        self._landed = LandedBatch.open(batch.landed_url)
        self._released = batch.state == "parked"
        self._fence = batch.fence
        self._as_of: datetime | None = None
        self._noted: frozenset[str] = frozenset()

    def publish(self) -> None:
        """Do everything that publishing is, in the order that the books need.

        Raises:
            StaleWriterError: another run has taken the stream.
            BatchParkedError: a bound, a brake or the source's digest stopped the batch.
        """
        register_rows = self._hold_stream()
        if self._state() == "published":
            return  # by another copy of this run, while this one waited for the stream
        counts, sweep, books = self.decide(register_rows)
        self.brake(register_rows, books)
        quarantining = Quarantining(self._connection, self.merge, self._landed)
        quarantining.hold_back(self._contract.owner, sweep)
        self._write_rows(sweep)
        self._register_rows = self._count_register(register_rows, counts)
        reach("K10")
        proof = self._landed.manifest.completeness
        refuse_other_keys(self._connection, self._dataset, self._batch, proof)
        record_quality(self._connection, self.merge, self._register_rows)
        self._close_books(books)

    def decide(self, register_rows: int) -> tuple[dict[str, int], Sweep | None, dict[str, int]]:
        """What becomes of each staged row: (counts, what is swept, counts as the ledger has them).

        Raises:
            BatchParkedError: the source is empty, or a partition of it.
        """
        self._prepare(register_rows)
        if not (self._each_is_new and ALL_LIVE in self._noted):
            self._connection.execute(decide_outcomes(self.merge))
        counts = self._count_outcomes()
        if self._batch.mode == "replay":
            self._refuse_vain_replay()
        sweep, missing = self.merge.whole, 0
        if self._dataset.sync.deletes == "none":
            sweep = None
        if sweep is not None and not self.merge.first:
            missing = count_swept(self._connection, self.merge, sweep, self._landed)
        return counts, sweep, _books(counts, missing)

    def _hold_stream(self) -> int:
        """Lock the stream behind the fence; returns the rows that the register holds now."""
        batch, name = self._batch, {"name": self._batch.stream}
        fence, version, row_count, self._as_of = self._fetch("lock_stream", name)[0]
        if self._released and version == batch.predecessor:
            holder = f"release of batch {batch.batch_id}"
            self._fence = self._fetch("take_stream", {**name, "holder": holder})[0][1]
        elif self._released and self._state() != "published":
            message = (
                f"{batch.stream} has moved on since batch {batch.batch_id} was landed: another "
                "version is published, and the signatures are void. Sync again."
            )
            raise StaleWriterError(message)
        elif not self._released and fence != batch.fence:
            message = (
                f"Another run has taken {batch.stream} since batch {batch.batch_id} "
                "was begun; this one must not write. Nothing was changed."
            )
            raise StaleWriterError(message)
        return int(row_count)

    def _prepare(self, register_rows: int) -> None:
        """Room to sort and join in, and what staging has found out about the batch already."""
        driver_connection(self._connection).execute(_SQL["make_room"])
        first = register_rows == 0 and not self._scalar(self.merge.is_published())
        self._noted = find_noted(self._connection, self._dataset, self._batch.batch_id)
        whole = find_whole(self._batch, self._landed)
        self.merge = Merge(self._dataset, self._batch, first, "record_id" in self._noted, whole)

    @property
    def _each_is_new(self) -> bool:
        """Whether every staged row is the only one of its record, there and in the register."""
        return self.merge.first and self.merge.keys_differ

    def _write_rows(self, sweep: Sweep | None) -> None:
        """Bring the batch into the register: what it replaces goes to history first."""
        if self.merge.first:
            self._write_first_rows()
            return
        self._connection.execute(self.merge.keep_history(sweep))
        reach("K14")
        for statement in self.merge.end_rows(sweep):
            self._connection.execute(statement)
        reach("K15")
        self._connection.execute(self.merge.accept_rows())
        reach("K13")
        whole = self._batch.mode == "snapshot"
        if whole or self._dataset.sync.cursor:
            self._connection.execute(self.merge.renew_unchanged(judged_whole=whole))
        if self._landed.partitions:
            self._connection.execute(self.merge.move_partitions())

    def _write_first_rows(self) -> None:
        """Nothing is replaced or ended: the stage becomes the register where it can.

        What was read by bucket is compared with its stage afterwards, which stays therefore.
        """
        driver, dataset, batch = driver_connection(self._connection), self._dataset, self._batch
        adoptable = self._each_is_new and batch.mode != "reconcile"
        if adoptable and can_be_adopted(driver, dataset, batch.batch_id):
            undated = None if ALL_DATED in self._noted else batch.source_as_of
            adopt_stage(driver, dataset, batch.batch_id, undated=undated)
            return
        with first_load(self._connection, dataset):
            self._connection.execute(self.merge.accept_rows())

    def _state(self) -> str:
        return str(self._fetch("find_state", {"batch_id": self._batch.batch_id})[0][0])

    def _count_outcomes(self) -> dict[str, int]:
        found: dict[str, int] = dict(self._rows(count_outcomes(self.merge)))
        counts = {name: found.pop(name, 0) for name in OUTCOMES}
        if found or sum(counts.values()) != self._batch.read:
            message = (
                f"Batch {self._batch.batch_id} of {self._batch.stream} landed "
                f"{self._batch.read} rows but staged {sum(counts.values())}; run the sync again."
            )
            raise MotlanError(message)
        return counts

    def _refuse_vain_replay(self) -> None:
        """Stop a replay that changes nothing, so that one run twice is one.

        Raises:
            NothingMendedError: no row passes, and none breaks other rules than before.
        """
        stage = sql.Identifier("stage", f"{self._dataset.table}__b{self._batch.batch_id}")
        query = sql.SQL(_SQL["count_mended"]).format(stage=stage)
        row = {"stream": self._batch.stream}
        mended = driver_connection(self._connection).execute(query, row).fetchone()
        if mended == (0,):
            message = "no replayed row passes the rules of today; all of them stay in quarantine"
            raise NothingMendedError(message)

    def brake(self, register_rows: int, books: Mapping[str, int]) -> None:
        """Stop what would change too much at once (design, rule 4), unless it was released so.

        Raises:
            BatchParkedError: names each bound and the number that went over it.
        """
        (altered, went_back), *_ = self._rows(count_changed(self.merge))
        self.altered = int(altered)
        counts = {
            **{"read": self._batch.read, **books},
            **{"altered": self.altered, "went_back": went_back, "register": register_rows},
        }
        if not (self._released and counts == self._signed_counts()):
            refuse_too_much(self._dataset, self._batch, counts)

    def _signed_counts(self) -> dict[str, int]:
        """What the batch would have done when it was parked last, which the stewards signed."""
        found = self._fetch("find_parking", {"batch_id": self._batch.batch_id})
        return dict(found[0][0]) if found else {}

    def _close_books(self, books: Mapping[str, int]) -> None:
        batch = self._batch
        self._execute("publish_batch", {**books, "batch_id": batch.batch_id})
        stream = {
            "name": batch.stream,
            "fence": self._fence,
            "cursor": Jsonb(batch.cursor_to),
            "batch_key": batch.batch_key,
            "as_of": self._speaks_of(),
            "row_count": self._register_rows,
        }
        self._execute("advance_stream", stream)
        row = {"stream": batch.stream, "batch_id": batch.batch_id}
        self._execute("overtake_batches", row)
        reach("K16")

    def _speaks_of(self) -> datetime:
        """Of what time the register speaks now, at the source; it never goes back.

        A backfill says nothing of the rows that it did not read, and a comparison of keys alone
        nothing of their versions.
        """
        proof = self._landed.manifest.completeness
        keys_alone = proof.scope == "buckets" and (proof.verdict or {}).get("by") == "keys"
        partial = self._batch.mode == "backfill" or keys_alone
        if self._as_of is None or self._batch.mode in ("snapshot", "incremental"):
            return self._batch.source_as_of
        return self._as_of if partial else max(self._as_of, self._batch.source_as_of)

    def _count_register(self, before: int, counts: Mapping[str, int]) -> int:
        """Rows that the register holds now: counted after a snapshot, reckoned after an increment.

        The number before is the stream's own, written by the last publish behind the same lock. In
        an empty register there is now what was accepted.
        """
        if self.merge.first:
            return counts["accepted"]
        if self._batch.mode in ("incremental", "backfill"):
            return before + counts["accepted"] - self.altered - counts["ended"]
        return int(self._scalar(select(func.count()).select_from(standard_table(self._dataset))))

    def _scalar(self, statement: Executable) -> Any:
        return self._connection.execute(statement).scalar_one()

    def _rows(self, statement: Executable) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._connection.execute(statement)]

    def _execute(self, query: LiteralString, row: Mapping[str, Any]) -> None:
        self._connection.connection.cursor().execute(_SQL[query], row)

    def _fetch(self, query: LiteralString, row: Mapping[str, Any]) -> list[Any]:
        cursor = self._connection.connection.cursor()
        cursor.execute(_SQL[query], row)
        return list(cursor.fetchall())


def _books(counts: Mapping[str, int], missing: int) -> dict[str, int]:
    """The counts as the ledger holds them: a tombstone is accepted, and ends a row."""
    ended = counts["ended"]
    return {**counts, "accepted": counts["accepted"] + ended, "ended": ended + missing}
