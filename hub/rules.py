"""Rules: what a row must be, who says so, and what follows when it is not.

A rule is written once, as an ODCS quality entry; ``expectations`` compiles it into a Great
Expectations expectation. Every rule belongs to one of the five official criteria of shared
data: đúng, đủ, sạch, sống, thống nhất (Decree 278/2025/NĐ-CP, art. 15).
"""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from open_data_contract_standard.model import DataQuality
from pydantic import BaseModel, ConfigDict, Field

from hub.errors import ContractError

Criterion = Literal["dung", "du", "sach", "song", "thong_nhat"]
Severity = Literal["error", "warning", "info"]
SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "info")
CRITERIA: Final[Mapping[str, Criterion]] = {
    "accuracy": "dung",
    "completeness": "du",
    "coverage": "du",
    "uniqueness": "sach",
    "conformity": "sach",
    "timeliness": "song",
    "consistency": "thong_nhat",
}
"""ODCS dimension -> official criterion."""

_PREDICATE_FORM: Final = "SELECT COUNT(*) FROM {object} WHERE …"
_PREDICATE: Final = re.compile(
    r"\A\s*SELECT\s+COUNT\(\*\)\s+FROM\s+\{object\}\s+WHERE\s+(?P<predicate>.+?)\s*;?\s*\Z",
    re.IGNORECASE | re.DOTALL,
)


class Rule(BaseModel):
    """One rule over the rows of a dataset.

    ``test`` is what is asked: ``not_null`` and ``unique`` need a column, ``in_set`` a list,
    ``pattern`` a regular expression; ``predicate`` is the SQL condition of a *broken* row over
    the standard columns (NULL: the rule does not apply to the row); ``expectation`` is a Great
    Expectations expectation as such.

    ``less_than`` closes the gate: a batch of which so many rows, or so many percent, break the
    rule is parked whole. A source that answers for another province is known by it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule_id: str
    column: str | None
    criterion: Criterion
    severity: Severity
    weight: float = Field(default=1.0, gt=0)
    description: str = ""
    legal_source: str = ""
    test: Literal["not_null", "unique", "in_set", "pattern", "predicate", "expectation"]
    argument: Any = None
    less_than: float | None = Field(default=None, gt=0)
    unit: Literal["rows", "percent"] = "rows"

    @property
    def blocking(self) -> bool:
        """Whether a row that breaks the rule goes to quarantine instead of being accepted."""
        return self.severity == "error"

    def closes_gate(self, failing: int, rows: int) -> bool:
        """Whether a batch is parked of which so many of its rows break the rule."""
        if self.less_than is None or not failing:
            return False
        share = failing * 100 / rows if self.unit == "percent" else failing
        return share >= self.less_than


def required_rule(place: str, column: str) -> Rule:
    """The rule behind ``required: true``."""
    return Rule(
        rule_id=f"{place}.{column}.required",
        column=column,
        criterion="du",
        severity="error",
        description=f"{column} is never missing",
        test="not_null",
    )


def read_rule(place: str, quality: DataQuality, column: str | None) -> Rule:
    """Read one ODCS quality entry of a field (or, without a column, of a dataset).

    Raises:
        ContractError: the entry has no name, dimension or severity, or asks for something
            that this hub cannot judge row by row.
    """
    named = f"a rule of {place}" if not quality.name else f"rule {quality.name} of {place}"
    criterion = CRITERIA.get(quality.dimension or "")
    if not quality.name or criterion is None:
        message = f"{named} needs a name and a dimension, one of {', '.join(CRITERIA)}."
        raise ContractError(message)
    severity = next((known for known in SEVERITIES if known == quality.severity), None)
    if severity is None:
        message = f"{named}: severity must be one of {', '.join(SEVERITIES)}."
        raise ContractError(message)
    custom = {item.property: item.value for item in quality.customProperties or []}
    unknown = set(custom) - {"weight", "legalSource"}
    if unknown:
        message = f"{named} has unknown custom properties: {sorted(map(str, unknown))}."
        raise ContractError(message)
    test, argument = _read_test(named, quality, column)
    less_than, unit = _read_bound(named, quality)
    return Rule(
        rule_id=quality.name,
        column=column,
        criterion=criterion,
        severity=severity,
        weight=float(custom.get("weight") or 1.0),
        description=quality.description or "",
        legal_source=str(custom.get("legalSource") or ""),
        test=test,
        argument=argument,
        less_than=less_than,
        unit=unit,
    )


def _read_bound(named: str, quality: DataQuality) -> tuple[float | None, Any]:
    """How much of a batch may break the rule before the batch is parked, and in what unit."""
    if quality.mustBeLessThan is None:
        return None, "rows"
    unit = quality.unit or "rows"
    if quality.mustBe is not None or unit not in ("rows", "percent") or quality.mustBeLessThan <= 0:
        message = (
            f"{named}: mustBeLessThan stands alone, is more than 0, and has unit rows or percent."
        )
        raise ContractError(message)
    return float(quality.mustBeLessThan), unit


def _read_test(named: str, quality: DataQuality, column: str | None) -> tuple[Any, Any]:
    arguments = quality.arguments or {}
    counts = quality.mustBe == 0 or quality.mustBeLessThan is not None
    if quality.type == "sql":
        found = _PREDICATE.match(quality.query or "")
        if found and counts:
            return "predicate", found["predicate"]
        message = (
            f"{named}: its query must read {_PREDICATE_FORM}, with mustBe 0 or mustBeLessThan."
        )
        raise ContractError(message)
    if quality.type == "custom" and quality.engine == "greatExpectations":
        if isinstance(quality.implementation, dict) and "type" in quality.implementation:
            return "expectation", quality.implementation
        message = f"{named}: implementation needs the expectation's type and kwargs."
        raise ContractError(message)
    if column and counts:
        if quality.metric in ("nullValues", "missingValues"):
            return "not_null", None
        if quality.metric == "duplicateValues":
            return "unique", None
        if quality.metric == "invalidValues" and "validValues" in arguments:
            return "in_set", arguments["validValues"]
        if quality.metric == "invalidValues" and "pattern" in arguments:
            return "pattern", arguments["pattern"]
    message = (
        f"{named}: use metric nullValues, duplicateValues or invalidValues (validValues, "
        "pattern) on a field with mustBe 0 or mustBeLessThan, type sql, or type custom for "
        "greatExpectations."
    )
    raise ContractError(message)
