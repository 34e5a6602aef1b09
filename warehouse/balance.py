"""Whether a register holds its source's keys, by the source's own digest of them."""

from psycopg import sql
from sqlalchemy import Connection

from hub.contract import Dataset
from hub.digest import KeyDigest
from hub.errors import BatchParkedError
from warehouse.connection import driver_connection
from warehouse.landing import Completeness
from warehouse.ledger import Batch
from warehouse.queries import load

_SQL = load("publish")


def refuse_other_keys(
    connection: Connection, dataset: Dataset, batch: Batch, proof: Completeness
) -> None:
    """Compare the register's keys with the source's own, where it gave them.

    Raises:
        BatchParkedError: keys differ; counts alone would not have shown it.
    """
    if proof.scope == "stream" and proof.digest is not None:
        agree = _holds_all(connection, dataset, batch, proof.digest.key_digest())
        advice = f"`motlan sync {dataset.source} --reconcile` reads only what differs"
    elif proof.scope == "buckets" and dataset.sync.deletes != "none":
        agree = _holds_buckets(connection, dataset, batch, proof)
        advice = f"run `motlan sync {dataset.source} --full`"
    else:
        return
    if not agree:
        message = (
            f"After batch {batch.batch_id} {batch.stream} would hold other keys "
            f"than its source does; it is parked: {advice}."
        )
        raise BatchParkedError(message, ["keys"])


def _holds_all(connection: Connection, dataset: Dataset, batch: Batch, theirs: KeyDigest) -> bool:
    query = sql.SQL(_SQL["digest_keys"]).format(standard=_standard(dataset))
    row = {"stream": batch.stream}
    found = driver_connection(connection).execute(query, row).fetchone()
    return found is not None and KeyDigest(int(found[0]), int(found[1])) == theirs


def _holds_buckets(
    connection: Connection, dataset: Dataset, batch: Batch, proof: Completeness
) -> bool:
    """The same of the buckets that were read."""
    stage = sql.Identifier("stage", f"{dataset.table}__b{batch.batch_id}")
    query = sql.SQL(_SQL["count_unlike_keys"]).format(standard=_standard(dataset), stage=stage)
    row = {
        "stream": batch.stream,
        "buckets": proof.read_buckets,
        "bucket_count": proof.bucket_count,
    }
    return driver_connection(connection).execute(query, row).fetchone() == (0,)


def _standard(dataset: Dataset) -> sql.Identifier:
    return sql.Identifier("standard", dataset.table)
