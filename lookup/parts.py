"""What the routes work with, and what they know of each request."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Security
from fastapi.openapi.models import OAuthFlowClientCredentials, OAuthFlows
from fastapi.security import OAuth2

from hub.settings import Settings
from lookup.metrics import Metrics
from lookup.prefill import Prefill
from lookup.problems import Code, Problem
from lookup.procedures import Catalogue, load_catalogue
from lookup.pseudonyms import Pseudonyms
from lookup.tokens import TokenKeys, TokenRefusedError
from warehouse.lookup import LookupStore

REQUEST_BYTES_MAX = 4096


@dataclass(frozen=True)
class Parts:
    """What the routes work with."""

    store: LookupStore
    keys: TokenKeys
    catalogue: Catalogue
    prefill: Prefill
    metrics: Metrics


def make_parts(settings: Settings) -> Parts:
    """The parts with the keys, the catalogue and the warehouse that the settings name."""
    folder = settings.home / "keys"
    store = LookupStore(settings.warehouse_url("lookup"))
    catalogue = load_catalogue()
    pseudonyms = Pseudonyms.load(folder / "subject.key")
    return Parts(
        store=store,
        keys=TokenKeys.load(folder / "token.json"),
        catalogue=catalogue,
        prefill=Prefill(store, catalogue, pseudonyms),
        metrics=Metrics(),
    )


def get_parts(request: Request) -> Parts:
    """The parts of this application."""
    parts: Parts = request.app.state.parts
    return parts


def get_trace_id(request: Request) -> UUID:
    """The id of this request, under which its audit entry stands."""
    trace_id: UUID = request.state.trace_id
    return trace_id


async def read_body(request: Request) -> bytes:
    """The body, never more than 4 KiB of it."""
    received = bytearray()
    async for piece in request.stream():
        received += piece
        if len(received) > REQUEST_BYTES_MAX:
            raise Problem(Code.REQUEST_TOO_LARGE)
    return bytes(received)


_scheme = OAuth2(
    flows=OAuthFlows(clientCredentials=OAuthFlowClientCredentials(tokenUrl="/oauth/token")),
    scheme_name="client_credentials",
    auto_error=False,
)
PartsOf = Annotated[Parts, Depends(get_parts)]
TraceId = Annotated[UUID, Depends(get_trace_id)]


async def get_client_id(
    request: Request, parts: PartsOf, authorization: Annotated[str | None, Security(_scheme)]
) -> str:
    """The client of the Bearer token."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or len(request.headers.getlist("authorization")) != 1:
        raise Problem(Code.TOKEN_INVALID)
    try:
        client_id = parts.keys.verify(token)
    except TokenRefusedError:
        raise Problem(Code.TOKEN_INVALID) from None
    request.state.client_id = client_id
    return client_id


ClientId = Annotated[str, Depends(get_client_id)]


async def read_json(request: Request, _: ClientId) -> bytes:
    """The body of a JSON request, once the client is known."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Problem(Code.MEDIA_TYPE_UNSUPPORTED)
    return await read_body(request)
