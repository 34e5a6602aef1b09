"""The procedure catalogue: what each procedure asks for, may see and no longer needs on paper.

One YAML file a procedure under ``lookup/procedures/``. A misspelt key, an unknown golden field
or a field that no document needs stops the catalogue from loading: a procedure never sees more
than its documents call for.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hub.errors import MotlanError
from lookup.fields import GOLDEN_FIELDS

_FOLDER = Path(__file__).parent / "procedures"

ComponentClass = Literal[
    "PROOF_OF_FACT",
    "ORIGINAL_TO_SURRENDER",
    "DECLARATION",
    "TRANSACTION_DOC",
    "TECHNICAL",
    "ISSUED_ELSEWHERE",
]
Channel = Literal["online", "desk", "post"]


class ProcedureError(MotlanError):
    """A procedure file cannot be accepted as it is written."""

    exit_code = 2


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(_Words):
    """The same words in Vietnamese and English."""

    vi: str = Field(min_length=1, examples=["Đăng ký thường trú"])
    en: str = Field(min_length=1, examples=["Permanent residence registration"])


class LegalBasis(_Words):
    """The provision that a rule rests on."""

    act: str = Field(examples=["Nghị quyết 66.7/2025/NQ-CP"])
    provision: str = Field(examples=["Điều 4; Phụ lục I số 735"])


class Present(_Words):
    """The field has a value."""

    test: Literal["present"]
    field: str


class Equals(_Words):
    """The field has exactly this value."""

    test: Literal["equals"]
    field: str
    value: bool | str


class AgeAtLeast(_Words):
    """The person born on this date is at least so many full years old today."""

    test: Literal["age_at_least"]
    field: Literal["birth_date"]
    years: int = Field(ge=0, le=150)


class AnyItem(_Words):
    """Some item of the list has, under this key, one of these codes ("ONT+CLN" has two)."""

    test: Literal["any_item"]
    field: str
    key: str
    codes: tuple[str, ...] = Field(min_length=1)


Condition = Annotated[Present | Equals | AgeAtLeast | AnyItem, Field(discriminator="test")]


class Replacement(_Words):
    """When these conditions all hold, data take the place of the document."""

    when: tuple[Condition, ...] = Field(min_length=1)
    legal_basis: LegalBasis


class Component(_Words):
    """One document of the dossier."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: Text
    component_class: ComponentClass = Field(alias="class")
    only_if: Text | None = None
    needs: tuple[str, ...] = ()
    replaced_by: tuple[Replacement, ...] = ()
    legal_basis: LegalBasis


class ProcedureField(_Words):
    """A golden field that the procedure may see; of a list or object only the parts named."""

    name: str
    parts: tuple[str, ...] | None = None


class Authority(_Words):
    """Who decides, and whose commune says which of them."""

    name: Text
    by: Literal["residence", "parcel"]


class TimeLimit(_Words):
    """How long the authority has, from a complete dossier."""

    channel: Channel
    days: int = Field(gt=0)
    working_days: bool


class Fee(_Words):
    """What the citizen pays; null where the provincial People's Council sets it."""

    channel: Channel
    vnd: int | None = Field(ge=0)


class Procedure(_Words):
    """One version of one administrative procedure."""

    code: str = Field(pattern=r"^[1-9]\.\d{6}$", examples=["1.004222"])
    title: Text
    area: Text
    decision: str
    valid_from: date
    valid_to: date | None = None
    authority: Authority
    time_limits: tuple[TimeLimit, ...]
    fees: tuple[Fee, ...]
    answers_deceased: bool = False
    fields: tuple[ProcedureField, ...] = Field(min_length=1)
    components: tuple[Component, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_hold_together(self) -> Self:
        named = [field.name for field in self.fields]
        tested = {
            condition.field
            for component in self.components
            for replacement in component.replaced_by
            for condition in replacement.when
        }
        needed = {name for component in self.components for name in component.needs} | tested
        for problem, names in (
            ("named twice", {name for name in named if named.count(name) > 1}),
            ("not a golden field", (set(named) | needed) - set(GOLDEN_FIELDS)),
            ("needed by a component but not listed under fields", needed - set(named)),
            ("listed under fields but needed by no component", set(named) - needed),
        ):
            if names:
                raise ValueError(f"{', '.join(sorted(names))}: {problem}")  # noqa: EM102, TRY003
        return self

    @cached_property
    def document_hash(self) -> str:
        """SHA-256 of the procedure's canonical JSON; any change of meaning changes it."""
        content = self.model_dump(mode="json", by_alias=True)
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def holds_on(self, day: date) -> bool:
        """Whether this version is in force on a day; ``valid_to`` is the first day it is not."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


class Catalogue:
    """All versions of all procedures."""

    def __init__(self, procedures: Iterable[Procedure]) -> None:
        self.procedures: tuple[Procedure, ...] = tuple(
            sorted(procedures, key=lambda item: (item.code, item.valid_from))
        )
        self._by_version = {(item.code, item.valid_from): item for item in self.procedures}
        if len(self._by_version) < len(self.procedures):
            message = "Two procedure files have the same code and valid_from; remove one."
            raise ProcedureError(message)

    def version(self, code: str, valid_from: date) -> Procedure:
        """One version; KeyError if there is none."""
        return self._by_version[code, valid_from]

    def in_force(self, day: date) -> tuple[Procedure, ...]:
        """The newest version in force of each procedure, by code."""
        newest: Mapping[str, Procedure] = {
            item.code: item for item in self.procedures if item.holds_on(day)
        }
        return tuple(newest.values())

    def find(self, code: str, day: date) -> Procedure | None:
        """The version of a procedure in force on a day."""
        return next((item for item in self.in_force(day) if item.code == code), None)


def load_catalogue(folder: Path = _FOLDER) -> Catalogue:
    """Read every ``*.yml`` of a folder.

    Raises:
        ProcedureError: names the file and what is wrong in it.
    """
    return Catalogue(_load(path) for path in sorted(folder.glob("*.yml")))


def _load(path: Path) -> Procedure:
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Procedure.model_validate(content)
    except yaml.YAMLError as error:
        message = f"{path.name} is not YAML: {error}"
        raise ProcedureError(message) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the procedure"
        message = f"{path.name}: {place}: {first['msg']}"
        raise ProcedureError(message) from error
