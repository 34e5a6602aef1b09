"""What goes over the wire: one small class for each shape, every field with an example."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lookup.procedures import (
    Authority,
    ComponentClass,
    Fee,
    LegalBasis,
    ProcedureField,
    Text,
    TimeLimit,
)

DOSSIER_CODE = r"^(?:\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2}|[A-Z]\d{2}(?:\.\d{2}){0,3})-\d{6}-\d{4,7}$"
"""Circular 01/2018/TT-VPCP art. 19 and the form since Decision 20/2020/QĐ-TTg."""

Verdict = Literal["known", "stale", "conflicting", "unknown", "not_allowed"]
Action = Literal["not_needed", "prefilled", "bring"]


def _has_real_date(code: str) -> str:
    day = re.sub(r"^.*-(\d{6})-.*$", r"\1", code)
    date(2000 + int(day[:2]), int(day[2:4]), int(day[4:]))
    return code


def _is_real_date(text: str) -> str:
    if len(text) > len("YYYY"):
        date.fromisoformat(text)
    return text


DossierCode = Annotated[
    str,
    Field(pattern=DOSSIER_CODE, max_length=40, examples=["H49.12-260930-0012"]),
    AfterValidator(_has_real_date),
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class PersonQuestion(_Strict):
    """Whom the dossier is about; all three must belong to one person."""

    pin: str = Field(
        pattern=r"^[0-9]{12}$",
        repr=False,
        description="Số định danh cá nhân, 12 digits",
        examples=["022185000123"],
    )
    full_name: str = Field(
        min_length=1,
        max_length=100,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        repr=False,
        description="Accents, capitals and tone placement may differ, nothing else",
        examples=["Nguyễn Văn Mẫu"],
    )
    birth_date: Annotated[str, AfterValidator(_is_real_date)] = Field(
        pattern=r"^[0-9]{4}(-[0-9]{2}-[0-9]{2})?$",
        repr=False,
        description="YYYY-MM-DD; YYYY only where the card shows no more",
        examples=["1985-07-03"],
    )


class PrefillRequest(_Strict):
    """A question on behalf of one dossier."""

    request_id: UUID = Field(
        description="Made by the desk; the same id with the same body is answered again, once more"
    )
    procedure_code: str = Field(pattern=r"^[1-9]\.[0-9]{6}$", examples=["1.004222"])
    dossier_code: DossierCode
    officer_id: str = Field(
        pattern=r"^[A-Za-z0-9._@-]{1,64}$", description="Who asks", examples=["cb.012"]
    )
    person: PersonQuestion


class ReceiptRef(BaseModel):
    """Proof of one exchange, for both sides."""

    id: UUID
    time: datetime
    request_hash: str = Field(
        description="SHA-256 of the request body as sent, hexadecimal", examples=["9f86d081884c…"]
    )


class Provenance(BaseModel):
    """Where a value comes from, as far as the landed batch."""

    stream: str | None = Field(examples=["population.person"])
    record_id: str | None = Field(examples=["CD000000123"])
    batch_id: int | None
    contract_hash: str | None
    landed_at: datetime | None
    read_at: datetime | None = Field(description="the time of which the register's copy speaks")
    flags: list[str] = Field(description="repairs made when the value was read")
    failed_rules: list[str] = Field(description="quality rules that the record breaks")
    conflicting_sources: list[str] = Field(description="registers that say otherwise")


class FieldAnswer(BaseModel):
    """One field, and how far it can be relied on."""

    value: Any = Field(description="null when unknown or not allowed")
    source: str | None = Field(default=None, examples=["population"])
    as_of: datetime | None = None
    verdict: Verdict
    classification: str | None = None
    provenance: Provenance | None = None


class Evidence(BaseModel):
    """A field that takes the place of a document."""

    field: str = Field(examples=["certificates"])
    source: str
    as_of: datetime | None


class DocumentAnswer(BaseModel):
    """One document of the dossier, and whether the citizen must bring it."""

    id: str
    name: Text
    document_class: ComponentClass = Field(serialization_alias="class")
    action: Action
    only_if: Text | None
    replaced_by: list[Evidence] = Field(description="empty unless data stand in for the paper")
    legal_basis: LegalBasis


class AuthorityAnswer(BaseModel):
    """Who decides. Several candidates: the person has parcels in several communes; ask which."""

    name: Text
    by: Literal["residence", "parcel"]
    commune_code: str | None = Field(examples=["06787"])
    candidates: list[str]


class Missing(BaseModel):
    """What the hub does not know, and by when the citizen must be told of it."""

    fields: list[str]
    tell_within_working_hours_online: int = 8
    tell_within_working_days_desk: int = 1
    legal_basis: LegalBasis = LegalBasis(
        act="Nghị quyết 66.7/2025/NQ-CP", provision="khoản 2 Điều 2 và Điều 8"
    )


class ProcedureSummary(BaseModel):
    """One line of the catalogue."""

    code: str = Field(examples=["1.004222"])
    title: Text
    area: Text
    valid_from: date


class PrefillAnswer(BaseModel):
    """A prefilled dossier."""

    receipt: ReceiptRef
    procedure: ProcedureSummary
    dossier_code: str
    fields: dict[str, FieldAnswer]
    documents: list[DocumentAnswer]
    competent_authority: AuthorityAnswer
    time_limits: list[TimeLimit]
    fees: list[Fee]
    missing: Missing


class DocumentRule(BaseModel):
    """One document that a procedure asks for."""

    id: str
    name: Text
    document_class: ComponentClass = Field(serialization_alias="class")
    only_if: Text | None
    needs: list[str]
    replaceable: bool
    legal_basis: LegalBasis


class ProcedureDetail(ProcedureSummary):
    """One procedure of the catalogue."""

    decision: str
    valid_to: date | None
    authority: Authority
    time_limits: list[TimeLimit]
    fees: list[Fee]
    fields: list[ProcedureField]
    documents: list[DocumentRule]


class ProcedureList(BaseModel):
    """The procedures in force today."""

    procedures: list[ProcedureSummary]


class ReceiptAnswer(BaseModel):
    """What the hub kept of a lookup; nothing about the person."""

    id: UUID
    time: datetime
    request_id: UUID
    procedure_code: str
    dossier_code: str
    outcome: Literal["opened", "answered", "no_match"]
    fields: list[str] = Field(description="names of the fields that were given")


class TokenAnswer(BaseModel):
    """An access token (RFC 6749, 5.1)."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: int


class TokenProblem(BaseModel):
    """A refused token request (RFC 6749, 5.2), with the hub's own words beside it."""

    error: Literal["invalid_request", "invalid_client", "unsupported_grant_type"]
    error_description: str
    origin: Literal["client"] = "client"
    trace_id: UUID


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Every part that an answer needs is there."""

    ready: bool
    checks: dict[str, str]
