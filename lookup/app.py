"""The lookup API: `uvicorn --factory lookup.app:create_app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from hub.settings import Settings, get_settings
from lookup.guard import Guard
from lookup.handlers import handle_problems
from lookup.models import PrefillRequest
from lookup.parts import make_parts
from lookup.problems import ProblemBody
from lookup.routes import desk, public

_DESCRIPTION = (
    "Any public-service desk of the province asks on behalf of one dossier and gets exactly the "
    "fields that its procedure may see, with source and date, and what need not be brought. "
    "Every question is recorded before it is answered."
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The API with the keys, the catalogue and the warehouse that the settings name.

    Raises:
        SettingsError: a key or the warehouse's URL is missing.
        ProcedureError: a procedure file is wrong.
    """
    parts = make_parts(settings or get_settings())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        parts.store.start()
        yield
        parts.store.stop()

    # No documentation pages: they load scripts from elsewhere.
    app = FastAPI(
        title="Motlan lookup",
        version="1",
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.parts = parts
    app.add_middleware(Guard, metrics=parts.metrics)
    app.include_router(public)
    app.include_router(desk)
    handle_problems(app, parts)
    app.openapi = lambda: _describe(app)  # type: ignore[method-assign]  # FastAPI's own way
    return app


def _describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document, with the shapes that the routes read by themselves."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            openapi_version="3.1.0",
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for model in (PrefillRequest, ProblemBody):
            shape = model.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(shape.pop("$defs", {}))
            schemas[model.__name__] = shape
        app.openapi_schema = document
    return app.openapi_schema
