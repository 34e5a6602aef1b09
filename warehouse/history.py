"""A register as it was: valid at one time, as the hub knew it at another.

``valid_from`` and ``valid_to`` are the owner's time, ``recorded_at`` and ``replaced_at`` the hub's.
What was published is in ``standard``, every version before it in ``…_history``.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, Table, and_, func, literal, null, or_, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.types import DateTime

from hub.contract import Dataset
from hub.settings import Role
from warehouse.connection import transaction
from warehouse.tables import history_table, standard_table


def read_as_of(
    dataset: Dataset,
    valid_at: datetime,
    known_at: datetime | None = None,
    *,
    role: Role = "pipeline",
) -> list[dict[str, Any]]:
    """The rows of a register that were valid at a time, sorted by record id.

    Args:
        valid_at: the time of which the question is, in the owner's time.
        known_at: as the hub knew it then; None for what it knows now. A correction that came
            later is not seen by one who asks what was known before it.

    Raises:
        ValueError: a time has no time zone.
    """
    for moment in (valid_at, known_at):
        if moment is not None and moment.tzinfo is None:
            message = "A time must say its time zone."
            raise ValueError(message)
    with transaction(role) as connection:
        found = connection.execute(select_as_of(dataset, valid_at, known_at)).mappings()
        return [dict(row) for row in found]


def select_as_of(dataset: Dataset, valid_at: datetime, known_at: datetime | None) -> Select[Any]:
    """The query behind `read_as_of`.

    A version that was known then and is replaced since had no end yet: to whoever asked, it was
    still valid. One that was replaced before had the end that its successor gave it.
    """
    moment = DateTime(timezone=True)
    standard, history = standard_table(dataset), history_table(dataset)
    names = [column.name for column in standard.columns]
    known = func.now() if known_at is None else literal(known_at, moment)
    valid = literal(valid_at, moment)

    def versions(table: Table, *ends: Any) -> Select[Any]:
        return select(*(table.c[name] for name in names), *ends)

    current = versions(standard, null().label("valid_to"), null().label("replaced_at"))
    replaced = versions(history, history.c.valid_to, history.c.replaced_at)
    every = union_all(current, replaced).subquery("version")
    replaced_by_then = every.c.replaced_at <= known
    return (
        select(*(every.c[name] for name in names))
        .ext(distinct_on(every.c.record_id))
        .where(
            every.c.recorded_at <= known,
            every.c.valid_from <= valid,
            or_(
                func.coalesce(replaced_by_then, False).is_(False),
                and_(replaced_by_then, every.c.valid_to > valid),
            ),
        )
        .order_by(every.c.record_id, every.c.recorded_at.desc(), every.c.valid_from.desc())
    )
