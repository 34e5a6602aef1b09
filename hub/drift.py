"""What a contract promises now against what it promised before, and whether that breaks anything.

A promise is what others rely on: fields with their kind, their place at the owner, whether they are
required, unique or part of the key, and how the dataset moves. Titles, owners, schedules, bounds
and rules may change at any time.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from hub.contract import Contract, Dataset

What = Literal[
    "added", "removed", "moved", "retyped", "read otherwise", "key", "required", "unique", "sync"
]
Promise = Mapping[str, Any]
_SYNC: Final = ("mode", "cursor", "deletes", "tombstone", "completeness")
_WHOLE: Final = ("connector", "timezone", "encoding")


@dataclass(frozen=True)
class Change:
    """One difference: where, what, what was promised, what comes instead."""

    place: str
    what: What
    promised: str
    came: str
    breaking: bool

    def __str__(self) -> str:
        """The difference as a person reads it."""
        kind = "breaking" if self.breaking else "additive"
        return f"{kind:<9} {self.place}: {self.what}; was {self.promised}, is {self.came}"


def describe_promise(dataset: Dataset) -> dict[str, Any]:
    """What a dataset promises, as plain words that can be kept."""
    keys = [field.name for field in dataset.key_fields]
    return {
        "key": keys,
        "fields": {
            field.name: {
                "column": field.physical_name,
                "kind": field.kind,
                "required": field.required,
                "unique": field.unique,
                "options": json.loads(json.dumps(dict(field.options), default=str)),
            }
            for field in dataset.fields
        },
        "sync": {name: getattr(dataset.sync, name) for name in _SYNC},
    }


def compare_contracts(old: Contract, new: Contract) -> list[Change]:
    """Every difference between two contracts of one source, by dataset."""
    changes = [
        Change(f"{new.source}.{name}", "sync", str(was), str(now), True)
        for name in _WHOLE
        if (was := getattr(old, name)) != (now := getattr(new, name))
    ]
    before = {dataset.name: dataset for dataset in old.datasets}
    after = {dataset.name: dataset for dataset in new.datasets}
    for name, dataset in before.items():
        if name not in after:
            changes.append(Change(dataset.stream, "removed", "a dataset", "nothing", True))
    for name, dataset in after.items():
        if name in before:
            was, now = describe_promise(before[name]), describe_promise(dataset)
            changes.extend(compare_promises(dataset.stream, was, now))
        else:
            changes.append(Change(dataset.stream, "added", "nothing", "a dataset", False))
    return changes


def compare_promises(stream: str, old: Promise, new: Promise) -> list[Change]:
    """Every difference between two promises of one dataset, field by field."""
    changes = []
    if old["key"] != new["key"]:
        changes.append(
            Change(stream, "key", ", ".join(old["key"]), ", ".join(new["key"]), breaking=True)
        )
    for name, was in old["fields"].items():
        place = f"{stream}.{name}"
        if name in new["fields"]:
            changes.extend(_compare_fields(place, was, new["fields"][name]))
        else:
            changes.append(Change(place, "removed", was["kind"], "nothing", breaking=True))
    for name, now in new["fields"].items():
        if name not in old["fields"]:
            came = f"{now['kind']}, required" if now["required"] else now["kind"]
            added = Change(f"{stream}.{name}", "added", "nothing", came, now["required"])
            changes.append(added)
    for word, before in old["sync"].items():
        after = new["sync"][word]
        if before != after:
            place = f"{stream} sync.{word}"
            breaking = _breaks(word, before, after)
            changes.append(Change(place, "sync", _said(before), _said(after), breaking))
    return changes


def _breaks(word: str, before: Any, after: Any) -> bool:
    """Whether another word about how a dataset moves breaks what was promised.

    A clock, a tombstone or a proof that there was none of is more than was promised; another one,
    or none any more, is not.
    """
    if word == "completeness":
        return bool(after == "none")
    return word in ("mode", "deletes") or before is not None


def _compare_fields(place: str, old: Promise, new: Promise) -> Iterator[Change]:
    if old["kind"] != new["kind"]:
        yield Change(place, "retyped", old["kind"], new["kind"], breaking=True)
    elif old["options"] != new["options"]:
        was, now = (str(sorted(field["options"].items())) for field in (old, new))
        yield Change(place, "read otherwise", was, now, breaking=False)
    if old["column"] != new["column"]:
        yield Change(place, "moved", f"column {old['column']}", f"column {new['column']}", True)
    for word, otherwise in (("required", "optional"), ("unique", "not unique")):
        if old[word] != new[word]:
            was, now = (word if field[word] else otherwise for field in (old, new))
            what: What = "required" if word == "required" else "unique"
            yield Change(place, what, was, now, breaking=new[word])


def _said(word: Any) -> str:
    return "none" if word is None else str(word)
