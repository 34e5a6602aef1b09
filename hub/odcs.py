"""Reads the text of a contract: Open Data Contract Standard v3.1 YAML.

The standard carries schema, rules, SLA and team. What it has no word for stands under
``customProperties`` (`hub.dataset`).
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final

import yaml
from open_data_contract_standard.model import (
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
)
from pydantic import ValidationError

from hub.contract_checks import check_references
from hub.contract_words import CustomProperties, first_fault, read_words, refuse_unknown_keys
from hub.dataset import (
    Contract,
    ContractField,
    Dataset,
    GoldenField,
    GoldenList,
    Linkage,
    Sync,
)
from hub.errors import ContractError
from hub.kinds import COLUMNS, DEFAULT_KIND
from hub.rules import Rule, read_rule, required_rule

API_VERSION: Final = "v3.1.0"
RECONCILE_SCHEDULE: Final = "0 21 * * *"
"""When a source's keys are compared with the hub's, in UTC, where its contract does not say."""


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
        message = f"{name}: {first_fault(error, OpenDataContractStandard)}"
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


def _read_contract(model: OpenDataContractStandard, digest: str) -> Contract:
    if model.apiVersion != API_VERSION:
        message = f"apiVersion is {model.apiVersion}; this hub reads {API_VERSION}."
        raise ContractError(message)
    if not model.name or not model.name.isidentifier():
        message = "name must be the source's short name, like 'land_registry'."
        raise ContractError(message)
    custom = CustomProperties(model.customProperties, f"{model.name}")
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
    check_references(contract)
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
    custom = CustomProperties(item.customProperties, place)
    sync = read_words(Sync, custom.take("sync"), f"{place}: sync")
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
        linkage=read_words(Linkage, linkage, f"{place}: linkage") if linkage else None,
        golden=read_words(GoldenList, golden, f"{place}: golden") if golden else None,
        rules=tuple(_read_rules(place, item, fields)),
    )


def _read_field(place: str, item: SchemaProperty) -> ContractField:
    if not item.name:
        message = f"a field of {place} has no name."
        raise ContractError(message)
    custom = CustomProperties(item.customProperties, f"{place}.{item.name}")
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
        "golden": read_words(GoldenField, golden, f"{here}: golden") if golden else None,
    }
    custom.refuse_leftovers()
    return read_words(ContractField, words, here)


def _read_rules(place: str, item: SchemaObject, fields: Sequence[ContractField]) -> Iterator[Rule]:
    for field, listed in zip(fields, item.properties or [], strict=True):
        if field.required and not field.primary_key:
            yield required_rule(place, field.name)
        for quality in listed.quality or []:
            yield read_rule(place, quality, field.name)
    for quality in item.quality or []:
        yield read_rule(place, quality, None)
