"""Errors in the same clothes as the pages: what happened, what to do, and a way back."""

from starlette.requests import Request
from starlette.responses import Response

from service.pages.catalogue import Translator
from service.pages.language import language_of
from service.pages.rendering import render


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
        message=message or t("error.not_found" if name == "not_found" else "error.unexpected"),
    )
