"""What the hub holds of a register, to be compared with what its source holds.

Held is what is published and what waits in quarantine: a row that waits is not missing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import sql

from hub.contract import Dataset
from hub.digest import KeyDigest
from warehouse.connection import connect
from warehouse.quarantine import unseal
from warehouse.queries import load

_SQL = load("held")
_NUMBER = "number"
_VERSION = (
    "('x' || left(encode(sha256(convert_to(record_id || '|' || coalesce(version::text, ''),"
    " 'UTF8')), 'hex'), 15))::bit(60)::bigint"
)


@dataclass(frozen=True)
class WaitingRow:
    """A key that waits in quarantine: its landed rows, and the version that is published of it.

    ``version`` is in units since 1970; None where nothing of the key is published.
    """

    record_id: str
    partition: str
    landed: list[dict[str, Any]]
    version: int | None


def digest_rows(
    dataset: Dataset, buckets: int | None, units: int | None
) -> Mapping[Any, KeyDigest]:
    """Bucket -> the digest of the published rows in it that do not wait in quarantine too.

    Args:
        buckets: how many there are, by key; None makes each source partition one.
        units: how many units of a version are a second, to digest keys with their versions; None
            digests keys alone.
    """
    bucket: LiteralString = "source_partition" if buckets is None else "number %% %(buckets)s"
    said: LiteralString = _VERSION if units else _NUMBER
    query = sql.SQL(_SQL["digest_rows"]).format(
        standard=sql.Identifier("standard", dataset.table),
        bucket=sql.SQL(bucket),
        said=sql.SQL(said),
    )
    words = {"stream": dataset.stream, "buckets": buckets, "units": units or 1}
    with connect("pipeline") as connection:
        connection.execute("SET LOCAL jit = off")
        found = connection.execute(query, words).fetchall()
    return {number: KeyDigest(int(count), int(total)) for number, count, total in found}


def list_waiting_rows(dataset: Dataset, units: int | None) -> Iterator[WaitingRow]:
    """The rows of the dataset that wait in quarantine, sorted by key.

    Raises:
        LandingError: the landing key that sealed one is not at hand.
    """
    query = sql.SQL(_SQL["list_waiting_rows"]).format(
        standard=sql.Identifier("standard", dataset.table)
    )
    words = {"stream": dataset.stream, "units": units or 1}
    with connect("pipeline") as connection:
        found = connection.execute(query, words).fetchall()
    for record_id, partition, raw, version in found:
        yield WaitingRow(record_id, partition, unseal(dataset.stream, record_id, raw), version)
