"""A community brings a list: drop, read what was understood, publish, undo.

Every form carries the community's key itself, so nothing here rests on a cookie and no other site can act for anybody.
The key is never written into an address nor into a page.
"""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from geo.errors import InvalidInput, PlaceLibreError
from geo.opening_hours.patterns import describe_briefly
from service.imports.import_desk import FORMATS, ImportDesk
from service.localisation.negotiation import language_of
from service.pages.layout.rendering import render

COUNTS = ("accepted", "merged", "updated", "unchanged", "rejected")
MAX_ROWS_SHOWN = 200
"""Rows shown in a table; the counts are always those of the whole list."""
Key = Annotated[str, Form(max_length=200)]


def import_form(request: Request) -> Response:
    """`GET /importer`: where a list is dropped."""
    return _page(request)


def preview(
    request: Request,
    key: Key = "",
    file: Annotated[UploadFile | None, File()] = None,
    offered: Annotated[str, Form()] = "",
) -> Response:
    """What was understood of a list, row by row; nothing is published."""
    if file is None or not file.filename:
        return _problem(request, _no_file())
    name, upload = file.filename, file.file

    def drop() -> dict[str, Any]:
        desk = _desk(request)
        waiting = desk.preview(key, name, upload.read(desk.limit_bytes + 1), offered=bool(offered))
        report = _report(waiting.report.to_dict(language_of(request)))
        return {"step": "preview", "token": waiting.token, "report": report}

    return _attempt(request, drop, file_name=name, offered=bool(offered))


def publish(request: Request, key: Key = "", token: Annotated[str, Form(max_length=100)] = "") -> Response:
    """Publishes a list that was previewed."""

    def publish_list() -> dict[str, Any]:
        report = _desk(request).publish(key, token)
        return {"step": "published", "report": _report(report.to_dict(language_of(request)))}

    return _attempt(request, publish_list, step="preview", token=token)


def history(request: Request, key: Key = "") -> Response:
    """The lists a community has published, each with its undo."""
    return _attempt(request, lambda: {"step": "history", "imports": _desk(request).imports(key)})


def undo(request: Request, key: Key = "", import_id: Annotated[int, Form(ge=1, le=2**53)] = 1) -> Response:
    """Takes a published list back."""

    def undo_import() -> dict[str, Any]:
        report = _desk(request).undo(key, import_id)
        return {"step": "undone", "undone": report.to_dict(language_of(request))}

    return _attempt(request, undo_import)


def _desk(request: Request) -> ImportDesk:
    """The import desk; the first request that needs it opens it, which may fail."""
    desk: ImportDesk = request.app.state.services.imports
    return desk


def _report(report: dict[str, Any]) -> dict[str, Any]:
    """A report as the page shows it: the sample leaves out rejected rows, which have their own table."""
    return {**report, "sample": [row for row in report["sample"] if row["outcome"] != "rejected"]}


def _attempt(request: Request, action: Callable[[], dict[str, Any]], **shown: Any) -> Response:
    """The page of what an action gives, or the form again with one sentence about what went wrong."""
    try:
        return _page(request, **{**shown, **action()})
    except PlaceLibreError as error:
        return _problem(request, error, **shown)


def _problem(request: Request, error: PlaceLibreError, **shown: Any) -> Response:
    return _page(request, status_code=error.http_status, error=error.message(language_of(request)), **shown)


def _page(request: Request, *, status_code: int = 200, **context: Any) -> Response:
    blank: dict[str, Any] = {
        "step": "form",
        "error": "",
        "token": "",
        "file_name": "",
        "offered": False,
        "report": None,
        "undone": None,
        "imports": [],
        "formats": FORMATS,
    }
    response = render(
        request,
        "importing.html",
        status_code=status_code,
        **{**blank, **context},
        counts=COUNTS,
        max_rows=MAX_ROWS_SHOWN,
        limit_mb=request.app.state.services.settings.upload_limit_mb,
        briefly=partial(describe_briefly, language=language_of(request)),
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _no_file() -> InvalidInput:
    return InvalidInput(
        field="file",
        fr="Aucun fichier n’a été reçu : choisissez un fichier CSV, XLSX, GeoJSON ou JSON.",
        en="No file was received: choose a CSV, XLSX, GeoJSON or JSON file.",
    )


def add_routes(router: APIRouter) -> None:
    router.add_api_route("/importer", import_form, methods=["GET", "HEAD"])
    router.add_api_route("/importer", preview, methods=["POST"])
    for name, handler in (("publier", publish), ("historique", history), ("annuler", undo)):
        router.add_api_route(f"/importer/{name}", handler, methods=["POST"])
        # Reloading the address of an answer leads back to the form instead of an error.
        router.add_api_route(f"/importer/{name}", import_form, methods=["GET", "HEAD"])
