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
    Subquery,
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
    not_,
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
from hub.rules import required_rule
from warehouse.ledger import Batch
from warehouse.tables import history_table, stage_table, standard_table

_QUARANTINED = table(
    "quarantined_row",
    *map(
        column,
        ("stream", "record_id", "state", "resolved_by", "source_version", "source_partition"),
    ),
    schema="quality",
)
SWEPT_KEYS = table("swept_key", column("record_id"), schema="pg_temp")
"""The published keys of the buckets that a batch has read whole; made for one publication."""
VERSION_REUSED = "VERSION_REUSED"
"""Two rows of one key and one version that say different things (reliability: F17)."""


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

    def decide_outcomes(self) -> Update:
        """Give staged rows their outcome: quarantined, superseded, unchanged, ended.

        A row that has none afterwards is accepted: in a first load that is nearly every row, and
        marking them would write the whole batch once more. Of rows with one key the highest source
        version wins, the last position among equals; what is older never stands in for a newer row
        that is in quarantine. A row that is older than the published one is a late copy, unless the
        batch holds all that its owner has: then the row went back there. One without a version is
        neither older nor newer: it waits in quarantine beside a published one that has a version.
        """
        stage, standard = self._stage(), standard_table(self.dataset)
        if self.first and self.keys_differ:
            unknown = and_(stage.c.deleted, stage.c.outcome.is_(None), self._can_be_placed(stage))
            return update(stage).where(unknown).values(outcome="unchanged")
        ranked = self._ranked()
        older = ranked.c.source_version < standard.c.source_version
        late = and_(older, not_(self._was_read_whole(standard.c.source_partition)))
        same = and_(ranked.c.row_hash == standard.c.row_hash, older.is_not(True))
        lacking = and_(
            *(ranked.c.place == 1, ranked.c.source_version.is_(None)),
            standard.c.source_version.is_not(None),
        )
        broken: ColumnElement[Any] = case(
            (ranked.c.reused, VERSION_REUSED), (lacking, self.version_rule)
        )
        decided = (
            select(
                ranked.c.position,
                broken.label("broken"),
                case(
                    (broken.is_not(None), "quarantined"),
                    (ranked.c.place > 1, "superseded"),
                    (late, "superseded"),
                    (and_(ranked.c.deleted, standard.c.record_id.is_(None)), "unchanged"),
                    (ranked.c.deleted, "ended"),
                    (same, "unchanged"),
                ).label("outcome"),
            )
            .select_from(ranked.outerjoin(standard, standard.c.record_id == ranked.c.record_id))
            .where(or_(ranked.c.outcome.is_(None), ranked.c.reused))
            .subquery()
        )
        rules = case(
            (decided.c.broken.is_(None), stage.c.failed_rules),
            else_=func.array_append(stage.c.failed_rules, decided.c.broken),
        )
        return (
            update(stage)
            .where(stage.c.position == decided.c.position, decided.c.outcome.is_not(None))
            .values(outcome=decided.c.outcome, failed_rules=rules)
        )

    def count_outcomes(self) -> Select[Any, int]:
        """Outcome -> number of staged rows; None for rows that nobody can decide."""
        stage = self._stage()
        accepted = case((self._can_be_placed(stage), "accepted"))
        outcome = func.coalesce(stage.c.outcome, accepted).label("decided")
        return select(outcome, func.count()).group_by(outcome)

    def count_changed(self) -> Select[Any, Any]:
        """How many published rows the batch would alter, and how many would become older by it."""
        if self.first:
            return select(literal(0), literal(0))
        stage, standard = self._stage(), standard_table(self.dataset)
        went_back = stage.c.source_version < standard.c.source_version
        return select(func.count().filter(_accepted(stage)), func.count().filter(went_back)).where(
            stage.c.record_id == standard.c.record_id,
            or_(_accepted(stage), stage.c.outcome == "ended"),
        )

    def count_missing(self, sweep: Sweep) -> Select[Any]:
        """How many published rows of what was read whole the batch no longer holds."""
        standard = standard_table(self.dataset)
        return select(func.count()).select_from(standard).where(self._is_missing(standard, sweep))

    def list_missing(self, sweep: Sweep) -> Select[Any]:
        """The keys of those rows, sorted."""
        standard = standard_table(self.dataset)
        missing = self._is_missing(standard, sweep)
        return select(standard.c.record_id).where(missing).order_by(standard.c.record_id)

    def list_delivered(self) -> Select[Any]:
        """The partitions of which the batch holds a living row."""
        stage = self._stage()
        return select(stage.c.source_partition).where(_living(stage)).distinct()

    def find_emptied(self, undelivered: Sequence[str]) -> Select[Any]:
        """Those of the partitions of which published rows would end, and how many.

        A row that lives on in another partition of the batch does not end.
        """
        stage, standard = self._stage(), standard_table(self.dataset)
        lives_on = exists(
            select(null())
            .select_from(stage)
            .where(stage.c.record_id == standard.c.record_id, _living(stage))
        )
        return (
            select(standard.c.source_partition, func.count())
            .where(standard.c.source_partition.in_(list(undelivered)), ~lives_on)
            .group_by(standard.c.source_partition)
            .order_by(standard.c.source_partition)
        )

    def keep_history(self, sweep: Sweep | None) -> Insert:
        """Copy to history every version that the batch replaces or ends.

        A version that its owner took back held until the owner was read.

        Args:
            sweep: what the batch has read whole; None where it ends no row by lacking it.
        """
        stage, standard = self._stage(), standard_table(self.dataset)
        history = history_table(self.dataset)
        replaced = or_(_accepted(stage), stage.c.outcome == "ended")
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
                    *([self._is_missing(standard, sweep)] if sweep is not None else []),
                )
            )
        )
        return insert(history).from_select([c.name for c in history.columns], versions)

    def end_rows(self, sweep: Sweep | None) -> Sequence[Executable]:
        """Remove what left the register: tombstones, and keys that a whole read lacks."""
        stage, standard = self._stage(), standard_table(self.dataset)
        ended = delete(standard).where(
            standard.c.record_id == stage.c.record_id, stage.c.outcome == "ended"
        )
        if sweep is None:
            return (ended,)
        return (ended, delete(standard).where(self._is_missing(standard, sweep)))

    def accept_rows(self) -> Insert:
        """Write the new versions; one that went back holds since its owner was read."""
        stage, standard = self._stage(), standard_table(self.dataset)
        as_of = literal(self.batch.source_as_of)
        own = {
            "valid_from": func.coalesce(stage.c.source_version, as_of),
            "recorded_at": func.now(),
            "batch_id": cast(literal(self.batch.batch_id), BigInteger),
        }
        rows = select(
            *[own[c.name] if c.name in own else stage.c[c.name] for c in standard.columns]
        ).where(_accepted(stage))
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
        stage, standard = self._stage(), standard_table(self.dataset)
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
        stage, standard = self._stage(), standard_table(self.dataset)
        return (
            update(standard)
            .where(
                standard.c.record_id == stage.c.record_id,
                stage.c.outcome.in_(("unchanged", "quarantined")),
                standard.c.source_partition != stage.c.source_partition,
            )
            .values(source_partition=stage.c.source_partition)
        )

    def count_held(self) -> Select[int, int]:
        """(published records that wait in quarantine too, those of them that pass every rule)."""
        standard = standard_table(self.dataset)
        passing = func.count().filter(standard.c.failed_rules == [])
        return select(func.count(), passing).where(
            _QUARANTINED.c.stream == self.batch.stream,
            _QUARANTINED.c.state == "open",
            _QUARANTINED.c.record_id == standard.c.record_id,
        )

    def count_failing(self) -> Select[int]:
        """How many published records break a rule."""
        standard = standard_table(self.dataset)
        return select(func.count()).where(standard.c.failed_rules != [])

    def count_broken(self) -> Select[Any]:
        """Rule -> how many of those records break it."""
        standard = standard_table(self.dataset)
        rule = func.unnest(standard.c.failed_rules).label("rule_id")
        broken = (
            select(rule)
            .where(standard.c.failed_rules != [], ~self._is_quarantined(standard))
            .subquery()
        )
        return select(broken.c.rule_id, func.count()).group_by(broken.c.rule_id)

    def list_quarantined(self) -> Select[Any]:
        """The staged rows that go to quarantine, with the place of their landed row."""
        stage = self._stage()
        return (
            select(
                stage.c.position,
                stage.c.record_id,
                stage.c.chunk,
                stage.c.chunk_row,
                stage.c.failed_rules,
                stage.c.source_partition,
                stage.c.source_version,
            )
            .where(stage.c.outcome == "quarantined")
            .order_by(stage.c.position)
        )

    def resolve_quarantine(self) -> Update:
        """Close the quarantined rows whose key came through in this batch.

        A late copy that is older than the row says nothing of it; what was read whole does.
        """
        stage, version = self._stage(), _QUARANTINED.c.source_version
        return (
            update(_QUARANTINED)
            .where(
                _QUARANTINED.c.stream == self.batch.stream,
                _QUARANTINED.c.state == "open",
                _QUARANTINED.c.record_id == stage.c.record_id,
                or_(_accepted(stage), stage.c.outcome.in_(("unchanged", "ended"))),
                or_(
                    version.is_(None),
                    stage.c.source_version >= version,
                    self._was_read_whole(_QUARANTINED.c.source_partition),
                ),
            )
            .values(state="resolved", resolved_by=self.batch.batch_id)
        )

    @property
    def version_rule(self) -> str | None:
        """The rule that a row of the dataset has a version, whether its contract asks so or not."""
        cursor = self.dataset.sync.cursor
        return required_rule(self.dataset.stream, cursor).rule_id if cursor else None

    def _stage(self) -> Table:
        return stage_table(self.dataset, self.batch.batch_id)

    def _ranked(self) -> Subquery:
        """Each row with a key: its place among those of its key, and whether its version is reused.

        Only the newest version of a key counts as reused; older rows are superseded anyway. A row
        whose version cannot be read has no place: it is in quarantine already.
        """
        stage = self._stage()
        if self.keys_differ:
            return (
                select(
                    *(stage.c.position, stage.c.record_id, stage.c.source_version),
                    *(stage.c.deleted, stage.c.row_hash, stage.c.outcome),
                    false().label("reused"),
                    literal(1).label("place"),
                )
                .where(self._can_be_placed(stage))
                .subquery()
            )
        version = stage.c.source_version.desc().nulls_last()
        of_version: Any = {"partition_by": (stage.c.record_id, stage.c.source_version)}
        of_key: Any = {"partition_by": stage.c.record_id}
        differing = func.min(stage.c.row_hash).over(**of_version) != func.max(
            stage.c.row_hash
        ).over(**of_version)
        return (
            select(
                stage.c.position,
                stage.c.record_id,
                stage.c.source_version,
                stage.c.deleted,
                stage.c.row_hash,
                stage.c.outcome,
                and_(differing, func.rank().over(**of_key, order_by=version) == 1).label("reused"),
                func.row_number()
                .over(**of_key, order_by=(version, stage.c.position.desc()))
                .label("place"),
            )
            .where(self._can_be_placed(stage))
            .subquery()
        )

    def _can_be_placed(self, stage: Table) -> ColumnElement[bool]:
        """Whether a row has a key, and a version that can be put in order."""
        readable = literal(self.dataset.sync.cursor, Text) != func.all(stage.c.unreadable)
        return and_(stage.c.record_id.is_not(None), func.coalesce(readable, True))

    def _was_read_whole(self, partition: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether the batch holds all that its owner has of a row's partition, or of its bucket."""
        if self.whole is None:
            return false()
        if self.whole.bucket_count:
            return true()
        return partition.in_(list(self.whole.partitions))

    def _is_missing(self, standard: Table, sweep: Sweep) -> ColumnElement[bool]:
        stage = self._stage()
        here = exists(
            select(null()).select_from(stage).where(stage.c.record_id == standard.c.record_id)
        )
        swept = standard.c.source_partition.in_(list(sweep.partitions))
        if sweep.bucket_count:
            swept = standard.c.record_id.in_(select(SWEPT_KEYS.c.record_id))
        return and_(swept, ~here)

    def _is_quarantined(self, standard: Table) -> ColumnElement[bool]:
        return exists(
            select(null())
            .select_from(_QUARANTINED)
            .where(
                _QUARANTINED.c.stream == self.batch.stream,
                _QUARANTINED.c.state == "open",
                _QUARANTINED.c.record_id == standard.c.record_id,
            )
        )


def _accepted(stage: Table) -> ColumnElement[bool]:
    """Whether a row of a decided batch is accepted."""
    return stage.c.outcome.is_(None)


def _living(stage: Table) -> ColumnElement[bool]:
    return func.coalesce(stage.c.deleted, False).is_(False)
