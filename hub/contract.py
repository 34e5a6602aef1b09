"""The contract: all that the hub knows about a source, in Open Data Contract Standard v3.1 YAML.

The standard carries schema, rules, SLA and team. What it has no word for stands under
``customProperties`` and is described by the small models below; unknown keys are refused
everywhere, because a misspelt key that is ignored is a promise that nobody keeps.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import yaml
from open_data_contract_standard.model import (
    CustomProperty,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
)
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hub.errors import ContractError
from hub.kinds import COLUMNS, DEFAULT_KIND
from hub.rules import Rule, read_rule, required_rule
from hub.settings import get_settings

API_VERSION: Final = "v3.1.0"
RECONCILE_SCHEDULE: Final = "0 21 * * *"
"""When a source's keys are compared with the hub's, in UTC, where its contract does not say."""
_NAME_LINE: Final = re.compile(rb"""^name:[ \t]*["']?(\w+)""", re.MULTILINE | re.ASCII)
OWN_COLUMNS: Final = frozenset(
    {
        *("record_id", "flags", "failed_rules", "source_version", "source_partition", "row_hash"),
        *("valid_from", "recorded_at", "batch_id", "valid_to", "replaced_at", "replaced_by"),
        *("position", "unreadable", "deleted", "chunk", "chunk_row", "outcome"),
    }
)
"""Columns that the hub keeps beside the fields of every dataset; no field may be called so."""


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


_W = TypeVar("_W", bound=_Words)


class Bound(_Words):
    """A bound of the larger of a number of rows and a share of the register."""

    rows: int = Field(ge=0)
    percent: float = Field(ge=0, le=100)

    def limit(self, total: int) -> int:
        """The bound in rows for a register of ``total`` rows."""
        return max(self.rows, int(total * self.percent / 100))


class Sync(_Words):
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


class Linkage(_Words):
    """Which rows or parties of a dataset speak of a person.

    ``parties`` names an ``owner_parties`` field; without it the row itself is the person.
    ``anchor`` marks the register that decides who exists (Law 26/2023/QH15, art. 9).
    """

    entity: Literal["person"]
    parties: str | None = None
    anchor: bool = False


class GoldenList(_Words):
    """A dataset whose rows become a list on the golden record of a person.

    ``of`` and ``by``: the dataset that speaks of the person, and the field that holds its
    record id. ``embed``: name -> a dataset of the same source whose row is put inside,
    found by the field of that name's value, as ``dataset.by``.
    """

    list: str
    of: str | None = None
    by: str | None = None
    embed: Mapping[str, str] = Field(default_factory=dict)


class GoldenField(_Words):
    """The golden field that a column states, and its place in the survivorship table.

    ``also``: suffix of a further column of the field's kind -> the golden field it states.
    """

    field: str
    rank: int = Field(default=1, ge=1)
    also: Mapping[str, str] = Field(default_factory=dict)

    def columns(self, name: str) -> dict[str, str]:
        """Golden field -> column, for the contract field of that name."""
        return {self.field: name} | {other: name + suffix for suffix, other in self.also.items()}


class ContractField(_Words):
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


def read_contracts(folders: Iterable[Path]) -> dict[str, Contract | ContractError]:
    """Read every ``*.yml`` of the folders: source -> contract, or why it is refused; sorted.

    Raises:
        ContractError: a folder is missing, or there is no contract at all.
    """
    found: dict[str, Contract | ContractError] = {}
    for source, paths in _list_files(folders).items():
        try:
            found[source] = _read_file(source, paths)
        except ContractError as error:
            found[source] = error
    return dict(sorted(found.items()))


def load_contracts(folders: Iterable[Path]) -> dict[str, Contract]:
    """Every contract of the folders, for whoever needs them all: source -> contract, sorted.

    Raises:
        ContractError: a folder is missing, holds no contract, or a contract is refused.
    """
    contracts = {}
    for source, found in read_contracts(folders).items():
        if isinstance(found, ContractError):
            raise found
        contracts[source] = found
    return contracts


def find_dataset(stream: str) -> tuple[Contract, Dataset]:
    """The contract and dataset of a stream, from the contract folders of the settings.

    Raises:
        ContractError: no contract speaks of the stream, or its contract is refused.
    """
    source, _, name = stream.partition(".")
    contract = get_contract(source)
    return contract, contract.get_dataset(name)


