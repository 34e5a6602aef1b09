"""Native Great Expectations suites, compiled from a contract's rules and the hand-written ones.

Every expectation carries its rule in ``meta``. A rule that needs more than one column, or more than
the batch (a value that no other published record may have), becomes a column ``holds__<rule>`` of
the judged view (true, or null where the row breaks the rule), so that its failing rows are found by
key like those of any other.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from hub.contract import Dataset
from hub.errors import ContractError
from hub.rules import Rule

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite

_ALWAYS_READABLE: Final = frozenset({"text", "key"})
_FOLDER: Final = Path(__file__).parent
_PLAIN: Final[Mapping[str, tuple[str, str]]] = {
    "expect_column_values_to_not_be_null": ("not_null", ""),
    "expect_column_values_to_be_in_set": ("in_set", "value_set"),
    "expect_column_values_to_match_regex": ("pattern", "regex"),
}
"""Type of an expectation -> the rule's test that asks the same, and the word of its argument."""


@dataclass(frozen=True)
class CompiledSuite:
    """A suite with the rules behind it, in the same order, and a digest of all it asks."""

    rules: tuple[Rule, ...]
    expectations: tuple[dict[str, Any], ...]
    digest: str

    def build(self, name: str) -> "ExpectationSuite":
        """The suite as Great Expectations runs it."""
        from great_expectations.core import ExpectationSuite

        return ExpectationSuite(name=name, expectations=list(self.expectations))


def compile_suite(dataset: Dataset, folder: Path = _FOLDER) -> CompiledSuite:
    """Compile everything that a dataset's rows are judged by.

    Raises:
        ContractError: a hand-written suite cannot be read, or two rules share an id.
    """
    rules = [*_reading_rules(dataset), *dataset.rules, *_hand_written(dataset, folder)]
    ids = [rule.rule_id for rule in rules]
    for rule_id in ids:
        if ids.count(rule_id) > 1:
            message = f"{dataset.stream} has two rules called {rule_id}; rename one of them."
            raise ContractError(message)
    expectations = tuple(_expectation(rule) for rule in rules)
    canonical = json.dumps(
        [[rule.model_dump(mode="json") for rule in rules], expectations], sort_keys=True
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return CompiledSuite(rules=tuple(rules), expectations=expectations, digest=digest)


def asked_column(rule: Rule) -> str | None:
    """The judged view's column that a rule asks about, row by row; None where it asks otherwise."""
    if rule.test in ("predicate", "unique"):
        return holds_column(rule)
    return None if rule.test == "expectation" else rule.column


def holds_column(rule: Rule) -> str:
    """The judged view's column that says whether a row keeps the rule."""
    return "holds__" + re.sub(r"[^a-z0-9]+", "_", rule.rule_id.lower())


def _reading_rules(dataset: Dataset) -> Sequence[Rule]:
    """A row that cannot be read is quarantined whole: one rule a field, one for the key."""
    key = Rule(
        rule_id=f"{dataset.stream}.key",
        column=None,
        criterion="du",
        severity="error",
        description="The row has its owner's key",
        test="predicate",
        argument="record_id IS NULL",
    )
    fields = [
        Rule(
            rule_id=f"{dataset.stream}.{field.name}.readable",
            column=None,
            criterion="sach",
            severity="error",
            description=f"{field.name} can be read as {field.kind}",
            test="predicate",
            argument=f"'{field.name}' = ANY(unreadable)",
        )
        for field in dataset.fields
        if field.kind not in _ALWAYS_READABLE
    ]
    return [key, *fields]


def _hand_written(dataset: Dataset, folder: Path) -> list[Rule]:
    path = folder / dataset.source / f"{dataset.name}.json"
    if not path.is_file():
        return []
    try:
        suite = json.loads(path.read_text(encoding="utf-8"))
        return [
            Rule(severity=item["severity"], **_asked_by_hand(item), **item["meta"])
            for item in suite["expectations"]
        ]
    except (KeyError, ValueError, ValidationError) as error:
        message = (
            f"The suite {dataset.source}/{path.name} cannot be read; each expectation needs type, "
            "kwargs, severity and meta with rule_id and criterion."
        )
        raise ContractError(message) from error


def _asked_by_hand(item: Mapping[str, Any]) -> dict[str, Any]:
    """What a hand-written expectation asks: as a contract's rule asks it, where one can.

    The hub then knows which rows break it, and need not have them looked for (ADR 0015).
    """
    kwargs = dict(item["kwargs"])
    test, word = _PLAIN.get(item["type"], (None, ""))
    if test is not None and kwargs.keys() - {word} == {"column"}:
        return {"test": test, "column": kwargs["column"], "argument": kwargs.get(word)}
    argument = {"type": item["type"], "kwargs": kwargs}
    return {"test": "expectation", "column": None, "argument": argument}


def _expectation(rule: Rule) -> dict[str, Any]:
    words = rule.model_dump(mode="json", include={"rule_id", "criterion", "severity", "weight"})
    return {**_question(rule), "meta": words}


def _question(rule: Rule) -> dict[str, Any]:
    column = {"column": rule.column}
    match rule.test:
        case "not_null":
            return {"type": "expect_column_values_to_not_be_null", "kwargs": column}
        case "in_set":
            kwargs = {**column, "value_set": rule.argument}
            return {"type": "expect_column_values_to_be_in_set", "kwargs": kwargs}
        case "pattern":
            kwargs = {**column, "regex": rule.argument}
            return {"type": "expect_column_values_to_match_regex", "kwargs": kwargs}
        case "predicate" | "unique":
            kwargs = {"column": holds_column(rule)}
            return {"type": "expect_column_values_to_not_be_null", "kwargs": kwargs}
        case "expectation":
            return {"type": rule.argument["type"], "kwargs": dict(rule.argument["kwargs"])}
