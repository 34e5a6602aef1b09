"""What every transport gives: Arrow record batches, and at the end what the source says."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import pyarrow as pa

from connectors.keys import KeyTally
from hub.contract import Contract, Dataset
from hub.digest import BucketDigest, KeyDigest
from hub.errors import MotlanError, SchemaDriftError, SourceUnavailableError
from hub.failpoint import reach
from hub.promised import promised_columns

Mode = Literal["incremental", "snapshot", "full", "reconcile", "backfill"]
"""``incremental``: what changed since the cursor. ``snapshot``: the source's newest state, or
nothing where it has not changed. ``full``: everything again, whatever was read before.
``reconcile``: the buckets of keys, or the partitions, that differ from what the hub holds.
``backfill``: what was changed within a time."""


@dataclass(frozen=True)
class Asked:
    """What a run is asked for: ``normal`` is what the contract says, and full the first time.

    ``window``: of a backfill, from when to when its rows were changed. ``dry``: nothing is
    published, and the stream is not taken.
    """

    mode: Literal["normal", "full", "reconcile", "backfill"] = "normal"
    window: tuple[datetime, datetime] | None = None
    dry: bool = False


EXTRA: Final = "_extra"
"""Landed column for what the contract does not know, as JSON; it is kept and not used."""
PARTITION: Final = "_partition"
ENCODING: Final = "_encoding"


@dataclass(frozen=True)
class Request:
    """What to read: one dataset, from where on, and where it is to be had.

    ``spec`` is the part of it that one worker reads, as `Plan` says; empty for all of it.
    """

    contract: Contract
    dataset: Dataset
    cursor: Mapping[str, Any]
    mode: Mode
    url: str = field(repr=False)
    spec: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def since(self) -> datetime | None:
        """From when on to read: the cursor less the overlap; null reads everything."""
        if self.mode == "backfill":
            return datetime.fromisoformat(self.spec["from"])
        since = self.cursor.get("since") if self.mode == "incremental" else None
        if not since:
            return None
        overlap = timedelta(minutes=self.dataset.sync.overlap_minutes)
        return datetime.fromisoformat(str(since)) - overlap

    @property
    def until(self) -> datetime | None:
        """Before when a row was changed that is read; null where there is no end."""
        return datetime.fromisoformat(self.spec["to"]) if self.mode == "backfill" else None

    def next_cursor(self, seen: datetime | None, as_of: datetime | None) -> dict[str, Any]:
        """The cursor after this read; what was read out of turn does not move it.

        Args:
            seen: when the newest row that was read was changed.
            as_of: the source's clock.
        """
        if self.mode in ("reconcile", "backfill"):
            return {}
        return advance(self.cursor, seen, as_of)


@dataclass(frozen=True)
class Plan:
    """What a run will read: one spec a part, for as many workers.

    ``as_of``: of what time the source speaks, where that is known before anything is read; of
    several parts, it must be, and none may speak of an earlier time. ``verdict``: what a comparison
    of keys has found, in words (`connectors.reconcile.Verdict`).
    """

    specs: Sequence[Mapping[str, Any]]
    as_of: datetime | None = None
    verdict: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Proof:
    """What the source says of its keys, in the words of its contract.

    ``scope``: as `warehouse.landing.Completeness` says.
    """

    kind: Literal["digest", "keys", "manifest", "none"] = "none"
    scope: Literal["batch", "stream", "buckets", "none"] = "none"
    digest: KeyDigest | None = None
    buckets: BucketDigest | None = None
    as_of: datetime | None = None


@dataclass
class Outcome:
    """What is known once everything was read."""

    as_of: datetime | None = None
    declared_rows: int | None = None
    next_cursor: dict[str, Any] = field(default_factory=dict)
    proof: Proof = field(default_factory=Proof)
    partitions: list[str] = field(default_factory=list)
    all_partitions: list[str] = field(default_factory=lambda: [""])
    warnings: list[str] = field(default_factory=list)


class Fetch:
    """A read that is under way: iterate it to its end, then ask for its outcome."""

    def __init__(
        self, request: Request, read: Callable[[Outcome, KeyTally], Generator[pa.RecordBatch]]
    ) -> None:
        self.request = request
        self.tally = KeyTally(request.dataset)
        self._outcome = Outcome()
        self._batches = read(self._outcome, self.tally)
        self._ended = False

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """The rows, in batches; none is repeated and none is held back.

        Raises:
            SourceUnavailableError: the source does not answer, or not as promised.
            SchemaDriftError: a promised column is missing or of another type.
            IncompleteSourceError: what was read is not what the source says it holds.
        """
        with closing(self._batches):
            for batch in self._batches:
                self.tally.add(batch)
                reach("K03")
                yield batch
        self._ended = True

    @property
    def as_of(self) -> datetime | None:
        """Of what time the source speaks; known as soon as its first row is."""
        return self._outcome.as_of

    @property
    def outcome(self) -> Outcome:
        """What the source said, known at the end only.

        Raises:
            MotlanError: the read has not ended.
        """
        if not self._ended:
            message = "A read was asked for its outcome before its end; nothing was kept."
            raise MotlanError(message)
        return self._outcome


def advance(
    cursor: Mapping[str, Any], seen: datetime | None, as_of: datetime | None
) -> dict[str, Any]:
    """The next cursor: the newest row seen, but never later than the source's own clock.

    A row dated tomorrow is read and kept; it does not move the cursor past what comes today.
    """
    moments = [moment for moment in (seen, as_of) if moment is not None]
    if seen is None or not moments:
        return dict(cursor)
    since = min(moments)
    before = cursor.get("since")
    if before:
        since = max(since, datetime.fromisoformat(str(before)))
    return {"since": since.isoformat()}


def combine_cursors(
    before: Mapping[str, Any], after: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The cursor of a batch, from the cursors of its parts: all that any of them has reached."""
    combined = dict(before)
    moments = [datetime.fromisoformat(part["since"]) for part in after if "since" in part]
    if moments:
        combined["since"] = max(moments).isoformat()
    known = before.get("partitions", {})
    reached = {
        folder: drop
        for part in after
        for folder, drop in part.get("partitions", {}).items()
        if drop != known.get(folder)
    }
    if known or reached:
        combined["partitions"] = dict(sorted({**known, **reached}.items()))
    return combined