def get_contract(source: str) -> Contract:
    """The contract of a source, from the contract folders of the settings.

    No other source's file is read whole: what is wrong there does not stop this one.

    Raises:
        ContractError: there is none, or it is refused.
    """
    files = _list_files(get_settings().contract_folders)
    if source not in files:
        close = get_close_matches(source, files, n=1)
        meant = f"did you mean {close[0]!r}" if close else f"there are {', '.join(sorted(files))}"
        message = f"No contract speaks of a source {source!r}; {meant}?"
        raise ContractError(message)
    return _read_file(source, files[source])


def _list_files(folders: Iterable[Path]) -> dict[str, list[Path]]:
    """Source -> the files that claim it, by their line ``name:``, else by their own name."""
    claimed: dict[str, list[Path]] = {}
    for folder in folders:
        if not folder.is_dir():
            message = f"There is no contract folder {folder}; mend MOTLAN_CONTRACTS."
            raise ContractError(message)
        for path in sorted(folder.glob("*.yml")):
            named = _NAME_LINE.search(path.read_bytes())
            claimed.setdefault(named[1].decode() if named else path.stem, []).append(path)
    if not claimed:
        message = "No contract was found; MOTLAN_CONTRACTS names the folders to look in."
        raise ContractError(message)
    return claimed


def _read_file(source: str, paths: Sequence[Path]) -> Contract:
    path, *others = paths
    if others:
        message = f"{others[0].name}: source {source!r} has a contract already, {path}."
        raise ContractError(message)
    try:
        contract = parse_contract(path.read_text(encoding="utf-8"), name=path.name)
    except UnicodeDecodeError as error:
        message = f"{path.name} is not UTF-8; save it as UTF-8."
        raise ContractError(message) from error
    if contract.source != source:
        message = (
            f"{path.name}: `name: {contract.source}` must be a line of its own, at its beginning."
        )
        raise ContractError(message)
    return contract


@lru_cache(maxsize=64)
def parse_contract(text: str, *, name: str = "contract") -> Contract:
    """Read one contract; ``name`` is what errors call it.

    Every step of a run asks for its contract anew; the same text is read once a process.

    Raises:
        ContractError: it is not valid YAML, not ODCS, or breaks a rule of ours; the message
            names the place.
    """
    try:
        document = _read_mapping(text)
        model = OpenDataContractStandard.model_validate(document)
        refuse_unknown_keys(document, model)
        return _read_contract(model, hashlib.sha256(text.encode()).hexdigest())
    except yaml.YAMLError as error:
        message = f"{name} is not valid YAML: {str(error).splitlines()[0]}."
        raise ContractError(message) from error
    except ValidationError as error:
        message = f"{name}: {_first_fault(error, OpenDataContractStandard)}"
        raise ContractError(message) from None
    except ContractError as error:
        message = f"{name}: {error}"
        raise ContractError(message) from error


def _read_mapping(text: str) -> dict[Any, Any]:
    document = yaml.safe_load(text)
    if not isinstance(document, dict):
        message = "it must hold keys with values, such as `apiVersion: v3.1.0`."
        raise ContractError(message)
    return document


def refuse_unknown_keys(document: Any, model: BaseModel, place: str = "") -> None:
    """Refuse keys that the standard's model would silently drop.

    Raises:
        ContractError: names the key, where it stands, and the key that was probably meant.
    """
    known = {field.alias or key: key for key, field in type(model).model_fields.items()}
    for key, value in document.items():
        if key not in known:
            close = get_close_matches(str(key), known, n=1)
            meant = f"; did you mean {close[0]!r}?" if close else "."
            message = f"unknown key {place}{key!r}{meant}"
            raise ContractError(message)
        inner = getattr(model, known[key])
        pairs = zip(value, inner, strict=True) if isinstance(inner, list) else [(value, inner)]
        for raw, part in pairs:
            if isinstance(part, BaseModel):
                refuse_unknown_keys(raw, part, f"{place}{key}.")


