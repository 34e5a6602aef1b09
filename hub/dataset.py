"""What a contract comes to: a source and its datasets, in the hub's words.

What the standard has no word for is described by the small models below; unknown keys are refused
everywhere, because a misspelt key that is ignored is a promise that nobody keeps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from hub.errors import ContractError
from hub.kinds import COLUMNS
from hub.rules import Rule

OWN_COLUMNS: Final = frozenset(
    {
        *("record_id", "flags", "failed_rules", "source_version", "source_partition", "row_hash"),
        *("valid_from", "recorded_at", "batch_id", "valid_to", "replaced_at", "replaced_by"),
        *("position", "unreadable", "deleted", "chunk", "chunk_row", "outcome"),
    }
)
"""Columns that the hub keeps beside the fields of every dataset; no field may be called so."""


class Words(BaseModel):
    """Words of a contract: each is known, and none changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Bound(Words):
    """A bound of the larger of a number of rows and a share of the register."""

    rows: int = Field(ge=0)
    percent: float = Field(ge=0, le=100)

    def limit(self, total: int) -> int:
        """The bound in rows for a register of ``total`` rows."""
        return max(self.rows, int(total * self.percent / 100))


class Sync(Words):
    """How a dataset moves, and what stops it."""

    mode: Literal["snapshot", "incremental"]
    cursor: str | None = None
    overlap_minutes: int = Field(default=15, ge=0, alias="overlapMinutes")
    deletes: Literal["none", "tombstone", "snapshot"] = "none"
    tombstone: str | None = None
    completeness: Literal["digest", "keys", "manifest", "none"]
    row_floor: int = Field(default=1, ge=0, alias="rowFloor")
    quarantine: Bound = Bound(rows=1000, percent=1)
    brake_deletes: Bound = Field(default=Bound(rows=100, percent=0.5), alias="brakeDeletes")
    brake_changes: Bound = Field(default=Bound(rows=1000, percent=5), alias="brakeChanges")


class Linkage(Words):
    """Which rows or parties of a dataset speak of a person.

    ``parties`` names an ``owner_parties`` field; without it the row itself is the person.
    ``anchor`` marks the register that decides who exists (Law 26/2023/QH15, art. 9).
    """

    entity: Literal["person"]
    parties: str | None = None
    anchor: bool = False


class GoldenList(Words):
    """A dataset whose rows become a list on the golden record of a person.

    ``of`` and ``by``: the dataset that speaks of the person, and the field that holds its
    record id. ``embed``: name -> a dataset of the same source whose row is put inside,
    found by the field of that name's value, as ``dataset.by``.
    """

    list: str
    of: str | None = None
    by: str | None = None
    embed: Mapping[str, str] = Field(default_factory=dict)


class GoldenField(Words):
    """The golden field that a column states, and its place in the survivorship table.

    ``also``: suffix of a further column of the field's kind -> the golden field it states.
    """

    field: str
    rank: int = Field(default=1, ge=1)
    also: Mapping[str, str] = Field(default_factory=dict)

    def columns(self, name: str) -> dict[str, str]:
        """Golden field -> column, for the contract field of that name."""
        return {self.field: name} | {other: name + suffix for suffix, other in self.also.items()}


class ContractField(Words):
    """One field: the owner's column, our name for it, and what kind of thing it holds."""

    name: str
    physical_name: str
    kind: str
    required: bool
    unique: bool
    primary_key: bool
    classification: str
    options: Mapping[str, Any]
    link_role: Literal["pin", "old_number", "name", "birth_date", "insurance_number"] | None = (
        Field(default=None, alias="linkRole")
    )
    golden: GoldenField | None = None

    @property
    def columns(self) -> dict[str, str]:
        """Column name -> SQL type, the value itself first."""
        return {self.name + suffix: sql for suffix, sql in COLUMNS[self.kind].items()}


@dataclass(frozen=True)
class Dataset:
    """One table, endpoint or file of a source."""

    source: str
    name: str
    physical_name: str
    description: str
    fields: tuple[ContractField, ...]
    sync: Sync
    options: Mapping[str, Any]
    linkage: Linkage | None
    golden: GoldenList | None
    rules: tuple[Rule, ...]

    @property
    def stream(self) -> str:
        """The name under which the dataset is synchronised."""
        return f"{self.source}.{self.name}"

    @property
    def table(self) -> str:
        """The dataset's table name in ``stage`` and ``standard``."""
        return f"{self.source}__{self.name}"

    @property
    def key_fields(self) -> tuple[ContractField, ...]:
        """The fields of the owner's key, in order."""
        return tuple(field for field in self.fields if field.primary_key)

    @property
    def columns(self) -> dict[str, str]:
        """Column name -> SQL type of every field, in the contract's order."""
        return {name: sql for field in self.fields for name, sql in field.columns.items()}

    def get_field(self, name: str) -> ContractField:
        """The field of that name.

        Raises:
            ContractError: the dataset has no such field.
        """
        for field in self.fields:
            if field.name == name:
                return field
        message = f"{self.stream} has no field {name!r}; its fields are {_listed(self.fields)}."
        raise ContractError(message)

    def fields_with_role(self) -> dict[str, str]:
        """Linkage role -> name of the field that plays it."""
        return {field.link_role: field.name for field in self.fields if field.link_role}


@dataclass(frozen=True)
class Contract:
    """A source as its owner promised it."""

    source: str
    version: str
    hash: str
    title: str
    owner: str
    connector: Literal["http", "sql", "files"]
    options: Mapping[str, Any]
    timezone: str
    encoding: str
    schedule: str
    reconcile_schedule: str | None
    freshness: timedelta
    retention: timedelta | None
    datasets: tuple[Dataset, ...]

    def get_dataset(self, name: str) -> Dataset:
        """The dataset of that name.

        Raises:
            ContractError: the contract has no such dataset.
        """
        for dataset in self.datasets:
            if dataset.name == name:
                return dataset
        names = ", ".join(dataset.name for dataset in self.datasets)
        message = f"{self.source} has no dataset {name!r}; its datasets are {names}."
        raise ContractError(message)


def _listed(fields: Sequence[ContractField]) -> str:
    return ", ".join(field.name for field in fields)