def parse_moment(text: Any, contract: Contract) -> datetime:
    """A time of the source; without an offset it is local time of the contract's time zone.

    Raises:
        ValueError: it is not a time.
    """
    moment = datetime.fromisoformat(str(text))
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(contract.timezone))


def cursor_column(dataset: Dataset) -> str | None:
    """The owner's name of the cursor field."""
    return dataset.get_field(dataset.sync.cursor).physical_name if dataset.sync.cursor else None


def refuse_missing(dataset: Dataset, columns: Iterable[str], place: str) -> None:
    """Stop where a promised column is gone.

    Raises:
        SchemaDriftError: names the first column that is missing.
    """
    there = set(columns)
    for name in promised_columns(dataset):
        if name not in there:
            message = (
                f"{dataset.stream}: column {name!r} was promised and is missing from {place}. "
                "Nothing was read further; ask the source's owner, or change the contract."
            )
            raise SchemaDriftError(message)


def drift(dataset: Dataset, column: str, promised: str, came: str) -> SchemaDriftError:
    """The error for a promised column of another type."""
    message = (
        f"{dataset.stream}: column {column!r} was promised as {promised} and came as {came}. "
        "Nothing was read further; ask the source's owner, or change the contract."
    )
    return SchemaDriftError(message)


def unavailable(source: str, why: str) -> SourceUnavailableError:
    """The error for a source that does not answer as promised."""
    message = f"{source}: {why}. Its cursor has not moved; the next run reads again from there."
    return SourceUnavailableError(message)
