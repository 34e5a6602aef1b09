"""From fields to documents: which paper the data replace, and which must still be brought.

Only a value that is `known` replaces a paper. A stale or conflicting one is shown to the officer
with its date, but the citizen is still asked: no guess is silent.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from lookup.models import Action, AuthorityAnswer, DocumentAnswer, Evidence, FieldAnswer
from lookup.procedures import (
    AgeAtLeast,
    AnyItem,
    Component,
    Condition,
    Equals,
    Procedure,
    Replacement,
)

Fields = Mapping[str, FieldAnswer]
_USABLE = ("known", "stale", "conflicting")


def judge_documents(procedure: Procedure, fields: Fields, *, today: date) -> list[DocumentAnswer]:
    """Each document of the procedure with what becomes of it."""
    return [_judge(component, fields, today) for component in procedure.components]


def _judge(component: Component, fields: Fields, today: date) -> DocumentAnswer:
    replacement = next(
        (item for item in component.replaced_by if _replaces(item, fields, today)), None
    )
    action: Action = "bring"
    if component.component_class == "DECLARATION" and any(
        fields[name].verdict in _USABLE for name in component.needs
    ):
        action = "prefilled"
    elif component.component_class == "PROOF_OF_FACT" and replacement:
        action = "not_needed"
    return DocumentAnswer(
        id=component.id,
        name=component.name,
        document_class=component.component_class,
        action=action,
        only_if=component.only_if,
        replaced_by=_evidence(replacement, fields) if replacement else [],
        legal_basis=replacement.legal_basis if replacement else component.legal_basis,
    )


def _replaces(replacement: Replacement, fields: Fields, today: date) -> bool:
    return all(
        fields[condition.field].verdict == "known"
        and holds(condition, fields[condition.field].value, today=today)
        for condition in replacement.when
    )


def holds(condition: Condition, value: Any, *, today: date) -> bool:
    """Whether a condition holds of a known value."""
    match condition:
        case Equals():
            return bool(value == condition.value)
        case AgeAtLeast():
            return is_aged(str(value), condition.years, today=today)
        case AnyItem():
            codes = set(condition.codes)
            return any(codes & _split_codes(item.get(condition.key)) for item in value)
        case _:
            return value not in (None, "", [], {})


def is_aged(birth_date: str, years: int, *, today: date) -> bool:
    """Whether the birthday of that age has come; of a bare year, its last day counts.

    Born on 29 February, a person comes of age on 1 March of a common year.
    """
    year, _, month_day = birth_date.partition("-")
    month, _, day = (month_day or "12-31").partition("-")
    return (int(year) + years, int(month), int(day or 31)) <= (today.year, today.month, today.day)


def _split_codes(value: Any) -> set[str]:
    """The land-use codes in "ONT+CLN", "ONT, CLN" or a list."""
    if isinstance(value, list):
        return {str(code).upper() for code in value}
    return set(re.split(r"[^A-Z0-9]+", str(value or "").upper())) - {""}


def _evidence(replacement: Replacement, fields: Fields) -> list[Evidence]:
    names = dict.fromkeys(condition.field for condition in replacement.when)
    answers = [(name, fields[name]) for name in names]
    return [
        Evidence(field=name, source=item.source or "", as_of=item.as_of) for name, item in answers
    ]


def find_authority(procedure: Procedure, fields: Fields) -> AuthorityAnswer:
    """The authority by the commune of residence or of the parcel; no commune is guessed."""
    by = procedure.authority.by
    codes = _parcel_communes(fields) if by == "parcel" else _residence_communes(fields)
    return AuthorityAnswer(
        name=procedure.authority.name,
        by=by,
        commune_code=codes[0] if len(codes) == 1 else None,
        candidates=codes,
    )


def _items(fields: Fields, name: str) -> list[dict[str, Any]]:
    answer = fields.get(name)
    usable = answer is not None and answer.verdict in _USABLE and isinstance(answer.value, list)
    return answer.value if answer is not None and usable else []


def _parcel_communes(fields: Fields) -> list[str]:
    """The present communes of the person's parcels, as far as the old code tells exactly."""
    parcels = [item.get("parcel") or {} for item in _items(fields, "certificates")]
    return sorted({p["commune_code_new"] for p in parcels if p.get("commune_code_new")})


def _residence_communes(fields: Fields) -> list[str]:
    """The commune of present permanent residence, else of present temporary residence."""
    present = [item for item in _items(fields, "residences") if not item.get("to_date")]
    permanent = [item for item in present if item.get("kind_code") == "permanent"]
    return sorted({i["commune_code"] for i in permanent or present if i.get("commune_code")})