def _read_contract(model: OpenDataContractStandard, digest: str) -> Contract:
    if model.apiVersion != API_VERSION:
        message = f"apiVersion is {model.apiVersion}; this hub reads {API_VERSION}."
        raise ContractError(message)
    if not model.name or not model.name.isidentifier():
        message = "name must be the source's short name, like 'land_registry'."
        raise ContractError(message)
    custom = _Custom(model.customProperties, f"{model.name}")
    connector = custom.take("connector")
    if connector not in ("http", "sql", "files"):
        message = f"connector {connector!r} is none of http, sql, files."
        raise ContractError(message)
    contract = Contract(
        source=model.name,
        version=model.version or "",
        hash=digest,
        title=str(custom.take("title")),
        owner=str(custom.take("owner")),
        connector=connector,
        options=custom.take("options", {}),
        timezone=str(custom.take("timezone", "Asia/Ho_Chi_Minh")),
        encoding=str(custom.take("encoding", "UTF-8")),
        schedule=str(custom.take("schedule")),
        reconcile_schedule=_reconcile_schedule(custom.take("reconcile", RECONCILE_SCHEDULE)),
        freshness=_freshness(model),
        retention=_retention(model),
        datasets=tuple(_read_dataset(model.name, item) for item in model.schema_ or []),
    )
    custom.refuse_leftovers()
    _check_references(contract)
    return contract


def _freshness(model: OpenDataContractStandard) -> timedelta:
    units = {"h": "hours", "d": "days", "m": "minutes"}
    for sla in model.slaProperties or []:
        if sla.property == "latency" and sla.unit in units and isinstance(sla.value, int):
            return timedelta(**{units[sla.unit]: sla.value})
    message = "slaProperties must hold a 'latency' with a whole value and unit m, h or d."
    raise ContractError(message)


def _retention(model: OpenDataContractStandard) -> timedelta | None:
    """How long the hub keeps what it no longer answers with; None where the contract is silent."""
    for sla in model.slaProperties or []:
        if sla.property != "retention":
            continue
        days = {"d": 1, "y": 365}.get(sla.unit or "")
        if days is None or not isinstance(sla.value, int) or sla.value < 1:
            message = "the 'retention' of slaProperties must be a whole value with unit d or y."
            raise ContractError(message)
        return timedelta(days=days * sla.value)
    return None


def _reconcile_schedule(named: Any) -> str | None:
    """A cron expression; ``never`` leaves reconciling to whoever asks for it."""
    return None if named == "never" else str(named)


def _read_dataset(source: str, item: SchemaObject) -> Dataset:
    if not item.name or not item.physicalName:
        message = f"a dataset of {source} lacks name or physicalName."
        raise ContractError(message)
    place = f"{source}.{item.name}"
    custom = _Custom(item.customProperties, place)
    sync = _read_words(Sync, custom.take("sync"), f"{place}: sync")
    linkage, golden = custom.take("linkage", None), custom.take("golden", None)
    options = custom.take("options", {})
    custom.refuse_leftovers()
    fields = tuple(_read_field(place, field) for field in item.properties or [])
    return Dataset(
        source=source,
        name=item.name,
        physical_name=item.physicalName,
        description=item.description or "",
        fields=fields,
        sync=sync,
        options=options,
        linkage=_read_words(Linkage, linkage, f"{place}: linkage") if linkage else None,
        golden=_read_words(GoldenList, golden, f"{place}: golden") if golden else None,
        rules=tuple(_read_rules(place, item, fields)),
    )


def _read_field(place: str, item: SchemaProperty) -> ContractField:
    if not item.name:
        message = f"a field of {place} has no name."
        raise ContractError(message)
    custom = _Custom(item.customProperties, f"{place}.{item.name}")
    kind = custom.take("standardiser", DEFAULT_KIND.get(item.logicalType or "string", ""))
    if kind not in COLUMNS:
        close = get_close_matches(str(kind), COLUMNS, n=1)
        meant = f"; did you mean {close[0]!r}?" if close else "."
        message = f"{place}.{item.name}: there is no standardiser {kind!r}{meant}"
        raise ContractError(message)
    golden = custom.take("golden", None)
    golden = {"field": golden} if isinstance(golden, str) else golden
    here = f"{place}.{item.name}"
    words = {
        "name": item.name,
        "physical_name": item.physicalName or item.name,
        "kind": kind,
        "required": bool(item.required or item.primaryKey),
        "unique": bool(item.unique),
        "primary_key": bool(item.primaryKey),
        "classification": item.classification or "restricted",
        "options": custom.take("options", {}),
        "linkRole": custom.take("linkRole", None),
        "golden": _read_words(GoldenField, golden, f"{here}: golden") if golden else None,
    }
    custom.refuse_leftovers()
    return _read_words(ContractField, words, here)


