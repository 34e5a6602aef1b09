"""What becomes of each staged row of a batch, decided by key and version in one statement."""

from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Label,
    Select,
    Subquery,
    Table,
    Update,
    and_,
    case,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    update,
)

from hub.contract import Dataset
from hub.rules import required_rule
from warehouse.merge import Merge, accepted
from warehouse.tables import standard_table

OUTCOMES: Final = ("accepted", "unchanged", "superseded", "quarantined", "ended")
VERSION_REUSED: Final = "VERSION_REUSED"
"""Two rows of one key and one version that say different things (reliability: F17)."""


def version_rule(dataset: Dataset) -> str | None:
    """The rule that a row of the dataset has a version, whether its contract asks so or not."""
    cursor = dataset.sync.cursor
    return required_rule(dataset.stream, cursor).rule_id if cursor else None


def decide_outcomes(merge: Merge) -> Update:
    """Give staged rows their outcome: quarantined, superseded, unchanged, ended.

    A row that has none afterwards is accepted: in a first load that is nearly every row, and
    marking them would write the whole batch once more. Of rows with one key the highest source
    version wins, the last position among equals; what is older never stands in for a newer row
    that is in quarantine. A row that is older than the published one is a late copy, unless the
    batch holds all that its owner has: then the row went back there. One without a version is
    neither older nor newer: it waits in quarantine beside a published one that has a version.
    """
    stage = merge.stage()
    if merge.first and merge.keys_differ:
        unknown = and_(stage.c.deleted, stage.c.outcome.is_(None), merge.can_be_placed(stage))
        return update(stage).where(unknown).values(outcome="unchanged")
    decided = _decide(merge)
    rules = case(
        (decided.c.broken.is_(None), stage.c.failed_rules),
        else_=func.array_append(stage.c.failed_rules, decided.c.broken),
    )
    return (
        update(stage)
        .where(stage.c.position == decided.c.position, decided.c.outcome.is_not(None))
        .values(outcome=decided.c.outcome, failed_rules=rules)
    )


def count_outcomes(merge: Merge) -> Select[Any, int]:
    """Outcome -> number of staged rows; None for rows that nobody can decide."""
    stage = merge.stage()
    placed = case((merge.can_be_placed(stage), "accepted"))
    outcome = func.coalesce(stage.c.outcome, placed).label("decided")
    return select(outcome, func.count()).group_by(outcome)


def count_changed(merge: Merge) -> Select[Any, Any]:
    """How many published rows the batch would alter, and how many would become older by it."""
    if merge.first:
        return select(literal(0), literal(0))
    stage, standard = merge.stage(), standard_table(merge.dataset)
    went_back = stage.c.source_version < standard.c.source_version
    return select(func.count().filter(accepted(stage)), func.count().filter(went_back)).where(
        stage.c.record_id == standard.c.record_id,
        or_(accepted(stage), stage.c.outcome == "ended"),
    )


def _decide(merge: Merge) -> Subquery:
    """The outcome of each row that has none yet, and the rule that only the merge sees broken."""
    standard = standard_table(merge.dataset)
    ranked = _rank(merge)
    older = ranked.c.source_version < standard.c.source_version
    late = and_(older, not_(merge.was_read_whole(standard.c.source_partition)))
    same = and_(ranked.c.row_hash == standard.c.row_hash, older.is_not(True))
    lacking = and_(
        *(ranked.c.place == 1, ranked.c.source_version.is_(None)),
        standard.c.source_version.is_not(None),
    )
    broken: ColumnElement[Any] = case(
        (ranked.c.reused, VERSION_REUSED), (lacking, version_rule(merge.dataset))
    )
    return (
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


def _rank(merge: Merge) -> Subquery:
    """Each row with a key: its place among those of its key, and whether its version is reused.

    Only the newest version of a key counts as reused; older rows are superseded anyway. A row
    whose version cannot be read has no place: it is in quarantine already.
    """
    stage = merge.stage()
    if merge.keys_differ:
        same_key = (false().label("reused"), literal(1).label("place"))
    else:
        same_key = _compare_twins(stage)
    return (
        select(
            *(stage.c.position, stage.c.record_id, stage.c.source_version),
            *(stage.c.deleted, stage.c.row_hash, stage.c.outcome),
            *same_key,
        )
        .where(merge.can_be_placed(stage))
        .subquery()
    )


def _compare_twins(stage: Table) -> tuple[Label[bool], Label[int]]:
    """Among the rows of a key: whether a row's version is reused, and the row's place."""
    version = stage.c.source_version.desc().nulls_last()
    of_version: Any = {"partition_by": (stage.c.record_id, stage.c.source_version)}
    of_key: Any = {"partition_by": stage.c.record_id}
    said = stage.c.row_hash
    differing = func.min(said).over(**of_version) != func.max(said).over(**of_version)
    newest = func.rank().over(**of_key, order_by=version) == 1
    place = func.row_number().over(**of_key, order_by=(version, stage.c.position.desc()))
    return and_(differing, newest).label("reused"), place.label("place")
