"""The statements that bring one judged batch into ``standard`` and its history.

They are built for any contract with SQLAlchemy Core and run inside the publish transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    Insert,
    Select,
    Table,
    Update,
    and_,
    case,
    cast,
    column,
    delete,
    exists,
    false,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    table,
    true,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import BigInteger, Text

from hub.contract import Dataset
from warehouse.ledger import Batch
from warehouse.tables import history_table, stage_table, standard_table

SWEPT_KEYS = table("swept_key", column("record_id"), schema="pg_temp")
"""The published keys of the buckets that a batch has read whole; made for one publication."""


@dataclass(frozen=True)
class Sweep:
    """What a batch has read whole of a register: a published key there that it lacks is gone.

    Either partitions of the source by name, or buckets of keys, so many of ``bucket_count``.
    """

    partitions: Sequence[str] = ()
    buckets: Sequence[int] = ()
    bucket_count: int = 0


@dataclass(frozen=True)
class Merge:
    """One batch of one dataset, and the statements that publish it.

    ``first``: nothing is published yet. ``keys_differ``: no two staged rows are of one key. What
    either makes impossible is not looked for. ``whole``: what the batch has read whole; there, what
    it says is the owner's present word, however old.
    """

    dataset: Dataset
    batch: Batch
    first: bool = False
    keys_differ: bool = False
    whole: Sweep | None = None

    def is_published(self) -> Select[bool]:
        """Whether the register holds any row."""
        return select(exists(select(null()).select_from(standard_table(self.dataset))))

    def keep_history(self, sweep: Sweep | None) -> Insert:
        """Copy to history every version that the batch replaces or ends.

        A version that its owner took back held until the owner was read.

        Args:
            sweep: what the batch has read whole; None where it ends no row by lacking it.
        """
        stage, standard = self.stage(), standard_table(self.dataset)
        history = history_table(self.dataset)
        replaced = or_(accepted(stage), stage.c.outcome == "ended")
        as_of = literal(self.batch.source_as_of)
        went_back = stage.c.source_version < standard.c.source_version
        valid_to = case((went_back, as_of), else_=func.coalesce(stage.c.source_version, as_of))
        versions = (
            select(
                *standard.columns,
                valid_to,
                func.now(),
                cast(literal(self.batch.batch_id), BigInteger),
            )
            .select_from(
                standard.outerjoin(stage, and_(stage.c.record_id == standard.c.record_id, replaced))
            )
            .where(
                or_(
                    stage.c.record_id.is_not(None),
                    *([self.is_missing(standard, sweep)] if sweep is not None else []),
                )
            )
        )
        return insert(history).from_select([c.name for c in history.columns], versions)

    def end_rows(self, sweep: Sweep | None) -> Sequence[Executable]:
        """Remove what left the register: tombstones, and keys that a whole read lacks."""
        stage, standard = self.stage(), standard_table(self.dataset)
        ended = delete(standard).where(
            standard.c.record_id == stage.c.record_id, stage.c.outcome == "ended"
        )
        if sweep is None:
            return (ended,)
        return (ended, delete(standard).where(self.is_missing(standard, sweep)))

    def accept_rows(self) -> Insert:
        """Write the new versions; one that went back holds since its owner was read."""
        stage, standard = self.stage(), standard_table(self.dataset)
        as_of = literal(self.batch.source_as_of)
        own = {
            "valid_from": func.coalesce(stage.c.source_version, as_of),
            "recorded_at": func.now(),
            "batch_id": cast(literal(self.batch.batch_id), BigInteger),
        }
        rows = select(
            *[own[c.name] if c.name in own else stage.c[c.name] for c in standard.columns]
        ).where(accepted(stage))
        statement = postgresql.insert(standard).from_select(
            [column.name for column in standard.columns], rows
        )
        if self.first:
            return statement
        new = {c.name: statement.excluded[c.name] for c in standard.columns}
        went_back = new["source_version"] < standard.c.source_version
        valid_from = case((went_back, as_of), else_=new["valid_from"])
        del new["record_id"]
        return statement.on_conflict_do_update(
            index_elements=[standard.c.record_id], set_={**new, "valid_from": valid_from}
        )

    def renew_unchanged(self, *, judged_whole: bool) -> Update:
        """Give unchanged rows the newest version that their owner has told, and today's verdict.

        A row that was touched and says what it said has a new version all the same: an older one
        that comes late must not replace it, and keys compared with versions must agree. Neither a
        version without a change nor the hub's word about a row leaves history.

        Args:
            judged_whole: the batch was judged with all rows of its partitions, so that what it says
                of rules across rows holds.
        """
        stage, standard = self.stage(), standard_table(self.dataset)
        newer = func.coalesce(stage.c.source_version > standard.c.source_version, False)
        told = and_(standard.c.source_version.is_(None), stage.c.source_version.is_not(None))
        renewed: dict[str, Any] = {
            "source_version": func.greatest(standard.c.source_version, stage.c.source_version)
        }
        other = [newer, told]
        if judged_whole:
            renewed["failed_rules"] = stage.c.failed_rules
            other.append(standard.c.failed_rules != stage.c.failed_rules)
        return (
            update(standard)
            .where(
                standard.c.record_id == stage.c.record_id,
                stage.c.outcome == "unchanged",
                or_(*other),
            )
            .values(renewed)
        )

    def move_partitions(self) -> Update:
        """Note in which partition the owner keeps a row now, though its version is not new.

        A row in quarantine counts too: its last good version is not swept with a partition that
        it has left. Where the owner keeps a row is no part of what the row says; it leaves no
        history.
        """
        stage, standard = self.stage(), standard_table(self.dataset)
        return (
            update(standard)
            .where(
                standard.c.record_id == stage.c.record_id,
                stage.c.outcome.in_(("unchanged", "quarantined")),
                standard.c.source_partition != stage.c.source_partition,
            )
            .values(source_partition=stage.c.source_partition)
        )

    def stage(self) -> Table:
        """The batch's stage table; another object at each call, so that queries nest."""
        return stage_table(self.dataset, self.batch.batch_id)

    def can_be_placed(self, stage: Table) -> ColumnElement[bool]:
        """Whether a row has a key, and a version that can be put in order."""
        readable = literal(self.dataset.sync.cursor, Text) != func.all(stage.c.unreadable)
        return and_(stage.c.record_id.is_not(None), func.coalesce(readable, True))

    def was_read_whole(self, partition: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether the batch holds all that its owner has of a row's partition, or of its bucket."""
        if self.whole is None:
            return false()
        if self.whole.bucket_count:
            return true()
        return partition.in_(list(self.whole.partitions))

    def is_missing(self, standard: Table, sweep: Sweep) -> ColumnElement[bool]:
        stage = self.stage()
        here = exists(
            select(null()).select_from(stage).where(stage.c.record_id == standard.c.record_id)
        )
        swept = standard.c.source_partition.in_(list(sweep.partitions))
        if sweep.bucket_count:
            swept = standard.c.record_id.in_(select(SWEPT_KEYS.c.record_id))
        return and_(swept, ~here)


def accepted(stage: Table) -> ColumnElement[bool]:
    """Whether a row of a decided batch is accepted."""
    return stage.c.outcome.is_(None)


def living(stage: Table) -> ColumnElement[bool]:
    """Whether a staged row is no tombstone."""
    return func.coalesce(stage.c.deleted, False).is_(False)