def _read_words(model: type[_W], words: Any, place: str) -> _W:
    try:
        return model.model_validate(words)
    except ValidationError as error:
        message = f"{place}: {_first_fault(error, model)}"
        raise ContractError(message) from None


def _first_fault(error: ValidationError, model: type[BaseModel]) -> str:
    """What is wrong first, where, and which key was probably meant."""
    first = error.errors(include_url=False, include_input=False)[0]
    *above, key = first["loc"] or ("",)
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] != "extra_forbidden":
        return f"{where}: {first['msg']}."
    known = _keys(model)
    for part in above:
        inner = known.get(str(part))
        known = _keys(inner) if isinstance(inner, type) and issubclass(inner, BaseModel) else {}
    close = get_close_matches(str(key), known, n=1)
    return f"unknown key {where!r}" + (f"; did you mean {close[0]!r}?" if close else ".")


def _keys(model: type[BaseModel]) -> dict[str, Any]:
    return {item.alias or name: item.annotation for name, item in model.model_fields.items()}


def _read_rules(place: str, item: SchemaObject, fields: Sequence[ContractField]) -> Iterator[Rule]:
    for field, listed in zip(fields, item.properties or [], strict=True):
        if field.required and not field.primary_key:
            yield required_rule(place, field.name)
        for quality in listed.quality or []:
            yield read_rule(place, quality, field.name)
    for quality in item.quality or []:
        yield read_rule(place, quality, None)


def _check_references(contract: Contract) -> None:
    if not contract.datasets:
        message = "schema lists no dataset."
        raise ContractError(message)
    for dataset in contract.datasets:
        if not dataset.key_fields:
            message = f"{dataset.stream} has no primaryKey; nothing could be told apart."
            raise ContractError(message)
        if dataset.sync.mode == "incremental" and not dataset.sync.cursor:
            message = f"{dataset.stream} is incremental and needs sync.cursor."
            raise ContractError(message)
        if dataset.sync.deletes == "tombstone" and not dataset.sync.tombstone:
            message = f"{dataset.stream} deletes by tombstone and needs sync.tombstone."
            raise ContractError(message)
        named = [dataset.sync.cursor, dataset.sync.tombstone]
        named += [dataset.linkage.parties] if dataset.linkage else []
        for name in filter(None, named):
            dataset.get_field(name)
        _check_golden(contract, dataset)
        _check_rule_ids(dataset)
        _check_columns(dataset)


def _check_golden(contract: Contract, dataset: Dataset) -> None:
    golden = dataset.golden
    if golden is None:
        return
    if golden.of and golden.by:
        contract.get_dataset(golden.of)
        dataset.get_field(golden.by)
    elif not dataset.linkage:
        message = f"{dataset.stream}: golden needs 'of' and 'by', or a linkage of its own."
        raise ContractError(message)
    for target in golden.embed.values():
        other, _, by = target.partition(".")
        contract.get_dataset(other)
        dataset.get_field(by)


def _check_rule_ids(dataset: Dataset) -> None:
    seen: set[str] = set()
    for rule in dataset.rules:
        if rule.rule_id in seen:
            message = f"{dataset.stream} has two rules called {rule.rule_id}."
            raise ContractError(message)
        seen.add(rule.rule_id)


def _check_columns(dataset: Dataset) -> None:
    seen = set(OWN_COLUMNS)
    for field in dataset.fields:
        for name in field.columns:
            if name in seen:
                message = (
                    f"{dataset.stream}.{field.name} would make a column {name}, which is taken; "
                    "give the field another name."
                )
                raise ContractError(message)
            seen.add(name)


class _Custom:
    """Takes custom properties one by one, and refuses what nobody took."""

    def __init__(self, properties: Sequence[CustomProperty] | None, place: str) -> None:
        self._place = place
        self._left = {str(item.property): item.value for item in properties or []}

    def take(self, name: str, *default: Any) -> Any:
        if name in self._left:
            return self._left.pop(name)
        if default:
            return default[0]
        close = get_close_matches(name, self._left, n=1)
        meant = f"; did you mean it by {close[0]!r}?" if close else "."
        message = f"{self._place} lacks the custom property {name!r}{meant}"
        raise ContractError(message)

    def refuse_leftovers(self) -> None:
        if self._left:
            names = ", ".join(sorted(self._left))
            message = f"{self._place} has unknown custom properties: {names}."
            raise ContractError(message)


def _listed(fields: Sequence[ContractField]) -> str:
    return ", ".join(field.name for field in fields)
