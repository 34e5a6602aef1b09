"""The addresses of the API."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from hub.errors import WarehouseUnavailableError
from lookup.access import verify_secret
from lookup.models import (
    DocumentRule,
    Health,
    PrefillAnswer,
    ProcedureDetail,
    ProcedureList,
    Readiness,
    ReceiptAnswer,
    TokenAnswer,
    TokenProblem,
)
from lookup.oauth import TokenRefusal, TokenRequestRefusedError, read_credentials
from lookup.parts import ClientId, PartsOf, TraceId, read_body, read_json
from lookup.prefill import summarise
from lookup.problems import MEDIA_TYPE, PROVINCE_TIME, Code, Problem
from lookup.procedures import Procedure
from lookup.tokens import LIFETIME_SECONDS
from warehouse.lookup import CallEntry


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    reference = {"schema": {"$ref": "#/components/schemas/ProblemBody"}}
    return {
        status: {"description": "Problem", "content": {MEDIA_TYPE: reference}}
        for status in statuses
    }


public = APIRouter()
desk = APIRouter(prefix="/v1", responses=_problems(401, 503))


@public.post(
    "/oauth/token",
    tags=["access"],
    responses={400: {"model": TokenProblem}, 401: {"model": TokenProblem}, **_problems(413, 503)},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/x-www-form-urlencoded": {
                    "schema": {
                        "type": "object",
                        "required": ["grant_type"],
                        "properties": {
                            "grant_type": {"type": "string", "enum": ["client_credentials"]},
                            "client_id": {"type": "string"},
                            "client_secret": {"type": "string", "format": "password"},
                        },
                    }
                }
            },
        }
    },
)
def issue_token(
    request: Request, parts: PartsOf, trace_id: TraceId, body: Annotated[bytes, Depends(read_body)]
) -> TokenAnswer:
    """A token of five minutes for a registered client (HTTP Basic or form fields)."""
    credentials = read_credentials(request.headers.get("authorization"), body)
    request.state.client_id = credentials.client_id
    stored = parts.store.find_secret(credentials.client_id)
    if not verify_secret(credentials.secret, stored):
        raise TokenRequestRefusedError(TokenRefusal.WRONG_CREDENTIALS)
    parts.store.record(CallEntry(trace_id, "token", "granted", client_id=credentials.client_id))
    return TokenAnswer(
        access_token=parts.keys.issue(credentials.client_id), expires_in=LIFETIME_SECONDS
    )


@public.get("/.well-known/jwks.json", tags=["access"])
async def show_keys(parts: PartsOf) -> dict[str, Any]:
    """The public keys of the tokens (RFC 7517)."""
    return parts.keys.public_set()


@public.get("/v1/procedures", tags=["catalogue"])
async def list_procedures(parts: PartsOf) -> ProcedureList:
    """The procedures in force today."""
    in_force = parts.catalogue.in_force(_today())
    return ProcedureList(procedures=[summarise(item) for item in in_force])


@public.get("/v1/procedures/{code}", tags=["catalogue"], responses=_problems(404))
async def show_procedure(code: str, parts: PartsOf) -> ProcedureDetail:
    """What a procedure asks for, may see, and no longer needs on paper."""
    procedure = parts.catalogue.find(code, _today())
    if procedure is None:
        raise Problem(Code.PROCEDURE_NOT_FOUND, recorded=True)
    return _detail(procedure)


@desk.post(
    "/prefill",
    tags=["desk"],
    responses=_problems(403, 404, 409, 413, 415, 422, 429),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/PrefillRequest"}}
            },
        }
    },
)
def prefill(
    parts: PartsOf,
    client_id: ClientId,
    trace_id: TraceId,
    body: Annotated[bytes, Depends(read_json)],
) -> PrefillAnswer:
    """The prefilled dossier of one person whose number, name and birth date all agree."""
    return parts.prefill.answer(body, client_id=client_id, trace_id=trace_id)


@desk.get("/receipts/{receipt_id}", tags=["desk"], responses=_problems(404))
def show_receipt(receipt_id: str, parts: PartsOf, client_id: ClientId) -> ReceiptAnswer:
    """A receipt of this client's own; nothing about the person."""
    try:
        found_id = UUID(receipt_id)
    except ValueError:
        raise Problem(Code.RECEIPT_UNKNOWN) from None
    found = parts.store.show_receipt(found_id, client_id)
    if found is None:
        raise Problem(Code.RECEIPT_UNKNOWN)
    parts.store.record(CallEntry(found_id, "receipt", "shown", client_id=client_id))
    return ReceiptAnswer(
        id=found_id,
        time=found.opened_at,
        request_id=found.request_id,
        procedure_code=found.procedure_code,
        dossier_code=found.dossier_code,
        outcome=found.outcome,
        fields=found.fields,
    )


@public.get("/healthz", tags=["operation"])
async def check_health() -> Health:
    """The process answers."""
    return Health()


@public.get("/readyz", tags=["operation"], responses={503: {"model": Readiness}})
def check_readiness(parts: PartsOf) -> Response:
    """The warehouse answers, at this code's schema version, and tokens can be signed."""
    checks = {"warehouse": "ok", "schema": "ok", "signing_key": "ok", "catalogue": "published"}
    try:
        version = parts.store.schema_version()
        if version != parts.store.schema_needed:
            checks["schema"] = f"has {version}, needs {parts.store.schema_needed}: run `motlan up`"
        published = parts.store.published()
        if any(
            published.get((item.code, item.valid_from)) != item.document_hash
            for item in parts.catalogue.procedures
        ):
            checks["catalogue"] = "differs from the files: run `motlan up`"
    except WarehouseUnavailableError:
        checks["warehouse"] = "does not answer"
    ready = checks["warehouse"] == checks["schema"] == "ok"
    body = Readiness(ready=ready, checks=checks).model_dump()
    return JSONResponse(body, status_code=200 if ready else 503)


@public.get("/metrics", tags=["operation"], response_class=PlainTextResponse)
async def show_metrics(parts: PartsOf) -> PlainTextResponse:
    """Counts for Prometheus; nobody's data."""
    return PlainTextResponse(parts.metrics.render(), media_type="text/plain; version=0.0.4")


def _today() -> date:
    return datetime.now(PROVINCE_TIME).date()


def _detail(procedure: Procedure) -> ProcedureDetail:
    documents = [
        DocumentRule(
            id=item.id,
            name=item.name,
            document_class=item.component_class,
            only_if=item.only_if,
            needs=list(item.needs),
            replaceable=bool(item.replaced_by),
            legal_basis=item.legal_basis,
        )
        for item in procedure.components
    ]
    return ProcedureDetail(
        **summarise(procedure).model_dump(),
        decision=procedure.decision,
        valid_to=procedure.valid_to,
        authority=procedure.authority,
        time_limits=list(procedure.time_limits),
        fees=list(procedure.fees),
        fields=list(procedure.fields),
        documents=documents,
    )
