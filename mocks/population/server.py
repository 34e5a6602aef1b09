"""The population register's API: lists by page, key digests, a key, a limit. It logs no value."""

import hmac
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Annotated

import psycopg
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from psycopg_pool import ConnectionPool

from mocks.population.limit import MinuteLimit
from mocks.population.pages import (
    LISTINGS,
    BadCursorError,
    CursorMint,
    Question,
    read_digest,
    read_page,
)

_LIMIT = 1000
_MAX_LIMIT = 5000
_MAX_BUCKETS = 4096
_LIST_PARAMETERS = frozenset({"limit", "cursor", "updated_since", "so_nhom", "nhom"})
_DIGEST_PARAMETERS = frozenset({"so_nhom", "phien_ban"})


def make_app(
    database: str, api_key: str, *, per_minute: int = 120, limit: MinuteLimit | None = None
) -> FastAPI:
    """The API over the register in `database`; `limit` replaces the clock of the limit in tests."""
    if not api_key:
        message = "The population register needs an API key."
        raise ValueError(message)
    pool = ConnectionPool(database, min_size=1, max_size=8, open=False, kwargs={"autocommit": True})

    @asynccontextmanager
    async def run(_app: FastAPI) -> AsyncIterator[None]:
        pool.open()
        yield
        pool.close()

    app = FastAPI(
        title="Mock population register",
        lifespan=run,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.pool = pool
    app.state.api_key = api_key
    app.state.limit = limit or MinuteLimit(per_minute)
    app.state.mint = CursorMint(hmac.digest(api_key.encode(), b"cursor", "sha256"))
    app.add_api_route("/healthz", _tell_health)
    guarded = [Depends(_admit)]
    app.add_api_route("/api/v1/{name}", _list_rows, dependencies=guarded)
    app.add_api_route("/api/v1/{name}/doi-soat", _tell_digest, dependencies=guarded)
    return app


def _borrow(request: Request) -> Iterator[psycopg.Connection]:
    with request.app.state.pool.connection() as connection:
        yield connection


Connection = Annotated[psycopg.Connection, Depends(_borrow)]


def _admit(request: Request) -> None:
    """401 without the right key (compared in constant time), 429 when the minute is used up."""
    given = request.headers.get("X-Api-Key", "")
    if not hmac.compare_digest(given.encode(), request.app.state.api_key.encode()):
        raise HTTPException(401, "Thiếu khóa hoặc khóa không đúng.")
    wait_seconds = request.app.state.limit.take(given)
    if wait_seconds:
        raise HTTPException(
            429, "Quá số lượt gọi trong một phút.", headers={"Retry-After": str(wait_seconds)}
        )


def _tell_health(connection: Connection) -> dict[str, str]:
    connection.execute("SELECT 1")
    return {"status": "ok"}


def _list_rows(name: str, request: Request, connection: Connection) -> Response:
    question = _read_question(name, request)
    page = read_page(connection, question)
    cursor = request.app.state.mint.issue(question, page.last) if page.last else None
    return Response(page.to_json(cursor), media_type="application/json")


def _tell_digest(name: str, request: Request, connection: Connection) -> JSONResponse:
    _find_listing(name)
    _refuse_unknown(request, _DIGEST_PARAMETERS)
    buckets = _read_number(request, "so_nhom", default=64, highest=_MAX_BUCKETS)
    versions = _read_number(request, "phien_ban", default=0, highest=1) == 1
    return JSONResponse(read_digest(connection, name, buckets, versions=versions))


def _read_question(name: str, request: Request) -> Question:
    _find_listing(name)
    _refuse_unknown(request, _LIST_PARAMETERS)
    since = request.query_params.get("updated_since")
    limit = _read_number(request, "limit", default=_LIMIT, highest=_MAX_LIMIT)
    buckets, chosen = _read_buckets(request)
    moment = _read_time(since) if since is not None else None
    question = Question(name, moment, limit, buckets, chosen)
    cursor = request.query_params.get("cursor")
    if cursor is None:
        return question
    try:
        return replace(question, after=request.app.state.mint.read(cursor, question))
    except BadCursorError:
        raise HTTPException(400, "Con trỏ không hợp lệ.") from None


def _find_listing(name: str) -> None:
    if name not in LISTINGS:
        raise HTTPException(404, "Không có tập dữ liệu này.")


def _refuse_unknown(request: Request, known: frozenset[str]) -> None:
    names = [name for name, _ in request.query_params.multi_items()]
    if not set(names) <= known or len(set(names)) != len(names):
        raise HTTPException(400, "Tham số không được hỗ trợ hoặc bị lặp lại.")


def _read_number(request: Request, name: str, *, default: int, highest: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= highest):
        raise HTTPException(400, f"Tham số {name} phải từ 1 đến {highest}.")
    return int(text)


def _read_buckets(request: Request) -> tuple[int, tuple[int, ...]]:
    """How many buckets there are, and the numbers of those asked for: `nhom=3,17`."""
    text = request.query_params.get("nhom")
    if text is None:
        return 1, ()
    buckets = _read_number(request, "so_nhom", default=64, highest=_MAX_BUCKETS)
    numbers = text.split(",")
    if not all(len(part) <= 4 and part.isascii() and part.isdigit() for part in numbers):
        raise HTTPException(400, "Tham số nhom phải là các số, cách nhau bằng dấu phẩy.")
    chosen = tuple(map(int, numbers))
    if max(chosen) >= buckets:
        raise HTTPException(400, f"Tham số nhom phải nhỏ hơn {buckets}.")
    return buckets, chosen


def _read_time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise HTTPException(400, "Tham số updated_since phải theo RFC 3339 và có múi giờ.")
    return moment
