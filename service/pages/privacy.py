"""What is kept of a visit and why, and the one choice there is: agree or not, withdraw at any time."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.feedback.consent import agreed, from_our_pages, remember, withdraw
from service.localisation.catalogue import Translator
from service.localisation.negotiation import language_of
from service.pages.errors import error_page
from service.pages.layout.rendering import link, render

PATH = "/confidentialite"


def privacy(request: Request) -> Response:
    days: int = request.app.state.services.settings.search_log_days
    return render(request, "privacy.html", agreed=agreed(request), days=days)


def choose(
    request: Request,
    agree: Annotated[str, Form(max_length=3)] = "no",
    back: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """Open to all visitors, from our own pages: sets or removes the cookie, then leads back to where one was."""
    if not from_our_pages(request):
        return error_page(request, 403, Translator(language_of(request))("privacy.elsewhere"))
    ours = back.startswith("/") and not back.startswith(("//", "/\\"))
    response = RedirectResponse(back if ours else link(request, PATH), status_code=303)
    if agree == "yes":
        remember(request, response)
    else:
        withdraw(response)
    return response


def add_routes(router: APIRouter) -> None:
    router.add_api_route(PATH, privacy, methods=["GET", "HEAD"])
    router.add_api_route(PATH, choose, methods=["POST"])
