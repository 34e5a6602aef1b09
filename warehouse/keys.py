"""Which keys of a dataset the warehouse holds, published or waiting in quarantine."""

from typing import Any

from sqlalchemy import Select, column, select, table, text

from hub.contract import Dataset
from hub.settings import Role
from warehouse.connection import transaction

_WAITING = text(
    "SELECT record_id FROM quality.quarantined_row WHERE stream = :stream AND state = 'open'"
)


def list_held_keys(dataset: Dataset, role: Role = "owner") -> set[str]:
    """The keys that are published, or wait in quarantine."""
    published: Select[Any] = select(column("record_id")).select_from(
        table(dataset.table, schema="standard")
    )
    with transaction(role) as connection:
        found = set(connection.scalars(published))
        return found | set(connection.scalars(_WAITING, {"stream": dataset.stream}))
