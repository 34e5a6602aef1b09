"""The publish transaction: data, history, cursor, ledger and quality together, or nothing.

It is the only place that changes ``standard.*``. It runs behind the stream's fence; what it
cannot balance or what trips a brake it parks, and the last good version keeps answering.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, Executable, func, select

from hub.contract import Contract, Dataset
from hub.digest import KeyDigest
from hub.errors import (
    BatchParkedError,
    MotlanError,
    StaleWriterError,
    WarehouseUnavailableError,
)
from hub.failpoint import reach
from warehouse.adopt import adopt_stage, can_be_adopted
from warehouse.brakes import refuse_too_much
from warehouse.commit import Witness, settle, take_witness
from warehouse.connection import driver_connection, transaction
from warehouse.judged import keys_differ
from warehouse.landing import LandedBatch
from warehouse.ledger import Batch, find_promise, get_batch, set_aside
from warehouse.merge import VERSION_REUSED, Merge, Sweep
from warehouse.parking import park_batch
from warehouse.parts import sweep_stages
from warehouse.quarantining import Quarantining
from warehouse.queries import load
from warehouse.tables import first_load, standard_table

_SQL = {**load("ledger"), **load("publish")}
_VERSION_RULE = (VERSION_REUSED, "sach", "error", 1.0)
"""Rule, criterion, severity and weight of what the merge finds, and no suite can."""
_LACKING_RULE = ("du", "error", 1.0)
"""The same of a version that is missing, where the contract does not ask for it."""
_OUTCOMES = ("accepted", "unchanged", "superseded", "quarantined", "ended")


@dataclass(frozen=True)
class BatchOutcome:
    """What became of the rows of one batch."""

    batch_id: int
    stream: str
    state: str
    read: int
    accepted: int
    unchanged: int
    superseded: int
    quarantined: int
    ended: int


def publish_batch(batch_id: int) -> BatchOutcome:
    """Publish a judged batch; a batch that is published already stays as it is.

    Raises:
        StaleWriterError: another run has taken the stream since this batch was begun.
        BatchParkedError: a brake or a bound stopped the batch; it waits for a person.
        MotlanError: the batch was not judged, or rows are missing from its stage.
    """
    return _publish(batch_id, "judged", "can be published: run the sync again.")


def release_batch(batch_id: int) -> BatchOutcome:
    """Publish a parked batch whose release two stewards have signed, exactly as they saw it.

    A release is a run of its own: it takes the stream in the publish transaction, so that a run
    under way can no longer write. One that is done already stays as it is.

    Raises:
        StaleWriterError: another version was published since the batch was landed.
        BatchParkedError: it would change other numbers of rows than were signed, or its keys are
            not the source's; it is parked anew and earlier signatures are void.
        WarehouseRefusedError: two stewards have not signed; the database refuses.
        MotlanError: the batch is not parked, or rows are missing from its stage.
    """
    return _publish(batch_id, "parked", "is released.")


def _publish(batch_id: int, state: str, what_is_done: str) -> BatchOutcome:
    batch = get_batch(batch_id)
    if batch.state == "published":
        return _outcome(batch)
    if batch.dry:
        message = f"Batch {batch_id} of {batch.stream} is of a dry run; it is never published."
        raise MotlanError(message)
    ending = MotlanError(
        f"Batch {batch_id} of {batch.stream} is {batch.state}; only a {state} batch {what_is_done}"
    )
    if state == "parked" and batch.state != state:
        raise ending
    if batch.state == "parked" and state == "judged":
        raise BatchParkedError(batch.reason or f"Batch {batch_id} is parked.")
    contract, dataset = find_promise(batch)
    if batch.state != state:
        raise ending
    try:
        _commit(contract, dataset, batch)
    except BatchParkedError as parked:
        park_batch(batch.batch_id, parked)
        raise
    except _NothingMendedError as vain:
        set_aside(batch.batch_id, str(vain))
    reach("K17")
    sweep_stages(dataset)
    reach("K18")
    return _outcome(get_batch(batch.batch_id))


def _commit(contract: Contract, dataset: Dataset, batch: Batch, *, again: bool = True) -> None:
    """Run the publish transaction. Where its session is lost, its fate is looked up, not guessed.

    What was not committed is tried once more: the fence and the batch's state are asked again.

    Raises:
        WarehouseUnavailableError: the warehouse does not answer.
        StreamBusyError: nobody can say yet whether the transaction was committed.
    """
    witness: Witness | None = None
    try:
        with transaction("pipeline") as connection:
            witness = take_witness(connection)
            Publication(connection, contract, dataset, batch).publish()
    except WarehouseUnavailableError:
        if witness is None:
            raise
        settle(witness)
        if get_batch(batch.batch_id).state == "published":
            return
        if not again:
            raise
        _commit(contract, dataset, batch, again=False)


class _NothingMendedError(MotlanError):
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
        self._balance()
        self._record_quality()
        self._close_books(books)

    def decide(self, register_rows: int) -> tuple[dict[str, int], Sweep | None, dict[str, int]]:
        """What becomes of each staged row: (counts, what is swept, counts as the ledger has them).

        Raises:
            BatchParkedError: the source is empty, or a partition of it.
        """
        self._prepare(register_rows)
        self._connection.execute(self.merge.decide_outcomes())
        counts = self._count_outcomes()
        if self._batch.mode == "replay":
            self._refuse_vain_replay()
        sweep, missing = self.merge.whole, 0
        if self._dataset.sync.deletes == "none":
            sweep = None
        if sweep is not None and not self.merge.first:
            self._list_swept_keys(sweep)
            self._refuse_emptied(sweep)
            missing = self._scalar(self.merge.count_missing(sweep))
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
        differ = keys_differ(self._connection, self._dataset, self._batch.batch_id)
        whole = self._find_whole()
        self.merge = Merge(self._dataset, self._batch, first, differ, whole)

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
        """Nothing is replaced or ended: the stage becomes the register where it can."""
        driver, dataset, batch = driver_connection(self._connection), self._dataset, self._batch
        if self.merge.keys_differ and can_be_adopted(driver, dataset, batch.batch_id):
            adopt_stage(driver, dataset, batch.batch_id, as_of=batch.source_as_of)
            return
        with first_load(self._connection, dataset):
            self._connection.execute(self.merge.accept_rows())

    def _state(self) -> str:
        return str(self._fetch("find_state", {"batch_id": self._batch.batch_id})[0][0])

    def _count_outcomes(self) -> dict[str, int]:
        found: dict[str, int] = dict(self._rows(self.merge.count_outcomes()))
        counts = {name: found.pop(name, 0) for name in _OUTCOMES}
        if found or sum(counts.values()) != self._batch.read:
            message = (
                f"Batch {self._batch.batch_id} of {self._batch.stream} landed "
                f"{self._batch.read} rows but staged {sum(counts.values())}; run the sync again."
            )
            raise MotlanError(message)
        return counts

    def _find_whole(self) -> Sweep | None:
        """What the batch proves to have read whole."""
        proof = self._landed.manifest.completeness
        if self._batch.mode == "reconcile" and proof.scope == "buckets":
            return Sweep(buckets=proof.read_buckets, bucket_count=proof.bucket_count)
        if self._landed.complete and self._batch.mode in ("snapshot", "reconcile"):
            return Sweep(partitions=self._landed.partitions)
        return None

    def _list_swept_keys(self, sweep: Sweep) -> None:
        """Note the published keys of the buckets once; their digests are not free."""
        if sweep.bucket_count:
            driver = driver_connection(self._connection)
            driver.execute(_SQL["make_swept_keys"])
            held = sql.Identifier("standard", self._dataset.table)
            query = sql.SQL(_SQL["fill_swept_keys"]).format(standard=held)
            row = {"buckets": list(sweep.buckets), "bucket_count": sweep.bucket_count}
            driver.execute(query, row)

    def _refuse_emptied(self, sweep: Sweep) -> None:
        """Stop an empty partition or source, however few rows it held: never a delete (rule 4).

        Raises:
            BatchParkedError: names the first such partition.
        """
        if sweep.bucket_count:
            proof = self._landed.manifest.completeness
            living = proof.digest.count if proof.digest else 0
            held = 0 if living else self._scalar(self.merge.count_missing(sweep))
            emptied = [("", held)] if held else []
        else:
            delivered = {name for (name,) in self._rows(self.merge.list_delivered())}
            undelivered = sorted(set(sweep.partitions) - delivered)
            emptied = self._rows(self.merge.find_emptied(undelivered)) if undelivered else []
        if emptied:
            partition, rows = emptied[0]
            named = f"partition {partition}" if partition else "the register"
            message = (
                f"Batch {self._batch.batch_id} of {self._batch.stream} holds no row of {named}, "
                f"of which {rows} are published; an empty snapshot deletes nothing. It is parked. "
                "Ask the source's owner, then sync again."
            )
            raise BatchParkedError(message, ["emptied"])

    def _refuse_vain_replay(self) -> None:
        """Stop a replay that changes nothing, so that one run twice is one.

        Raises:
            _NothingMendedError: no row passes, and none breaks other rules than before.
        """
        query = sql.SQL(_SQL["count_mended"]).format(stage=self._stage_name())
        row = {"stream": self._batch.stream}
        mended = driver_connection(self._connection).execute(query, row).fetchone()
        if mended == (0,):
            message = "no replayed row passes the rules of today; all of them stay in quarantine"
            raise _NothingMendedError(message)

    def _stage_name(self) -> sql.Identifier:
        return sql.Identifier("stage", f"{self._dataset.table}__b{self._batch.batch_id}")

    def brake(self, register_rows: int, books: Mapping[str, int]) -> None:
        """Stop what would change too much at once (design, rule 4), unless it was released so.

        Raises:
            BatchParkedError: names each bound and the number that went over it.
        """
        (altered, went_back), *_ = self._rows(self.merge.count_changed())
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

    def _balance(self) -> None:
        """Compare the register's keys with the source's own, where it gave them.

        Raises:
            BatchParkedError: keys differ; counts alone would not have shown it.
        """
        proof = self._landed.manifest.completeness
        held = sql.Identifier("standard", self._dataset.table)
        words = {"stream": self._batch.stream, "batch_id": self._batch.batch_id}
        cursor = driver_connection(self._connection).cursor()
        if proof.scope == "stream" and proof.digest is not None:
            cursor.execute(sql.SQL(_SQL["digest_keys"]).format(standard=held), words)
            found = cursor.fetchone()
            agree = found and KeyDigest(int(found[0]), int(found[1])) == proof.digest.key_digest()
            advice = f"`motlan sync {self._contract.source} --reconcile` reads only what differs"
        elif proof.scope == "buckets" and self._dataset.sync.deletes != "none":
            query = sql.SQL(_SQL["count_unlike_keys"])
            words |= {"buckets": proof.read_buckets, "bucket_count": proof.bucket_count}
            cursor.execute(query.format(standard=held, stage=self._stage_name()), words)
            agree = cursor.fetchone() == (0,)
            advice = f"run `motlan sync {self._contract.source} --full`"
        else:
            return
        if not agree:
            message = (
                f"After batch {self._batch.batch_id} {self._batch.stream} would hold other keys "
                f"than its source does; it is parked: {advice}."
            )
            raise BatchParkedError(message, ["keys"])

    def _record_quality(self) -> None:
        """Write each rule's result over the register as it now stands, quarantine included."""
        stream = {"stream": self._batch.stream}
        quarantined = int(self._fetch("count_open_rows", stream)[0][0])
        rows = self._register_rows
        waiting, waiting_passing = self._rows(self.merge.count_held())[0]
        records = rows - waiting + quarantined
        passing = rows - self._scalar(self.merge.count_failing()) - waiting_passing
        failed: dict[str, int] = dict(self._rows(self.merge.count_broken()))
        for rule_id, count in self._fetch("count_quarantine", stream):
            failed[rule_id] = failed.get(rule_id, 0) + count
        rules = self._fetch("list_judged_rules", {"batch_id": self._batch.batch_id})
        lacking = self.merge.version_rule
        if lacking in failed.keys() - {rule[0] for rule in rules}:
            rules.append((lacking, *_LACKING_RULE))
        for rule in (*rules, _VERSION_RULE):
            words = dict(zip(("rule_id", "criterion", "severity", "weight"), rule, strict=True))
            passed = records - failed.get(words["rule_id"], 0)
            row = {**words, **stream, "total": records, "passed": passed}
            self._execute("record_rule_result", {**row, "batch_id": self._batch.batch_id})
        row = {**stream, "batch_id": self._batch.batch_id, "records": records}
        self._execute("record_batch_quality", {**row, "records_passing_all": passing})

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

        The number before is the stream's own, written by the last publish behind the same lock.
        """
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


def _outcome(batch: Batch) -> BatchOutcome:
    return BatchOutcome(
        **{name: getattr(batch, name) for name in BatchOutcome.__dataclass_fields__}
    )
