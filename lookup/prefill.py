"""One lookup from request to answer: open, read, compose, close."""

import hashlib
from datetime import date, datetime
from uuid import UUID

from pydantic import ValidationError

from lookup.documents import find_authority, judge_documents
from lookup.models import (
    FieldAnswer,
    Missing,
    PrefillAnswer,
    PrefillRequest,
    ProcedureSummary,
    ReceiptRef,
)
from lookup.problems import PROVINCE_TIME, Code, FieldError, Problem
from lookup.procedures import Catalogue, Procedure
from lookup.pseudonyms import Pseudonyms
from warehouse.lookup import Answers, LookupStore, Opened, Opening


class Prefill:
    """Answers prefill requests."""

    def __init__(self, store: LookupStore, catalogue: Catalogue, pseudonyms: Pseudonyms) -> None:
        self._store = store
        self._catalogue = catalogue
        self._pseudonyms = pseudonyms

    def answer(self, body: bytes, *, client_id: str, trace_id: UUID) -> PrefillAnswer:
        """The prefilled dossier of one corroborated person.

        Raises:
            Problem: the request is refused, or nobody matches.
            WarehouseUnavailableError: the audit could not be written; nothing was given.
        """
        request = parse_request(body)
        request_hash = hashlib.sha256(body)
        opened = self._store.open(
            Opening(
                receipt_id=trace_id,
                client_id=client_id,
                request_id=request.request_id,
                request_mac=self._pseudonyms.request(request_hash.digest()),
                procedure_code=request.procedure_code,
                dossier_code=request.dossier_code,
                officer=self._pseudonyms.officer(client_id, request.officer_id),
                subject=self._pseudonyms.subject(request.person.pin),
                key_id=self._pseudonyms.key_id,
                pin=request.person.pin,
                full_name=request.person.full_name,
                birth_date=request.person.birth_date,
            )
        )
        if opened.reason:
            raise Problem(Code(opened.reason), recorded=True)
        procedure = self._version(request.procedure_code, opened)
        receipt = ReceiptRef(
            id=opened.receipt_id, time=opened.opened_at, request_hash=request_hash.hexdigest()
        )
        found = self._store.settle(
            opened, lambda answers: compose(procedure, answers, receipt, request.dossier_code)
        )
        if found is None:
            raise Problem(Code.NO_CORROBORATED_PERSON, recorded=True, trace_id=opened.receipt_id)
        return found

    def _version(self, code: str, opened: Opened) -> Procedure:
        """The version by which the database decided."""
        try:
            return self._catalogue.version(code, opened.valid_from or date.min)
        except KeyError:
            raise Problem(Code.NOT_READY, recorded=True) from None


def parse_request(body: bytes) -> PrefillRequest:
    """The request; an error names the place and the rule, never the value.

    Raises:
        Problem: it is not JSON of this form.
    """
    try:
        return PrefillRequest.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
    # Keys that the caller made up are not repeated either: they may hold anything.
    errors = [
        FieldError(
            field=".".join(str(part) for part in item["loc"] if part in _KNOWN) or "(body)",
            message=_MESSAGES.get(item["type"], item["msg"]),
        )
        for item in found
    ]
    raise Problem(Code.REQUEST_INVALID, errors=errors[:10])


_KNOWN = frozenset(
    {"request_id", "procedure_code", "dossier_code", "officer_id", "person"}
    | {"pin", "full_name", "birth_date"}
)
# These messages of pydantic repeat part of what was sent.
_MESSAGES = {
    "json_invalid": "The body is not valid JSON",
    "value_error": "No such date",
    "uuid_parsing": "A UUID, such as 7f1b2c34-0d5e-4f60-8a71-92b3c4d5e6f7",
}


def compose(
    procedure: Procedure, answers: Answers, receipt: ReceiptRef, dossier_code: str
) -> PrefillAnswer:
    """The answer to a desk from the fields that the database let through."""
    fields = {name: FieldAnswer.model_validate(answer) for name, answer in answers.items()}
    today = datetime.now(PROVINCE_TIME).date()
    gaps = [name for name, answer in fields.items() if answer.verdict != "known"]
    return PrefillAnswer(
        receipt=receipt,
        procedure=summarise(procedure),
        dossier_code=dossier_code,
        fields=fields,
        documents=judge_documents(procedure, fields, today=today),
        competent_authority=find_authority(procedure, fields),
        time_limits=list(procedure.time_limits),
        fees=list(procedure.fees),
        missing=Missing(fields=gaps),
    )


def summarise(procedure: Procedure) -> ProcedureSummary:
    """One line of the catalogue."""
    return ProcedureSummary(
        code=procedure.code,
        title=procedure.title,
        area=procedure.area,
        valid_from=procedure.valid_from,
    )
