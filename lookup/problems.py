"""Errors as RFC 9457 problems: a stable code, whose fault it is, and never what was sent."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from http import HTTPStatus
from typing import Final, Literal
from uuid import UUID

from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

Origin = Literal["client", "hub"]
MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:motlan:problem:"
PROVINCE_TIME: Final = timezone(timedelta(hours=7))
"""Viet Nam has one time zone and no summer time."""


class Code(StrEnum):
    """The stable codes of problems; once published, a code keeps its meaning."""

    TOKEN_INVALID = "token_invalid"
    CLIENT_UNKNOWN = "client_unknown"
    REQUEST_INVALID = "request_invalid"
    REQUEST_TOO_LARGE = "request_too_large"
    MEDIA_TYPE_UNSUPPORTED = "media_type_unsupported"
    PROCEDURE_UNKNOWN = "procedure_unknown"
    PROCEDURE_NOT_FOUND = "procedure_not_found"
    PROCEDURE_NOT_ALLOWED = "procedure_not_allowed"
    DOSSIER_BOUND = "dossier_bound"
    REQUEST_REUSED = "request_reused"
    OVER_BUDGET = "over_budget"
    NO_CORROBORATED_PERSON = "no_corroborated_person"
    RECEIPT_UNKNOWN = "receipt_unknown"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    NOT_READY = "not_ready"
    WAREHOUSE_UNAVAILABLE = "warehouse_unavailable"
    INTERNAL_ERROR = "internal_error"


class FieldError(BaseModel):
    """Where a request is wrong and how; the value itself is never repeated."""

    field: str = Field(examples=["person.pin"])
    message: str = Field(examples=["String should match pattern '^[0-9]{12}$'"])


class ProblemBody(BaseModel):
    """An error, as RFC 9457 has it."""

    type: str = Field(examples=["urn:motlan:problem:no_corroborated_person"])
    title: str
    status: int
    detail: str
    code: str = Field(examples=["no_corroborated_person"])
    origin: str = Field(description="client, hub or source:<name>: whose fault it is")
    trace_id: UUID = Field(description="names the audit entry or log line of this answer")
    errors: list[FieldError] | None = None


@dataclass(frozen=True)
class Kind:
    """One kind of problem."""

    status: int
    title: str
    detail: str
    origin: Origin = "client"


KINDS: Final = {
    Code.TOKEN_INVALID: Kind(
        401, "No valid token", "Get a token at /oauth/token and send it as a Bearer token."
    ),
    Code.CLIENT_UNKNOWN: Kind(
        401, "Client not registered", "The client is not registered, or no longer is."
    ),
    Code.REQUEST_INVALID: Kind(
        422, "Request not understood", "The fields under errors are missing or malformed."
    ),
    Code.REQUEST_TOO_LARGE: Kind(413, "Request too large", "A request has at most 4096 bytes."),
    Code.MEDIA_TYPE_UNSUPPORTED: Kind(
        415, "Unsupported media type", "Send the body as application/json."
    ),
    Code.PROCEDURE_UNKNOWN: Kind(
        422, "Procedure unknown", "No procedure of this code is in force; see /v1/procedures."
    ),
    Code.PROCEDURE_NOT_FOUND: Kind(
        404, "No such procedure", "No procedure of this code is in force; see /v1/procedures."
    ),
    Code.PROCEDURE_NOT_ALLOWED: Kind(
        403, "Procedure not allowed", "The client may not ask on behalf of this procedure."
    ),
    Code.DOSSIER_BOUND: Kind(
        409,
        "Dossier belongs elsewhere",
        "The dossier is bound to another person, procedure or organisation since its first lookup.",
    ),
    Code.REQUEST_REUSED: Kind(
        409,
        "Request id used before",
        "The request id was used for another request, or more than a day ago; make a new one.",
    ),
    Code.OVER_BUDGET: Kind(
        429,
        "Too many lookups without a match",
        "The officer, the organisation or this number has no tries left today.",
    ),
    Code.NO_CORROBORATED_PERSON: Kind(
        404,
        "Nobody found",
        "No person has this number, this name and this date of birth together. "
        "Check all three against the card, or take the data from the citizen.",
    ),
    Code.RECEIPT_UNKNOWN: Kind(404, "No such receipt", "This client has no receipt of this id."),
    Code.NOT_FOUND: Kind(404, "No such address", "See /openapi.json for what there is."),
    Code.METHOD_NOT_ALLOWED: Kind(
        405, "Method not allowed", "See /openapi.json for the methods of this address."
    ),
    Code.NOT_READY: Kind(
        503, "Not ready", "A part of the hub is not ready yet; /readyz names it.", "hub"
    ),
    Code.WAREHOUSE_UNAVAILABLE: Kind(
        503,
        "Cannot answer now",
        "The warehouse does not answer or the audit cannot be written; nothing was given. "
        "Try again with the same request id.",
        "hub",
    ),
    Code.INTERNAL_ERROR: Kind(
        500, "Something went wrong", "The hub failed; report the trace id to its operators.", "hub"
    ),
}
"""What each code means."""


@dataclass
class Problem(Exception):
    """An answer that is an error. ``recorded``: its audit entry has been written already."""

    code: Code
    recorded: bool = False
    trace_id: UUID | None = None
    client_id: str | None = None
    errors: list[FieldError] = field(default_factory=list)


def respond(problem: Problem, trace_id: UUID) -> JSONResponse:
    """The problem as a response; the same code gives the same bytes but for the trace id."""
    kind = KINDS[problem.code]
    body = ProblemBody(
        type=TYPE_PREFIX + problem.code,
        title=kind.title,
        status=kind.status,
        detail=kind.detail,
        code=problem.code,
        origin=kind.origin,
        trace_id=problem.trace_id or trace_id,
        errors=problem.errors or None,
    )
    return JSONResponse(
        body.model_dump(mode="json", exclude_none=True),
        status_code=kind.status,
        headers=_headers(kind.status),
        media_type=MEDIA_TYPE,
    )


def _headers(status: int) -> dict[str, str]:
    if status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": "Bearer"}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return {"Retry-After": "5"}
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return {"Retry-After": str(_seconds_to_midnight(datetime.now(PROVINCE_TIME)))}
    return {}


def _seconds_to_midnight(now: datetime) -> int:
    """Until the budgets of a new day."""
    return 86_400 - (now.hour * 3600 + now.minute * 60 + now.second)
