"""The HTTP application: API, pages, assets. `create_app(settings)`; nothing is built on import."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

import service.api.bookings
import service.api.coverage
import service.api.imports
import service.api.impressions
import service.api.meeting
import service.api.outlines
import service.api.places
import service.api.problems
import service.api.search
import service.pages.coverage
import service.pages.errors
import service.pages.router
from geo.errors import PlaceLibreError
from service.api.problems import problem_of
from service.api.search_fast_path import QuickSearch
from service.container import Services
from service.imports.import_desk import ListTooLarge
from service.localisation.negotiation import language_of
from service.pages.layout.compression import Compression
from service.settings import Settings

FORM_OVERHEAD = 100_000
"""Bytes that a form may add to its file."""
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": "default-src 'self'; "
    "img-src 'self' data: blob: https://data.geopf.fr; connect-src 'self' https://data.geopf.fr; "
    "worker-src 'self' blob:; style-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'",
}


def create_app(settings: Settings, services: Services | None = None) -> FastAPI:
    """The application for these settings; `services` may be given by tests (other clock)."""
    running = services or Services(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        running.close()

    app = FastAPI(
        title="PlaceLibre",
        version="1",
        summary="Find a free desk near you.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.services = running
    app.include_router(_api())
    app.include_router(service.api.outlines.create_router())
    app.include_router(service.pages.coverage.create_router())
    app.include_router(service.pages.router.create_router())
    _install_errors(app)
    _install_guards(app, settings.upload_limit_mb)
    app.add_middleware(
        QuickSearch,
        open_desk=lambda: running.searches if running.is_open("searches", "live") else None,
        language=settings.language,
        headers=SECURITY_HEADERS,
    )
    app.add_middleware(Compression)  # the outermost
    return app


def _api() -> APIRouter:
    api = APIRouter(prefix="/api/v1")
    for resource in (
        service.api.search,
        service.api.meeting,
        service.api.places,
        service.api.bookings,
        service.api.impressions,
        service.api.imports,
        service.api.coverage,
    ):
        api.include_router(resource.create_router())
    return api


def _answer(request: Request, error: PlaceLibreError) -> Response:
    """The answer to an error of our tree: a problem for programs, a page for people."""
    language = language_of(request)
    if request.url.path.startswith("/api/"):
        return problem_of(error, language)
    return service.pages.errors.error_page(request, error.http_status, error.message(language))


def _install_errors(app: FastAPI) -> None:
    service.api.problems.install(app)
    api_http = app.exception_handlers[HTTPException]

    # Plain functions run in a thread: a page reads its brand from the store.
    @app.exception_handler(PlaceLibreError)
    def _ours(request: Request, error: PlaceLibreError) -> Response:
        return _answer(request, error)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        if request.url.path.startswith("/api/"):
            answer: Awaitable[Response] = api_http(request, error)  # type: ignore[assignment]
            return await answer
        return await run_in_threadpool(service.pages.errors.error_page, request, error.status_code, None)


def _install_guards(app: FastAPI, limit_mb: int) -> None:
    """Bounds the size of a request before its body is read, and adds the security headers to every answer."""

    @app.middleware("http")
    async def _guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        length = request.headers.get("content-length", "")
        unbounded = "transfer-encoding" in request.headers and not length
        too_large = length.isdigit() and int(length) > limit_mb * 1_000_000 + FORM_OVERHEAD
        if unbounded or too_large:
            response = await run_in_threadpool(_answer, request, ListTooLarge(limit_mb=limit_mb))
        else:
            response = await call_next(request)
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response
