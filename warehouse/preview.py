"""What a judged batch of a dry run would do: the difference, and what would stop it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, LiteralString

from psycopg import sql
from sqlalchemy import Connection

from hub.contract import Contract, Dataset, find_dataset
from hub.digest import KeyDigest
from hub.errors import BatchParkedError, MotlanError
from hub.masks import mask_key
from warehouse.connection import driver_connection, transaction
from warehouse.judged import drop_stage
from warehouse.landing import LandedBatch, delete_batch
from warehouse.ledger import Batch, find_promise, get_batch, read_stream, set_aside
from warehouse.merge import Sweep
from warehouse.publication import Publication
from warehouse.queries import load
from warehouse.sweeping import list_missing

KEYS_SHOWN: Final = 10
_SQL = load("preview")


@dataclass(frozen=True)
class Preview:
    """What a batch would do to the register, were it published.

    ``new``, ``altered`` and ``ended`` are records of the register, ``unchanged``, ``superseded``
    and ``quarantined`` rows that were read. ``rules``: rule -> rows that it would put in
    quarantine. ``stopped_by``: what would park the batch, as sentences. ``keys``: kind of row ->
    the first keys of that kind, masked where they may tell a citizen; never another value.
    """

    stream: str
    mode: str
    read: int
    new: int = 0
    altered: int = 0
    ended: int = 0
    unchanged: int = 0
    superseded: int = 0
    quarantined: int = 0
    register: int = 0
    rules: Mapping[str, int] = field(default_factory=dict)
    stopped_by: Sequence[str] = ()
    keys: Mapping[str, Sequence[str]] = field(default_factory=dict)


def preview_batch(batch_id: int, *, most: int = KEYS_SHOWN) -> Preview:
    """What a judged batch of a dry run would do; nothing of the register is locked or changed.

    Args:
        most: how many keys of each kind of row are listed.

    Raises:
        MotlanError: the batch is no dry run's, or was not judged.
    """
    batch = get_batch(batch_id)
    if not batch.dry or batch.state != "judged":
        message = f"Batch {batch_id} of {batch.stream} is {batch.state}, and not a dry run's."
        raise MotlanError(message)
    contract, dataset = find_promise(batch)
    with transaction("pipeline") as connection:
        found = _Preview(connection, contract, dataset, batch).read(most)
        connection.rollback()
    return found


def discard_batch(batch_id: int, why: str = "dry run") -> None:
    """Leave nothing of a dry run behind but its line in the ledger.

    Raises:
        LandingError: its landed files cannot be removed.
    """
    batch = get_batch(batch_id)
    _, dataset = find_dataset(batch.stream)
    set_aside(batch_id, why)
    with transaction("pipeline") as connection:
        drop_stage(connection, dataset, batch_id)
    delete_batch(batch.landed_url)


class _Preview:
    """One look at what the publish transaction would do, in one that is rolled back."""

    def __init__(
        self, connection: Connection, contract: Contract, dataset: Dataset, batch: Batch
    ) -> None:
        self._connection = connection
        self._dataset = dataset
        self._batch = batch
        self._publication = Publication(connection, contract, dataset, batch)
        self._words = {
            "stage": sql.Identifier("stage", f"{dataset.table}__b{batch.batch_id}"),
            "standard": sql.Identifier("standard", dataset.table),
        }

    def read(self, most: int) -> Preview:
        """Decide every row, and ask each brake."""
        register = read_stream(self._batch.stream).row_count
        batch = self._batch
        try:
            counts, sweep, books = self._publication.decide(register)
        except BatchParkedError as parked:
            return Preview(
                batch.stream, batch.mode, batch.read, register=register, stopped_by=[str(parked)]
            )
        stops = [*self._brakes(register, books), *self._other_keys()]
        altered = self._publication.altered
        return Preview(
            batch.stream,
            batch.mode,
            batch.read,
            new=counts["accepted"] - altered,
            altered=altered,
            ended=books["ended"],
            unchanged=counts["unchanged"],
            superseded=counts["superseded"],
            quarantined=counts["quarantined"],
            register=register,
            rules=dict(self._fetch("count_rules")),
            stopped_by=stops,
            keys=self._list_keys(sweep, most),
        )

    def _brakes(self, register: int, books: Mapping[str, int]) -> list[str]:
        try:
            self._publication.brake(register, books)
        except BatchParkedError as parked:
            return [str(parked)]
        return []

    def _other_keys(self) -> list[str]:
        """What is wrong with the keys that the register would hold, by its source's own digest."""
        proof = LandedBatch.open(self._batch.landed_url).manifest.completeness
        if proof.scope != "stream" or proof.digest is None:
            return []
        count, total = self._fetch("digest_keys_after", stream=self._batch.stream)[0]
        if KeyDigest(int(count), int(total)) == proof.digest.key_digest():
            return []
        return [f"{self._batch.stream} would hold other keys than its source does."]

    def _list_keys(self, sweep: Sweep | None, most: int) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for kind, key in self._fetch("list_keys", most=most):
            found.setdefault(kind, []).append(key)
        if sweep is not None and not self._publication.merge.first:
            missing = self._connection.execute(list_missing(self._publication.merge, sweep))
            ended = sorted({*found.get("ended", ()), *(key for (key,) in missing.fetchmany(most))})
            if ended:
                found["ended"] = ended[:most]
        return {
            kind: [mask_key(self._dataset, key) for key in keys] for kind, keys in found.items()
        }

    def _fetch(self, query: LiteralString, **words: Any) -> list[Any]:
        statement = sql.SQL(_SQL[query]).format(**self._words)
        return driver_connection(self._connection).execute(statement, words).fetchall()
