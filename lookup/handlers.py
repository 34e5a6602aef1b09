"""Every error becomes a problem, and every refusal of a client an audit entry."""

from http import HTTPStatus
from typing import cast

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub.errors import WarehouseUnavailableError
from lookup.models import TokenProblem
from lookup.oauth import TokenRequestRefusedError
from lookup.parts import Parts, get_trace_id
from lookup.problems import Code, FieldError, Problem, respond
from warehouse.lookup import CallEntry


def handle_problems(app: FastAPI, parts: Parts) -> None:
    """Register the handlers."""
    handlers = _Handlers(parts)
    app.add_exception_handler(Problem, handlers.on_problem)
    app.add_exception_handler(WarehouseUnavailableError, handlers.on_unavailable)
    app.add_exception_handler(HTTPException, handlers.on_http)
    app.add_exception_handler(RequestValidationError, handlers.on_validation)
    app.add_exception_handler(TokenRequestRefusedError, handlers.on_token)


class _Handlers:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def on_problem(self, request: Request, error: Exception) -> Response:
        """A refusal that the database has not recorded yet is recorded, or not answered."""
        problem = cast("Problem", error)
        if not problem.recorded:
            try:
                self._record(request, problem.code)
            except WarehouseUnavailableError:
                problem = Problem(Code.WAREHOUSE_UNAVAILABLE)
        return self._respond(request, problem)

    def on_unavailable(self, request: Request, _: Exception) -> Response:
        """Nothing could be recorded, so nothing is given."""
        return self._respond(request, Problem(Code.WAREHOUSE_UNAVAILABLE))

    def on_http(self, request: Request, error: Exception) -> Response:
        """No such address or method; nobody was asked for, so no entry is written."""
        found = cast("HTTPException", error)
        wrong_method = found.status_code == HTTPStatus.METHOD_NOT_ALLOWED
        code = Code.METHOD_NOT_ALLOWED if wrong_method else Code.NOT_FOUND
        response = self._respond(request, Problem(code))
        response.headers.update(found.headers or {})
        return response

    def on_validation(self, request: Request, error: Exception) -> Response:
        """FastAPI's own checks; its answer would repeat what was sent."""
        found = cast("RequestValidationError", error).errors()
        places = [FieldError(field=str(item["loc"][0]), message=item["type"]) for item in found]
        return self.on_problem(request, Problem(Code.REQUEST_INVALID, errors=places))

    def on_token(self, request: Request, error: Exception) -> Response:
        """A refused token request answers in OAuth's own words (RFC 6749, 5.2)."""
        refusal = cast("TokenRequestRefusedError", error).refusal
        try:
            self._record(request, f"token_{refusal.error}")
        except WarehouseUnavailableError as unavailable:
            return self.on_unavailable(request, unavailable)
        body = TokenProblem(
            error=refusal.error,
            error_description=refusal.description,
            trace_id=get_trace_id(request),
        )
        if refusal.error != "invalid_client":
            return JSONResponse(body.model_dump(mode="json"), HTTPStatus.BAD_REQUEST)
        challenge = {"WWW-Authenticate": 'Basic realm="motlan", charset="UTF-8"'}
        return JSONResponse(body.model_dump(mode="json"), HTTPStatus.UNAUTHORIZED, challenge)

    def _record(self, request: Request, reason: str) -> None:
        client_id = getattr(request.state, "client_id", None)
        trace_id = get_trace_id(request)
        self._parts.store.record(CallEntry(trace_id, "refusal", "refused", reason, client_id))

    def _respond(self, request: Request, problem: Problem) -> Response:
        self._parts.metrics.count_problem(problem.code)
        return respond(problem, get_trace_id(request))
