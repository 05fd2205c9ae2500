"""Errors in the same clothes as the pages: what happened, what to do, and a way back."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from service.localisation.catalogue import Translator
from service.localisation.negotiation import language_of
from service.pages.layout.rendering import render


def error_page(request: Request, status_code: int, message: str | None) -> Response:
    """The page for an error: `message` is one sentence with its remedy, None for a status nobody explained."""
    t = Translator(language_of(request))
    if status_code in {404, 405}:
        name = "not_found"
    elif status_code < 500:
        name = "user"
    else:
        name = "operation" if message else "unexpected"
    return render(
        request,
        "error.html",
        status_code=status_code,
        title=t(f"error.{name}_title"),
        message=message or t(f"error.{name}"),
    )


class PageRoute(APIRoute):
    """A route of a page: what does not fit its parameters gets a page too, not the API's problem details."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def page(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                in_address = any(detail["loc"][0] == "path" for detail in error.errors())
                return await run_in_threadpool(error_page, request, 404 if in_address else 422, None)

        return page
