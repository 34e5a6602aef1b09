"""What a batch has read whole of a register, and the published rows that it ends by lacking."""

from collections.abc import Sequence
from typing import Any

from psycopg import sql
from sqlalchemy import Connection, Select, exists, func, null, select

from hub.errors import BatchParkedError
from warehouse.connection import driver_connection
from warehouse.landing import LandedBatch
from warehouse.ledger import Batch
from warehouse.merge import Merge, Sweep, living
from warehouse.queries import load
from warehouse.tables import standard_table

_SQL = load("publish")


def find_whole(batch: Batch, landed: LandedBatch) -> Sweep | None:
    """What a batch proves to have read whole."""
    proof = landed.manifest.completeness
    if batch.mode == "reconcile" and proof.scope == "buckets":
        return Sweep(buckets=proof.read_buckets, bucket_count=proof.bucket_count)
    if landed.complete and batch.mode in ("snapshot", "reconcile"):
        return Sweep(partitions=landed.partitions)
    return None


def count_swept(connection: Connection, merge: Merge, sweep: Sweep, landed: LandedBatch) -> int:
    """How many published rows of what was read whole the batch no longer holds.

    An empty partition or source ends none, however few rows it held (design, rule 4).

    Raises:
        BatchParkedError: names the first such partition.
    """
    _list_swept_keys(connection, merge, sweep)
    missing = int(connection.execute(_count_missing(merge, sweep)).scalar_one())
    if sweep.bucket_count:
        proof = landed.manifest.completeness
        emptied = [("", missing)] if missing and not (proof.digest and proof.digest.count) else []
    else:
        emptied = _list_emptied(connection, merge, sweep)
    if emptied:
        partition, rows = emptied[0]
        named = f"partition {partition}" if partition else "the register"
        message = (
            f"Batch {merge.batch.batch_id} of {merge.batch.stream} holds no row of {named}, "
            f"of which {rows} are published; an empty snapshot deletes nothing. It is parked. "
            "Ask the source's owner, then sync again."
        )
        raise BatchParkedError(message, ["emptied"])
    return missing


def list_missing(merge: Merge, sweep: Sweep) -> Select[Any]:
    """The keys of the published rows that it no longer holds, sorted."""
    standard = standard_table(merge.dataset)
    missing = merge.is_missing(standard, sweep)
    return select(standard.c.record_id).where(missing).order_by(standard.c.record_id)


def _list_swept_keys(connection: Connection, merge: Merge, sweep: Sweep) -> None:
    """Note the published keys of the buckets once; their digests are not free."""
    if sweep.bucket_count:
        driver = driver_connection(connection)
        driver.execute(_SQL["make_swept_keys"])
        held = sql.Identifier("standard", merge.dataset.table)
        query = sql.SQL(_SQL["fill_swept_keys"]).format(standard=held)
        row = {"buckets": list(sweep.buckets), "bucket_count": sweep.bucket_count}
        driver.execute(query, row)


def _list_emptied(connection: Connection, merge: Merge, sweep: Sweep) -> list[tuple[str, int]]:
    """The partitions without a living row of which published rows would end, and how many."""
    delivered = set(connection.scalars(_list_delivered(merge)))
    undelivered = sorted(set(sweep.partitions) - delivered)
    if not undelivered:
        return []
    return [(name, rows) for name, rows in connection.execute(_find_emptied(merge, undelivered))]


def _count_missing(merge: Merge, sweep: Sweep) -> Select[Any]:
    """How many published rows of what was read whole the batch no longer holds."""
    standard = standard_table(merge.dataset)
    return select(func.count()).select_from(standard).where(merge.is_missing(standard, sweep))


def _list_delivered(merge: Merge) -> Select[Any]:
    """The partitions of which the batch holds a living row."""
    stage = merge.stage()
    return select(stage.c.source_partition).where(living(stage)).distinct()


def _find_emptied(merge: Merge, undelivered: Sequence[str]) -> Select[Any]:
    """Those of the partitions of which published rows would end, and how many.

    A row that lives on in another partition of the batch does not end.
    """
    stage, standard = merge.stage(), standard_table(merge.dataset)
    lives_on = exists(
        select(null())
        .select_from(stage)
        .where(stage.c.record_id == standard.c.record_id, living(stage))
    )
    return (
        select(standard.c.source_partition, func.count())
        .where(standard.c.source_partition.in_(list(undelivered)), ~lives_on)
        .group_by(standard.c.source_partition)
        .order_by(standard.c.source_partition)
    )
