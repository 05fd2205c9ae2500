"""Every error as an RFC 9457 problem, in the language of the request. The only place that maps errors to HTTP."""

from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from geo.errors import Ambiguous, KeyMissing, Language, PlaceLibreError
from service.localisation.negotiation import language_of

MEDIA_TYPE = "application/problem+json"
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "One sentence with the remedy, in the language asked for"},
        "field": {"type": "string"},
        "choices": {"type": "array", "items": {"type": "string"}},
    },
}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries for the problems a route may answer with."""
    content = {MEDIA_TYPE: {"schema": PROBLEM_SCHEMA}}
    return {status: {"description": "Problem details (RFC 9457)", "content": content} for status in statuses}


def problem(status: int, code: str, title: str, detail: str, **more: Any) -> Response:
    """A problem details response."""
    body = {"type": f"urn:placelibre:{code}", "title": title, "status": status, "detail": detail, **more}
    return Response(msgspec.json.encode(body), status_code=status, media_type=MEDIA_TYPE)


def problem_of(error: PlaceLibreError, language: Language) -> Response:
    """The problem of an error of our tree."""
    more: dict[str, Any] = {}
    if isinstance(error, Ambiguous):
        more["choices"] = list(error.choices)
    if error.values.get("field"):
        more["field"] = str(error.values["field"])
    response = problem(error.http_status, error.code, error.code.replace("_", " "), error.message(language), **more)
    if isinstance(error, KeyMissing):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def install(app: FastAPI) -> None:
    """Answers every error of the API as a problem; pages get theirs from `service.pages`."""

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        field = str(first["loc"][-1]) if first["loc"] else ""
        french = language_of(request) == "fr"
        detail = (
            f"La valeur de « {field} » n'est pas acceptée : voyez /api/v1/openapi.json."
            if french
            else f"The value of “{field}” is not accepted ({first['msg']}): see /api/v1/openapi.json."
        )
        return problem(422, "invalid_input", "invalid input", detail, field=field)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        french = language_of(request) == "fr"
        detail = (
            "Rien ne se trouve à cette adresse, ou pas par cette méthode : voyez /api/v1/openapi.json."
            if french
            else "Nothing is at this address, or not by this method: see /api/v1/openapi.json."
        )
        response = problem(error.status_code, "http", str(error.detail), detail)
        response.headers.update(error.headers or {})
        return response
