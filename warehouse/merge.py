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
    func,
    insert,
    literal,
    null,
    or_,
    select,
    table,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import BigInteger

from hub.contract import Dataset
from warehouse.ledger import Batch
from warehouse.tables import history_table, stage_table, standard_table

VERSION_REUSED = "VERSION_REUSED"
"""Two rows of one key and one version that say different things (reliability: F17)."""


@dataclass(frozen=True)
class Merge:
    """One batch of one dataset, and the statements that publish it."""

    dataset: Dataset
    batch: Batch

    def decide_outcomes(self) -> Sequence[Executable]:
        """Give every staged row its outcome: quarantined, superseded, unchanged, ended, accepted.

        Of rows with one key the highest source version wins, the last position among equals.
        """
        stage, standard = self._stage(), standard_table(self.dataset)
        ranked = self._ranked()
        reused = (
            update(stage)
            .where(stage.c.position == ranked.c.position, ranked.c.contents > 1)
            .values(
                outcome="quarantined",
                failed_rules=func.array_append(stage.c.failed_rules, VERSION_REUSED),
            )
        )
        ranked = self._ranked()
        known = ranked.outerjoin(standard, standard.c.record_id == ranked.c.record_id)
        outcome = (
            select(
                ranked.c.position,
                case(
                    (ranked.c.place > 1, "superseded"),
                    (ranked.c.source_version < standard.c.source_version, "superseded"),
                    (and_(ranked.c.deleted, standard.c.record_id.is_(None)), "unchanged"),
                    (ranked.c.deleted, "ended"),
                    (ranked.c.row_hash == standard.c.row_hash, "unchanged"),
                    else_="accepted",
                ).label("outcome"),
            )
            .select_from(known)
            .subquery()
        )
        decided = (
            update(stage)
            .where(stage.c.position == outcome.c.position)
            .values(outcome=outcome.c.outcome)
        )
        return (reused, decided)

    def count_outcomes(self) -> Select[Any]:
        """Outcome -> number of staged rows."""
        stage = self._stage()
        return select(stage.c.outcome, func.count()).group_by(stage.c.outcome)

    def count_changed(self) -> Select[Any]:
        """How many published rows the batch would alter."""
        stage, standard = self._stage(), standard_table(self.dataset)
        return select(func.count()).where(
            stage.c.record_id == standard.c.record_id, stage.c.outcome == "accepted"
        )

    def count_missing(self, partitions: Sequence[str]) -> Select[Any]:
        """How many published rows of the partitions a complete snapshot no longer holds."""
        standard = standard_table(self.dataset)
        return (
            select(func.count()).select_from(standard).where(self._is_missing(standard, partitions))
        )

    def keep_history(self, partitions: Sequence[str] | None) -> Insert:
        """Copy to history every version that the batch replaces or ends.

        Args:
            partitions: the partitions that a complete snapshot covers; None for no sweep.
        """
        stage, standard = self._stage(), standard_table(self.dataset)
        history = history_table(self.dataset)
        replaced = stage.c.outcome.in_(("accepted", "ended"))
        valid_to = func.coalesce(stage.c.source_version, literal(self.batch.source_as_of))
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
                    *([self._is_missing(standard, partitions)] if partitions is not None else []),
                )
            )
        )
        return insert(history).from_select([c.name for c in history.columns], versions)

    def end_rows(self, partitions: Sequence[str] | None) -> Sequence[Executable]:
        """Remove what left the register: tombstones, and keys that a snapshot lacks."""
        stage, standard = self._stage(), standard_table(self.dataset)
        ended = delete(standard).where(
            standard.c.record_id == stage.c.record_id, stage.c.outcome == "ended"
        )
        if partitions is None:
            return (ended,)
        return (ended, delete(standard).where(self._is_missing(standard, partitions)))

    def accept_rows(self) -> Insert:
        """Write the new versions."""
        stage, standard = self._stage(), standard_table(self.dataset)
        own = {
            "valid_from": func.coalesce(stage.c.source_version, literal(self.batch.source_as_of)),
            "recorded_at": func.now(),
            "batch_id": cast(literal(self.batch.batch_id), BigInteger),
        }
        rows = select(
            *[own[c.name] if c.name in own else stage.c[c.name] for c in standard.columns]
        ).where(stage.c.outcome == "accepted")
        statement = postgresql.insert(standard).from_select(
            [column.name for column in standard.columns], rows
        )
        return statement.on_conflict_do_update(
            index_elements=[standard.c.record_id],
            set_={
                column.name: statement.excluded[column.name]
                for column in standard.columns
                if column.name != "record_id"
            },
        )

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
            )
            .where(stage.c.outcome == "quarantined")
            .order_by(stage.c.position)
        )

    def resolve_quarantine(self) -> Update:
        """Close the quarantined rows whose key came through in this batch."""
        stage = self._stage()
        quarantined = table(
            "quarantined_row",
            *map(column, ("stream", "record_id", "state", "resolved_by")),
            schema="quality",
        )
        return (
            update(quarantined)
            .where(
                quarantined.c.stream == self.batch.stream,
                quarantined.c.state == "open",
                quarantined.c.record_id == stage.c.record_id,
                stage.c.outcome.in_(("accepted", "unchanged", "ended")),
            )
            .values(state="resolved", resolved_by=self.batch.batch_id)
        )

    def _stage(self) -> Table:
        return stage_table(self.dataset, self.batch.batch_id)

    def _ranked(self) -> Subquery:
        stage = self._stage()
        newest_first = (stage.c.source_version.desc().nulls_last(), stage.c.position.desc())
        open_rows = select(stage).where(stage.c.outcome.is_(None)).subquery()
        contents = (
            select(
                open_rows.c.record_id,
                open_rows.c.source_version,
                func.count(open_rows.c.row_hash.distinct()).label("contents"),
            )
            .group_by(open_rows.c.record_id, open_rows.c.source_version)
            .subquery()
        )
        return (
            select(
                stage.c.position,
                stage.c.record_id,
                stage.c.source_version,
                stage.c.deleted,
                stage.c.row_hash,
                contents.c.contents,
                func.row_number()
                .over(partition_by=stage.c.record_id, order_by=newest_first)
                .label("place"),
            )
            .join(
                contents,
                and_(
                    contents.c.record_id == stage.c.record_id,
                    contents.c.source_version.is_not_distinct_from(stage.c.source_version),
                ),
            )
            .where(stage.c.outcome.is_(None))
            .subquery()
        )

    def _is_missing(self, standard: Table, partitions: Sequence[str]) -> ColumnElement[bool]:
        stage = self._stage()
        here = exists(
            select(null()).select_from(stage).where(stage.c.record_id == standard.c.record_id)
        )
        return and_(standard.c.source_partition.in_(list(partitions)), ~here)
