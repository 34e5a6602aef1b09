"""The pages: `uvicorn --factory dashboard.app:create_app`."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import cast

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.exceptions import HTTPException

from dashboard.metrics import MEDIA_TYPE, render_metrics
from dashboard.overview import CRITERIA, make_overview
from dashboard.words import LANGUAGES, Words
from hub.contract import Contract, read_contracts
from hub.errors import MotlanError, WarehouseUnavailableError
from hub.settings import Settings, get_settings
from warehouse.overview import read_overview

_FOLDER = Path(__file__).parent
_log = logging.getLogger("motlan.dashboard")
HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def create_app(settings: Settings | None = None) -> FastAPI:
    """The dashboard of the warehouse that the settings name."""
    settings = settings or get_settings()
    settings.warehouse_url("auditor")  # fails here, in one sentence, and not at the first page
    titles = _read_titles(settings)
    app = FastAPI(title="Motlan dashboard", docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/static", StaticFiles(directory=_FOLDER / "static"), name="static")

    def show_overview(request: Request) -> Response:
        page = make_overview(read_overview(), titles)
        return render(request, "overview.html", page=page, criteria=CRITERIA)

    def check_health() -> Response:
        return JSONResponse({"status": "ok"})

    def show_metrics() -> Response:
        return Response(render_metrics(), media_type=MEDIA_TYPE)

    app.add_api_route("/", show_overview, methods=["GET"])
    app.add_api_route("/metrics", show_metrics, methods=["GET"])
    app.add_api_route("/healthz", check_health, methods=["GET"])
    app.middleware("http")(_add_headers)
    app.add_exception_handler(WarehouseUnavailableError, _on_unavailable)
    app.add_exception_handler(HTTPException, _on_http)
    return app


def _read_titles(settings: Settings) -> dict[str, str]:
    """The sources' names from their contracts; a page needs no contract to be right."""
    try:
        contracts = read_contracts(settings.contract_folders)
    except MotlanError:
        return {}
    return {
        source: found.title for source, found in contracts.items() if isinstance(found, Contract)
    }


_templates = Environment(
    loader=FileSystemLoader(_FOLDER / "templates"),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(
    request: Request, template: str, *, status: HTTPStatus = HTTPStatus.OK, **values: object
) -> Response:
    """A page in the language that the address asks for, Vietnamese unless it says otherwise."""
    asked = request.query_params.get("lang", "vi")
    language = asked if asked in LANGUAGES else "vi"
    html = _templates.get_template(template).render(w=Words(language), **values)
    return HTMLResponse(html, status_code=status)


async def _add_headers(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Strict headers on every answer; an unexpected failure becomes the helpful page, no trace."""
    try:
        response = await call_next(request)
    except Exception as error:
        _log.error("A page failed: %s", type(error).__name__)
        response = await _on_unavailable(request, error)
    response.headers.update(HEADERS)
    return response


async def _on_unavailable(request: Request, _: Exception) -> Response:
    return render(request, "down.html", status=HTTPStatus.SERVICE_UNAVAILABLE)


async def _on_http(request: Request, error: Exception) -> Response:
    status = HTTPStatus(cast("HTTPException", error).status_code)
    return render(request, "missing.html", status=status)
